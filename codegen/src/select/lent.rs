//! What of the documents that others refer to is needed: the types that the others reach. The
//! rest of what they declare is not theirs, and there may be a hundred times as much of it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::csdl::{self, Edmx, NavigationTarget, Text};
use crate::diagnostic::{Findings, Mode, Span};
use crate::model::Type;
use crate::model::index::{Declared, Index};
use crate::select::Kept;

/// Takes out of referred documents the types that the others do not reach, with the operations
/// bound to those, and tells why the rest is kept. What is wrong with something that is taken out
/// is no error.
///
/// A type is reached by what a reached type has: a property, navigation, the base type, an
/// operation bound to it; and by containers. A type that is merely derived from a reached one is
/// not.
pub(crate) fn prune(edmx: &mut Edmx, findings: &mut Findings) -> Vec<Kept> {
    if edmx.schemas.iter().all(|schema| !edmx.is_lent(schema)) {
        return Vec::new();
    }
    // What does not resolve is told when it is resolved for good.
    let mut ignored = Findings::new(Mode::Lenient);
    let index = Index::new(edmx, &mut ignored);
    let mut reach = Reach {
        edmx,
        index: &index,
        ignored,
        types: BTreeSet::new(),
        operations: BTreeMap::new(),
        open: VecDeque::new(),
        kept: Vec::new(),
    };
    reach.all();
    let Reach { types, kept, mut operations, .. } = reach;
    operations.retain(|ty, _| !types.contains(ty));
    let unbound: BTreeSet<Span> = operations.values().flatten().map(|it| it.name.span).collect();
    remove(edmx, &types, &unbound, findings);
    kept
}

/// Removes the types that are not in a list, and operations that are.
fn remove(
    edmx: &mut Edmx,
    types: &BTreeSet<Span>,
    operations: &BTreeSet<Span>,
    findings: &mut Findings,
) {
    let lent_from = edmx.lent_from;
    // Where declarations begin, and whether that one is gone.
    let mut places: BTreeMap<Span, bool> = BTreeMap::new();
    for schema in &mut edmx.schemas {
        if schema.namespace.span.source < lent_from {
            continue;
        }
        places.extend(schema.places.iter().map(|place| (*place, false)));
        let mut is_reached = |name: &Text| {
            let is_reached = types.contains(&name.span);
            if let Some((_, is_gone)) = places.range_mut(..=beginning(name.span)).next_back() {
                *is_gone = !is_reached;
            }
            is_reached
        };
        schema.types.retain(|ty| is_reached(&ty.name));
        schema.enum_types.retain(|ty| is_reached(&ty.name));
        schema.type_definitions.retain(|ty| is_reached(&ty.name));
        schema.operations.retain(|operation| !operations.contains(&operation.name.span));
    }
    findings.forgive(|span| {
        let place = places.range(..=beginning(span)).next_back();
        place.is_some_and(|(place, is_gone)| *is_gone && place.source == span.source)
    });
}

/// The last place that what begins at the same byte may have.
fn beginning(span: Span) -> Span {
    Span { end: usize::MAX, ..span }
}

