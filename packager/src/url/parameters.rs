//! The parameters of a streaming URL that have the form `name=value`.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::{UrlError, syntax, unsupported};
use crate::format::{Encryption, Format, SmoothFormat};

/// Most filters in one URL.
const MAX_FILTERS: usize = 3;

/// What cannot stand as it is in a URL that itself stands between quotes in a playlist.
const QUOTED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Names of all parameters, in lower case.
const NAMES: [&str; 7] =
    ["format", "filter", "audio-only", "audiotrack", "encryption", "extensions", "type"];

/// What a URL asks for beside a format.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parameters {
    /// `audio-only`: whether HLS lists a variant without video. It does unless told otherwise.
    pub audio_only: Option<bool>,
    /// `audioTrack`: the audio that a player starts with; in `m3u8-aapl-v3`, the audio that is in
    /// the segments of the video.
    pub audio_track: Option<String>,
    /// `filter`: names of the filters, in order.
    pub filters: Vec<String>,
    /// `encryption`: how the stream is to be encrypted.
    pub encryption: Option<Encryption>,
    /// `extensions`: whether the URLs in playlists end as those of files do, for clients that open
    /// no others. They do not unless told otherwise. Such URLs lead to the same in any case.
    pub extensions: Option<bool>,
    /// `type=keyframes`: the media playlist of key frames alone.
    pub key_frames: bool,
}

impl Parameters {
    /// Reads parameters, and the format among them.
    pub(super) fn parse<'a>(
        parameters: impl Iterator<Item = &'a str>,
    ) -> Result<(Self, Format), UrlError> {
        let mut options = Self::default();
        let mut format = None;
        let mut seen = BTreeSet::new();
        for parameter in parameters.filter(|parameter| !parameter.is_empty()) {
            let (name, value) = split(parameter);
            if value.is_empty() && NAMES.contains(&name.as_str()) {
                return Err(syntax(format!("{name} has no value")));
            }
            match name.as_str() {
                "format" => format = Some(Format::parse(value).ok_or_else(|| unsupported(value))?),
                "filter" => options.filters = filters(value)?,
                "audio-only" => options.audio_only = Some(flag(&name, value)?),
                "audiotrack" => options.audio_track = Some(value.to_owned()),
                "encryption" => {
                    let known = Encryption::parse(value).ok_or_else(|| {
                        syntax("encryption is one of cbc, cenc, cbcs and cbcs-aapl")
                    })?;
                    options.encryption = Some(known);
                }
                "extensions" => options.extensions = Some(flag(&name, value)?),
                "type" if value.eq_ignore_ascii_case("keyframes") => options.key_frames = true,
                "type" => return Err(syntax("type is keyframes")),
                _ => return Err(UrlError::UnsupportedParameter { name }),
            }
            if let Some(name) = seen.replace(name) {
                return Err(syntax(format!("{name} is given twice")));
            }
        }
        Ok((options, format.unwrap_or(Format::Smooth(SmoothFormat::Latest))))
    }

    /// What the URLs of playlists have to repeat, with a comma before it, ready for a quoted string.
    pub(crate) fn repeated(&self) -> String {
        let mut text = String::new();
        for (at, name) in self.filters.iter().enumerate() {
            let before = if at == 0 { ",filter=" } else { ";" };
            // Writing to a `String` cannot fail.
            let _ = write!(text, "{before}{}", utf8_percent_encode(name, QUOTED));
        }
        if let Some(extensions) = self.extensions {
            let _ = write!(text, ",extensions={extensions}");
        }
        text + &self.repeated_in_fragments()
    }

    /// What a URL in a playlist ends with: the extension, with its dot, if it is to have one.
    pub(crate) fn suffix(&self, extension: &'static str) -> &'static str {
        if self.extensions == Some(true) { extension } else { "" }
    }

    /// What the URLs of fragments have to repeat, with a comma before it: a filter changes none.
    pub(crate) fn repeated_in_fragments(&self) -> String {
        let encryption = self.encryption.map(Encryption::name);
        encryption.map_or_else(String::new, |name| format!(",encryption={name}"))
    }
}

/// Whether a parameter is one of those above, and not the name of a track with a time.
pub(super) fn is_option(parameter: &str) -> bool {
    parameter.contains('=') && NAMES.contains(&split(parameter).0.as_str())
}

fn split(parameter: &str) -> (String, &str) {
    let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    (name.trim().to_ascii_lowercase(), value.trim())
}

fn flag(name: &str, value: &str) -> Result<bool, UrlError> {
    match value.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(syntax(format!("{name} is either true or false"))),
    }
}

fn filters(value: &str) -> Result<Vec<String>, UrlError> {
    let names = value.split(';').map(str::trim).filter(|name| !name.is_empty());
    let names: Vec<_> = names.map(str::to_owned).collect();
    match names.len() {
        0 => Err(syntax("filter has no name")),
        1..=MAX_FILTERS => Ok(names),
        _ => Err(syntax(format!("more than {MAX_FILTERS} filters"))),
    }
}
