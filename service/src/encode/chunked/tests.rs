//! Whether chunks make what one ffmpeg makes. The frames of all sources carry their number.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::sync::OnceLock;

use tokio_util::sync::CancellationToken;

use super::*;
use crate::encode::tests::{Bench, X264, team};
use crate::encode::{Encoded, ErrorCode, TaskError, run as encode};

/// The number of each frame in eight black or white fields, above something that moves.
const NUMBERED: &str = "nullsrc=s=160x96:r=25:d=9,\
    geq=lum='if(lt(Y,16),255*mod(floor(N/pow(2,7-floor(X/20))),2),mod(X*3+Y*2+N*5,220)+16)'\
    :cb='128+60*sin(N/9)':cr=128";
/// What becomes transport streams, too.
const TWICE: &str = "twice.mp4";
const SOUND: &str = "-f lavfi -i sine=d=9:r=48000 -c:a aac";

/// Two layers, and images; with `Sources`.
fn preset(sources: &str, with_ts: bool) -> String {
    let ts = r#"{ "FileName": "{Basename}_{Height}.ts", "Format": { "Type": "TSFormat" } },"#;
    let ts = if with_ts { ts } else { "" };
    format!(
        r#"{{ "Version": 1.0, "Sources": {sources}, "Codecs": [
        {{ "Type": "H264Video", "KeyFrameInterval": "00:00:01", "H264Layers": [
          {{ "Type": "H264Layer", "Bitrate": 400, "Width": "100%", "Height": "100%" }},
          {{ "Type": "H264Layer", "Bitrate": 150, "Width": 80, "Height": 48, "BFrames": 0 }} ] }},
        {{ "Type": "AACAudio", "Bitrate": 96 }},
        {{ "Type": "PngImage", "Start": "10%", "Step": "40%", "Range": "90%",
           "PngLayers": [{{ "Type": "PngLayer", "Width": 80, "Height": 48 }}] }}],
      "Outputs": [
        {{ "FileName": "{{Basename}}_{{Height}}.mp4", "Format": {{ "Type": "MP4Format" }} }},
        {ts}
        {{ "FileName": "{{Basename}}_{{Index}}.png", "Format": {{ "Type": "PngFormat" }} }}] }}"#
    )
}

/// A source, encoded in one piece and in chunks.
struct Both {
    bench: Bench,
    whole: Encoded,
    parts: Encoded,
    /// How many chunks there were.
    chunks: usize,
}

impl Both {
    /// `arguments` make the file from [`NUMBERED`].
    async fn new(file: &str, sources: &str, arguments: &str) -> Option<Self> {
        let bench = numbered(file, arguments)?;
        let whole = encoded(&bench, sources, file, 1).await;
        fs::rename(bench.path("out"), bench.path("whole")).expect("a free name");
        fs::create_dir(bench.path("out")).expect("an output folder");
        let (bench, runs) = recorded(bench, "");
        let parts = encoded(&bench, sources, file, 2).await;
        let chunks = runs_of(&runs, "framehash");
        Some(Self { bench, whole, parts, chunks })
    }

    /// The same files, tracks, times, key frames, pictures and sound. Returns the numbers of the
    /// frames.
    fn numbers(&self) -> Vec<u64> {
        let names = |made: &Encoded| -> Vec<_> {
            made.files.iter().map(|file| (file.name.clone(), file.primary)).collect()
        };
        assert_eq!(names(&self.whole), names(&self.parts));
        let mut numbers = Vec::new();
        for file in &self.parts.files {
            let (name, path) = (&file.name, &file.path);
            let whole = self.bench.path("whole").join(name);
            match name.rsplit('.').next() {
                Some("png") => assert_eq!(fs::read(&whole).ok(), fs::read(path).ok(), "{name}"),
                Some("mp4" | "ts") => {
                    let (packets, whole_packets) = (self.packets(path), self.packets(&whole));
                    let pairs = packets.iter().zip(&whole_packets);
                    let other: Vec<_> = pairs.filter(|(one, other)| one != other).take(3).collect();
                    assert!(other.is_empty(), "{name}: {other:?}");
                    assert_eq!(packets.len(), whole_packets.len(), "{name}");
                    numbers = self.read(path);
                    assert_eq!(self.read(&whole), numbers, "{name}");
                }
                _ => {}
            }
        }
        numbers
    }

