//! Text streams: the subtitles of a presentation.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::cues::{Subtitles, is_webvtt};
use super::error::TextError;
use super::name::{self, TextRole};
use crate::error::Error;
use crate::language;
use crate::server_manifest::MediaEntry;
use crate::stream::{unique, url_safe};
use crate::timeline::Timeline;

/// Bitrate that names the only quality level, unless the server manifest has one. It stays when a
/// file is replaced, so that URLs do.
const BITRATE: u64 = 1000;

/// A file of subtitles that belongs to a presentation, and what is known without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFile {
    /// Name of the file.
    pub file: String,
    /// Track name in URLs.
    pub name: String,
    /// Language tag (BCP 47).
    pub language: Option<String>,
    /// Bitrate that names the quality level.
    pub bitrate: u64,
    /// What the subtitles are for.
    pub role: TextRole,
    /// Whether the server manifest names the file, and it is not just there.
    pub listed: bool,
}

impl TextFile {
    /// The files that a presentation has: those of the server manifest, in its order, then other
    /// WebVTT files of the asset, in theirs.
    pub fn of_asset<'a>(
        entries: &[MediaEntry],
        files: impl IntoIterator<Item = &'a str>,
    ) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for entry in entries {
            let source = entry.text_source();
            if all.iter().all(|known| known.file != source) {
                all.push(Self::of_entry(entry, source));
            }
        }
        for file in files {
            // What is in a folder belongs to something else.
            let own = is_webvtt(file) && !file.contains('/');
            if own && all.iter().all(|known| known.file != file) {
                all.push(Self::found(file));
            }
        }
        all
    }

    fn of_entry(entry: &MediaEntry, source: &str) -> Self {
        let found = Self::found(source);
        let given = entry.track_name.as_deref().map(url_safe).filter(|name| !name.is_empty());
        let language = entry.system_language.as_deref().map(url_safe);
        Self {
            name: given.unwrap_or(found.name),
            language: language.filter(|tag| !["", "und"].contains(&&**tag)).or(found.language),
            bitrate: entry.system_bitrate.unwrap_or(BITRATE),
            listed: true,
            ..found
        }
    }

    fn found(file: &str) -> Self {
        let parts = name::parse(file);
        let name = match url_safe(parts.stem) {
            name if name.is_empty() => "text".to_owned(),
            name => name,
        };
        Self {
            file: file.to_owned(),
            name,
            language: parts.language,
            bitrate: BITRATE,
            role: parts.role,
            listed: false,
        }
    }

    fn label(&self) -> String {
        let language = self.language.as_deref();
        let label = language.map_or_else(|| self.name.clone(), language::label);
        match self.role {
            TextRole::Subtitles => label,
            TextRole::Captions => label + " (captions)",
            TextRole::Forced => label + " (forced)",
        }
    }
}

/// The subtitles of one file as a track, cut on the timeline of the presentation.
#[derive(Debug, Clone)]
pub struct TextStream {
    pub(super) file: TextFile,
    pub(super) label: String,
    pub(super) timeline: Timeline,
    /// Not to be had if the file cannot be read.
    pub(super) content: Result<Arc<Subtitles>, TextError>,
}

impl TextStream {
    /// The file.
    pub fn file(&self) -> &TextFile {
        &self.file
    }

    /// Track name in URLs; no other track of the presentation has it.
    pub fn name(&self) -> &str {
        &self.file.name
    }

    /// What people see; no other text stream of the presentation has it.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Language tag (BCP 47), unless it is not known.
    pub fn language(&self) -> Option<&str> {
        self.file.language.as_deref()
    }

    /// The fragments: those of the video, or of the first audio track without one.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// The subtitles.
    ///
    /// # Errors
    /// Why the file cannot be read. Manifests do not list it then.
    pub fn subtitles(&self) -> Result<&Subtitles, &TextError> {
        self.content.as_deref()
    }

    pub(super) fn checked(&self, bitrate: u64) -> Result<&Subtitles, Error> {
        if bitrate != self.file.bitrate {
            return Err(Error::NoSuchQuality { track: self.file.name.clone(), bitrate });
        }
        self.subtitles().map_err(|error| Error::Text(error.clone()))
    }

    /// The fragment that starts at `start`: its number and its time.
    pub(super) fn fragment(&self, start: u64) -> Result<(usize, Range<u64>), Error> {
        let found = self.timeline.find(start).and_then(|at| Some((at, self.timeline.chunk(at)?)));
        let (at, chunk) =
            found.ok_or_else(|| Error::NoSuchTime { track: self.file.name.clone(), start })?;
        Ok((at, chunk.start..chunk.start + chunk.duration))
    }

    /// The time of all fragments together.
    pub(super) fn span(&self) -> Range<u64> {
        self.timeline.start()..self.timeline.end()
    }

    /// The same stream with less of the timeline.
    pub(crate) fn within(&self, range: &Range<u64>, slack: u64) -> Option<Self> {
        Some(Self { timeline: self.timeline.within(range, slack)?, ..self.clone() })
    }
}

/// Makes streams with names that are not taken yet.
pub(crate) fn streams(
    texts: impl IntoIterator<Item = (TextFile, Result<Arc<Subtitles>, TextError>)>,
    timeline: &Timeline,
    mut names: BTreeSet<String>,
) -> Vec<TextStream> {
    let mut labels = BTreeSet::new();
    let stream = |(file, content): (TextFile, Result<Arc<Subtitles>, TextError>)| {
        let label = file.label();
        // Of what is not listed nobody sees the label.
        let label = if content.is_ok() { unique(label, &mut labels) } else { label };
        let file = TextFile { name: unique(file.name, &mut names), ..file };
        TextStream { file, label, timeline: timeline.clone(), content }
    };
    texts.into_iter().map(stream).collect()
}
