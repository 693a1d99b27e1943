//! The part of a streaming URL behind `/{locatorId}/`.
//!
//! ```text
//! film.ism/Manifest                                            Smooth Streaming
//! film.ism/manifest(format=m3u8-cmaf,audio-only=false)         another format
//! film.ism/manifest(format=mpd-time-csf).mpd                   an extension is tolerated
//! film.ism/QualityLevels(500000)/Manifest(video,format=m3u8-cmaf)
//! film.ism/QualityLevels(500000)/Fragments(video=60000000,format=mpd-time-csf)
//! film.ism/QualityLevels(500000)/Fragments(video=i,format=mpd-time-csf)
//! ```
//!
//! Nouns and parameter names are case-insensitive, file and track names are not.

use percent_encoding::percent_decode_str;

use crate::format::{Format, HlsFormat, SmoothFormat};

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
        /// False when the URL says `audio-only=false`.
        audio_only: bool,
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
    },
    /// A media fragment.
    Fragment {
        /// Name of the `.ism` file.
        ism: String,
        /// Bitrate that names the quality level.
        bitrate: u64,
        /// Track name.
        track: String,
        /// Start time in 100-ns units.
        start: u64,
        /// Protocol and variant.
        format: Format,
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
    #[error("format {format:?} is not supported here")]
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
    /// Parses a path (no query string, no leading slash), percent-encoded or not.
    ///
    /// # Errors
    /// See [`UrlError`]. File names that would leave the asset are a syntax error.
    pub fn parse(path: &str) -> Result<Request, UrlError> {
        if path.len() > MAX_PATH {
            return Err(syntax("the path is too long"));
        }
        let path =
            percent_decode_str(path).decode_utf8().map_err(|_| syntax("the path is not UTF-8"))?;
        let mut segments = path.split('/');
        let ism = segments.next().unwrap_or_default();
        if !ism
            .get(ism.len().saturating_sub(4)..)
            .is_some_and(|end| end.eq_ignore_ascii_case(".ism"))
        {
            return Err(UrlError::NotStreaming);
        }
        // Slashes are separators already; these are what could still leave the folder.
        if ism.contains(['\\', '\0']) || ism.starts_with('.') {
            return Err(syntax("the .ism file name is not allowed"));
        }
        let rest: Vec<&str> = segments.collect();
        match rest.as_slice() {
            [manifest] => presentation(ism, &Call::parse(manifest, &["m3u8", "mpd"])?),
            [quality, part] => {
                let quality = Call::parse(quality, &[])?;
                part_of(ism, bitrate(&quality)?, &Call::parse(part, &["m3u8"])?)
            }
            _ => Err(syntax("expected Manifest or QualityLevels(…)/… behind the .ism file")),
        }
    }
}

/// `Noun(parameter,parameter).extension`
struct Call<'a> {
    noun: String,
    parameters: Vec<&'a str>,
}

impl<'a> Call<'a> {
    fn parse(text: &'a str, extensions: &[&str]) -> Result<Self, UrlError> {
        let known = |rest: &str| {
            rest.is_empty()
                || rest.strip_prefix('.').is_some_and(|extension| {
                    extensions.iter().any(|known| known.eq_ignore_ascii_case(extension))
                })
        };
        let (noun, parameters, rest) = match text.split_once('(') {
            Some((noun, behind)) => {
                let closed = behind.rsplit_once(')');
                let (inside, rest) = closed.ok_or_else(|| syntax("`)` is missing"))?;
                (noun, inside.split(',').map(str::trim).collect(), rest)
            }
            None => match text.split_once('.') {
                Some((noun, extension)) => {
                    (noun, vec![], &text[text.len() - extension.len() - 1..])
                }
                None => (text, vec![], ""),
            },
        };
        if !known(rest) {
            return Err(syntax(format!("unexpected {rest:?}")));
        }
        Ok(Call { noun: noun.to_ascii_lowercase(), parameters })
    }
}

/// Parameters that have the form `name=value`.
#[derive(Default)]
struct Options {
    format: Option<Format>,
    audio_only: Option<bool>,
}

