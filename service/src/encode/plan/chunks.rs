//! Where a long source is cut into chunks that are encoded side by side.
//!
//! A chunk is a run of frames of the *output*, from one multiple of its GOP to another: key frames
//! are then where a single pass has them, and so is every frame. It is encoded by the same graph as
//! the whole, of which only those frames are kept. What cannot be cut like that is not cut.

use super::super::probe::{Description, positive};
use super::super::time::Seconds;
use super::{FilePlan, PictureSegment, Plan, Repeat, VideoInput, images};
use crate::encode::preset::{Container, Rational};

/// Frames on either side of a cut that both chunks must have seen alike.
pub(in crate::encode) const SEAM_FRAMES: u64 = 3;
/// How much before a chunk decoding begins, at the least: room for frames out of order, and for
/// filters that look at frames before. In microseconds.
const RUN_IN: u64 = 500_000;
/// The shortest chunk if all were of one length, as parts of the longest: of 30 seconds, 8.
const SHORTEST: (u64, u64) = (4, 15);
/// Chunks for each worker that a short source is cut into: enough for none to be idle for long.
const ROUNDS: u64 = 3;
/// Bounds the list of places that ffprobe is asked about.
const MOST: u64 = 4000;
/// Containers with an index of key frames. ffmpeg mends time stamps that jump in some others, which
/// depends on where it begins to read.
const SEEKABLE: [&str; 2] = ["mov,", "matroska"];
/// The highest numerator of a frame rate, of which the muxer makes its unit of time. Where chunks
/// begin in the joined file is said in microseconds: finer times would be rounded.
const FINEST: u32 = 1_000_000;

/// The part of the picture that one process encodes.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::encode) struct Cut {
    /// The number of its first frame; a multiple of the GOP.
    pub(in crate::encode) first: u64,
    /// The number of the frame behind its last; that of the whole picture without.
    pub(in crate::encode) end: Option<u64>,
    /// Whether it is followed by another.
    pub(in crate::encode) followed: bool,
    pub(in crate::encode) frame_rate: Rational,
}

impl Cut {
    /// Whether it begins behind another: the source is read from somewhere else than its beginning.
    pub(in crate::encode) fn seeks(&self) -> bool {
        self.first > 0
    }

    /// What place of the source is sought, of which `start` is the first that counts.
    pub(in crate::encode) fn seek(&self, start: Option<Seconds>) -> Micros {
        let start = start.unwrap_or_default().millis().saturating_mul(1000);
        Micros(start.saturating_add(micros(self.first, self.frame_rate)).saturating_sub(RUN_IN))
    }

    /// How many frames are in it, if that is known.
    pub(in crate::encode) fn own_frames(&self) -> Option<u64> {
        self.end.map(|end| end.saturating_sub(self.first))
    }

    /// The number of the frame behind the last that is needed.
    pub(in crate::encode) fn decoded_end(&self) -> Option<u64> {
        let more = if self.followed { SEAM_FRAMES } else { 0 };
        self.end.map(|end| end.saturating_add(more))
    }

    /// Begin and end in seconds.
    pub(in crate::encode) fn span(&self) -> (f64, Option<f64>) {
        let seconds = |frames| micros(frames, self.frame_rate) as f64 / 1e6;
        (seconds(self.first), self.end.map(seconds))
    }
}

/// A time in microseconds; written as seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::encode) struct Micros(pub(in crate::encode) u64);

