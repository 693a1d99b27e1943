//! Films of every kind that ffmpeg can write, read back by parsers that others wrote: manifests and
//! fragments agree with each other, and all frames are there, at the times of the source.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Studio, assert_times, have_ffmpeg, select};
use m3u8_rs::{MasterPlaylist, MediaPlaylist};
use mp4_atom::{Any, Decode, DecodeMaybe, Moov};
use packager::{
    DashFormat, Format, HlsFormat, Parameters, Presentation, Quality, Stream, TrackKind,
};

const DASH: Format = Format::Dash(DashFormat::Cmaf);
const HLS: HlsFormat = HlsFormat::Cmaf;
const SIZES: [&str; 2] = ["96x54", "128x72"];

/// How a film is made.
struct Film {
    name: &'static str,
    /// Frames per second of the source.
    rate: &'static str,
    /// Frames of a group of pictures.
    group: u32,
    video: &'static str,
    /// Before the input of the sound; `None` for a film without.
    audio: Option<&'static str>,
    /// For the muxer, one for each level.
    muxer: [&'static str; 2],
}

const PLAIN: Film = Film {
    name: "plain",
    rate: "25",
    group: 50,
    video: "-bf 2 -b_strategy 0",
    audio: Some(""),
    muxer: ["", "-movflags +faststart"],
};

impl Film {
    /// Makes two levels and a sound; returns the files.
    fn make(&self, studio: &Studio) -> Vec<(String, TrackKind)> {
        let mut files = Vec::new();
        for (size, muxer) in SIZES.into_iter().zip(self.muxer) {
            let name = format!("{size}.mp4");
            let (rate, group, video) = (self.rate, self.group, self.video);
            let codec = format!(
                "-c:v libx264 -preset ultrafast {video} -g {group} -keyint_min {group} \
                 -sc_threshold 0 -pix_fmt yuv420p"
            );
            let source = format!("-f lavfi -i testsrc2=s={size}:r={rate}:d=8");
            // No empty argument: a muxer without options says nothing.
            studio.ffmpeg(&format!("{source} {codec} {muxer} {name}").replace("  ", " "));
            files.push((name, TrackKind::Video));
        }
        if let Some(offset) = self.audio {
            let source = format!("{offset} -f lavfi -i sine=f=440:r=44100:d=8");
            studio.ffmpeg(&format!("{} -c:a aac sound.mp4", source.trim()));
            files.push(("sound.mp4".to_owned(), TrackKind::Audio));
        }
        files
    }
}

/// A fragment as another parser reads it, in units of the track.
struct Read {
    decode: u64,
    duration: u64,
    samples: usize,
}

fn read_fragment(bytes: &[u8]) -> Read {
    let mut rest = bytes;
    let mut read = None;
    let mut data = 0;
    while let Some(atom) = Any::decode_maybe(&mut rest).unwrap() {
        match atom {
            Any::Styp(_) => {}
            Any::Moof(moof) => {
                let traf = &moof.traf[0];
                assert_eq!((moof.traf.len(), traf.trun.len()), (1, 1));
                let samples = &traf.trun[0].samples;
                let usual = traf.tfhd.default_sample_duration;
                let durations = samples.iter().map(|s| u64::from(s.duration.or(usual).unwrap()));
                data = samples.iter().map(|s| s.size.unwrap() as usize).sum();
                read = Some(Read {
                    decode: traf.tfdt.as_ref().unwrap().base_media_decode_time,
                    duration: durations.sum(),
                    samples: samples.len(),
                });
            }
            Any::Mdat(mdat) => assert_eq!(mdat.data.len(), data),
            other => panic!("{other:?}"),
        }
    }
    assert!(rest.is_empty());
    read.unwrap()
}

fn read_init(bytes: &[u8]) -> Moov {
    let mut rest = bytes;
    assert!(matches!(Any::decode(&mut rest).unwrap(), Any::Ftyp(_)));
    let Any::Moov(moov) = Any::decode(&mut rest).unwrap() else { panic!("no moov") };
    assert!(rest.is_empty());
    moov
}

/// Reads all of a quality level; returns when each fragment decodes, in seconds.
fn check_quality(
    studio: &Studio,
    whole: &Presentation,
    stream: &Stream,
    quality: &Quality,
) -> Vec<f64> {
    let (name, bitrate, track) = (stream.name(), quality.bitrate(), quality.track());
    let init = whole.init(name, bitrate, DASH).unwrap();
    let moov = read_init(&init);
    let timescale = moov.trak[0].mdia.mdhd.timescale;
    assert_eq!(timescale, track.timescale());
    let mut fragments = Vec::new();
    for chunk in stream.timeline().chunks() {
        let fragment = whole.fragment(name, bitrate, chunk.start, DASH).unwrap();
        fragments.push(read_fragment(&studio.bytes(&fragment)));
    }
    for pair in fragments.windows(2) {
        assert_eq!(pair[0].decode + pair[0].duration, pair[1].decode, "a gap");
    }
    let seconds = |units: u64| units as f64 / f64::from(timescale);
    let total: u64 = fragments.iter().map(|fragment| fragment.duration).sum();
    let want = (track.end() - track.start()) as f64 / 1e7;
    assert!((seconds(total) - want).abs() < 2e-7, "{} {want}", seconds(total));

    // All frames are there, at their times, and look the same.
    let (select, source) = (select(stream.kind()), quality.file());
    studio.join(whole, stream, bitrate, DASH, &init, "out.mp4");
    let times = studio.presented(source, select);
    if stream.kind() == TrackKind::Video {
        assert_eq!(studio.decoded("out.mp4", "v"), studio.decoded(source, "v"));
    }
    assert_times(&studio.times("out.mp4", select), &times, 2);
    assert_eq!(fragments.iter().map(|fragment| fragment.samples).sum::<usize>(), times.len());
    fragments.iter().map(|fragment| seconds(fragment.decode)).collect()
}

fn check_playlists(whole: &Presentation) {
    let master = whole.hls_master(HLS, &Parameters::default()).unwrap();
    let master: MasterPlaylist = m3u8_rs::parse_master_playlist_res(master.as_bytes()).unwrap();
    assert_eq!(master.alternatives.len(), whole.streams().len() - 1);
    for stream in whole.streams() {
        for quality in stream.qualities() {
            let text = whole.hls_media(stream.name(), quality.bitrate(), HLS).unwrap();
            let list: MediaPlaylist = m3u8_rs::parse_media_playlist_res(text.as_bytes()).unwrap();
            let timeline = stream.timeline();
            assert_eq!(list.segments.len(), timeline.count());
            let total: f64 = list.segments.iter().map(|segment| f64::from(segment.duration)).sum();
            let want = (timeline.end() - timeline.start()) as f64 / 1e7;
            assert!((total - want).abs() < 1e-4, "{total} {want}");
            assert!(
                list.end_list
                    && list.target_duration as f64 + 0.5 >= timeline.longest() as f64 / 1e7
            );
        }
    }
}

fn check_mpd(whole: &Presentation) {
    for format in [DashFormat::Csf, DashFormat::Cmaf] {
        let mpd = dash_mpd_core::parse(&whole.dash(format)).unwrap();
        let sets = &mpd.periods[0].adaptations;
        assert_eq!(sets.len(), whole.streams().len());
        for stream in whole.streams() {
            let fragments = format!("/Fragments({}=", stream.name());
            let template = |set: &dash_mpd_core::AdaptationSet| {
                set.SegmentTemplate
                    .clone()
                    .filter(|t| t.media.as_deref().unwrap().contains(&fragments))
            };
            let (set, template) = sets.iter().find_map(|set| Some((set, template(set)?))).unwrap();
            assert_eq!(set.representations.len(), stream.qualities().len());
            let mut starts = Vec::new();
            let mut at = 0;
            for run in template.SegmentTimeline.unwrap().segments {
                at = run.t.unwrap_or(at);
                for _ in 0..=run.r.unwrap_or(0) {
                    starts.push(at);
                    at += run.d;
                }
            }
            let want: Vec<_> = stream.timeline().chunks().map(|chunk| chunk.start).collect();
            assert_eq!((starts, at), (want, stream.timeline().end()));
        }
    }
}

fn check(films: &[Film]) {
    if !have_ffmpeg() {
        return;
    }
    for film in films {
        eprintln!("{}", film.name);
        let studio = Studio::new();
        let files = film.make(&studio);
        let files: Vec<_> = files.iter().map(|(file, kind)| (file.as_str(), *kind)).collect();
        let whole = studio.presentation(&files);
        for stream in whole.streams() {
            let decodes: Vec<_> = stream
                .qualities()
                .iter()
                .map(|quality| check_quality(&studio, &whole, stream, quality))
                .collect();
            assert!(decodes[0].len() >= 2);
            // Levels can be switched at every fragment.
            for level in &decodes {
                let off = level.iter().zip(&decodes[0]).map(|(one, other)| (one - other).abs());
                assert!(level.len() == decodes[0].len() && off.fold(0., f64::max) < 1e-4);
            }
        }
        check_playlists(&whole);
        check_mpd(&whole);
    }
}

#[test]
fn frame_rates() {
    check(&[
        PLAIN,
        Film { name: "23.976", rate: "24000/1001", group: 48, ..PLAIN },
        Film { name: "12.5", rate: "25/2", group: 25, video: "-bf 0", ..PLAIN },
        Film { name: "59.94", rate: "60000/1001", group: 90, audio: None, ..PLAIN },
    ]);
}

#[test]
fn frames_out_of_order_and_at_odd_times() {
    let pyramid = "-bf 3 -b-pyramid strict";
    let variable = "-bf 2 -vf select=mod(n\\,7)*mod(n\\,11) -fps_mode vfr \
                    -force_key_frames expr:gte(t,n_forced*2)";
    check(&[
        Film { name: "29.97", rate: "30000/1001", group: 60, video: pyramid, ..PLAIN },
        Film { name: "variable", group: 500, video: variable, ..PLAIN },
        Film { name: "no edit list", muxer: ["-use_editlist 0"; 2], ..PLAIN },
        Film { name: "negative", muxer: ["-movflags negative_cts_offsets"; 2], ..PLAIN },
    ]);
}

#[test]
fn clocks_and_containers() {
    let clocks = ["-video_track_timescale 90000", "-video_track_timescale 30000"];
    let fragmented = [
        "-movflags frag_keyframe+empty_moov+default_base_moof",
        "-movflags dash+frag_keyframe+empty_moov",
    ];
    check(&[
        Film { name: "clocks", rate: "30000/1001", group: 60, muxer: clocks, ..PLAIN },
        Film { name: "late sound", audio: Some("-itsoffset 0.7"), ..PLAIN },
        Film { name: "early sound", audio: Some("-itsoffset -0.3"), ..PLAIN },
        Film { name: "fragmented", muxer: fragmented, ..PLAIN },
    ]);
}