impl Options {
    fn parse<'a>(parameters: impl Iterator<Item = &'a str>) -> Result<Self, UrlError> {
        let mut options = Options::default();
        for parameter in parameters.filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
            match name.as_str() {
                "format" => {
                    let format = Format::parse(value).ok_or_else(|| unsupported(value))?;
                    if options.format.replace(format).is_some() {
                        return Err(syntax("format is given twice"));
                    }
                }
                "audio-only" => {
                    options.audio_only = match value.to_ascii_lowercase().as_str() {
                        "true" => Some(true),
                        "false" => Some(false),
                        _ => return Err(syntax("audio-only is either true or false")),
                    };
                }
                _ => return Err(UrlError::UnsupportedParameter { name }),
            }
        }
        Ok(options)
    }

    fn format(&self) -> Format {
        self.format.unwrap_or(Format::Smooth(SmoothFormat::Latest))
    }
}

fn presentation(ism: &str, call: &Call<'_>) -> Result<Request, UrlError> {
    if call.noun != "manifest" {
        return Err(syntax(format!("unknown noun {:?}", call.noun)));
    }
    let options = Options::parse(call.parameters.iter().copied())?;
    Ok(Request::Manifest {
        ism: ism.to_owned(),
        format: options.format(),
        audio_only: options.audio_only.unwrap_or(true),
    })
}

fn bitrate(call: &Call<'_>) -> Result<u64, UrlError> {
    match (call.noun.as_str(), call.parameters.as_slice()) {
        ("qualitylevels", [bitrate]) => number(bitrate),
        _ => Err(syntax("expected QualityLevels(bitrate)")),
    }
}

