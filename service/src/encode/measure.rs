//! Measures encoded files: the manifests state what was made, not what was
//! asked for.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use packager::{AvcConfig, Codec, IndexedTrack, Locate, Mp4, SampleIndex, Step, Track, TrackKind};
use tokio_util::sync::CancellationToken;

use super::error::TaskError;
use super::preset::{Container, Rational};
use super::probe::{Accept, Description, Stream, describe, positive};
use super::tools::EncodeSettings;

/// The packager counts time in units of 100 ns.
const UNITS_PER_SECOND: f64 = 10_000_000.0;

/// An encoded file.
#[derive(Debug, Clone, Default)]
pub(super) struct Measured {
    /// Bytes.
    pub(super) size: u64,
    /// Seconds.
    pub(super) duration: f64,
    pub(super) video: Option<Facts>,
    pub(super) audio: Option<Facts>,
    /// The file's index, when it is an MP4 file.
    pub(super) mp4: Option<Arc<Mp4>>,
}

/// What is known about a track.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    pub(super) stream: Stream,
    /// Average bits per second of the samples.
    pub(super) bitrate: u64,
    /// The highest average from one key frame to the next, bits per second.
    pub(super) max_gop_bitrate: u64,
}

impl Facts {
    /// Measured frames per second.
    pub(super) fn frames_per_second(&self) -> f64 {
        let rate = self.stream.avg_frame_rate.as_deref();
        rate.and_then(Rational::parse).map_or(0.0, Rational::value)
    }
}

/// Measures the file at `path`, which will be called `name`.
///
/// The index of an MP4 file tells all that there is to know; of other files ffprobe is asked, which
/// takes a process and some tenths of a second.
///
/// # Errors
/// `ErrorProcessingTask` when the file cannot be read or could not be streamed.
pub(super) async fn measure(
    settings: &EncodeSettings,
    path: &Path,
    name: &str,
    container: Container,
    cancel: &CancellationToken,
) -> Result<Measured, TaskError> {
    if container != Container::Mp4 {
        return Ok(described(&describe(settings, path, name, Accept::Media, cancel).await?));
    }
    let (file, title) = (path.to_owned(), name.to_owned());
    let reading = tokio::task::spawn_blocking(move || read_index(&file, &title));
    match reading.await.map_err(io::Error::other).and_then(|read| read) {
        Ok(measured) => Ok(measured),
        Err(error) => {
            // A file without samples has nothing to index; the caller reports it.
            let measured = described(&describe(settings, path, name, Accept::Media, cancel).await?);
            if measured.duration > 0.0 {
                let message = format!("the encoded file cannot be streamed: {error}");
                return Err(TaskError::processing(message));
            }
            Ok(measured)
        }
    }
}

/// What ffprobe says.
fn described(description: &Description) -> Measured {
    let overall = positive(description.format.bit_rate.as_deref());
    let facts = |stream: Option<&Stream>| {
        let stream = stream?.clone();
        // Saturates; rates are far below the range of `u64`.
        let stated = stream.bits_per_second().or(overall).unwrap_or(0.0) as u64;
        Some(Facts { stream, bitrate: stated, max_gop_bitrate: stated })
    };
    let streams = &description.streams;
    Measured {
        // Exact: sizes of files are whole numbers far below 2^53.
        size: positive(description.format.size.as_deref()).map_or(0, |size| size as u64),
        duration: positive(description.format.duration.as_deref()).unwrap_or(0.0),
        video: facts(streams.iter().find(|s| s.is_video())),
        audio: facts(streams.iter().find(|s| s.is_audio())),
        mp4: None,
    }
}

/// What the index says.
fn indexed(mp4: Mp4, size: u64) -> Measured {
    let facts = |kind| {
        let track = mp4
            .first(kind)
            .ok()
            .filter(|track| track.index().is_some_and(|index| !index.is_empty()))?;
        Some(Facts {
            stream: stream(track),
            bitrate: track.average_bitrate(),
            max_gop_bitrate: max_gop_bitrate(track),
        })
    };
    let end = mp4.tracks().iter().map(|track| track.end()).max().unwrap_or(0);
    Measured {
        size,
        // Exact below 28 years of video.
        duration: end as f64 / UNITS_PER_SECOND,
        video: facts(TrackKind::Video),
        audio: facts(TrackKind::Audio),
        mp4: Some(Arc::new(mp4)),
    }
}

