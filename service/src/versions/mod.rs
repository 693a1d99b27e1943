//! The versions of the API that there were: a client sees the model of the version that it asks
//! for, whatever has come since.
//!
//! The service knows the latest model alone. What an earlier version did not have is refused in
//! requests ([`check`]) and left out of responses ([`shape`]); both follow from the version that
//! each row of the tables says has brought it.

mod check;
mod shape;

use azure_media::v2_19::tables::MODEL;
use edm::model::{EntitySet, Model};

/// A version of the API: `2.` and this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ApiVersion(usize);

/// The documents of the versions in which the model changed, which `cargo xtask generate` makes.
const DOCUMENTS: [(usize, &str); 17] = [
    (0, include_str!("../../../metadata/ams-2.0.xml")),
    (1, include_str!("../../../metadata/ams-2.1.xml")),
    (2, include_str!("../../../metadata/ams-2.2.xml")),
    (3, include_str!("../../../metadata/ams-2.3.xml")),
    (5, include_str!("../../../metadata/ams-2.5.xml")),
    (7, include_str!("../../../metadata/ams-2.7.xml")),
    (8, include_str!("../../../metadata/ams-2.8.xml")),
    (9, include_str!("../../../metadata/ams-2.9.xml")),
    (10, include_str!("../../../metadata/ams-2.10.xml")),
    (11, include_str!("../../../metadata/ams-2.11.xml")),
    (12, include_str!("../../../metadata/ams-2.12.xml")),
    (13, include_str!("../../../metadata/ams-2.13.xml")),
    (15, include_str!("../../../metadata/ams-2.15.xml")),
    (16, include_str!("../../../metadata/ams-2.16.xml")),
    (17, include_str!("../../../metadata/ams-2.17.xml")),
    (18, include_str!("../../../metadata/ams-2.18.xml")),
    (19, include_str!("../../../metadata/ams-2.19.xml")),
];

impl ApiVersion {
    /// The version that the tables are of.
    pub(crate) const LATEST: Self = Self(19);

    /// The version of this name, if there was one.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let minor = name.trim().strip_prefix("2.")?;
        if !minor.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        minor.parse().ok().map(Self).filter(|version| *version <= Self::LATEST)
    }

    /// The metadata document: that of the last version in which the model changed.
    pub(crate) fn metadata(self) -> &'static str {
        let found = DOCUMENTS.iter().rfind(|(version, _)| *version <= self.0);
        found.map_or("", |(_, document)| document)
    }

    /// The model.
    pub(crate) fn model(self) -> &'static Model {
        match self {
            Self::LATEST => &MODEL,
            earlier => shape::model(earlier),
        }
    }

    /// A set of the latest model as the version had it.
    pub(crate) fn set(self, latest: &'static EntitySet) -> Option<&'static EntitySet> {
        match self {
            Self::LATEST => Some(latest),
            earlier => earlier.model().entity_set(latest.name),
        }
    }

    /// Whether the version has what one has brought.
    fn has(self, since: Option<&str>) -> bool {
        since.and_then(Self::named).is_none_or(|since| since <= self)
    }
}

impl std::fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "2.{}", self.0)
    }
}

#[cfg(test)]
mod tests;
