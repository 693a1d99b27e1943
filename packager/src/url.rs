//! The part of a streaming URL behind `/{locatorId}/`.
//!
//! ```text
//! film.ism/Manifest                                            Smooth Streaming
//! film.ism/manifest(format=m3u8-cmaf,audio-only=false)         another format
//! film.ism/manifest(format=mpd-time-csf).mpd                   an extension is tolerated
//! film.ism/manifest(format=m3u8-cmaf,extensions=true)          with extensions in all URLs
//! film.ism/manifest(format=m3u8-cmaf,filter=mobile;english)    cut by up to three filters
//! film.ism/QualityLevels(500000)/Manifest(video,format=m3u8-cmaf)
//! film.ism/QualityLevels(500000)/Manifest(video,format=m3u8-aapl,type=keyframes)
//! film.ism/QualityLevels(500000)/Manifest(video,format=m3u8-aapl-v3,audiotrack=english)
//! film.ism/QualityLevels(500000)/Fragments(video=60000000,format=mpd-time-csf)
//! film.ism/QualityLevels(500000)/Fragments(video=i,format=mpd-time-csf)
//! film.ism/Thumbnails.vtt                                      see ThumbnailRequest
//! film.ism/QualityLevels(500000)/KeyFrames(video=60000000)     the nouns of Smooth Streaming
//! ```
//!
//! Nouns and parameter names are case-insensitive, file and track names are not.

mod call;
mod parameters;
#[cfg(test)]
mod tests;
mod thumbnails;

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::format::{Format, HlsFormat};
use crate::fragment::FragmentNoun;
use call::{Call, FRAGMENT_EXTENSIONS, MANIFEST_EXTENSIONS};
pub use parameters::Parameters;
pub use thumbnails::ThumbnailRequest;

/// Longest path that is looked at, in bytes.
const MAX_PATH: usize = 2048;

/// What a client asks of a presentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// The manifest of the presentation: HLS master, DASH or Smooth.
    Manifest {
        /// Name of the `.ism` file.
        ism: String,
        /// Protocol and variant.
        format: Format,
        /// What else is asked for.
        parameters: Parameters,
    },
    /// The HLS media playlist of a quality level.
    Playlist {
        /// Name of the `.ism` file.
        ism: String,
        /// Bitrate that names the quality level.
        bitrate: u64,
        /// Track name.
        track: String,
        /// HLS variant.
        format: HlsFormat,
        /// What else is asked for.
        parameters: Parameters,
    },
    /// The initialization segment of a quality level.
    Init {
        /// Name of the `.ism` file.
        ism: String,
        /// Bitrate that names the quality level.
        bitrate: u64,
        /// Track name.
        track: String,
        /// Protocol and variant.
        format: Format,
        /// What else is asked for.
        parameters: Parameters,
    },
    /// A media fragment, or a part of one.
    Fragment {
        /// Name of the `.ism` file.
        ism: String,
        /// Bitrate that names the quality level.
        bitrate: u64,
        /// Track name.
        track: String,
        /// Start time in 100-ns units.
        start: u64,
        /// What of the fragment is asked for.
        noun: FragmentNoun,
        /// Protocol and variant.
        format: Format,
        /// What else is asked for.
        parameters: Parameters,
    },
}

/// Why a URL is not a streaming request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// The path is not below an `.ism` file, so it may name a file of the asset instead.
    #[error("the path does not lead into an .ism file")]
    NotStreaming,
    /// The path does not follow the grammar: HTTP 400.
    #[error("bad URL syntax: {problem}")]
    Syntax {
        /// What is wrong.
        problem: String,
    },
    /// The `format` is not known or not supported for this request: HTTP 400 or 415.
    #[error("{}", unsupported_format(.format))]
    UnsupportedFormat {
        /// The value of the parameter; empty if there was none and one is needed.
        format: String,
    },
    /// A parameter is not supported: HTTP 400.
    #[error("parameter {name:?} is not supported")]
    UnsupportedParameter {
        /// Name of the parameter.
        name: String,
    },
}

impl Request {
    /// Name of the `.ism` file.
    pub fn ism(&self) -> &str {
        match self {
            Request::Manifest { ism, .. }
            | Request::Playlist { ism, .. }
            | Request::Init { ism, .. }
            | Request::Fragment { ism, .. } => ism,
        }
    }

    /// Protocol and variant.
    pub fn format(&self) -> Format {
        match *self {
            Request::Playlist { format, .. } => Format::Hls(format),
            Request::Manifest { format, .. }
            | Request::Init { format, .. }
            | Request::Fragment { format, .. } => format,
        }
    }

    /// What is asked for beside a format.
    pub fn parameters(&self) -> &Parameters {
        match self {
            Request::Manifest { parameters, .. }
            | Request::Playlist { parameters, .. }
            | Request::Init { parameters, .. }
            | Request::Fragment { parameters, .. } => parameters,
        }
    }

    /// What is asked for beside a format, to be amended by the caller's own defaults.
    pub fn parameters_mut(&mut self) -> &mut Parameters {
        match self {
            Request::Manifest { parameters, .. }
            | Request::Playlist { parameters, .. }
            | Request::Init { parameters, .. }
            | Request::Fragment { parameters, .. } => parameters,
        }
    }

    /// The track, unless all of them are asked for.
    pub fn track(&self) -> Option<&str> {
        match self {
            Request::Manifest { .. } => None,
            Request::Playlist { track, .. }
            | Request::Init { track, .. }
            | Request::Fragment { track, .. } => Some(track),
        }
    }

