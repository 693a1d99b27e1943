//! Complex types that contain themselves by value: their members go into a `Box`.

use crate::model::{Model, Type};

/// The strongly connected components of complex types.
#[derive(Debug)]
pub(crate) struct Cycles {
    /// The component of each complex type; `None` where it is on no cycle.
    component: Vec<Option<usize>>,
}

impl Cycles {
    /// Finds the components by Tarjan's algorithm, without recursion: documents may be deep.
    pub(crate) fn of(model: &Model) -> Self {
        let edges: Vec<Vec<usize>> = model
            .complex_types
            .iter()
            .map(|ty| {
                let members = ty.properties.iter().filter_map(|property| match property.ty {
                    Type::Complex(id) => Some(id.0),
                    _ => None,
                });
                members.collect()
            })
            .collect();
        let mut search = Search {
            index: vec![None; edges.len()],
            low: vec![0; edges.len()],
            on_stack: vec![false; edges.len()],
            stack: Vec::new(),
            next: 0,
            component: vec![None; edges.len()],
        };
        for start in 0..edges.len() {
            if search.index[start].is_none() {
                search.run(start, &edges);
            }
        }
        Self { component: search.component }
    }

    /// Whether a complex type that has a member of another one by value is reached from it again.
    pub(crate) fn joins(&self, owner: usize, member: usize) -> bool {
        match (self.component.get(owner), self.component.get(member)) {
            (Some(Some(owner)), Some(Some(member))) => owner == member,
            _ => false,
        }
    }
}

struct Search {
    index: Vec<Option<usize>>,
    low: Vec<usize>,
    on_stack: Vec<bool>,
    stack: Vec<usize>,
    next: usize,
    component: Vec<Option<usize>>,
}

impl Search {
    fn run(&mut self, start: usize, edges: &[Vec<usize>]) {
        self.enter(start);
        let mut open = vec![(start, 0)];
        while let Some((at, edge)) = open.pop() {
            match edges[at].get(edge) {
                Some(&to) => {
                    open.push((at, edge + 1));
                    match self.index[to] {
                        None => {
                            self.enter(to);
                            open.push((to, 0));
                        }
                        Some(index) if self.on_stack[to] => self.low[at] = self.low[at].min(index),
                        Some(_) => {}
                    }
                }
                None => {
                    if let Some((parent, _)) = open.last() {
                        self.low[*parent] = self.low[*parent].min(self.low[at]);
                    }
                    self.leave(at, edges);
                }
            }
        }
    }

    fn enter(&mut self, at: usize) {
        self.index[at] = Some(self.next);
        self.low[at] = self.next;
        self.next += 1;
        self.stack.push(at);
        self.on_stack[at] = true;
    }

    /// Takes a component off the stack, if this is the root of one.
    fn leave(&mut self, at: usize, edges: &[Vec<usize>]) {
        if self.index[at] != Some(self.low[at]) {
            return;
        }
        let from = self.stack.iter().rposition(|member| *member == at).unwrap_or(0);
        let members = self.stack.split_off(from);
        let is_cycle = members.len() > 1 || edges[at].contains(&at);
        for member in members {
            self.on_stack[member] = false;
            self.component[member] = is_cycle.then_some(at);
        }
    }
}
