//! Conditions on a request: `If-Match` and its relatives (RFC 9110 §13).

use axum::http::{HeaderMap, header};
use jiff::Timestamp;

use super::error::{BlobError, Result};
use super::http::parse_http_date;
use super::model::BlobInfo;

/// Which entity tags a condition names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TagMatch {
    /// `*`: any existing blob.
    Any,
    /// One of these tags, without quotes.
    OneOf(Vec<String>),
}

impl TagMatch {
    /// Reads a header that compares weakly: `If-None-Match` (RFC 9110 §8.8.3.2).
    pub(crate) fn weak(value: &str) -> Self {
        Self::parse(value, |tag| Some(tag.strip_prefix("W/").unwrap_or(tag)))
    }

    /// Reads a header that compares strongly, so that a weak tag matches nothing: `If-Match`.
    pub(crate) fn strong(value: &str) -> Self {
        Self::parse(value, |tag| (!tag.starts_with("W/")).then_some(tag))
    }

    /// Azure clients send tags with and without quotes.
    fn parse(value: &str, accept: impl Fn(&str) -> Option<&str>) -> Self {
        if value.trim() == "*" {
            return Self::Any;
        }
        let tags = value.split(',').filter_map(|tag| accept(tag.trim()));
        Self::OneOf(tags.map(|tag| tag.trim_matches('"').to_owned()).collect())
    }

    fn matches(&self, tag: Option<&str>) -> bool {
        match (self, tag) {
            (_, None) => false,
            (Self::Any, Some(_)) => true,
            (Self::OneOf(tags), Some(tag)) => tags.iter().any(|one| one == tag),
        }
    }
}

/// The conditions of one request; the default holds always.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Conditions {
    /// `If-Match`.
    pub(crate) if_match: Option<TagMatch>,
    /// `If-None-Match`.
    pub(crate) if_none_match: Option<TagMatch>,
    /// `If-Modified-Since`.
    pub(crate) if_modified_since: Option<Timestamp>,
    /// `If-Unmodified-Since`.
    pub(crate) if_unmodified_since: Option<Timestamp>,
}

/// What the conditions say about a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadVerdict {
    /// Go on.
    Proceed,
    /// The reader has this version already (304).
    NotModified,
    /// A condition fails (412).
    Failed,
}

impl Conditions {
    /// The conditions of a request to read. What cannot be read of them is no condition.
    pub(crate) fn lenient(headers: &HeaderMap) -> Self {
        let texts = |name| headers.get_all(name).into_iter().filter_map(|text| text.to_str().ok());
        let date = |name| texts(name).next().and_then(parse_http_date);
        // Lists may be spread over several lines (RFC 9110 §5.3).
        let list = |name| texts(name).map(str::to_owned).reduce(|all, text| all + "," + &text);
        Self {
            if_match: list(header::IF_MATCH).map(|tags| TagMatch::strong(&tags)),
            if_none_match: list(header::IF_NONE_MATCH).map(|tags| TagMatch::weak(&tags)),
            if_modified_since: date(header::IF_MODIFIED_SINCE),
            if_unmodified_since: date(header::IF_UNMODIFIED_SINCE),
        }
    }

    /// Judges a read of what has a tag, without quotes, and was last modified at a time, if that is
    /// known, in the order of RFC 9110 §13.2.2.
    pub(crate) fn check_read(&self, tag: &str, modified: Option<Timestamp>) -> ReadVerdict {
        if !self.match_side_holds(Some(tag), modified) {
            return ReadVerdict::Failed;
        }
        let modified = match (&self.if_none_match, self.if_modified_since, modified) {
            (Some(tags), ..) => !tags.matches(Some(tag)),
            (None, Some(since), Some(modified)) => whole_second(modified) > since.as_second(),
            (None, ..) => true,
        };
        if modified { ReadVerdict::Proceed } else { ReadVerdict::NotModified }
    }

