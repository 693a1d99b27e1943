//! Shared access signatures for containers.
//!
//! A locator is a SAS of version 2012-02-12 that names a stored access policy:
//! removing the policy revokes the locator. Tokens of later versions signed
//! with the same key, as current SDKs make them, are accepted as well.
//!
//! Source: Microsoft, "Create a service SAS".

mod layout;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::Sha256;

use super::model::{Permissions, Policy};
use super::query::Query;
use layout::{Layout, Resource};

/// Version of the tokens this service makes.
pub(crate) const LOCATOR_VERSION: &str = "2012-02-12";

/// Unreserved characters of RFC 3986 §2.3 stay as they are.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Parameters a token may have once at most: all that are signed.
const SIGNED: [&str; 15] = [
    "sv", "sr", "si", "sig", "st", "se", "sp", "sip", "spr", "ses", "rscc", "rscd", "rsce", "rscl",
    "rsct",
];

/// Response headers a token may set, with the parameter that does.
const OVERRIDES: [(&str, &str); 5] = [
    ("rscc", "cache-control"),
    ("rscd", "content-disposition"),
    ("rsce", "content-encoding"),
    ("rscl", "content-language"),
    ("rsct", "content-type"),
];

/// A secret that signs tokens.
#[derive(Clone)]
pub(crate) struct SasKey([u8; 32]);

impl SasKey {
    /// Wraps 32 random bytes.
    pub(crate) fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    fn mac(&self, text: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0)
            .expect("HMAC takes keys of any length (RFC 2104 §2)");
        mac.update(text.as_bytes());
        mac
    }
}

impl fmt::Debug for SasKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SasKey(…)")
    }
}

