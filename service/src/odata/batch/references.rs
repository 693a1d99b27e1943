//! `$1`: what a request of the change set has made.

use std::borrow::Cow;
use std::collections::HashMap;

use edm::Draft;
use edm::path::{ResourcePath, Segment};

use crate::error::ApiError;

/// The entities that the requests of a change set have made, by their `Content-ID`.
#[derive(Debug, Default)]
pub(in crate::odata) struct References(HashMap<String, Segment>);

impl References {
    /// Remembers what a request has made.
    pub(super) fn insert(&mut self, id: String, entity: Segment) {
        self.0.insert(id, entity);
    }

    /// Puts the entity in the place of an id at the start of a path.
    pub(super) fn expand_path(&self, path: &mut ResourcePath) -> Result<(), ApiError> {
        let Some(first) = path.segments.first_mut() else { return Ok(()) };
        if let Some(id) = referenced(first) {
            *first = self.0.get(id).cloned().ok_or_else(|| ApiError::no_segment(&first.name))?;
        }
        Ok(())
    }

    /// Puts the entity in the place of an id at the start of a URL.
    pub(in crate::odata) fn expand<'u>(&self, url: &'u str) -> Cow<'u, str> {
        // `$1`, or at the end of a URL: what comes before it is the service root.
        let last = url.rsplit('/').next().unwrap_or(url).replace("%24", "$");
        match last.strip_prefix('$').and_then(|id| self.0.get(id)) {
            Some(entity) => Cow::Owned(entity.to_string()),
            None => Cow::Borrowed(url),
        }
    }

    /// Does the same with all links of a body.
    pub(in crate::odata) fn expand_draft(&self, draft: &mut Draft) {
        for url in draft.bindings.iter_mut().flat_map(|binding| &mut binding.urls) {
            if let Cow::Owned(expanded) = self.expand(url) {
                *url = expanded;
            }
        }
        for entity in draft.inline.iter_mut().flat_map(|inline| &mut inline.entities) {
            self.expand_draft(entity);
        }
    }
}

/// The id that a segment stands for, if it is none of the protocol's own.
pub(super) fn referenced(segment: &Segment) -> Option<&str> {
    let id = segment.name.strip_prefix('$').filter(|id| !id.is_empty())?;
    let own = ["metadata", "batch", "links", "count", "value"];
    (segment.key.is_none() && !own.contains(&id)).then_some(id)
}
