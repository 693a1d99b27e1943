//! The query of a request, decoded.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::percent_decode_str;

/// The parameters of a query, by lower-case name.
///
/// Only percent escapes are decoded: a `+` stays a `+`, because it is a digit
/// of base64 in signatures and block ids. `Debug` shows no values, since a SAS
/// is a secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Query(Vec<(String, String)>);

/// A query that is not UTF-8 or has a control character.
#[derive(Debug, thiserror::Error)]
#[error("query parameter {0} is not text")]
pub(super) struct InvalidQuery(pub(super) String);

impl Query {
    /// Splits and decodes a raw query, which is the part after the `?`.
    pub(super) fn parse(raw: &str) -> Result<Self, InvalidQuery> {
        raw.split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                let name = decode(name)
                    .map_err(|()| InvalidQuery("names".to_owned()))?
                    .to_ascii_lowercase();
                match decode(value) {
                    Ok(value) => Ok((name, value.into_owned())),
                    Err(()) => Err(InvalidQuery(name)),
                }
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The first value of a parameter, unless it is empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// How often a parameter occurs.
    pub(super) fn count(&self, name: &str) -> usize {
        self.0.iter().filter(|(known, _)| known == name).count()
    }
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

fn decode(text: &str) -> Result<Cow<'_, str>, ()> {
    let text = percent_decode_str(text).decode_utf8().map_err(|_| ())?;
    if text.chars().any(char::is_control) { Err(()) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn decodes_escapes_but_not_plus() {
        let query = Query::parse("SIG=a+b%2Bc%3D&comp&restype=container&&x=1&x=2").unwrap();
        assert_eq!(query.get("sig"), Some("a+b+c="));
        assert_eq!(query.get("comp"), None);
        assert_eq!(query.get("x"), Some("1"));
        assert_eq!(query.count("x"), 2);
        assert!(Query::parse("a=%FF").is_err());
        assert!(Query::parse("sp=r%0A").is_err());
    }

    #[test]
    fn debug_hides_values() {
        let query = Query::parse("sig=secret").unwrap();
        assert_eq!(format!("{query:?}"), r#"["sig"]"#);
    }
}
