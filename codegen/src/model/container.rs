//! Entity containers: sets, singletons and operations.

use std::collections::BTreeSet;

use crate::csdl::{self, Edmx, Text};
use crate::diagnostic::Findings;
use crate::model::index::{Declared, Index};
use crate::model::operations::distinct;
use crate::model::paths::{Members, Place};
use crate::model::resolve::{Scope, label, unique};
use crate::model::{
    Container, EntitySet, EntityTypeId, Model, NavigationBinding, Operation, Singleton, Type,
};

type Node<'d> = Declared<'d, csdl::EntityContainer>;

/// Resolves containers, and the operations that are bound to types.
pub(crate) fn fill(model: &mut Model, edmx: &Edmx, index: &Index<'_>, findings: &mut Findings) {
    let mut bound = Vec::new();
    let mut scope = Scope { index, model, findings };
    for schema in &edmx.schemas {
        let namespace = &schema.namespace.value;
        for declared in schema.operations.iter().filter(|declared| declared.is_bound) {
            bound.extend(scope.bound_operation(namespace, declared));
        }
    }
    let mut containers = Vec::new();
    let (served, extended) = served(edmx, index);
    // Those that extend each other in a circle are extended by nothing else.
    for node in extended {
        scope.chain(node);
    }
    for node in served {
        let chain = scope.chain(node);
        let (container, more) = scope.container(node, &chain);
        scope.check_bindings(&container, &chain);
        bound.extend(more);
        containers.push((container, node.node.is_default));
    }
    for (binding, operation) in bound {
        let Some(binding) = binding else { continue };
        let list = binding.list(&mut model.entity_types, &mut model.complex_types);
        list.into_iter().for_each(|list| list.push(operation.clone()));
    }
    for ty in model.entity_types.iter_mut().chain(&mut model.complex_types) {
        distinct(&mut ty.operations, findings);
        distinct(&mut ty.collection_operations, findings);
    }
    // Since V4 a service has one container, so URLs never name it.
    let default = match model.version.is_v4() {
        true => None,
        false => Some(containers.iter().position(|(_, is_default)| *is_default).unwrap_or(0)),
    };
    for (at, (container, _)) in containers.iter_mut().enumerate() {
        container.is_default = default.is_none_or(|default| default == at);
    }
    containers.sort_by_key(|(container, _)| !container.is_default);
    model.containers = containers.into_iter().map(|(container, _)| container).collect();
}

/// The containers that are not merely extended by another one, in document order, and those that
/// are.
fn served<'d>(edmx: &'d Edmx, index: &Index<'d>) -> (Vec<Node<'d>>, Vec<Node<'d>>) {
    let nodes = || {
        edmx.schemas.iter().filter(|schema| !edmx.is_lent(schema)).flat_map(|schema| {
            let namespace = schema.namespace.value.as_str();
            schema.containers.iter().map(move |node| Declared { namespace, node })
        })
    };
    let extended: BTreeSet<String> = nodes()
        .filter_map(|declared| declared.node.extends.as_ref())
        .map(|extends| index.expand(extends))
        .collect();
    let name = |declared: &Node<'_>| format!("{}.{}", declared.namespace, declared.node.name.value);
    let mut seen = BTreeSet::new();
    let mut served: Vec<Node<'d>> = Vec::new();
    let mut rest: Vec<Node<'d>> = Vec::new();
    for declared in nodes() {
        let name = name(&declared);
        if seen.insert(name.clone()) {
            if extended.contains(&name) { &mut rest } else { &mut served }.push(declared);
        }
    }
    (served, rest)
}

/// How many containers may extend each other.
const LONGEST: usize = 64;

