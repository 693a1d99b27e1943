//! A track: all that is known of it but its samples.

use bytes::Bytes;

use crate::codec::Codec;
use crate::edit::Placement;
use crate::index::SampleIndex;
use crate::time::{TIMESCALE, to_units};

/// Longest track and presentation, in 100-ns units. It bounds the number of fragments.
pub(crate) const MAX_DURATION: u64 = 31 * 24 * 3600 * TIMESCALE as u64;

/// Audio or video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrackKind {
    /// Handler `vide`.
    Video,
    /// Handler `soun`.
    Audio,
}

impl TrackKind {
    /// `video` or `audio`, as manifests write it.
    pub fn name(self) -> &'static str {
        match self {
            TrackKind::Video => "video",
            TrackKind::Audio => "audio",
        }
    }

    /// MIME type of fragments and initialization segments.
    pub fn content_type(self) -> &'static str {
        match self {
            TrackKind::Video => "video/mp4",
            TrackKind::Audio => "audio/mp4",
        }
    }
}

/// Picture size of a video track, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VideoInfo {
    /// Width.
    pub width: u16,
    /// Height.
    pub height: u16,
}

/// Matrix and display size, as `tkhd` ends: kept as bytes, so that a turned film stays turned.
pub(crate) type Display = [u8; 44];

/// What is known of all samples of a track together. Times are in units of the track's timescale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Totals {
    /// Size of all samples.
    pub(crate) bytes: u64,
    /// Decode time after the last sample.
    pub(crate) end: u64,
    /// Decode time of the first sample that is presented, edits not applied.
    pub(crate) kept_start: u64,
    /// Decode time after the last sample that is presented, edits not applied.
    pub(crate) kept_end: u64,
    /// The duration of nearly all samples, if there is such a one.
    pub(crate) usual_duration: Option<u32>,
}

impl Totals {
    pub(crate) fn of(index: &SampleIndex, placement: &Placement) -> Self {
        Totals {
            bytes: index.total_bytes,
            end: index.end,
            kept_start: index.dts(placement.kept.start),
            kept_end: index.dts(placement.kept.end),
            usual_duration: index.usual_duration(),
        }
    }
}

/// An audio or video track that can be packaged: all that is known of it but its samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    pub(crate) id: u32,
    pub(crate) kind: TrackKind,
    pub(crate) timescale: u32,
    pub(crate) language: Option<String>,
    pub(crate) codec: Codec,
    pub(crate) video: Option<VideoInfo>,
    pub(crate) display: Display,
    /// The sample entry box as the file has it.
    pub(crate) sample_entry: Bytes,
    pub(crate) placement: Placement,
    pub(crate) totals: Totals,
    /// Made of the boxes that tell about samples and of the name of the file: tells apart what
    /// encryption with one key must not take for the same.
    pub(crate) fingerprint: [u8; 32],
}

impl Track {
    /// Track id in the file.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Audio or video.
    pub fn kind(&self) -> TrackKind {
        self.kind
    }

    /// Units per second of the times of samples.
    pub fn timescale(&self) -> u32 {
        self.timescale
    }

    /// If it would have more fragments than anything can be made of.
    pub(crate) fn is_too_long(&self) -> bool {
        self.end().saturating_sub(self.start()) > MAX_DURATION
    }

    /// ISO 639-2 code of the language, unless undetermined.
    pub fn language(&self) -> Option<&str> {
        self.language.as_deref()
    }

    /// The codec and its configuration.
    pub fn codec(&self) -> &Codec {
        &self.codec
    }

    /// Picture size; `None` for audio.
    pub fn video_info(&self) -> Option<VideoInfo> {
        self.video
    }

    /// Presentation time of the first sample, in 100-ns units.
    pub fn start(&self) -> u64 {
        to_units(self.decode_time(self.totals.kept_start), self.timescale)
    }

    /// Time at which the last sample ends, in 100-ns units.
    pub fn end(&self) -> u64 {
        to_units(self.decode_time(self.totals.kept_end), self.timescale)
    }

    /// Average bitrate in bits per second, at least 1.
    pub fn average_bitrate(&self) -> u64 {
        let units = u128::from(self.totals.end.max(1));
        let bits = u128::from(self.totals.bytes) * 8 * u128::from(self.timescale);
        u64::try_from(bits / units).unwrap_or(u64::MAX).max(1)
    }

    /// Frames per second as a reduced fraction; `None` for audio and for a variable frame rate.
    pub fn frame_rate(&self) -> Option<(u32, u32)> {
        self.video?;
        let duration = self.totals.usual_duration.filter(|duration| *duration > 0)?;
        let divisor = gcd(self.timescale, duration);
        Some((self.timescale / divisor, duration / divisor))
    }

    /// Width and height that the picture is to be shown with, in pixels: turned and stretched as
    /// the file says (ISO/IEC 14496-12 §8.3.2). `None` for audio.
    pub fn shown_size(&self) -> Option<(u32, u32)> {
        let coded = self.video?;
        let (fields, _) = self.display.as_chunks::<4>();
        let field = |at: usize| fields.get(at).map_or(0, |bytes| u32::from_be_bytes(*bytes));
        // Behind the nine numbers of the matrix, in 16.16 fixed point.
        let size = (field(9) >> 16, field(10) >> 16);
        let (width, height) = match size {
            (0, _) | (_, 0) => (u32::from(coded.width), u32::from(coded.height)),
            size => size,
        };
        let is_turned = field(0) == 0 && field(1) != 0;
        Some(if is_turned { (height, width) } else { (width, height) })
    }

    /// About how many bytes of memory the track takes. What the codec says is in the sample entry,
    /// and is held a second time.
    pub(crate) fn memory(&self) -> usize {
        size_of::<Self>() + 2 * self.sample_entry.len()
    }

    /// When a sample decodes on the presentation timeline that decodes at `dts` in the file; both
    /// in units of the track.
    pub(crate) fn decode_time(&self, dts: u64) -> i64 {
        let dts = i64::try_from(dts).unwrap_or(i64::MAX);
        dts.saturating_add(self.placement.decode_shift)
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}
