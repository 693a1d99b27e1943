//! What a filter says, as the packager knows it.

use std::ops::RangeInclusive;

use azure_media::v2_19::{
    FilterTrackCompareOperator, FilterTrackProperty, FilterTrackPropertyCondition,
    FilterTrackSelect, FirstQuality, PresentationTimeRange,
};
use edm::{Edm, Record};
use packager::{Condition, Filter, MediaType, TimeRange, TrackProperty, TrackSelection};

use crate::error::ApiError;

/// The shortest window of a live stream, in seconds.
const SHORTEST_WINDOW: i64 = 120;
/// How far from the live edge players can be held, in seconds.
const LONGEST_BACKOFF: i64 = 60;
/// More would take longer to compare with a presentation than any client has use for.
const MOST_CONDITIONS: usize = 500;
/// The longest language tag that is a subtag or a few (RFC 5646).
const LONGEST_LANGUAGE: usize = 35;

/// Reads a filter of the account or of an asset.
///
/// # Errors
/// It says what has no meaning.
pub(crate) fn compile(record: &Record) -> Result<Filter, ApiError> {
    let time = read::<Option<PresentationTimeRange>>(record, "PresentationTimeRange")?;
    let tracks = read::<Vec<FilterTrackSelect>>(record, "Tracks")?;
    let first_quality = read::<Option<FirstQuality>>(record, "FirstQuality")?;
    let conditions: usize = tracks.iter().map(|track| track.property_conditions.len()).sum();
    if conditions > MOST_CONDITIONS {
        return Err(invalid("Tracks", format!("it has more than {MOST_CONDITIONS} conditions")));
    }
    Ok(Filter {
        time: time.as_ref().map(time_range).transpose()?,
        tracks: tracks.iter().map(selection).collect::<Result<_, _>>()?,
        first_quality: first_quality.as_ref().map(first_bitrate).transpose()?,
    })
}

/// A property of a filter, in its own type.
pub(super) fn read<T: Edm>(record: &Record, name: &str) -> Result<T, ApiError> {
    T::from_value(record.value(name).clone()).map_err(|error| invalid(name, error))
}

fn invalid(name: &str, problem: impl std::fmt::Display) -> ApiError {
    ApiError::bad_request(format!("The property '{name}' is not valid: {problem}."))
}

fn first_bitrate(first: &FirstQuality) -> Result<u64, ApiError> {
    let bitrate = u64::try_from(first.bitrate).ok().filter(|bitrate| *bitrate > 0);
    bitrate.ok_or_else(|| invalid("FirstQuality", "Bitrate must be greater than 0"))
}

/// Windows and back-offs are checked and mean nothing: they are for live streams.
fn time_range(range: &PresentationTimeRange) -> Result<TimeRange, ApiError> {
    let refuse = |problem: &str| Err(invalid("PresentationTimeRange", problem));
    let timescale = range.timescale.unwrap_or(packager::TIMESCALE.into());
    if timescale <= 0 {
        return refuse("Timescale must be greater than 0");
    }
    let start = range.start_timestamp.unwrap_or(0);
    let end = range.end_timestamp.unwrap_or(i64::MAX);
    if start < 0 || end <= start {
        return refuse("StartTimestamp must be at least 0, and EndTimestamp greater than it");
    }
    let window = range.presentation_window_duration.unwrap_or(i64::MAX);
    if window < SHORTEST_WINDOW.saturating_mul(timescale) {
        return refuse("PresentationWindowDuration must be at least 120 seconds");
    }
    let backoff = range.live_backoff_duration.unwrap_or(0);
    if !(0..=LONGEST_BACKOFF.saturating_mul(timescale)).contains(&backoff) {
        return refuse("LiveBackoffDuration must be 0 to 60 seconds");
    }
    let unsigned = i64::unsigned_abs;
    Ok(TimeRange::new(unsigned(start)..unsigned(end), unsigned(timescale)))
}

fn selection(track: &FilterTrackSelect) -> Result<TrackSelection, ApiError> {
    if track.property_conditions.is_empty() {
        return Err(invalid("Tracks", "a track has no PropertyConditions"));
    }
    let conditions = track.property_conditions.iter().map(condition);
    Ok(TrackSelection { conditions: conditions.collect::<Result<_, _>>()? })
}

