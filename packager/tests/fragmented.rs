//! Fragmented files as ffmpeg writes them: every frame is there, at its time.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Studio, assert_times, have_ffmpeg, select};
use packager::{DashFormat, Format, Presentation, SmoothFormat, TrackKind};

const DASH: Format = Format::Dash(DashFormat::Cmaf);

/// One-second groups of pictures with B-frames at 29.97 fps, and a sound that starts early.
const SOURCE: &str = "-f lavfi -i testsrc2=s=160x90:r=30000/1001:d=13 -f lavfi -i sine=f=440:r=48000:d=13 \
     -c:v libx264 -preset ultrafast -bf 2 -b_strategy 0 -g 30 -keyint_min 30 -sc_threshold 0 \
     -pix_fmt yuv420p -c:a aac source.mp4";

fn presentation(studio: &Studio, file: &str) -> Presentation {
    studio.presentation(&[(file, TrackKind::Video), (file, TrackKind::Audio)])
}

/// Packages both tracks of `file` and compares them with those of `like`, which shows what the
/// times are. ffprobe delays video that is presented before it decodes, here by `delay` µs.
fn check(studio: &Studio, file: &str, like: &str, delay: i64) {
    let presentation = presentation(studio, file);
    for stream in presentation.streams() {
        let video = stream.kind() == TrackKind::Video;
        let select = select(stream.kind());
        let mut want = studio.presented(like, select);
        if video {
            want.iter_mut().for_each(|time| *time -= delay);
        }
        let bitrate = stream.qualities()[0].bitrate();
        let init = presentation.init(stream.name(), bitrate, DASH).unwrap();
        studio.join(&presentation, stream, bitrate, DASH, &init, "out.mp4");
        assert_times(&studio.times("out.mp4", select), &want, 2);
        if video {
            assert_eq!(studio.decoded("out.mp4", "v"), studio.decoded(like, "v"), "{file}");
        }
    }
}

#[test]
fn files_of_the_mp4_muxer() {
    if !have_ffmpeg() {
        return;
    }
    let studio = Studio::new();
    studio.ffmpeg(SOURCE);
    for (flags, file) in [
        ("frag_keyframe+empty_moov", "fragmented.mp4"),
        ("frag_keyframe+empty_moov+default_base_moof", "based.mp4"),
        // The first fragment is in the tables of the `moov`.
        ("frag_keyframe", "hybrid.mp4"),
        ("frag_keyframe+delay_moov", "edited.mp4"),
        ("cmaf+frag_keyframe+delay_moov", "cmaf.mp4"),
        ("frag_keyframe+empty_moov+separate_moof", "separate.mp4"),
        ("empty_moov+frag_every_frame", "chunked.mp4"),
        ("dash+frag_keyframe+empty_moov", "indexed.mp4"),
        ("frag_keyframe+empty_moov+omit_tfhd_offset", "omitted.mp4"),
    ] {
        studio.ffmpeg(&format!("-i source.mp4 -c copy -movflags {flags} {file}"));
        let delay = if flags.starts_with("cmaf") { 33_367 } else { 0 };
        check(&studio, file, file, delay);
    }
}

#[test]
fn files_of_smooth_streaming() {
    if !have_ffmpeg() {
        return;
    }
    let studio = Studio::new();
    studio.ffmpeg(SOURCE);
    // ffprobe does not know the times of these fragments, so the source is what to compare with.
    studio.ffmpeg("-i source.mp4 -c copy film.ismv");
    check(&studio, "film.ismv", "source.mp4", 0);
    studio.ffmpeg("-i source.mp4 -c copy -f ismv -movflags isml+frag_keyframe live.ismv");
    check(&studio, "live.ismv", "source.mp4", 0);
}

#[test]
fn a_recording_that_was_broken_off() {
    if !have_ffmpeg() {
        return;
    }
    let studio = Studio::new();
    studio.ffmpeg(SOURCE);
    studio.ffmpeg("-i source.mp4 -c copy film.ismv");
    let whole = std::fs::read(studio.path("film.ismv")).unwrap();
    std::fs::write(studio.path("cut.ismv"), &whole[..whole.len() / 2]).unwrap();
    let presentation = presentation(&studio, "cut.ismv");
    let video = presentation.stream("video").unwrap();
    let half = 13 * 10_000_000 / 2;
    assert!(video.timeline().end().abs_diff(half) < 20_000_000, "{}", video.timeline().end());
    // Whole groups of pictures, all of them readable.
    let smooth = Format::Smooth(SmoothFormat::Latest);
    for chunk in video.timeline().chunks() {
        let bitrate = video.qualities()[0].bitrate();
        let fragment = presentation.fragment("video", bitrate, chunk.start, smooth).unwrap();
        studio.bytes(&fragment);
    }
    let init = presentation.init("video", video.qualities()[0].bitrate(), DASH).unwrap();
    studio.join(&presentation, video, video.qualities()[0].bitrate(), DASH, &init, "out.mp4");
    assert_eq!(studio.times("out.mp4", "v").len() % 30, 0);
    studio.decoded("out.mp4", "v");
}
