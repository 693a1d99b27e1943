use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use crate::model::StructuredType;
use crate::{
    AtCreate, AtUpdate, ComplexType, DerivedFrom, Edm, EntityType, Many, Members, Navigation, One,
    Operand, Property, Value, to_members,
};

/// The body of an insert or update, before it is given a wire format: what is not in it is not
/// sent, and `null` is sent only where it was asked for.
///
/// A client prints it; a service reads a request into it.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The type, where it is one derived from what the place declares.
    pub derived: Option<&'static StructuredType>,
    /// Properties and values, dynamic ones included.
    pub members: Members,
    /// The types of those complex values among the members that are derived from what the
    /// properties declare.
    pub derived_values: Vec<(Cow<'static, str>, &'static StructuredType)>,
    /// Links to existing entities.
    pub bindings: Vec<Binding>,
    /// Entities to create along with this one.
    pub inline: Vec<Inline>,
}

impl PartialEq for Draft {
    fn eq(&self, other: &Self) -> bool {
        let name = |draft: &Self| draft.derived.map(StructuredType::qualified_name);
        let names = |draft: &Self| -> Vec<_> {
            let values = draft.derived_values.iter();
            values.map(|(property, ty)| (property.clone(), ty.qualified_name())).collect()
        };
        name(self) == name(other)
            && names(self) == names(other)
            && self.members == other.members
            && self.bindings == other.bindings
            && self.inline == other.inline
    }
}

impl Draft {
    /// Whether it links existing entities, or one that is created along does.
    pub fn binds(&self) -> bool {
        let mut nested = self.inline.iter().flat_map(|inline| &inline.entities);
        !self.bindings.is_empty() || nested.any(Self::binds)
    }

    /// The value of a property, if it is in the body.
    pub fn get(&self, name: &str) -> Option<&Value> {
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
    fn put(&mut self, name: Cow<'static, str>, value: Value) {
        self.derived_values.retain(|(other, _)| *other != name);
        match self.members.iter_mut().find(|(member, _)| *member == name) {
            Some((_, slot)) => *slot = value,
            None => self.members.push((name, value)),
        }
    }

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
    /// Takes a path that is percent-encoded where it needs to be, or an absolute URL that the
    /// service handed out.
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
                self.draft.put(property.name().into(), value.into().to_value());
                self
            }
            /// Sets some members of a complex value; what is not set in it is not sent.
            pub fn patch<T: Operand<Literal: ComplexType>, A: $access>(
                mut self,
                property: Property<E, T, A>,
                part: $name<T::Literal>,
            ) -> Self {
                let part = Value::Complex(part.draft.members);
                self.draft.put(property.name().into(), part);
                self
            }
            /// Sets a property that the type does not declare; the type must be open.
            pub fn set_dynamic(
                mut self,
                name: impl Into<Cow<'static, str>>,
                value: impl Into<Value>,
            ) -> Self {
                self.draft.put(name.into(), value.into());
                self
            }
            /// Sets a nullable property to null, which is not the same as leaving it out.
            pub fn clear<T, A: $access>(mut self, property: Property<E, Option<T>, A>) -> Self {
                self.draft.put(property.name().into(), Value::Null);
                self
            }
            /// The body without its type, for the wire.
            pub fn into_draft(self) -> Draft {
                self.draft
            }
        }

        // Only entities have links and know of derived values: a part of a complex value would
        // lose them.
        impl<E: EntityType> $name<E> {
            /// Sets a complex property to a value of a type that is derived from the declared one;
            /// the value names its type. [`Extra::downcast`](crate::Extra::downcast) reads it back.
            pub fn set_derived<T, D, A: $access>(
                mut self,
                property: Property<E, T, A>,
                value: &D,
            ) -> Self
            where
                T: Operand<Literal: ComplexType>,
                D: ComplexType + DerivedFrom<T::Literal>,
            {
                self.draft.put(property.name().into(), Value::Complex(to_members(value)));
                self.draft.derived_values.push((property.name().into(), D::TYPE));
                self
            }
            /// Links an existing entity by a navigation property to many; the order of calls is
            /// kept.
            pub fn bind<T, A: $access>(
                mut self,
                navigation: Navigation<E, Many<T>, A>,
                entity: &EntityPath<T>,
            ) -> Self {
                self.draft.bind(navigation.name(), true, entity.as_str().to_owned());
                self
            }
            /// Links an existing entity by a navigation property to one.
            pub fn bind_one<T, A: $access>(
                mut self,
                navigation: Navigation<E, One<T>, A>,
                entity: &EntityPath<T>,
            ) -> Self {
                self.draft.bind(navigation.name(), false, entity.as_str().to_owned());
                self
            }
            /// The body for where an entity of a base type is expected; it names its type.
            pub fn on_base<B>(mut self) -> $name<B>
            where
                E: DerivedFrom<B>,
            {
                self.draft.derived.get_or_insert(E::TYPE);
                $name { draft: self.draft, marker: PhantomData }
            }
        }
    };
}
body!(Insert, AtCreate);
body!(Update, AtUpdate);

