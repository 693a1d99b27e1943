//! Presets written as documents (Media Encoder Standard schema 1.0).
//!
//! An XML document is brought to the form that the same preset has in JSON
//! ([`xml`]) and read from that. Clients write numbers and booleans as JSON
//! strings as often as not, so both are read. A member that its type does not
//! have is an error, as are values that cannot be honoured: the task then fails
//! and says where, rather than make something else than was asked for.

mod codecs;
mod images;
mod lenient;
mod node;
mod sources;
mod xml;

use serde_json::Value;

use super::error::TaskError;
use super::preset::{AudioTrack, Container, Content, ImageFormat, OutputPattern, Recipe};
use super::preset::{Tracks, VideoTrack};
use node::Node;

const MAX_OUTPUTS: usize = 8;

/// Reads a JSON preset.
///
/// # Errors
/// `ErrorParsingConfiguration`, naming the member that is wrong.
pub(super) fn parse_json(text: &str) -> Result<Recipe, TaskError> {
    let document: Value = serde_json::from_str(&lenient::without_trailing_commas(text))
        .map_err(|e| TaskError::configuration(format!("the preset is not valid JSON: {e}")))?;
    recipe(&document)
}

/// Reads an XML preset.
///
/// # Errors
/// `ErrorParsingConfiguration`, naming the element that is wrong.
pub(super) fn parse_xml(text: &str) -> Result<Recipe, TaskError> {
    recipe(&xml::to_json(text)?)
}

fn recipe(document: &Value) -> Result<Recipe, TaskError> {
    let root = Node::new("preset", document)?;
    root.allow(&["Version", "Sources", "StretchMode", "Codecs", "Outputs"])?;
    if let Some(version) = root.text("Version")?
        && !version.parse().is_ok_and(|number: f64| (1.0..2.0).contains(&number))
    {
        return Err(root.error(&format!("Version is {version:?}; use 1.0")));
    }
    let mut recipe = Recipe { clips: sources::read(&root)?, ..Recipe::default() };
    let stretch = root.choice("StretchMode", codecs::STRETCH_MODES)?;
    for codec in root.children("Codecs")? {
        read_codec(&mut recipe, &codec, stretch)?;
    }
    if recipe.video.is_none() && recipe.audio.is_none() && recipe.images.is_empty() {
        return Err(root.error("Codecs is empty; give at least one codec"));
    }
    recipe.outputs = read_outputs(&root, &recipe)?;
    check_copies(&root, &recipe)?;
    Ok(recipe)
}

fn read_codec(
    recipe: &mut Recipe,
    codec: &Node<'_>,
    stretch: Option<super::preset::StretchMode>,
) -> Result<(), TaskError> {
    let Some(kind) = codec.text("Type")? else {
        return Err(codec.error("the codec has no Type"));
    };
    let image = |format| images::read(codec, format, stretch);
    let image = match kind.as_str() {
        "H264Video" => {
            let video = VideoTrack::Encode(codecs::read_video(codec, stretch)?);
            return put_once(&mut recipe.video, codec, video);
        }
        "AACAudio" => {
            let audio = AudioTrack::Encode(codecs::read_audio(codec)?);
            return put_once(&mut recipe.audio, codec, audio);
        }
        "CopyVideo" => {
            codec.allow(&["Type"])?;
            return put_once(&mut recipe.video, codec, VideoTrack::Copy);
        }
        "CopyAudio" => {
            codec.allow(&["Type"])?;
            return put_once(&mut recipe.audio, codec, AudioTrack::Copy);
        }
        "JpgImage" => image(ImageFormat::Jpg)?,
        "PngImage" => image(ImageFormat::Png)?,
        "BmpImage" => image(ImageFormat::Bmp)?,
        other => return Err(codec.error(&format!("unknown codec Type {other:?}"))),
    };
    if recipe.images.iter().any(|other| other.format == image.format) {
        return Err(once(codec));
    }
    recipe.images.push(image);
    Ok(())
}

