//! Damaged input: thousands of cut and changed `moov` boxes must neither panic nor run away.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use bytes::Bytes;
use packager::{
    DashFormat, Error, Format, HlsFormat, Mp4, Parameters, Presentation, Rendition, ServerManifest,
    SmoothFormat,
};

/// `moov` payload of a two-second 64x36 clip with B-frames and AAC, made with
/// `ffmpeg -f lavfi -i testsrc2=s=64x36:r=25:d=2 -f lavfi -i sine=r=48000:d=2
///  -c:v libx264 -g 10 -bf 2 -c:a aac`.
const MOOV: &[u8] = include_bytes!("fixtures/clip.moov");

/// Size of the file that the clip came from.
const FILE_LEN: u64 = 26527;

/// Xorshift: the same damage in every run.
struct Damage(u64);

impl Damage {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }
}

/// Goes all the way; returns whether the file was accepted.
fn package(moov: &[u8]) -> Result<(), Error> {
    let mp4 = Mp4::parse("clip.mp4", Bytes::copy_from_slice(moov), FILE_LEN)?;
    let renditions = mp4.tracks().iter().map(|track| Rendition::new("clip.mp4", track.clone()));
    let presentation = Presentation::new(renditions.collect())?;
    for format in [
        Format::Smooth(SmoothFormat::Latest),
        Format::Hls(HlsFormat::Cmaf),
        Format::Dash(DashFormat::Csf),
    ] {
        presentation.manifest(format, &Parameters::default()).unwrap();
        for stream in presentation.streams() {
            let chunks: Vec<_> = stream.timeline().chunks().collect();
            for pair in chunks.windows(2) {
                assert!(pair[0].start < pair[1].start);
            }
            for quality in stream.qualities() {
                for chunk in [chunks.first(), chunks.last()].into_iter().flatten() {
                    let fragment = presentation.fragment(
                        stream.name(),
                        quality.bitrate(),
                        chunk.start,
                        format,
                    )?;
                    for range in &fragment.ranges {
                        assert!(range.start <= range.end && range.end <= FILE_LEN);
                    }
                    // Sixteen bytes a sample, and no sample that the file has no room for.
                    assert!(fragment.head.len() < 1 << 20);
                }
            }
        }
    }
    Ok(())
}

#[test]
fn the_clip_itself_is_fine() {
    package(MOOV).unwrap();
}

#[test]
fn cuts_are_noticed() {
    let sound = (0..MOOV.len()).filter(|len| package(&MOOV[..*len]).is_ok());
    // Only a cut between two boxes (or in the next header) leaves a sound, shorter list of tracks.
    for len in sound {
        let boxes = [b"trak", b"udta"];
        let near = &MOOV[len.saturating_sub(8)..(len + 8).min(MOOV.len())];
        let between = near.windows(4).any(|kind| boxes.iter().any(|name| kind == *name));
        assert!(between, "cut at {len}");
    }
}

#[test]
fn changed_bytes_never_panic() {
    let mut damage = Damage(0x5eed_0f4a_57e5);
    let started = Instant::now();
    let mut accepted = 0;
    for _ in 0..20_000 {
        let mut moov = MOOV.to_vec();
        for _ in 0..=damage.next(4) {
            let at = damage.next(moov.len());
            let values = [0, 1, 0x7f, 0x80, 0xff, damage.next(256) as u8];
            moov[at] = values[damage.next(values.len())];
        }
        accepted += u32::from(package(&moov).is_ok());
    }
    // Most of the file is sizes and offsets, so some damage goes unseen; some must be seen.
    assert!((1..20_000).contains(&accepted), "{accepted}");
    assert!(started.elapsed() < Duration::from_secs(120), "{:?}", started.elapsed());
}

#[test]
fn changed_words_never_panic() {
    let mut damage = Damage(0xfeed_beef);
    for _ in 0..20_000 {
        let mut moov = MOOV.to_vec();
        let at = damage.next(moov.len() / 4) * 4;
        let extreme = [0u32, 1, 0x7fff_ffff, 0x8000_0000, u32::MAX, 0xffff];
        let word = extreme[damage.next(extreme.len())].to_be_bytes();
        moov[at..at + 4].copy_from_slice(&word);
        let _ = package(&moov);
    }
}

#[test]
fn damaged_server_manifests_never_panic() {
    let text = "<?xml version=\"1.0\" encoding=\"utf-8\"?><smil xmlns=\"http://x\"><head>\
        <meta name=\"formats\" content=\"mp4\"/></head><body><switch><video src=\"a.mp4\" \
        systemBitrate=\"5\"><param name=\"trackID\" value=\"1\"/></video></switch></body></smil>";
    let mut damage = Damage(77);
    for _ in 0..5_000 {
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..3 {
            let at = damage.next(bytes.len());
            bytes[at] = b"<>&\"'=/ !?x0"[damage.next(12)];
        }
        let _ = ServerManifest::parse(&String::from_utf8_lossy(&bytes));
    }
}
