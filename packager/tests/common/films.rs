//! Small films in memory, sound ones and damaged ones. Their media data is zeros, which nothing
//! here looks at. Fuzz targets read this file, too.

// Every user compiles this file and uses a part of it.
#![allow(dead_code, clippy::unwrap_used)]

use bytes::Bytes;
use packager::{DashFormat, Format, Mp4, Presentation, Rendition, SmoothFormat, Stream, TrackKind};

/// `moov` payload of a two-second 64x36 clip with B-frames and AAC, made with
/// `ffmpeg -f lavfi -i testsrc2=s=64x36:r=25:d=2 -f lavfi -i sine=r=48000:d=2
///  -c:v libx264 -g 10 -bf 2 -c:a aac`.
pub(crate) const MOOV: &[u8] = include_bytes!("../fixtures/clip.moov");

/// Size of the file that the clip came from.
pub(crate) const FILE_LEN: u64 = 26527;

fn boxed(kind: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    let size = u32::try_from(payload.len() + 8).unwrap();
    [&size.to_be_bytes(), &kind[..], payload].concat()
}

/// Films of every kind: progressive, and fragmented as for DASH and for Smooth Streaming.
pub(crate) fn films() -> Vec<Vec<u8>> {
    let moov = boxed(b"moov", MOOV);
    let data = vec![0; FILE_LEN as usize - moov.len() - 8];
    let mut films = vec![[boxed(b"mdat", &data), moov].concat()];
    let clip = Mp4::parse("clip.mp4", Bytes::from_static(MOOV), FILE_LEN).unwrap();
    for kind in [TrackKind::Video, TrackKind::Audio] {
        let rendition = Rendition::new("clip.mp4", clip.first(kind).unwrap().clone());
        let presentation = Presentation::new(vec![rendition]).unwrap();
        let stream = &presentation.streams()[0];
        for format in [Format::Dash(DashFormat::Cmaf), Format::Smooth(SmoothFormat::Latest)] {
            films.push(fragmented(&presentation, stream, format));
        }
    }
    films
}

/// An initialization segment with its fragments. In Smooth Streaming there is no edit list, and the
/// clock has 10 MHz.
fn fragmented(presentation: &Presentation, stream: &Stream, format: Format) -> Vec<u8> {
    let (name, bitrate) = (stream.name(), stream.qualities()[0].bitrate());
    let dash = Format::Dash(DashFormat::Cmaf);
    let mut film = presentation.init(name, bitrate, dash).unwrap().to_vec();
    if matches!(format, Format::Smooth(_)) {
        let at = |kind: &[u8; 4]| film.windows(4).position(|found| found == kind);
        let (edits, header) = (at(b"edts"), at(b"mdhd").unwrap());
        film[header + 16..header + 20].copy_from_slice(&10_000_000u32.to_be_bytes());
        edits.into_iter().for_each(|edits| film[edits..edits + 4].copy_from_slice(b"free"));
    }
    for chunk in stream.timeline().chunks() {
        let fragment = presentation.fragment(name, bitrate, chunk.start, format).unwrap();
        film.extend_from_slice(&fragment.head);
        let data: u64 = fragment.ranges.iter().map(|range| range.end - range.start).sum();
        film.resize(film.len() + data as usize, 0);
    }
    film
}

/// Something done to a file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Damage {
    /// Four bytes are overwritten.
    Write([u8; 4]),
    /// Four bytes are put in between.
    Insert([u8; 4]),
    /// A stretch is left out.
    Remove(usize),
    /// A stretch comes twice.
    Repeat(usize),
    /// All that follows is gone.
    Cut,
}

impl Damage {
    /// The damage that five bytes stand for.
    pub(crate) fn read([kind, bytes @ ..]: [u8; 5]) -> Self {
        let length = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
        match kind % 8 {
            0..4 => Damage::Write(bytes),
            4 => Damage::Insert(bytes),
            5 => Damage::Remove(length),
            6 => Damage::Repeat(length),
            _ => Damage::Cut,
        }
    }

    pub(crate) fn apply(self, film: &mut Vec<u8>, at: usize) {
        let at = at.min(film.len());
        match self {
            Damage::Write(bytes) => {
                film[at..].iter_mut().zip(bytes).for_each(|(slot, byte)| *slot = byte);
            }
            Damage::Insert(bytes) => drop(film.splice(at..at, bytes)),
            Damage::Remove(length) => drop(film.drain(at..(at + length).min(film.len()))),
            Damage::Repeat(length) => {
                let stretch = film[at..(at + length).min(film.len())].to_vec();
                drop(film.splice(at..at, stretch));
            }
            Damage::Cut => film.truncate(at),
        }
    }
}
