//! Moving an expression from the entity it is about to where that entity is seen from.

use crate::filter::{Expr, Step};

/// The item of a collection that a condition is about, until its lambda names it.
pub(super) const ITEM: &str = "$this";

/// Puts names in front of all paths that start at the entity itself.
pub(super) fn rebase(expr: Expr, base: &[String]) -> Expr {
    Rebase { base, bound: Vec::new() }.expr(expr)
}

/// A name for the variable of a lambda over this condition, that no lambda in it has.
pub(super) fn variable(condition: &Expr) -> String {
    match depth(condition) {
        0 => "x".to_owned(),
        depth => format!("x{depth}"),
    }
}

/// How deep lambdas nest.
fn depth(expr: &Expr) -> usize {
    let deepest = |exprs: &[Expr]| exprs.iter().map(depth).max().unwrap_or(0);
    match expr {
        Expr::Literal(_) | Expr::Property(_) => 0,
        Expr::Path(steps) => steps.iter().map(depth_of_step).max().unwrap_or(0),
        Expr::Binary(_, left, right) => depth(left).max(depth(right)),
        Expr::Not(operand) | Expr::Negate(operand) => depth(operand),
        Expr::Call(_, items) | Expr::List(items) | Expr::Array(items) => deepest(items),
        Expr::Type(_, operand, _) => operand.as_deref().map_or(0, depth),
        Expr::Object(members) => members.iter().map(|(_, value)| depth(value)).max().unwrap_or(0),
        Expr::Case(branches) => branches
            .iter()
            .map(|(condition, value)| depth(condition).max(depth(value)))
            .max()
            .unwrap_or(0),
    }
}

fn depth_of_step(step: &Step) -> usize {
    match step {
        Step::Lambda(_, Some((_, condition))) => 1 + depth(condition),
        Step::Call(_, arguments) => {
            arguments.iter().map(|(_, value)| depth(value)).max().unwrap_or(0)
        }
        Step::Filter(condition) => depth(condition),
        Step::Aggregate(item) => depth(&item.expr),
        Step::Name(_) | Step::Key(_) | Step::Lambda(_, None) | Step::Count(_) => 0,
    }
}

struct Rebase<'a> {
    base: &'a [String],
    /// The variables of the lambdas around the place.
    bound: Vec<String>,
}

impl Rebase<'_> {
    fn expr(&mut self, expr: Expr) -> Expr {
        match expr {
            Expr::Literal(_) => expr,
            Expr::Property(path) => Expr::Property(self.names(path)),
            Expr::Path(steps) => self.path(steps),
            Expr::Binary(op, left, right) => Expr::binary(op, self.expr(*left), self.expr(*right)),
            Expr::Not(operand) => Expr::Not(Box::new(self.expr(*operand))),
            Expr::Negate(operand) => Expr::Negate(Box::new(self.expr(*operand))),
            Expr::Call(name, items) => Expr::Call(name, self.exprs(items)),
            Expr::Type(function, operand, ty) => {
                // Without an operand it is about the entity itself.
                let operand = match operand {
                    Some(operand) => self.expr(*operand),
                    None => Expr::Property(self.base.to_vec()),
                };
                Expr::Type(function, Some(Box::new(operand)), ty)
            }
            Expr::List(items) => Expr::List(self.exprs(items)),
            Expr::Array(items) => Expr::Array(self.exprs(items)),
            Expr::Object(members) => Expr::Object(
                members.into_iter().map(|(name, value)| (name, self.expr(value))).collect(),
            ),
            Expr::Case(branches) => Expr::Case(
                branches.into_iter().map(|(c, value)| (self.expr(c), self.expr(value))).collect(),
            ),
        }
    }

    fn exprs(&mut self, exprs: Vec<Expr>) -> Vec<Expr> {
        exprs.into_iter().map(|expr| self.expr(expr)).collect()
    }

    fn names(&self, path: Vec<String>) -> Vec<String> {
        let first = path.first().map(String::as_str).unwrap_or_default();
        if first == ITEM {
            return self.base.iter().cloned().chain(path.into_iter().skip(1)).collect();
        }
        let is_free = !first.starts_with(['$', '@']) && !self.bound.iter().any(|v| v == first);
        if is_free { self.base.iter().cloned().chain(path).collect() } else { path }
    }

    fn path(&mut self, steps: Vec<Step>) -> Expr {
        let mut rebased = Vec::new();
        for (position, step) in steps.into_iter().enumerate() {
            let is_first = position == 0;
            match step {
                Step::Name(name) if is_first => {
                    rebased.extend(self.names(vec![name]).into_iter().map(Step::Name));
                    continue;
                }
                _ if is_first => rebased.extend(self.base.iter().cloned().map(Step::Name)),
                _ => {}
            }
            rebased.push(self.step(step));
        }
        Expr::path(rebased)
    }

    fn step(&mut self, step: Step) -> Step {
        match step {
            Step::Call(name, arguments) => Step::Call(
                name,
                arguments.into_iter().map(|(name, value)| (name, self.expr(value))).collect(),
            ),
            Step::Lambda(quantifier, Some((variable, condition))) => {
                self.bound.push(variable.clone());
                let condition = self.expr(*condition);
                self.bound.pop();
                Step::Lambda(quantifier, Some((variable, Box::new(condition))))
            }
            // What is in `$filter(…)`, `$count(…)` and `aggregate(…)` is about the items.
            other => other,
        }
    }
}
