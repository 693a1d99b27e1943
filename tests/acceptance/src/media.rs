//! ffmpeg: makes what is uploaded, and judges what comes back.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// Runs ffmpeg with arguments that are split at spaces; returns what it writes to stdout.
///
/// # Panics
///
/// When it is not installed, fails, or complains.
#[track_caller]
pub fn ffmpeg(arguments: &str) -> Vec<u8> {
    let words: Vec<_> = arguments.split(' ').collect();
    run("ffmpeg", &[&["-nostdin", "-v", "error"], words.as_slice()].concat())
}

#[track_caller]
fn run(tool: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(tool).args(arguments).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| {
        panic!("{tool}: {error}; install it (Debian/Ubuntu: `apt install ffmpeg`) or run `cargo xtask test`")
    });
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "{tool} {arguments:?}: {errors}");
    output.stdout
}

/// What ffprobe says of a file: one value a line; arguments are split at spaces.
///
/// # Panics
///
/// When it is not installed, fails, or complains.
#[track_caller]
pub fn ffprobe(media: &[u8], arguments: &str) -> Vec<String> {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(media).expect("writing");
    let path = file.path().to_str().expect("a path of UTF-8");
    let mut words: Vec<_> = "-v error -of default=nw=1:nk=1".split(' ').collect();
    words.extend(arguments.split(' '));
    words.push(path);
    let text = String::from_utf8(run("ffprobe", &words)).expect("ffprobe writes UTF-8");
    text.lines().map(str::to_owned).collect()
}

/// Runs ffmpeg with arguments that are split at spaces, and returns the file with this extension
/// that it writes.
///
/// # Panics
///
/// When it is not installed, fails, or complains.
#[track_caller]
pub fn made_by_ffmpeg(arguments: &str, extension: &str) -> Vec<u8> {
    let suffix = format!(".{extension}");
    let file = tempfile::Builder::new().suffix(&suffix).tempfile().expect("a temporary file");
    let path = file.path().to_str().expect("a path of UTF-8");
    ffmpeg(&format!("-y {arguments} {path}"));
    std::fs::read(path).expect("reading what ffmpeg wrote")
}

/// A video with sound: moving bars at 25 frames a second, and a tone.
pub fn video(size: &str, seconds: u32) -> Vec<u8> {
    let arguments = format!(
        "-f lavfi -i testsrc2=s={size}:r=25:d={seconds} -f lavfi -i sine=f=440:r=48000:d={seconds} \
         -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac -ac 2"
    );
    made_by_ffmpeg(&arguments, "mp4")
}

/// A server manifest with these elements, as encoders write it.
pub fn server_manifest(tracks: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
         <smil xmlns=\"http://www.w3.org/2001/SMIL20/Language\"><head>\
         <meta name=\"formats\" content=\"mp4\"/></head><body><switch>{tracks}</switch></body></smil>"
    )
}

/// Bytes that are no video, whatever their name.
pub fn not_a_video() -> Vec<u8> {
    b"This is a text, and no video at all. ".repeat(100)
}

/// What decoding gave: how many frames, and the time of the first and the last, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Frames {
    /// How many.
    pub count: usize,
    /// Presentation time of the first.
    pub first: f64,
    /// Presentation time of the last.
    pub last: f64,
}

/// Decodes all of a file; `select` is `v` or `a`.
///
/// # Panics
///
/// When ffmpeg complains about anything, or there is no frame.
#[track_caller]
pub fn decode(media: &[u8], select: &str) -> Frames {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(media).expect("writing");
    let path = file.path().to_str().expect("a path of UTF-8");
    let arguments = "-v error -of csv=p=0 -show_entries frame=pts_time -select_streams";
    let mut arguments: Vec<_> = arguments.split(' ').collect();
    arguments.extend([select, path]);
    let text = String::from_utf8(run("ffprobe", &arguments)).expect("ffprobe writes UTF-8");
    let number = |line: &str| line.trim_end_matches(',').parse::<f64>().ok();
    let mut times: Vec<_> = text.lines().filter_map(number).collect();
    times.sort_by(f64::total_cmp);
    let (Some(&first), Some(&last)) = (times.first(), times.last()) else {
        panic!("no frame in {} bytes", media.len());
    };
    Frames { count: times.len(), first, last }
}

/// The start of a file for Smooth fragments, which have none of their own: clients build it; here
/// that of DASH is given the timescale of Smooth Streaming.
pub fn smooth_init(dash_init: &[u8]) -> Vec<u8> {
    let mut init = dash_init.to_vec();
    let mdhd = init.windows(4).position(|kind| kind == b"mdhd").expect("an mdhd box");
    // Behind type, version and flags, and two 32-bit times.
    init[mdhd + 16..mdhd + 20].copy_from_slice(&10_000_000_u32.to_be_bytes());
    init
}