fn condition(condition: &FilterTrackPropertyCondition) -> Result<Condition, ApiError> {
    let invalid = |problem: String| Err(invalid("Tracks", problem));
    let value = condition.value.as_deref().unwrap_or_default();
    let property = match &condition.property {
        Some(FilterTrackProperty::Type) => media_type(value).map(TrackProperty::Type),
        Some(FilterTrackProperty::Name) => {
            (!value.is_empty()).then(|| TrackProperty::Name(value.to_owned()))
        }
        Some(FilterTrackProperty::Language) => {
            is_language(value).then(|| TrackProperty::Language(value.to_owned()))
        }
        Some(FilterTrackProperty::FourCC) => {
            is_four_cc(value).then(|| TrackProperty::FourCc(value.to_owned()))
        }
        Some(FilterTrackProperty::Bitrate) => bitrates(value).map(TrackProperty::Bitrate),
        _ => {
            return invalid(
                "the Property of a condition must be Type, Name, Language, FourCC or Bitrate"
                    .to_owned(),
            );
        }
    };
    let Some(property) = property else {
        let name = condition.property.as_ref().map_or("", FilterTrackProperty::as_str);
        return invalid(format!("'{value}' is no value for a condition on {name}"));
    };
    let operator = condition.operator.as_ref().map_or("", FilterTrackCompareOperator::as_str);
    // The documentation has both `NotEqual` and `notEqual`.
    let negated = match operator.to_ascii_lowercase().as_str() {
        "equal" => false,
        "notequal" => true,
        _ => return invalid(format!("the operator '{operator}' is neither Equal nor NotEqual")),
    };
    Ok(Condition { property, negated })
}

fn media_type(value: &str) -> Option<MediaType> {
    [("audio", MediaType::Audio), ("video", MediaType::Video), ("text", MediaType::Text)]
        .into_iter()
        .find_map(|(name, ty)| name.eq_ignore_ascii_case(value).then_some(ty))
}

/// Whether a text has the form of a language tag, such as `en`, `eng` or `pt-BR`.
fn is_language(value: &str) -> bool {
    let mut subtags = value.split('-');
    let first = subtags.next().unwrap_or_default();
    value.len() <= LONGEST_LANGUAGE
        && (2..=8).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_alphabetic())
        && subtags.all(|subtag| {
            (1..=8).contains(&subtag.len())
                && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

fn is_four_cc(value: &str) -> bool {
    value.len() == 4 && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// A bitrate, or two with a hyphen between them.
fn bitrates(value: &str) -> Option<RangeInclusive<u64>> {
    let number = |text: &str| -> Option<u64> {
        let text = text.trim();
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
    };
    let (low, high) = match value.split_once('-') {
        Some((low, high)) => (number(low)?, number(high)?),
        None => (number(value)?, number(value)?),
    };
    (low <= high).then_some(low..=high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_conditions() {
        assert_eq!(bitrates("550000-1350000"), Some(550_000..=1_350_000));
        assert_eq!(bitrates(" 5 - 6 "), Some(5..=6));
        assert_eq!(bitrates("128000"), Some(128_000..=128_000));
        for wrong in ["", "-", "5-", "-5", "6-5", "1-2-3", "+5", "0x5", "99999999999999999999"] {
            assert_eq!(bitrates(wrong), None, "{wrong}");
        }
        for language in ["en", "eng", "pt-BR", "zh-Hans-CN", "und"] {
            assert!(is_language(language), "{language}");
        }
        for wrong in ["", "e", "en_US", "english language", "en-", "12", "-en", "en-toolongsubtag"]
        {
            assert!(!is_language(wrong), "{wrong}");
        }
        for code in ["H264", "AACL", "avc1", "ec-3"] {
            assert!(is_four_cc(code), "{code}");
        }
        for wrong in ["", "avc", "avc12", "av 1", "äbc"] {
            assert!(!is_four_cc(wrong), "{wrong}");
        }
    }
}
