use std::fmt;
use std::marker::PhantomData;

/// Ties a value to types of which it holds nothing; always `Send` and `Sync`.
pub(crate) type Marker<T> = PhantomData<fn() -> T>;

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
