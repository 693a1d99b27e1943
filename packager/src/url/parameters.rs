//! The parameters of a streaming URL that have the form `name=value`.

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
const NAMES: [&str; 5] = ["format", "filter", "audio-only", "audiotrack", "encryption"];

/// What a URL asks for beside a format.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parameters {
    /// `audio-only`: whether HLS lists a variant without video. It does unless told otherwise.
    pub audio_only: Option<bool>,
    /// `audioTrack`: the audio that a player starts with.
    pub audio_track: Option<String>,
    /// `filter`: names of the filters, in order.
    pub filters: Vec<String>,
    /// `encryption`: how the stream is to be encrypted.
    pub encryption: Option<Encryption>,
}

impl Parameters {
    /// Reads parameters, and the format among them.
    pub(super) fn parse<'a>(
        parameters: impl Iterator<Item = &'a str>,
    ) -> Result<(Self, Format), UrlError> {
        let mut options = Self::default();
        let mut format = None;
        for parameter in parameters.filter(|parameter| !parameter.is_empty()) {
            let (name, value) = split(parameter);
            match name.as_str() {
                "format" => {
                    let known = Format::parse(value).ok_or_else(|| unsupported(value))?;
                    if format.replace(known).is_some() {
                        return Err(syntax("format is given twice"));
                    }
                }
                "filter" => {
                    if !options.filters.is_empty() {
                        return Err(syntax("filter is given twice; names are joined with `;`"));
                    }
                    options.filters = filters(value)?;
                }
                "audio-only" => {
                    options.audio_only = match value.to_ascii_lowercase().as_str() {
                        "true" => Some(true),
                        "false" => Some(false),
                        _ => return Err(syntax("audio-only is either true or false")),
                    };
                }
                "audiotrack" if value.is_empty() => return Err(syntax("audioTrack has no name")),
                "audiotrack" => options.audio_track = Some(value.to_owned()),
                "encryption" => {
                    let known = Encryption::parse(value).ok_or_else(|| {
                        syntax("encryption is one of cbc, cenc, cbcs and cbcs-aapl")
                    })?;
                    if options.encryption.replace(known).is_some() {
                        return Err(syntax("encryption is given twice"));
                    }
                }
                _ => return Err(UrlError::UnsupportedParameter { name }),
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
        text + &self.repeated_in_fragments()
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

fn filters(value: &str) -> Result<Vec<String>, UrlError> {
    let names = value.split(';').map(str::trim).filter(|name| !name.is_empty());
    let names: Vec<_> = names.map(str::to_owned).collect();
    match names.len() {
        0 => Err(syntax("filter has no name")),
        1..=MAX_FILTERS => Ok(names),
        _ => Err(syntax(format!("more than {MAX_FILTERS} filters"))),
    }
}
