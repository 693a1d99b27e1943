//! Files made by ffmpeg go through the packager and are judged by ffmpeg: every frame is there, at
//! its time, and decodes to the same picture.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Studio, assert_times, have_ffmpeg, select};
use mp4_atom::{Any, Decode};
use packager::{DashFormat, Error, Format, Presentation, SmoothFormat, Stream, TrackKind};

const DASH: Format = Format::Dash(DashFormat::Cmaf);
const SMOOTH: Format = Format::Smooth(SmoothFormat::Latest);

/// Two-second groups of pictures with B-frames at 29.97 fps.
const VIDEO: &str = "-c:v libx264 -preset veryfast -bf 3 -b_strategy 0 -g 60 -keyint_min 60 \
                     -sc_threshold 0 -pix_fmt yuv420p";

fn picture(size: &str, seconds: u32) -> String {
    format!("-f lavfi -i testsrc2=s={size}:r=30000/1001:d={seconds}")
}

fn sound(seconds: u32) -> String {
    format!("-f lavfi -i sine=f=440:r=44100:d={seconds}")
}

/// The initialization segment with the timescale of Smooth Streaming, as a client builds it.
fn smooth_head(init: &[u8]) -> Vec<u8> {
    let mut head = init.to_vec();
    let mdhd = head.windows(4).position(|kind| kind == b"mdhd").unwrap();
    // Behind type, version and flags, and two 32-bit times.
    head[mdhd + 16..mdhd + 20].copy_from_slice(&10_000_000u32.to_be_bytes());
    head
}

/// Presentation times in microseconds, sorted, as a Smooth client computes them: from the time in
/// the URL, the durations and the signed offsets.
fn smooth_times(presentation: &Presentation, stream: &Stream, bitrate: u64) -> Vec<i64> {
    let mut times = Vec::new();
    for chunk in stream.timeline().chunks() {
        let fragment = presentation.fragment(stream.name(), bitrate, chunk.start, SMOOTH).unwrap();
        let Any::Moof(moof) = Any::decode(&mut &fragment.head[..]).unwrap() else {
            panic!("no moof");
        };
        let traf = &moof.traf[0];
        let mut decode = chunk.start as i64;
        for sample in traf.trun[0].samples.iter() {
            times.push((decode + sample.cts.unwrap_or(0) + 5).div_euclid(10));
            let duration = sample.duration.or(traf.tfhd.default_sample_duration);
            decode += i64::from(duration.unwrap());
        }
    }
    times.sort_unstable();
    times
}

/// Packages one quality level both ways and compares it with its source.
fn check(studio: &Studio, presentation: &Presentation, stream: &Stream, source: &str) {
    let select = select(stream.kind());
    let quality = stream.qualities().iter().find(|quality| quality.file() == source).unwrap();
    let want = studio.presented(source, select);
    let init = presentation.init(stream.name(), quality.bitrate(), DASH).unwrap();
    studio.join(presentation, stream, quality.bitrate(), DASH, &init, "dash.mp4");
    assert_times(&studio.times("dash.mp4", select), &want, 2);

    let head = smooth_head(&init);
    studio.join(presentation, stream, quality.bitrate(), SMOOTH, &head, "smooth.mp4");
    assert_times(&smooth_times(presentation, stream, quality.bitrate()), &want, 2);
    let decoded = studio.decoded("dash.mp4", select);
    assert_eq!(decoded, studio.decoded("smooth.mp4", select));
    if stream.kind() == TrackKind::Video {
        assert_eq!(decoded, studio.decoded(source, select));
    }
}

#[test]
fn two_renditions_and_separate_audio() {
    if !have_ffmpeg() {
        return;
    }
    let studio = Studio::new();
    studio.ffmpeg(&format!("{} {VIDEO} -an -movflags +faststart low.mp4", picture("160x90", 13)));
    studio.ffmpeg(&format!(
        "{} {VIDEO} -an -chunk_duration 2000000 high.mp4",
        picture("320x180", 13)
    ));
    studio.ffmpeg(&format!("{} -c:a aac -b:a 96k -vn sound.mp4", sound(13)));
    let presentation = studio.presentation(&[
        ("low.mp4", TrackKind::Video),
        ("high.mp4", TrackKind::Video),
        ("sound.mp4", TrackKind::Audio),
    ]);
    let video = presentation.stream("video").unwrap();
    let starts: Vec<_> = video.timeline().chunks().map(|chunk| chunk.start).collect();
    assert_eq!(starts, [0, 60_060_000, 120_120_000]);
    check(&studio, &presentation, video, "low.mp4");
    check(&studio, &presentation, video, "high.mp4");
    let audio = presentation.stream("audio").unwrap();
    check(&studio, &presentation, audio, "sound.mp4");
    assert_eq!(audio.timeline().count(), 3);
    // In high.mp4 a fragment is one piece of the file.
    let high = video.qualities().last().unwrap();
    assert_eq!(high.file(), "high.mp4");
    let fragment = presentation.fragment("video", high.bitrate(), 0, DASH).unwrap();
    assert_eq!(fragment.ranges.len(), 1);
}

