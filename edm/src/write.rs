use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use crate::{AtCreate, AtUpdate, Edm, Many, Members, Navigation, One, Operand, Property};

/// The body of an insert or update, before it is given a wire format: what is not in it is not
/// sent, and `null` is sent only where it was asked for.
///
/// A client prints it; a service reads a request into it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// Properties and values.
    pub members: Members,
    /// Links to existing entities.
    pub bindings: Vec<Binding>,
    /// Entities to create along with this one.
    pub inline: Vec<Inline>,
}

impl Draft {
    /// The value of a property, if it is in the body.
    pub fn get(&self, name: &str) -> Option<&crate::Value> {
        self.members.iter().find(|(member, _)| member == name).map(|(_, value)| value)
    }
}

/// Links to existing entities by a navigation property.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// The navigation property.
    pub navigation: Cow<'static, str>,
    /// Whether it leads to many.
    pub many: bool,
    /// URLs of the entities, absolute or relative to the service root; order matters.
    pub urls: Vec<String>,
}

/// Entities created along with another one.
#[derive(Clone, Debug, PartialEq)]
pub struct Inline {
    /// The navigation property.
    pub navigation: Cow<'static, str>,
    /// Whether it leads to many.
    pub many: bool,
    /// The entities; order matters.
    pub entities: Vec<Draft>,
}

impl Draft {
    fn bind(&mut self, navigation: &'static str, many: bool, url: String) {
        match self.bindings.iter_mut().find(|binding| binding.navigation == navigation) {
            Some(binding) => binding.urls.push(url),
            None => {
                self.bindings.push(Binding {
                    navigation: navigation.into(),
                    many,
                    urls: vec![url],
                });
            }
        }
    }

    fn inline(&mut self, navigation: &'static str, many: bool, entity: Draft) {
        match self.inline.iter_mut().find(|inline| inline.navigation == navigation) {
            Some(inline) => inline.entities.push(entity),
            None => self.inline.push(Inline {
                navigation: navigation.into(),
                many,
                entities: vec![entity],
            }),
        }
    }
}

/// The path of one entity, typed: `Assets('nb:cid:UUID:…')`, relative to the service root.
pub struct EntityPath<E> {
    path: String,
    marker: PhantomData<fn() -> E>,
}

impl<E> EntityPath<E> {
    /// Takes a path that is percent-encoded where it needs to be.
    pub fn new(path: impl Into<String>) -> Self {
        Self { path: path.into(), marker: PhantomData }
    }
    /// The path, percent-encoded.
    pub fn as_str(&self) -> &str {
        &self.path
    }
}
impl<E> Clone for EntityPath<E> {
    fn clone(&self) -> Self {
        Self::new(self.path.clone())
    }
}
impl<E> fmt::Debug for EntityPath<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

/// The body of an insert of an `E`. What is not set is not sent.
#[must_use = "an insert does nothing until it is sent"]
pub struct Insert<E> {
    draft: Draft,
    marker: PhantomData<fn() -> E>,
}

/// The body of an update of an `E`. What is not set is not sent and keeps its value.
#[must_use = "an update does nothing until it is sent"]
pub struct Update<E> {
    draft: Draft,
    marker: PhantomData<fn() -> E>,
}

macro_rules! body {
    ($name:ident, $access:ident) => {
        impl<E> Default for $name<E> {
            fn default() -> Self {
                Self::new()
            }
        }
        impl<E> fmt::Debug for $name<E> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.draft.fmt(f)
            }
        }
        impl<E> Clone for $name<E> {
            fn clone(&self) -> Self {
                Self { draft: self.draft.clone(), marker: PhantomData }
            }
        }
        impl<E> $name<E> {
            /// An empty body.
            pub fn new() -> Self {
                Self { draft: Draft::default(), marker: PhantomData }
            }
            /// Sets a property. Setting it again replaces the value.
            pub fn set<T: Operand, A: $access>(
                mut self,
                property: Property<E, T, A>,
                value: impl Into<T::Literal>,
            ) -> Self {
                put(&mut self.draft.members, property.name(), value.into().to_value());
                self
            }
            /// Sets a nullable property to null, which is not the same as leaving it out.
            pub fn clear<T, A: $access>(mut self, property: Property<E, Option<T>, A>) -> Self {
                put(&mut self.draft.members, property.name(), crate::Value::Null);
                self
            }
            /// The body without its type, for the wire.
            pub fn into_draft(self) -> Draft {
                self.draft
            }
        }
    };
}
body!(Insert, AtCreate);
body!(Update, AtUpdate);

fn put(members: &mut Members, name: &'static str, value: crate::Value) {
    match members.iter_mut().find(|(member, _)| member == name) {
        Some((_, slot)) => *slot = value,
        None => members.push((name.into(), value)),
    }
}

impl<E> Insert<E> {
    /// Links an existing entity by a navigation property to many; the order of calls is kept.
    pub fn bind<T, A: AtCreate>(
        mut self,
        navigation: Navigation<E, Many<T>, A>,
        entity: &EntityPath<T>,
    ) -> Self {
        self.draft.bind(navigation.name(), true, entity.as_str().to_owned());
        self
    }
    /// Links an existing entity by a navigation property to one.
    pub fn bind_one<T, A: AtCreate>(
        mut self,
        navigation: Navigation<E, One<T>, A>,
        entity: &EntityPath<T>,
    ) -> Self {
        self.draft.bind(navigation.name(), false, entity.as_str().to_owned());
        self
    }
    /// Creates another entity along with this one (deep insert); the order of calls is kept.
    pub fn with<T, A: AtCreate>(
        mut self,
        navigation: Navigation<E, Many<T>, A>,
        entity: Insert<T>,
    ) -> Self {
        self.draft.inline(navigation.name(), true, entity.into_draft());
        self
    }
}
