use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use edm::EntityType;
use edm::json::{Entities, PageInfo, Sink};
use futures_util::stream::Stream;

use crate::request::{Decode, Sending};
use crate::{Call, Error, Reply, Service};

/// One page of entities.
#[derive(Debug)]
#[non_exhaustive]
pub struct Page<E> {
    /// The entities.
    pub items: Vec<E>,
    /// The number of all entities, if it was asked for.
    pub count: Option<u64>,
    /// Where the next page is: opaque.
    pub(crate) next: Option<String>,
    /// Where the changes since then are.
    pub(crate) delta: Option<String>,
}

impl<E> Page<E> {
    /// Whether there is a next page.
    pub fn has_next(&self) -> bool {
        self.next.is_some()
    }

    /// Where the next page is, to go on another time: for [`Service::pages_from`].
    pub fn next_link(&self) -> Option<&str> {
        self.next.as_deref()
    }

    /// Where the changes since this read are, for [`Service::delta`]: on the last page, if changes
    /// are tracked.
    pub fn delta_link(&self) -> Option<&str> {
        self.delta.as_deref()
    }
}

impl<E> IntoIterator for Page<E> {
    type Item = E;
    type IntoIter = std::vec::IntoIter<E>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

/// Reads the entities of a page, and what stands beside them; links are made absolute.
pub(crate) fn read_page(reply: &Reply, sink: &mut dyn Sink) -> Result<PageInfo, Error> {
    if reply.is_empty() {
        return Ok(PageInfo::default());
    }
    let mut info = reply.read(|body| body.page(sink))?;
    for link in [&mut info.next, &mut info.delta].into_iter().flatten() {
        *link = reply.absolute(link, info.context.as_deref());
    }
    Ok(info)
}

pub(crate) fn decode_page<E: EntityType>(reply: &Reply) -> Result<Page<E>, Error> {
    let mut entities = Entities::<E>::default();
    let info = read_page(reply, &mut entities)?;
    Ok(Page { items: entities.items, count: info.count, next: info.next, delta: info.delta })
}

/// Page after page, read as they are asked for.
pub struct Pages<E> {
    service: Service,
    /// What every page is asked for with.
    template: Call,
    /// Where the next page is.
    next: Option<String>,
    pending: Option<Sending<Reply>>,
    delta: Option<String>,
    marker: PhantomData<fn() -> E>,
}

impl<E: EntityType> Pages<E> {
    pub(crate) fn new(service: &Service, first: Call) -> Self {
        let service = service.clone();
        let next = Some(first.target.clone());
        Self { service, template: first, next, pending: None, delta: None, marker: PhantomData }
    }

    /// The next page; `None` after the last one.
    ///
    /// # Errors
    ///
    /// The service refuses, there is no answer, or it is not what the model says. No page follows
    /// then.
    pub async fn next(&mut self) -> Result<Option<Page<E>>, Error> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await.transpose()
    }

    /// Where the changes since this read are, for [`Service::delta`]: after the last page, if
    /// changes are tracked.
    pub fn delta_link(&self) -> Option<&str> {
        self.delta.as_deref()
    }
}

impl<E: EntityType> Stream for Pages<E> {
    type Item = Result<Page<E>, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.pending.is_none()
            && let Some(target) = this.next.take()
        {
            let (service, call) = (this.service.clone(), Call { target, ..this.template.clone() });
            this.pending = Some(Box::pin(async move { service.send(&call).await }));
        }
        let Some(pending) = &mut this.pending else { return Poll::Ready(None) };
        let reply = ready!(pending.as_mut().poll(cx));
        this.pending = None;
        let decode = Decode::Reply(decode_page::<E>);
        Poll::Ready(Some(reply.and_then(|reply| decode.decode(&reply)).inspect(|page| {
            this.next.clone_from(&page.next);
            this.delta.clone_from(&page.delta);
        })))
    }
}

impl<E> fmt::Debug for Pages<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("next", &self.next.is_some()).finish_non_exhaustive()
    }
}

impl Service {
    /// Goes on with the pages at a link that [`Page::next_link`] gave.
    pub fn pages_from<E: EntityType>(&self, link: impl Into<String>) -> Pages<E> {
        Pages::new(self, Call::get(link))
    }
}
