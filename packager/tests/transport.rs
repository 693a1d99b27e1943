//! MPEG transport streams of files that ffmpeg made, judged by ffmpeg: whole streams decode without
//! a word, to the same pictures and the same sound, at the same times.

#![allow(clippy::unwrap_used)]

mod common;

use std::process::Command;

use common::{Studio, assert_times, have_ffmpeg};
use packager::{
    Error, Format, HlsFormat, Packaged, Parameters, Presentation, Request, TrackKind, View,
};

/// Where the presentation starts in transport streams, in microseconds.
const ORIGIN: i64 = 10_000_000;

/// Two-second groups of pictures with B-frames at 29.97 fps.
const AVC: &str = "-c:v libx264 -preset ultrafast -bf 2 -g 60 -keyint_min 60 \
                   -sc_threshold 0 -pix_fmt yuv420p";

/// A film with sound, of so many seconds each.
fn film(studio: &Studio, seconds: (u32, u32), video: &str, name: &str) {
    let (picture, sound) = seconds;
    studio.ffmpeg(&format!(
        "-f lavfi -i testsrc2=s=160x90:r=30000/1001:d={picture} \
         -f lavfi -i sine=f=440:r=44100:d={sound} {video} -c:a aac {name}"
    ));
}

/// All bytes of a segment.
fn bytes(studio: &Studio, packaged: Packaged) -> Vec<u8> {
    let Packaged::Segment(segment, None) = packaged else { panic!("{packaged:?}") };
    let files: Vec<_> =
        segment.files().iter().map(|file| std::fs::read(studio.path(file)).unwrap()).collect();
    let mut all = Vec::new();
    for piece in segment.pieces() {
        let data: Vec<_> = piece
            .reads
            .iter()
            .map(|read| &files[read.file][read.range.start as usize..read.range.end as usize])
            .collect();
        let mut out = vec![0; piece.len()];
        segment.write(&piece, &data, &mut out).unwrap();
        all.extend(out);
    }
    assert_eq!(all.len() as u64, segment.content_length());
    all
}

/// The segments that a playlist lists, and how long they are by it, in microseconds.
struct Listed {
    segments: Vec<(Vec<u8>, i64)>,
    ranges: Vec<Option<(usize, usize)>>,
}

/// Follows a playlist of the master playlist.
fn play(studio: &Studio, presentation: &Presentation, uri: &str) -> Listed {
    let path = format!("film.ism/{uri}");
    let Request::Playlist { track, bitrate, format, parameters, .. } =
        Request::parse(&path).unwrap()
    else {
        panic!("{uri}");
    };
    let view = presentation.view(&parameters, None);
    let text = view.playlist(&track, bitrate, format).unwrap();
    let playlist = m3u8_rs::parse_media_playlist_res(text.as_bytes()).unwrap();
    assert!(playlist.end_list);
    let mut listed = Listed { segments: Vec::new(), ranges: Vec::new() };
    for segment in &playlist.segments {
        assert!(segment.duration <= playlist.target_duration as f32);
        let path = format!("film.ism/QualityLevels({bitrate})/{}", segment.uri);
        let Request::Fragment { track, bitrate, start, format, parameters, .. } =
            Request::parse(&path).unwrap()
        else {
            panic!("{path}");
        };
        let view: View<'_> = presentation.view(&parameters, None);
        let packaged = view.fragment(&track, bitrate, start, format).unwrap();
        let micros = (f64::from(segment.duration) * 1e6).round() as i64;
        listed.segments.push((bytes(studio, packaged), micros));
        let range = segment.byte_range.as_ref();
        listed.ranges.push(range.map(|r| (r.offset.unwrap() as usize, r.length as usize)));
    }
    listed
}

/// Joins segments in a file; ffmpeg reads it without a warning.
fn join(studio: &Studio, listed: &Listed, name: &str) {
    let joined: Vec<u8> = listed.segments.iter().flat_map(|(bytes, _)| bytes.clone()).collect();
    std::fs::write(studio.path(name), joined).unwrap();
    let output = Command::new("ffmpeg")
        .args("-nostdin -xerror -v warning -i".split(' '))
        .arg(studio.path(name))
        .args("-map 0 -f null -".split(' '))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{name}: {said}");
}

