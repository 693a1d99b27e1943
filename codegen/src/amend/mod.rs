//! Facts that a metadata document does not carry: enumerations over integers and strings, typed
//! identifiers, who sets a property, limits, versions and texts.
//!
//! They live in TOML files beside the document. Every amendment must apply: one whose target is
//! gone is an error, so that the files cannot rot.

mod apply;
mod fields;
mod read;

pub(crate) use apply::apply;
pub(crate) use read::read;

use crate::csdl::{
    EnumType, Facts, IdType, NavigationFacts, OperationFacts, ParameterFacts, PropertyFacts,
    SetFacts, Text,
};

/// One entry of a file of amendments.
#[derive(Debug)]
pub(crate) enum Amendment {
    /// `namespace = "…"`: what unqualified names refer to.
    Namespace(Text),
    /// `[enum.Name]`.
    Enum(EnumType),
    /// `[id.Name]`.
    Id(IdType),
    /// `[type.Name]`.
    Type(Text, Facts),
    /// `[property."Type.Name"]`, where either may be `*`.
    Property(Member, PropertyFacts),
    /// `[navigation."Type.Name"]`, where either may be `*`.
    Navigation(Member, NavigationFacts),
    /// `[operation."Type.Name"]` or `[operation.Name]`, with its parameters.
    Operation(Text, OperationFacts, Vec<(Text, ParameterFacts)>),
    /// `[set.Name]`.
    Set(Text, SetFacts),
    /// `[container]`.
    Container(Text, Facts),
}

/// A member of a type, or of every type that has it.
#[derive(Debug)]
pub(crate) struct Member {
    /// As written, to report.
    pub(crate) key: Text,
    /// The type; `None` for `*`.
    pub(crate) owner: Option<String>,
    /// The member; `None` for `*`.
    pub(crate) name: Option<String>,
}

impl Member {
    /// Whether a member of this name is meant.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.as_deref().is_none_or(|own| own == name)
    }
}
