//! `Sources`: trimming, joining and filters.

use super::node::Node;
use crate::encode::clip::{Clip, Fade, Filters, Overlay, Region, Rotation};
use crate::encode::codec::Extent;
use crate::encode::error::TaskError;
use crate::encode::time::{self, Seconds};

/// Each is opened and decoded at the same time as the others.
const MAX_SOURCES: usize = 20;
/// No picture is larger.
const MAX_PLACE: u32 = 16_384;
const MAX_LOOPS: u32 = 10_000;

pub(super) fn read(root: &Node<'_>) -> Result<Vec<Clip>, TaskError> {
    let nodes = root.children("Sources")?;
    if nodes.len() > MAX_SOURCES {
        return Err(root.error(&format!("Sources can have {MAX_SOURCES} entries")));
    }
    nodes.iter().map(read_clip).collect()
}

fn read_clip(node: &Node<'_>) -> Result<Clip, TaskError> {
    node.allow(&["Type", "AssetID", "StartTime", "Duration", "Streams", "Filters", "Pad"])?;
    for stream in node.children("Streams")? {
        stream.allow(&["Type", "Value", "Name"])?;
        // Names of single tracks are for recordings of live events.
        if !matches!(stream.text("Value")?.as_deref(), None | Some("*" | "TopBitrate")) {
            return Err(stream.error("a stream can be \"*\" or \"TopBitrate\""));
        }
    }
    let duration = time_of(node, "Duration")?;
    if duration.is_some_and(|duration| duration.millis() == 0) {
        return Err(node.error("Duration must be more than 0"));
    }
    Ok(Clip {
        place: node.place().to_owned(),
        asset: node.text("AssetID")?.map(|id| asset_guid(node, &id)).transpose()?,
        start: time_of(node, "StartTime")?,
        duration,
        pad: node.flag("Pad")?.unwrap_or(false),
        filters: match node.child("Filters")? {
            Some(filters) => read_filters(&filters)?,
            None => Filters::default(),
        },
    })
}

/// The GUID of an asset, with or without the prefix of its id.
fn asset_guid(node: &Node<'_>, id: &str) -> Result<String, TaskError> {
    let guid = id.rsplit(':').next().unwrap_or_default().to_ascii_lowercase();
    let fits = guid.len() == 36 && guid.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    fits.then_some(guid)
        .ok_or_else(|| node.error(&format!("AssetID {id:?} is not the id of an asset")))
}

fn time_of(node: &Node<'_>, name: &str) -> Result<Option<Seconds>, TaskError> {
    let Some(text) = node.text(name)? else {
        return Ok(None);
    };
    time::parse(&text)
        .map(Some)
        .ok_or_else(|| node.error(&format!("{name} is {text:?}; use hh:mm:ss")))
}

const DEINTERLACE_MODES: &[(&str, bool)] =
    &[("Off", false), ("Auto", true), ("AutoPixelAdaptive", true)];
const ROTATIONS: &[(&str, Rotation)] = &[
    ("Auto", Rotation::Auto),
    ("None", Rotation::Degrees(0)),
    ("0", Rotation::Degrees(0)),
    ("90", Rotation::Degrees(90)),
    ("180", Rotation::Degrees(180)),
    ("270", Rotation::Degrees(270)),
    ("Rotate0", Rotation::Degrees(0)),
    ("Rotate90", Rotation::Degrees(90)),
    ("Rotate180", Rotation::Degrees(180)),
    ("Rotate270", Rotation::Degrees(270)),
];

fn read_filters(node: &Node<'_>) -> Result<Filters, TaskError> {
    node.allow(&["Type", "Rotation", "Deinterlace", "Crop", "VideoOverlay"])?;
    let deinterlace = match node.child("Deinterlace")? {
        Some(deinterlace) => {
            deinterlace.allow(&["Type", "Mode"])?;
            deinterlace.choice("Mode", DEINTERLACE_MODES)?.unwrap_or(true)
        }
        None => true,
    };
    Ok(Filters {
        deinterlace,
        rotation: node.choice("Rotation", ROTATIONS)?.unwrap_or(Rotation::Auto),
        crop: node.child("Crop")?.map(|crop| read_crop(&crop)).transpose()?,
        overlay: node.child("VideoOverlay")?.map(|overlay| read_overlay(&overlay)).transpose()?,
    })
}

fn read_crop(node: &Node<'_>) -> Result<Region, TaskError> {
    let region = read_region(node)?;
    match region.size {
        Some(_) => Ok(region),
        None => Err(node.error("Width and Height are missing")),
    }
}