/// A type whose parts are still to be looked at.
#[derive(Clone, Copy)]
enum Node<'d> {
    Structured(&'d csdl::StructuredType),
    Definition(&'d csdl::TypeDefinition),
}

struct Reach<'d> {
    edmx: &'d Edmx,
    index: &'d Index<'d>,
    ignored: Findings,
    /// The names of the types that are reached.
    types: BTreeSet<Span>,
    /// The operations of referred documents by the name of the type that they are bound to.
    operations: BTreeMap<Span, Vec<&'d csdl::Operation>>,
    open: VecDeque<(Node<'d>, usize)>,
    kept: Vec<Kept>,
}

impl<'d> Reach<'d> {
    fn all(&mut self) {
        let edmx = self.edmx;
        let lent = edmx.schemas.iter().filter(|schema| edmx.is_lent(schema));
        for operation in lent.flat_map(|schema| &schema.operations).filter(|it| it.is_bound) {
            let ty = operation.parameters.first().and_then(|first| self.resolve(&first.ty, false));
            let name = ty.and_then(|ty| self.name(&ty)).map_or_else(Span::default, |it| it.span);
            self.operations.entry(name).or_default().push(operation);
        }
        for schema in edmx.schemas.iter().filter(|schema| !edmx.is_lent(schema)) {
            self.schema(schema);
        }
        while let Some((node, of)) = self.open.pop_front() {
            match node {
                Node::Structured(ty) => self.structured_type(ty, of),
                Node::Definition(ty) => self.mention(&ty.underlying, of, || {
                    format!("type that `{}` stands for", ty.name.value)
                }),
            }
        }
    }

    /// Everything in a schema of a document that is generated from.
    fn schema(&mut self, schema: &'d csdl::Schema) {
        let here = || "a document that is generated from declares it".to_owned();
        let namespace = &schema.namespace.value;
        let types = schema.types.iter().map(|ty| &ty.name);
        let types = types.chain(schema.enum_types.iter().map(|ty| &ty.name));
        for name in types.chain(schema.type_definitions.iter().map(|ty| &ty.name)) {
            if let Some(ty) = self.index.type_of(&format!("{namespace}.{}", name.value)) {
                self.reach(ty, None, here);
            }
        }
        for operation in &schema.operations {
            let of = self.note(format!("operation `{namespace}.{}`", operation.name.value), here());
            self.operation(operation, of);
        }
        for container in &schema.containers {
            let of = self.note(format!("container `{}`", container.name.value), here());
            self.container(container, of);
        }
    }

    fn container(&mut self, container: &'d csdl::EntityContainer, of: usize) {
        // Containers may extend each other in a circle.
        let mut seen = BTreeSet::new();
        let mut next = Some(container);
        while let Some(container) = next.filter(|container| seen.insert(container.name.span)) {
            for set in &container.entity_sets {
                self.mention(&set.entity_type, of, || {
                    format!("type of the entity set `{}`", set.name.value)
                });
                set.bindings.iter().for_each(|binding| self.casts(&binding.path, of));
            }
            for one in &container.singletons {
                self.mention(&one.entity_type, of, || {
                    format!("type of the singleton `{}`", one.name.value)
                });
                one.bindings.iter().for_each(|binding| self.casts(&binding.path, of));
            }
            for import in &container.function_imports {
                let result = import.result.as_ref();
                self.signature(&import.name, &import.parameters, result, &import.amended, of);
            }
            for import in &container.operation_imports {
                let facts = import.amended_parameters.iter().map(|(_, facts)| &facts.ty);
                for ty in facts.chain([&import.amended.result]).flatten() {
                    self.mention_amended(ty, of);
                }
                let overloads = self.index.operation(&import.operation, &mut self.ignored);
                let overloads = overloads.unwrap_or_default().iter().copied();
                for overload in overloads.filter(|it| !it.is_bound && it.kind == import.kind) {
                    self.operation(overload, of);
                }
            }
            let extends = container.extends.as_ref().map(|extends| self.index.expand(extends));
            next = extends.and_then(|name| self.index.container(&name)).map(|found| found.node);
        }
    }

    fn structured_type(&mut self, ty: &'d csdl::StructuredType, of: usize) {
        if let Some(base) = &ty.base {
            self.mention(base, of, || "base type".to_owned());
        }
        for property in &ty.properties {
            self.mention(&property.ty, of, || format!("type of `{}`", property.name.value));
        }
        let facts = ty.properties.iter().map(|property| &property.amended);
        for facts in facts.chain(ty.inherited.properties.iter().map(|(_, facts)| facts)) {
            facts.ty.iter().for_each(|better| self.mention_amended(better, of));
        }
        for navigation in &ty.navigation {
            let because = || format!("target of `{}`", navigation.name.value);
            match &navigation.target {
                NavigationTarget::Association { relationship, .. } => {
                    let ends = self.index.association(relationship, &mut self.ignored);
                    for end in ends.unwrap_or_default() {
                        self.mention(&end.ty, of, because);
                    }
                }
                NavigationTarget::Type { ty, partner, .. } => {
                    self.mention(ty, of, because);
                    partner.iter().for_each(|path| self.casts(path, of));
                }
            }
        }
        for operation in self.operations.get(&ty.name.span).cloned().unwrap_or_default() {
            self.operation(operation, of);
        }
    }

    fn operation(&mut self, operation: &'d csdl::Operation, of: usize) {
        let csdl::Operation { name, parameters, result, amended, .. } = operation;
        self.signature(name, parameters, result.as_ref(), amended, of);
    }

    fn signature(
        &mut self,
        name: &Text,
        parameters: &[csdl::Parameter],
        result: Option<&csdl::ReturnType>,
        amended: &csdl::OperationFacts,
        of: usize,
    ) {
        for parameter in parameters {
            self.mention(&parameter.ty, of, || {
                format!("type of the parameter `{}` of `{}`", parameter.name.value, name.value)
            });
            parameter.amended.ty.iter().for_each(|better| self.mention_amended(better, of));
        }
        if let Some(result) = result {
            self.mention(&result.ty, of, || format!("type of the result of `{}`", name.value));
        }
        amended.result.iter().for_each(|better| self.mention_amended(better, of));
    }

    /// The types that a path is cast to.
    fn casts(&mut self, path: &Text, of: usize) {
        for segment in path.value.split('/').filter(|segment| segment.contains('.')) {
            if let Some(ty) = self.index.type_of(&self.index.expand_in(path.span.source, segment)) {
                self.reach(ty, Some(of), || format!("type in the path `{}`", path.value));
            }
        }
    }

    fn mention(&mut self, text: &Text, of: usize, because: impl Fn() -> String) {
        if let Some(ty) = self.resolve(text, false) {
            self.reach(&ty, Some(of), because);
        }
    }

    fn mention_amended(&mut self, text: &Text, of: usize) {
        if let Some(ty) = self.resolve(text, true) {
            self.reach(&ty, Some(of), || "an amendment names it".to_owned());
        }
    }

    /// The type that a text names, or the items of it.
    fn resolve(&mut self, text: &Text, is_amended: bool) -> Option<Type> {
        let ty = match is_amended {
            true => self.index.resolve_amended(text, &mut self.ignored),
            false => self.index.resolve(text, &mut self.ignored),
        };
        match ty? {
            Type::Collection(item) => Some(*item),
            ty => Some(ty),
        }
    }

    /// The name of a type that a document declares.
    fn name(&self, ty: &Type) -> Option<&'d Text> {
        Some(match ty {
            Type::Entity(id) => &self.index.entity_types.get(id.0)?.node.name,
            Type::Complex(id) => &self.index.complex_types.get(id.0)?.node.name,
            // Those that amendments add come first.
            Type::Enum(id) => {
                let at = id.0.checked_sub(self.edmx.enum_types.len())?;
                &self.index.enum_types.get(at)?.node.name
            }
            Type::Definition(id) => &self.index.type_definitions.get(id.0)?.node.name,
            Type::Primitive(_) | Type::Id(_) | Type::Collection(_) => return None,
        })
    }

    fn reach(&mut self, ty: &Type, of: Option<usize>, because: impl Fn() -> String) {
        let Some(name) = self.name(ty) else { return };
        if !self.types.insert(name.span) {
            return;
        }
        let structured = |list: &[Declared<'d, csdl::StructuredType>], at: usize| {
            list.get(at).map(|it| (it.namespace, Node::Structured(it.node)))
        };
        let (kind, found) = match ty {
            Type::Entity(id) => ("entity type", structured(&self.index.entity_types, id.0)),
            Type::Complex(id) => ("complex type", structured(&self.index.complex_types, id.0)),
            Type::Definition(id) => {
                let found = self.index.type_definitions.get(id.0);
                ("type definition", found.map(|it| (it.namespace, Node::Definition(it.node))))
            }
            _ => ("enumeration", None),
        };
        let what = match found {
            Some((namespace, _)) => format!("{kind} `{namespace}.{}`", name.value),
            None => format!("{kind} `{}`", name.value),
        };
        self.kept.push(Kept { what, because: because(), of });
        if let Some((_, node)) = found {
            self.open.push_back((node, self.kept.len() - 1));
        }
    }

    fn note(&mut self, what: String, because: String) -> usize {
        self.kept.push(Kept { what, because, of: None });
        self.kept.len() - 1
    }
}