fn master(presentation: &Presentation, format: HlsFormat) -> m3u8_rs::MasterPlaylist {
    let text = presentation.manifest(Format::Hls(format), &Parameters::default()).unwrap();
    m3u8_rs::parse_master_playlist_res(text.as_bytes()).unwrap()
}

/// The most bits in a second that segments of about the target duration have.
fn peak(listed: &Listed) -> u64 {
    let longest = listed.segments.iter().map(|(_, micros)| *micros).max().unwrap();
    let counted = listed.segments.iter().filter(|(_, micros)| *micros * 2 >= longest);
    counted.map(|(bytes, micros)| bytes.len() as u64 * 8_000_000 / *micros as u64).max().unwrap()
}

/// Segments are within the bandwidth that the master playlist promises, and not far from it.
#[track_caller]
fn assert_bandwidth(peak: u64, bandwidth: u64) {
    assert!(peak <= bandwidth && peak * 4 >= bandwidth * 3, "{peak} {bandwidth}");
}

/// The joined stream has what the source has, at the same times.
fn assert_same(studio: &Studio, joined: &str, source: &str, select: &str) {
    let want = studio.presented(source, select);
    let found: Vec<_> =
        studio.times(joined, select).into_iter().map(|time| time - ORIGIN).collect();
    // A player counts in units of 90 kHz from the first frame of a PES packet on.
    assert_times(&found, &want, 25);
    if select == "v" {
        assert_eq!(studio.decoded(joined, select), studio.decoded(source, select));
    }
}

#[test]
fn version_4_is_video_and_audio_apart() {
    if !have_ffmpeg() {
        return;
    }
    let studio = Studio::new();
    film(&studio, (13, 13), AVC, "film.mp4");
    let files = [("film.mp4", TrackKind::Video), ("film.mp4", TrackKind::Audio)];
    let presentation = studio.presentation(&files);
    let master = master(&presentation, HlsFormat::Aapl);
    assert_eq!(master.version, Some(4));
    let [video, key_frames, audio] = master.variants.as_slice() else {
        panic!("{:?}", master.variants);
    };
    let listed = play(&studio, &presentation, &video.uri);
    join(&studio, &listed, "video.ts");
    assert_same(&studio, "video.ts", "film.mp4", "v");
    let sound = play(&studio, &presentation, &audio.uri);
    join(&studio, &sound, "audio.ts");
    assert_same(&studio, "audio.ts", "film.mp4", "a");
    assert_eq!(listed.segments.len(), 3);
    assert_bandwidth(peak(&sound), audio.bandwidth);
    assert_bandwidth(peak(&listed) + peak(&sound), video.bandwidth);
    assert_eq!(master.alternatives[0].uri.as_deref(), Some(audio.uri.as_str()));

    // Each key frame decodes alone, behind the tables of its segment.
    assert!(key_frames.is_i_frame);
    let frames = play(&studio, &presentation, &key_frames.uri);
    assert_eq!(frames.segments.len(), 7);
    let total: i64 = frames.segments.iter().map(|(_, micros)| micros).sum();
    let want: i64 = listed.segments.iter().map(|(_, micros)| micros).sum();
    assert!((total - want).abs() < 10, "{total} {want}");
    for ((segment, _), range) in frames.segments.iter().zip(&frames.ranges) {
        let (offset, length) = range.unwrap();
        let alone = [&segment[..376], &segment[offset..offset + length]].concat();
        std::fs::write(studio.path("frame.ts"), alone).unwrap();
        assert_eq!(studio.times("frame.ts", "v").len(), 1);
        studio.decoded("frame.ts", "v");
    }
}

