//! Names of operations, and of what containers hold.

use crate::model::{Container, EntityTypeId, Operation};
use crate::names::scope::{Claim, Scope};
use crate::names::{
    ContainerNames, Decider, Kind, MOST_PARAMETERS, OperationNames, Place, SetNames, case, chosen,
    plain, rank, reserved, signature, type_word,
};

/// The rank of names that everything else comes before.
const AFTER_ALL: u8 = 250;

impl Decider<'_> {
    /// Names operations that are called at one place; overloads are told apart by parameters.
    pub(crate) fn operations(
        &mut self,
        operations: &[Operation],
        module: usize,
        parent: &str,
        owner: &str,
        table_prefix: Option<&str>,
        methods: &mut Scope,
    ) -> Vec<OperationNames> {
        let claims =
            operations.iter().map(|operation| self.operation_claim(operation, parent)).collect();
        let names = self.settle(methods, claims);
        self.operation_names(operations, names, module, parent, owner, table_prefix)
    }

    /// What is named after operations, whose methods have names. What is locked comes first.
    fn operation_names(
        &mut self,
        operations: &[Operation],
        methods: Vec<String>,
        module: usize,
        parent: &str,
        owner: &str,
        table_prefix: Option<&str>,
    ) -> Vec<OperationNames> {
        let mut list: Vec<Option<OperationNames>> = operations.iter().map(|_| None).collect();
        let mut order: Vec<usize> = (0..operations.len()).collect();
        order.sort_by_cached_key(|at| {
            let key = format!("{parent}/{}", signature(&operations[*at]));
            (self.lock.name(&key).is_none(), key)
        });
        for at in order {
            let (Some(operation), Some(method)) = (operations.get(at), methods.get(at).cloned())
            else {
                continue;
            };
            let key = format!("{parent}/{}", signature(operation));
            let bare = plain(&method).trim_end_matches('_').to_owned();
            let owner = plain(owner).trim_end_matches('_');
            let table = match table_prefix {
                Some(_) => vec![format!("{}_{}", case::shouty(owner), case::shouty(&bare))],
                None => vec![case::shouty(&bare), format!("{}_OPERATION", case::shouty(&bare))],
            };
            let table = self.derived(Kind::Table, module, &key, format!("{key}#table"), table);
            let arguments = (operation.parameters.len() > MOST_PARAMETERS).then(|| {
                let prefix = if table_prefix.is_some() { owner } else { "" };
                let name = vec![format!("{prefix}{}Parameters", case::camel(&bare))];
                self.derived(Kind::Type, module, &key, format!("{key}#arguments"), name)
            });
            list[at] = Some(OperationNames {
                method,
                table,
                parameters: self.parameters(operation),
                arguments,
            });
        }
        list.into_iter().flatten().collect()
    }

    /// What an operation would be called: overloads with more parameters are called after them.
    fn operation_claim(&self, operation: &Operation, parent: &str) -> Claim {
        let name = chosen(&operation.label, case::snake);
        let words: Vec<String> =
            operation.parameters.iter().map(|p| case::snake(&p.label.name)).collect();
        let typed = operation
            .parameters
            .iter()
            .map(|p| format!("{}_{}", case::snake(&p.label.name), type_word(self.model, &p.ty)));
        let typed: Vec<String> = typed.collect();
        let mut candidates = vec![name.clone()];
        if !words.is_empty() {
            candidates.push(format!("{name}_by_{}", words.join("_and_")));
            candidates.push(format!("{name}_by_{}", typed.join("_and_")));
        }
        candidates.push(name);
        let parameters = u8::try_from(operation.parameters.len()).unwrap_or(u8::MAX).min(100);
        Claim {
            key: format!("{parent}/{}", signature(operation)),
            candidates,
            rank: parameters.saturating_mul(2) + rank(&operation.label),
            amended: operation.label.rust_name.clone(),
            kept: None,
        }
    }

    /// Names the parameters of a method; they are not locked, because nobody writes them.
    fn parameters(&mut self, operation: &Operation) -> Vec<String> {
        let claim = |parameter: &crate::model::Parameter| Claim {
            key: parameter.label.name.clone(),
            candidates: vec![chosen(&parameter.label, case::snake)],
            rank: rank(&parameter.label),
            amended: parameter.label.rust_name.clone(),
            kept: None,
        };
        let claims = operation.parameters.iter().map(claim).collect();
        let what = format!("the parameters of `{}`", operation.label.name);
        // Fields of a struct of parameters keep their names, too.
        Scope::new(what, &[]).settle(claims, &super::Lock::default(), self.findings)
    }

    pub(crate) fn containers(&mut self, places: &[Place]) -> Vec<ContainerNames> {
        let model = self.model;
        model
            .containers
            .iter()
            .zip(places)
            .map(|(container, place)| self.container(container, place))
            .collect()
    }

    fn container(&mut self, container: &Container, place: &Place) -> ContainerNames {
        let parent = format!("{}.{}{{}}", container.namespace, container.label.name);
        let name = &place.name;
        let mut methods =
            Scope::new(format!("the methods of `{name}`"), reserved::CONTAINER_METHODS);
        let claim = |label: &crate::model::Label, suffix: &str| {
            let text = chosen(label, case::snake);
            Claim {
                key: format!("{parent}/{}", label.name),
                candidates: vec![text.clone(), format!("{text}_{suffix}")],
                rank: rank(label),
                amended: label.rust_name.clone(),
                kept: None,
            }
        };
        let mut claims: Vec<Claim> =
            container.entity_sets.iter().map(|set| claim(&set.label, "set")).collect();
        claims.extend(container.singletons.iter().map(|one| claim(&one.label, "singleton")));
        // Operations come after what is always there, and methods by key last of all.
        claims.extend(container.operations.iter().map(|operation| {
            let claim = self.operation_claim(operation, &parent);
            Claim { rank: claim.rank.saturating_add(2).min(AFTER_ALL - 1), ..claim }
        }));
        let keyed: Vec<usize> = (container.entity_sets.iter().enumerate())
            .filter(|(_, set)| !self.model.entity_type(set.entity_type).key.is_empty())
            .map(|(at, _)| at)
            .collect();
        for at in &keyed {
            let set = &container.entity_sets[*at];
            let by_key = format!("{}_by_key", chosen(&set.label, case::snake));
            let mut candidates = vec![by_key];
            if sets_of(container, set.entity_type) == 1 {
                candidates.insert(0, self.entity_word(set.entity_type));
            }
            let key = format!("{parent}/{}()", set.label.name);
            claims.push(Claim {
                key,
                candidates,
                rank: AFTER_ALL + rank(&set.label),
                ..Claim::default()
            });
        }
        let mut names = self.settle(&mut methods, claims);
        let (sets, singletons) = (container.entity_sets.len(), container.singletons.len());
        let ones = names.split_off(sets + singletons + container.operations.len());
        let operations = names.split_off(sets + singletons);
        let singletons = names.split_off(sets);
        let prefix = (!container.is_default).then_some(name.as_str());
        let owner = if container.is_default { "" } else { name };
        let operations =
            self.operation_names(&container.operations, operations, 0, &parent, owner, prefix);
        let mut sets: Vec<SetNames> =
            names.into_iter().map(|many| SetNames { many, one: None }).collect();
        for (at, one) in keyed.into_iter().zip(ones) {
            sets[at].one = Some(one);
        }
        ContainerNames { ty: name.clone(), sets, singletons, operations }
    }
}

fn sets_of(container: &Container, entity_type: EntityTypeId) -> usize {
    container.entity_sets.iter().filter(|set| set.entity_type == entity_type).count()
}
