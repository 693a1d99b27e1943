//! The documents as written: CSDL of every version, nothing resolved.
//!
//! There is one vocabulary for all versions; what only some versions have is empty for the others.
//! What amendments add is kept beside what the document says, in the `amended` fields and in
//! [`Edmx::enum_types`] and [`Edmx::id_types`].

mod amended;
mod annotations;
mod attributes;
mod container;
mod edmx;
mod json;
mod namespaces;
mod operations;
pub(crate) mod references;
mod schema;
mod v3;

pub(crate) use amended::*;
pub(crate) use annotations::{Annotation, Expression};
pub(crate) use attributes::is_identifier;
pub(crate) use edmx::read;
pub(crate) use references::{Include, Reference};

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::diagnostic::{Span, Spanned};
use crate::model::{Facets, Multiplicity, OperationKind, Version};

/// A name or a type reference, as written.
pub(crate) type Text = Spanned<String>;

/// All documents, with what amendments add.
#[derive(Debug)]
pub(crate) struct Edmx {
    /// What is said of documents as a whole, by the index of the source.
    pub(crate) documents: Vec<Document>,
    /// The schemas, in document order.
    pub(crate) schemas: Vec<Schema>,
    /// The index of the first source that is only referred to; of no source if none is.
    pub(crate) lent_from: usize,
    /// The namespace that unqualified names in amendments refer to.
    pub(crate) home: String,
    /// Enumerations that amendments add.
    pub(crate) enum_types: Vec<AddedEnumType>,
    /// Typed identifiers that amendments add.
    pub(crate) id_types: Vec<IdType>,
}

/// What is said of a document as a whole.
#[derive(Debug, Default)]
pub(crate) struct Document {
    /// The version of the protocol.
    pub(crate) version: Option<Version>,
    /// Namespaces by their short names, which hold in this document only.
    pub(crate) aliases: BTreeMap<String, String>,
    /// The documents that it refers to.
    pub(crate) references: Vec<Reference>,
}

/// A `Schema`.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) namespace: Text,
    pub(crate) alias: Option<Text>,
    /// Where each of its declarations begins.
    pub(crate) places: Vec<Span>,
    pub(crate) types: Vec<StructuredType>,
    pub(crate) enum_types: Vec<EnumType>,
    pub(crate) type_definitions: Vec<TypeDefinition>,
    pub(crate) associations: Vec<Association>,
    pub(crate) operations: Vec<Operation>,
    pub(crate) containers: Vec<EntityContainer>,
    /// `Annotations` for the target they name.
    pub(crate) annotations: Vec<(Text, Vec<Annotation>)>,
}

/// What the document says of something beside its structure.
#[derive(Debug, Default)]
pub(crate) struct Remarks {
    /// A `Documentation` element, or a label.
    pub(crate) doc: Option<String>,
    pub(crate) annotations: Vec<Annotation>,
    /// `sap:creatable`, `sap:updatable` and `sap:deletable`.
    pub(crate) creatable: Option<bool>,
    pub(crate) updatable: Option<bool>,
    pub(crate) deletable: Option<bool>,
}

/// Which element a structured type is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Entity,
    Complex,
}

/// An `EntityType` or a `ComplexType`.
#[derive(Debug)]
pub(crate) struct StructuredType {
    pub(crate) kind: Kind,
    pub(crate) name: Text,
    pub(crate) base: Option<Text>,
    pub(crate) is_abstract: bool,
    pub(crate) is_open: bool,
    pub(crate) has_stream: bool,
    /// The `PropertyRef`s of the `Key`.
    pub(crate) key: Vec<PropertyRef>,
    pub(crate) properties: Vec<Property>,
    pub(crate) navigation: Vec<NavigationProperty>,
    pub(crate) remarks: Remarks,
    pub(crate) amended: Facts,
    /// What amendments say of members that a base type declares.
    pub(crate) inherited: InheritedFacts,
}

