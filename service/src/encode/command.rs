//! From a plan to ffmpeg's arguments. Nothing here touches the system.
//!
//! One ffmpeg process decodes the source once, splits the picture into all
//! renditions and encodes the sound once; the tee muxer then puts each encoded
//! stream into every file that needs it.

use std::ffi::OsString;
use std::path::Path;

use super::plan::{AudioInput, AudioPlan, FilePlan, Plan, Rendition, VideoInput, VideoPlan};
use super::preset::{Container, EntropyMode, Profile};
use super::probe::guarded_input;

/// One chunk of samples per two seconds instead of one per frame, in
/// microseconds: a fragment is then one or two ranges of the file, and the
/// index is a fifth smaller.
const CHUNK_DURATION: u32 = 2_000_000;

/// ffmpeg's arguments for `plan` on the file `input`. It writes the files of
/// the plan into its working folder under their [`work_name`]s, and its
/// progress to standard output.
pub(super) fn arguments(plan: &Plan, input: &Path, threads: u32) -> Vec<OsString> {
    let mut args = Args::default();
    args.all(&["-hide_banner", "-nostdin", "-y", "-v", "error"]);
    args.all(&["-progress", "pipe:1", "-nostats"]);
    if threads > 0 {
        let threads = threads.to_string();
        args.all(&["-filter_complex_threads", &threads, "-threads", &threads]);
    }
    args.0.extend(guarded_input(input));
    let generated = generated_inputs(plan);
    for source in &generated {
        args.all(&["-f", "lavfi", "-t", &source.seconds, "-i", &source.graph]);
    }
    args.all(&["-filter_complex", &filter_graph(plan)]);

    let renditions = plan.video.as_ref().map_or(0, |v| v.renditions.len());
    for number in 0..renditions {
        args.all(&["-map", &format!("[v{number}]")]);
    }
    if plan.audio.is_some() {
        args.all(&["-map", "[a]"]);
    }
    // Nothing of the upload's own texts goes into the outputs.
    args.all(&["-map_metadata", "-1", "-map_chapters", "-1"]);
    if let Some(video) = &plan.video {
        video_codec(&mut args, video);
    }
    if let Some(audio) = &plan.audio {
        audio_codec(&mut args, audio);
    }
    if threads > 0 {
        args.all(&["-threads", &threads.to_string()]);
    }
    args.all(&["-f", "tee", &tee(&plan.files, renditions)]);
    args.0
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

/// An input that ffmpeg generates itself.
struct Generated {
    graph: String,
    seconds: String,
}

/// The generated inputs, in the order of their numbers from 1 on.
fn generated_inputs(plan: &Plan) -> Vec<Generated> {
    let black = plan.video.as_ref().and_then(|video| match video.input {
        VideoInput::Black { seconds } => Some(Generated {
            graph: format!("color=c=black:s=1280x720:r={}", video.frame_rate),
            seconds: seconds.to_string(),
        }),
        VideoInput::Stream { .. } => None,
    });
    let silence = plan.audio.as_ref().and_then(|audio| match audio.input {
        AudioInput::Silence { seconds } => Some(Generated {
            graph: format!("anullsrc=r={}:cl=stereo", audio.codec.sampling_rate),
            seconds: seconds.to_string(),
        }),
        AudioInput::Stream { .. } => None,
    });
    black.into_iter().chain(silence).collect()
}

fn filter_graph(plan: &Plan) -> String {
    let mut chains = Vec::new();
    if let Some(video) = &plan.video {
        chains.push(picture_chain(video));
        if video.renditions.len() > 1 {
            for (number, rendition) in video.renditions.iter().enumerate() {
                chains.push(format!("[s{number}]{}[v{number}]", scaling(rendition)));
            }
        }
    }
    if let Some(audio) = &plan.audio {
        let input = match audio.input {
            AudioInput::Stream { index } => format!("0:{index}"),
            AudioInput::Silence { .. } => "1:0".to_owned(),
        };
        // Gaps in the source become silence, and the track starts at 0, so
        // that sound and picture stay together when served in fragments.
        chains.push(format!(
            "[{input}]aresample={}:async=1:first_pts=0[a]",
            audio.codec.sampling_rate
        ));
    }
    chains.join(";")
}

/// Up to the point where the renditions part. A constant frame rate makes the
/// key frames, counted in frames, fall on the same times in every rendition.
fn picture_chain(video: &VideoPlan) -> String {
    let (input, deinterlace) = match video.input {
        VideoInput::Stream { index, interlaced } => (format!("0:{index}"), interlaced),
        VideoInput::Black { .. } => ("1:0".to_owned(), false),
    };
    let mut chain = format!("[{input}]");
    if deinterlace {
        chain.push_str("yadif=deint=interlaced,");
    }
    chain.push_str(&format!("fps={}:start_time=0,", video.frame_rate));
    match video.renditions.as_slice() {
        [only] => chain.push_str(&format!("{}[v0]", scaling(only))),
        several => {
            chain.push_str(&format!("split={}", several.len()));
            for number in 0..several.len() {
                chain.push_str(&format!("[s{number}]"));
            }
        }
    }
    chain
}

fn scaling(rendition: &Rendition) -> String {
    let (width, height) = rendition.picture;
    let mut filters = format!("scale={width}:{height}:flags=bicubic");
    if rendition.frame != rendition.picture {
        let (frame_width, frame_height) = rendition.frame;
        let (x, y) =
            (frame_width.saturating_sub(width) / 2, frame_height.saturating_sub(height) / 2);
        filters.push_str(&format!(",pad={frame_width}:{frame_height}:{x}:{y}"));
    }
    filters.push_str(",setsar=1,format=yuv420p");
    filters
}

fn video_codec(args: &mut Args, video: &VideoPlan) {
    let gop = video.gop.to_string();
    args.all(&["-c:v", "libx264", "-preset:v", video.x264_preset.name()]);
    // The tee muxer does not say that MP4 wants parameter sets in its header.
    args.all(&["-flags:v", "+global_header"]);
    args.all(&["-g:v", &gop]);
    if !video.scene_change_detection {
        args.all(&["-keyint_min:v", &gop, "-sc_threshold:v", "0"]);
    }
    args.all(&["-x264-params:v", "open-gop=0"]);
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
        set("bufsize", &format!("{}k", buffer.max(1)));
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

/// The tee muxer's list of files. Neither names nor options need escaping:
/// all of them are made here.
fn tee(files: &[FilePlan], renditions: usize) -> String {
    let slaves: Vec<String> = files
        .iter()
        .enumerate()
        .map(|(number, file)| {
            // Streams are numbered as mapped: the renditions, then the sound.
            let audio = file.audio.then_some(renditions);
            let streams: Vec<String> =
                file.rendition.into_iter().chain(audio).map(|stream| stream.to_string()).collect();
            let format = match file.container {
                Container::Mp4 => "mp4",
                Container::MpegTs => "mpegts",
            };
            let layout = match file.container {
                Container::Mp4 => {
                    format!(":movflags=+faststart:chunk_duration={CHUNK_DURATION}")
                }
                Container::MpegTs => String::new(),
            };
            format!(
                "[f={format}:select={}{layout}]{}",
                streams.join(","),
                work_name(number, file.container)
            )
        })
        .collect();
    slaves.join("|")
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
