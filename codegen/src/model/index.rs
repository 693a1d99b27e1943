//! Names to the things they name.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::csdl::{self, AssociationEnd, Edmx, Include, Kind, Text};
use crate::diagnostic::{Findings, Span};
use crate::model::annotations::Targets;
use crate::model::{
    ComplexTypeId, EntityTypeId, EnumTypeId, IdTypeId, Primitive, Type, TypeDefinitionId,
};

/// Something that a schema declares, with the namespace.
#[derive(Debug)]
pub(crate) struct Declared<'d, T> {
    pub(crate) namespace: &'d str,
    pub(crate) node: &'d T,
}

impl<T> Clone for Declared<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Declared<'_, T> {}

/// Every type, association and operation by its qualified name.
pub(crate) struct Index<'d> {
    edmx: &'d Edmx,
    types: BTreeMap<String, (Type, Span)>,
    associations: BTreeMap<String, &'d [AssociationEnd]>,
    operations: BTreeMap<String, Vec<&'d csdl::Operation>>,
    containers: BTreeMap<String, Declared<'d, csdl::EntityContainer>>,
    /// The namespaces of documents that are referred to and not there, with their addresses.
    absent: BTreeMap<&'d str, &'d str>,
    /// What `Annotations` say, by target.
    pub(crate) targets: Targets<'d>,
    /// Declarations by the index of the id.
    pub(crate) entity_types: Vec<Declared<'d, csdl::StructuredType>>,
    pub(crate) complex_types: Vec<Declared<'d, csdl::StructuredType>>,
    pub(crate) enum_types: Vec<Declared<'d, csdl::EnumType>>,
    pub(crate) type_definitions: Vec<Declared<'d, csdl::TypeDefinition>>,
}

impl<'d> Index<'d> {
    /// Lists everything that has a qualified name; ids count in document order. What is declared
    /// twice is what it is declared as first.
    pub(crate) fn new(edmx: &'d Edmx, findings: &mut Findings) -> Self {
        let mut index = Self {
            edmx,
            types: BTreeMap::new(),
            associations: BTreeMap::new(),
            operations: BTreeMap::new(),
            containers: BTreeMap::new(),
            absent: absent(edmx),
            targets: Targets::new(edmx),
            entity_types: Vec::new(),
            complex_types: Vec::new(),
            enum_types: Vec::new(),
            type_definitions: Vec::new(),
        };
        for (at, declared) in edmx.enum_types.iter().enumerate() {
            index.declare(&edmx.home, &declared.name, Type::Enum(EnumTypeId(at)), findings);
        }
        for (at, declared) in edmx.id_types.iter().enumerate() {
            index.declare(&edmx.home, &declared.name, Type::Id(IdTypeId(at)), findings);
        }
        for schema in &edmx.schemas {
            index.schema(schema, findings);
        }
        index
    }

    fn schema(&mut self, schema: &'d csdl::Schema, findings: &mut Findings) {
        let namespace = schema.namespace.value.as_str();
        for node in &schema.types {
            let ty = match node.kind {
                Kind::Entity => Type::Entity(EntityTypeId(self.entity_types.len())),
                Kind::Complex => Type::Complex(ComplexTypeId(self.complex_types.len())),
            };
            if self.declare(namespace, &node.name, ty, findings) {
                match node.kind {
                    Kind::Entity => self.entity_types.push(Declared { namespace, node }),
                    Kind::Complex => self.complex_types.push(Declared { namespace, node }),
                }
            }
        }
        for node in &schema.enum_types {
            let id = EnumTypeId(self.edmx.enum_types.len() + self.enum_types.len());
            if self.declare(namespace, &node.name, Type::Enum(id), findings) {
                self.enum_types.push(Declared { namespace, node });
            }
        }
        for node in &schema.type_definitions {
            let ty = Type::Definition(TypeDefinitionId(self.type_definitions.len()));
            if self.declare(namespace, &node.name, ty, findings) {
                self.type_definitions.push(Declared { namespace, node });
            }
        }
        for association in &schema.associations {
            let name = format!("{namespace}.{}", association.name.value);
            match self.associations.entry(name) {
                Entry::Vacant(free) => drop(free.insert(&association.ends)),
                Entry::Occupied(_) => {
                    let message =
                        format!("the association `{}` is declared twice", association.name.value);
                    findings.repair("csdl::duplicate-name", association.name.span, message);
                }
            }
        }
        for operation in &schema.operations {
            let name = format!("{namespace}.{}", operation.name.value);
            self.operations.entry(name).or_default().push(operation);
        }
        for node in &schema.containers {
            let name = format!("{namespace}.{}", node.name.value);
            self.containers.entry(name).or_insert(Declared { namespace, node });
        }
    }

