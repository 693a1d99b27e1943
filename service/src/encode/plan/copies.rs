//! `CopyVideo` and `CopyAudio`: streams that are taken over as they are.

use super::segments::Timeline;
use super::{CopiedAudio, CopiedVideo, unsupported};
use crate::encode::error::TaskError;
use crate::encode::probe::Source;

/// What can be streamed.
const VIDEO: [&str; 2] = ["h264", "hevc"];
const AUDIO: [&str; 1] = ["aac"];

pub(super) fn video(source: &Source, name: &str) -> Result<Option<CopiedVideo>, TaskError> {
    let Some(video) = &source.video else { return Ok(None) };
    if !VIDEO.contains(&video.codec.as_str()) {
        let what = format!("has {} video, and CopyVideo needs one of {VIDEO:?}", video.codec);
        return Err(unsupported(name, &what));
    }
    Ok(Some(CopiedVideo {
        index: video.index,
        size: (video.width, video.height),
        kbps: video.bitrate_kbps.unwrap_or(0),
    }))
}

pub(super) fn audio(
    source: &Source,
    timeline: &Timeline,
    name: &str,
) -> Result<Option<CopiedAudio>, TaskError> {
    if let Some(place) = timeline.mixes_sound() {
        return Err(TaskError::configuration(format!(
            "{place}: the overlay has sound, which CopyAudio cannot mix in; set AudioGainLevel to \
             0, or use AACAudio"
        )));
    }
    let Some(audio) = &source.audio else { return Ok(None) };
    if !AUDIO.contains(&audio.codec.as_str()) {
        let what = format!("has {} audio, and CopyAudio needs one of {AUDIO:?}", audio.codec);
        return Err(unsupported(name, &what));
    }
    Ok(Some(CopiedAudio {
        input: timeline.first_sound(),
        index: audio.index,
        channels: audio.channels,
        kbps: audio.bitrate_kbps.unwrap_or(0),
        language: audio.language.clone(),
    }))
}
