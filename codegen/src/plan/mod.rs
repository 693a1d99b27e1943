//! What Rust will say: records, enumerations, handles and calls, with their types and texts.
//! Nothing here looks names or types up any more.

mod build;
mod calls;
mod containers;
mod features;
mod keys;
mod records;
mod recursion;
mod texts;
mod types;

pub(crate) use build::{Origin, plan};
pub(crate) use features::Features;
pub(crate) use records::is_stream;
pub(crate) use texts::Docs;
pub(crate) use types::Spelling;

use crate::model::{Access, Allow, MemberValue};

/// Everything that is generated, by module; the root first.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) docs: Docs,
    pub(crate) modules: Vec<Module>,
    /// Whether something is deprecated, and names of it are used all the same.
    pub(crate) has_deprecated: bool,
    /// Whether there are names that are not ASCII.
    pub(crate) has_foreign_names: bool,
}

/// A module.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// The name, also of its feature; the root has none.
    pub(crate) name: Option<String>,
    pub(crate) docs: Docs,
    pub(crate) records: Vec<Record>,
    pub(crate) enumerations: Vec<Enumeration>,
    pub(crate) ids: Vec<Id>,
    pub(crate) aliases: Vec<Alias>,
    pub(crate) handles: Vec<Handle>,
    pub(crate) containers: Vec<Container>,
}

/// A paragraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// Markdown that the generator wrote.
    Own(String),
    /// Text from a document or an amendment.
    Foreign(String),
    /// An item of a list: markdown of the generator, then text from elsewhere.
    Item(String, Option<String>),
    /// A code block, which is compiled but not run.
    Code(Vec<String>),
}

/// A Rust type, as text that fits the file it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RustType {
    pub(crate) text: String,
    pub(crate) is_copy: bool,
    pub(crate) is_option: bool,
}

/// A struct for a structured type.
#[derive(Debug)]
pub(crate) struct Record {
    /// The module of its file; types whose names are not ASCII share one.
    pub(crate) file: Option<String>,
    pub(crate) name: String,
    pub(crate) table: String,
    pub(crate) docs: Docs,
    pub(crate) deprecated: Option<String>,
    pub(crate) kind: RecordKind,
    pub(crate) fields: Vec<Field>,
    pub(crate) links: Vec<Link>,
    /// Paths of the types that it is derived from, with what each needs to be compiled.
    pub(crate) ancestors: Vec<(Option<String>, String)>,
}

/// What a record is.
#[derive(Debug)]
pub(crate) enum RecordKind {
    Entity(Key),
    Complex,
}

/// The key of an entity type.
#[derive(Debug)]
pub(crate) enum Key {
    None,
    /// A property, or one inside of a complex property.
    Single {
        ty: String,
        value: String,
    },
    /// A struct of the type itself.
    Composite {
        name: String,
        parts: Vec<KeyField>,
    },
    /// The struct of a base type.
    Inherited {
        path: String,
        parts: Vec<KeyField>,
    },
}

/// A field of the struct of a key.
#[derive(Debug)]
pub(crate) struct KeyField {
    pub(crate) name: String,
    pub(crate) ty: String,
    pub(crate) docs: Docs,
    /// The expression that reads it from the entity.
    pub(crate) value: String,
}

/// A field.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) wire: String,
    pub(crate) name: String,
    pub(crate) constant: String,
    pub(crate) docs: Docs,
    pub(crate) constant_docs: Docs,
    pub(crate) deprecated: Option<String>,
    pub(crate) ty: RustType,
    /// The type of the constant: without `Box`.
    pub(crate) value: String,
    pub(crate) access: Access,
}

/// A constant for a navigation property.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) gate: Option<String>,
    pub(crate) wire: String,
    pub(crate) constant: String,
    pub(crate) docs: Docs,
    pub(crate) deprecated: Option<String>,
    pub(crate) target: String,
    pub(crate) many: bool,
    pub(crate) access: Access,
}

/// An open enumeration or a set of flags.
#[derive(Debug)]
pub(crate) struct Enumeration {
    pub(crate) name: String,
    pub(crate) table: String,
    pub(crate) docs: Docs,
    pub(crate) deprecated: Option<String>,
    pub(crate) repr: &'static str,
    pub(crate) is_flags: bool,
    pub(crate) by_name: bool,
    pub(crate) members: Vec<Member>,
}

/// A member of an enumeration.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) wire: String,
    pub(crate) name: String,
    pub(crate) docs: Docs,
    pub(crate) value: MemberValue,
}

/// A newtype over a string.
#[derive(Debug)]
pub(crate) struct Id {
    pub(crate) name: String,
    pub(crate) docs: Docs,
}

/// Another name for a type.
#[derive(Debug)]
pub(crate) struct Alias {
    pub(crate) name: String,
    pub(crate) docs: Docs,
    pub(crate) ty: String,
}

