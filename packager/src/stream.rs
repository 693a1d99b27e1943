//! Streams: the renditions that a player switches between, under one name.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::bounds::check_lengths;
use crate::codec::Codec;
use crate::error::Error;
use crate::fragment::head_limit;
use crate::indexed::{CutSamples, IndexedTrack};
use crate::time::TIMESCALE;
use crate::timeline::{Cuts, Timeline};
use crate::track::{Track, TrackKind};
use crate::ts;

/// A track of a file that takes part in a presentation.
#[derive(Debug, Clone)]
pub struct Rendition {
    /// Name of the MP4 file; comes back in [`crate::Fragment::file`].
    pub file: String,
    /// The track.
    pub track: Arc<IndexedTrack>,
    /// Bitrate in bits per second that names the quality level in URLs. Default: the average
    /// bitrate of the track.
    pub bitrate: Option<u64>,
    /// Track name in URLs. Default: `video`, `audio`, or `audio_` and the language.
    pub name: Option<String>,
    /// Language. Default: what the file says.
    pub language: Option<String>,
}

impl Rendition {
    /// A rendition with all defaults.
    pub fn new(file: impl Into<String>, track: Arc<IndexedTrack>) -> Self {
        Rendition { file: file.into(), track, bitrate: None, name: None, language: None }
    }

    fn earlier(self, by: u64) -> Self {
        Rendition { track: Arc::new(self.track.earlier(by)), ..self }
    }

    fn language(&self) -> Option<String> {
        let given = self.language.as_deref().or(self.track.language());
        let safe = given.map(url_safe).filter(|text| !text.is_empty());
        safe.filter(|language| !language.eq_ignore_ascii_case("und"))
    }

    fn stream_name(&self) -> String {
        let given = self.name.as_deref().map(url_safe);
        given.filter(|name| !name.is_empty()).unwrap_or_else(|| {
            match (self.track.kind(), self.language()) {
                (TrackKind::Audio, Some(language)) => format!("audio_{language}"),
                (kind, _) => kind.name().to_owned(),
            }
        })
    }
}

/// Names go into URLs, XML and playlists unquoted: whatever is not plainly safe becomes `_`.
pub(crate) fn url_safe(text: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    text.chars().take(128).map(safe).collect()
}

/// One bitrate of a [`Stream`].
#[derive(Debug, Clone)]
pub struct Quality {
    pub(crate) file: Arc<str>,
    pub(crate) track: Arc<Track>,
    pub(crate) bitrate: u64,
    pub(crate) peak: u64,
    /// The same in MPEG transport streams; 0 if they cannot carry the codec.
    pub(crate) transport_peak: u64,
    pub(crate) cuts: Cuts,
    pub(crate) samples: CutSamples,
}

impl Quality {
    /// Name of the MP4 file.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The track.
    pub fn track(&self) -> &Track {
        &self.track
    }

    /// Numbers of the samples of fragments that follow each other.
    pub(crate) fn numbers(&self, fragments: Range<usize>) -> Option<Range<u32>> {
        let start = *self.cuts.get(fragments.start)?;
        let end = self.cuts.get(fragments.end).copied();
        Some(start..end.unwrap_or(self.track.placement.kept.end))
    }

    /// The bitrate that names the quality level, in bits per second.
    pub fn bitrate(&self) -> u64 {
        self.bitrate
    }

    /// Bitrate of the most demanding fragment with its headers, in bits per second: what
    /// `BANDWIDTH` means in RFC 8216 §4.3.4.2.
    pub fn peak_bitrate(&self) -> u64 {
        self.peak
    }

    /// The same for MPEG transport stream segments: not less, and a few percent more at most.
    pub(crate) fn transport_peak_bitrate(&self) -> u64 {
        self.transport_peak
    }

    fn memory(&self) -> usize {
        let cuts = size_of_val(&*self.cuts) + self.samples.memory();
        size_of::<Self>() + self.file.len() + self.track.memory() + cuts
    }
}

/// Quality levels that a player may switch between: all video of a codec, or one audio track.
#[derive(Debug, Clone)]
pub struct Stream {
    pub(crate) kind: TrackKind,
    pub(crate) name: String,
    pub(crate) language: Option<String>,
    pub(crate) timeline: Timeline,
    /// Sorted by bitrate; no two are the same.
    pub(crate) qualities: Vec<Quality>,
}