impl std::fmt::Display for Micros {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

/// The time of a frame, to the nearest microsecond.
pub(in crate::encode) fn micros(frame: u64, rate: Rational) -> u64 {
    let (num, den) = (u128::from(rate.num.max(1)), u128::from(rate.den));
    let time = (u128::from(frame) * den * 2_000_000 + num) / (2 * num);
    u64::try_from(time).unwrap_or(u64::MAX)
}

/// Why a plan's picture is encoded in one piece; `None` if it can be cut.
pub(in crate::encode) fn obstacle(plan: &Plan, source: &Description) -> Option<&'static str> {
    let (Some(video), Some(picture)) = (&plan.video, &plan.picture) else {
        return Some("no picture is encoded");
    };
    let container = &source.format.format_name;
    if !SEEKABLE.iter().any(|known| container.starts_with(known)) {
        return Some("the container has no index of key frames");
    }
    if picture.frame_rate.num > FINEST {
        return Some("its times are finer than microseconds");
    }
    if video.scene_change_detection {
        return Some("key frames are where scenes change, which each chunk would see anew");
    }
    let [segment] = picture.segments.as_slice() else {
        return Some("the picture is joined from several");
    };
    let VideoInput::Stream { input, .. } = segment.input else {
        return Some("the picture is black");
    };
    if segment.overlay.is_some() {
        // Its own times, loops and fades run from the beginning.
        return Some("a picture is laid over it");
    }
    if plan.inputs.get(input).is_none_or(|input| input.repeat != Repeat::Times(1)) {
        return Some("the source is repeated");
    }
    if plan.copied_audio.is_some() {
        // Which packets belong to a clip depends on where the picture's key frames are.
        return Some("the sound is copied");
    }
    let rounded = segment.length.map(|length| end_of(length, picture.frame_rate));
    if let Some(None) = rounded {
        return Some("it ends in the middle of a frame");
    }
    None
}

/// The number of frames in `length`; `None` where it is about half a frame more, so that rounding
/// in the source's own units decides.
fn end_of(length: Seconds, rate: Rational) -> Option<u64> {
    let frames = length.value() * rate.value();
    let clear = (frames.fract() - 0.5).abs() > 0.05;
    // Saturating; far below 2^53 for any file.
    clear.then_some(frames.round() as u64)
}

/// The first frames of the chunks that `workers` encode side by side, none of them longer than
/// `longest` seconds. A single one if the source is too short.
///
/// The last chunks, one for each worker, are half as long as the others: all end at about the same
/// time then, whatever the chunks cost.
pub(in crate::encode) fn starts(
    plan: &Plan,
    source: &Description,
    workers: usize,
    longest: u32,
) -> Vec<u64> {
    let Some((video, picture)) = plan.video.as_ref().zip(plan.picture.as_ref()) else {
        return vec![0];
    };
    let rate = picture.frame_rate;
    let per_gop = u64::from(video.gop.max(1));
    // Saturating: a length that lies makes too many chunks, which are found to be empty.
    let frames = (length(plan, source).unwrap_or(0.0) * rate.value()) as u64;
    let gops = frames / per_gop;
    let in_seconds = |seconds: f64| seconds * rate.value() / per_gop as f64;
    let longest = f64::from(longest);
    let shortest = longest * SHORTEST.0 as f64 / SHORTEST.1 as f64;
    let longest = (in_seconds(longest) as u64).max(1);
    let shortest = (in_seconds(shortest).ceil() as u64).clamp(1, longest);
    let workers = (workers as u64).max(1);
    let least = match gops.div_ceil(longest) {
        least if least > workers => least + workers.div_ceil(2),
        least => least,
    };
    let count = count(gops, workers, least, gops / shortest);
    // Cumulative, in halves of a usual chunk: the last of each worker is one.
    let before_last = count.saturating_sub(workers);
    let halves = |number: u64| number + number.min(before_last);
    let gop_starts = (0..count).map(|number| share(gops, halves(number), halves(count)));
    // Half of a chunk of one GOP is none.
    let gop_starts = gop_starts.filter(|gop| *gop < gops.max(1));
    let mut starts: Vec<u64> = gop_starts.map(|gop| gop * per_gop).collect();
    starts.dedup();
    starts
}

/// So many parts out of `parts` of a whole, rounded up.
fn share(whole: u64, part: u64, parts: u64) -> u64 {
    let share = u128::from(whole) * u128::from(part);
    let share = share.div_ceil(u128::from(parts.max(1)));
    u64::try_from(share).unwrap_or(u64::MAX)
}