    /// Judges a write over `blob`, which is `None` where no blob exists yet.
    ///
    /// # Errors
    /// [`BlobError::BlobExists`] when `If-None-Match: *` forbids to overwrite,
    /// else [`BlobError::ConditionNotMet`].
    pub(super) fn check_write(&self, blob: Option<&BlobInfo>) -> Result<()> {
        let tag = blob.map(|blob| blob.etag.as_str());
        if let Some(tags) = &self.if_none_match
            && tags.matches(tag)
        {
            return Err(match tags {
                TagMatch::Any => BlobError::BlobExists,
                TagMatch::OneOf(_) => BlobError::ConditionNotMet,
            });
        }
        let modified_since = match (self.if_modified_since, blob) {
            (Some(since), Some(blob)) => whole_second(blob.last_modified) > since.as_second(),
            _ => true,
        };
        if modified_since && self.match_side_holds(tag, blob.map(|blob| blob.last_modified)) {
            Ok(())
        } else {
            Err(BlobError::ConditionNotMet)
        }
    }

    /// `If-Match`, or `If-Unmodified-Since` where there is no `If-Match`.
    fn match_side_holds(&self, tag: Option<&str>, modified: Option<Timestamp>) -> bool {
        match (&self.if_match, self.if_unmodified_since, modified) {
            (Some(tags), ..) => tags.matches(tag),
            (None, Some(limit), Some(modified)) => whole_second(modified) <= limit.as_second(),
            _ => true,
        }
    }
}

/// HTTP dates have no fractions, so a time is compared by its second.
fn whole_second(time: Timestamp) -> i64 {
    time.as_second()
}

#[cfg(test)]
mod tests {
    use super::super::model::{BlobProperties, ETag};
    use super::*;

    fn blob() -> BlobInfo {
        let time = Timestamp::from_millisecond(1_700_000_000_700).unwrap_or_default();
        BlobInfo {
            name: "b".into(),
            size: 1,
            etag: ETag::stored("0xAB".into()),
            created: time,
            last_modified: time,
            properties: BlobProperties::of_type("x/y"),
            version: 1,
        }
    }

    fn at(second: i64) -> Option<Timestamp> {
        Timestamp::from_second(second).ok()
    }

    #[test]
    fn reads_follow_tags_before_dates() {
        let none_match = Conditions {
            if_none_match: Some(TagMatch::weak("W/\"0xAB\", \"0xCD\"")),
            if_modified_since: at(0),
            ..Conditions::default()
        };
        assert_eq!(
            none_match.check_read("0xAB", Some(blob().last_modified)),
            ReadVerdict::NotModified
        );
        let same_second =
            Conditions { if_modified_since: at(1_700_000_000), ..Conditions::default() };
        assert_eq!(
            same_second.check_read("0xAB", Some(blob().last_modified)),
            ReadVerdict::NotModified
        );
        for (tags, verdict) in [
            ("0xCD", ReadVerdict::Failed),
            ("W/\"0xAB\"", ReadVerdict::Failed),
            ("W/\"0xAB\", \"0xAB\"", ReadVerdict::Proceed),
        ] {
            let conditions =
                Conditions { if_match: Some(TagMatch::strong(tags)), ..Conditions::default() };
            assert_eq!(conditions.check_read("0xAB", None), verdict, "{tags}");
        }
    }

    #[test]
    fn lists_may_have_several_lines() {
        let mut headers = HeaderMap::new();
        for value in ["\"0xCD\"", "W/\"0xAB\", \"0xEF\""] {
            headers.append(header::IF_NONE_MATCH, value.try_into().unwrap_or_else(|_| panic!()));
        }
        let conditions = Conditions::lenient(&headers);
        assert_eq!(conditions.check_read("0xAB", None), ReadVerdict::NotModified);
        assert_eq!(conditions.check_read("0xABC", None), ReadVerdict::Proceed);
    }

    #[test]
    fn writes_can_refuse_to_overwrite() {
        let create_only =
            Conditions { if_none_match: Some(TagMatch::Any), ..Conditions::default() };
        assert!(create_only.check_write(None).is_ok());
        assert!(matches!(create_only.check_write(Some(&blob())), Err(BlobError::BlobExists)));
        let update_only = Conditions { if_match: Some(TagMatch::Any), ..Conditions::default() };
        assert!(update_only.check_write(None).is_err());
        assert!(update_only.check_write(Some(&blob())).is_ok());
    }
}
