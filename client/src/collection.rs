use std::fmt;
use std::marker::PhantomData;

use edm::filter::{BinaryOp, Expr, Step};
use edm::query::{Compute, QueryOptions, Search};
use edm::version::Version;
use edm::{
    DerivedFrom, EntityType, Expansion, Extra, Filter, Insert, Key as _, Keyed, Order, Selection,
    Term,
    path::{Argument, KeyPredicate},
};
use futures_util::stream::TryStreamExt as _;

use crate::call::Accept;
use crate::dialect::Preference;
use crate::page::decode_page;
use crate::{Addressed, Call, Create, EntityRequest, Error, Page, Pages, Reply, Request, Service};

/// Entities that can be queried: an entity set, or what a navigation property leads to.
pub struct Collection<E> {
    service: Service,
    path: String,
    options: QueryOptions,
    wishes: Vec<Preference>,
    marker: PhantomData<fn() -> E>,
}

impl<E> Clone for Collection<E> {
    fn clone(&self) -> Self {
        let (service, path) = (self.service.clone(), self.path.clone());
        let (options, wishes) = (self.options.clone(), self.wishes.clone());
        Self { service, path, options, wishes, marker: PhantomData }
    }
}
impl<E> fmt::Debug for Collection<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.call().target)
    }
}

crate::operation::invokes!(Collection<E>, |this| &this.service, &this.path);

impl<E> Collection<E> {
    pub(crate) fn new(service: Service, path: String) -> Self {
        Self::with_query(service, path, QueryOptions::default())
    }

    pub(crate) fn with_query(service: Service, path: String, options: QueryOptions) -> Self {
        Self { service, path, options, wishes: Vec::new(), marker: PhantomData }
    }

