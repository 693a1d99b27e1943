//! Whether two encodings have the same frames.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};

/// What ffprobe says of a file.
#[derive(PartialEq)]
pub(crate) struct Tracks {
    /// When frames are shown, sorted.
    shown: Vec<String>,
    /// When frames are decoded, sorted.
    decoded: Vec<String>,
    /// When key frames are shown.
    keys: Vec<String>,
    /// Times and hashes of the packets of sound.
    sound: Vec<String>,
}

/// Reads a file's packets.
pub(crate) fn tracks(path: &Path) -> anyhow::Result<Tracks> {
    let packets = |stream: &str, entries: &str| -> anyhow::Result<Vec<String>> {
        let mut ffprobe = Command::new("ffprobe");
        ffprobe.args(["-v", "error", "-of", "csv=p=0", "-show_data_hash", "crc32"]);
        ffprobe.args(["-select_streams", stream, "-show_entries", entries]).arg(path);
        let output = ffprobe.output().context("starting ffprobe")?;
        ensure!(output.status.success(), "ffprobe failed: {}", output.status);
        let text = String::from_utf8(output.stdout)?;
        let lines = text.lines().map(|line| line.trim_end_matches(',').to_owned());
        let mut lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
        lines.sort_by(|a, b| number(a).total_cmp(&number(b)));
        Ok(lines)
    };
    let shown = packets("v", "packet=pts_time,flags")?;
    let time = |line: &String| line.split(',').next().unwrap_or_default().to_owned();
    Ok(Tracks {
        keys: shown.iter().filter(|line| line.contains(",K")).map(time).collect(),
        shown: shown.iter().map(time).collect(),
        decoded: packets("v", "packet=dts_time")?,
        sound: packets("a", "packet=pts_time,duration,data_hash")?,
    })
}

fn number(line: &str) -> f64 {
    line.split(',').next().and_then(|time| time.parse().ok()).unwrap_or(f64::NAN)
}

/// Two encodings of the same.
pub(crate) struct Likeness {
    ours: Tracks,
    bare: Tracks,
    bytes: (u64, u64),
    /// Structural similarity to the original.
    ssim: Option<(f64, f64)>,
}

impl Likeness {
    /// Compares files, also with the original if there is one.
    pub(crate) fn new(
        ours: Tracks,
        bare: Tracks,
        files: (&Path, &Path),
        original: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let size = |path: &Path| std::fs::metadata(path).map(|facts| facts.len());
        let bytes = (size(files.0)?, size(files.1)?);
        let ssim = match original {
            Some(original) => Some((ssim(files.0, original)?, ssim(files.1, original)?)),
            None => None,
        };
        Ok(Self { ours, bare, bytes, ssim })
    }

    /// The distance of key frames in seconds, if it is always the same.
    fn grid(&self) -> Option<f64> {
        let times: Vec<f64> = self.ours.keys.iter().map(|time| number(time)).collect();
        let first = times.get(1)? - times.first()?;
        let even = times.windows(2).all(|pair| (pair[1] - pair[0] - first).abs() < 1e-4);
        even.then_some(first)
    }

    /// One line for programs.
    pub(crate) fn json(&self, number: usize) -> serde_json::Value {
        serde_json::json!({
            "benchmark": "chunks: likeness",
            "file": number,
            "frames": [self.ours.shown.len(), self.bare.shown.len()],
            "same_frame_times": self.ours.shown == self.bare.shown,
            "same_decode_times": self.ours.decoded == self.bare.decoded,
            "same_key_frames": self.ours.keys == self.bare.keys,
            "key_frame_grid_s": self.grid(),
            "sound_packets": [self.ours.sound.len(), self.bare.sound.len()],
            "same_sound": self.ours.sound == self.bare.sound,
            "bytes": self.bytes,
            "ssim": self.ssim,
        })
    }
}

/// Similarity of all of a file's pictures with those of the original, from 0 to 1.
fn ssim(path: &Path, original: &Path) -> anyhow::Result<f64> {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-nostdin", "-v", "info", "-nostats", "-i"]).arg(path).arg("-i").arg(original);
    let graph = "[1:v][0:v]scale2ref=flags=bicubic[o][e];[e][o]ssim";
    ffmpeg.args(["-lavfi", graph, "-an", "-f", "null", "-"]);
    let output = ffmpeg.output().context("starting ffmpeg")?;
    let text = String::from_utf8_lossy(&output.stderr);
    let all = text.rsplit_once(" All:").and_then(|(_, rest)| rest.split(' ').next());
    all.and_then(|all| all.parse().ok()).context("ffmpeg tells no similarity")
}

/// All files for people.
pub(crate) fn table(files: &[Likeness]) -> String {
    let mut text = String::new();
    for (number, file) in files.iter().enumerate() {
        let word = |same: bool| if same { "same" } else { "OTHER" };
        let grid = file.grid().map_or("uneven".to_owned(), |grid| format!("every {grid:.3} s"));
        // Writing into a string does not fail.
        let _ = write!(
            text,
            "file {number}: {} frames ({} in one piece), {} times, {} decode times, {} key frames \
             ({grid}), {} sound; {:.1} MB ({:.1})",
            file.ours.shown.len(),
            file.bare.shown.len(),
            word(file.ours.shown == file.bare.shown),
            word(file.ours.decoded == file.bare.decoded),
            word(file.ours.keys == file.bare.keys),
            word(file.ours.sound == file.bare.sound),
            file.bytes.0 as f64 / 1e6,
            file.bytes.1 as f64 / 1e6,
        );
        if let Some((ours, bare)) = file.ssim {
            let _ = write!(text, ", SSIM {ours:.4} ({bare:.4})");
        }
        text.push('\n');
    }
    text
}
