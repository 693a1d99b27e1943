use edm::EntityType;
use edm::json::Entities;

use crate::{Call, Error, Reply, Service};

/// One page of entities.
#[derive(Debug)]
pub struct Page<E> {
    /// The entities.
    pub items: Vec<E>,
    /// The number of all entities, if it was asked for.
    pub count: Option<u64>,
    /// Where the next page is: opaque.
    pub(crate) next: Option<String>,
}

impl<E> Page<E> {
    /// Whether there is a next page.
    pub fn has_next(&self) -> bool {
        self.next.is_some()
    }
}

impl<E> IntoIterator for Page<E> {
    type Item = E;
    type IntoIter = std::vec::IntoIter<E>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

pub(crate) fn decode_page<E: EntityType>(reply: &Reply) -> Result<Page<E>, Error> {
    let mut entities = Entities::<E>::default();
    let info = reply.payload()?.page(&mut entities).map_err(Error::payload)?;
    Ok(Page { items: entities.items, count: info.count, next: info.next })
}

/// Reads one page.
pub(crate) async fn fetch<E: EntityType>(
    service: &Service,
    target: String,
) -> Result<Page<E>, Error> {
    decode_page(&service.send(&Call::get(target)).await?)
}
