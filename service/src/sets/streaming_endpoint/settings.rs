//! What an endpoint is set to, and what it cannot be set to.

use std::net::IpAddr;

use axum::http::StatusCode;
use azure_media::v2_19::{
    CdnProviderType, CrossSiteAccessPolicies, StreamingEndpointAccessControl,
    StreamingEndpointCacheControl,
};
use edm::{Edm, Record};
use quick_xml::Reader;
use quick_xml::events::Event;

use super::DEFAULT;
use crate::app::App;
use crate::error::ApiError;
use crate::sets::not_available;
use crate::urls::{Role, host_of};

/// What is answered to an endpoint with a content delivery network, word for word.
const NO_CDN: &str = "Streaming endpoint CdnEnabled property cannot be set to true as CDN \
                      capability is not available in the current region.";
/// The longest time for caches, in seconds (RFC 9111 §1.2.2).
const LONGEST_AGE: i64 = 1 << 31;
/// The longest cross-site policy, in bytes.
const LONGEST_POLICY: usize = 64 << 10;
/// The longest host name (RFC 1035 §2.3.4).
const LONGEST_HOST: usize = 253;
/// The longest part of a host name between two dots.
const LONGEST_LABEL: usize = 63;

/// Sets what was left out.
pub(super) fn complete(endpoint: &mut Record) {
    if endpoint.value("ScaleUnits").is_null() {
        endpoint.put("ScaleUnits", 0);
    }
    if endpoint.text("StreamingEndpointVersion").is_empty() {
        endpoint.put("StreamingEndpointVersion", "2.0");
    }
}

/// Null stands for no change of the version.
pub(super) fn keep_version(old: &Record, new: &mut Record) {
    if new.text("StreamingEndpointVersion").is_empty() {
        new.put("StreamingEndpointVersion", old.text("StreamingEndpointVersion"));
    }
}

/// Checks an endpoint that is being made.
pub(super) fn check_new(app: &App, new: &Record, others: &[Record]) -> Result<(), ApiError> {
    let name = new.text("Name");
    check_name(name)?;
    if others.iter().any(|other| other.text("Name").eq_ignore_ascii_case(name)) {
        return Err(ApiError::conflict(name_taken(name)));
    }
    check_units(app, new.value("ScaleUnits").as_integer().unwrap_or_default())?;
    check(app, new, others)
}

/// Checks an endpoint that is being changed.
pub(super) fn check_change(
    app: &App,
    old: &Record,
    new: &Record,
    all: &[Record],
) -> Result<(), ApiError> {
    let version = |endpoint: &Record| endpoint.text("StreamingEndpointVersion").to_owned();
    if version(old) == "2.0" && version(new) != "2.0" {
        let message = "StreamingEndpointVersion can be changed from 1.0 to 2.0, and not back.";
        return Err(ApiError::bad_request(message));
    }
    let others: Vec<_> =
        all.iter().filter(|other| other.text("Id") != old.text("Id")).cloned().collect();
    check(app, new, &others)
}

fn check(app: &App, new: &Record, others: &[Record]) -> Result<(), ApiError> {
    if !matches!(new.text("StreamingEndpointVersion"), "1.0" | "2.0") {
        return Err(ApiError::bad_request("StreamingEndpointVersion must be 1.0 or 2.0."));
    }
    if new.value("CdnEnabled").as_bool() == Some(true) {
        return Err(ApiError::new(StatusCode::PRECONDITION_FAILED, NO_CDN));
    }
    let provider = new.text("CdnProvider");
    if !provider.is_empty() && matches!(provider.into(), CdnProviderType::Unknown(_)) {
        let message = format!("CdnProvider '{provider}' is not known.");
        return Err(ApiError::bad_request(message));
    }
    check_hosts(app, new, others)?;
    check_access(new)?;
    if let Some(cache) = read::<Option<StreamingEndpointCacheControl>>(new, "CacheControl")?
        && !(0..=LONGEST_AGE).contains(&cache.max_age.unwrap_or_default())
    {
        let message = format!("CacheControl.MaxAge must be 0 to {LONGEST_AGE} seconds.");
        return Err(ApiError::bad_request(message));
    }
    let policies = read::<Option<CrossSiteAccessPolicies>>(new, "CrossSiteAccessPolicies")?;
    for (name, root, text) in policies.iter().flat_map(|policies| {
        [
            ("ClientAccessPolicy", "access-policy", &policies.client_access_policy),
            ("CrossDomainPolicy", "cross-domain-policy", &policies.cross_domain_policy),
        ]
    }) {
        check_policy(name, root, text.as_deref().unwrap_or_default())?;
    }
    Ok(())
}

fn read<T: Edm>(endpoint: &Record, name: &str) -> Result<T, ApiError> {
    T::from_value(endpoint.value(name).clone())
        .map_err(|error| ApiError::bad_request(format!("{name}: {error}")))
}

/// What to answer to the name of another endpoint.
pub(super) fn name_taken(name: &str) -> String {
    format!("ResourceNameTaken: there is a streaming endpoint named '{name}' already.")
}

fn check_name(name: &str) -> Result<(), ApiError> {
    let is_label = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-');
    if is_label {
        return Ok(());
    }
    Err(ApiError::bad_request(
        "InvalidResourceName: the Name of a streaming endpoint has up to 32 letters, digits and \
         hyphens, and no hyphen at its start or end.",
    ))
}

/// Checks the number of streaming units.
pub(super) fn check_units(app: &App, units: i64) -> Result<(), ApiError> {
    let most = app.quotas.streaming_units;
    if units > most {
        let limit = usize::try_from(most).unwrap_or_default();
        return Err(ApiError::quota("streaming units of a streaming endpoint", limit));
    }
    if units < 0 {
        return Err(ApiError::bad_request("The number of scale units must be at least 0."));
    }
    Ok(())
}