    /// Parses a path (no query string, no leading slash), percent-encoded or not.
    ///
    /// # Errors
    /// See [`UrlError`]. File names that would leave the asset are a syntax error.
    pub fn parse(path: &str) -> Result<Request, UrlError> {
        if path.len() > MAX_PATH {
            return Err(syntax("the path is too long"));
        }
        let (ism, rest) = server_manifest(path)?;
        let rest = rest.split('/').map(call::decoded).collect::<Result<Vec<_>, _>>()?;
        match rest.as_slice() {
            [manifest] => presentation(&ism, &Call::parse(manifest)?),
            [quality, part] => part_of(&ism, bitrate(&Call::parse(quality)?)?, &Call::parse(part)?),
            _ => Err(syntax("expected Manifest or QualityLevels(…)/… behind the .ism file")),
        }
    }
}

/// Splits a path behind its `.ism` file, whose name is looked at.
fn server_manifest(path: &str) -> Result<(Cow<'_, str>, &str), UrlError> {
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    if !percent_decode_str(first).decode_utf8_lossy().to_ascii_lowercase().ends_with(".ism") {
        return Err(UrlError::NotStreaming);
    }
    let ism = call::decoded(first)?;
    if ism.starts_with('.') {
        return Err(syntax("the .ism file name is not allowed"));
    }
    Ok((ism, rest))
}

fn presentation(ism: &str, call: &Call<'_>) -> Result<Request, UrlError> {
    match call.noun.as_str() {
        "manifest" => {}
        "" => return Err(syntax(format!("expected /manifest behind {ism}"))),
        "qualitylevels" => {
            return Err(syntax("expected /Fragments(…) or /Manifest(…) behind QualityLevels(…)"));
        }
        noun => return Err(syntax(format!("unknown noun {noun:?}"))),
    }
    call.check_extension(MANIFEST_EXTENSIONS)?;
    let (parameters, format) = Parameters::parse(call.parameters.iter().copied())?;
    Ok(Request::Manifest { ism: ism.to_owned(), format, parameters })
}

fn bitrate(call: &Call<'_>) -> Result<u64, UrlError> {
    call.check_extension(&[])?;
    match (call.noun.as_str(), call.parameters.as_slice()) {
        ("qualitylevels", [bitrate]) => number(bitrate),
        _ => Err(syntax("expected QualityLevels(bitrate)")),
    }
}

fn part_of(ism: &str, bitrate: u64, call: &Call<'_>) -> Result<Request, UrlError> {
    // The track comes first; wherever else it is, it is told by its name not being a parameter's.
    let track_at = call.parameters.iter().position(|parameter| !parameters::is_option(parameter));
    let track_at = track_at.unwrap_or(0);
    let track = call.parameters.get(track_at).copied().unwrap_or_default();
    let others = call.parameters.iter().enumerate().filter(|(at, _)| *at != track_at);
    let (parameters, format) = Parameters::parse(others.map(|(_, parameter)| *parameter))?;
    let ism = ism.to_owned();
    match call.noun.as_str() {
        "manifest" => {
            call.check_extension(MANIFEST_EXTENSIONS)?;
            let track = track_name(track)?;
            match format {
                Format::Hls(format) => {
                    Ok(Request::Playlist { ism, bitrate, track, format, parameters })
                }
                Format::Smooth(_) => Err(unsupported("")),
                Format::Dash(format) => Err(unsupported(format.name())),
            }
        }
        noun => {
            let noun = FragmentNoun::parse(noun)
                .ok_or_else(|| syntax(format!("unknown noun {noun:?}")))?;
            call.check_extension(FRAGMENT_EXTENSIONS)?;
            let (track, start) =
                track.split_once('=').ok_or_else(|| syntax("expected track=time"))?;
            let (track, start) = (track_name(track.trim())?, start.trim());
            // The other nouns are of the Smooth Streaming protocol alone.
            if noun != FragmentNoun::Fragments && !matches!(format, Format::Smooth(_)) {
                return Err(unsupported(format.name()));
            }
            if start.eq_ignore_ascii_case("i") || start.eq_ignore_ascii_case("init") {
                return Ok(Request::Init { ism, bitrate, track, format, parameters });
            }
            let start = number(start)?;
            Ok(Request::Fragment { ism, bitrate, track, start, noun, format, parameters })
        }
    }
}

fn track_name(text: &str) -> Result<String, UrlError> {
    if text.is_empty() || text.contains(['=', '(', ')']) {
        return Err(syntax("the track name is missing"));
    }
    Ok(text.to_owned())
}

/// A decimal number; unlike `parse` alone it does not take a sign.
fn number(text: &str) -> Result<u64, UrlError> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parsed = digits.then(|| text.parse().ok()).flatten();
    parsed.ok_or_else(|| syntax(format!("{text:?} is not a number")))
}

fn syntax(problem: impl Into<String>) -> UrlError {
    UrlError::Syntax { problem: problem.into() }
}

fn unsupported_format(format: &str) -> String {
    match format.to_ascii_lowercase().as_str() {
        "f4m-f4f" => "HDS (f4m-f4f) is not served: no player of it is left; \
                      ask for HLS, DASH or Smooth Streaming"
            .to_owned(),
        "" => "a playlist needs a format, such as format=m3u8-cmaf".to_owned(),
        _ => format!("format {format:?} is not supported here"),
    }
}

fn unsupported(format: &str) -> UrlError {
    UrlError::UnsupportedFormat { format: format.to_owned() }
}
