//! The server manifest (`.ism`): which tracks of which files make up a presentation.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::Error;
use crate::indexed::IndexedTrack;
use crate::moov::Mp4;
use crate::server_manifest_xml as xml;
use crate::stream::Rendition;
use crate::track::TrackKind;

/// Kind of a [`MediaEntry`]: its element name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    /// `video`.
    Video,
    /// `audio`.
    Audio,
    /// `textstream`: subtitles.
    Text,
}

/// One track of a server manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaEntry {
    /// Kind of the track.
    pub kind: MediaKind,
    /// Name of the file in the asset: a plain name, never a path.
    pub src: String,
    /// Bitrate in bits per second; names the quality level in URLs.
    pub system_bitrate: Option<u64>,
    /// Language code.
    pub system_language: Option<String>,
    /// Track id in the file.
    pub track_id: Option<u32>,
    /// Track name in URLs; in hand-written manifests the `title` attribute.
    pub track_name: Option<String>,
    /// Name of a fragment index file. Kept, but not needed here.
    pub track_index: Option<String>,
    /// Name of the file that subtitles were made from, if `src` is in another format.
    pub transcript: Option<String>,
}

impl MediaEntry {
    /// An entry with nothing but a kind and a file.
    pub fn new(kind: MediaKind, src: impl Into<String>) -> Self {
        MediaEntry {
            kind,
            src: src.into(),
            system_bitrate: None,
            system_language: None,
            track_id: None,
            track_name: None,
            track_index: None,
            transcript: None,
        }
    }
}

/// A server manifest: a SMIL document with one entry for each track.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerManifest {
    /// `clientManifestRelativePath`: name of the `.ismc` file.
    pub client_manifest: Option<String>,
    /// `formats`, such as `mp4` or `mp4-v3`.
    pub formats: Option<String>,
    /// The tracks, in document order.
    pub entries: Vec<MediaEntry>,
}

/// Why a server manifest cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServerManifestError {
    /// Not well-formed XML, or not UTF-8.
    #[error("the server manifest is not well-formed XML: {0}")]
    Xml(String),
    /// A document type declaration. Entities are never expanded.
    #[error("the server manifest has a document type declaration, which is not allowed")]
    DocType,
    /// Larger or deeper than any real manifest.
    #[error("the server manifest is too large: {0}")]
    TooLarge(&'static str),
    /// An element lacks an attribute.
    #[error("<{element}> has no {attribute}")]
    Missing {
        /// Name of the element.
        element: String,
        /// Name of the attribute.
        attribute: &'static str,
    },
    /// An attribute has an impossible value.
    #[error("<{element}>: {attribute}={value:?} is not allowed")]
    Invalid {
        /// Name of the element.
        element: String,
        /// Name of the attribute or parameter.
        attribute: String,
        /// Its value.
        value: String,
    },
}

impl ServerManifest {
    /// Reads a manifest. Unknown elements, attributes and parameters are ignored, and everything
    /// but `src` may be missing, as in manifests written by hand.
    ///
    /// # Errors
    /// See [`ServerManifestError`]. A `src` that is not a plain file name is refused.
    pub fn parse(text: &str) -> Result<Self, ServerManifestError> {
        xml::parse(text)
    }

    /// Reads a manifest in UTF-8 or, as the first encoders for Smooth Streaming wrote it, in UTF-16
    /// with a byte order mark. What the XML declaration says of the encoding does not matter.
    ///
    /// # Errors
    /// As [`ServerManifest::parse`].
    pub fn read(bytes: &[u8]) -> Result<Self, ServerManifestError> {
        let text = xml::decoded(bytes)?;
        xml::parse(&text)
    }

    /// Writes the manifest as Azure Media Services did.
    pub fn to_xml(&self) -> String {
        xml::write(self)
    }

    /// The entries for subtitles.
    pub fn texts(&self) -> impl Iterator<Item = &MediaEntry> {
        self.entries.iter().filter(|entry| entry.kind == MediaKind::Text)
    }

    /// Names of the files that [`ServerManifest::renditions`] needs, sorted.
    pub fn files(&self) -> Vec<&str> {
        let playable = self.entries.iter().filter(|entry| entry.kind != MediaKind::Text);
        let mut files: Vec<_> = playable.map(|entry| entry.src.as_str()).collect();
        files.sort_unstable();
        files.dedup();
        files
    }

    /// Resolves the audio and video entries. An entry without a track id means the first track of
    /// its kind.
    ///
    /// # Errors
    /// [`Error::MissingFile`], [`Error::NoTrack`], or why a track is [`Error::Unsupported`].
    pub fn renditions(&self, files: &BTreeMap<String, Arc<Mp4>>) -> Result<Vec<Rendition>, Error> {
        let mut renditions = Vec::new();
        for entry in &self.entries {
            let kind = match entry.kind {
                MediaKind::Video => TrackKind::Video,
                MediaKind::Audio => TrackKind::Audio,
                MediaKind::Text => continue,
            };
            let mp4 = files
                .get(&entry.src)
                .ok_or_else(|| Error::MissingFile { file: entry.src.clone() })?;
            renditions.push(Rendition {
                file: entry.src.clone(),
                track: entry.track(kind, mp4)?,
                bitrate: entry.system_bitrate,
                name: entry.track_name.clone(),
                language: entry.system_language.clone(),
            });
        }
        Ok(renditions)
    }
}

impl MediaEntry {
    /// Name of the file to read subtitles from: that which they were made from, if it is named.
    pub(crate) fn text_source(&self) -> &str {
        self.transcript.as_deref().unwrap_or(&self.src)
    }

    fn track(&self, kind: TrackKind, mp4: &Mp4) -> Result<Arc<IndexedTrack>, Error> {
        let Some(id) = self.track_id else {
            return mp4.first(kind).map(Arc::clone);
        };
        let track = mp4.track(id)?;
        if track.kind() != kind {
            return Err(Error::NoTrack {
                file: self.src.clone(),
                wanted: format!("{} track with id {id}", kind.name()),
            });
        }
        Ok(Arc::clone(track))
    }
}
