use std::fmt;
use std::marker::PhantomData;

use super::path::Member;
use super::{Filter, Leads, Order, Path};
use crate::filter::{BinaryOp, Expr};
use crate::property::Marker;
use crate::query::{Expand, Expanded, Levels, Search, Select};
use crate::{Navigation, Property};

/// What `$select` brings of an `E`: a property, a navigation property or a path.
pub struct Selection<E> {
    item: Select,
    marker: Marker<E>,
}

impl<E> Selection<E> {
    fn new(path: Vec<String>) -> Self {
        Self { item: Select { path, ..Select::default() }, marker: PhantomData }
    }
    /// The item without its type, for a query.
    pub fn into_item(self) -> Select {
        self.item
    }
}
impl<E> fmt::Debug for Selection<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.item.fmt(f)
    }
}
impl<E, T, A> From<Property<E, T, A>> for Selection<E> {
    fn from(property: Property<E, T, A>) -> Self {
        Self::new(vec![property.name().to_owned()])
    }
}
impl<E, T, A> From<Navigation<E, T, A>> for Selection<E> {
    fn from(navigation: Navigation<E, T, A>) -> Self {
        Self::new(vec![navigation.name().to_owned()])
    }
}
impl<E, T> From<Path<E, T>> for Selection<E> {
    fn from(path: Path<E, T>) -> Self {
        Self::new(path.to_names())
    }
}

/// What `$expand` brings of an `E`: a navigation property, a path to one, or one of both with a
/// query of its own.
pub struct Expansion<E> {
    item: Expand,
    marker: Marker<E>,
}

impl<E> Expansion<E> {
    /// The item without its type, for a query.
    pub fn into_item(self) -> Expand {
        self.item
    }
}
impl<E> fmt::Debug for Expansion<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.item.fmt(f)
    }
}
impl<E, T: Leads, A> From<Navigation<E, T, A>> for Expansion<E> {
    fn from(navigation: Navigation<E, T, A>) -> Self {
        navigation.expand().into()
    }
}
impl<E, T: Leads> From<Path<E, T>> for Expansion<E> {
    fn from(path: Path<E, T>) -> Self {
        path.expand().into()
    }
}
impl<E, T> From<Expanding<E, T>> for Expansion<E> {
    fn from(expanding: Expanding<E, T>) -> Self {
        Self { item: expanding.item, marker: PhantomData }
    }
}

/// Entities of type `T` that `$expand` brings along with an `E`, and what is asked of them.
///
/// Up to V3 only `select` and `expand` have words: they become paths, such as `$expand=A/B` and
/// `$select=A/Name`. A service of V3 refuses the rest.
#[must_use = "an expansion does nothing until a query takes it"]
pub struct Expanding<E, T> {
    item: Expand,
    marker: Marker<(E, T)>,
}

impl<E, T: Leads, A> Navigation<E, T, A> {
    /// Brings the entities along, with a query of their own.
    pub fn expand(self) -> Expanding<E, T::Target> {
        self.into_path().expand()
    }
}
impl<E, T: Leads> Path<E, T> {
    /// Brings the entities along, with a query of their own.
    pub fn expand(self) -> Expanding<E, T::Target> {
        let item = Expand { path: self.to_names(), ..Expand::default() };
        Expanding { item, marker: PhantomData }
    }
}

impl<E, T> Expanding<E, T> {
    /// Only this property of each, and others so named.
    pub fn select(mut self, selection: impl Into<Selection<T>>) -> Self {
        self.item.options.select.push(selection.into().into_item());
        self
    }
    /// Only those for which this holds; with an earlier filter, both must hold.
    pub fn filter(mut self, filter: Filter<T>) -> Self {
        let expr = filter.into_expr();
        self.item.options.filter = Some(match self.item.options.filter.take() {
            Some(earlier) => Expr::binary(BinaryOp::And, earlier, expr),
            None => expr,
        });
        self
    }
    /// In this order; a second call orders what is equal in the first.
    pub fn order_by(mut self, order: Order<T>) -> Self {
        self.item.options.order_by.push(order.into_order_by());
        self
    }
    /// At most this many of each entity.
    pub fn top(mut self, count: u64) -> Self {
        self.item.options.top = Some(count);
        self
    }
    /// Without the first ones of each entity.
    pub fn skip(mut self, count: u64) -> Self {
        self.item.options.skip = Some(count);
        self
    }
    /// Only those that match a search.
    pub fn search(mut self, search: Search) -> Self {
        self.item.options.search = Some(search);
        self
    }
    /// With how many there are of each entity, all told.
    pub fn with_count(mut self) -> Self {
        self.item.options.inline_count = true;
        self
    }
    /// With what a navigation property leads to from there.
    pub fn expand(mut self, expansion: impl Into<Expansion<T>>) -> Self {
        self.item.options.expand.push(expansion.into().into_item());
        self
    }
    /// So many levels of the same navigation property.
    pub fn levels(mut self, levels: u32) -> Self {
        self.item.options.levels = Some(Levels::Number(levels));
        self
    }
    /// All levels of the same navigation property that the service is ready to bring.
    pub fn all_levels(mut self) -> Self {
        self.item.options.levels = Some(Levels::Max);
        self
    }
    /// Only the ids of the entities: `$ref`.
    pub fn references(mut self) -> Self {
        self.item.what = Expanded::References;
        self
    }
    /// Only how many there are: `$count`.
    pub fn only_count(mut self) -> Self {
        self.item.what = Expanded::Count;
        self
    }
}
impl<E, T> fmt::Debug for Expanding<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.item.fmt(f)
    }
}