impl Stream {
    /// Audio or video.
    pub fn kind(&self) -> TrackKind {
        self.kind
    }

    /// The track name of URLs.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Language code, unless undetermined.
    pub fn language(&self) -> Option<&str> {
        self.language.as_deref()
    }

    /// The fragments.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// The quality levels, by ascending bitrate.
    pub fn qualities(&self) -> &[Quality] {
        &self.qualities
    }

    /// The quality level of this bitrate.
    ///
    /// # Errors
    /// [`Error::NoSuchQuality`].
    pub fn quality(&self, bitrate: u64) -> Result<&Quality, Error> {
        let found = self.qualities.iter().find(|quality| quality.bitrate == bitrate);
        found.ok_or_else(|| Error::NoSuchQuality { track: self.name.clone(), bitrate })
    }

    /// About how many bytes of memory the stream takes; what qualities share counts once for each.
    pub(crate) fn memory(&self) -> usize {
        let qualities: usize = self.qualities.iter().map(Quality::memory).sum();
        size_of::<Self>() + self.name.len() + self.timeline.memory() + qualities
    }
}

/// Renditions as they are, or, where all start late, so much earlier that one starts at 0.
///
/// Encoders delay a stream by much less than a second. What is longer is the clock of the
/// recording, and no player is to wait until it gets to where there is something.
pub(crate) fn from_zero(renditions: Vec<Rendition>) -> Vec<Rendition> {
    let first = renditions.iter().map(|rendition| rendition.track.start()).min();
    match first.filter(|first| *first >= u64::from(TIMESCALE)) {
        Some(first) => renditions.into_iter().map(|rendition| rendition.earlier(first)).collect(),
        None => renditions,
    }
}

/// Renditions of which a stream is made, with where each is cut.
pub(crate) type Group = Vec<(Rendition, Cuts)>;

/// Video that was cut together, by codec: players do not switch between codecs. H.264 comes first,
/// which every player has.
pub(crate) fn video_groups(video: Group) -> Vec<Group> {
    let mut groups = grouped(video, |(rendition, _)| rendition.track.codec().name());
    let is_avc =
        |(rendition, _): &(Rendition, Cuts)| matches!(rendition.track.codec(), Codec::Avc(_));
    groups.sort_by_key(|(_, group)| !group.iter().any(is_avc));
    groups.into_iter().map(|(_, group)| group).collect()
}

/// Audio by name, language and codec.
pub(crate) fn audio_groups(audio: Vec<Rendition>) -> Vec<Vec<Rendition>> {
    let groups = grouped(audio, |rendition| {
        (rendition.stream_name(), rendition.language(), rendition.track.codec().name())
    });
    groups.into_iter().map(|(_, group)| group).collect()
}

/// What has the same key together, in order of first appearance.
fn grouped<T, K: PartialEq>(all: Vec<T>, key: impl Fn(&T) -> K) -> Vec<(K, Vec<T>)> {
    let mut groups: Vec<(K, Vec<T>)> = Vec::new();
    for one in all {
        let own = key(&one);
        match groups.iter_mut().find(|(key, _)| *key == own) {
            Some((_, group)) => group.push(one),
            None => groups.push((own, vec![one])),
        }
    }
    groups
}

