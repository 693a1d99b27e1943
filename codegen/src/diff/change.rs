//! What can change between two versions of a model.

use std::fmt;

use super::rules;
use crate::diagnostic::Span;

/// One difference between two models.
#[derive(Clone, Debug)]
pub struct Change {
    /// What kind of thing is different.
    pub subject: Subject,
    /// Its name: `Namespace.Type`, and what belongs to a type or a container behind a `/`.
    pub path: String,
    /// What is different about it.
    pub what: What,
    /// What that means.
    pub effect: Effect,
    /// Where the old document says it; nowhere if it is new.
    pub old_span: Option<Span>,
    /// Where the new document says it; nowhere if it is gone.
    pub new_span: Option<Span>,
}

/// What has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// All of it.
    Service,
    /// An entity type.
    EntityType,
    /// A complex type.
    ComplexType,
    /// An enumeration.
    EnumType,
    /// A member of an enumeration.
    Member,
    /// A name for a primitive type.
    TypeDefinition,
    /// A property.
    Property,
    /// A navigation property.
    Navigation,
    /// An entity container.
    Container,
    /// An entity set.
    EntitySet,
    /// A singleton.
    Singleton,
    /// A service operation, function or action.
    Operation,
    /// A parameter of an operation.
    Parameter,
}

/// How it has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It is new.
    Added {
        /// Whether requests that do not know it are refused: a property that a create must give,
        /// or a parameter that may not be left out.
        required: bool,
    },
    /// It is gone.
    Removed,
    /// It says something else than before.
    Changed {
        /// What about it.
        aspect: Aspect,
        /// As it was.
        old: String,
        /// As it is.
        new: String,
        /// Whether more or less is possible than before.
        direction: Direction,
    },
}

/// What about a thing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    /// The version of the protocol.
    Version,
    /// The type of values.
    Type,
    /// Whether null is a value.
    Nullable,
    /// A limit: `MaxLength`, `Precision`, `Scale` or `SRID`.
    Facet(&'static str),
    /// The value of a property that nobody sets.
    Default,
    /// Who may set it, and when.
    Access,
    /// Whether a create must give it.
    Required,
    /// Whether an update must say which state of the entity it changes.
    ConcurrencyControl,
    /// The key.
    Key,
    /// The other keys.
    AlternateKeys,
    /// The base type.
    BaseType,
    /// Whether every value is of a derived type.
    Abstract,
    /// Whether there may be properties that are not declared.
    Open,
    /// Whether an entity describes a media stream.
    MediaStream,
    /// How many entities a navigation leads to.
    Multiplicity,
    /// The type of entities it leads to, or of what a set holds.
    EntityType,
    /// Whether what it leads to exists only below it.
    Containment,
    /// The navigation that leads back.
    Partner,
    /// Whether links may be added and removed.
    Links,
    /// The type that an enumeration or a type definition stands for.
    UnderlyingType,
    /// Whether values are sums of members.
    Flags,
    /// The value of a member where the wire carries values.
    Value,
    /// The value of a member where the wire carries names.
    NamedValue,
    /// A verb of an entity set.
    Verb(&'static str),
    /// Whether URLs leave the name of the container out.
    DefaultContainer,
    /// Whether it is a service operation, a function or an action.
    Kind,
    /// The HTTP method.
    Method,
    /// Whether the result may be queried further.
    Composable,
    /// The result of an operation.
    Result,
    /// The order of parameters, which is that of arguments in generated code.
    ParameterOrder,
    /// Whether, and why, it is not to be used any more.
    Deprecation,
    /// Its documentation.
    Documentation,
}

/// Whether more or less is possible than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// All that was possible still is, and more.
    Wider,
    /// Something that was possible is not any more.
    Narrower,
    /// Something else is possible.
    Other,
}

impl Direction {
    /// Of something that can be on or off, where on allows more.
    pub(super) const fn of_permission(is_on: bool) -> Self {
        if is_on { Self::Wider } else { Self::Narrower }
    }
}

