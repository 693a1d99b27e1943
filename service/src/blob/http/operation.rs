//! Finds out which operation a request asks for.

use axum::http::Method;
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;

use super::super::model::Permissions;
use super::super::name::{check_blob, check_container};
use super::super::query::Query;
use super::error::ApiError;

/// What a path addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) container: String,
    /// Empty when the path ends with the container.
    pub(super) blob: String,
}

impl Target {
    /// Decodes and checks a path below the mount point. An escaped slash is a
    /// slash, as Azure treats it.
    pub(super) fn parse(path: &str) -> Result<Self, ApiError> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let path = percent_decode_str(path)
            .decode_utf8()
            .map_err(|_| ApiError::invalid_uri("The path is not UTF-8."))?;
        let (container, blob) = path.split_once('/').unwrap_or((&path, ""));
        check_container(container)?;
        if !blob.is_empty() {
            check_blob(blob)?;
        }
        Ok(Self { container: container.to_owned(), blob: blob.to_owned() })
    }
}

/// The operations of this endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    PutBlob,
    PutBlock,
    PutBlockList,
    SetProperties,
    SetMetadata,
    DeleteBlob,
    GetBlob,
    GetProperties,
    GetBlockList,
    GetContainer,
    ListBlobs,
}

impl Operation {
    /// Decides by method, `restype` and `comp`.
    pub(super) fn parse(head: &Parts, target: &Target, query: &Query) -> Result<Self, ApiError> {
        let comp = query.get("comp");
        if target.blob.is_empty() {
            return Self::on_container(&head.method, query.get("restype"), comp);
        }
        let only_snapshots =
            head.headers.get("x-ms-delete-snapshots").is_some_and(|value| value == "only");
        if query.get("snapshot").is_some() || query.get("versionid").is_some() || only_snapshots {
            // There are none; to take the blob itself instead would be wrong.
            return Err(ApiError::blob_not_found());
        }
        Self::on_blob(&head.method, comp)
    }

    fn on_container(
        method: &Method,
        restype: Option<&str>,
        comp: Option<&str>,
    ) -> Result<Self, ApiError> {
        let reads = method == Method::GET || method == Method::HEAD;
        match (restype, comp) {
            (Some("container"), Some("list")) if method == Method::GET => Ok(Self::ListBlobs),
            (Some("container"), None | Some("metadata")) if reads => Ok(Self::GetContainer),
            // Create, delete, ACL and lease need the account key.
            (Some("container"), _) => Err(ApiError::permission_mismatch()),
            _ => Err(ApiError::invalid_query("restype")),
        }
    }

    fn on_blob(method: &Method, comp: Option<&str>) -> Result<Self, ApiError> {
        match (method, comp) {
            (&Method::PUT, None) => Ok(Self::PutBlob),
            (&Method::PUT, Some("block")) => Ok(Self::PutBlock),
            (&Method::PUT, Some("blocklist")) => Ok(Self::PutBlockList),
            (&Method::PUT, Some("properties")) => Ok(Self::SetProperties),
            (&Method::PUT, Some("metadata")) => Ok(Self::SetMetadata),
            (&Method::GET, None) => Ok(Self::GetBlob),
            (&Method::GET, Some("blocklist")) => Ok(Self::GetBlockList),
            (&Method::HEAD, None) | (&Method::GET | &Method::HEAD, Some("metadata")) => {
                Ok(Self::GetProperties)
            }
            (&Method::DELETE, None) => Ok(Self::DeleteBlob),
            (&Method::PUT | &Method::GET | &Method::HEAD | &Method::DELETE, Some(_)) => {
                Err(ApiError::not_implemented("comp"))
            }
            _ => Err(ApiError::unsupported_verb()),
        }
    }

    /// What a token must allow for this operation.
    pub(super) fn permission(self) -> Permissions {
        match self {
            Self::PutBlob
            | Self::PutBlock
            | Self::PutBlockList
            | Self::SetProperties
            | Self::SetMetadata => Permissions::WRITE,
            Self::DeleteBlob => Permissions::DELETE,
            Self::GetBlob | Self::GetProperties | Self::GetBlockList => Permissions::READ,
            // Azure gives container properties to account keys only; here they
            // say no more than a listing does.
            Self::GetContainer | Self::ListBlobs => Permissions::LIST,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn paths_are_decoded_once() {
        let target = Target::parse("/asset-1/a%2Fb%20%2525+.mp4").unwrap();
        assert_eq!(target.container, "asset-1");
        assert_eq!(target.blob, "a/b %25+.mp4");
        assert_eq!(Target::parse("/asset-1/").unwrap().blob, "");
    }

    #[test]
    fn paths_that_climb_are_refused() {
        for path in [
            "/",
            "//asset-1/b",
            "/asset-1/..",
            "/asset-1/a/%2e%2e/b",
            "/asset-1/..%2fb",
            "/asset-1/a%5cb",
            "/asset-1/%00",
            "/asset-1/%ff",
            "/Asset-1/b",
            "/..%2fasset-1/b",
        ] {
            assert!(Target::parse(path).is_err(), "{path}");
        }
    }
}
