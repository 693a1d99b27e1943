//! From clips to stretches of picture and sound, one behind the other.

use super::{
    AudioInput, Input, Mixed, OverlayPlan, Picture, PictureSegment, Repeat, SoundSegment,
    VideoInput, sizes, unknown_length,
};
use crate::encode::clip::{Overlay, Region, Rotation};
use crate::encode::error::TaskError;
use crate::encode::material::{Material, OverlayFile, OverlayKind};
use crate::encode::preset::Rational;
use crate::encode::probe::{AudioSource, Source, VideoSource, square_pixels};
use crate::encode::time::Seconds;

/// What is encoded, before it is known what into.
#[derive(Debug)]
pub(super) struct Timeline {
    pub(super) inputs: Vec<Input>,
    /// All of it, as if it were one source: the picture is that of the first clip.
    pub(super) source: Source,
    pub(super) frame_rate: Rational,
    parts: Vec<Part>,
}

/// One clip.
#[derive(Debug)]
struct Part {
    length: Option<Seconds>,
    picture: Option<PictureSegment>,
    /// The sound, and the number of the input that it is in.
    sound: Option<(usize, AudioSource)>,
    pad: bool,
    mixed: Option<(String, Mixed)>,
}

pub(super) fn timeline(materials: &[Material]) -> Result<Timeline, TaskError> {
    let mut timeline = Timeline {
        inputs: Vec::new(),
        source: Source::default(),
        frame_rate: VideoSource::default().frame_rate,
        parts: Vec::new(),
    };
    let mut total = Some(0.0);
    for material in materials {
        let (part, video) = part(material, &mut timeline.inputs)?;
        total = total.zip(part.length).map(|(total, length)| total + length.value());
        let source = &mut timeline.source;
        source.video = source.video.take().or(video);
        source.audio = source.audio.take().or_else(|| Some(part.sound.as_ref()?.1.clone()));
        timeline.parts.push(part);
    }
    timeline.source.duration = total.filter(|total| *total > 0.0);
    if let Some(video) = &timeline.source.video {
        timeline.frame_rate = video.frame_rate;
        let canvas = (video.width, video.height);
        for picture in timeline.parts.iter_mut().filter_map(|part| part.picture.as_mut()) {
            picture.fitted = sizes::fit(picture.fitted, even(canvas));
        }
    }
    Ok(timeline)
}

fn even((width, height): (u32, u32)) -> (u32, u32) {
    let even = |side: u32| (side + side % 2).max(2);
    (even(width), even(height))
}

impl Timeline {
    /// Gives parts without picture a black one, if there are any with one or if it is wanted.
    pub(super) fn fill_pictures(
        &mut self,
        like: &VideoSource,
        name: &str,
    ) -> Result<(), TaskError> {
        let fitted = even((like.width, like.height));
        for part in &mut self.parts {
            if part.picture.is_none() {
                let seconds = part.length.ok_or_else(|| unknown_length(name))?;
                part.picture = Some(PictureSegment {
                    input: VideoInput::Black { seconds },
                    deinterlace: false,
                    turn: 0,
                    crop: None,
                    overlay: None,
                    length: None,
                    fitted,
                });
            }
        }
        Ok(())
    }

    /// The picture of all parts that have one.
    pub(super) fn picture(&mut self) -> Picture {
        let size = self.source.video.clone().unwrap_or_default();
        Picture {
            segments: self.parts.iter_mut().filter_map(|part| part.picture.take()).collect(),
            frame_rate: self.frame_rate,
            canvas: even((size.width, size.height)),
        }
    }

    /// The sound of all parts, silence where there is none.
    pub(super) fn sounds(&self, name: &str) -> Result<Vec<SoundSegment>, TaskError> {
        let sound = |part: &Part| {
            let input = match &part.sound {
                Some((input, audio)) => AudioInput::Stream { input: *input, index: audio.index },
                None => {
                    let seconds = part.length.ok_or_else(|| unknown_length(name))?;
                    AudioInput::Silence { seconds }
                }
            };
            Ok(SoundSegment {
                input,
                pad: part.length.filter(|_| part.pad && part.sound.is_some()),
                mixed: part.mixed.as_ref().map(|(_, mixed)| mixed.clone()),
            })
        };
        self.parts.iter().map(sound).collect()
    }

