//! Names to the things they name.

use std::collections::BTreeMap;

use crate::csdl::{AssociationEnd, Edmx, Kind, Text};
use crate::diagnostic::{Findings, Span};
use crate::model::{ComplexTypeId, EntityTypeId, EnumTypeId, IdTypeId, Primitive, Type};

/// Every type and association by its qualified name.
pub(crate) struct Index<'d> {
    types: BTreeMap<String, (Type, Span)>,
    associations: BTreeMap<String, &'d [AssociationEnd]>,
    aliases: BTreeMap<&'d str, &'d str>,
    home: &'d str,
}

impl<'d> Index<'d> {
    /// Lists everything that has a qualified name; ids count in document order.
    pub(crate) fn new(edmx: &'d Edmx, findings: &mut Findings) -> Self {
        let mut index = Self {
            types: BTreeMap::new(),
            associations: BTreeMap::new(),
            aliases: BTreeMap::new(),
            home: &edmx.home,
        };
        let (mut entities, mut complexes) = (0, 0);
        for schema in &edmx.schemas {
            let namespace = schema.namespace.value.as_str();
            if let Some(alias) = &schema.alias {
                index.aliases.insert(&alias.value, namespace);
            }
            for declared in &schema.types {
                let ty = match declared.kind {
                    Kind::Entity => Type::Entity(EntityTypeId(next(&mut entities))),
                    Kind::Complex => Type::Complex(ComplexTypeId(next(&mut complexes))),
                };
                index.declare(namespace, &declared.name, ty, findings);
            }
            for association in &schema.associations {
                let name = format!("{namespace}.{}", association.name.value);
                if index.associations.insert(name, &association.ends).is_some() {
                    let message =
                        format!("the association `{}` is declared twice", association.name.value);
                    findings.error("csdl::duplicate-name", association.name.span, message);
                }
            }
        }
        for (at, declared) in edmx.enum_types.iter().enumerate() {
            index.declare(&edmx.home, &declared.name, Type::Enum(EnumTypeId(at)), findings);
        }
        for (at, declared) in edmx.id_types.iter().enumerate() {
            index.declare(&edmx.home, &declared.name, Type::Id(IdTypeId(at)), findings);
        }
        index
    }

    fn declare(&mut self, namespace: &str, name: &Text, ty: Type, findings: &mut Findings) {
        let qualified = format!("{namespace}.{}", name.value);
        if let Some((_, first)) = self.types.get(&qualified) {
            let message = format!("the type `{qualified}` is declared twice");
            findings
                .error("csdl::duplicate-name", name.span, message)
                .related(*first, "declared here first");
            return;
        }
        self.types.insert(qualified, (ty, name.span));
    }

    /// Puts the namespace in the place of its alias.
    fn expand(&self, name: &str) -> String {
        let Some((qualifier, rest)) = name.rsplit_once('.') else { return name.to_owned() };
        match self.aliases.get(qualifier) {
            Some(namespace) => format!("{namespace}.{rest}"),
            None => name.to_owned(),
        }
    }

    /// The type of a reference in a document.
    pub(crate) fn resolve(&self, text: &Text, findings: &mut Findings) -> Option<Type> {
        self.reference(&text.value, text.span, false, findings)
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
                findings.error("csdl::unresolved-type", span, message);
                return None;
            }
            let item = self.reference(item, span, amended, findings)?;
            return Some(Type::Collection(Box::new(item)));
        }
        if let Some(primitive) = Primitive::from_name(name) {
            return Some(Type::Primitive(primitive));
        }
        if is_unsupported_primitive(name) {
            let message = format!("the primitive type `{name}` is not supported yet");
            findings.error("csdl::unsupported", span, message);
            return None;
        }
        let qualified = match amended && !name.contains('.') {
            true => format!("{}.{name}", self.home),
            false => self.expand(name),
        };
        if let Some((ty, _)) = self.types.get(&qualified) {
            return Some(ty.clone());
        }
        let message = format!("there is no type `{name}`");
        let primitives =
            Primitive::ALL.iter().map(|primitive| format!("Edm.{}", primitive.short_name()));
        let names: Vec<String> = self.types.keys().cloned().chain(primitives).collect();
        findings
            .error("csdl::unresolved-type", span, message)
            .suggest(&qualified, names.iter().map(String::as_str));
        None
    }

    /// The ends of an association.
    pub(crate) fn association(
        &self,
        text: &Text,
        findings: &mut Findings,
    ) -> Option<&'d [AssociationEnd]> {
        let qualified = self.expand(text.value.trim());
        let ends = self.associations.get(&qualified).copied();
        if ends.is_none() {
            let message = format!("there is no association `{}`", text.value);
            findings
                .error("csdl::unresolved-association", text.span, message)
                .suggest(&qualified, self.associations.keys().map(String::as_str));
        }
        ends
    }
}

fn next(counter: &mut usize) -> usize {
    let value = *counter;
    *counter += 1;
    value
}

/// Primitive types of EDM that the run time has no Rust type for.
fn is_unsupported_primitive(name: &str) -> bool {
    name.strip_prefix("Edm.").is_some_and(|short| {
        short == "Binary"
            || short == "Stream"
            || short.starts_with("Geography")
            || short.starts_with("Geometry")
    })
}
