//! From a plan to ffmpeg's arguments. Nothing here touches the system.
//!
//! One ffmpeg process decodes each source once, splits the picture into all
//! renditions and images and encodes the sound once; the tee muxer then puts each encoded
//! stream into every file that needs it.

use std::ffi::OsString;

use super::graph;
use super::plan::{AudioPlan, Cut, FilePlan, ImagePlan, Input, Pick, Plan, Repeat, VideoPlan};
use super::preset::{Container, EntropyMode, ImageFormat, Profile, Rational};
use super::probe::{Accept, guarded_input};

/// One chunk of samples per two seconds instead of one per frame, in
/// microseconds: a fragment is then one or two ranges of the file, and the
/// index is a fifth smaller.
const CHUNK_DURATION: u32 = 2_000_000;
/// Where the hashes of the frames at the edges of a chunk go.
pub(super) const SEAM_FILE: &str = "seam";
/// How full the decoder's buffer is taken to be where a chunk begins behind another. Where x264 looks
/// ahead, it plans to keep the buffer at least half full (`clip_qscale` in its
/// `encoder/ratecontrol.c`), so that is what a chunk leaves to the next one. With the nine tenths
/// that it assumes at the beginning of a film, each chunk would spend again what only the first one
/// has, and together they would exceed `MaxBitrate`.
const LEFT_IN_BUFFER: &str = ":vbv-init=0.5";
/// The largest buffer that ffmpeg takes, in kbit: it counts bits with 32.
const MAX_BUFFER: u64 = i32::MAX as u64 / 1000;

/// ffmpeg's arguments for `plan`. It writes the files of the plan into its
/// working folder under their [`work_name`]s and [`image_work_name`]s, and its
/// progress to standard output.
pub(super) fn arguments(plan: &Plan, threads: u32) -> Vec<OsString> {
    let mut args = Args::default();
    args.all(&["-hide_banner", "-nostdin", "-y", "-v", "error"]);
    args.all(&["-progress", "pipe:1", "-nostats"]);
    let threads = (threads > 0).then(|| threads.to_string());
    if let Some(threads) = &threads {
        args.all(&["-filter_complex_threads", threads]);
    }
    if plan.cut.as_ref().is_some_and(Cut::seeks) {
        // Times are counted from where they are in a single pass, not from the place sought.
        args.all(&["-copyts", "-start_at_zero"]);
    }
    for input in &plan.inputs {
        if let Some(threads) = &threads {
            args.all(&["-threads", threads]);
        }
        open(&mut args, input, plan.cut.as_ref().filter(|cut| cut.seeks()));
    }
    let graph = graph::graph(plan);
    if !graph.is_empty() {
        args.all(&["-filter_complex", &graph]);
    }
    if !plan.files.is_empty() {
        media(&mut args, plan, threads.as_deref());
    }
    if let Some(picture) = &plan.picture {
        for (number, image) in plan.images.iter().enumerate() {
            for layer in 0..image.layers.len() {
                images(&mut args, picture.frame_rate, number, image, layer);
            }
        }
    }
    if plan.cut.is_some() {
        // Hashes of pictures as they are before they are scaled and encoded.
        args.all(&["-map", "[seam]", "-c:v", "rawvideo"]);
        args.all(&["-f", "framehash", "-hash", "murmur3", SEAM_FILE]);
    }
    args.0
}

fn open(args: &mut Args, input: &Input, sought: Option<&Cut>) {
    match input.repeat {
        Repeat::Times(0 | 1) => {}
        // How often it is repeated, not how often it is read.
        Repeat::Times(times) => args.all(&["-stream_loop", &(times - 1).to_string()]),
        Repeat::Forever => args.all(&["-stream_loop", "-1"]),
    }
    match (sought, input.start) {
        (Some(cut), start) => {
            // Everything from the key frame on is decoded: frames that come before the first one
            // wanted decide what is shown at its time where the source's rate varies.
            args.all(&["-noaccurate_seek", "-ss", &cut.seek(start).to_string()]);
            if let Some(start) = start {
                args.all(&["-itsoffset", &format!("-{start}")]);
            }
        }
        (None, Some(start)) => args.all(&["-ss", &start.to_string()]),
        (None, None) => {}
    }
    if let Some(length) = input.length {
        args.all(&["-t", &length.to_string()]);
    }
    let accept = if input.image { Accept::MediaOrImage } else { Accept::Media };
    args.0.extend(guarded_input(&input.path, accept));
}

