//! What amendments add to a document.

use crate::csdl::Text;
use crate::diagnostic::Spanned;
use crate::model::{Access, Allow, MemberValue, Primitive};

/// An enumeration that amendments add: a better name for numbers or texts.
#[derive(Debug)]
pub(crate) struct AddedEnumType {
    pub(crate) name: Text,
    pub(crate) underlying: Primitive,
    pub(crate) is_flags: bool,
    /// Whether it is meant to be the type of nothing in the document.
    pub(crate) is_standalone: bool,
    pub(crate) members: Vec<AddedMember>,
    pub(crate) amended: Facts,
}

/// A member of an enumeration that amendments add.
#[derive(Debug)]
pub(crate) struct AddedMember {
    pub(crate) name: Text,
    pub(crate) value: Spanned<MemberValue>,
    pub(crate) doc: Option<String>,
}

/// A typed identifier that amendments add: a better name for texts.
#[derive(Debug)]
pub(crate) struct IdType {
    pub(crate) name: Text,
    pub(crate) prefix: Option<String>,
    pub(crate) amended: Facts,
}

/// What an amendment may say about anything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// The Rust name.
    pub(crate) name: Option<Text>,
    /// What it is for.
    pub(crate) doc: Option<String>,
    /// The version of the service that brought it.
    pub(crate) since: Option<String>,
}

/// What an amendment may say about an enumeration of the document.
#[derive(Clone, Debug, Default)]
pub(crate) struct EnumFacts {
    pub(crate) common: Facts,
    /// Texts by the name of the member.
    pub(crate) docs: Vec<(Text, String)>,
}

/// What an amendment may say about a property.
#[derive(Clone, Debug, Default)]
pub(crate) struct PropertyFacts {
    pub(crate) common: Facts,
    pub(crate) ty: Option<Text>,
    pub(crate) access: Option<Access>,
    pub(crate) required: Option<bool>,
    pub(crate) nullable: Option<bool>,
    pub(crate) max_length: Option<u32>,
}

/// What an amendment may say about a navigation property.
#[derive(Clone, Debug, Default)]
pub(crate) struct NavigationFacts {
    pub(crate) common: Facts,
    pub(crate) access: Option<Access>,
    pub(crate) links: Option<bool>,
}

/// What amendments say of the members that a type has from its base type, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct InheritedFacts {
    pub(crate) properties: Vec<(String, PropertyFacts)>,
    pub(crate) navigation: Vec<(String, NavigationFacts)>,
}

/// What an amendment may say about an entity set.
#[derive(Clone, Debug, Default)]
pub(crate) struct SetFacts {
    pub(crate) common: Facts,
    pub(crate) allow: Option<Allow>,
}

/// What an amendment may say about an operation.
#[derive(Clone, Debug, Default)]
pub(crate) struct OperationFacts {
    pub(crate) common: Facts,
    pub(crate) result: Option<Text>,
}

/// What an amendment may say about a parameter.
#[derive(Clone, Debug, Default)]
pub(crate) struct ParameterFacts {
    pub(crate) common: Facts,
    pub(crate) ty: Option<Text>,
    pub(crate) nullable: Option<bool>,
}

impl Facts {
    /// Takes what is said later, one by one.
    pub(crate) fn merge(&mut self, facts: &Self) {
        replace(&mut self.name, &facts.name);
        replace(&mut self.doc, &facts.doc);
        replace(&mut self.since, &facts.since);
    }
}

impl PropertyFacts {
    /// Takes what is said later, one by one.
    pub(crate) fn merge(&mut self, facts: &Self) {
        self.common.merge(&facts.common);
        replace(&mut self.ty, &facts.ty);
        replace(&mut self.access, &facts.access);
        replace(&mut self.required, &facts.required);
        replace(&mut self.nullable, &facts.nullable);
        replace(&mut self.max_length, &facts.max_length);
    }
}

impl NavigationFacts {
    /// Takes what is said later, one by one.
    pub(crate) fn merge(&mut self, facts: &Self) {
        self.common.merge(&facts.common);
        replace(&mut self.access, &facts.access);
        replace(&mut self.links, &facts.links);
    }
}

impl EnumFacts {
    /// Takes what is said later, one by one.
    pub(crate) fn merge(&mut self, facts: &Self) {
        self.common.merge(&facts.common);
        self.docs.extend(facts.docs.iter().cloned());
    }
}

impl SetFacts {
    /// Takes what is said later, one by one.
    pub(crate) fn merge(&mut self, facts: &Self) {
        self.common.merge(&facts.common);
        replace(&mut self.allow, &facts.allow);
    }
}

impl OperationFacts {
    /// Takes what is said later, one by one.
    pub(crate) fn merge(&mut self, facts: &Self) {
        self.common.merge(&facts.common);
        replace(&mut self.result, &facts.result);
    }
}

impl ParameterFacts {
    /// Takes what is said later, one by one.
    pub(crate) fn merge(&mut self, facts: &Self) {
        self.common.merge(&facts.common);
        replace(&mut self.ty, &facts.ty);
        replace(&mut self.nullable, &facts.nullable);
    }
}

fn replace<T: Clone>(slot: &mut Option<T>, fact: &Option<T>) {
    if fact.is_some() {
        slot.clone_from(fact);
    }
}
