//! Which endpoint a request is for, and what that means for it: whether it is running, whom it
//! serves, how long its answers may be kept.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::request::Parts;
use azure_media::v2_19::{IPRange, StreamingEndpointCacheControl};
use edm::{Edm as _, Record, Value};

use super::memory::Reading;
use super::{Code, OriginError};
use crate::app::App;
use crate::generation::Marks;
use crate::listen::Connection;
use crate::route;
use crate::sets;
use crate::urls::{Role, host_of};

/// A streaming endpoint.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) record: Record,
    serves: bool,
    /// The addresses that it serves, if not all.
    allowed: Result<Option<Vec<IPRange>>, OriginError>,
    /// How long it says that answers may be kept, in seconds.
    pub(super) max_age: Option<i64>,
}

/// All streaming endpoints.
pub(super) type Endpoints = Arc<[Arc<Endpoint>]>;

/// The endpoint that the host of a request stands for. On a host that is shared with the rest of
/// the service that is the default one.
pub(super) async fn of(
    reading: &mut Reading<'_>,
    head: &Parts,
) -> Result<Arc<Endpoint>, OriginError> {
    let endpoints = &reading.app.origin.endpoints;
    let all = endpoints.get(reading, &(), |reading, _| Box::pin(load(reading))).await?;
    let authority = route::authority(&head.headers, &head.uri);
    let host = host_of(authority).trim_end_matches('.');
    let app = reading.app;
    let named = all.iter().find(|endpoint| has_custom_host(&endpoint.record, host));
    let named = named.or_else(|| all.iter().find(|one| is_host_of(app, &one.record, host)));
    // The default one is the first.
    let first = || all.first().filter(|_| app.urls.role(authority) == Role::Shared);
    named.or_else(first).cloned().ok_or_else(|| {
        OriginError::not_found(format!("No streaming endpoint has the host name {host}."))
    })
}

async fn load(reading: Reading<'_>) -> Result<(Endpoints, Marks), OriginError> {
    let (app, generations) = (reading.app, reading.app.store.generations());
    // Whether an endpoint serves while it is changed is seen from the operation.
    let marks = Marks::from([
        generations.set(sets::set("StreamingEndpoints")?),
        generations.set(sets::set("Operations")?),
    ]);
    let mut endpoints = Vec::new();
    for record in sets::streaming_endpoints(app).await? {
        let serves = sets::serves(app, &record).await?;
        endpoints.push(Arc::new(Endpoint::new(record, serves)));
    }
    Ok((endpoints.into(), marks))
}

impl Endpoint {
    fn new(record: Record, serves: bool) -> Self {
        let cache = record.value("CacheControl").clone();
        let cache = Option::<StreamingEndpointCacheControl>::from_value(cache).ok().flatten();
        let max_age = cache.and_then(|cache| cache.max_age);
        let allowed = allowed(&record);
        Self { record, serves, allowed, max_age }
    }

    /// Refuses a request while the endpoint is not running, and of a client that it does not serve.
    pub(super) fn admit(&self, app: &App, head: &Parts) -> Result<(), OriginError> {
        if !self.serves {
            let name = self.record.text("Name");
            let message = format!("The streaming endpoint '{name}' is stopped.");
            return Err(OriginError::not_found(message));
        }
        let Some(allowed) = self.allowed.as_ref().map_err(OriginError::clone)? else {
            return Ok(());
        };
        let address = client_address(app, head);
        if address.is_some_and(|address| allowed.iter().any(|range| contains(range, address))) {
            return Ok(());
        }
        let message = "The streaming endpoint does not serve this address.";
        Err(OriginError::new(Code::Unauthorized, message))
    }

    /// Whether it serves some addresses only.
    pub(super) fn is_restricted(&self) -> bool {
        !matches!(self.allowed, Ok(None))
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