/// Makes a stream of renditions that were cut together, with a name that is not taken yet.
///
/// # Errors
/// [`Error::Unsupported`] for fragments that are far too long.
pub(crate) fn stream(
    group: Group,
    timeline: Timeline,
    names: &mut BTreeSet<String>,
) -> Result<Stream, Error> {
    let first = group.first().map(|(rendition, _)| rendition);
    let kind = first.map_or(TrackKind::Video, |rendition| rendition.track.kind());
    let wanted = first.map_or_else(|| kind.name().to_owned(), Rendition::stream_name);
    let language = first.and_then(Rendition::language);
    let mut taken = BTreeSet::new();
    let mut qualities = Vec::with_capacity(group.len());
    for (rendition, cuts) in group {
        let track = &rendition.track;
        check_lengths(&rendition.file, track, &cuts)?;
        let given = rendition.bitrate.filter(|bitrate| *bitrate > 0);
        let mut bitrate = given.unwrap_or(track.average_bitrate());
        while !taken.insert(bitrate) {
            bitrate = bitrate.wrapping_add(1);
        }
        qualities.push(Quality {
            peak: peak(track, &cuts, &timeline, |samples, data, _| {
                head_limit(u64::from(samples.end.saturating_sub(samples.start))) + data
            }),
            transport_peak: transport_peak(track, &cuts, &timeline),
            samples: track.cut(&cuts),
            track: track.shared(),
            file: Arc::from(rendition.file),
            bitrate,
            cuts,
        });
    }
    qualities.sort_by_key(|quality| quality.bitrate);
    Ok(Stream { kind, name: unique(wanted, names), language, timeline, qualities })
}

/// The name, or the name with the first free number behind it.
pub(crate) fn unique(wanted: String, names: &mut BTreeSet<String>) -> String {
    let mut name = wanted.clone();
    let mut number = 2;
    while !names.insert(name.clone()) {
        name = format!("{wanted}_{number}");
        number += 1;
    }
    name
}

/// Highest bitrate of a fragment. Fragments shorter than half of the longest do not count
/// (RFC 8216 §4.3.4.2), unless there is no other. `size` tells how long a fragment is, of the
/// numbers of its samples, their bytes, and its duration in 100-ns units.
fn peak(
    track: &IndexedTrack,
    cuts: &Cuts,
    timeline: &Timeline,
    size: impl Fn(Range<u32>, u64, u64) -> u64,
) -> u64 {
    let shortest = timeline.longest() / 2;
    let outline = track.outline();
    let ends = cuts.iter().skip(1).copied().chain([track.placement.kept.end]);
    let mut start = cuts.first().map_or((0, 0), |first| (*first, outline.bytes_before(*first)));
    let rates = timeline.chunks().zip(ends).filter_map(|(chunk, end)| {
        let end = (end, outline.bytes_before(end));
        let (first, before) = std::mem::replace(&mut start, end);
        let bytes = size(first..end.0, end.1.saturating_sub(before), chunk.duration);
        let bits = u128::from(bytes) * 8 * u128::from(TIMESCALE);
        let rate = bits.div_ceil(u128::from(chunk.duration.max(1)));
        (chunk.duration >= shortest).then(|| u64::try_from(rate).unwrap_or(u64::MAX))
    });
    rates.max().unwrap_or(1)
}

fn transport_peak(track: &IndexedTrack, cuts: &Cuts, timeline: &Timeline) -> u64 {
    let Ok(format) = ts::Format::new(track.codec()) else {
        return 0;
    };
    let keys = &track.outline().keys;
    let before = |number: u32| keys.partition_point(|key| key.number < number) as u64;
    peak(track, cuts, timeline, |samples, data, duration| {
        let keys = before(samples.end).saturating_sub(before(samples.start));
        let count = u64::from(samples.end.saturating_sub(samples.start));
        format.segment_limit(track, count, keys, data, duration)
    })
}

/// Joins codec strings without repetition, in order.
pub(crate) fn codecs<'a>(qualities: impl Iterator<Item = &'a Quality>) -> impl fmt::Display {
    let mut list: Vec<String> = Vec::new();
    for codec in qualities.map(|quality| quality.track.codec().rfc6381()) {
        if !list.contains(&codec) {
            list.push(codec);
        }
    }
    list.join(",")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::video;
    use crate::timeline::cut_video;

    #[test]
    fn the_peak_leaves_out_short_fragments() {
        let track = video(25, 1, 350, 50);
        let (timeline, cuts) = cut_video(&[("a.mp4", &track)]).unwrap();
        // 150 samples of 100 bytes and the head in 6 s; the last fragment has 2 s.
        let want = (150 * 100 + head_limit(150)) * 8 / 6;
        let size = |samples: Range<u32>, data, _| {
            head_limit(u64::from(samples.end - samples.start)) + data
        };
        assert!(peak(&track, &cuts[0], &timeline, size).abs_diff(want) <= 1);
    }
}
