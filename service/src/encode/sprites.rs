//! Sheets of pictures: the key frames of a video, side by side.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::error::TaskError;
use super::failure;
use super::probe::{Accept, guarded_input};
use super::process::{self, Limits};
use super::tools::Tools;

/// The longest time that making the sheets of one video may take.
const WALL_CLOCK: Duration = Duration::from_secs(120);
/// The longest time without another picture.
const STALL: Duration = Duration::from_secs(30);
/// Larger pictures are refused: 8192 by 8192 take 100 MB each to decode.
const MAX_PIXELS: u32 = 8192 * 8192;
/// JPEG quality on ffmpeg's scale from 2 (best) to 31.
const QUALITY: &str = "5";

/// How pictures are put on sheets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grid {
    /// Width of a picture, in pixels.
    pub(crate) width: u32,
    /// Height of a picture, in pixels.
    pub(crate) height: u32,
    /// Pictures side by side.
    pub(crate) columns: u32,
    /// Pictures one below the other.
    pub(crate) rows: u32,
}

/// Puts all pictures of a video file on sheets, from left to right and from top to bottom: the
/// files `0.jpg`, `1.jpg` and so on in a folder. Returns how many pictures there were.
///
/// # Errors
/// `ErrorProcessingTask` when ffmpeg fails or takes too long.
pub(crate) async fn sprites(
    tools: &Tools,
    video: &Path,
    folder: &Path,
    grid: Grid,
) -> Result<usize, TaskError> {
    let limits = Limits { wall_clock: WALL_CLOCK, stall: STALL };
    let (args, cancel) = (arguments(video, grid), CancellationToken::new());
    let mut pictures = 0;
    let mut count = |line: &str| {
        // framecrc writes a line for each picture, behind a head of comments.
        let is_picture = !line.starts_with('#');
        pictures += usize::from(is_picture);
        is_picture
    };
    let finished = process::run(&tools.ffmpeg, &args, folder, limits, &cancel, &mut count).await;
    let finished = finished.map_err(|error| failure::from_process(error, "the video"))?;
    if !finished.status.success() {
        let last = finished.stderr.lines().last().unwrap_or_default();
        return Err(TaskError::processing(format!("{}: {last}", finished.status)));
    }
    Ok(pictures)
}

fn arguments(video: &Path, Grid { width, height, columns, rows }: Grid) -> Vec<OsString> {
    let words = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
    let mut args = words("-hide_banner -nostdin -y -v error -threads 1 -filter_complex_threads 1");
    args.extend(words(&format!("-max_pixels {MAX_PIXELS}")));
    args.extend(guarded_input(video, Accept::Media));
    args.push("-filter_complex".into());
    args.push(
        format!(
            "[0:v:0]scale={width}:{height}:flags=area,setsar=1,format=yuvj420p,split[each][all];\
             [all]tile={columns}x{rows}[sheets]"
        )
        .into(),
    );
    args.extend(words("-map [each] -fps_mode passthrough -f framecrc pipe:1"));
    args.extend(words("-map [sheets] -fps_mode passthrough -c:v mjpeg -q:v"));
    args.extend(words(&format!("{QUALITY} -start_number 0 -f image2 %d.jpg")));
    args
}