fn check_hosts(app: &App, new: &Record, others: &[Record]) -> Result<(), ApiError> {
    let own = read::<Vec<String>>(new, "CustomHostNames")?;
    for (at, name) in own.iter().enumerate() {
        let taken = |other: &str| other.eq_ignore_ascii_case(name);
        if !is_host(name) {
            let message = format!("CustomHostNames: '{name}' is not a host name.");
            return Err(ApiError::bad_request(message));
        }
        if own.iter().skip(at + 1).any(|other| taken(other)) {
            let message = format!("CustomHostNames: '{name}' is given twice.");
            return Err(ApiError::bad_request(message));
        }
        let default = app.urls.streaming_host(DEFAULT);
        let mut of_others = false;
        for other in others {
            let names = read::<Vec<String>>(other, "CustomHostNames")?;
            of_others |= names.iter().any(|other| taken(other));
            of_others |= taken(host_of(other.text("HostName")));
        }
        if of_others || taken(host_of(&default)) {
            let message = format!("CustomHostNames: '{name}' belongs to another endpoint.");
            return Err(ApiError::conflict(message));
        }
        if !matches!(app.urls.role(name), Role::Shared | Role::Streaming) {
            let message = format!("CustomHostNames: '{name}' is the host of another service.");
            return Err(ApiError::conflict(message));
        }
    }
    Ok(())
}

/// Whether a text is the name of a host with a domain, and neither an address nor more than that.
fn is_host(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=LONGEST_LABEL).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.len() <= LONGEST_HOST
        && name.contains('.')
        && name.split('.').all(is_label)
        && name.parse::<IpAddr>().is_err()
}

fn check_access(new: &Record) -> Result<(), ApiError> {
    let access = read::<Option<StreamingEndpointAccessControl>>(new, "AccessControl")?;
    let Some(access) = access else { return Ok(()) };
    let keys = access.akamai.map(|akamai| akamai.akamai_signature_header_authentication_key_list);
    if keys.is_some_and(|keys| !keys.is_empty()) {
        // To keep keys that nobody asks for would be worse than to refuse them.
        return Err(not_available("Akamai signature header authentication"));
    }
    for range in access.ip.iter().flat_map(|ip| &ip.allow) {
        let address = range.address.as_deref().unwrap_or_default();
        let longest = match address.trim().parse::<IpAddr>() {
            Ok(IpAddr::V4(_)) => 32,
            Ok(IpAddr::V6(_)) => 128,
            Err(_) => {
                let message = format!("AccessControl: '{address}' is not an IP address.");
                return Err(ApiError::bad_request(message));
            }
        };
        if range.subnet_prefix_length.is_some_and(|length| !(0..=longest).contains(&length)) {
            let message = format!(
                "AccessControl: the SubnetPrefixLength of {address} must be 0 to {longest}."
            );
            return Err(ApiError::bad_request(message));
        }
    }
    Ok(())
}

/// A policy is handed out as it is: it must be XML of its kind, for players to understand it.
fn check_policy(name: &str, root: &str, text: &str) -> Result<(), ApiError> {
    let refuse = |problem: &str| {
        Err(ApiError::bad_request(format!("CrossSiteAccessPolicies.{name} {problem}.")))
    };
    if text.trim().is_empty() {
        return Ok(());
    }
    if text.len() > LONGEST_POLICY {
        return refuse(&format!("is longer than {LONGEST_POLICY} bytes"));
    }
    let mut reader = Reader::from_str(text.trim());
    let (mut depth, mut found) = (0_usize, false);
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                found |= depth == 0 && start.local_name().as_ref() == root;
                depth += 1;
            }
            Ok(Event::Empty(start)) => found |= depth == 0 && start.local_name().as_ref() == root,
            Ok(Event::End(_)) => depth = depth.saturating_sub(1),
            Ok(Event::Eof) if depth == 0 && found => return Ok(()),
            Ok(Event::Eof) => return refuse(&format!("must have the root element {root}")),
            Ok(_) => {}
            Err(error) => return refuse(&format!("is not well-formed XML: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_labels_and_hosts_are_made_of_them() {
        for name in ["a", "A-1", "two"] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in ["", "-a", "a-", "a b", "a.b", "ä", "a_b"] {
            assert!(check_name(name).is_err(), "{name}");
        }
        for host in ["video.example", "a-b.c.example"] {
            assert!(is_host(host), "{host}");
        }
        let label = format!("{}.example", "x".repeat(64));
        for host in [
            "",
            "video",
            "http://video.example",
            "video.example:80",
            "10.0.0.1",
            "a..b",
            "-a.b",
            &label,
        ] {
            assert!(!is_host(host), "{host}");
        }
    }

    #[test]
    fn policies_are_xml_of_their_kind() {
        let check =
            |text: &str| check_policy("CrossDomainPolicy", "cross-domain-policy", text).is_ok();
        for good in [
            "",
            "<cross-domain-policy/>",
            "<?xml version=\"1.0\"?><!DOCTYPE cross-domain-policy SYSTEM \"http://www.adobe.com/xml/dtds/cross-domain-policy.dtd\"><cross-domain-policy><allow-access-from domain=\"*\"/></cross-domain-policy>",
        ] {
            assert!(check(good), "{good}");
        }
        for bad in [
            "<access-policy/>",
            "<cross-domain-policy>",
            "text",
            "<a><cross-domain-policy/></a>",
            "<x",
            &" x".repeat(40_000),
        ] {
            assert!(!check(bad), "{bad}");
        }
    }
}