/// Why a token opens nothing. Clients only learn that it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SasError {
    /// There is no signature in the query.
    #[error("the request has no shared access signature")]
    Missing,
    /// A parameter is missing, given twice or not of its form.
    #[error("SAS parameter {0} is missing or malformed")]
    Malformed(&'static str),
    /// The token sets a limit this service cannot check.
    #[error("SAS parameter {0} is not supported")]
    Unsupported(&'static str),
    /// The signature is not ours, or something signed was changed.
    #[error("the signature does not match")]
    Signature,
    /// The stored access policy is unknown or was removed.
    #[error("the stored access policy does not exist")]
    Revoked,
    /// Now is before the start or after the expiry.
    #[error("the token is not valid at this time")]
    Time,
}

/// Signs and checks tokens for the containers of one account.
#[derive(Clone, Debug)]
pub(crate) struct SasAuthority {
    account: String,
    signing: SasKey,
}

impl SasAuthority {
    /// Signs with `key` in the name of the storage account `account`.
    pub(crate) fn new(account: impl Into<String>, key: SasKey) -> Self {
        Self { account: account.into(), signing: key }
    }

    /// The query of a locator, without a `?`, as Media Services formed it. It
    /// works as long as the container has the stored access policy
    /// `policy_id`, from `start` (if any) until `expiry`. Times are cut to
    /// whole seconds.
    pub(crate) fn sign(
        &self,
        container: &str,
        policy_id: &str,
        start: Option<Timestamp>,
        expiry: Timestamp,
    ) -> String {
        let start = start.map(format_time);
        let expiry = format_time(expiry);
        let resource = Resource { account: &self.account, container };
        let text = Layout::LOCATOR.string_to_sign(resource, |name| match name {
            "st" => start.as_deref(),
            "se" => Some(&expiry),
            "si" => Some(policy_id),
            "sv" => Some(LOCATOR_VERSION),
            _ => None,
        });
        let signature = STANDARD.encode(self.signing.mac(&text).finalize().into_bytes());
        let mut query = format!(
            "sv={LOCATOR_VERSION}&sr=c&si={}&sig={}",
            encode(policy_id),
            encode(&signature)
        );
        if let Some(start) = &start {
            query.push_str(&format!("&st={}", encode(start)));
        }
        query.push_str(&format!("&se={}", encode(&expiry)));
        query
    }

    /// Checks that the query holds a token for `container` that one of our
    /// keys signed. Whether the token is in force is for
    /// [`SasToken::grant`] to say.
    pub(super) fn verify(&self, container: &str, query: &Query) -> Result<SasToken, SasError> {
        let signature = query.get("sig").ok_or(SasError::Missing)?;
        if let Some(twice) = SIGNED.into_iter().find(|name| query.count(name) > 1) {
            return Err(SasError::Malformed(twice));
        }
        if query.get("sr") != Some("c") {
            return Err(SasError::Malformed("sr"));
        }
        let layout =
            query.get("sv").and_then(Layout::of_version).ok_or(SasError::Malformed("sv"))?;
        let signature = STANDARD.decode(signature).map_err(|_| SasError::Malformed("sig"))?;
        let resource = Resource { account: &self.account, container };
        let text = layout.string_to_sign(resource, |name| query.get(name));
        // `verify_slice` compares in constant time.
        let verified = self.signing.mac(&text).verify_slice(&signature);
        if verified.is_ok() { SasToken::read(query) } else { Err(SasError::Signature) }
    }
}

/// A token whose signature is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SasToken {
    policy_id: Option<String>,
    start: Option<Timestamp>,
    expiry: Option<Timestamp>,
    permissions: Option<Permissions>,
    overrides: Vec<(&'static str, String)>,
}

/// What a token in force allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grant {
    /// The operations.
    pub(super) permissions: Permissions,
    /// Headers to be put on the reply to a read, by lower-case name.
    pub(super) overrides: Vec<(&'static str, String)>,
}

impl SasToken {
    fn read(query: &Query) -> Result<Self, SasError> {
        // Limits on address and encryption scope cannot be checked here, and a
        // limit must not be ignored.
        for name in ["sip", "ses"] {
            if query.get(name).is_some() {
                return Err(SasError::Unsupported(name));
            }
        }
        // Whether the client came over TLS is known to a proxy at best.
        if query.get("spr").is_some_and(|list| !list.split(',').any(|one| one == "http")) {
            return Err(SasError::Unsupported("spr"));
        }
        let time = |name| {
            query
                .get(name)
                .map(|text| parse_time(text).ok_or(SasError::Malformed(name)))
                .transpose()
        };
        Ok(Self {
            policy_id: query.get("si").map(str::to_owned),
            start: time("st")?,
            expiry: time("se")?,
            permissions: query.get("sp").map(Permissions::from_letters),
            overrides: OVERRIDES
                .into_iter()
                .filter_map(|(name, header)| Some((header, query.get(name)?.to_owned())))
                .collect(),
        })
    }

    /// Id of the stored access policy the token names.
    pub(super) fn policy_id(&self) -> Option<&str> {
        self.policy_id.as_deref()
    }

    /// What the token allows at the moment `now`, given the stored access
    /// policy it names. Limits of the token and of the policy both hold.
    pub(super) fn grant(self, policy: Option<&Policy>, now: Timestamp) -> Result<Grant, SasError> {
        if self.policy_id.is_some() && policy.is_none() {
            return Err(SasError::Revoked);
        }
        let stored_start = policy.and_then(|policy| policy.start);
        let stored_expiry = policy.and_then(|policy| policy.expiry);
        let started = [self.start, stored_start].into_iter().flatten().all(|start| start <= now);
        let mut expiries = [self.expiry, stored_expiry].into_iter().flatten().peekable();
        if expiries.peek().is_none() {
            return Err(SasError::Malformed("se"));
        }
        if !started || !expiries.all(|expiry| now < expiry) {
            return Err(SasError::Time);
        }
        let permissions = match (self.permissions, policy.map(|policy| policy.permissions)) {
            (Some(token), Some(stored)) => token.intersection(stored),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => return Err(SasError::Malformed("sp")),
        };
        Ok(Grant { permissions, overrides: self.overrides })
    }
}

fn encode(value: &str) -> String {
    utf8_percent_encode(value, VALUE).to_string()
}

fn format_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Reads the forms of ISO 8601 Azure accepts: a date alone, or a date and time
/// with or without seconds.
fn parse_time(text: &str) -> Option<Timestamp> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    let date: Date = (text.len() == 10).then(|| text.parse().ok())??;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests;