impl<'i> Scope<'i, '_> {
    /// A container with those that it extends, the outermost last.
    fn chain<'d>(&mut self, node: Node<'d>) -> Vec<Node<'d>>
    where
        'i: 'd,
    {
        let mut chain = vec![node];
        let mut seen = BTreeSet::new();
        let mut at: Node<'d> = node;
        while let Some(extends) = &at.node.extends {
            let name = self.index.expand(extends);
            if !seen.insert(name.clone()) || seen.len() > LONGEST {
                let message = format!("the container `{}` extends itself", at.node.name.value);
                self.findings.error("csdl::cyclic-extends", extends.span, message);
                break;
            }
            let Some(found) = self.index.container(&name) else {
                let message = format!("there is no container `{}`", extends.value);
                self.findings
                    .repair("csdl::unresolved-container", extends.span, message)
                    .suggest(&name, self.index.container_names());
                break;
            };
            chain.push(found);
            at = found;
        }
        chain.reverse();
        chain
    }

    fn container(
        &mut self,
        node: Node<'_>,
        chain: &[Node<'_>],
    ) -> (Container, Vec<super::operations::Found>) {
        let own = self.index.targets.of(node.namespace, &node.node.name.value);
        let mut container = Container {
            label: label(&node.node.name, &own.notes(&node.node.remarks), &node.node.amended),
            namespace: node.namespace.to_owned(),
            is_default: false,
            entity_sets: Vec::new(),
            singletons: Vec::new(),
            operations: Vec::new(),
        };
        let sets = || chain.iter().flat_map(|part| &part.node.entity_sets).map(|set| &set.name);
        let singletons = chain.iter().flat_map(|part| &part.node.singletons).map(|one| &one.name);
        let first = unique("entity set", sets().chain(singletons), self.findings);
        let count = sets().count();
        let (mut first_sets, mut first_singletons) =
            (first.iter().take(count), first.iter().skip(count));
        let mut bound = Vec::new();
        let mut imports: Vec<Operation> = Vec::new();
        for part in chain {
            let target = self.index.targets.of(part.namespace, &part.node.name.value);
            for set in &part.node.entity_sets {
                if first_sets.next() == Some(&true) {
                    let notes = target.member(&set.name.value, &set.remarks);
                    if let Some(entity_type) = self.entity(&set.entity_type) {
                        container.entity_sets.push(EntitySet {
                            label: label(&set.name, &notes, &set.amended.common),
                            entity_type,
                            allow: set.amended.allow.unwrap_or_else(|| notes.allow()),
                            bindings: bindings(&set.bindings),
                        });
                    }
                }
            }
            for one in &part.node.singletons {
                if first_singletons.next() == Some(&true) {
                    let notes = target.member(&one.name.value, &one.remarks);
                    if let Some(entity_type) = self.entity(&one.entity_type) {
                        container.singletons.push(Singleton {
                            label: label(&one.name, &notes, &one.amended),
                            entity_type,
                            bindings: bindings(&one.bindings),
                        });
                    }
                }
            }
            for import in &part.node.function_imports {
                match self.function_import(target, import) {
                    Some((None, operation)) => imports.push(operation),
                    Some(found) => bound.push(found),
                    None => {}
                }
            }
            for import in &part.node.operation_imports {
                imports.extend(self.operation_import(target, import));
            }
            for set in &part.node.association_sets {
                self.association_set(set, chain);
            }
        }
        distinct(&mut imports, self.findings);
        container.operations = imports;
        self.keyless(&mut container);
        (container, bound)
    }

    /// The type of a set or singleton.
    fn entity(&mut self, written: &Text) -> Option<EntityTypeId> {
        match self.index.resolve(written, self.findings)? {
            Type::Entity(id) => Some(id),
            _ => {
                let message = format!("`{}` is not an entity type", written.value);
                self.findings.repair("csdl::wrong-type", written.span, message);
                None
            }
        }
    }

    /// Entities of a set are addressed by key. A set whose entities have none can be listed, which
    /// until V3 is how views of a database are served; but a document of V4 in which no entity has
    /// one has lost its keys.
    fn keyless(&mut self, container: &mut Container) {
        let keyless: Vec<bool> = container
            .entity_sets
            .iter()
            .map(|set| {
                let ty = self.model.entity_types.get(set.entity_type.0);
                ty.is_some_and(|ty| ty.key.is_empty() && !ty.is_abstract)
            })
            .collect();
        let is_lost = self.model.version.is_v4()
            && container.singletons.is_empty()
            && container.entity_sets.iter().zip(&keyless).all(|(set, keyless)| {
                let declared = self.index.entity_types.get(set.entity_type.0);
                *keyless && declared.is_some_and(|declared| declared.node.key.is_empty())
            });
        for (set, keyless) in container.entity_sets.iter_mut().zip(keyless) {
            let Some(ty) = self.model.entity_types.get(set.entity_type.0).filter(|_| keyless)
            else {
                continue;
            };
            let message = format!("the entity type `{}` has no key", ty.label.name);
            let finding = match is_lost {
                true => self.findings.error("csdl::no-key", ty.label.span, message),
                false => self.findings.repair("csdl::no-key", ty.label.span, message),
            };
            finding.related(set.label.span, "entities of a set are addressed by key");
            set.allow.get = false;
            set.allow.update = false;
            set.allow.delete = false;
        }
    }

    /// Association sets say which entity sets navigation stays in. Generated code does not need
    /// them, but one that contradicts the document is a mistake worth reporting.
    fn association_set(&mut self, set: &csdl::AssociationSet, chain: &[Node<'_>]) {
        let Some(ends) = self.index.association(&set.association, self.findings) else { return };
        for (role, entity_set) in &set.ends {
            let role =
                role.as_ref().filter(|role| !ends.iter().any(|end| end.role.value == role.value));
            if let Some(role) = role {
                let message = format!(
                    "the association `{}` has no end with the role `{}`",
                    set.association.value, role.value
                );
                self.findings
                    .repair("csdl::association-ends", role.span, message)
                    .suggest(&role.value, ends.iter().map(|end| end.role.value.as_str()));
            }
            let mut sets = chain.iter().flat_map(|part| &part.node.entity_sets);
            if !sets.any(|known| known.name.value == entity_set.value) {
                let names = chain.iter().flat_map(|part| &part.node.entity_sets);
                let message = format!(
                    "the association set `{}` names the entity set `{}`, which there is not",
                    set.name.value, entity_set.value
                );
                self.findings
                    .repair("csdl::unknown-entity-set", entity_set.span, message)
                    .suggest(&entity_set.value, names.map(|known| known.name.value.as_str()));
            }
        }
    }

    /// Reports bindings whose path or target is not there, which change nothing that is generated.
    fn check_bindings(&mut self, container: &Container, chain: &[Node<'_>]) {
        let sets: BTreeSet<&str> = container
            .entity_sets
            .iter()
            .map(|set| set.label.name.as_str())
            .chain(container.singletons.iter().map(|one| one.label.name.as_str()))
            .collect();
        let types = container
            .entity_sets
            .iter()
            .map(|set| (set.label.name.as_str(), set.entity_type))
            .chain(container.singletons.iter().map(|o| (o.label.name.as_str(), o.entity_type)));
        let types: std::collections::BTreeMap<&str, EntityTypeId> = types.collect();
        let mut members = Members::new(self.model, self.index);
        for part in chain {
            let sets_of = part.node.entity_sets.iter().map(|set| (&set.name, &set.bindings));
            let ones = part.node.singletons.iter().map(|one| (&one.name, &one.bindings));
            for (name, bindings) in sets_of.chain(ones) {
                let Some(id) = types.get(name.value.as_str()) else { continue };
                for binding in bindings {
                    let path = &binding.path;
                    let trimmed = path.value.trim_end_matches('/');
                    if !members.leads_on(Place::Entity(*id), trimmed, path.span.source) {
                        let message =
                            format!("`{}` leads nowhere from `{}`", path.value, name.value);
                        self.findings.repair("csdl::unknown-path", path.span, message);
                    }
                    let target = &binding.target;
                    if !self.is_target(&target.value, target.span.source, &sets) {
                        let message = format!("there is no entity set `{}`", target.value);
                        self.findings
                            .repair("csdl::unknown-entity-set", target.span, message)
                            .suggest(&target.value, sets.iter().copied());
                    }
                }
            }
        }
    }

    /// Whether a target is a set of the container, something below one, or a set of another
    /// container.
    fn is_target(&self, target: &str, source: usize, sets: &BTreeSet<&str>) -> bool {
        if sets.contains(target) {
            return true;
        }
        let Some((head, rest)) = target.split_once('/') else { return false };
        let first = rest.split('/').next().unwrap_or_default();
        match self.index.container(&self.index.expand_in(source, head)) {
            Some(other) => {
                // What it extends is checked where it is declared.
                other.node.extends.is_some()
                    || other.node.entity_sets.iter().any(|set| set.name.value == first)
                    || other.node.singletons.iter().any(|one| one.name.value == first)
            }
            None => sets.contains(head) || head.contains('.'),
        }
    }
}

fn bindings(declared: &[csdl::NavigationPropertyBinding]) -> Vec<NavigationBinding> {
    let binding = |binding: &csdl::NavigationPropertyBinding| NavigationBinding {
        path: binding.path.value.clone(),
        target: binding.target.value.clone(),
    };
    declared.iter().map(binding).collect()
}

/// The types whose sets say that updates name the state they change, with the properties that
/// tell states apart.
pub(crate) fn etags<'d>(edmx: &'d Edmx, index: &'d Index<'d>) -> Vec<(EntityTypeId, Vec<&'d str>)> {
    let mut found = Vec::new();
    for schema in &edmx.schemas {
        for container in &schema.containers {
            let target = index.targets.of(&schema.namespace.value, &container.name.value);
            let sets = container.entity_sets.iter().map(|s| (&s.name, &s.entity_type, &s.remarks));
            let ones = container.singletons.iter().map(|o| (&o.name, &o.entity_type, &o.remarks));
            for (name, ty, remarks) in sets.chain(ones) {
                let notes = target.member(&name.value, remarks);
                let Some(properties) = notes.concurrency() else { continue };
                if let Some(Type::Entity(id)) = index.type_of(&index.expand(ty)) {
                    found.push((*id, properties));
                }
            }
        }
    }
    found
}
