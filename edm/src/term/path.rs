use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use super::rebase::{ITEM, rebase, variable};
use super::{Filter, Term};
use crate::filter::{BinaryOp, Expr, Quantifier, Step};
use crate::property::Marker;
use crate::{ComplexType, DerivedFrom, EntityType, Many, Navigation, One, Operand, Property};

/// Names of an entity of type `E` and on from there: `Person::BEST_FRIEND.then(Person::NAME)`.
///
/// `T` is what it leads to: the type of a property, [`One`] or [`Many`] entities.
#[must_use = "a path does nothing until a query takes it"]
pub struct Path<E, T> {
    names: Vec<Cow<'static, str>>,
    marker: Marker<(E, T)>,
}

impl<E, T> Path<E, T> {
    fn new(names: Vec<Cow<'static, str>>) -> Self {
        Self { names, marker: PhantomData }
    }
    fn below<U>(mut self, names: impl IntoIterator<Item = Cow<'static, str>>) -> Path<E, U> {
        self.names.extend(names);
        Path::new(self.names)
    }
    pub(super) fn to_names(&self) -> Vec<String> {
        self.names.iter().map(ToString::to_string).collect()
    }
    /// The tree, to print or to evaluate.
    pub fn into_expr(self) -> Expr {
        Expr::Property(self.to_names())
    }
}
impl<E, T> Clone for Path<E, T> {
    fn clone(&self) -> Self {
        Self::new(self.names.clone())
    }
}
impl<E, T> fmt::Debug for Path<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names.join("/"))
    }
}

/// What can follow a `T` in a path: its properties, its navigation properties, and paths from it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a member of `{T}`",
    label = "not a property, navigation property or path of `{T}`"
)]
pub trait Member<T> {
    /// What it leads to.
    type Value;
    /// The same as a path.
    fn into_path(self) -> Path<T, Self::Value>;
}
impl<E, T, A> Member<E> for Property<E, T, A> {
    type Value = T;
    fn into_path(self) -> Path<E, T> {
        Path::new(vec![self.name().into()])
    }
}
impl<E, T, A> Member<E> for Navigation<E, T, A> {
    type Value = T;
    fn into_path(self) -> Path<E, T> {
        Path::new(vec![self.name().into()])
    }
}
impl<E, T> Member<E> for Path<E, T> {
    type Value = T;
    fn into_path(self) -> Self {
        self
    }
}

/// [`One`] or [`Many`]: what a navigation property leads to.
pub trait Leads {
    /// The type of the entities.
    type Target;
}
impl<T> Leads for One<T> {
    type Target = T;
}
impl<T> Leads for Many<T> {
    type Target = T;
}

/// What follows a complex property in a path.
macro_rules! complex {
    ([$($access:ident)?] $ty:ty) => {
        impl<E, T: Operand<Literal: ComplexType> $(, $access)?> $ty {
            /// A member of the complex value: `Address/City`.
            pub fn then<M: Member<T::Literal>>(self, member: M) -> Path<E, M::Value> {
                self.into_path().below(member.into_path().names)
            }
        }
    };
}
complex!([A] Property<E, T, A>);
complex!([] Path<E, T>);

/// What follows a navigation property to one in a path.
macro_rules! one {
    ([$($access:ident)?] $ty:ty) => {
        impl<E, T $(, $access)?> $ty {
            /// A member of the entity: `BestFriend/Name`.
            pub fn then<M: Member<T>>(self, member: M) -> Path<E, M::Value> {
                self.into_path().below(member.into_path().names)
            }
            /// The entity as one of a derived type: `BestFriend/Ns.Employee`.
            pub fn as_type<D: EntityType + DerivedFrom<T>>(self) -> Path<E, One<D>> {
                self.into_path().below([D::TYPE.qualified_name().into()])
            }
            /// There is no such entity.
            pub fn is_null(self) -> Filter<E> {
                let path = self.into_path().into_expr();
                Filter::new(Expr::binary(BinaryOp::Eq, path, Expr::null()))
            }
            /// There is such an entity.
            pub fn is_not_null(self) -> Filter<E> {
                let path = self.into_path().into_expr();
                Filter::new(Expr::binary(BinaryOp::Ne, path, Expr::null()))
            }
        }
    };
}
one!([A] Navigation<E, One<T>, A>);
one!([] Path<E, One<T>>);

fn lambda<E, T>(path: &Path<E, T>, quantifier: Quantifier, condition: Option<Expr>) -> Filter<E> {
    let body = condition.map(|condition| {
        let variable = variable(&condition);
        let condition = rebase(condition, std::slice::from_ref(&variable));
        (variable, Box::new(condition))
    });
    let mut steps: Vec<_> = path.to_names().into_iter().map(Step::Name).collect();
    steps.push(Step::Lambda(quantifier, body));
    Filter::new(Expr::path(steps))
}

/// What can be asked of the entities that a navigation property leads to.
macro_rules! many {
    ([$($access:ident)?] $ty:ty) => {
        impl<E, T $(, $access)?> $ty {
            /// This holds for at least one of them.
            pub fn any(self, condition: Filter<T>) -> Filter<E> {
                lambda(&self.into_path(), Quantifier::Any, Some(condition.into_expr()))
            }
            /// This holds for each of them.
            pub fn all(self, condition: Filter<T>) -> Filter<E> {
                lambda(&self.into_path(), Quantifier::All, Some(condition.into_expr()))
            }
            /// There is at least one.
            pub fn any_exist(self) -> Filter<E> {
                lambda(&self.into_path(), Quantifier::Any, None)
            }
            /// How many there are.
            pub fn count(self) -> Term<E, i64> {
                Term::new(self.into_path().below::<()>(["$count".into()]).into_expr())
            }
            /// Those of a derived type: `Trips/Ns.Flight`.
            pub fn of_type<D: EntityType + DerivedFrom<T>>(self) -> Path<E, Many<D>> {
                self.into_path().below([D::TYPE.qualified_name().into()])
            }
        }
    };
}
many!([A] Navigation<E, Many<T>, A>);
many!([] Path<E, Many<T>>);

/// What can be asked of the items of a collection.
macro_rules! items {
    ([$($access:ident)?] $ty:ty) => {
        impl<E, T $(, $access)?> $ty {
            /// This holds for at least one item: `Person::EMAILS.any(|it| it.ends_with("@x.org"))`.
            pub fn any(self, condition: impl FnOnce(Term<T, T>) -> Filter<T>) -> Filter<E> {
                let condition = condition(Term::new(Expr::property(ITEM))).into_expr();
                lambda(&self.into_path(), Quantifier::Any, Some(condition))
            }
            /// This holds for each item.
            pub fn all(self, condition: impl FnOnce(Term<T, T>) -> Filter<T>) -> Filter<E> {
                let condition = condition(Term::new(Expr::property(ITEM))).into_expr();
                lambda(&self.into_path(), Quantifier::All, Some(condition))
            }
            /// There is at least one item.
            pub fn any_exist(self) -> Filter<E> {
                lambda(&self.into_path(), Quantifier::Any, None)
            }
            /// How many items there are.
            pub fn count(self) -> Term<E, i64> {
                Term::new(self.into_path().below::<()>(["$count".into()]).into_expr())
            }
        }
    };
}
items!([A] Property<E, Vec<T>, A>);
items!([] Path<E, Vec<T>>);
