//! Filters: which part of a presentation a client is to see.

use std::ops::{Range, RangeInclusive};

use crate::language;
use crate::stream::{Quality, Stream};
use crate::text::TextStream;
use crate::time::TIMESCALE;
use crate::track::TrackKind;

/// Leaves a part of a presentation, see [`crate::Presentation::filtered`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// The part of the timeline that is left; all of it without one.
    pub time: Option<TimeRange>,
    /// A quality level is left if one of these selects it, or if there is none.
    pub tracks: Vec<TrackSelection>,
    /// The bitrate that a player is to start with.
    pub first_quality: Option<u64>,
}

/// A part of the timeline, in 100-ns units. Fragments that lie in it in part are in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeRange(pub(crate) Range<u64>);

impl TimeRange {
    /// A range whose ends are counted in units of `1 / timescale` seconds, rounded to the nearest
    /// 100 ns, as the times of fragments are.
    pub fn new(range: Range<u64>, timescale: u64) -> Self {
        let timescale = u128::from(timescale.max(1));
        let convert = |value: u64| {
            let scaled =
                (u128::from(value) * u128::from(TIMESCALE) * 2 + timescale) / (timescale * 2);
            u64::try_from(scaled).unwrap_or(u64::MAX)
        };
        TimeRange(convert(range.start)..convert(range.end))
    }
}

/// Selects the quality levels for which all conditions hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrackSelection {
    /// The conditions.
    pub conditions: Vec<Condition>,
}

/// One thing that must hold for a quality level, or must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// What is looked at, and the value it is to have.
    pub property: TrackProperty,
    /// Whether it is to have any other value instead.
    pub negated: bool,
}

/// A property of a quality level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrackProperty {
    /// Kind of the track.
    Type(MediaType),
    /// Name of the track in URLs.
    Name(String),
    /// Language, as a code of two or three letters; `und` if it has none.
    Language(String),
    /// Codec: the code of the sample entry in the file, such as `avc1`, or the one of Smooth
    /// Streaming, such as `H264`; in any case.
    FourCc(String),
    /// Bitrate in bits per second.
    Bitrate(RangeInclusive<u64>),
}

/// Kinds of tracks that a filter knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaType {
    /// Audio.
    Audio,
    /// Video.
    Video,
    /// Subtitles.
    Text,
}

/// What is looked at of a quality level.
struct Facts<'a> {
    kind: MediaType,
    name: &'a str,
    language: Option<&'a str>,
    bitrate: u64,
    /// In the protocols.
    codecs: [&'a str; 2],
}

impl Filter {
    /// Whether a quality level of a stream is left.
    pub(crate) fn keeps(&self, stream: &Stream, quality: &Quality) -> bool {
        let codec = quality.track().codec();
        let rfc6381 = codec.rfc6381();
        self.selects(&Facts {
            kind: match stream.kind() {
                TrackKind::Audio => MediaType::Audio,
                TrackKind::Video => MediaType::Video,
            },
            name: stream.name(),
            language: stream.language(),
            bitrate: quality.bitrate(),
            codecs: [codec.four_cc(), rfc6381.split('.').next().unwrap_or_default()],
        })
    }

    /// Whether subtitles are left.
    pub(crate) fn keeps_text(&self, stream: &TextStream) -> bool {
        self.selects(&Facts {
            kind: MediaType::Text,
            name: stream.name(),
            language: stream.language(),
            bitrate: stream.file().bitrate,
            codecs: ["TTML", "wvtt"],
        })
    }

    fn selects(&self, facts: &Facts<'_>) -> bool {
        self.tracks.is_empty() || self.tracks.iter().any(|select| select.selects(facts))
    }
}

impl TrackSelection {
    fn selects(&self, facts: &Facts<'_>) -> bool {
        self.conditions.iter().all(|c| c.property.holds(facts) != c.negated)
    }
}

impl TrackProperty {
    fn holds(&self, facts: &Facts<'_>) -> bool {
        match self {
            TrackProperty::Type(wanted) => facts.kind == *wanted,
            TrackProperty::Name(wanted) => facts.name == wanted,
            TrackProperty::Language(wanted) => {
                language::matches(facts.language.unwrap_or("und"), wanted)
            }
            TrackProperty::FourCc(wanted) => {
                facts.codecs.iter().any(|codec| codec.eq_ignore_ascii_case(wanted))
            }
            TrackProperty::Bitrate(range) => range.contains(&facts.bitrate),
        }
    }
}