fn put_once<T>(slot: &mut Option<T>, codec: &Node<'_>, value: T) -> Result<(), TaskError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(once(codec)),
    }
}

fn once(codec: &Node<'_>) -> TaskError {
    codec.error("a preset can have one codec of each Type only, and not both encode and copy")
}

/// A stream that is copied cannot be changed on the way.
fn check_copies(root: &Node<'_>, recipe: &Recipe) -> Result<(), TaskError> {
    let copies_video = recipe.video == Some(VideoTrack::Copy);
    let copies = copies_video || recipe.audio == Some(AudioTrack::Copy);
    if copies && recipe.clips.len() > 1 {
        return Err(root.error("CopyVideo and CopyAudio cannot join several Sources"));
    }
    match recipe.clips.first() {
        Some(clip) if copies_video && !clip.keeps_picture() => {
            Err(root.error("CopyVideo cannot be combined with Rotation, Crop or VideoOverlay"))
        }
        _ => Ok(()),
    }
}

fn read_outputs(root: &Node<'_>, recipe: &Recipe) -> Result<Vec<OutputPattern>, TaskError> {
    let nodes = root.children("Outputs")?;
    if nodes.is_empty() || nodes.len() > MAX_OUTPUTS {
        return Err(root.error(&format!("Outputs must have 1 to {MAX_OUTPUTS} entries")));
    }
    let outputs =
        nodes.iter().map(|node| read_output(node, recipe)).collect::<Result<Vec<_>, _>>()?;
    for image in &recipe.images {
        let name = image.format.name();
        match outputs
            .iter()
            .filter(|output| output.content == Content::Images(image.format))
            .count()
        {
            0 => {
                let what = format!("{name}Image needs an output with {name}Format");
                return Err(root.error(&what));
            }
            1 => {}
            _ => return Err(root.error(&format!("there are two outputs with {name}Format"))),
        }
    }
    let media = outputs.iter().any(|output| matches!(output.content, Content::Media { .. }));
    if !media && (recipe.video.is_some() || recipe.audio.is_some()) {
        return Err(root.error("video and audio need an output with MP4Format or TSFormat"));
    }
    Ok(outputs)
}

fn read_output(node: &Node<'_>, recipe: &Recipe) -> Result<OutputPattern, TaskError> {
    node.allow(&["Type", "FileName", "Format"])?;
    let format = node.child("Format")?.ok_or_else(|| node.error("Format is missing"))?;
    format.allow(&["Type"])?;
    let media = |container| {
        let tracks = match (&recipe.video, &recipe.audio) {
            (Some(_), Some(_)) => Tracks::Interleaved,
            (Some(_), None) => Tracks::Video,
            (None, Some(_)) => Tracks::Audio,
            (None, None) => return Err(node.error("there is neither video nor audio for it")),
        };
        Ok(Content::Media { container, tracks })
    };
    let images = |format: ImageFormat| {
        if recipe.images.iter().any(|image| image.format == format) {
            Ok(Content::Images(format))
        } else {
            Err(node.error(&format!("there is no {}Image for it", format.name())))
        }
    };
    let content = match format.text("Type")?.as_deref() {
        Some("MP4Format") => media(Container::Mp4)?,
        Some("TSFormat") => media(Container::MpegTs)?,
        Some("JpgFormat") => images(ImageFormat::Jpg)?,
        Some("PngFormat") => images(ImageFormat::Png)?,
        Some("BmpFormat") => images(ImageFormat::Bmp)?,
        Some(other) => return Err(format.error(&format!("unknown format Type {other:?}"))),
        None => return Err(format.error("the format has no Type")),
    };
    let file_name = node.text("FileName")?.ok_or_else(|| node.error("FileName is missing"))?;
    Ok(OutputPattern { file_name, content })
}

#[cfg(test)]
mod tests;
