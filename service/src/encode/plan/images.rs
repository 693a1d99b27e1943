//! Images: which frames, at which size, under which names.

use super::segments::Timeline;
use super::{ImageLayerPlan, ImagePlan, MAX_PIXELS, Pick, Plan, Repeat, sizes, unsupported};
use crate::encode::codec::{ImageCodec, ImageFormat, Position, Start};
use crate::encode::error::TaskError;
use crate::encode::names::{self, Macros};
use crate::encode::preset::{Content, OutputPattern, Recipe};
use crate::encode::probe::VideoSource;
use crate::encode::time::Seconds;

/// More images than anybody looks at; a bound on what one preset can make.
const MAX_IMAGES: u64 = 5000;
/// How far from the start the best image is looked for.
const BEST_WITHIN: f64 = 30.0;
/// Among how many frames it is looked for, all of which are kept in memory.
const BEST_FRAMES: u64 = 32;
const BEST_PIXELS: u64 = 64_000_000;

/// The name of an image, but for its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::encode) struct ImageName {
    pattern: String,
    basename: String,
    size: (u32, u32),
    format: ImageFormat,
}

impl ImageName {
    /// The name of image number `index`, from 1. The number has six digits, so that names sort.
    ///
    /// # Errors
    /// `ErrorParsingConfiguration` when it is no `AssetFile` name.
    pub(in crate::encode) fn of(&self, index: usize) -> Result<String, TaskError> {
        let macros = Macros {
            basename: &self.basename,
            video: Some((self.size.0, self.size.1, 0)),
            audio: None,
            index: format!("{index:06}"),
            extension: self.format.extension(),
        };
        names::expand(&self.pattern, &macros)
    }
}

/// Plans the images of `recipe`.
///
/// # Errors
/// `ErrorParsingConfiguration` when they cannot be named or are outside of the video.
pub(super) fn plan(
    recipe: &Recipe,
    source: &VideoSource,
    timeline: &Timeline,
    name: &str,
) -> Result<Vec<ImagePlan>, TaskError> {
    let basename = names::basename(name);
    let mut images = Vec::new();
    for codec in &recipe.images {
        let pick = pick(codec, source, timeline, name)?;
        let wanted = Content::Images(codec.format);
        let mut layers: Vec<ImageLayerPlan> = Vec::new();
        for output in recipe.outputs.iter().filter(|output| output.content == wanted) {
            for layer in &codec.layers {
                let upright = codec.preserve_resolution_after_rotation;
                let extents = (layer.width, layer.height);
                let shape = sizes::shape(extents, codec.stretch, upright, source);
                let name = image_name(output, &basename, shape.frame, codec.format, pick)?;
                let first = name.of(1)?;
                for other in &layers {
                    if other.name.of(1)?.eq_ignore_ascii_case(&first) {
                        return Err(TaskError::configuration(format!(
                            "the preset makes two images called {first:?}; put {{Resolution}} \
                             into FileName"
                        )));
                    }
                }
                layers.push(ImageLayerPlan { shape, quality: layer.quality, name });
            }
        }
        images.push(ImagePlan { format: codec.format, pick, layers });
    }
    let layers = images.iter().flat_map(|image| &image.layers);
    let pixels: u64 = layers.map(|layer| layer.shape.pixels()).sum();
    if pixels > MAX_PIXELS {
        return Err(TaskError::configuration(format!(
            "the images have {pixels} pixels together, more than the limit of {MAX_PIXELS}"
        )));
    }
    Ok(images)
}

fn image_name(
    output: &OutputPattern,
    basename: &str,
    size: (u32, u32),
    format: ImageFormat,
    pick: Pick,
) -> Result<ImageName, TaskError> {
    let pattern = output.file_name.clone();
    let wrong =
        |what: &str| TaskError::configuration(format!("the output FileName {pattern:?} {what}"));
    for macro_name in ["{VideoBitrate}", "{Bitrate}", "{Codec}"] {
        if pattern.contains(macro_name) {
            return Err(wrong(&format!("uses {macro_name}, which an image has no value for")));
        }
    }
    match pattern.matches("{Index}").count() {
        0 if pick.count() > 1 => Err(wrong("needs {Index}, since there are several images")),
        0 | 1 => Ok(ImageName { pattern, basename: basename.to_owned(), size, format }),
        _ => Err(wrong("has {Index} more than once")),
    }
}

impl Pick {
    fn count(self) -> u64 {
        match self {
            Self::Best { .. } => 1,
            Self::Series { first, step, end } => end.saturating_sub(first).div_ceil(step.max(1)),
        }
    }

    /// The number of the last frame that matters.
    fn last(self) -> u64 {
        match self {
            Self::Best { among, every } => u64::from(among) * u64::from(every),
            Self::Series { first, step, .. } => first + self.count().saturating_sub(1) * step,
        }
    }
}

fn pick(
    codec: &ImageCodec,
    source: &VideoSource,
    timeline: &Timeline,
    name: &str,
) -> Result<Pick, TaskError> {
    let rate = timeline.frame_rate.value();
    let length = timeline.source.duration.map(|seconds| seconds * rate);
    let Start::At(start) = codec.start else {
        return Ok(best(source, rate, length));
    };
    let frames = |position: Position| match (position, length) {
        (Position::Time(time), _) => Ok(time.value() * rate),
        (Position::Frame(frame), _) => Ok(f64::from(frame)),
        (Position::Percent(percent), Some(length)) => Ok(length * percent / 100.0),
        (Position::Percent(_), None) => {
            Err(unsupported(name, "does not say how long it is; give times instead of percentages"))
        }
    };
    let format = codec.format.name();
    let first = frames(start)?;
    if let Some(length) = length
        && first >= length
    {
        return Err(TaskError::configuration(format!(
            "{format}Image: Start is behind the end of {name:?}, which has {length:.0} frames"
        )));
    }
    let end = first + frames(codec.range)?;
    let end = length.map_or(end, |length| end.min(length));
    // Saturating, and frames of real videos are far below 2^53.
    let whole = |frames: f64| frames.round() as u64;
    let first = whole(first);
    let pick = Pick::Series {
        first,
        step: whole(frames(codec.step)?).max(1),
        end: whole(end).max(first + 1),
    };
    if pick.count() > MAX_IMAGES {
        return Err(TaskError::configuration(format!(
            "{format}Image: Start, Step and Range ask for {} images, more than the limit of \
             {MAX_IMAGES}",
            pick.count()
        )));
    }
    Ok(pick)
}

fn best(source: &VideoSource, rate: f64, length: Option<f64>) -> Pick {
    let pixels = u64::from(source.stored.0) * u64::from(source.stored.1);
    let among = (BEST_PIXELS / pixels.max(1)).clamp(2, BEST_FRAMES);
    let within = (BEST_WITHIN * rate).min(length.unwrap_or(f64::INFINITY));
    let every = (within / among as f64).floor().max(1.0);
    // Both are small.
    Pick::Best { among: among as u32, every: every as u32 }
}

/// Reads no more of the source than images need when nothing else is made.
pub(super) fn narrow(plan: &mut Plan) {
    let Some(picture) = plan.picture.as_ref().filter(|picture| picture.segments.len() == 1) else {
        return;
    };
    let Some(input) = plan.inputs.first_mut() else { return };
    let last = plan.images.iter().map(|image| image.pick.last()).max().unwrap_or(0);
    // A second more, for sources whose frames are not where they should be.
    let needed = Seconds::new(last as f64 / picture.frame_rate.value() + 1.0);
    if input.repeat == Repeat::Times(1) {
        input.length = Some(input.length.map_or(needed, |length| length.min(needed)));
    }
}
