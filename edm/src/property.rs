use std::fmt;
use std::marker::PhantomData;

use crate::filter::{BinaryOp, Expr};
use crate::{Operand, Scalar, Text};

/// Ties a value to types of which it holds nothing; always `Send` and `Sync`.
type Marker<T> = PhantomData<fn() -> T>;

/// Who may set a property: the third parameter of [`Property`].
pub mod access {
    /// The service sets it.
    #[derive(Clone, Copy, Debug)]
    pub enum ReadOnly {}
    /// A client may set it at create, never later.
    #[derive(Clone, Copy, Debug)]
    pub enum Create {}
    /// A client may set it at create and later.
    #[derive(Clone, Copy, Debug)]
    pub enum Update {}
}

/// Access that allows setting a property at create.
#[diagnostic::on_unimplemented(
    message = "this property cannot be set at create: its access is `{Self}`",
    label = "the service sets this property"
)]
pub trait AtCreate {}
impl AtCreate for access::Create {}
impl AtCreate for access::Update {}

/// Access that allows setting a property later.
#[diagnostic::on_unimplemented(
    message = "this property cannot be updated: its access is `{Self}`",
    label = "the service sets this property, or it is fixed at create"
)]
pub trait AtUpdate {}
impl AtUpdate for access::Update {}

/// The name of a property, typed by the entity that owns it, its value, and who may set it.
///
/// Generated as an associated constant, it is the operand of filters, orders and assignments:
/// `Asset::NAME.eq("holiday")`.
pub struct Property<E, T, A = access::Update> {
    name: &'static str,
    marker: Marker<(E, T, A)>,
}

impl<E, T, A> Clone for Property<E, T, A> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<E, T, A> Copy for Property<E, T, A> {}
impl<E, T, A> fmt::Debug for Property<E, T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl<E, T, A> Property<E, T, A> {
    /// Names a property; generated code calls this.
    pub const fn new(name: &'static str) -> Self {
        Self { name, marker: PhantomData }
    }
    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        self.name
    }
    /// Orders by this property, smallest first.
    pub fn asc(self) -> Order<E> {
        Order { name: self.name, descending: false, marker: PhantomData }
    }
    /// Orders by this property, largest first.
    pub fn desc(self) -> Order<E> {
        Order { name: self.name, descending: true, marker: PhantomData }
    }
    fn expr(self) -> Expr {
        Expr::Property(vec![self.name.to_owned()])
    }
}

impl<E, T: Operand<Literal: Scalar>, A> Property<E, T, A> {
    fn compare(self, op: BinaryOp, value: T::Literal) -> Filter<E> {
        Filter::new(Expr::binary(op, self.expr(), Expr::Literal(value.to_literal())))
    }
    /// `Property eq value`.
    pub fn eq(self, value: impl Into<T::Literal>) -> Filter<E> {
        self.compare(BinaryOp::Eq, value.into())
    }
    /// `Property ne value`.
    pub fn ne(self, value: impl Into<T::Literal>) -> Filter<E> {
        self.compare(BinaryOp::Ne, value.into())
    }
    /// `Property gt value`.
    pub fn gt(self, value: impl Into<T::Literal>) -> Filter<E> {
        self.compare(BinaryOp::Gt, value.into())
    }
    /// `Property ge value`.
    pub fn ge(self, value: impl Into<T::Literal>) -> Filter<E> {
        self.compare(BinaryOp::Ge, value.into())
    }
    /// `Property lt value`.
    pub fn lt(self, value: impl Into<T::Literal>) -> Filter<E> {
        self.compare(BinaryOp::Lt, value.into())
    }
    /// `Property le value`.
    pub fn le(self, value: impl Into<T::Literal>) -> Filter<E> {
        self.compare(BinaryOp::Le, value.into())
    }
}

impl<E, T, A> Property<E, Option<T>, A> {
    /// `Property eq null`.
    pub fn is_null(self) -> Filter<E> {
        Filter::new(Expr::binary(BinaryOp::Eq, self.expr(), Expr::null()))
    }
    /// `Property ne null`.
    pub fn is_not_null(self) -> Filter<E> {
        Filter::new(Expr::binary(BinaryOp::Ne, self.expr(), Expr::null()))
    }
}

impl<E, T: Operand<Literal: Text>, A> Property<E, T, A> {
    fn call(self, name: &str, text: &str) -> Filter<E> {
        Filter::new(Expr::call(name, [self.expr(), Expr::text(text)]))
    }
    /// `startswith(Property,'text')`.
    pub fn starts_with(self, text: &str) -> Filter<E> {
        self.call("startswith", text)
    }
    /// `endswith(Property,'text')`.
    pub fn ends_with(self, text: &str) -> Filter<E> {
        self.call("endswith", text)
    }
    /// `substringof('text',Property)`: OData up to V3 puts the needle first.
    pub fn contains(self, text: &str) -> Filter<E> {
        Filter::new(Expr::call("substringof", [Expr::text(text), self.expr()]))
    }
}

/// A navigation property, typed by its owner and by what it leads to: [`One`] or [`Many`].
pub struct Navigation<E, T, A = access::ReadOnly> {
    name: &'static str,
    marker: Marker<(E, T, A)>,
}
/// Leads to at most one `T`.
#[derive(Debug)]
pub struct One<T>(PhantomData<T>);
/// Leads to any number of `T`.
#[derive(Debug)]
pub struct Many<T>(PhantomData<T>);

impl<E, T, A> Clone for Navigation<E, T, A> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<E, T, A> Copy for Navigation<E, T, A> {}
impl<E, T, A> fmt::Debug for Navigation<E, T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
impl<E, T, A> Navigation<E, T, A> {
    /// Names a navigation property; generated code calls this.
    pub const fn new(name: &'static str) -> Self {
        Self { name, marker: PhantomData }
    }
    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        self.name
    }
}

/// A `$filter` over entities of type `E`.
#[must_use = "a filter does nothing until a query takes it"]
pub struct Filter<E> {
    expr: Expr,
    marker: PhantomData<fn() -> E>,
}

impl<E> Filter<E> {
    fn new(expr: Expr) -> Self {
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
impl<E> fmt::Display for Filter<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expr.fmt(f)
    }
}

/// One term of `$orderby` over entities of type `E`.
#[derive(Debug)]
pub struct Order<E> {
    /// The property.
    pub name: &'static str,
    /// Largest first.
    pub descending: bool,
    marker: PhantomData<fn() -> E>,
}
