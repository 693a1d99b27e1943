//! What Rust will say: records, enumerations, handles and calls, with their texts. Nothing here
//! looks names or types up any more.

mod build;
mod calls;
mod texts;

pub(crate) use build::plan;

use proc_macro2::Ident;

use crate::model::{Access, MemberValue, Primitive};

/// A generated module.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) docs: Docs,
    pub(crate) records: Vec<Record>,
    pub(crate) enumerations: Vec<Enumeration>,
    pub(crate) ids: Vec<Id>,
    pub(crate) handles: Vec<Handle>,
    pub(crate) container: Container,
    /// Structs of parameters.
    pub(crate) arguments: Vec<Arguments>,
}

/// Paragraphs of a doc comment.
pub(crate) type Docs = Vec<Block>;

/// A paragraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// Markdown that the generator wrote.
    Own(String),
    /// Text from a document or an amendment.
    Foreign(String),
    /// An item of a list: markdown of the generator, then text from elsewhere.
    Item(String, Option<String>),
}

/// A Rust type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RustType {
    Primitive(Primitive),
    /// A type of the generated module, and whether it is `Copy`.
    Generated(Ident, bool),
    Vec(Box<RustType>),
    Option(Box<RustType>),
}

impl RustType {
    /// Whether it is `Copy`.
    pub(crate) fn is_copy(&self) -> bool {
        match self {
            Self::Primitive(primitive) => *primitive != Primitive::String,
            Self::Generated(_, is_copy) => *is_copy,
            Self::Vec(_) => false,
            Self::Option(inner) => inner.is_copy(),
        }
    }
}

/// A struct for a structured type.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) module: Ident,
    pub(crate) name: Ident,
    pub(crate) table: Ident,
    pub(crate) docs: Docs,
    /// What an entity is addressed by; complex types have none.
    pub(crate) key: Option<Key>,
    pub(crate) fields: Vec<Field>,
    pub(crate) links: Vec<Link>,
}

/// The key of an entity type: indices into its fields.
#[derive(Debug)]
pub(crate) enum Key {
    Single(usize),
    Composite(Ident, Vec<usize>),
}

/// A field.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) wire: String,
    pub(crate) name: Ident,
    pub(crate) constant: Ident,
    pub(crate) docs: Docs,
    pub(crate) constant_docs: Docs,
    pub(crate) ty: RustType,
    pub(crate) access: Access,
}

/// A constant for a navigation property.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) wire: String,
    pub(crate) constant: Ident,
    pub(crate) docs: Docs,
    pub(crate) target: Ident,
    pub(crate) many: bool,
    pub(crate) access: Access,
}

/// An open enumeration or a set of flags.
#[derive(Debug)]
pub(crate) struct Enumeration {
    pub(crate) name: Ident,
    pub(crate) docs: Docs,
    pub(crate) underlying: Primitive,
    pub(crate) is_flags: bool,
    pub(crate) members: Vec<Member>,
}

/// A member of an enumeration.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: Ident,
    pub(crate) docs: Docs,
    pub(crate) value: MemberValue,
}

/// A newtype over a string.
#[derive(Debug)]
pub(crate) struct Id {
    pub(crate) name: Ident,
    pub(crate) docs: Docs,
}

/// A struct that addresses one entity.
#[derive(Debug)]
pub(crate) struct Handle {
    pub(crate) name: Ident,
    pub(crate) record: Ident,
    pub(crate) docs: Docs,
    pub(crate) follows: Vec<Follow>,
    pub(crate) calls: Vec<Call>,
}

/// A method that follows a navigation property.
#[derive(Debug)]
pub(crate) struct Follow {
    pub(crate) method: Ident,
    pub(crate) constant: Ident,
    pub(crate) docs: Docs,
    pub(crate) target: Ident,
    /// The struct that addresses the target, if it leads to one; to many otherwise.
    pub(crate) handle: Option<Ident>,
}

/// A method that calls an operation.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: Ident,
    pub(crate) table: Ident,
    pub(crate) docs: Docs,
    pub(crate) parameters: Vec<Parameter>,
    /// The struct that holds the parameters, if there are many.
    pub(crate) arguments: Option<Ident>,
    pub(crate) result: Option<RustType>,
}

/// A parameter of a call.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) wire: String,
    pub(crate) name: Ident,
    pub(crate) docs: Docs,
    pub(crate) ty: RustType,
    /// Whether the method takes `impl Into` of the type.
    pub(crate) into: bool,
}

/// A struct of parameters.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) name: Ident,
    pub(crate) docs: Docs,
    pub(crate) parameters: Vec<Parameter>,
}

/// The struct for the entity container.
#[derive(Debug)]
pub(crate) struct Container {
    pub(crate) name: Ident,
    pub(crate) docs: Docs,
    pub(crate) sets: Vec<Set>,
    pub(crate) calls: Vec<Call>,
}

/// The two methods of an entity set.
#[derive(Debug)]
pub(crate) struct Set {
    pub(crate) wire: String,
    pub(crate) many: Ident,
    pub(crate) one: Ident,
    pub(crate) docs: Docs,
    pub(crate) one_docs: Docs,
    pub(crate) record: Ident,
    pub(crate) handle: Ident,
    pub(crate) key: RustType,
}
