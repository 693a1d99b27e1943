//! What has changed since a read: delta links, V4.

use edm::EntityType;
use edm::json::{DeltaLink, Entities};

use crate::page::read_page;
use crate::{Call, Error, Reply, Request, Service};

/// Changes since a read.
#[derive(Debug)]
#[non_exhaustive]
pub struct Delta<E> {
    /// Entities that are new, or that have changed: with those properties that have.
    pub changed: Vec<E>,
    /// Entities that are gone, or no longer part of what was read: of these only the key is known,
    /// or the [`removed_id`](edm::Payload::removed_id).
    pub removed: Vec<E>,
    /// Links between entities that were added or removed.
    pub links: Vec<DeltaLink>,
    /// Where more of these changes are: for [`Service::delta`].
    pub next: Option<String>,
    /// Where the changes since these are: on the last page.
    pub delta_link: Option<String>,
}

fn decode<E: EntityType>(reply: &Reply) -> Result<Delta<E>, Error> {
    let mut entities = Entities::<E>::default();
    let info = read_page(reply, &mut entities)?;
    let Entities { items: changed, removed } = entities;
    Ok(Delta { changed, removed, links: info.links, next: info.next, delta_link: info.delta })
}

impl Service {
    /// Reads what has changed since a read, at the link that [`Pages::delta_link`] gave.
    ///
    /// [`Pages::delta_link`]: crate::Pages::delta_link
    pub fn delta<E: EntityType>(&self, link: impl Into<String>) -> Request<Delta<E>> {
        Request::new(self, Call::get(link), decode)
    }
}