/// The video and audio files.
fn media(args: &mut Args, plan: &Plan, threads: Option<&str>) {
    let renditions = plan.video.as_ref().map_or(0, |v| v.renditions.len());
    for number in 0..renditions {
        args.all(&["-map", &format!("[v{number}]")]);
    }
    if let Some(copied) = &plan.copied_video {
        args.all(&["-map", &format!("0:{}", copied.index)]);
    }
    if plan.audio.is_some() {
        args.all(&["-map", "[a]"]);
    }
    if let Some(copied) = &plan.copied_audio {
        args.all(&["-map", &format!("{}:{}", copied.input, copied.index)]);
    }
    // Nothing of the upload's own texts goes into the outputs.
    args.all(&["-map_metadata", "-1", "-map_chapters", "-1"]);
    if let Some(video) = &plan.video {
        video_codec(args, video, plan.cut.as_ref());
    }
    if plan.copied_video.is_some() {
        args.all(&["-c:v", "copy"]);
    }
    if let Some(audio) = &plan.audio {
        audio_codec(args, audio);
    }
    if let Some(copied) = &plan.copied_audio {
        args.all(&["-c:a", "copy"]);
        if plan.inputs.first().is_some_and(|input| input.start.is_some()) {
            // What is before the start would be heard before the picture is seen.
            args.all(&["-copypriorss:a", "0"]);
        }
        args.all(&["-metadata:s:a:0", &format!("language={}", copied.language)]);
    }
    if let Some(threads) = threads {
        args.all(&["-threads", threads]);
    }
    let videos = renditions + usize::from(plan.copied_video.is_some());
    args.all(&["-f", "tee", &tee(&plan.files, videos, plan.cut.is_none())]);
}

/// Images of one kind and size. Each frame is a file, at the rate of the picture: by any other,
/// ffmpeg would repeat some.
fn images(args: &mut Args, rate: Rational, number: usize, image: &ImagePlan, layer: usize) {
    args.all(&["-map", &format!("[i{number}l{layer}]")]);
    let (encoder, quality) = match image.format {
        ImageFormat::Jpg => {
            ("mjpeg", image.layers.get(layer).map(|layer| jpeg_quality(layer.quality)))
        }
        ImageFormat::Png => ("png", None),
        ImageFormat::Bmp => ("bmp", None),
    };
    args.all(&["-c:v", encoder]);
    if let Some(quality) = quality {
        args.all(&["-q:v", &quality.to_string()]);
    }
    if let Pick::Best { .. } = image.pick {
        args.all(&["-frames:v", "1"]);
    }
    let extension = image.format.extension();
    let Rational { num, den } = rate;
    args.all(&["-r", &format!("{num}/{den}"), "-f", "image2"]);
    args.all(&[&format!("i{number}l{layer}-%d{extension}")]);
}

/// ffmpeg's scale runs from 2 (best) to 31.
fn jpeg_quality(quality: u32) -> u32 {
    2 + (100 - quality.clamp(1, 100)) * 29 / 99
}

/// What ffmpeg calls image `index` (from 1) of a layer.
pub(super) fn image_work_name(
    number: usize,
    layer: usize,
    index: usize,
    format: ImageFormat,
) -> String {
    format!("i{number}l{layer}-{index}{}", format.extension())
}

/// What ffmpeg calls file `number` of the plan. The name the client chose
/// never gets onto the command line.
pub(super) fn work_name(number: usize, container: Container) -> String {
    format!("{number}{}", container.extension())
}

#[derive(Default)]
struct Args(Vec<OsString>);

impl Args {
    fn all(&mut self, args: &[&str]) {
        self.0.extend(args.iter().map(OsString::from));
    }

    /// An option for stream `number` of its kind, such as `-b:v:0`.
    fn stream(&mut self, option: &str, kind: char, number: usize, value: &str) {
        self.0.push(format!("-{option}:{kind}:{number}").into());
        self.0.push(value.into());
    }
}

