//! Which endpoint a request is for, and what that means for it: whether it is running, whom it
//! serves, how long its answers may be kept.

use std::net::IpAddr;

use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use azure_media::v2_19::{IPRange, StreamingEndpointCacheControl};
use edm::{Edm as _, Record, Value};

use super::{Code, OriginError};
use crate::app::App;
use crate::listen::Connection;
use crate::route;
use crate::sets;
use crate::urls::{Role, host_of};

/// A streaming endpoint.
pub(super) struct Endpoint {
    pub(super) record: Record,
}

impl Endpoint {
    /// The endpoint that the host of a request stands for. On a host that is shared with the rest
    /// of the service that is the default one.
    pub(super) async fn of(app: &App, head: &Parts) -> Result<Self, OriginError> {
        let authority = route::authority(&head.headers, &head.uri);
        let host = host_of(authority).trim_end_matches('.');
        let mut all = sets::streaming_endpoints(app).await?;
        let role = app.urls.role(authority);
        let named = all.iter().position(|endpoint| has_custom_host(endpoint, host));
        let named =
            named.or_else(|| all.iter().position(|endpoint| is_host_of(app, endpoint, host)));
        let at = match named {
            Some(at) => at,
            None if role == Role::Shared && !all.is_empty() => 0,
            None => {
                let message = format!("No streaming endpoint has the host name {host}.");
                return Err(OriginError::not_found(message));
            }
        };
        Ok(Self { record: all.swap_remove(at) })
    }

    /// Refuses a request while the endpoint is not running, and of a client that it does not serve.
    pub(super) async fn admit(&self, app: &App, head: &Parts) -> Result<(), OriginError> {
        if !sets::serves(app, &self.record).await? {
            let name = self.record.text("Name");
            let message = format!("The streaming endpoint '{name}' is stopped.");
            return Err(OriginError::not_found(message));
        }
        let Some(allowed) = allowed(&self.record)? else { return Ok(()) };
        let address = client_address(app, head);
        if address.is_some_and(|address| allowed.iter().any(|range| contains(range, address))) {
            return Ok(());
        }
        let message = "The streaming endpoint does not serve this address.";
        Err(OriginError::new(Code::Unauthorized, message))
    }

    /// Refuses to package for an endpoint that only hands out files.
    pub(super) fn check_packages(&self) -> Result<(), OriginError> {
        if !sets::is_classic(&self.record) {
            return Ok(());
        }
        let message = "A streaming endpoint of version 1.0 without streaming units does not \
                       package: scale it, or change its version to 2.0.";
        Err(OriginError::new(Code::OutputFormatNotSupported, message))
    }

    /// Says how long an answer may be kept, if the endpoint says so.
    pub(super) fn set_cache(&self, response: &mut Response) {
        let cache = self.record.value("CacheControl").clone();
        let cache = Option::<StreamingEndpointCacheControl>::from_value(cache).ok().flatten();
        if let Some(age) = cache.and_then(|cache| cache.max_age)
            && response.status().is_success()
            && let Ok(value) = HeaderValue::try_from(format!("max-age={age}"))
        {
            response.headers_mut().insert(header::CACHE_CONTROL, value);
        }
    }
}

fn has_custom_host(endpoint: &Record, host: &str) -> bool {
    let Value::Collection(names) = endpoint.value("CustomHostNames") else { return false };
    names.iter().filter_map(Value::as_str).any(|name| name.eq_ignore_ascii_case(host))
}

/// Whether an endpoint has a host: its own, or one that differs in what follows the first label,
/// as the older `account.origin.…` does.
fn is_host_of(app: &App, endpoint: &Record, host: &str) -> bool {
    let own = host_of(endpoint.text("HostName"));
    let first = |host: &str| host.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let streams = |host| app.urls.role(host) == Role::Streaming;
    own.eq_ignore_ascii_case(host) || (streams(host) && streams(own) && first(host) == first(own))
}

/// The addresses that an endpoint serves: all without a list, and none if the list is empty.
fn allowed(endpoint: &Record) -> Result<Option<Vec<IPRange>>, OriginError> {
    let ip = member(endpoint.value("AccessControl"), "IP");
    match ip.map(|ip| member(ip, "Allow")) {
        None | Some(None) => Ok(None),
        Some(Some(allow)) => {
            Vec::from_value(allow.clone()).map(Some).map_err(OriginError::internal)
        }
    }
}

/// A member of a complex value that is neither missing nor null.
fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let Value::Complex(members) = value else { return None };
    let found = members.iter().find(|(member, _)| member == name);
    found.map(|(_, value)| value).filter(|value| !value.is_null())
}

/// Who asks: the other end of the connection, or whom the operator's proxy names.
fn client_address(app: &App, head: &Parts) -> Option<IpAddr> {
    let Some(name) = &app.stream_options.client_address_header else {
        return head.extensions.get::<Connection>().map(|connection| connection.peer);
    };
    // What is before the last address, and in earlier headers, is what the client has said.
    let last = head.headers.get_all(name).iter().next_back()?.to_str().ok()?;
    let last = last.rsplit(',').next()?.trim();
    let bare = last.trim_start_matches('[').split(']').next().unwrap_or(last);
    let address = bare.parse().or_else(|_| host_of(last).parse::<IpAddr>());
    address.ok().map(|address| address.to_canonical())
}

/// Whether an address is in a range; without a prefix length, a range is one address.
fn contains(range: &IPRange, address: IpAddr) -> bool {
    let base = range.address.as_deref().unwrap_or_default().trim().parse::<IpAddr>();
    let (base, address, bits) = match (base, address) {
        (Ok(IpAddr::V4(base)), IpAddr::V4(address)) => {
            (u128::from(base.to_bits()), u128::from(address.to_bits()), 32)
        }
        (Ok(IpAddr::V6(base)), IpAddr::V6(address)) => (base.to_bits(), address.to_bits(), 128),
        _ => return false,
    };
    let length = range.subnet_prefix_length.map_or(bits, |length| length.unsigned_abs().min(bits));
    // No bit at all is compared where the length is 0: a shift by all bits is none.
    let shift = bits - length;
    let prefix = |address: u128| address.checked_shr(shift).unwrap_or(0);
    prefix(base) == prefix(address)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn ranges_hold_what_shares_their_prefix() {
        for (base, length, address, inside) in [
            ("10.0.0.0", Some(8), "10.200.3.4", true),
            ("10.0.0.0", Some(8), "11.0.0.1", false),
            ("10.0.0.7", None, "10.0.0.7", true),
            ("10.0.0.7", None, "10.0.0.8", false),
            ("0.0.0.0", Some(0), "203.0.113.9", true),
            ("0.0.0.0", Some(0), "::1", false),
            ("::", Some(0), "2001:db8::1", true),
            ("2001:db8::", Some(32), "2001:db8:1::1", true),
            ("2001:db8::", Some(32), "2001:db9::1", false),
            ("::1", None, "::1", true),
            ("nonsense", Some(0), "10.0.0.1", false),
        ] {
            let mut range = IPRange::default();
            range.address = Some(base.to_owned());
            range.subnet_prefix_length = length;
            assert_eq!(contains(&range, address.parse().unwrap()), inside, "{base} {address}");
        }
    }
}
