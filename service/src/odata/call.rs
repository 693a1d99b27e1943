//! What is asked, before it is known of what.

use axum::http::{HeaderMap, Method, Uri};
use edm::path::{ResourcePath, Segment};
use edm::query::QueryOptions;

use super::{BASE_PATH, negotiate};
use crate::error::ApiError;
use crate::versions::ApiVersion;

/// One request of the API: by itself, or as part of a batch.
pub(super) struct Call {
    /// The verb that it stands for.
    pub(super) method: String,
    /// What it is about.
    pub(super) path: ResourcePath,
    /// The options of its query.
    pub(super) options: QueryOptions,
    /// Its headers.
    pub(super) headers: HeaderMap,
}

impl Call {
    /// Takes a request as it arrived.
    pub(super) fn new(method: &Method, uri: &Uri, headers: HeaderMap) -> Result<Self, ApiError> {
        Ok(Self {
            method: negotiate::method(method.as_str(), &headers),
            path: ResourcePath::parse_url(uri.path(), BASE_PATH)?,
            options: QueryOptions::parse(uri.query().unwrap_or_default())?,
            headers,
        })
    }

    /// Takes a request from a batch. Its URL may be absolute, whatever its host, or relative to
    /// the service root, with a slash before it or without.
    pub(super) fn embedded(method: &str, url: &str, headers: HeaderMap) -> Result<Self, ApiError> {
        let (location, query) = url.split_once('?').unwrap_or((url, ""));
        let path = match location.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("", |slash| &rest[slash..]),
            None => location,
        };
        let below_base = ResourcePath::parse_url(path, BASE_PATH);
        Ok(Self {
            method: negotiate::method(method, &headers),
            path: below_base.or_else(|error| match super::is_below_base(path) {
                true => Err(error),
                false => ResourcePath::parse(path),
            })?,
            options: QueryOptions::parse(query)?,
            headers,
        })
    }

    /// Checks what must be right of every request; returns the version of the API that it is for.
    pub(super) fn check(&self) -> Result<ApiVersion, ApiError> {
        let version = negotiate::api_version(&self.headers, self.options.custom("api-version"))?;
        negotiate::check_version(&self.headers)?;
        negotiate::max_version(&self.headers)?;
        if !self.options.expand.is_empty() {
            let message = "The query option '$expand' is not supported.";
            return Err(ApiError::bad_request(message));
        }
        version.check_path(&self.path)?;
        Ok(version)
    }

    pub(super) fn is_batch(&self) -> bool {
        matches!(self.path.segments.as_slice(), [Segment { name, key: None, .. }] if name == "$batch")
    }
}