    /// What a player finds in a file: everything but the bytes of pictures, which rate control
    /// decides on.
    fn packets(&self, path: &Path) -> Vec<String> {
        // Of transport streams ffprobe tells more, on lines of its own.
        let hash = if path.extension().is_some_and(|ts| ts == "ts") { "" } else { ",data_hash" };
        let packets = format!("packet=stream_index,codec_type,pts,dts,duration,flags{hash}");
        let streams = "stream=codec_name,time_base,start_pts,nb_frames:stream_tags=language";
        let ffprobe = Command::new(&self.bench.settings.tools.ffprobe)
            .args(["-v", "error", "-of", "csv=p=0", "-show_data_hash", "crc32", "-show_entries"])
            .arg(format!("{packets}:{streams}"))
            .arg(path)
            .output();
        let ffprobe = ffprobe.expect("ffprobe runs");
        assert!(ffprobe.status.success(), "{ffprobe:?}");
        let text = String::from_utf8(ffprobe.stdout).expect("text");
        // How tracks are interleaved depends on sizes, and which frames are out of order the
        // encoder decides.
        let mut lines: Vec<String> = Vec::new();
        for line in text.lines() {
            match line.split(',').collect::<Vec<_>>().as_slice() {
                ["video", stream, shown, decoded, duration, flags, ..] => {
                    lines.push(format!("video {stream} shown at {shown} {flags}"));
                    lines.push(format!("video {stream} decoded at {decoded} for {duration}"));
                }
                _ => lines.push(line.to_owned()),
            }
        }
        lines.sort();
        lines
    }

    /// The numbers that the frames carry.
    fn read(&self, path: &Path) -> Vec<u64> {
        let decoded = Command::new(&self.bench.settings.tools.ffmpeg)
            .args(["-v", "error", "-nostdin", "-xerror", "-i"])
            .arg(path)
            .args(["-map", "0:v", "-vsync", "passthrough", "-f", "rawvideo", "-vf"])
            .args(["crop=iw:ih/12:0:ih/24,scale=8:1:flags=area,format=gray", "-"])
            .output();
        let decoded = decoded.expect("ffmpeg runs");
        assert!(decoded.status.success(), "{decoded:?}");
        let number =
            |row: &[u8]| row.iter().fold(0, |bits, luma| bits << 1 | u64::from(*luma > 127));
        decoded.stdout.chunks(8).map(number).collect()
    }

    /// The frames with the numbers from `first` to `last`. The source's first one is shown a little
    /// late, for its sound begins before: it may be there twice.
    #[track_caller]
    fn follow(&self, first: u64, last: u64) {
        let numbers = self.numbers();
        let later = numbers.iter().position(|number| *number > first).expect("frames");
        assert!((1..=2).contains(&later), "{numbers:?}");
        assert_eq!(numbers[later..], (first + 1..=last).collect::<Vec<_>>());
    }

    fn are_chunks(&self) {
        assert!(self.chunks >= 3, "{} chunks", self.chunks);
    }
}

/// A folder with a source in it. Arguments before a slash are for the input.
fn numbered(file: &str, arguments: &str) -> Option<Bench> {
    let mut bench = Bench::new()?;
    bench.settings.chunk_seconds = 2;
    static DRAWN: OnceLock<Vec<u8>> = OnceLock::new();
    let numbered = bench.path("numbered.mkv");
    let content = DRAWN.get_or_init(|| {
        let coding = format!("{X264} -qp 4 -g 20 -bf 3");
        bench.clip("numbered.mkv", &format!("-f lavfi -i {NUMBERED} {SOUND} {coding}"));
        fs::read(&numbered).expect("ffmpeg has made it")
    });
    fs::write(&numbered, content).expect("a file");
    let (before, after) = arguments.split_once(" / ").unwrap_or(("", arguments));
    bench.clip(file, &format!("{before} -i {} {after}", numbered.display()));
    Some(bench)
}