    /// The number of the input that the sound of the first part is in.
    pub(super) fn first_sound(&self) -> usize {
        let sound = self.parts.first().and_then(|part| part.sound.as_ref());
        sound.map_or(0, |(input, _)| *input)
    }

    /// Where the preset asks for the sound of an overlay.
    pub(super) fn mixes_sound(&self) -> Option<&str> {
        self.parts.iter().find_map(|part| part.mixed.as_ref()).map(|(place, _)| place.as_str())
    }
}

/// A clip as a part, and its picture as it is encoded.
fn part(
    material: &Material,
    inputs: &mut Vec<Input>,
) -> Result<(Part, Option<VideoSource>), TaskError> {
    let clip = &material.clip;
    let (start, length) = trim(material)?;
    let cut = length.filter(|_| clip.duration.is_some());
    let input = inputs.len();
    inputs.push(Input {
        path: material.path.clone(),
        start: Some(start).filter(|start| start.millis() > 0),
        length: cut,
        repeat: Repeat::Times(1),
        image: false,
    });
    let mut sound_input = input;
    if let (Some(path), Some(picture)) = (&material.sound, inputs.last().cloned()) {
        sound_input = inputs.len();
        inputs.push(Input { path: path.clone(), ..picture });
    }
    let mut part = Part {
        length,
        picture: None,
        sound: material.source.audio.clone().map(|audio| (sound_input, audio)),
        pad: clip.pad,
        mixed: None,
    };
    let Some(source) = &material.source.video else { return Ok((part, None)) };
    let (turn, mut video, mut stored) = turned(source, clip.filters.rotation);
    let crop = match &clip.filters.crop {
        Some(region) => {
            let crop = cropped(region, stored, &clip.place)?;
            stored = (crop.0, crop.1);
            (video.width, video.height) = square_pixels(crop.0, crop.1, video.pixel_shape);
            Some(crop)
        }
        None => None,
    };
    let overlay = match (&clip.filters.overlay, &material.overlay) {
        (Some(overlay), Some(file)) => {
            let planned = overlaid(overlay, file, stored, inputs.len(), length)?;
            inputs.push(overlay_input(overlay, file));
            part.mixed = mixed(overlay, file, &planned);
            Some(planned)
        }
        _ => None,
    };
    part.picture = Some(PictureSegment {
        input: VideoInput::Stream { input, index: source.index },
        deinterlace: source.interlaced && clip.filters.deinterlace,
        turn,
        crop,
        overlay,
        length: cut,
        fitted: (video.width, video.height),
    });
    Ok((part, Some(video)))
}

/// Start within the file, and length if it is known.
fn trim(material: &Material) -> Result<(Seconds, Option<Seconds>), TaskError> {
    let clip = &material.clip;
    let start = clip
        .start
        .map_or(Seconds::default(), |start| start.since(Seconds::new(material.source.start)));
    let Some(total) = material.source.duration.map(Seconds::new) else {
        return Ok((start, clip.duration));
    };
    if start >= total && start.millis() > 0 {
        return Err(TaskError::configuration(format!(
            "{}: StartTime is behind the end of {:?}, which is {total} seconds long",
            clip.place, material.name
        )));
    }
    let rest = total.since(start);
    Ok((start, Some(clip.duration.map_or(rest, |duration| duration.min(rest)))))
}

/// By how much ffmpeg has to turn the picture, the picture then, and its stored size.
fn turned(source: &VideoSource, rotation: Rotation) -> (u16, VideoSource, (u32, u32)) {
    let mut video = source.clone();
    let swap = |(a, b): (u32, u32), really: bool| if really { (b, a) } else { (a, b) };
    let (turn, swapped) = match rotation {
        Rotation::Auto => (0, source.rotated),
        // ffmpeg turns it as the file says before all else, and drops what the file says.
        Rotation::Degrees(degrees) => ((degrees + 360 - source.turned) % 360, degrees % 180 == 90),
    };
    let upright = square_pixels(source.stored.0, source.stored.1, source.pixel_shape);
    (video.width, video.height) = swap(upright, swapped);
    video.rotated = swapped;
    if swapped {
        video.pixel_shape = 1.0 / source.pixel_shape;
    }
    (turn, video, swap(source.stored, swapped))
}