fn video_codec(args: &mut Args, video: &VideoPlan, cut: Option<&Cut>) {
    let gop = video.gop.to_string();
    args.all(&["-c:v", "libx264", "-preset:v", video.x264_preset.name()]);
    // The tee muxer does not say that MP4 wants parameter sets in its header.
    args.all(&["-flags:v", "+global_header"]);
    args.all(&["-g:v", &gop]);
    if !video.scene_change_detection {
        args.all(&["-keyint_min:v", &gop, "-sc_threshold:v", "0"]);
    }
    let buffer = cut.filter(|cut| cut.seeks()).map_or("", |_| LEFT_IN_BUFFER);
    args.all(&["-x264-params:v", &format!("open-gop=0{buffer}")]);
    for (number, rendition) in video.renditions.iter().enumerate() {
        let layer = &rendition.layer;
        let profile = match layer.profile {
            Profile::Auto | Profile::High => "high",
            Profile::Main => "main",
            Profile::Baseline => "baseline",
        };
        let coder = match layer.entropy {
            EntropyMode::Cabac => "cabac",
            EntropyMode::Cavlc => "cavlc",
        };
        let buffer = u64::from(layer.max_bitrate) * u64::from(layer.buffer_window_ms) / 1000;
        let mut set = |option: &str, value: &str| args.stream(option, 'v', number, value);
        set("profile", profile);
        if let Some(level) = &layer.level {
            set("level", level);
        }
        set("b", &format!("{}k", layer.bitrate));
        set("maxrate", &format!("{}k", layer.max_bitrate));
        set("bufsize", &format!("{}k", buffer.clamp(1, MAX_BUFFER)));
        set("bf", &layer.b_frames.to_string());
        set("b_strategy", if layer.adaptive_b_frame { "1" } else { "0" });
        set("refs", &layer.reference_frames.to_string());
        set("coder", coder);
        if layer.slices > 0 {
            set("slices", &layer.slices.to_string());
        }
    }
}

fn audio_codec(args: &mut Args, audio: &AudioPlan) {
    let codec = &audio.codec;
    args.all(&["-c:a", "aac", "-flags:a", "+global_header"]);
    args.all(&["-b:a", &format!("{}k", codec.bitrate)]);
    args.all(&["-ac:a", &codec.channels.to_string()]);
    let language = format!("language={}", audio.language);
    args.all(&["-metadata:s:a:0", &language]);
}

/// ffmpeg's arguments to put file `number` of the plan together: the chunks of its picture, which
/// `list` names, and the sound, whose language is said.
pub(super) fn joining(
    number: usize,
    container: Container,
    list: &str,
    sound: Option<(&str, &str)>,
) -> Vec<OsString> {
    let mut args = Args::default();
    args.all(&["-hide_banner", "-nostdin", "-y", "-v", "error"]);
    // With the times that the encoders set: the sound's first packet is before the picture.
    args.all(&["-progress", "pipe:1", "-nostats", "-copyts"]);
    // Converted, each chunk would have its parameter sets also in its frames.
    args.all(&["-protocol_whitelist", "file", "-f", "concat", "-auto_convert", "0", "-i", list]);
    if let Some((path, _)) = sound {
        args.all(&["-protocol_whitelist", "file", "-i", path]);
    }
    args.all(&["-map", "0:v"]);
    if sound.is_some() {
        args.all(&["-map", "1:a"]);
    }
    args.all(&["-map_metadata", "-1", "-map_chapters", "-1", "-c", "copy"]);
    if let Some((_, language)) = sound {
        args.all(&["-metadata:s:a:0", &format!("language={language}")]);
    }
    // The same muxer as for the whole: its defaults are not those of a single file.
    let streams = if sound.is_some() { "0,1" } else { "0" };
    args.all(&["-f", "tee", &slave(number, container, streams, true)]);
    args.0
}

/// The tee muxer's list of files. Neither names nor options need escaping:
/// all of them are made here.
fn tee(files: &[FilePlan], renditions: usize, finished: bool) -> String {
    let slaves: Vec<String> = files
        .iter()
        .enumerate()
        .map(|(number, file)| {
            // Streams are numbered as mapped: the renditions, then the sound.
            let audio = file.audio.then_some(renditions);
            let streams: Vec<String> =
                file.rendition.into_iter().chain(audio).map(|stream| stream.to_string()).collect();
            slave(number, file.container, &streams.join(","), finished)
        })
        .collect();
    slaves.join("|")
}

/// The tee muxer's text for a file with these streams; `finished` when nothing more happens to it.
fn slave(number: usize, container: Container, streams: &str, finished: bool) -> String {
    let (format, layout) = match container {
        Container::Mp4 if finished => {
            ("mp4", format!(":movflags=+faststart:chunk_duration={CHUNK_DURATION}"))
        }
        Container::Mp4 => ("mp4", String::new()),
        Container::MpegTs => ("mpegts", String::new()),
    };
    format!("[f={format}:select={streams}{layout}]{}", work_name(number, container))
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
