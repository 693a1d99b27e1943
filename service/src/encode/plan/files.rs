//! Names of the output files.

use super::{FilePlan, Plan};
use crate::encode::error::TaskError;
use crate::encode::ladder;
use crate::encode::names::{self, Macros};
use crate::encode::preset::{Container, Content, OutputPattern, Recipe, Tracks};

/// What an output file has of a picture: size and target kbit/s.
type Look = (u32, u32, u32);

/// Adds the video and audio files to the plan.
///
/// # Errors
/// `ErrorParsingConfiguration` when they cannot be named.
pub(super) fn plan(recipe: &Recipe, plan: &mut Plan, name: &str) -> Result<(), TaskError> {
    let basename = names::basename(name);
    let looks = looks(plan);
    let sound = match (&plan.audio, &plan.copied_audio) {
        (Some(audio), _) => Some((audio.codec.channels, audio.codec.bitrate)),
        (None, Some(copied)) => Some((copied.channels, copied.kbps)),
        (None, None) => None,
    };
    let mut files: Vec<FilePlan> = Vec::new();
    for output in &recipe.outputs {
        let Content::Media { container, tracks } = output.content else { continue };
        let sound = sound.filter(|_| tracks != Tracks::Video);
        let looks = if tracks == Tracks::Audio { &[] } else { looks.as_slice() };
        let renditions: Vec<Option<usize>> = match (looks, sound) {
            ([], None) => continue,
            ([], Some(_)) => vec![None],
            (looks, _) => (0..looks.len()).map(Some).collect(),
        };
        for (number, rendition) in renditions.into_iter().enumerate() {
            let look = rendition.and_then(|rendition| looks.get(rendition)).copied();
            let file = FilePlan {
                name: file_name(output, container, &basename, look, sound, number + 1)?,
                container,
                rendition,
                audio: sound.is_some(),
            };
            // Where case does not matter, as in some clients' file systems, they would be one.
            let same = |other: &FilePlan| other.name.eq_ignore_ascii_case(&file.name);
            if files.iter().any(same) {
                return Err(TaskError::configuration(format!(
                    "the preset makes two files called {:?}; put macros such as {{Width}}, \
                     {{VideoBitrate}} or {{Index}} into FileName",
                    file.name
                )));
            }
            files.push(file);
        }
    }
    plan.files = files;
    Ok(())
}

fn looks(plan: &Plan) -> Vec<Look> {
    if let Some(copied) = &plan.copied_video {
        return vec![(copied.size.0, copied.size.1, copied.kbps)];
    }
    let renditions = plan.video.as_ref().map(|video| video.renditions.as_slice());
    renditions
        .unwrap_or_default()
        .iter()
        .map(|r| (r.shape.frame.0, r.shape.frame.1, r.layer.bitrate))
        .collect()
}

fn file_name(
    output: &OutputPattern,
    container: Container,
    basename: &str,
    video: Option<Look>,
    audio: Option<(u32, u32)>,
    index: usize,
) -> Result<String, TaskError> {
    let extension = container.extension();
    let macros = Macros { basename, video, audio, index: index.to_string(), extension };
    let fallback = ladder::AUDIO_NAME.replace(Container::Mp4.extension(), extension);
    let pattern = if video.is_some() || names::fits_audio(&output.file_name) {
        &output.file_name
    } else {
        &fallback
    };
    names::expand(pattern, &macros)
}