impl<E: EntityType> Insert<E> {
    /// Creates another entity along with this one (deep insert); the order of calls is kept.
    pub fn with<T, A: AtCreate>(
        mut self,
        navigation: Navigation<E, Many<T>, A>,
        entity: Insert<T>,
    ) -> Self {
        self.draft.inline(navigation.name(), true, entity.into_draft());
        self
    }
    /// Creates the entity that a navigation property to one leads to along with this one.
    pub fn with_one<T, A: AtCreate>(
        mut self,
        navigation: Navigation<E, One<T>, A>,
        entity: Insert<T>,
    ) -> Self {
        self.draft.inline(navigation.name(), false, entity.into_draft());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Structured, TypeError, complex_type};

    macro_rules! structured {
        ($($name:ident),*) => {$(
            #[derive(Clone, Debug, Default, PartialEq)]
            struct $name;
            impl $name {
                const TABLE: &'static StructuredType = &StructuredType {
                    name: stringify!($name),
                    namespace: "Ns",
                    ..StructuredType::NEW
                };
            }
            impl Structured for $name {
                fn structured_type(&self) -> &'static StructuredType {
                    Self::TABLE
                }
                fn get(&self, _: usize) -> Value {
                    Value::Null
                }
                fn set(&mut self, _: usize, _: Value) -> Result<(), TypeError> {
                    Ok(())
                }
            }
        )*};
    }
    structured!(Person, Employee, Address);
    impl EntityType for Person {
        type Key = String;
        const TYPE: &'static StructuredType = Self::TABLE;
    }
    impl EntityType for Employee {
        type Key = String;
        const TYPE: &'static StructuredType = Self::TABLE;
    }
    impl DerivedFrom<Person> for Employee {}
    complex_type!(Address, Address::TABLE);

    const ADDRESS: Property<Person, Option<Address>> = Property::new("Address");
    const CITY: Property<Address, Option<String>> = Property::new("City");
    const STREET: Property<Address, Option<String>> = Property::new("Street");
    const SALARY: Property<Employee, i32> = Property::new("Salary");
    const FRIENDS: Navigation<Person, Many<Person>, crate::access::Update> =
        Navigation::new("Friends");
    const BOSS: Navigation<Person, One<Person>, crate::access::Update> = Navigation::new("Boss");

    #[test]
    fn parts_of_complex_values_are_patched() {
        let part = Update::new().set(CITY, "Rome").clear(STREET);
        let draft = Update::new().patch(ADDRESS, part).set_dynamic("Shoe", 42).into_draft();
        let address = Value::Complex(vec![
            ("City".into(), Value::from("Rome")),
            ("Street".into(), Value::Null),
        ]);
        let members = vec![("Address".into(), address), ("Shoe".into(), Value::Integer(42))];
        assert_eq!(draft, Draft { members, ..Draft::default() });
    }

    #[test]
    fn derived_entities_are_inserted_deep() {
        let employee = || Insert::<Employee>::new().set(SALARY, 5).on_base();
        let draft = Insert::<Person>::new()
            .with(FRIENDS, employee())
            .with_one(BOSS, employee())
            .bind(FRIENDS, &EntityPath::new("https://host/People('x')"))
            .into_draft();
        let employee = employee().into_draft();
        assert_eq!(
            employee.derived.map(StructuredType::qualified_name),
            Some("Ns.Employee".into())
        );
        assert_ne!(employee, Insert::<Employee>::new().set(SALARY, 5).into_draft());
        let inline = |navigation: &'static str, many| Inline {
            navigation: navigation.into(),
            many,
            entities: vec![employee.clone()],
        };
        assert_eq!(draft.inline, [inline("Friends", true), inline("Boss", false)]);
        assert_eq!(draft.bindings[0].urls, ["https://host/People('x')"]);
    }
}