#[test]
fn version_3_has_all_samples_once_whichever_is_longer() {
    if !have_ffmpeg() {
        return;
    }
    let studio = Studio::new();
    for (name, seconds) in [("same.mp4", (13, 13)), ("short.mp4", (13, 8)), ("long.mp4", (8, 21))] {
        film(&studio, seconds, AVC, name);
        let presentation =
            studio.presentation(&[(name, TrackKind::Video), (name, TrackKind::Audio)]);
        let master = master(&presentation, HlsFormat::AaplV3);
        assert_eq!((master.version, master.alternatives.len()), (Some(3), 0));
        let listed = play(&studio, &presentation, &master.variants[0].uri);
        join(&studio, &listed, "joined.ts");
        assert_same(&studio, "joined.ts", name, "v");
        assert_same(&studio, "joined.ts", name, "a");
        if name == "same.mp4" {
            assert_bandwidth(peak(&listed), master.variants[0].bandwidth);
        }
        let total: i64 = listed.segments.iter().map(|(_, micros)| micros).sum();
        let end = studio.times(name, "v").into_iter().chain(studio.times(name, "a")).max().unwrap();
        assert!((end..end + 50_000).contains(&total), "{name}: {total} µs of {end}");
        let alone = play(&studio, &presentation, &master.variants[1].uri);
        join(&studio, &alone, "alone.ts");
        assert_same(&studio, "alone.ts", name, "a");
    }
}

#[test]
fn two_files_and_a_late_start() {
    if !have_ffmpeg() {
        return;
    }
    let studio = Studio::new();
    let source = "-f lavfi -i testsrc2=s=160x90:r=25:d=9";
    studio.ffmpeg(&format!("{source} {AVC} -an -chunk_duration 2000000 picture.mp4"));
    studio.ffmpeg(
        "-f lavfi -i sine=r=48000:d=9 -f lavfi -i color=s=32x32:d=1 -itsoffset 0.7 \
         -f lavfi -i sine=r=48000:d=8 -map 1 -map 2 -c:a aac -c:v libx264 sound.mp4",
    );
    let files = [("picture.mp4", TrackKind::Video), ("sound.mp4", TrackKind::Audio)];
    let presentation = studio.presentation(&files);
    let master = master(&presentation, HlsFormat::AaplV3);
    join(&studio, &play(&studio, &presentation, &master.variants[0].uri), "joined.ts");
    assert_same(&studio, "joined.ts", "picture.mp4", "v");
    assert_same(&studio, "joined.ts", "sound.mp4", "a");
}

/// Most of its packets carry the clock alone.
#[test]
fn one_picture_in_a_second() {
    if !have_ffmpeg() {
        return;
    }
    let studio = Studio::new();
    let picture = "-f lavfi -i testsrc2=s=160x90:r=1:d=14";
    studio.ffmpeg(&format!("{picture} -c:v libx264 -preset ultrafast -g 2 slides.mp4"));
    let presentation = studio.presentation(&[("slides.mp4", TrackKind::Video)]);
    let master = master(&presentation, HlsFormat::Aapl);
    let listed = play(&studio, &presentation, &master.variants[0].uri);
    join(&studio, &listed, "slides.ts");
    assert_same(&studio, "slides.ts", "slides.mp4", "v");
    assert_bandwidth(peak(&listed), master.variants[0].bandwidth);
}

#[test]
fn hevc() {
    if !have_ffmpeg() {
        return;
    }
    let studio = Studio::new();
    let options = "-c:v libx265 -preset ultrafast -tag:v hvc1 -pix_fmt yuv420p -x265-params \
                   log-level=none:keyint=60:min-keyint=60:scenecut=0:bframes=2:open-gop=0";
    film(&studio, (8, 8), options, "hevc.mp4");
    let files = [("hevc.mp4", TrackKind::Video), ("hevc.mp4", TrackKind::Audio)];
    let presentation = studio.presentation(&files);
    let master = master(&presentation, HlsFormat::AaplV3);
    join(&studio, &play(&studio, &presentation, &master.variants[0].uri), "hevc.ts");
    assert_same(&studio, "hevc.ts", "hevc.mp4", "v");
    assert_same(&studio, "hevc.ts", "hevc.mp4", "a");
}

