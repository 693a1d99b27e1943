use super::Format;
use crate::version::Version;

/// How points in time are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateStyle {
    /// `2015-01-18T22:06:40.6010903Z`: the form for requests, and a service's answer to a create.
    Exact,
    /// `2015-01-18T22:06:40.601`: what a service has stored, in milliseconds and without zone.
    Stored,
    /// `/Date(1421618800601)/`: verbose JSON below V3.
    Epoch,
}

/// How a payload is written: the format, and what differs within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The format.
    pub format: Format,
    /// How points in time are printed.
    pub dates: DateStyle,
    /// Whether `Edm.Int64` and `Edm.Decimal` are texts: always up to V3, and in V4 if the content
    /// type says `IEEE754Compatible=true`.
    pub quoted_numbers: bool,
    /// Whether links are set and added as V4.01 has them. Bodies that bind are as in V4.0, and say
    /// so in `OData-Version`.
    pub is_v401: bool,
}

impl Dialect {
    /// V4 as it is without any parameters of the content type.
    pub(crate) const EXACT: Self = Self::new(Format::V4, Version::V4);

    /// What a service of a version reads in a format.
    pub const fn new(format: Format, version: Version) -> Self {
        let dates = match version {
            Version::V1 | Version::V2 => DateStyle::Epoch,
            Version::V3 | Version::V4 | Version::V401 => DateStyle::Exact,
        };
        let is_v4 = matches!(format, Format::V4);
        Self {
            format,
            dates,
            quoted_numbers: !is_v4,
            is_v401: is_v4 && matches!(version, Version::V401),
        }
    }

    /// The same with `Edm.Int64` and `Edm.Decimal` as texts; the content type of the request must
    /// say `IEEE754Compatible=true`.
    #[must_use]
    pub const fn ieee754_compatible(mut self) -> Self {
        self.quoted_numbers = true;
        self
    }
}