/// A track as ffprobe would describe it. What we encode has square pixels.
fn stream(track: &Track) -> Stream {
    let mut stream =
        Stream { codec_type: Some(track.kind().name().to_owned()), ..Stream::default() };
    match track.codec() {
        Codec::Avc(config) => {
            stream.codec_name = Some("h264".to_owned());
            stream.profile = Some(avc_profile(config).to_owned());
            stream.level = Some(config.level.into());
        }
        Codec::Hevc(config) => {
            stream.codec_name = Some("hevc".to_owned());
            stream.level = Some(config.level.into());
        }
        Codec::Aac(config) => {
            stream.codec_name = Some("aac".to_owned());
            stream.channels = Some(config.channels.into());
            stream.sample_rate = Some(config.sampling_rate.to_string());
        }
        Codec::Av1(config) => {
            stream.codec_name = Some("av1".to_owned());
            stream.level = Some(config.level.into());
        }
        Codec::Ac3(config) | Codec::Eac3(config) => {
            let enhanced = matches!(track.codec(), Codec::Eac3(_));
            stream.codec_name = Some(if enhanced { "eac3" } else { "ac3" }.to_owned());
            stream.channels = Some(config.channels.into());
            stream.sample_rate = Some(config.sampling_rate.to_string());
        }
    }
    if let Some(picture) = track.video_info() {
        let (width, height) = (u32::from(picture.width), u32::from(picture.height));
        stream.width = Some(width);
        stream.height = Some(height);
        let divisor = gcd(width, height).max(1);
        stream.display_aspect_ratio = Some(format!("{}:{}", width / divisor, height / divisor));
    }
    let rate = track.frame_rate();
    stream.avg_frame_rate = rate.map(|(frames, seconds)| format!("{frames}/{seconds}"));
    stream
}

/// ffmpeg's name of a profile (ISO/IEC 14496-10 annex A.2).
fn avc_profile(config: &AvcConfig) -> &'static str {
    const CONSTRAINT_SET_1: u8 = 0x40;
    match config.profile {
        66 if config.compatibility & CONSTRAINT_SET_1 != 0 => "Constrained Baseline",
        66 => "Baseline",
        77 => "Main",
        88 => "Extended",
        100 => "High",
        110 => "High 10",
        122 => "High 4:2:2",
        244 => "High 4:4:4 Predictive",
        _ => "",
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Measures the MP4 file at `path`; `name` is for messages.
pub(super) fn read_index(path: &Path, name: &str) -> io::Result<Measured> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut locate = Locate::new(name, length);
    let mut step = locate.start();
    let boxes = loop {
        match step {
            Step::Read(range) => {
                let mut bytes = Vec::new();
                file.seek(SeekFrom::Start(range.start))?;
                let wanted = range.end.saturating_sub(range.start);
                Read::by_ref(&mut file).take(wanted).read_to_end(&mut bytes)?;
                step = locate.feed(Bytes::from(bytes)).map_err(io::Error::other)?;
            }
            Step::Found(boxes) => break boxes,
        }
    };
    let mp4 = Mp4::parse(name, boxes, length).map_err(io::Error::other)?;
    Ok(indexed(mp4, length))
}

fn max_gop_bitrate(track: &IndexedTrack) -> u64 {
    highest_rate(track.index().map_or_else(Vec::new, gops), track.timescale())
}

/// Bytes and duration of each run of samples that starts at a key frame.
fn gops(index: &SampleIndex) -> Vec<(u64, u64)> {
    let mut gops: Vec<(u64, u64)> = Vec::new();
    for sample in index.samples(0..index.len()) {
        if sample.sync || gops.is_empty() {
            gops.push((0, 0));
        }
        if let Some((bytes, duration)) = gops.last_mut() {
            *bytes += u64::from(sample.size);
            *duration += u64::from(sample.duration);
        }
    }
    gops
}

fn highest_rate(gops: Vec<(u64, u64)>, timescale: u32) -> u64 {
    gops.into_iter()
        .filter(|(_, duration)| *duration > 0)
        .map(|(bytes, duration)| bytes.saturating_mul(8 * u64::from(timescale)) / duration)
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_rate_is_that_of_the_densest_group() {
        // 1000 bytes in a second, 500 bytes in half a second and a bit less.
        assert_eq!(highest_rate(vec![(1000, 90_000), (500, 40_000)], 90_000), 9000);
        assert_eq!(highest_rate(vec![(7, 0)], 90_000), 0);
        assert_eq!(highest_rate(Vec::new(), 90_000), 0);
    }
}
