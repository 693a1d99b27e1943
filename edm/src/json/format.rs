use super::raw;
use crate::version::Version;

/// Which of the JSON formats of OData.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `odata=minimalmetadata` and its kin, V3 only.
    Light,
    /// `odata=verbose`, all versions up to V3.
    Verbose,
    /// `odata.metadata=minimal` and its kin, V4 and V4.01.
    V4,
}

/// What a response says of itself in its headers; `None` for one that is missing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Declared<'a> {
    /// `Content-Type`.
    pub content_type: Option<&'a str>,
    /// `DataServiceVersion`, V1 to V3.
    pub data_service_version: Option<&'a str>,
    /// `OData-Version`, V4 and V4.01.
    pub odata_version: Option<&'a str>,
}

impl Format {
    /// The format that a service of this version answers in if nothing else is asked for.
    pub const fn of_version(version: Version) -> Self {
        match version {
            Version::V1 | Version::V2 => Self::Verbose,
            Version::V3 => Self::Light,
            Version::V4 | Version::V401 => Self::V4,
        }
    }

    /// The format that a response is in, by what it declares: one service answers in several
    /// versions. `None` if it declares nothing that tells.
    pub fn of_response(declared: Declared<'_>) -> Option<Self> {
        let content_type = declared.content_type.unwrap_or_default();
        let parameters = content_type.split(';').skip(1).filter_map(|one| one.split_once('='));
        for (name, value) in parameters {
            match name.trim().to_ascii_lowercase().as_str() {
                "odata" if value.trim().eq_ignore_ascii_case("verbose") => {
                    return Some(Self::Verbose);
                }
                "odata" => return Some(Self::Light),
                "odata.metadata" | "metadata" | "ieee754compatible" => return Some(Self::V4),
                _ => {}
            }
        }
        if declared.odata_version.is_some_and(|version| !version.trim().is_empty()) {
            return Some(Self::V4);
        }
        declared.data_service_version.and_then(|v| Version::parse(v).ok()).map(Self::of_version)
    }

    /// The format that a payload looks like, for a response that declares nothing; `None` if it
    /// could be several.
    pub fn of_payload(text: &str) -> Option<Self> {
        let members = raw::members(text)?;
        if let [(name, _)] = members.as_slice()
            && name == "d"
        {
            return Some(Self::Verbose);
        }
        let starts = |prefix: &str| members.iter().any(|(name, _)| name.starts_with(prefix));
        if starts("odata.") {
            Some(Self::Light)
        } else if starts("@") {
            Some(Self::V4)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_response_declares_chooses_the_format() {
        for (content_type, dsv, odata, expected) in [
            ("application/json;odata=verbose;charset=utf-8", "1.0;", "", Some(Format::Verbose)),
            ("application/json; odata=minimalmetadata", "3.0;", "", Some(Format::Light)),
            ("application/json;odata=nometadata", "", "", Some(Format::Light)),
            ("application/json", "2.0", "", Some(Format::Verbose)),
            ("application/json", "3.0", "", Some(Format::Light)),
            ("application/json; charset=utf-8", "", "4.0", Some(Format::V4)),
            ("application/json;odata.metadata=none", "", "", Some(Format::V4)),
            ("application/json;IEEE754Compatible=true", "", "", Some(Format::V4)),
            ("application/json", "", "", None),
            ("", "nonsense", " ", None),
        ] {
            let declared = Declared {
                content_type: Some(content_type),
                data_service_version: Some(dsv),
                odata_version: Some(odata),
            };
            assert_eq!(Format::of_response(declared), expected, "{declared:?}");
        }
        assert_eq!(Format::of_response(Declared::default()), None);
    }

    #[test]
    fn a_payload_tells_its_format_if_it_must() {
        for (text, expected) in [
            (r#"{"d":[]}"#, Some(Format::Verbose)),
            (r#"{"odata.metadata":"m","value":[]}"#, Some(Format::Light)),
            (r#"{"value":[],"@odata.context":"m"}"#, Some(Format::V4)),
            (r#"{"@context":"m"}"#, Some(Format::V4)),
            (r#"{"value":[]}"#, None),
            ("[]", None),
            ("<html>", None),
        ] {
            assert_eq!(Format::of_payload(text), expected, "{text}");
        }
    }
}