/// A struct that addresses one entity, and what goes with it.
#[derive(Debug)]
pub(crate) struct Handle {
    pub(crate) file: Option<String>,
    pub(crate) name: String,
    /// The path of the entity type.
    pub(crate) record: String,
    pub(crate) docs: Docs,
    pub(crate) follows: Vec<Follow>,
    pub(crate) streams: Vec<Stream>,
    pub(crate) calls: Vec<Call>,
    pub(crate) collection: Option<CollectionExt>,
    /// Structs of parameters.
    pub(crate) arguments: Vec<Arguments>,
}

/// A trait of what can be done with a collection of the entities.
#[derive(Debug)]
pub(crate) struct CollectionExt {
    pub(crate) name: String,
    pub(crate) docs: Docs,
    pub(crate) alternate_keys: Vec<AlternateKey>,
    pub(crate) calls: Vec<Call>,
}

/// A method that addresses an entity by another key.
#[derive(Debug)]
pub(crate) struct AlternateKey {
    pub(crate) method: String,
    pub(crate) docs: Docs,
    /// Name on the wire, parameter, type.
    pub(crate) parts: Vec<(String, String, String)>,
}

/// A method that follows a navigation property.
#[derive(Debug)]
pub(crate) struct Follow {
    pub(crate) gate: Option<String>,
    pub(crate) method: String,
    pub(crate) constant: String,
    pub(crate) docs: Docs,
    pub(crate) deprecated: Option<String>,
    /// The path of the target type, or of its request where there is one at most.
    pub(crate) target: String,
    pub(crate) many: bool,
}

/// A method that addresses a stream.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) wire: String,
    pub(crate) method: String,
    pub(crate) docs: Docs,
}

/// A method that calls an operation.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) gate: Option<String>,
    pub(crate) method: String,
    /// The path of its table.
    pub(crate) table: String,
    pub(crate) docs: Docs,
    pub(crate) deprecated: Option<String>,
    pub(crate) parameters: Vec<Parameter>,
    /// The path of the struct that holds the parameters, if there are many.
    pub(crate) arguments: Option<String>,
    pub(crate) result: CallResult,
}

/// What a call gives.
#[derive(Clone, Debug)]
pub(crate) enum CallResult {
    Nothing,
    /// A value that is no entity.
    Value(String),
    /// A stream that is read at once.
    Stream,
    /// One entity.
    Entity(String),
    /// Entities.
    Entities(String),
    /// The request for one entity, of this type.
    ComposeEntity(String),
    /// The request for a stream.
    ComposeStream,
    /// A collection that can be queried.
    ComposeEntities(String),
}

/// A parameter of a call.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) wire: String,
    pub(crate) name: String,
    pub(crate) docs: Docs,
    pub(crate) ty: String,
    pub(crate) how: Passing,
}

/// How a parameter becomes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passing {
    /// As a value of its type.
    Value,
    /// As anything that becomes one.
    Into,
    /// As an entity.
    Entity,
    /// As an entity that may be left out.
    OptionalEntity,
    /// As entities.
    Entities,
}

/// A struct of parameters.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) name: String,
    pub(crate) docs: Docs,
    pub(crate) parameters: Vec<Parameter>,
}

/// The struct for an entity container.
#[derive(Debug)]
pub(crate) struct Container {
    pub(crate) name: String,
    pub(crate) docs: Docs,
    pub(crate) sets: Vec<Set>,
    pub(crate) singletons: Vec<Single>,
    pub(crate) calls: Vec<Call>,
    pub(crate) arguments: Vec<Arguments>,
}

/// The two methods of an entity set.
#[derive(Debug)]
pub(crate) struct Set {
    pub(crate) gate: Option<String>,
    pub(crate) wire: String,
    pub(crate) many: String,
    pub(crate) docs: Docs,
    pub(crate) deprecated: Option<String>,
    pub(crate) record: String,
    pub(crate) one: Option<One>,
}

/// The method that addresses one entity of a set.
#[derive(Debug)]
pub(crate) struct One {
    pub(crate) method: String,
    pub(crate) docs: Docs,
    pub(crate) handle: String,
    pub(crate) key: String,
}

/// The method of a singleton.
#[derive(Debug)]
pub(crate) struct Single {
    pub(crate) gate: Option<String>,
    pub(crate) wire: String,
    pub(crate) method: String,
    pub(crate) docs: Docs,
    pub(crate) deprecated: Option<String>,
    pub(crate) handle: String,
}

/// The verbs that an entity set allows, in words.
pub(crate) fn verbs(allow: Allow) -> Vec<&'static str> {
    let verbs = [
        (allow.list, "list"),
        (allow.get, "get"),
        (allow.create, "create"),
        (allow.update, "update"),
        (allow.delete, "delete"),
    ];
    verbs.iter().filter(|(on, _)| *on).map(|(_, verb)| *verb).collect()
}