#[test]
fn a_muxed_file_with_the_moov_at_the_end() {
    if !have_ffmpeg() {
        return;
    }
    let studio = Studio::new();
    let (picture, sound) = (picture("160x90", 7), sound(7));
    studio.ffmpeg(&format!("{picture} {sound} {VIDEO} -c:a aac muxed.mp4"));
    let presentation =
        studio.presentation(&[("muxed.mp4", TrackKind::Video), ("muxed.mp4", TrackKind::Audio)]);
    for stream in presentation.streams() {
        check(&studio, &presentation, stream, "muxed.mp4");
        // Both start at 0: B-frame delay and AAC priming are gone.
        assert_eq!(stream.timeline().chunks().next().unwrap().start, 0);
    }
}

#[test]
fn a_late_audio_track_stays_late() {
    if !have_ffmpeg() {
        return;
    }
    let studio = Studio::new();
    let (picture, sound) = (picture("160x90", 4), sound(3));
    studio.ffmpeg(&format!("{picture} -itsoffset 0.5 {sound} {VIDEO} -c:a aac late.mp4"));
    let presentation =
        studio.presentation(&[("late.mp4", TrackKind::Video), ("late.mp4", TrackKind::Audio)]);
    let audio = presentation.stream("audio").unwrap();
    // The first frame presented is within a millisecond of where ffmpeg puts it.
    let want = studio.times("late.mp4", "a").into_iter().find(|time| *time >= 0).unwrap();
    let start = audio.timeline().chunks().next().unwrap().start;
    assert!(start.abs_diff(want as u64 * 10) <= 10_000, "{start}, {want} µs");
    assert!(start > 4_000_000);
    check(&studio, &presentation, presentation.stream("video").unwrap(), "late.mp4");
    check(&studio, &presentation, audio, "late.mp4");
}

#[test]
fn variable_frame_rate_and_unsigned_offsets() {
    if !have_ffmpeg() {
        return;
    }
    let studio = Studio::new();
    let (picture, vary) = (picture("160x90", 9), "-vf select=mod(n\\,7)*mod(n\\,11)");
    // Without edit list the B-frame delay stays visible in the source.
    studio.ffmpeg(&format!("{picture} {vary} -fps_mode vfr {VIDEO} -use_editlist 0 vfr.mp4"));
    let presentation = studio.presentation(&[("vfr.mp4", TrackKind::Video)]);
    let stream = presentation.stream("video").unwrap();
    assert_eq!(stream.qualities()[0].track().frame_rate(), None);
    check(&studio, &presentation, stream, "vfr.mp4");
}

#[test]
fn hevc() {
    if !have_ffmpeg() {
        return;
    }
    let studio = Studio::new();
    let options = "-c:v libx265 -preset ultrafast -tag:v hvc1 -pix_fmt yuv420p -x265-params \
                   log-level=none:keyint=30:min-keyint=30:scenecut=0:bframes=2:open-gop=0";
    studio.ffmpeg(&format!("{} {options} hevc.mp4", picture("160x90", 8)));
    let presentation = studio.presentation(&[("hevc.mp4", TrackKind::Video)]);
    let stream = presentation.stream("video").unwrap();
    let codec = stream.qualities()[0].track().codec().rfc6381();
    assert!(codec.starts_with("hvc1.1.6.L"), "{codec}");
    check(&studio, &presentation, stream, "hevc.mp4");
}

#[test]
fn other_codecs_are_refused_by_name() {
    if !have_ffmpeg() {
        return;
    }
    let studio = Studio::new();
    let (picture, sound) = (picture("160x90", 1), sound(1));
    studio.ffmpeg(&format!("{picture} {sound} {VIDEO} -c:a libopus opus.mp4"));
    let file = studio.open("opus.mp4");
    assert!(file.first(TrackKind::Video).is_ok());
    let error = file.first(TrackKind::Audio).unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }));
    let text = error.to_string();
    assert!(
        text.starts_with("opus.mp4: moov/trak[2]/mdia/minf/stbl/stsd: codec \"Opus\""),
        "{text}"
    );
}
