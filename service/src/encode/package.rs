//! `Windows Azure Media Packager`: MP4 files become an asset that can be streamed.
//!
//! Its configurations are `taskDefinition` documents of IIS Transform Manager. What it made of
//! MP4 files were fragmented ones; dynamic packaging makes fragments of plain ones, so that all
//! that is missing are manifests.

use std::path::Path;
use std::sync::Arc;

use tokio::fs;

use super::element::Element;
use super::error::{ErrorCode, TaskError};
use super::{InputFile, OutputFile, Role, disk, ism, measure, names};

/// What a `taskDefinition` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PackageTask {
    /// Manifests for MP4 files.
    Mp4ToSmooth,
}

const MP4_TO_SMOOTH: &str = "5e1e1a1c-bba6-11df-8991-0019d1916af0";
const MP4_PREPROCESSOR: &str = "859515bf-9ba3-4bdd-a3b6-400cef07f870";
/// What cannot be done, and what to do instead.
const OTHERS: [(&str, &str); 2] = [
    (
        "a72d7a5d-3022-45f2-89b4-1ddc5457c111",
        "Smooth Streaming to HLS: request the asset as HLS, with (format=m3u8-aapl), instead",
    ),
    (
        "9a3bfeac-f8ae-41ca-87fa-d639e4d1c753",
        "PlayReady protection: link an AssetDeliveryPolicy to the asset instead",
    ),
];

impl PackageTask {
    /// Reads a `taskDefinition`.
    ///
    /// # Errors
    /// `ErrorParsingConfiguration` for anything else, and for what cannot be done.
    pub(crate) fn parse(text: &str) -> Result<Self, TaskError> {
        let wrong = |what: &str| TaskError::configuration(format!("the taskDefinition {what}"));
        let root = Element::parse(text.trim_start_matches('\u{feff}').trim())
            .map_err(|problem| wrong(&format!("is not usable: {problem}")))?;
        if root.name != "taskDefinition" {
            return Err(wrong(&format!("has the root element {:?}", root.name)));
        }
        let id = root.child("id").map(|id| id.text.trim()).unwrap_or_default();
        let id = id.trim_matches(['{', '}']).to_ascii_lowercase();
        if let Some((_, instead)) = OTHERS.iter().find(|(other, _)| *other == id) {
            return Err(wrong(&format!("asks for what is not done ahead of streaming: {instead}")));
        }
        match id.as_str() {
            MP4_TO_SMOOTH | MP4_PREPROCESSOR => Ok(Self::Mp4ToSmooth),
            _ => Err(wrong(&format!("has the unknown id {id:?}"))),
        }
    }
}

/// Adds manifests to the MP4 files among `files`; others but manifests stay as they are.
///
/// # Errors
/// `ErrorExecutingTaskUnsupportedFormat` when there are no MP4 files, or when they cannot be
/// streamed together.
pub(crate) async fn package(
    task: PackageTask,
    files: Vec<InputFile>,
    output_dir: &Path,
) -> Result<Vec<OutputFile>, TaskError> {
    match task {
        PackageTask::Mp4ToSmooth => manifests(files, output_dir).await,
    }
}

