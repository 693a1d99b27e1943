//! Facts that a metadata document does not carry: enumerations over integers and strings, typed
//! identifiers, who sets a property, limits, versions and texts.
//!
//! They live in TOML files beside the document. Every amendment must apply: one whose target is
//! gone is an error, so that the files cannot rot.

mod apply;
mod fields;
mod operations;
mod pattern;
mod read;

pub(crate) use apply::apply;
use pattern::Pattern;
pub(crate) use read::read;

use crate::csdl::{
    AddedEnumType, EnumFacts, Facts, IdType, NavigationFacts, OperationFacts, ParameterFacts,
    PropertyFacts, SetFacts, Text,
};

/// One entry of a file of amendments.
#[derive(Debug)]
pub(crate) enum Amendment {
    /// `namespace = "…"`: what unqualified names refer to.
    Namespace(Text),
    /// `[enum.Name]` with members: a type that is added.
    Enum(AddedEnumType),
    /// `[enum.Name]` without members: an enumeration of the document.
    EnumFacts(Text, EnumFacts),
    /// `[id.Name]`.
    Id(IdType),
    /// `[type.Name]`.
    Type(Text, Facts),
    /// `[property."Type.Name"]`, where either may be a pattern.
    Property(Member, PropertyFacts),
    /// `[navigation."Type.Name"]`, where either may be a pattern.
    Navigation(Member, NavigationFacts),
    /// `[operation."Type.Name"]` or `[operation.Name]`, with its parameters.
    Operation(Text, OperationFacts, Vec<(Text, ParameterFacts)>),
    /// `[set.Name]`, where the name may be a pattern.
    Set(Text, SetFacts),
    /// `[singleton.Name]`.
    Singleton(Text, Facts),
    /// `[container]`.
    Container(Text, Facts),
}

/// A member of a type, or of every type that has it.
#[derive(Debug)]
pub(crate) struct Member {
    /// As written, to report.
    pub(crate) key: Text,
    /// The type.
    pub(crate) owner: Pattern,
    /// The member.
    pub(crate) name: Pattern,
}
