//! What is signed, by version. Microsoft appended fields to the string-to-sign
//! over the years; a token is checked by the rules of its own `sv`.

/// One kind of string-to-sign. Its fields are `sp`, `st`, `se`, the resource,
/// `si`, the `limits`, `sv`, the `kind` and, in later versions, the response
/// headers, joined by line feeds.
#[derive(Debug)]
pub(super) struct Layout {
    /// First version that has it.
    since: &'static str,
    /// Whether the resource begins with the name of the service.
    service_prefix: bool,
    /// Parameters that limit who may use the token.
    limits: &'static [&'static str],
    /// Parameters that tell the kind of the resource.
    kind: &'static [&'static str],
    /// Parameters that set response headers.
    overrides: &'static [&'static str],
}

/// What a token is for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resource<'a> {
    /// Name of the storage account.
    pub(super) account: &'a str,
    /// Name of the container.
    pub(super) container: &'a str,
}

/// The time of a snapshot: no parameter, and empty for tokens of a container.
const SNAPSHOT_TIME: &str = "(snapshot time)";

const LIMITS: &[&str] = &["sip", "spr"];

const OVERRIDES: &[&str] = &["rscc", "rscd", "rsce", "rscl", "rsct"];

/// All layouts, newest first.
const LAYOUTS: [Layout; 6] = [
    Layout {
        since: "2020-12-06",
        service_prefix: true,
        limits: LIMITS,
        kind: &["sr", SNAPSHOT_TIME, "ses"],
        overrides: OVERRIDES,
    },
    Layout {
        since: "2018-11-09",
        service_prefix: true,
        limits: LIMITS,
        kind: &["sr", SNAPSHOT_TIME],
        overrides: OVERRIDES,
    },
    Layout {
        since: "2015-04-05",
        service_prefix: true,
        limits: LIMITS,
        kind: &[],
        overrides: OVERRIDES,
    },
    Layout {
        since: "2015-02-21",
        service_prefix: true,
        limits: &[],
        kind: &[],
        overrides: OVERRIDES,
    },
    Layout {
        since: "2013-08-15",
        service_prefix: false,
        limits: &[],
        kind: &[],
        overrides: OVERRIDES,
    },
    Layout::LOCATOR,
];

impl Layout {
    /// The layout of version 2012-02-12, which locators have.
    pub(super) const LOCATOR: Self = Self {
        since: super::LOCATOR_VERSION,
        service_prefix: false,
        limits: &[],
        kind: &[],
        overrides: &[],
    };

    /// The layout of a version; `None` for text that is no version and for
    /// versions before 2012-02-12, which did not sign their version.
    pub(super) fn of_version(version: &str) -> Option<&'static Self> {
        let well_formed = version.len() == 10
            && version.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        // Dates of this form sort as text.
        LAYOUTS.iter().find(|layout| well_formed && version >= layout.since)
    }

    /// Joins the signed fields, with `parameter` looking up decoded values.
    pub(super) fn string_to_sign<'a>(
        &self,
        resource: Resource<'_>,
        parameter: impl Fn(&str) -> Option<&'a str>,
    ) -> String {
        let service = if self.service_prefix { "/blob" } else { "" };
        let Resource { account, container } = resource;
        let resource = format!("{service}/{account}/{container}");
        let value = |name: &&'static str| match *name {
            SNAPSHOT_TIME => "",
            name => parameter(name).unwrap_or_default(),
        };
        let mut fields: Vec<&str> = ["sp", "st", "se"].iter().map(value).collect();
        fields.push(&resource);
        fields.extend(["si"].iter().chain(self.limits).map(value));
        fields.extend(["sv"].iter().chain(self.kind).chain(self.overrides).map(value));
        fields.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_pick_their_layout() {
        let since = |version| Layout::of_version(version).map(|layout| layout.since);
        assert_eq!(since("2012-02-12"), Some("2012-02-12"));
        assert_eq!(since("2014-02-14"), Some("2013-08-15"));
        assert_eq!(since("2017-04-17"), Some("2015-04-05"));
        assert_eq!(since("2099-01-01"), Some("2020-12-06"));
        assert_eq!(since("2011-08-18"), None);
        assert_eq!(since("latest"), None);
    }
}