/// Width, height, left and top. Pictures are stored in blocks of 2 by 2.
fn cropped(
    region: &Region,
    stored: (u32, u32),
    place: &str,
) -> Result<(u32, u32, u32, u32), TaskError> {
    // Saturating; places are far below the range of `u32`.
    let whole = |place: f64| place as u32;
    let (left, top) = (whole(region.x.of(stored.0)), whole(region.y.of(stored.1)));
    let (width, height) = region.size.map_or(stored, |(width, height)| {
        (whole(width.of(stored.0)) & !1, whole(height.of(stored.1)) & !1)
    });
    if width < 2 || height < 2 || left + width > stored.0 || top + height > stored.1 {
        return Err(TaskError::configuration(format!(
            "{place}.Filters.Crop: {width}x{height} at {left},{top} is not inside of the picture, \
             which is {}x{}",
            stored.0, stored.1
        )));
    }
    Ok((width, height, left, top))
}

fn overlay_input(overlay: &Overlay, file: &OverlayFile) -> Input {
    Input {
        path: file.path.clone(),
        start: None,
        length: None,
        repeat: match file.kind {
            OverlayKind::Still => Repeat::Times(1),
            OverlayKind::Animation => Repeat::Forever,
            OverlayKind::Video => Repeat::Times(overlay.loops),
        },
        image: true,
    }
}

fn overlaid(
    overlay: &Overlay,
    file: &OverlayFile,
    stored: (u32, u32),
    input: usize,
    length: Option<Seconds>,
) -> Result<OverlayPlan, TaskError> {
    let whole = |place: f64| place.round() as u32;
    let position = &overlay.position;
    let place = (whole(position.x.of(stored.0)), whole(position.y.of(stored.1)));
    if place.0 >= stored.0 || place.1 >= stored.1 {
        return Err(TaskError::configuration(format!(
            "{}.Position: {},{} is outside of the picture, which is {}x{}",
            overlay.place, place.0, place.1, stored.0, stored.1
        )));
    }
    let size = position.size.map(|(width, height)| {
        (whole(width.of(stored.0)).max(1), whole(height.of(stored.1)).max(1))
    });
    if let Some((width, height)) = size
        && (width > stored.0 || height > stored.1)
    {
        return Err(TaskError::configuration(format!(
            "{}.Position: {width}x{height} is larger than the picture, which is {}x{}",
            overlay.place, stored.0, stored.1
        )));
    }
    let end = overlay.duration.map(|duration| overlay.start.plus(duration));
    // Shown up to the end: no need to know when that is.
    let end = end.filter(|end| length.is_none_or(|length| *end < length));
    let fade_out = overlay.fade_out.map(|fade| {
        let shown = overlay.duration.map(|duration| overlay.start.plus(duration));
        let start = fade.start.or(shown.map(|end| end.since(fade.duration)));
        (start.unwrap_or_default(), fade.duration)
    });
    Ok(OverlayPlan {
        input,
        index: file.source.video.as_ref().map_or(0, |video| video.index),
        place,
        size,
        still: file.kind == OverlayKind::Still,
        start: overlay.start,
        length: end.map(|end| end.since(overlay.start)),
        fade_in: overlay.fade_in.map(|fade| (fade.start.unwrap_or(overlay.start), fade.duration)),
        fade_out,
    })
}

fn mixed(overlay: &Overlay, file: &OverlayFile, planned: &OverlayPlan) -> Option<(String, Mixed)> {
    let audio = file.source.audio.as_ref().filter(|_| overlay.gain > 0.0)?;
    let mixed = Mixed {
        input: planned.input,
        index: audio.index,
        gain: overlay.gain,
        start: planned.start,
        length: planned.length,
    };
    Some((overlay.place.clone(), mixed))
}