    pub(crate) fn service(&self) -> &Service {
        &self.service
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    fn keyed(&self, key: &KeyPredicate) -> String {
        format!("{}({})", self.path, key.display(self.service.version()))
    }

    /// The call that reads the first page.
    fn call(&self) -> Call {
        let mut call = query(&self.service, &self.path, &self.options);
        for &wish in &self.wishes {
            call.wish(wish, self.service.dialect());
        }
        call
    }

    /// Only the entities of a derived type: a cast segment, such as `People/Ns.Employee`.
    ///
    /// What was asked for of all of them so far holds for those.
    #[must_use]
    pub fn of_type<D: EntityType + DerivedFrom<E>>(self) -> Collection<D> {
        let path = format!("{}/{}", self.path, D::TYPE.qualified_name());
        let Self { service, options, wishes, .. } = self;
        Collection { service, path, options, wishes, marker: PhantomData }
    }

    /// Only entities for which this holds; with an earlier filter, both must hold.
    #[must_use]
    pub fn filter(mut self, filter: Filter<E>) -> Self {
        let expr = filter.into_expr();
        self.options.filter = Some(match self.options.filter.take() {
            Some(earlier) => Expr::binary(BinaryOp::And, earlier, expr),
            None => expr,
        });
        self
    }

    /// In this order; a second call orders what is equal in the first.
    #[must_use]
    pub fn order_by(mut self, order: Order<E>) -> Self {
        self.options.order_by.push(order.into_order_by());
        self
    }

    /// At most this many, over all pages.
    #[must_use]
    pub fn top(mut self, count: u64) -> Self {
        self.options.top = Some(count);
        self
    }

    /// Without the first ones.
    #[must_use]
    pub fn skip(mut self, count: u64) -> Self {
        self.options.skip = Some(count);
        self
    }

    /// Only this property or path, and others so named; the rest of each entity keeps its default.
    #[must_use]
    pub fn select(mut self, selection: impl Into<Selection<E>>) -> Self {
        self.options.select.push(selection.into().into_item());
        self
    }

    /// Brings along what a navigation property leads to, in the field `extra` of each entity; with
    /// a query of its own if it has one: `Person::TRIPS.expand().top(3)`.
    #[must_use]
    pub fn expand(mut self, expansion: impl Into<Expansion<E>>) -> Self {
        self.options.expand.push(expansion.into().into_item());
        self
    }

    /// Asks for the number of all entities, in [`Page::count`].
    #[must_use]
    pub fn with_count(mut self) -> Self {
        self.options.inline_count = true;
        self
    }

    /// Only entities that match, in the way of the service, what is searched for: `$search`, V4.
    #[must_use]
    pub fn search(mut self, search: Search) -> Self {
        self.options.search = Some(match self.options.search.take() {
            Some(earlier) => earlier.and(search),
            None => search,
        });
        self
    }

    /// Computes a property that entities do not have: `$compute`, V4.01. It comes in the field
    /// `extra` of each entity.
    #[must_use]
    pub fn compute<T>(mut self, name: &str, term: Term<E, T>) -> Self {
        self.options.compute.push(Compute { expr: term.into_expr(), name: name.to_owned() });
        self
    }

    /// Groups and aggregates, in the words of `$apply`, V4: `groupby((Genre),aggregate($count as
    /// Books))`. What entities do not have comes in the field `extra` of each.
    #[must_use]
    pub fn apply(self, transformations: &str) -> Self {
        self.option("$apply", transformations)
    }

    /// Adds a query option of the service's own, such as `api-version`.
    #[must_use]
    pub fn option(mut self, name: &str, value: &str) -> Self {
        self.options.custom.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Wishes for pages of at most this many entities; services up to V3 cannot be told.
    #[must_use]
    pub fn page_size(mut self, entities: u32) -> Self {
        self.wishes.push(Preference::PageSize(entities));
        self
    }

    /// Wishes for a link to the changes that come after this read: on the last page, see
    /// [`Pages::delta_link`]. Services up to V3 know no such links.
    #[must_use]
    pub fn track_changes(mut self) -> Self {
        self.wishes.push(Preference::TrackChanges);
        self
    }
}

/// The call of a query.
pub(crate) fn query(service: &Service, path: &str, options: &QueryOptions) -> Call {
    let target = match options.to_query(service.version()) {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    };
    let needs = if options.filter.as_ref().is_some_and(has_lambda) {
        Version::V3
    } else if options.inline_count || !options.select.is_empty() {
        Version::V2
    } else {
        Version::V1
    };
    Call { needs, ..Call::get(target) }
}

/// Whether `any` or `all` is in an expression.
fn has_lambda(expr: &Expr) -> bool {
    match expr {
        Expr::Path(steps) => steps.iter().any(|step| matches!(step, Step::Lambda(..))),
        Expr::Binary(_, left, right) => has_lambda(left) || has_lambda(right),
        Expr::Not(inner) | Expr::Negate(inner) => has_lambda(inner),
        Expr::Call(_, arguments) => arguments.iter().any(has_lambda),
        _ => false,
    }
}

impl<E: Addressed> Collection<E> {
    /// The entity with this key. Options of a query do not matter for it.
    pub fn by_key(&self, key: impl Into<E::Key>) -> E::Request {
        let key = KeyPredicate::new(E::TYPE.key, key.into().literals());
        EntityRequest::new(self.service.clone(), self.keyed(&key)).into()
    }

    /// The entity with these values of an alternate key. Generated code calls this.
    pub fn by_alternate_key(
        &self,
        names: &[&'static str],
        literals: Vec<edm::literal::Literal>,
    ) -> E::Request {
        let names = names.iter().map(|name| (*name).to_owned());
        let arguments = literals.into_iter().map(Argument::Literal);
        let key = KeyPredicate::Named(names.zip(arguments).collect());
        EntityRequest::new(self.service.clone(), self.keyed(&key)).into()
    }
}

impl<E: Addressed + Keyed> Collection<E> {
    /// The entity that was read before. It is changed and deleted only in the state in which it
    /// was read, if the service gave it an ETag.
    pub fn entity(&self, entity: &E) -> E::Request {
        let extra = entity.extra();
        let edit_link =
            extra.and_then(Extra::payload).and_then(|payload| payload.edit_link.clone());
        let path = edit_link.unwrap_or_else(|| {
            let key = KeyPredicate::new(E::TYPE.key, entity.key().literals());
            self.keyed(&key)
        });
        let etag = extra.and_then(Extra::etag).map(str::to_owned);
        EntityRequest::new(self.service.clone(), path).with_etag(etag).into()
    }
}

impl<E: EntityType> Collection<E> {
    /// Starts an insert.
    pub fn create(&self) -> Create<E> {
        self.insert(Insert::new())
    }

    /// Starts an insert with a body that is there already.
    pub fn insert(&self, body: Insert<E>) -> Create<E> {
        Create::new(self.service.clone(), self.path.clone(), body)
    }

    /// Starts an insert of an entity of a derived type.
    pub fn create_as<D: EntityType + DerivedFrom<E>>(&self) -> Create<D> {
        Create::new(self.service.clone(), self.path.clone(), Insert::new())
    }

    /// Reads the first page.
    pub fn list(&self) -> Request<Page<E>> {
        Request::new(self.service.clone(), self.call(), decode_page)
    }

    /// Reads page after page, as they are asked for.
    pub fn pages(&self) -> Pages<E> {
        Pages::new(self.service.clone(), self.call())
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
        fn decode(reply: &Reply) -> Result<u64, Error> {
            let number = reply.text()?.trim().parse();
            number.map_err(|_| Error::payload("$count is not a number"))
        }
        let call = query(&self.service, &format!("{}/$count", self.path), &self.options);
        let call = Call { accept: Accept::Text, needs: Version::V2, ..call };
        Request::new(self.service.clone(), call, decode)
    }
}