/// A `PropertyRef`.
#[derive(Debug)]
pub(crate) struct PropertyRef {
    /// The name of the property, or a path to it.
    pub(crate) path: Text,
    pub(crate) alias: Option<Text>,
}

/// A `Property`.
#[derive(Debug)]
pub(crate) struct Property {
    pub(crate) name: Text,
    pub(crate) ty: Text,
    pub(crate) nullable: Option<bool>,
    pub(crate) max_length: Option<u32>,
    pub(crate) facets: Facets,
    pub(crate) is_concurrency_token: bool,
    pub(crate) remarks: Remarks,
    pub(crate) amended: PropertyFacts,
}

/// A `NavigationProperty`.
#[derive(Debug)]
pub(crate) struct NavigationProperty {
    pub(crate) name: Text,
    pub(crate) target: NavigationTarget,
    pub(crate) contains_target: bool,
    pub(crate) remarks: Remarks,
    pub(crate) amended: NavigationFacts,
}

/// Where a navigation property leads to.
#[derive(Debug)]
pub(crate) enum NavigationTarget {
    /// The end of an association; V1 to V3.
    Association { relationship: Text, from_role: Text, to_role: Text },
    /// A type; since V4.
    Type { ty: Text, nullable: Option<bool>, partner: Option<Text> },
}

/// An `Association`.
#[derive(Debug)]
pub(crate) struct Association {
    pub(crate) name: Text,
    pub(crate) ends: Vec<AssociationEnd>,
}

/// An `End` of an association.
#[derive(Debug)]
pub(crate) struct AssociationEnd {
    pub(crate) ty: Text,
    pub(crate) role: Text,
    pub(crate) multiplicity: Spanned<Multiplicity>,
}

/// An `EnumType`.
#[derive(Debug)]
pub(crate) struct EnumType {
    pub(crate) name: Text,
    pub(crate) underlying: Option<Text>,
    pub(crate) is_flags: bool,
    pub(crate) members: Vec<Member>,
    pub(crate) remarks: Remarks,
    pub(crate) amended: EnumFacts,
}

/// A `Member` of an enumeration.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: Text,
    pub(crate) value: Option<Text>,
    pub(crate) remarks: Remarks,
}

/// A `TypeDefinition`.
#[derive(Debug)]
pub(crate) struct TypeDefinition {
    pub(crate) name: Text,
    pub(crate) underlying: Text,
    pub(crate) max_length: Option<u32>,
    pub(crate) facets: Facets,
    pub(crate) remarks: Remarks,
    pub(crate) amended: Facts,
}

/// An `EntityContainer`.
#[derive(Debug)]
pub(crate) struct EntityContainer {
    pub(crate) name: Text,
    pub(crate) extends: Option<Text>,
    pub(crate) is_default: bool,
    pub(crate) entity_sets: Vec<EntitySet>,
    pub(crate) singletons: Vec<Singleton>,
    pub(crate) association_sets: Vec<AssociationSet>,
    pub(crate) function_imports: Vec<FunctionImport>,
    pub(crate) operation_imports: Vec<OperationImport>,
    pub(crate) remarks: Remarks,
    pub(crate) amended: Facts,
}

/// An `EntitySet`.
#[derive(Debug)]
pub(crate) struct EntitySet {
    pub(crate) name: Text,
    pub(crate) entity_type: Text,
    pub(crate) bindings: Vec<NavigationPropertyBinding>,
    pub(crate) remarks: Remarks,
    pub(crate) amended: SetFacts,
}

/// A `Singleton`.
#[derive(Debug)]
pub(crate) struct Singleton {
    pub(crate) name: Text,
    pub(crate) entity_type: Text,
    pub(crate) bindings: Vec<NavigationPropertyBinding>,
    pub(crate) remarks: Remarks,
    pub(crate) amended: Facts,
}

/// A `NavigationPropertyBinding`.
#[derive(Debug)]
pub(crate) struct NavigationPropertyBinding {
    pub(crate) path: Text,
    pub(crate) target: Text,
}

