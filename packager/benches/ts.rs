//! How fast MPEG transport stream segments are made, beside copying the same bytes.
//!
//! ```text
//! cargo bench -p packager --bench ts              # a film that ffmpeg makes
//! cargo bench -p packager --bench ts -- FILM.mp4
//! ```
//!
//! Each piece is read into a buffer first, as a server does it. Only what comes then is measured:
//! making packets of the buffer, and copying the buffer.

#![allow(clippy::print_stdout)]

mod common;

use std::hint::black_box;
use std::time::{Duration, Instant};

use common::{FILM, Result, part};
use packager::{Format, HlsFormat, Packaged, Parameters, Presentation, Rendition, TrackKind};

/// How often each segment is made; the fastest round counts, as the machine may be busy.
const ROUNDS: u32 = 50;

/// Half a minute of noise in HD at about 5 Mbit/s, with sound, and two seconds of each in one piece.
const SOURCE: &str = "-f lavfi -i testsrc2=s=1280x720:r=25:d=30 -f lavfi -i sine=d=30 \
                      -vf noise=alls=20:allf=t -c:v libx264 -preset ultrafast -b:v 5M \
                      -pix_fmt yuv420p -g 50 -sc_threshold 0 -c:a aac -b:a 128k \
                      -chunk_duration 2000000";

/// What it took.
#[derive(Default)]
struct Measured {
    layout: Duration,
    packets: Duration,
    copies: Duration,
    /// Bytes of segments, and of media data.
    made: usize,
    copied: usize,
}

impl Measured {
    fn best(self, other: Measured) -> Measured {
        Measured {
            layout: self.layout.min(other.layout),
            packets: self.packets.min(other.packets),
            copies: self.copies.min(other.copies),
            ..self
        }
    }
}

fn main() -> Result<()> {
    let (file, mp4) = common::film(SOURCE)?;
    let tracks = [TrackKind::Video, TrackKind::Audio].map(|kind| mp4.first(kind));
    let renditions = tracks.into_iter().flatten();
    let renditions = renditions.map(|track| Rendition::new(FILM, track.clone()));
    let presentation = Presentation::new(renditions.collect())?;
    for format in [HlsFormat::Aapl, HlsFormat::AaplV3] {
        for stream in presentation.streams() {
            let mut measured = measure(&presentation, stream.name(), format, &file)?;
            for _ in 1..ROUNDS {
                measured = measured.best(measure(&presentation, stream.name(), format, &file)?);
            }
            let rate = |bytes: usize, time: Duration| bytes as f64 / time.as_secs_f64() / 1e6;
            let (packets, copies) =
                (rate(measured.made, measured.packets), rate(measured.copied, measured.copies));
            println!(
                "{:<13} {:<6} {packets:6.0} MB/s, {:4.2} of copying ({copies:6.0} MB/s); \
                 layout {:4.1} % on top; {:4.1} % larger",
                format.name(),
                stream.name(),
                packets / copies,
                100.0 * measured.layout.as_secs_f64() / measured.packets.as_secs_f64(),
                100.0 * (measured.made as f64 / measured.copied as f64 - 1.0),
            );
        }
    }
    Ok(())
}

fn measure(
    presentation: &Presentation,
    track: &str,
    format: HlsFormat,
    file: &[u8],
) -> Result<Measured> {
    let parameters = Parameters::default();
    let view = presentation.view(&parameters, None);
    let stream = presentation.stream(track)?;
    let bitrate = stream.qualities().first().ok_or("no quality")?.bitrate();
    let (mut out, mut copy) = (Vec::new(), Vec::new());
    let mut measured = Measured::default();
    for chunk in stream.timeline().chunks() {
        let start = Instant::now();
        let packaged = view.fragment(track, bitrate, chunk.start, Format::Hls(format))?;
        let Packaged::Segment(segment, None) = packaged else {
            return Err("not a transport stream".into());
        };
        let pieces: Vec<_> = segment.pieces().collect();
        measured.layout += start.elapsed();
        for piece in pieces {
            let mut data = Vec::new();
            for read in &piece.reads {
                data.push(part(file, &read.range)?.to_vec());
            }
            out.resize(piece.len().max(out.len()), 0);
            let out = out.get_mut(..piece.len()).ok_or("no buffer")?;
            let start = Instant::now();
            segment.write(&piece, &data, out)?;
            measured.packets += start.elapsed();
            let length: usize = data.iter().map(Vec::len).sum();
            copy.resize(length.max(copy.len()), 0);
            let start = Instant::now();
            let mut rest = copy.as_mut_slice();
            for bytes in &data {
                let (part, behind) = rest.split_at_mut(bytes.len());
                part.copy_from_slice(bytes);
                rest = behind;
            }
            measured.copies += start.elapsed();
            measured.made += out.len();
            measured.copied += length;
            black_box((&out, &copy));
        }
    }
    Ok(measured)
}
