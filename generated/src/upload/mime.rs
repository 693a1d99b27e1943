//! Media types and names that the service takes.

use std::path::Path;

/// The media type of a file by the extension of its name.
pub(super) fn media_type(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension.to_ascii_lowercase().as_str() {
        "mp4" | "m4v" | "ismv" => "video/mp4",
        "m4a" | "isma" => "audio/mp4",
        "mov" | "qt" => "video/quicktime",
        "mkv" => "video/x-matroska",
        "webm" => "video/webm",
        "avi" => "video/x-msvideo",
        "wmv" | "asf" => "video/x-ms-wmv",
        "wma" => "audio/x-ms-wma",
        "mpg" | "mpeg" | "m2v" | "vob" => "video/mpeg",
        "ts" | "m2ts" | "mts" => "video/mp2t",
        "mxf" => "application/mxf",
        "3gp" | "3gpp" => "video/3gpp",
        "flv" => "video/x-flv",
        "ogv" | "ogg" => "video/ogg",
        "mp3" => "audio/mpeg",
        "aac" => "audio/aac",
        "wav" => "audio/wav",
        "flac" => "audio/flac",
        "vtt" => "text/vtt",
        "ttml" | "dfxp" => "application/ttml+xml",
        "xml" | "ism" | "ismc" => "application/xml",
        "json" => "application/json",
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}

/// The name of a file as the service takes it: none of the characters that URLs reserve, and one
/// dot at most.
pub(super) fn asset_file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => (stem, Some(extension)),
        _ => (name.as_ref(), None),
    };
    let allowed = |c: char| !c.is_control() && !"!*'();:@&=+$,/?%#[]\".\\ ".contains(c);
    let clean =
        |text: &str| -> String { text.chars().map(|c| if allowed(c) { c } else { '_' }).collect() };
    match extension {
        Some(extension) => format!("{}.{}", clean(stem), clean(extension)),
        None => clean(stem),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_acceptable() {
        for (path, name) in [
            ("/tmp/BigBuckBunny.mp4", "BigBuckBunny.mp4"),
            ("my film (1).final.MP4", "my_film__1__final.MP4"),
            ("100% & more?.mov", "100____more_.mov"),
            (".hidden", "_hidden"),
            ("Übung.mp4", "Übung.mp4"),
        ] {
            assert_eq!(asset_file_name(Path::new(path)), name, "{path}");
        }
    }

    #[test]
    fn media_types_do_not_mind_case() {
        assert_eq!(media_type("A.MP4"), "video/mp4");
        assert_eq!(media_type("mp4"), "application/octet-stream");
    }
}