/// An `AssociationSet`.
#[derive(Debug)]
pub(crate) struct AssociationSet {
    pub(crate) name: Text,
    pub(crate) association: Text,
    /// Role and entity set of each end.
    pub(crate) ends: Vec<(Option<Text>, Text)>,
}

/// A `FunctionImport` of V1 to V3: a service operation, a function or an action.
#[derive(Debug)]
pub(crate) struct FunctionImport {
    pub(crate) name: Text,
    pub(crate) result: Option<ReturnType>,
    pub(crate) http_method: Option<Text>,
    pub(crate) is_bindable: bool,
    pub(crate) is_composable: bool,
    pub(crate) is_side_effecting: Option<bool>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) remarks: Remarks,
    pub(crate) amended: OperationFacts,
}

/// A `Function` or an `Action`.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) kind: OperationKind,
    pub(crate) name: Text,
    pub(crate) is_bound: bool,
    pub(crate) is_composable: bool,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) result: Option<ReturnType>,
    pub(crate) remarks: Remarks,
    pub(crate) amended: OperationFacts,
}

/// A `FunctionImport` or an `ActionImport` of V4.
#[derive(Debug)]
pub(crate) struct OperationImport {
    pub(crate) kind: OperationKind,
    pub(crate) name: Text,
    pub(crate) operation: Text,
    pub(crate) remarks: Remarks,
    pub(crate) amended: OperationFacts,
    pub(crate) amended_parameters: Vec<(Text, ParameterFacts)>,
}

/// A `ReturnType`.
#[derive(Debug)]
pub(crate) struct ReturnType {
    pub(crate) ty: Text,
    pub(crate) nullable: Option<bool>,
}

/// A `Parameter`.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: Text,
    pub(crate) ty: Text,
    pub(crate) nullable: Option<bool>,
    pub(crate) remarks: Remarks,
    pub(crate) amended: ParameterFacts,
}

impl Edmx {
    /// No documents yet; the sources from an index on are only referred to.
    pub(crate) fn new(lent_from: usize) -> Self {
        Self {
            documents: Vec::new(),
            schemas: Vec::new(),
            lent_from,
            home: String::new(),
            enum_types: Vec::new(),
            id_types: Vec::new(),
        }
    }

    /// The namespace with the most structured types, the first one by name among equals: documents
    /// and schemas may come in any order. Types that are only lent count where there are no others.
    pub(crate) fn largest_namespace(&self) -> String {
        let mut sizes: BTreeMap<(bool, &str), usize> = BTreeMap::new();
        for schema in self.schemas.iter().filter(|schema| !schema.types.is_empty()) {
            let key = (self.is_lent(schema), schema.namespace.value.as_str());
            *sizes.entry(key).or_default() += schema.types.len();
        }
        let has_own = sizes.keys().any(|(is_lent, _)| !is_lent);
        let candidates = sizes.into_iter().filter(|((is_lent, _), _)| !(has_own && *is_lent));
        let largest = candidates.max_by_key(|((_, name), size)| (*size, Reverse(*name)));
        largest.map(|((_, name), _)| name.to_owned()).unwrap_or_default()
    }

    /// Whether a schema is of a document that another one refers to, and only lends its types.
    pub(crate) fn is_lent(&self, schema: &Schema) -> bool {
        schema.namespace.span.source >= self.lent_from
    }

    /// Where the first document begins.
    pub(crate) fn start(&self) -> Span {
        Span::default()
    }

    /// Puts the namespace in the place of its alias in a qualified name of a document.
    pub(crate) fn expand(&self, source: usize, name: &str) -> String {
        let aliases = self.documents.get(source).map(|document| &document.aliases);
        match (aliases, name.rsplit_once('.')) {
            (Some(aliases), Some((qualifier, rest))) => match aliases.get(qualifier) {
                Some(namespace) => format!("{namespace}.{rest}"),
                None => name.to_owned(),
            },
            _ => name.to_owned(),
        }
    }
}
