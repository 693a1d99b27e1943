//! The films that are streamed: made quickly, by repeating what a short encode has made.

use std::path::{Path, PathBuf};

use acceptance::{Api, ffmpeg, server_manifest};
use anyhow::Context as _;

/// What is repeated, in seconds: whole groups of pictures of two seconds, and whole frames of sound.
const LOOP: u32 = 16;

/// One rendition of a film.
#[derive(Clone, Copy)]
pub(crate) struct Level {
    pub(crate) name: &'static str,
    pub(crate) size: &'static str,
    /// In kbit/s.
    pub(crate) bitrate: u32,
}

/// The levels of which fragments are sent.
pub(crate) const LEVELS: [Level; 2] = [
    Level { name: "1080p", size: "1920x1080", bitrate: 4500 },
    Level { name: "360p", size: "640x360", bitrate: 700 },
];
/// Name of the file of sound.
pub(crate) const SOUND: &str = "sound.mp4";

/// A film that lies in a folder, ready to be uploaded.
pub(crate) struct Film {
    files: Vec<PathBuf>,
    ism: String,
}

impl Film {
    /// Ten minutes at both levels, with sound.
    pub(crate) fn to_send(folder: &Path) -> anyhow::Result<Self> {
        let mut files = vec![sound(folder, 600, "128k", 48_000)?];
        let mut entries = vec![(SOUND.to_owned(), 128_000)];
        for level in LEVELS {
            let name = format!("{}.mp4", level.name);
            files.push(video(folder, &name, level.size, 24, level.bitrate, 600)?);
            entries.push((name, level.bitrate * 1000));
        }
        Ok(Self { files, ism: ism(&entries) })
    }

    /// An hour of five renditions with as many samples as real ones, and hardly any bytes: one small
    /// file stands for all five.
    pub(crate) fn to_describe(folder: &Path) -> anyhow::Result<Self> {
        let files = vec![
            sound(folder, 3600, "8k", 48_000)?,
            video(folder, "small.mp4", "64x36", 24, 8, 3600)?,
        ];
        let mut entries = vec![(SOUND.to_owned(), 128_000)];
        let levels = [4_500_000, 2_500_000, 1_400_000, 700_000, 300_000];
        entries.extend(levels.map(|bitrate| ("small.mp4".to_owned(), bitrate)));
        Ok(Self { files, ism: ism(&entries) })
    }

    /// Uploads it as an asset of its own and publishes it; returns the URL of its server manifest.
    pub(crate) fn publish(&self, api: &Api) -> anyhow::Result<String> {
        let asset = api.asset("film");
        for file in &self.files {
            let name = file.file_name().and_then(|name| name.to_str()).context("a name")?;
            api.put(&asset, name, &std::fs::read(file)?);
        }
        api.put(&asset, "film.ism", self.ism.as_bytes());
        let locator = api.origin(&asset);
        Ok(format!("{}film.ism", locator["Path"].as_str().context("a path")?))
    }
}

fn ism(entries: &[(String, u32)]) -> String {
    let tracks: String = entries
        .iter()
        .map(|(file, bitrate)| {
            let kind = if file == SOUND { "audio" } else { "video" };
            format!("<{kind} src=\"{file}\" systemBitrate=\"{bitrate}\"/>")
        })
        .collect();
    server_manifest(&tracks)
}

/// Noise has as many bits as it is given, as films do.
fn video(
    folder: &Path,
    name: &str,
    size: &str,
    rate: u32,
    bitrate: u32,
    seconds: u32,
) -> anyhow::Result<PathBuf> {
    let gop = rate * 2;
    let small = bitrate < 100;
    let noise = if small { "" } else { ",noise=alls=20:allf=t" };
    ffmpeg_to(
        folder,
        name,
        seconds,
        &format!(
            "-f lavfi -i testsrc2=s={size}:r={rate}:d={LOOP}{noise} -c:v libx264 -preset ultrafast -bf 2 \
         -pix_fmt yuv420p -g {gop} -keyint_min {gop} -sc_threshold 0 -b:v {bitrate}k \
         -maxrate {bitrate}k -bufsize {}k",
            bitrate * 2
        ),
    )
}

fn sound(folder: &Path, seconds: u32, bitrate: &str, rate: u32) -> anyhow::Result<PathBuf> {
    ffmpeg_to(
        folder,
        SOUND,
        seconds,
        &format!("-f lavfi -i sine=f=440:r={rate}:d={LOOP} -c:a aac -b:a {bitrate}"),
    )
}

/// Encodes a little, and repeats it in a file with as long chunks as mediad writes.
fn ffmpeg_to(folder: &Path, name: &str, seconds: u32, encode: &str) -> anyhow::Result<PathBuf> {
    let (short, long) = (folder.join(format!("short-{name}")), folder.join(name));
    let (short_path, long_path) =
        (short.to_str().context("a path")?, long.to_str().context("a path")?);
    ffmpeg(&format!("-y {encode} {short_path}"));
    let times = seconds.div_ceil(LOOP) - 1;
    ffmpeg(&format!(
        "-y -stream_loop {times} -i {short_path} -t {seconds} -c copy -movflags +faststart \
         -chunk_duration 2000000 {long_path}"
    ));
    std::fs::remove_file(short)?;
    Ok(long)
}