/// How many chunks: a multiple of the number of workers where there are few, so that all of them
/// end at about the same time.
fn count(gops: u64, workers: u64, least: u64, most: u64) -> u64 {
    let wanted = least.max(ROUNDS * workers).min(most).min(MOST);
    let even = wanted / workers * workers;
    let count = if even >= least { even } else { wanted };
    count.clamp(1, gops.max(1))
}

/// How long the picture is, as far as the source tells: its sound may be longer.
fn length(plan: &Plan, source: &Description) -> Option<f64> {
    let total = plan.duration?;
    let segment = plan.picture.as_ref()?.segments.first()?;
    let VideoInput::Stream { input, index } = segment.input else { return None };
    let start = plan.inputs.get(input)?.start.unwrap_or_default().value();
    let stream = source.streams.iter().find(|stream| stream.index == index)?;
    let stated = positive(stream.duration.as_deref()).map(|stated| stated - start);
    Some(stated.map_or(total, |stated| stated.min(total)))
}

impl Plan {
    /// The work of each chunk, given their first frames.
    pub(in crate::encode) fn chunks(&self, starts: &[u64]) -> Vec<Plan> {
        let ends = starts.iter().skip(1).map(|next| Some(*next)).chain([None]);
        starts.iter().zip(ends).filter_map(|(first, end)| self.chunk(*first, end)).collect()
    }

    fn chunk(&self, first: u64, next: Option<u64>) -> Option<Plan> {
        let (video, picture) = (self.video.as_ref()?, self.picture.as_ref()?);
        let [segment] = picture.segments.as_slice() else { return None };
        let VideoInput::Stream { input, index } = segment.input else { return None };
        let mut input = self.inputs.get(input)?.clone();
        // It ends by the number of the frame.
        input.length = None;
        let whole = segment.length.and_then(|length| end_of(length, picture.frame_rate));
        let segment = PictureSegment {
            input: VideoInput::Stream { input: 0, index },
            length: None,
            ..segment.clone()
        };
        let file = |rendition| FilePlan {
            name: String::new(),
            container: Container::Mp4,
            rendition: Some(rendition),
            audio: false,
        };
        let cut = Cut {
            first,
            end: next.or(whole),
            followed: next.is_some(),
            frame_rate: picture.frame_rate,
        };
        Some(Plan {
            inputs: vec![input],
            picture: Some(super::Picture { segments: vec![segment], ..picture.clone() }),
            video: Some(video.clone()),
            audio: None,
            copied_video: None,
            copied_audio: None,
            images: Vec::new(),
            files: (0..video.renditions.len()).map(file).collect(),
            duration: None,
            cut: Some(cut),
        })
    }

    /// The work of encoding the sound: a file of its own for each that has nothing else, in their
    /// order, and a last one for those with a picture.
    pub(in crate::encode) fn sound(&self) -> Option<Plan> {
        self.audio.as_ref()?;
        let alone = self.files.iter().filter(|file| file.rendition.is_none());
        let mut files: Vec<FilePlan> = alone.cloned().collect();
        if self.files.iter().any(|file| file.rendition.is_some() && file.audio) {
            files.push(FilePlan {
                name: String::new(),
                container: Container::Mp4,
                rendition: None,
                audio: true,
            });
        }
        Some(Plan { picture: None, video: None, images: Vec::new(), files, ..self.clone() })
    }

    /// The work of taking images, if there are any.
    pub(in crate::encode) fn stills(&self) -> Option<Plan> {
        if self.images.is_empty() {
            return None;
        }
        let (video, audio, files) = (None, None, Vec::new());
        let mut plan = Plan { video, audio, files, ..self.clone() };
        images::narrow(&mut plan);
        Some(plan)
    }
}

#[cfg(test)]
#[path = "chunks_tests.rs"]
mod tests;