/// What a change means for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// For programs with the old client that read from the new service.
    pub readers: Verdict,
    /// For programs with the old client that write to the new service, or call its operations.
    pub writers: Verdict,
    /// For the source of programs when the client is generated again.
    pub source: Verdict,
    /// The step of the version that a crate with the new client needs.
    pub step: Step,
}

impl Effect {
    /// Whether anybody has to change something.
    pub fn is_breaking(&self) -> bool {
        [self.readers, self.writers, self.source].iter().any(|verdict| verdict.is_breaking())
    }
}

/// Whether a change breaks something, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does not matter.
    Unaffected,
    /// It matters, and works.
    Compatible(&'static str),
    /// It does not work any more.
    Breaking(&'static str),
}

impl Verdict {
    /// Whether it does not work any more.
    pub const fn is_breaking(self) -> bool {
        matches!(self, Self::Breaking(_))
    }

    /// Why, if it matters.
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Unaffected => None,
            Self::Compatible(why) | Self::Breaking(why) => Some(why),
        }
    }
}

/// A step of a semantic version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Nothing that programs can see.
    Patch,
    /// More than before.
    Minor,
    /// Not compatible.
    Major,
}

impl Change {
    pub(super) fn new(
        subject: Subject,
        path: String,
        what: What,
        spans: (Option<Span>, Option<Span>),
    ) -> Self {
        let effect = rules::judge(subject, &what);
        Self { subject, path, what, effect, old_span: spans.0, new_span: spans.1 }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        })
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Service => "service",
            Self::EntityType => "entity type",
            Self::ComplexType => "complex type",
            Self::EnumType => "enumeration",
            Self::Member => "member",
            Self::TypeDefinition => "type definition",
            Self::Property => "property",
            Self::Navigation => "navigation property",
            Self::Container => "entity container",
            Self::EntitySet => "entity set",
            Self::Singleton => "singleton",
            Self::Operation => "operation",
            Self::Parameter => "parameter",
        })
    }
}

impl fmt::Display for Aspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Version => "OData version",
            Self::Type => "type",
            Self::Nullable => "nullable",
            Self::Facet(name) => name,
            Self::Default => "default value",
            Self::Access => "access",
            Self::Required => "required at create",
            Self::ConcurrencyControl => "concurrency control",
            Self::Key => "key",
            Self::AlternateKeys => "alternate keys",
            Self::BaseType => "base type",
            Self::Abstract => "abstract",
            Self::Open => "open",
            Self::MediaStream => "media stream",
            Self::Multiplicity => "multiplicity",
            Self::EntityType => "entity type",
            Self::Containment => "containment",
            Self::Partner => "partner",
            Self::Links => "links can be changed",
            Self::UnderlyingType => "underlying type",
            Self::Flags => "flags",
            Self::Value | Self::NamedValue => "value",
            Self::Verb(verb) => return write!(f, "{verb} allowed"),
            Self::DefaultContainer => "default container",
            Self::Kind => "kind",
            Self::Method => "HTTP method",
            Self::Composable => "composable",
            Self::Result => "result",
            Self::ParameterOrder => "order of parameters",
            Self::Deprecation => "deprecation",
            Self::Documentation => "documentation",
        })
    }
}

/// One line: what it is, its name, and what is different.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}` ", self.subject, self.path)?;
        match &self.what {
            What::Added { required: false } => f.write_str("added"),
            What::Added { required: true } => f.write_str("added, required"),
            What::Removed => f.write_str("removed"),
            What::Changed { aspect: aspect @ Aspect::Documentation, .. } => {
                write!(f, "{aspect} changed")
            }
            What::Changed { aspect, old, new, .. } => {
                write!(f, "{aspect} changed from {} to {}", or_none(old), or_none(new))
            }
        }
    }
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}
