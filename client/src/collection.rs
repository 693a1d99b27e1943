use std::fmt;
use std::marker::PhantomData;

use edm::query::{OrderBy, QueryOptions, Select};
use edm::{DerivedFrom, EntityType, Filter, Key as _, Order, Property, path::KeyPredicate};
use futures_util::stream::{self, Stream, TryStreamExt as _};

use crate::call::Accept;
use crate::page::{decode_page, fetch};
use crate::{Addressed, Call, Create, EntityRequest, Error, Page, Reply, Request, Service};

/// Entities that can be queried: an entity set, or what a navigation property leads to.
pub struct Collection<E> {
    service: Service,
    path: String,
    options: QueryOptions,
    marker: PhantomData<fn() -> E>,
}

impl<E> Clone for Collection<E> {
    fn clone(&self) -> Self {
        let (service, path) = (self.service.clone(), self.path.clone());
        Self { service, path, options: self.options.clone(), marker: PhantomData }
    }
}
impl<E> fmt::Debug for Collection<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.target())
    }
}

crate::operation::invokes!(Collection<E>, |this| &this.service, &this.path);

impl<E> Collection<E> {
    pub(crate) fn new(service: Service, path: String) -> Self {
        Self::with_query(service, path, QueryOptions::default())
    }

    pub(crate) fn with_query(service: Service, path: String, options: QueryOptions) -> Self {
        Self { service, path, options, marker: PhantomData }
    }

    /// Only the entities of a derived type: a cast segment, such as `People/Ns.Employee`.
    ///
    /// What was asked for of all of them so far holds for those.
    #[must_use]
    pub fn of_type<D: EntityType + DerivedFrom<E>>(self) -> Collection<D> {
        let path = format!("{}/{}", self.path, D::TYPE.qualified_name());
        Collection::with_query(self.service, path, self.options)
    }

    fn target(&self) -> String {
        match self.options.to_query(edm::version::Version::V3) {
            query if query.is_empty() => self.path.clone(),
            query => format!("{}?{query}", self.path),
        }
    }

    /// Only entities for which this holds; with an earlier filter, both must hold.
    #[must_use]
    pub fn filter(mut self, filter: Filter<E>) -> Self {
        use edm::filter::{BinaryOp, Expr};
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
        self.options.order_by.push(OrderBy::property(order.name, order.descending));
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

    /// Only this property, and others so named; the rest of each entity keeps its default.
    #[must_use]
    pub fn select<T, A>(mut self, property: Property<E, T, A>) -> Self {
        self.options.select.push(Select::new(property.name()));
        self
    }

    /// Asks for the number of all entities, in [`Page::count`].
    #[must_use]
    pub fn with_count(mut self) -> Self {
        self.options.inline_count = true;
        self
    }
}

impl<E: Addressed> Collection<E> {
    /// The entity with this key. Options of a query do not matter for it.
    pub fn by_key(&self, key: impl Into<E::Key>) -> E::Request {
        let key = KeyPredicate::new(E::TYPE.key, key.into().literals());
        EntityRequest::new(self.service.clone(), format!("{}({key})", self.path)).into()
    }

    /// The entity with these values of an alternate key. Generated code calls this.
    pub fn by_alternate_key(
        &self,
        names: &[&'static str],
        literals: Vec<edm::literal::Literal>,
    ) -> E::Request {
        let names = names.iter().map(|name| (*name).to_owned());
        let values = literals.into_iter().map(edm::path::Argument::Literal);
        let key = KeyPredicate::Named(names.zip(values).collect());
        EntityRequest::new(self.service.clone(), format!("{}({key})", self.path)).into()
    }
}

impl<E: EntityType> Collection<E> {
    /// Starts an insert.
    pub fn create(&self) -> Create<E> {
        Create::new(self.service.clone(), self.path.clone())
    }

    /// Reads the first page.
    pub fn list(&self) -> Request<Page<E>> {
        Request::new(self.service.clone(), Call::get(self.target()), decode_page)
    }

    /// Reads page after page, as the stream is asked for them.
    pub fn pages(&self) -> impl Stream<Item = Result<Page<E>, Error>> + Send + use<E> {
        let service = self.service.clone();
        stream::try_unfold(Some(self.target()), move |target| {
            let service = service.clone();
            async move {
                let Some(target) = target else {
                    return Ok(None);
                };
                let mut page: Page<E> = fetch(&service, target).await?;
                let next = page.next.take();
                Ok(Some((page, next)))
            }
        })
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
            let text = std::str::from_utf8(&reply.body).unwrap_or_default();
            // Some services put a byte order mark before the number.
            let number = text.trim_start_matches('\u{feff}').trim().parse();
            number.map_err(|_| Error::payload("$count is not a number"))
        }
        let query = self.options.to_query(edm::version::Version::V3);
        let separator = if query.is_empty() { "" } else { "?" };
        let target = format!("{}/$count{separator}{query}", self.path);
        let call = Call { accept: Accept::Text, ..Call::get(target) };
        Request::new(self.service.clone(), call, decode)
    }
}
