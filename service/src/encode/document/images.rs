//! `JpgImage`, `PngImage` and `BmpImage`.

use super::codecs::{MAX_LAYERS, STRETCH_MODES, read_extent};
use super::node::Node;
use crate::encode::codec::{
    Extent, ImageCodec, ImageFormat, ImageLayer, Position, Start, StretchMode,
};
use crate::encode::error::TaskError;
use crate::encode::time;

const DEFAULT_QUALITY: u32 = 90;

pub(super) fn read(
    node: &Node<'_>,
    format: ImageFormat,
    stretch: Option<StretchMode>,
) -> Result<ImageCodec, TaskError> {
    let layers_name = format!("{}Layers", format.name());
    node.allow(&[
        "Type",
        "Start",
        "Step",
        "Range",
        "StretchMode",
        "PreserveResolutionAfterRotation",
        "SyncMode",
        "Condition",
        &layers_name,
    ])?;
    let layers = node.children(&layers_name)?;
    if layers.is_empty() || layers.len() > MAX_LAYERS {
        return Err(node.error(&format!("{layers_name} must have 1 to {MAX_LAYERS} entries")));
    }
    let start = match node.text("Start")? {
        None => Start::Best,
        Some(text) if text.eq_ignore_ascii_case("{Best}") => Start::Best,
        Some(text) => Start::At(position(node, "Start", &text)?),
    };
    let distance = |name: &str, default: Position| match node.text(name)? {
        None => Ok(default),
        Some(text) => position(node, name, &text),
    };
    let step = distance("Step", Position::Percent(10.0))?;
    let none = matches!(step, Position::Frame(0))
        || matches!(step, Position::Time(time) if time.millis() == 0)
        || matches!(step, Position::Percent(percent) if percent <= 0.0);
    if none {
        return Err(node.error("Step must be more than 0"));
    }
    Ok(ImageCodec {
        format,
        start,
        step,
        range: distance("Range", Position::Percent(100.0))?,
        stretch: node.choice("StretchMode", STRETCH_MODES)?.or(stretch).unwrap_or_default(),
        preserve_resolution_after_rotation: node
            .flag("PreserveResolutionAfterRotation")?
            .unwrap_or(false),
        layers: layers.iter().map(|layer| read_layer(layer, format)).collect::<Result<_, _>>()?,
    })
}

/// `00:00:01` is a time, `5` a number of frames, `10%` a share of the length.
fn position(node: &Node<'_>, name: &str, text: &str) -> Result<Position, TaskError> {
    let percent = |text: &str| {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        plain.then(|| text.parse().ok()).flatten().filter(|percent| *percent <= 100.0)
    };
    let found = match text.strip_suffix('%') {
        Some(share) => percent(share.trim()).map(Position::Percent),
        None => text.parse().map(Position::Frame).ok().or(time::parse(text).map(Position::Time)),
    };
    found.ok_or_else(|| {
        let best = if name == "Start" { ", or {Best}" } else { "" };
        node.error(&format!(
            "{name} is {text:?}; use a time as hh:mm:ss, a number of frames or a percentage{best}"
        ))
    })
}

fn read_layer(node: &Node<'_>, format: ImageFormat) -> Result<ImageLayer, TaskError> {
    match format {
        ImageFormat::Jpg => node.allow(&["Type", "Width", "Height", "Quality", "Condition"])?,
        _ => node.allow(&["Type", "Width", "Height", "Condition"])?,
    }
    node.is(&format!("{}Layer", format.name()))?;
    let (width, height) = match (node.text("Width")?, node.text("Height")?) {
        (None, None) => (Extent::Percent(100), Extent::Percent(100)),
        _ => (read_extent(node, "Width")?, read_extent(node, "Height")?),
    };
    Ok(ImageLayer {
        width,
        height,
        quality: node.number("Quality", 1, 100)?.unwrap_or(DEFAULT_QUALITY),
    })
}