fn part_of(ism: &str, bitrate: u64, call: &Call<'_>) -> Result<Request, UrlError> {
    let Some((first, others)) = call.parameters.split_first() else {
        return Err(syntax("the track name is missing"));
    };
    let options = Options::parse(others.iter().copied())?;
    let ism = ism.to_owned();
    match call.noun.as_str() {
        "manifest" => match options.format() {
            Format::Hls(format) => {
                Ok(Request::Playlist { ism, bitrate, track: track_name(first)?, format })
            }
            Format::Smooth(_) => Err(unsupported("")),
            Format::Dash(format) => Err(unsupported(format.name())),
        },
        "fragments" => {
            let (track, start) =
                first.split_once('=').ok_or_else(|| syntax("expected Fragments(track=time)"))?;
            let (track, start, format) =
                (track_name(track.trim())?, start.trim(), options.format());
            if start.eq_ignore_ascii_case("i") || start.eq_ignore_ascii_case("init") {
                return Ok(Request::Init { ism, bitrate, track, format });
            }
            let start = number(start)?;
            Ok(Request::Fragment { ism, bitrate, track, start, format })
        }
        noun => Err(syntax(format!("unknown noun {noun:?}"))),
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

fn unsupported(format: &str) -> UrlError {
    UrlError::UnsupportedFormat { format: format.to_owned() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::format::DashFormat;

    fn manifest(path: &str) -> (Format, bool) {
        match Request::parse(path).unwrap() {
            Request::Manifest { ism, format, audio_only } => {
                assert_eq!(ism, "Film.ism", "{path}");
                (format, audio_only)
            }
            other => panic!("{path}: {other:?}"),
        }
    }

    #[test]
    fn manifests() {
        let smooth = Format::Smooth(SmoothFormat::Latest);
        let cmaf = Format::Hls(HlsFormat::Cmaf);
        let csf = Format::Dash(DashFormat::Csf);
        for (path, format, audio_only) in [
            ("Film.ism/Manifest", smooth, true),
            ("Film.ism/manifest", smooth, true),
            ("Film.ism/MANIFEST(FORMAT=fmp4)", smooth, true),
            ("Film.ism/manifest()", smooth, true),
            ("Film.ism/Manifest(format=fmp4-v20)", Format::Smooth(SmoothFormat::V20), true),
            ("Film.ism/manifest(format=m3u8-cmaf)", cmaf, true),
            ("Film.ism/manifest(format=m3u8-aapl-v4).m3u8", Format::Hls(HlsFormat::Aapl), true),
            ("Film.ism/manifest(format=m3u8-cmaf, audio-only=false)", cmaf, false),
            ("Film.ism/manifest%28format%3Dmpd-time-csf%29.mpd", csf, true),
            ("Film.ism/Manifest.m3u8", smooth, true),
        ] {
            assert_eq!(manifest(path), (format, audio_only), "{path}");
        }
    }

    #[test]
    fn playlists_init_segments_and_fragments() {
        let ism = || "Film.ism".to_owned();
        let (track, bitrate) = ("aac_eng_2_128041_2_1".to_owned(), 128_041);
        assert_eq!(
            Request::parse(
                "Film.ism/QualityLevels(128041)/Manifest(aac_eng_2_128041_2_1,format=m3u8-aapl)"
            ),
            Ok(Request::Playlist {
                ism: ism(),
                bitrate,
                track: track.clone(),
                format: HlsFormat::Aapl
            })
        );
        let format = Format::Dash(DashFormat::Cmaf);
        for init in ["i", "init", "I"] {
            let path = format!(
                "Film.ism/qualitylevels(128041)/fragments({track}={init},Format=mpd-time-cmaf)"
            );
            let want = Request::Init { ism: ism(), bitrate, track: track.clone(), format };
            assert_eq!(Request::parse(&path), Ok(want));
        }
        assert_eq!(
            Request::parse("Film.ism/QualityLevels(500000)/Fragments(video=60060000)"),
            Ok(Request::Fragment {
                ism: ism(),
                bitrate: 500_000,
                track: "video".to_owned(),
                start: 60_060_000,
                format: Format::Smooth(SmoothFormat::Latest),
            })
        );
    }

    #[test]
    fn formats_that_do_not_fit() {
        for (path, format) in [
            ("a.ism/manifest(format=f4m-f4f)", "f4m-f4f"),
            ("a.ism/manifest(format=m3u8-aapl-v3)", "m3u8-aapl-v3"),
            ("a.ism/QualityLevels(1)/Manifest(video)", ""),
            ("a.ism/QualityLevels(1)/Manifest(video,format=mpd-time-csf)", "mpd-time-csf"),
        ] {
            assert_eq!(Request::parse(path), Err(unsupported(format)), "{path}");
        }
        assert_eq!(
            Request::parse("a.ism/manifest(format=m3u8-cmaf,filter=mobile)"),
            Err(UrlError::UnsupportedParameter { name: "filter".to_owned() })
        );
    }

    #[test]
    fn hostile_and_foreign_paths() {
        for path in ["", "film.mp4", "manifest", "é", "..", "a.isml/manifest"] {
            assert_eq!(Request::parse(path), Err(UrlError::NotStreaming), "{path}");
        }
        let long = format!("a.ism/manifest({})", "x".repeat(MAX_PATH));
        for path in [
            "a.ism",
            "a.ism/",
            "../a.ism/manifest",
            "..%2fa.ism/manifest",
            ".ism/manifest",
            "a\\..\\b.ism/manifest",
            "a.ism/manifest(format=fmp4",
            "a.ism/manifest(format=fmp4).exe",
            "a.ism/manifest(format=fmp4,format=fmp4)",
            "a.ism/QualityLevels(+5)/Fragments(video=0)",
            "a.ism/QualityLevels(5)/Fragments(video=-1)",
            "a.ism/QualityLevels(5)/Fragments(video=99999999999999999999)",
            "a.ism/QualityLevels(5)/Fragments(=0)",
            "a.ism/QualityLevels(5)/Fragments(video)",
            "a.ism/QualityLevels(5)/KeyFrames(video=0)",
            "a.ism/%ff/manifest",
            &long,
        ] {
            let parsed = Request::parse(path);
            let refused = matches!(parsed, Err(UrlError::Syntax { .. } | UrlError::NotStreaming));
            assert!(refused, "{path}: {parsed:?}");
        }
    }
}