/// AC-3 and E-AC-3, known by their stream types and descriptors, alone and beside video.
#[test]
fn dolby() {
    if !have_ffmpeg() {
        return;
    }
    for (codec, text) in [("ac3", "ac-3"), ("eac3", "ec-3")] {
        let studio = Studio::new();
        let source = "-f lavfi -i testsrc2=s=160x90:r=25:d=8 \
                      -f lavfi -i anoisesrc=r=48000:d=8:a=0.3 -ac 6";
        studio.ffmpeg(&format!("{source} {AVC} -c:a {codec} -b:a 384k film.mp4"));
        let files = [("film.mp4", TrackKind::Video), ("film.mp4", TrackKind::Audio)];
        let presentation = studio.presentation(&files);
        let master = |format| master(&presentation, format).variants;
        let (apart, muxed) = (master(HlsFormat::Aapl), master(HlsFormat::AaplV3));
        for variant in [&apart[0], &muxed[0]] {
            let codecs = variant.codecs.as_deref().unwrap();
            assert!(
                codecs.starts_with("avc1.") && codecs.ends_with(&format!(",{text}")),
                "{codecs}"
            );
        }
        let alone = apart.last().unwrap();
        assert_eq!(alone.codecs.as_deref(), Some(text));
        let sound = play(&studio, &presentation, &alone.uri);
        assert_bandwidth(peak(&sound), alone.bandwidth);
        join(&studio, &sound, "audio.ts");
        join(&studio, &play(&studio, &presentation, &muxed[0].uri), "both.ts");
        assert_same(&studio, "both.ts", "film.mp4", "v");
        for name in ["audio.ts", "both.ts"] {
            assert_same(&studio, name, "film.mp4", "a");
            let frames = |name: &str| {
                studio.ffmpeg(&format!("-i {name} -map 0:a -c copy -f {codec} frames"));
                std::fs::read(studio.path("frames")).unwrap()
            };
            // Frames before time 0 are left out.
            let (carried, source) = (frames(name), frames("film.mp4"));
            assert!(source.ends_with(&carried) && carried.len() * 100 > source.len() * 99);
            let args =
                "-v error -select_streams a -show_entries stream=codec_name,channels -of csv=p=0";
            let shown =
                Command::new("ffprobe").args(args.split(' ')).arg(studio.path(name)).output();
            let shown = String::from_utf8(shown.unwrap().stdout).unwrap();
            assert!(shown.starts_with(&format!("{codec},6\n")), "{shown}");
        }
    }
}

#[test]
fn delimiters_and_parameter_sets_are_not_written_twice() {
    if !have_ffmpeg() {
        return;
    }
    let studio = Studio::new();
    let more = "-x264-params aud=1:repeat-headers=1:slices=3";
    film(&studio, (5, 5), &format!("{AVC} {more}"), "film.mp4");
    let presentation = studio.presentation(&[("film.mp4", TrackKind::Video)]);
    let master = master(&presentation, HlsFormat::Aapl);
    let listed = play(&studio, &presentation, &master.variants[0].uri);
    join(&studio, &listed, "film.ts");
    assert_same(&studio, "film.ts", "film.mp4", "v");
    // The elementary streams are the same but for their start codes and the padding.
    for source in ["film.mp4", "film.ts"] {
        studio.ffmpeg(&format!("-i {source} -map 0:v -c copy -f h264 {source}.264"));
    }
    let units = |name: &str| {
        let bytes = std::fs::read(studio.path(name)).unwrap();
        [7_u8, 8, 9].map(|kind| {
            let is_start = |w: &&[u8]| w[..3] == [0, 0, 1] && w[3] & 0x1f == kind;
            bytes.windows(4).filter(is_start).count()
        })
    };
    let (source, found) = (units("film.mp4.264"), units("film.ts.264"));
    assert_eq!(found[2], 150);
    assert_eq!(found, source);
}

#[test]
fn other_channel_layouts_are_refused() {
    if !have_ffmpeg() {
        return;
    }
    let studio = Studio::new();
    let source = "-f lavfi -i sine=r=48000:d=1";
    studio.ffmpeg(&format!("{source} -ac 6 -c:a aac six.mp4"));
    studio.ffmpeg(&format!("{source} -af pan=quad|c0=c0|c1=c0|c2=c0|c3=c0 -c:a aac quad.mp4"));
    for (name, carried) in [("six.mp4", true), ("quad.mp4", false)] {
        let presentation = studio.presentation(&[(name, TrackKind::Audio)]);
        let text = presentation.manifest(Format::Hls(HlsFormat::Aapl), &Parameters::default());
        match text {
            Ok(_) => assert!(carried, "{name}"),
            Err(error) => assert!(
                !carried && matches!(error, Error::NotInTransportStream { .. }),
                "{name}: {error}"
            ),
        }
        let cmaf = presentation.manifest(Format::Hls(HlsFormat::Cmaf), &Parameters::default());
        assert!(cmaf.is_ok());
    }
}
