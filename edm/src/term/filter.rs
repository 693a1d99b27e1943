use std::fmt;
use std::marker::PhantomData;

use super::rebase::rebase;
use crate::filter::{BinaryOp, Expr, TypeFunction};
use crate::property::Marker;
use crate::{DerivedFrom, EntityType};

/// A `$filter` over entities of type `E`.
#[must_use = "a filter does nothing until a query takes it"]
pub struct Filter<E> {
    expr: Expr,
    marker: Marker<E>,
}

impl<E> Filter<E> {
    /// Takes an expression as it is: for what the typed terms have no words for.
    pub const fn new(expr: Expr) -> Self {
        Self { expr, marker: PhantomData }
    }
    /// Both hold.
    pub fn and(self, other: Self) -> Self {
        Self::new(Expr::binary(BinaryOp::And, self.expr, other.expr))
    }
    /// One of them holds.
    pub fn or(self, other: Self) -> Self {
        Self::new(Expr::binary(BinaryOp::Or, self.expr, other.expr))
    }
    /// The tree, to print or to evaluate.
    pub fn into_expr(self) -> Expr {
        self.expr
    }
}

impl<D: EntityType> Filter<D> {
    /// The same of entities of a base type, of which those of other types do not match:
    /// `Employee::SALARY.gt(5)` as `Ns.Employee/Salary gt 5`.
    pub fn on_base<E>(self) -> Filter<E>
    where
        D: DerivedFrom<E>,
    {
        Filter::new(rebase(self.expr, &[D::TYPE.qualified_name()]))
    }
}

/// The entity is of a derived type: `isof`.
pub fn is_of<E, D: EntityType + DerivedFrom<E>>() -> Filter<E> {
    Filter::new(Expr::Type(TypeFunction::IsOf, None, D::TYPE.qualified_name()))
}

impl<E> std::ops::Not for Filter<E> {
    type Output = Self;
    fn not(self) -> Self {
        Self::new(Expr::Not(Box::new(self.expr)))
    }
}
impl<E> Clone for Filter<E> {
    fn clone(&self) -> Self {
        Self::new(self.expr.clone())
    }
}
impl<E> fmt::Debug for Filter<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
/// The form of V3.
impl<E> fmt::Display for Filter<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expr.fmt(f)
    }
}
