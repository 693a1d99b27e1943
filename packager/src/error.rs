//! What can be wrong with a source file or with a request for a part of a presentation.

use crate::text::TextError;

/// Why a file cannot be packaged, or why a part of a presentation does not exist.
///
/// The first group (up to [`Error::NoCommonKeyframes`]) is about the asset, the `NoSuch…` group is
/// about the request and maps to HTTP 404.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file is damaged, or is not an MP4 file at all.
    #[error("{file}: {place}: {problem}")]
    Malformed {
        /// Name of the file, as the caller gave it.
        file: String,
        /// Path of the box, such as `moov/trak[2]/mdia/minf/stbl/stsz`.
        place: String,
        /// What is wrong there.
        problem: String,
    },
    /// The file is sound but uses something that this crate does not package.
    #[error(
        "{file}: {place}: {what} is not supported; re-encode the file as H.264 or H.265 with AAC in MP4"
    )]
    Unsupported {
        /// Name of the file, as the caller gave it.
        file: String,
        /// Path of the box.
        place: String,
        /// The unsupported feature.
        what: String,
    },
    /// The file ends without a `moov` box.
    #[error("{file}: no `moov` box; the file is incomplete or is not an MP4 file")]
    NoMoov {
        /// Name of the file, as the caller gave it.
        file: String,
    },
    /// The file holds no track of the wanted kind or with the wanted id.
    #[error("{file}: there is no {wanted}")]
    NoTrack {
        /// Name of the file, as the caller gave it.
        file: String,
        /// What was looked for, such as `video track` or `track with id 3`.
        wanted: String,
    },
    /// A presentation was asked for without any rendition.
    #[error("the presentation has no audio or video track")]
    Empty,
    /// The server manifest names a file that the caller did not supply.
    #[error("the server manifest names {file}, which is not in the asset")]
    MissingFile {
        /// The `src` of the manifest entry.
        file: String,
    },
    /// The video renditions cannot be switched: their key frames do not line up.
    #[error(
        "{first} and {second}: no common key frames; encode all renditions with the same fixed key frame interval"
    )]
    NoCommonKeyframes {
        /// File of the rendition that sets the timeline.
        first: String,
        /// File of the first rendition that disagrees.
        second: String,
    },
    /// The presentation has no track of this name.
    #[error("no track named {track:?}")]
    NoSuchTrack {
        /// The name asked for.
        track: String,
    },
    /// The track has no quality level of this bitrate.
    #[error("track {track:?} has no quality level {bitrate}")]
    NoSuchQuality {
        /// The track.
        track: String,
        /// The bitrate asked for, in bits per second.
        bitrate: u64,
    },
    /// No fragment of the track starts at this time.
    #[error("track {track:?} has no fragment that starts at {start}")]
    NoSuchTime {
        /// The track.
        track: String,
        /// The start asked for, in 100-ns units.
        start: u64,
    },
    /// Filters leave nothing.
    #[error("the filters leave no {left}")]
    NothingLeft {
        /// What there is none of, such as `track` or `fragment`.
        left: &'static str,
    },
    /// A file of subtitles cannot be read.
    #[error(transparent)]
    Text(#[from] TextError),
    /// Smooth Streaming has no initialization segments, as its clients build their own, and neither
    /// have MPEG transport streams.
    #[error(
        "there is no initialization segment in this format; add another to the URL, such as format=mpd-time-csf"
    )]
    NoInitSegment,
    /// There is no playlist of key frames: of audio, of segments that are encrypted as a whole, and
    /// of other formats than `m3u8-aapl`.
    #[error("there is no playlist of key frames in this format, or not of this track")]
    NoKeyFrames,
    /// The format has no way to signal this scheme.
    #[error(
        "{format} cannot be encrypted with {scheme}; ask for DASH, or HLS with format=m3u8-cmaf"
    )]
    Unprotectable {
        /// The format.
        format: &'static str,
        /// The scheme.
        scheme: &'static str,
    },
    /// A fragment was asked for of a file of which no samples are at hand.
    #[error("{file}: the samples of the fragment have to be read from the index of the file first")]
    SamplesUnknown {
        /// Name of the file.
        file: String,
    },
    /// The persisted index of a file cannot be read, and is to be made anew.
    #[error("the index of {file} is damaged: {problem}")]
    DamagedIndex {
        /// Name of the file.
        file: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// Smooth Streaming has no way to describe a codec, or one of its forms.
    #[error(
        "Smooth Streaming has no {codec}, which track {track:?} is; ask for DASH or HLS with format=m3u8-cmaf, or leave the track out with a filter"
    )]
    NotInSmooth {
        /// The track.
        track: String,
        /// Name of the codec, or what of it there is no place for.
        codec: &'static str,
    },
    /// Samples of a codec cannot be encrypted.
    #[error("{codec}, which track {track:?} is, cannot be encrypted sample by sample")]
    Unencryptable {
        /// The track.
        track: String,
        /// Name of the codec.
        codec: &'static str,
    },
    /// An MPEG transport stream has no place for this.
    #[error("an MPEG transport stream cannot carry {what}; ask for HLS with format=m3u8-cmaf")]
    NotInTransportStream {
        /// What it cannot carry.
        what: String,
    },
    /// The media data that was read for a fragment is not what was asked for.
    #[error("{file}: the media data of a fragment has {found} bytes instead of {wanted}")]
    WrongLength {
        /// Name of the file.
        file: String,
        /// What the ranges of the fragment add up to.
        wanted: u64,
        /// What was read.
        found: u64,
    },
}

/// A place inside a file, for error messages that are built only when something is wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) file: &'a str,
    /// Id of the track, 0 while it is not known.
    pub(crate) track: u32,
    /// Path of the box below the track, or the whole path when there is no track.
    pub(crate) path: &'static str,
}

impl<'a> Place<'a> {
    /// The same track, at another box.
    pub(crate) fn at(self, path: &'static str) -> Place<'a> {
        Place { path, ..self }
    }

    fn name(self) -> String {
        match (self.track, self.path) {
            (0, path) => path.to_owned(),
            (id, "") => format!("moov/trak[{id}]"),
            (id, path) => format!("moov/trak[{id}]/{path}"),
        }
    }

    pub(crate) fn malformed(self, problem: impl Into<String>) -> Error {
        Error::Malformed { file: self.file.to_owned(), place: self.name(), problem: problem.into() }
    }

    pub(crate) fn unsupported(self, what: impl Into<String>) -> Error {
        Error::Unsupported { file: self.file.to_owned(), place: self.name(), what: what.into() }
    }
}
