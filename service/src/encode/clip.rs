//! The entries of a preset's `Sources`: which part of which input, and what happens to it before
//! it is encoded.

use super::codec::Extent;
use super::time::Seconds;

/// An entry of `Sources`; several are joined, one behind the other.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Clip {
    /// Where it is in the preset, for messages.
    pub(crate) place: String,
    /// The GUID of the input asset, in lower case; the task's first one without.
    pub(crate) asset: Option<String>,
    /// Where it begins, in the input's own time.
    pub(crate) start: Option<Seconds>,
    /// How long it is; up to the end without.
    pub(crate) duration: Option<Seconds>,
    /// Sound that is shorter than the picture is filled up with silence.
    pub(crate) pad: bool,
    /// What happens to the picture.
    pub(crate) filters: Filters,
}

impl Clip {
    /// All of the task's first input.
    pub(crate) fn whole() -> Self {
        Self {
            place: "preset".to_owned(),
            asset: None,
            start: None,
            duration: None,
            pad: false,
            filters: Filters::default(),
        }
    }

    /// True when the input is not decoded to anything else than what it is.
    pub(crate) fn keeps_picture(&self) -> bool {
        self.filters.rotation == Rotation::Auto
            && self.filters.crop.is_none()
            && self.filters.overlay.is_none()
    }
}

/// `Filters` of a source.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Filters {
    /// Turn interlaced pictures into progressive ones.
    pub(crate) deinterlace: bool,
    /// How the picture is turned.
    pub(crate) rotation: Rotation,
    /// The part of the picture that is kept.
    pub(crate) crop: Option<Region>,
    /// What is laid over the picture.
    pub(crate) overlay: Option<Overlay>,
}

impl Default for Filters {
    fn default() -> Self {
        Self { deinterlace: true, rotation: Rotation::Auto, crop: None, overlay: None }
    }
}

/// `Rotation` of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// As the input says that it was recorded.
    Auto,
    /// By these degrees clockwise, whatever the input says: 0, 90, 180 or 270.
    Degrees(u16),
}

/// A rectangle of the source's picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Region {
    /// From the left.
    pub(crate) x: Extent,
    /// From the top.
    pub(crate) y: Extent,
    /// Its size; that of what goes into it without.
    pub(crate) size: Option<(Extent, Extent)>,
}

/// `VideoOverlay` of a source.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Overlay {
    /// Where it is in the preset, for messages.
    pub(crate) place: String,
    /// The name of its file in the input asset.
    pub(crate) source: String,
    /// Where it goes.
    pub(crate) position: Region,
    /// From when on it is shown.
    pub(crate) start: Seconds,
    /// For how long; up to the end without.
    pub(crate) duration: Option<Seconds>,
    /// Length of fading in.
    pub(crate) fade_in: Option<Fade>,
    /// Fading out.
    pub(crate) fade_out: Option<Fade>,
    /// What its sound is multiplied by.
    pub(crate) gain: f64,
    /// How often a video is played.
    pub(crate) loops: u32,
}

/// `FadeInDuration` or `FadeOutDuration` of an overlay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fade {
    /// When it begins.
    pub(crate) start: Option<Seconds>,
    /// How long it takes.
    pub(crate) duration: Seconds,
}