    /// Whether the name was free.
    fn declare(&mut self, namespace: &str, name: &Text, ty: Type, findings: &mut Findings) -> bool {
        let qualified = format!("{namespace}.{}", name.value);
        if let Some((_, first)) = self.types.get(&qualified) {
            let message = format!("the type `{qualified}` is declared twice");
            findings
                .repair("csdl::duplicate-name", name.span, message)
                .related(*first, "declared here first");
            return false;
        }
        self.types.insert(qualified, (ty, name.span));
        true
    }

    /// Puts the namespace in the place of its alias.
    pub(crate) fn expand(&self, text: &Text) -> String {
        self.edmx.expand(text.span.source, text.value.trim())
    }

    /// Puts the namespace in the place of its alias in a name of a document.
    pub(crate) fn expand_in(&self, source: usize, name: &str) -> String {
        self.edmx.expand(source, name.trim())
    }

    /// The type of a reference in a document; `None` if there is none, which is reported.
    pub(crate) fn resolve(&self, text: &Text, findings: &mut Findings) -> Option<Type> {
        self.reference(&text.value, text.span, false, findings)
    }

    /// The type of a qualified name without alias.
    pub(crate) fn type_of(&self, qualified: &str) -> Option<&Type> {
        self.types.get(qualified).map(|(ty, _)| ty)
    }

    /// The type of a reference in an amendment, where names of the home namespace are short.
    pub(crate) fn resolve_amended(&self, text: &Text, findings: &mut Findings) -> Option<Type> {
        self.reference(&text.value, text.span, true, findings)
    }

    fn reference(
        &self,
        written: &str,
        span: Span,
        amended: bool,
        findings: &mut Findings,
    ) -> Option<Type> {
        let name = written.trim();
        if let Some(item) = name.strip_prefix("Collection(").and_then(|n| n.strip_suffix(')')) {
            if item.trim_start().starts_with("Collection(") {
                let message = "a collection of collections is not a type of CSDL";
                findings.repair("csdl::unresolved-type", span, message);
                return None;
            }
            let item = self.reference(item, span, amended, findings)?;
            return Some(Type::Collection(Box::new(item)));
        }
        if let Some(primitive) = primitive(name) {
            return Some(Type::Primitive(primitive));
        }
        let qualified = match name.contains('.') {
            true => self.edmx.expand(span.source, name),
            false => format!("{}.{name}", self.edmx.home),
        };
        if let Some(ty) = self.type_of(&qualified) {
            if !amended && !name.contains('.') {
                let message = format!("`{name}` is written without its namespace");
                findings
                    .repair("csdl::unqualified-name", span, message)
                    .help(format!("write `{qualified}`"));
            }
            return Some(ty.clone());
        }
        self.unresolved(name, &qualified, span, amended, findings)
    }

