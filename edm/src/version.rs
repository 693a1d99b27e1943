//! Protocol versions, `DataServiceVersion`, `OData-Version` and their kin.

use std::fmt;

/// A version of the OData protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// 1.0.
    V1,
    /// 2.0.
    V2,
    /// 3.0.
    V3,
    /// 4.0.
    V4,
    /// 4.01.
    V401,
}

/// A header that names no version this crate speaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// A well-formed version past 3.0.
    #[error("version '{0}' is too high")]
    TooHigh(String),
    /// Anything else.
    #[error("'{0}' is not a protocol version")]
    Malformed(String),
}

impl Version {
    /// Whether it is one of the versions since 4.0, which have a wire format of their own.
    pub const fn is_v4(self) -> bool {
        matches!(self, Self::V4 | Self::V401)
    }

    /// Reads the `DataServiceVersion` of V1 to V3: `3.0`, `3.0;` or `3.0;NetFx`: what follows the semicolon is a user agent.
    ///
    /// # Errors
    ///
    /// The text is no version, or one past 3.0.
    pub fn parse(header: &str) -> Result<Self, VersionError> {
        let number = header.split(';').next().unwrap_or_default().trim();
        match number {
            "1.0" => Ok(Self::V1),
            "2.0" => Ok(Self::V2),
            "3.0" => Ok(Self::V3),
            _ => {
                let major = number.split_once('.').map(|(major, minor)| (major.parse(), minor));
                match major {
                    Some((Ok(4u32..), minor)) if minor.parse::<u32>().is_ok() => {
                        Err(VersionError::TooHigh(number.to_owned()))
                    }
                    _ => Err(VersionError::Malformed(crate::value::shorten(number))),
                }
            }
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1 => "1.0",
            Self::V2 => "2.0",
            Self::V3 => "3.0",
            Self::V4 => "4.0",
            Self::V401 => "4.01",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_agents_are_ignored() {
        assert_eq!(Version::parse("3.0;NetFx"), Ok(Version::V3));
        assert_eq!(Version::parse("1.0;"), Ok(Version::V1));
        assert_eq!(Version::parse("4.0"), Err(VersionError::TooHigh("4.0".into())));
        for junk in ["", "1", "0.9", "x", "3"] {
            assert!(matches!(Version::parse(junk), Err(VersionError::Malformed(_))), "{junk}");
        }
    }
}