fn read_region(node: &Node<'_>) -> Result<Region, TaskError> {
    node.allow(&["Type", "X", "Y", "Width", "Height"])?;
    let size = match (place(node, "Width", 1)?, place(node, "Height", 1)?) {
        (Some(width), Some(height)) => Some((width, height)),
        (None, None) => None,
        _ => return Err(node.error("give both Width and Height, or neither")),
    };
    let start = Extent::Pixels(0);
    Ok(Region {
        x: place(node, "X", 0)?.unwrap_or(start),
        y: place(node, "Y", 0)?.unwrap_or(start),
        size,
    })
}

/// Pixels, or a percentage of the source's picture.
fn place(node: &Node<'_>, name: &str, min: u32) -> Result<Option<Extent>, TaskError> {
    let Some(text) = node.text(name)? else {
        return Ok(None);
    };
    let found = match text.strip_suffix('%') {
        Some(share) => {
            share.trim().parse().ok().filter(|p| (min..=100).contains(p)).map(Extent::Percent)
        }
        None => text.parse().ok().filter(|p| (min..=MAX_PLACE).contains(p)).map(Extent::Pixels),
    };
    found.map(Some).ok_or_else(|| {
        node.error(&format!("{name} is {text:?}; use a number of pixels or a percentage"))
    })
}

fn read_overlay(node: &Node<'_>) -> Result<Overlay, TaskError> {
    node.allow(&[
        "Type",
        "Source",
        "Position",
        "Clip",
        "FadeInDuration",
        "FadeOutDuration",
        "Opacity",
        "AudioGainLevel",
        "MediaParams",
    ])?;
    // Not supported by the original either, which says so and goes on.
    fraction(node, "Opacity")?;
    let source = node.text("Source")?.filter(|name| !name.is_empty());
    let (start, duration) = match node.child("Clip")? {
        Some(clip) => {
            clip.allow(&["Type", "StartTime", "Duration"])?;
            (time_of(&clip, "StartTime")?.unwrap_or_default(), time_of(&clip, "Duration")?)
        }
        None => (Seconds::default(), None),
    };
    let fade = |name: &str| node.child(name)?.map(|fade| read_fade(&fade)).transpose();
    let (fade_in, fade_out) = (fade("FadeInDuration")?, fade("FadeOutDuration")?);
    if let Some(Fade { start: None, .. }) = fade_out
        && duration.is_none()
    {
        return Err(node.error("FadeOutDuration needs a StartTime, or a Clip with a Duration"));
    }
    Ok(Overlay {
        place: node.place().to_owned(),
        source: source.ok_or_else(|| node.error("Source, the name of its file, is missing"))?,
        position: match node.child("Position")? {
            Some(position) => read_region(&position)?,
            None => Region { x: Extent::Pixels(0), y: Extent::Pixels(0), size: None },
        },
        start,
        duration,
        fade_in,
        fade_out,
        gain: fraction(node, "AudioGainLevel")?.unwrap_or(1.0),
        loops: read_loops(node)?,
    })
}

fn read_fade(node: &Node<'_>) -> Result<Fade, TaskError> {
    node.allow(&["Type", "StartTime", "Duration"])?;
    let duration = time_of(node, "Duration")?;
    let duration = duration.ok_or_else(|| node.error("Duration is missing"))?;
    Ok(Fade { start: time_of(node, "StartTime")?, duration })
}

fn fraction(node: &Node<'_>, name: &str) -> Result<Option<f64>, TaskError> {
    let Some(text) = node.text(name)? else {
        return Ok(None);
    };
    let number = text.parse().ok().filter(|number| (0.0..=1.0).contains(number));
    number
        .map(Some)
        .ok_or_else(|| node.error(&format!("{name} is {text:?}; use a number from 0 to 1")))
}

/// `MediaParams` has an entry for the picture and one for the overlay.
fn read_loops(node: &Node<'_>) -> Result<u32, TaskError> {
    let mut loops = 1;
    for parameters in node.children("MediaParams")? {
        parameters.allow(&["Type", "IsOverlay", "OverlayLoopCount", "InputLoop"])?;
        let count = parameters.number("OverlayLoopCount", 1, MAX_LOOPS)?;
        parameters.flag("InputLoop")?;
        if parameters.flag("IsOverlay")?.unwrap_or(false) {
            loops = count.unwrap_or(1);
        }
    }
    Ok(loops)
}