    /// Reports a type that is nowhere. What is meant may be clear nevertheless.
    fn unresolved(
        &self,
        name: &str,
        qualified: &str,
        span: Span,
        amended: bool,
        findings: &mut Findings,
    ) -> Option<Type> {
        let namespace = qualified.rsplit_once('.').map_or("", |(namespace, _)| namespace);
        if let Some(uri) = self.absent.get(namespace) {
            // Standard vocabularies are known; a service need not hand them out.
            if namespace.starts_with("Org.OData.") {
                let message = format!("`{name}` is of a vocabulary: its values are untyped");
                findings.warning("csdl::untyped", span, message);
                return Some(Type::Primitive(Primitive::Untyped));
            }
            let message = format!("there is no type `{name}`: the document `{uri}` is not there");
            findings
                .repair("csdl::absent-document", span, message)
                .help("pass the documents that this one refers to, too");
            return None;
        }
        let message = format!("there is no type `{name}`");
        let finding = match amended {
            true => findings.error("csdl::unresolved-type", span, message),
            false => findings.repair("csdl::unresolved-type", span, message),
        };
        let names = self.types.keys().map(String::as_str);
        finding.suggest(qualified, names.chain(Primitive::NAMES.iter().copied()));
        // The alias that documents give their own schema, without saying so.
        if let Some(short) = name.strip_prefix("Self.").or_else(|| name.strip_prefix("self."))
            && let Some(ty) = self.type_of(&format!("{}.{short}", self.edmx.home))
        {
            return Some(ty.clone());
        }
        let short = name.strip_prefix("Edm.")?;
        let meant = |primitive: &&Primitive| primitive.short_name().eq_ignore_ascii_case(short);
        Primitive::ALL.iter().find(meant).copied().map(Type::Primitive)
    }

    /// The ends of an association.
    pub(crate) fn association(
        &self,
        text: &Text,
        findings: &mut Findings,
    ) -> Option<&'d [AssociationEnd]> {
        let qualified = self.expand(text);
        let ends = self.associations.get(&qualified).copied();
        if ends.is_none() {
            let message = format!("there is no association `{}`", text.value);
            findings
                .repair("csdl::unresolved-association", text.span, message)
                .suggest(&qualified, self.associations.keys().map(String::as_str));
        }
        ends
    }

    /// The overloads of an operation of a schema, with its namespace.
    pub(crate) fn operation(
        &self,
        text: &Text,
        findings: &mut Findings,
    ) -> Option<&[&'d csdl::Operation]> {
        let qualified = self.expand(text);
        let overloads = self.operations.get(&qualified).map(Vec::as_slice);
        if overloads.is_none() {
            let message = format!("there is no function or action `{}`", text.value);
            findings
                .repair("csdl::unresolved-operation", text.span, message)
                .suggest(&qualified, self.operations.keys().map(String::as_str));
        }
        overloads
    }

    /// A container by its qualified name.
    pub(crate) fn container(&self, qualified: &str) -> Option<Declared<'d, csdl::EntityContainer>> {
        self.containers.get(qualified).copied()
    }

    /// Every container, by name.
    pub(crate) fn container_names(&self) -> impl Iterator<Item = &str> {
        self.containers.keys().map(String::as_str)
    }
}

/// The namespaces that documents refer to and no schema has.
fn absent(edmx: &Edmx) -> BTreeMap<&str, &str> {
    let present: BTreeSet<&str> =
        edmx.schemas.iter().map(|schema| schema.namespace.value.as_str()).collect();
    let references = edmx.documents.iter().flat_map(|document| &document.references);
    let mut absent = BTreeMap::new();
    for reference in references {
        for Include { namespace, .. } in &reference.includes {
            if !present.contains(namespace.as_str()) {
                absent.insert(namespace.as_str(), reference.uri.as_str());
            }
        }
    }
    absent
}

/// The primitive type of a name. What an abstract type of the EDM stands for is not known before
/// a value is there.
fn primitive(name: &str) -> Option<Primitive> {
    const UNTYPED: [&str; 7] = [
        "Edm.PrimitiveType",
        "Edm.ComplexType",
        "Edm.EntityType",
        "Edm.AnyPropertyPath",
        "Edm.PropertyPath",
        "Edm.NavigationPropertyPath",
        "Edm.AnnotationPath",
    ];
    let known = Primitive::from_name(name);
    known.or_else(|| UNTYPED.contains(&name).then_some(Primitive::Untyped))
}
