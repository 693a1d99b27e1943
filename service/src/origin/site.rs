//! What players on other sites ask for at the root of a host: the policies of an endpoint.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use azure_media::v2_19::CrossSiteAccessPolicies;
use edm::Edm as _;

use super::{Endpoint, OriginError};

/// A document at the root of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    /// `/clientaccesspolicy.xml`, for Silverlight.
    ClientAccess,
    /// `/crossdomain.xml`, for Flash.
    CrossDomain,
}

impl Policy {
    /// The policy that a path names.
    pub(super) fn of(path: &str) -> Option<Self> {
        match path {
            "/clientaccesspolicy.xml" => Some(Self::ClientAccess),
            "/crossdomain.xml" => Some(Self::CrossDomain),
            _ => None,
        }
    }

    /// The document, as the endpoint was given it.
    pub(super) fn answer(self, endpoint: &Endpoint) -> Result<Response, OriginError> {
        let policies = endpoint.record.value("CrossSiteAccessPolicies").clone();
        let policies = Option::<CrossSiteAccessPolicies>::from_value(policies);
        let text = policies.map_err(OriginError::internal)?.and_then(|policies| match self {
            Self::ClientAccess => policies.client_access_policy,
            Self::CrossDomain => policies.cross_domain_policy,
        });
        match text.filter(|text| !text.trim().is_empty()) {
            Some(text) => Ok(([(header::CONTENT_TYPE, "text/xml")], text).into_response()),
            None => Err(OriginError::not_found("The streaming endpoint has no such policy.")),
        }
    }
}