async fn encoded(bench: &Bench, sources: &str, file: &str, size: usize) -> Encoded {
    let request = bench.request(&preset(sources, file == TWICE), file);
    let cancel = CancellationToken::new();
    let made = encode(&bench.settings, &team(size), &request, |_| {}, &cancel).await;
    made.unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Puts a script in ffmpeg's place that notes its arguments, a line for each run, and does
/// `besides` before it becomes ffmpeg.
fn recorded(mut bench: Bench, besides: &str) -> (Bench, PathBuf) {
    let (script, runs) = (bench.path("recorder"), bench.path("runs"));
    let (to, ffmpeg) = (runs.display(), bench.settings.tools.ffmpeg.display());
    let text = format!("#!/bin/sh\necho \"$*\" >>{to}\n{besides}\nexec {ffmpeg} \"$@\"\n");
    fs::write(&script, text).expect("a script");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("a program");
    bench.settings.tools.ffmpeg = script;
    (bench, runs)
}

/// How often ffmpeg ran with an argument.
fn runs_of(runs: &Path, argument: &str) -> usize {
    let text = fs::read_to_string(runs).unwrap_or_default();
    text.lines().filter(|line| line.split(' ').any(|word| word == argument)).count()
}

#[tokio::test]
async fn constant_rate_with_frames_out_of_order() {
    let Some(both) = Both::new(TWICE, "[]", "-c copy").await else { return };
    both.are_chunks();
    both.follow(0, 224);
    assert!(both.parts.files.iter().any(|file| file.name.ends_with(".ts")));
}

#[tokio::test]
async fn open_groups_of_pictures() {
    let x264 =
        format!("{X264} -qp 4 -preset veryfast -g 37 -bf 3 -x264-params open-gop=1 -c:a copy");
    let Some(both) = Both::new("clip.mp4", "[]", &x264).await else { return };
    both.are_chunks();
    both.follow(0, 224);
}

#[tokio::test]
async fn variable_rate() {
    let some = format!("-vf select='gt(random(1)\\,0.4)' -vsync vfr {X264} -qp 4 -g 20 -c:a copy");
    for file in ["clip.mp4", "clip.mkv"] {
        let Some(both) = Both::new(file, "[]", &some).await else { return };
        both.are_chunks();
        assert!(both.numbers().is_sorted());
    }
}

#[tokio::test]
async fn times_that_do_not_begin_at_nought() {
    let Some(both) = Both::new("clip.mkv", "[]", "-c copy -output_ts_offset 5.31").await else {
        return;
    };
    both.are_chunks();
    both.numbers();
}

#[tokio::test]
async fn edit_lists() {
    // What is before is in the file, and not shown.
    let Some(both) = Both::new("clip.mp4", "[]", "-ss 1.3 / -c copy").await else { return };
    both.are_chunks();
    both.follow(32, 224);
}

#[tokio::test]
async fn clips_of_a_source() {
    for (sources, first, last) in [
        (r#"[{ "StartTime": "00:00:01.237", "Duration": "00:00:06.310" }]"#, 31, 187),
        (r#"[{ "StartTime": "00:00:00.500" }]"#, 12, 224),
    ] {
        let Some(both) = Both::new("clip.mp4", sources, "-c copy").await else { return };
        both.are_chunks();
        both.follow(first, last);
    }
}

/// Times of frames that Matroska rounds to milliseconds, and ten bits for each sample.
#[tokio::test]
async fn odd_rates_and_deep_pictures() {
    let ntsc = "-vf setpts=N*1001/30000/TB -r 30000/1001 -pix_fmt yuv420p10 -c:v libx264 \
                -preset ultrafast -qp 4 -g 20 -bf 3 -c:a copy";
    for file in ["clip.mp4", "clip.mkv"] {
        let Some(both) = Both::new(file, "[]", ntsc).await else { return };
        both.are_chunks();
        both.follow(0, 224);
    }
}

#[tokio::test]
async fn interlaced_pictures() {
    let fields = format!("-vf setfield=tff {X264} -qp 4 -flags +ildct+ilme -g 25 -bf 2 -c:a copy");
    let Some(both) = Both::new("clip.mp4", "[]", &fields).await else { return };
    both.are_chunks();
    both.follow(0, 224);
}

#[tokio::test]
async fn rotated_pictures() {
    // Without sound, too.
    let turned = "-c copy -an -metadata:s:v rotate=180";
    let Some(both) = Both::new("clip.mp4", "[]", turned).await else { return };
    both.are_chunks();
    both.numbers();
}

/// Pictures that are whole only a while after where decoding can begin.
#[tokio::test]
async fn what_does_not_go_together_is_encoded_in_one_piece() {
    let refreshed = format!("{X264} -qp 4 -x264-params intra-refresh=1:keyint=40 -c:a copy");
    let Some(both) = Both::new("clip.mp4", "[]", &refreshed).await else { return };
    both.numbers();
    // No place to cut: transport streams have no index.
    let Some(both) = Both::new("clip.ts", "[]", "-c copy").await else { return };
    assert_eq!(both.chunks, 0);
    both.numbers();
    // Joined sources.
    let Some(both) = Both::new("clip.mp4", "[{}, {}]", "-c copy").await else { return };
    assert_eq!(both.chunks, 0);
    both.numbers();
}

/// Runs a task of two workers with ffmpeg as [`recorded`]; also tells how often it began a chunk.
async fn disturbed(besides: &str) -> Option<(Result<Encoded, TaskError>, Vec<f64>, usize, Bench)> {
    let (bench, runs) = recorded(numbered("clip.mp4", "-c copy")?, besides);
    let request = bench.request(&preset("[]", false), "clip.mp4");
    let mut seen = Vec::new();
    let cancel = CancellationToken::new();
    let report = |percent| seen.push(percent);
    let made = encode(&bench.settings, &team(2), &request, report, &cancel).await;
    let begun = runs_of(&runs, "framehash");
    Some((made, seen, begun, bench))
}

#[tokio::test]
async fn a_chunk_that_fails_once_is_tried_again() {
    let once =
        "case \"$*\" in *start_pts=100:*) [ -e ../tried ] || { : >../tried; exit 1; };; esac";
    let Some((made, seen, begun, _bench)) = disturbed(once).await else { return };
    let made = made.expect("the second try succeeds");
    assert!(made.files.len() > 4, "{made:?}");
    assert_eq!(begun, 6, "five chunks, one of them twice");
    assert!(seen.is_sorted() && seen.last() == Some(&100.0), "{seen:?}");
}

/// How full the decoder's buffer, of so many seconds, is when it is emptiest, as a share of it: bits
/// come at `kbps`, and each frame takes its own away.
fn emptiest(bench: &Bench, path: &Path, kbps: f64, seconds: f64) -> f64 {
    let sizes = bench.probe(path, "-select_streams v -show_entries packet=size");
    let sizes = sizes.iter().map(|size| size.parse::<f64>().expect("a size"));
    // x264 takes it to be so full at the beginning.
    let (all, mut left) = (kbps * 1000.0 * seconds, 0.9 * kbps * 1000.0 * seconds);
    let left = sizes.map(|size| {
        left -= 8.0 * size;
        let least = left;
        left = (left + kbps * 1000.0 / 25.0).min(all);
        least / all
    });
    left.fold(1.0, f64::min)
}

#[tokio::test]
async fn chunks_together_keep_to_the_rate() {
    // More than there are bits for.
    let noise = format!("-vf noise=alls=90:allf=t {X264} -qp 12 -g 25 -c:a copy");
    let Some(mut bench) = numbered("clip.mp4", &noise) else { return };
    // The fastest presets do not look ahead.
    bench.settings.x264_preset = "veryfast".parse().expect("a known preset");
    let (bench, runs) = recorded(bench, "");
    encoded(&bench, "[]", "clip.mp4", 2).await;
    assert!(runs_of(&runs, "framehash") > 3, "chunks");
    for (name, kbps) in [("clip_96.mp4", 400.0), ("clip_48.mp4", 150.0)] {
        // The default of `BufferWindow`.
        let least = emptiest(&bench, &bench.path("out").join(name), kbps, 5.0);
        assert!((0.4..0.8).contains(&least), "{name}: {least}");
    }
}

#[tokio::test]
async fn a_chunk_that_fails_again_fails_the_task() {
    let always = "case \"$*\" in *start_pts=100:*) echo 'Cannot do it' >&2; exit 1;; esac";
    let Some((made, seen, begun, bench)) = disturbed(always).await else { return };
    let error = made.expect_err("a chunk is missing");
    assert_eq!(error.code, ErrorCode::ProcessingTask);
    assert_eq!(
        error.message,
        "encoding \"clip.mp4\" failed: Cannot do it (between 00:00:04.000 and 00:00:06.000)"
    );
    assert_eq!(begun, 4, "two good ones, and a bad one twice");
    assert!(seen.is_sorted() && seen.last() < Some(&45.0), "four of nine seconds: {seen:?}");
    let left = fs::read_dir(bench.path("out")).expect("the output folder").count();
    assert_eq!(left, 0);
}

#[test]
fn the_last_chunk_of_each_worker_may_use_all_processors() {
    let threads = Threads { usual: 1, last: 2, workers: 2 };
    let chunks: Vec<_> = (0..6).map(|number| threads.of(Part::Chunk(number), 6)).collect();
    assert_eq!(chunks, [1, 1, 1, 1, 2, 2]);
    assert_eq!([Part::Sound, Part::Stills].map(|part| threads.of(part, 6)), [1, 1]);
    assert_eq!(threads.of(Part::Chunk(0), 2), 2);
}
