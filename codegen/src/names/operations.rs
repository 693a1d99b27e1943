//! Names of operations, and of what containers hold.

use crate::model::{Container, EntityTypeId, Operation};
use crate::names::scope::{Claim, Scope};
use crate::names::{
    ContainerNames, Decider, Kind, MOST_PARAMETERS, OperationNames, Place, SetNames, case, chosen,
    plain, rank, reserved, signature, type_word,
};

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
        let mut list = Vec::new();
        for (operation, method) in operations.iter().zip(names) {
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
            list.push(OperationNames {
                method,
                table,
                parameters: self.parameters(operation),
                arguments,
            });
        }
        list
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
        let sets = container.entity_sets.iter().map(|set| claim(&set.label, "set"));
        let singletons = container.singletons.iter().map(|one| claim(&one.label, "singleton"));
        let claims = sets.chain(singletons).collect();
        let mut many = self.settle(&mut methods, claims);
        let singletons = many.split_off(container.entity_sets.len());
        let prefix = (!container.is_default).then_some(name.as_str());
        let owner = if container.is_default { "" } else { name };
        let operations =
            self.operations(&container.operations, 0, &parent, owner, prefix, &mut methods);
        let mut ones = Vec::new();
        let mut keyed = Vec::new();
        for (at, set) in container.entity_sets.iter().enumerate() {
            let entity_type = self.model.entity_type(set.entity_type);
            if entity_type.key.is_empty() {
                continue;
            }
            let short = self.entity_word(set.entity_type);
            let by_key = format!("{}_by_key", plain(&many[at]));
            let is_only = sets_of(container, set.entity_type) == 1;
            let candidates = match is_only && !methods.has(&short) {
                true => vec![short, by_key],
                false => vec![by_key],
            };
            let key = format!("{parent}/{}()", set.label.name);
            ones.push(Claim { key, candidates, rank: rank(&set.label), ..Claim::default() });
            keyed.push(at);
        }
        let ones = self.settle(&mut methods, ones);
        let mut sets: Vec<SetNames> =
            many.into_iter().map(|many| SetNames { many, one: None }).collect();
        for (at, one) in keyed.into_iter().zip(ones) {
            sets[at].one = Some(one);
        }
        ContainerNames { ty: name.clone(), sets, singletons, operations }
    }
}

fn sets_of(container: &Container, entity_type: EntityTypeId) -> usize {
    container.entity_sets.iter().filter(|set| set.entity_type == entity_type).count()
}
