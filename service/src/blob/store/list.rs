//! Listing the blobs of a container.

use super::super::error::{BlobError, Result};
use super::super::model::{BlobInfo, ListMarker, ListPage};
use super::BlobStore;

/// Rows read from the index at once.
const BATCH: u32 = 1000;

/// What to list.
#[derive(Clone, Debug)]
pub(crate) struct ListQuery {
    /// Only names that begin with this.
    pub(crate) prefix: String,
    /// Names that go on with this after the prefix are folded into one entry.
    pub(crate) delimiter: Option<String>,
    /// Where an earlier page ended.
    pub(crate) marker: Option<ListMarker>,
    /// Most entries of the page, blobs and prefixes together.
    pub(crate) max: usize,
}

impl BlobStore {
    /// One page of the blobs whose names begin with `prefix`, in byte order.
    ///
    /// # Errors
    /// [`BlobError::ContainerNotFound`].
    pub(crate) async fn list(
        &self,
        container: &str,
        prefix: &str,
        marker: Option<ListMarker>,
        max: usize,
    ) -> Result<ListPage> {
        let query = ListQuery { prefix: prefix.to_owned(), delimiter: None, marker, max };
        self.list_page(container, &query).await
    }

    /// The blobs whose names end with `ending`, which is in lower case, whatever their own is; at
    /// most `max`, in byte order. None if there is no such container.
    ///
    /// # Errors
    /// The failures of the index.
    pub(crate) async fn list_ending(
        &self,
        container: &str,
        ending: &str,
        max: usize,
    ) -> Result<Vec<BlobInfo>> {
        let limit = u32::try_from(max).unwrap_or(BATCH);
        self.inner.index.list_ending(container, ending, limit).await
    }

    /// One page of a listing, folded at a delimiter when one is given.
    ///
    /// # Errors
    /// [`BlobError::ContainerNotFound`].
    pub(crate) async fn list_page(&self, container: &str, query: &ListQuery) -> Result<ListPage> {
        if !self.container_exists(container).await? {
            return Err(BlobError::ContainerNotFound(container.to_owned()));
        }
        let mut page = ListPage::default();
        let marker = query.marker.as_ref().map_or("", |marker| &marker.0);
        let mut cursor = Some(query.prefix.as_str().max(marker).to_owned());
        while let Some(from) = cursor {
            let room = query.max - page.blobs.len() - page.prefixes.len();
            // One row more than fits, to know whether another page follows.
            let limit = u32::try_from(room.saturating_add(1)).unwrap_or(BATCH).min(BATCH);
            let rows = self.inner.index.list(container, &from, limit).await?;
            cursor = match rows.last() {
                Some(last) if rows.len() == limit as usize => Some(successor(&last.name)),
                _ => None,
            };
            for blob in rows {
                if !blob.name.starts_with(&query.prefix) {
                    return Ok(page);
                }
                if page.blobs.len() + page.prefixes.len() == query.max {
                    page.next = Some(ListMarker(blob.name));
                    return Ok(page);
                }
                match folded(&blob.name, query) {
                    Some(prefix) => {
                        // Skip all names below the prefix with one seek.
                        cursor = after_prefix(&prefix);
                        page.prefixes.push(prefix);
                        break;
                    }
                    None => page.blobs.push(blob),
                }
            }
        }
        Ok(page)
    }
}

/// The part of a name up to and with the first delimiter after the prefix.
fn folded(name: &str, query: &ListQuery) -> Option<String> {
    let delimiter = query.delimiter.as_deref()?;
    let rest = name.get(query.prefix.len()..)?;
    let end = query.prefix.len() + rest.find(delimiter)? + delimiter.len();
    name.get(..end).map(str::to_owned)
}

/// The least name after `name`.
fn successor(name: &str) -> String {
    format!("{name}\0")
}

/// The least name after all that begin with `prefix`; `None` if there is none.
/// Strings in byte order and in order of characters sort alike in UTF-8.
fn after_prefix(prefix: &str) -> Option<String> {
    let mut stem = prefix.to_owned();
    while let Some(last) = stem.pop() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            stem.push(next);
            return Some(stem);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_prefix_is_the_least_upper_bound() {
        assert_eq!(after_prefix("a/").as_deref(), Some("a0"));
        assert_eq!(after_prefix("a\u{d7ff}").as_deref(), Some("a\u{e000}"));
        assert_eq!(after_prefix("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(after_prefix("\u{10ffff}"), None);
    }
}