async fn manifests(files: Vec<InputFile>, output_dir: &Path) -> Result<Vec<OutputFile>, TaskError> {
    let unsupported =
        |what: String| TaskError::new(ErrorCode::ExecutingTaskUnsupportedFormat, what);
    let named =
        |file: &InputFile| (file.role == Role::Primary).then(|| names::basename(&file.name));
    let basename = files.iter().find_map(named).or(files.first().map(|f| names::basename(&f.name)));
    let basename = basename.unwrap_or_default();
    let mut indexes = Vec::new();
    let mut outputs: Vec<OutputFile> = Vec::new();
    for file in files {
        if is_manifest(&file.name) {
            continue;
        }
        if outputs.iter().any(|other| other.name == file.name) {
            return Err(TaskError::processing(format!("there are two files {:?}", file.name)));
        }
        if has_extension(&file.name, "mp4") {
            let (path, name) = (file.path.clone(), file.name.clone());
            let read = tokio::task::spawn_blocking(move || measure::read_index(&path, &name));
            let read = read.await.map_err(|error| TaskError::processing(error.to_string()))?;
            let mp4 = read.ok().and_then(|measured| measured.mp4).ok_or_else(|| {
                unsupported(format!("the file {:?} is not MP4 that can be streamed", file.name))
            })?;
            indexes.push((file.name.clone(), mp4));
        }
        let size = fs::metadata(&file.path).await.map_err(disk)?.len();
        let mime_type = mime_type_of(&file.name);
        outputs.push(OutputFile {
            name: file.name,
            path: file.path,
            mime_type,
            primary: false,
            size,
        });
    }
    if indexes.is_empty() {
        return Err(unsupported("the input asset has no MP4 files".to_owned()));
    }
    let (ism, ismc) = (format!("{basename}.ism"), format!("{basename}.ismc"));
    let streamable: Vec<_> =
        indexes.iter().map(|(name, mp4)| (name.as_str(), Arc::clone(mp4))).collect();
    let made = ism::manifests(&streamable, &ismc)
        .map_err(|error| unsupported(format!("the MP4 files cannot be streamed: {error}")))?;
    for (name, text, primary) in [(ism, made.server, true), (ismc, made.client, false)] {
        let path = output_dir.join(&name);
        fs::write(&path, &text).await.map_err(disk)?;
        let mime_type = mime_type_of(&name);
        outputs.push(OutputFile { name, path, mime_type, primary, size: text.len() as u64 });
    }
    Ok(outputs)
}

fn has_extension(name: &str, wanted: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, found)| found.eq_ignore_ascii_case(wanted))
}

fn is_manifest(name: &str) -> bool {
    has_extension(name, "ism") || has_extension(name, "ismc")
}

/// The MIME type that goes with the extension of a file that is passed on.
pub(crate) fn mime_type_of(name: &str) -> &'static str {
    const TYPES: [(&str, &str); 10] = [
        ("mp4", "video/mp4"),
        ("m4v", "video/mp4"),
        ("ts", "video/mp2t"),
        ("jpg", "image/jpeg"),
        ("png", "image/png"),
        ("bmp", "image/bmp"),
        ("xml", "text/xml"),
        ("vtt", "text/vtt"),
        ("m4a", "audio/mp4"),
        ("mov", "video/quicktime"),
    ];
    let found = TYPES.iter().find(|(extension, _)| has_extension(name, extension));
    found.map_or("application/octet-stream", |(_, mime_type)| mime_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(id: &str) -> String {
        format!(
            "<taskDefinition xmlns=\"http://schemas.microsoft.com/iis/media/v4/TM/TaskDefinition#\">\
             <name>MP4 to Smooth Streams</name><id>{id}</id><properties namespace=\"x\" prefix=\"mp4\">\
             <property name=\"keepSourceNames\" required=\"false\" value=\"true\"/></properties>\
             </taskDefinition>"
        )
    }

    #[test]
    fn task_definitions_are_read_or_refused_with_a_way_out() {
        let read = |id| PackageTask::parse(&definition(id));
        assert_eq!(read("5E1E1A1C-BBA6-11df-8991-0019D1916AF0"), Ok(PackageTask::Mp4ToSmooth));
        assert_eq!(read(MP4_PREPROCESSOR), Ok(PackageTask::Mp4ToSmooth));
        for (id, says) in [
            ("A72D7A5D-3022-45f2-89B4-1DDC5457C111", "m3u8-aapl"),
            ("9A3BFEAC-F8AE-41CA-87FA-D639E4D1C753", "AssetDeliveryPolicy"),
            ("x", "unknown id"),
        ] {
            let error = read(id).expect_err(id);
            assert_eq!(error.code, ErrorCode::ParsingConfiguration);
            assert!(error.message.contains(says), "{error}");
        }
        for text in ["", "x", "<a/>", "<taskDefinition/>"] {
            assert!(PackageTask::parse(text).is_err(), "{text}");
        }
    }
}
