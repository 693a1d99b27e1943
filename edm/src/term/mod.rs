//! Typed operands of filters and orders: `Person::CREATED.year().eq(2014)`.
//!
//! Everything here is generic over the entity and the value, and written once: a generated type
//! brings constants and no code.

mod expand;
mod filter;
mod operators;
mod path;
mod rebase;
#[cfg(test)]
mod tests;

use std::fmt;
use std::marker::PhantomData;

use crate::filter::Expr;
use crate::property::Marker;
use crate::query::OrderBy;
use crate::{Date, DateTime, DateTimeOffset, Decimal, Duration, Property, Scalar, TimeOfDay};
pub use expand::{Expanding, Expansion, Selection};
pub use filter::{Filter, is_of};
pub use path::{Leads, Member, Path};

/// An operand of a filter over entities of type `E`: a property, a path, or what a function or
/// operator makes of them.
#[must_use = "a term does nothing until a filter or order is made of it"]
pub struct Term<E, T> {
    expr: Expr,
    marker: Marker<(E, T)>,
}

impl<E, T> Term<E, T> {
    fn new(expr: Expr) -> Self {
        Self { expr, marker: PhantomData }
    }
    /// The tree, to print or to evaluate.
    pub fn into_expr(self) -> Expr {
        self.expr
    }
}
impl<E, T> Clone for Term<E, T> {
    fn clone(&self) -> Self {
        Self::new(self.expr.clone())
    }
}
impl<E, T> fmt::Debug for Term<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expr.fmt(f)
    }
}

impl<E, T, A> Property<E, T, A> {
    /// The tree, to print or to evaluate.
    pub fn into_expr(self) -> Expr {
        Expr::property(self.name())
    }
}
impl<E, T, A> From<Property<E, T, A>> for Term<E, T> {
    fn from(property: Property<E, T, A>) -> Self {
        Self::new(property.into_expr())
    }
}
impl<E, T> From<Path<E, T>> for Term<E, T> {
    fn from(path: Path<E, T>) -> Self {
        Self::new(path.into_expr())
    }
}

/// One term of `$orderby` over entities of type `E`.
#[must_use = "an order does nothing until a query takes it"]
pub struct Order<E> {
    order: OrderBy,
    marker: Marker<E>,
}

impl<E> Order<E> {
    fn new(expr: Expr, descending: bool) -> Self {
        Self { order: OrderBy { expr, descending }, marker: PhantomData }
    }
    /// The term without its type, for a query.
    pub fn into_order_by(self) -> OrderBy {
        self.order
    }
}
impl<E> fmt::Debug for Order<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.order.fmt(f)
    }
}

/// A type to calculate with.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a number")]
pub trait Number: Scalar {}

/// A type that knows the day: `year`, `month`, `day`.
#[diagnostic::on_unimplemented(message = "`{Self}` has no year, month and day")]
pub trait Dated: Scalar {}

/// A type that knows the time: `hour`, `minute`, `second`.
#[diagnostic::on_unimplemented(message = "`{Self}` has no hour, minute and second")]
pub trait Timed: Scalar {}

/// An enumeration whose values are sums of members, for `has`.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a set of flags")]
pub trait Flags: Scalar {}

macro_rules! kinds {
    ($($kind:ident: $($ty:ty),*;)*) => { $($(impl $kind for $ty {})*)* };
}
kinds! {
    Number: u8, i8, i16, i32, i64, f32, f64, Decimal;
    Dated: DateTime, DateTimeOffset, Date;
    Timed: DateTime, DateTimeOffset, TimeOfDay, Duration;
}
