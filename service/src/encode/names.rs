//! Names of output files: the macros of presets, and the rule that AMS has for
//! `AssetFile` names.

use super::error::TaskError;

/// Characters of the name that `{Basename}` takes.
const BASENAME_LENGTH: usize = 32;
/// The longest `AssetFile` name.
const MAX_NAME: usize = 260;
/// What an `AssetFile` name must not have: the characters that percent-encoding
/// reserves, and what is special in paths of any system. Dots are counted
/// separately.
const FORBIDDEN: &str = "!*'();:@&=+$,/?%#[]\"\\<>|";

/// What the macros of one output file stand for.
#[derive(Debug, Clone)]
pub(super) struct Macros<'a> {
    pub(super) basename: &'a str,
    /// Width, height and target kbit/s.
    pub(super) video: Option<(u32, u32, u32)>,
    /// Channels and target kbit/s.
    pub(super) audio: Option<(u32, u32)>,
    /// Number of the file within its output, from 1.
    pub(super) index: String,
    /// With its dot.
    pub(super) extension: &'a str,
}

/// `{Basename}` of the file that the client calls `name`: its first
/// characters, without the extension, fit for an `AssetFile` name.
pub(super) fn basename(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let stem = match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    };
    let clean: String = stem
        .chars()
        .take(BASENAME_LENGTH)
        .map(|c| if is_forbidden(c) || c == '.' { '_' } else { c })
        .collect();
    let clean = clean.trim();
    if clean.is_empty() { "output".to_owned() } else { clean.to_owned() }
}

fn is_forbidden(c: char) -> bool {
    c.is_control() || FORBIDDEN.contains(c)
}

/// Replaces the macros in `pattern`.
///
/// # Errors
/// `ErrorParsingConfiguration` for unknown macros, for macros the file has no
/// value for and for results that are no `AssetFile` name.
pub(super) fn expand(pattern: &str, macros: &Macros<'_>) -> Result<String, TaskError> {
    let wrong =
        |what: String| TaskError::configuration(format!("the output FileName {pattern:?} {what}"));
    let mut name = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        name.push_str(before);
        let (key, after) =
            after.split_once('}').ok_or_else(|| wrong("has a { without }".to_owned()))?;
        match value(key, macros) {
            Some(Some(value)) => name.push_str(&value),
            Some(None) => {
                return Err(wrong(format!(
                    "uses {{{key}}}, which a file with these tracks has no value for"
                )));
            }
            None => return Err(wrong(format!("uses the unknown macro {{{key}}}"))),
        }
        rest = after;
    }
    name.push_str(rest);
    check(&name, macros.extension)
        .map_err(|what| wrong(format!("makes {name:?}, which {what}")))?;
    Ok(name)
}

/// The value of the macro `key`: `None` when there is no such macro,
/// `Some(None)` when the file does not have what it names.
fn value(key: &str, macros: &Macros<'_>) -> Option<Option<String>> {
    let video = macros.video;
    let audio = macros.audio;
    Some(match key {
        "Basename" => Some(macros.basename.to_owned()),
        "Width" => video.map(|(width, _, _)| width.to_string()),
        "Height" => video.map(|(_, height, _)| height.to_string()),
        "Resolution" => video.map(|(width, height, _)| format!("{width}x{height}")),
        "VideoBitrate" => video.map(|(_, _, rate)| rate.to_string()),
        "AudioBitrate" => audio.map(|(_, rate)| rate.to_string()),
        "Channel" => audio.map(|(channels, _)| channels.to_string()),
        "Bitrate" => video
            .map(|(_, _, rate)| rate)
            .or(audio.map(|(_, rate)| rate))
            .map(|rate| rate.to_string()),
        "Codec" => Some(if video.is_some() { "H264" } else { "AAC" }.to_owned()),
        "Index" => Some(macros.index.clone()),
        "Extension" => Some(macros.extension.to_owned()),
        _ => return None,
    })
}

/// True when `pattern` can name files without video.
pub(super) fn fits_audio(pattern: &str) -> bool {
    ["{Width}", "{Height}", "{Resolution}", "{VideoBitrate}"]
        .iter()
        .all(|video_macro| !pattern.contains(video_macro))
}

fn check(name: &str, extension: &str) -> Result<(), String> {
    if name.chars().count() > MAX_NAME {
        return Err(format!("is longer than {MAX_NAME} characters"));
    }
    if let Some(c) = name.chars().find(|c| is_forbidden(*c)) {
        return Err(format!("has the character {c:?}"));
    }
    if name.matches('.').count() > 1 {
        return Err("has more than one dot".to_owned());
    }
    let stem = name
        .len()
        .checked_sub(extension.len())
        .filter(|at| name.is_char_boundary(*at))
        .map(|at| name.split_at(at))
        .filter(|(_, end)| end.eq_ignore_ascii_case(extension))
        .map(|(stem, _)| stem.trim());
    match stem {
        None => Err(format!("does not end in {extension}, the format's extension")),
        Some("") => Err("is only an extension".to_owned()),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn macros() -> Macros<'static> {
        Macros {
            basename: "BigBuckBunny",
            video: Some((1280, 720, 3400)),
            audio: Some((2, 128)),
            index: "3".to_owned(),
            extension: ".mp4",
        }
    }

    #[test]
    fn all_macros_expand() {
        for (pattern, expected) in [
            ("{Basename}_{Width}x{Height}_{VideoBitrate}.mp4", "BigBuckBunny_1280x720_3400.mp4"),
            (
                "{Basename}_{Resolution}_{Bitrate}_{Codec}_ch{Channel}_{AudioBitrate}.MP4",
                "BigBuckBunny_1280x720_3400_H264_ch2_128.MP4",
            ),
            ("{Basename}_{Index}{Extension}", "BigBuckBunny_3.mp4"),
        ] {
            assert_eq!(expand(pattern, &macros()).expect(pattern), expected);
        }
    }

    #[test]
    fn a_file_with_audio_only_has_its_own_values() {
        let audio = Macros { video: None, ..macros() };
        assert_eq!(expand("{Codec}_{Bitrate}.mp4", &audio).expect("a name"), "AAC_128.mp4");
        assert!(expand("{Width}.mp4", &audio).is_err());
        assert!(!fits_audio("{Basename}_{Width}.mp4"));
        assert!(fits_audio("{Basename}_{Bitrate}.mp4"));
    }

    #[test]
    fn names_that_are_no_asset_file_names_are_refused() {
        for pattern in [
            "../{Basename}.mp4",
            "a\\b.mp4",
            "a:b.mp4",
            "a.b.mp4",
            "a.txt",
            "a",
            ".mp4",
            " .mp4",
            "{Unknown}.mp4",
            "{Basename.mp4",
            "a\u{0}.mp4",
        ] {
            let error = expand(pattern, &macros()).expect_err(pattern);
            assert!(error.message.contains("FileName"), "{error}");
        }
        assert!(expand(&format!("{}.mp4", "x".repeat(300)), &macros()).is_err());
    }

    #[test]
    fn basenames_are_short_and_harmless() {
        for (name, expected) in [
            ("BigBuckBunny.mp4", "BigBuckBunny"),
            ("my.holiday.2015.mov", "my_holiday_2015"),
            ("../../etc/pass%wd", "pass_wd"),
            (".mp4", "_mp4"),
            ("", "output"),
            ("   .mp4", "output"),
            ("ÄÖÜ ß.mp4", "ÄÖÜ ß"),
            ("0123456789012345678901234567890123456789.mp4", "01234567890123456789012345678901"),
        ] {
            assert_eq!(basename(name), expected, "{name}");
        }
    }
}
