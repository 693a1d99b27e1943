//! Measures encoded files: the manifests state what was made, not what was
//! asked for.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use packager::{Locate, Mp4, SampleIndex, Step, Track, TrackKind};
use tokio_util::sync::CancellationToken;

use super::error::TaskError;
use super::preset::{Container, Rational};
use super::probe::{Stream, describe, positive};
use super::tools::EncodeSettings;

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
/// # Errors
/// `ErrorProcessingTask` when the file cannot be read or could not be streamed.
pub(super) async fn measure(
    settings: &EncodeSettings,
    path: &Path,
    name: &str,
    container: Container,
    cancel: &CancellationToken,
) -> Result<Measured, TaskError> {
    let description = describe(settings, path, name, cancel).await?;
    let duration = positive(description.format.duration.as_deref()).unwrap_or(0.0);
    // A file without samples has nothing to index; the caller reports it.
    let mp4 = if container == Container::Mp4 && duration > 0.0 {
        let (path, name) = (path.to_owned(), name.to_owned());
        let reading = tokio::task::spawn_blocking(move || read_index(&path, &name));
        Some(Arc::new(reading.await.map_err(io::Error::other).and_then(|r| r).map_err(
            |error| TaskError::processing(format!("the encoded file cannot be streamed: {error}")),
        )?))
    } else {
        None
    };
    let overall = positive(description.format.bit_rate.as_deref());
    let facts = |stream: Option<&Stream>, kind| {
        let stream = stream?.clone();
        let track = mp4.as_ref().and_then(|mp4| mp4.first(kind).ok());
        // Saturates; rates are far below the range of `u64`.
        let stated = stream.bits_per_second().or(overall).unwrap_or(0.0) as u64;
        let bitrate = track.map_or(stated, |track| track.average_bitrate());
        let max_gop_bitrate = track.map_or(stated, |track| max_gop_bitrate(track));
        Some(Facts { stream, bitrate, max_gop_bitrate })
    };
    let streams = &description.streams;
    Ok(Measured {
        // Exact: sizes of files are whole numbers far below 2^53.
        size: positive(description.format.size.as_deref()).map_or(0, |size| size as u64),
        duration,
        video: facts(streams.iter().find(|s| s.is_video()), TrackKind::Video),
        audio: facts(streams.iter().find(|s| s.is_audio()), TrackKind::Audio),
        mp4,
    })
}

/// Reads the index of the MP4 file at `path`; `name` is for messages.
fn read_index(path: &Path, name: &str) -> io::Result<Mp4> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut locate = Locate::new(name, length);
    let mut step = locate.start();
    let moov = loop {
        match step {
            Step::Read(range) => {
                let mut bytes = Vec::new();
                file.seek(SeekFrom::Start(range.start))?;
                let wanted = range.end.saturating_sub(range.start);
                Read::by_ref(&mut file).take(wanted).read_to_end(&mut bytes)?;
                step = locate.feed(Bytes::from(bytes)).map_err(io::Error::other)?;
            }
            Step::Moov(moov) => break moov,
        }
    };
    Mp4::parse(name, &moov, length).map_err(io::Error::other)
}

fn max_gop_bitrate(track: &Track) -> u64 {
    highest_rate(gops(track.index()), track.timescale())
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
