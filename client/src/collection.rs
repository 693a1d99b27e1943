use std::fmt;
use std::marker::PhantomData;

use edm::query::{Compute, Search, Transformation};
use edm::{
    DerivedFrom, EntityType, Expansion, Filter, Insert, Key as _, Keyed, Order, Selection, Term,
    literal::Literal,
};
use futures_util::stream::TryStreamExt as _;

use crate::dialect::Preference;
use crate::page::decode_page;
use crate::place::Place;
use crate::{Addressed, Create, EntityRequest, Error, Page, Pages, Reply, Request};

/// Entities that can be queried: an entity set, or what a navigation property leads to.
pub struct Collection<E> {
    place: Place,
    marker: PhantomData<fn() -> E>,
}

impl<E> Clone for Collection<E> {
    fn clone(&self) -> Self {
        Self::at(self.place.clone())
    }
}
impl<E> fmt::Debug for Collection<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place.read().target)
    }
}

crate::operation::invokes!(Collection<E>);

impl<E> Collection<E> {
    pub(crate) const fn at(place: Place) -> Self {
        Self { place, marker: PhantomData }
    }

    pub(crate) const fn place(&self) -> &Place {
        &self.place
    }

    /// Only the entities of a derived type: a cast segment, such as `People/Ns.Employee`.
    ///
    /// What was asked for of all of them so far holds for those.
    #[must_use]
    pub fn of_type<D: EntityType + DerivedFrom<E>>(self) -> Collection<D> {
        Collection::at(self.place.cast(&D::TYPE.qualified_name()))
    }

    /// Only entities for which this holds; with an earlier filter, both must hold.
    #[must_use]
    pub fn filter(mut self, filter: Filter<E>) -> Self {
        self.place.filter(filter.into_expr());
        self
    }

    /// In this order; a second call orders what is equal in the first.
    #[must_use]
    pub fn order_by(mut self, order: Order<E>) -> Self {
        self.place.query.order_by.push(order.into_order_by());
        self
    }

    /// At most this many, over all pages.
    #[must_use]
    pub fn top(mut self, count: u64) -> Self {
        self.place.query.top = Some(count);
        self
    }

    /// Without the first ones.
    #[must_use]
    pub fn skip(mut self, count: u64) -> Self {
        self.place.query.skip = Some(count);
        self
    }

    /// Only this property or path, and others so named; the rest of each entity keeps its default.
    #[must_use]
    pub fn select(mut self, selection: impl Into<Selection<E>>) -> Self {
        self.place.query.select.push(selection.into().into_item());
        self
    }

    /// Brings along what a navigation property leads to, in the field `extra` of each entity; with
    /// a query of its own if it has one: `Person::TRIPS.expand().top(3)`.
    #[must_use]
    pub fn expand(mut self, expansion: impl Into<Expansion<E>>) -> Self {
        self.place.query.expand.push(expansion.into().into_item());
        self
    }

    /// Asks for the number of all entities, in [`Page::count`].
    #[must_use]
    pub fn with_count(mut self) -> Self {
        self.place.query.inline_count = true;
        self
    }

    /// Only entities that match, in the way of the service, what is searched for: `$search`, V4.
    #[must_use]
    pub fn search(mut self, search: Search) -> Self {
        self.place.query.search = Some(match self.place.query.search.take() {
            Some(earlier) => earlier.and(search),
            None => search,
        });
        self
    }

    /// Computes a property that entities do not have: `$compute`, V4.01. It comes in the field
    /// `extra` of each entity.
    #[must_use]
    pub fn compute<T>(mut self, name: &str, term: Term<E, T>) -> Self {
        self.place.query.compute.push(Compute { expr: term.into_expr(), name: name.to_owned() });
        self
    }

    /// Transforms the entities, such as by grouping and aggregating them: `$apply`, V4. A second
    /// call transforms what the first one made. What entities do not have comes in the field
    /// `extra` of each.
    #[must_use]
    pub fn apply(mut self, step: Transformation) -> Self {
        self.place.query.apply.push(step);
        self
    }

    /// Adds a query option of the service's own, such as `api-version`.
    #[must_use]
    pub fn option(mut self, name: &str, value: &str) -> Self {
        self.place.query.custom.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Wishes for pages of at most this many entities; services up to V3 cannot be told.
    #[must_use]
    pub fn page_size(mut self, entities: u32) -> Self {
        self.place.wishes.push(Preference::PageSize(entities));
        self
    }

    /// Wishes for a link to the changes that come after this read: on the last page, see
    /// [`Pages::delta_link`]. Services up to V3 know no such links.
    #[must_use]
    pub fn track_changes(mut self) -> Self {
        self.place.wishes.push(Preference::TrackChanges);
        self
    }
}

impl<E: Addressed> Collection<E> {
    /// The entity with this key. Options of a query do not matter for it.
    pub fn by_key(&self, key: impl Into<E::Key>) -> E::Request {
        EntityRequest::at(self.place.keyed(E::TYPE.key, key.into().literals())).into()
    }

    /// The entity with these values of an alternate key. Generated code calls this.
    pub fn by_alternate_key(&self, names: &[&'static str], literals: Vec<Literal>) -> E::Request {
        EntityRequest::at(self.place.alternate(names, literals)).into()
    }
}

impl<E: Addressed + Keyed> Collection<E> {
    /// The entity that was read before. It is changed and deleted, and its actions are called, only
    /// in the state in which it was read, if the service gave it an ETag.
    pub fn entity(&self, entity: &E) -> E::Request {
        let literals = entity.key().literals();
        EntityRequest::at(self.place.of_entity(entity, E::TYPE.key, literals)).into()
    }
}

impl<E: EntityType> Collection<E> {
    /// Starts an insert.
    pub fn create(&self) -> Create<E> {
        self.insert(Insert::new())
    }

    /// Starts an insert with a body that is there already.
    pub fn insert(&self, body: Insert<E>) -> Create<E> {
        Create::new(&self.place, body)
    }

    /// Starts an insert of an entity of a derived type.
    pub fn create_as<D: EntityType + DerivedFrom<E>>(&self) -> Create<D> {
        Create::new(&self.place, Insert::new())
    }

    /// Reads the first page.
    pub fn list(&self) -> Request<Page<E>> {
        Request::new(&self.place.service, self.place.read(), decode_page)
    }

    /// Reads page after page, as they are asked for.
    pub fn pages(&self) -> Pages<E> {
        Pages::new(&self.place.service, self.place.read())
    }

    /// Reads the entities of all pages into memory.
    ///
    /// # Errors
    ///
    /// The service refuses, there is no answer, or it is not what the model says.
    pub async fn all(&self) -> Result<Vec<E>, Error> {
        let extend = |mut all: Vec<E>, page: Page<E>| {
            all.extend(page.items);
            async { Ok(all) }
        };
        self.pages().try_fold(Vec::new(), extend).await
    }

    /// Reads the first entity, if there is one.
    ///
    /// # Errors
    ///
    /// The service refuses, there is no answer, or it is not what the model says.
    pub async fn first(&self) -> Result<Option<E>, Error> {
        Ok(self.clone().top(1).list().await?.items.into_iter().next())
    }

    /// Reads how many entities there are: `$count`.
    pub fn count(&self) -> Request<u64> {
        Request::new(&self.place.service, self.place.count(), decode_count)
    }
}

fn decode_count(reply: &Reply) -> Result<u64, Error> {
    let number = reply.text()?.trim().parse();
    number.map_err(|_| Error::payload("$count is not a number"))
}
