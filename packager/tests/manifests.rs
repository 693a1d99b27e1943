//! Manifests as a client sees them: every URL in them parses and is answered, and independent
//! parsers agree with what was meant.

#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;

use bytes::Bytes;
use common::{Studio, have_ffmpeg};
use m3u8_rs::{AlternativeMedia, AlternativeMediaType, MediaPlaylistType};
use mp4_atom::{Any, Decode};
use packager::text::Subtitles;
use packager::{
    DashFormat, Format, Fragment, HlsFormat, MediaEntry, MediaKind, Parameters, Presentation,
    Request, ServerManifest, SmoothFormat,
};
use quick_xml::events::Event;

/// Answers a URL like a server; init segments and manifests come back as bytes.
enum Answer {
    Text(String),
    Init(Bytes),
    Fragment(Fragment),
}

fn get(presentation: &Presentation, path: &str) -> Answer {
    match Request::parse(path).unwrap() {
        Request::Manifest { format, parameters, .. } => {
            Answer::Text(presentation.manifest(format, &parameters).unwrap())
        }
        Request::Playlist { track, bitrate, format, .. } => {
            Answer::Text(presentation.hls_media(&track, bitrate, format).unwrap())
        }
        Request::Init { track, bitrate, format, .. } => {
            Answer::Init(presentation.init(&track, bitrate, format).unwrap())
        }
        Request::Fragment { track, bitrate, start, format, .. } => {
            Answer::Fragment(presentation.fragment(&track, bitrate, start, format).unwrap())
        }
    }
}

fn text(presentation: &Presentation, path: &str) -> String {
    match get(presentation, path) {
        Answer::Text(text) => text,
        Answer::Init(_) | Answer::Fragment(_) => panic!("{path} is not a manifest"),
    }
}

/// A ladder described by a server manifest, as an encoder leaves it.
fn asset(studio: &Studio) -> Presentation {
    let gop = "-c:v libx264 -preset ultrafast -bf 2 -g 50 -keyint_min 50 -sc_threshold 0";
    for (name, size) in [("low.mp4", "160x90"), ("high.mp4", "320x180")] {
        let source = format!("-f lavfi -i testsrc2=s={size}:r=25:d=14");
        studio.ffmpeg(&format!("{source} {gop} -pix_fmt yuv420p {name}"));
    }
    studio.ffmpeg("-f lavfi -i sine=r=48000:d=14 -c:a aac -metadata:s:a:0 language=eng sound.mp4");
    let mut high = MediaEntry::new(MediaKind::Video, "high.mp4");
    high.system_bitrate = Some(900_000);
    high.track_id = Some(1);
    let mut sound = MediaEntry::new(MediaKind::Audio, "sound.mp4");
    sound.track_name = Some("aac_eng_1_69_1_1".into());
    let manifest = ServerManifest {
        client_manifest: Some("film.ismc".into()),
        formats: Some("mp4".into()),
        entries: vec![high, MediaEntry::new(MediaKind::Video, "low.mp4"), sound],
    };
    let manifest = ServerManifest::parse(&manifest.to_xml()).unwrap();
    let files = studio.open_all(&manifest.files());
    Presentation::new(manifest.renditions(&files).unwrap()).unwrap()
}

fn check_fragment(fragment: &Fragment, decode_time: &mut u64, smooth: bool) {
    let mut head = &fragment.head[..];
    let before = if smooth { 0 } else { 24 };
    if !smooth {
        assert!(matches!(Any::decode(&mut head).unwrap(), Any::Styp(_)));
    }
    let Any::Moof(moof) = Any::decode(&mut head).unwrap() else {
        panic!("no moof");
    };
    let [traf] = moof.traf.as_slice() else {
        panic!("one track in each fragment");
    };
    let [run] = traf.trun.as_slice() else {
        panic!("one run in each fragment");
    };
    assert_eq!(traf.tfhd.default_base_is_moof, !smooth);
    assert_eq!(run.data_offset.unwrap() as usize, fragment.head.len() - before);
    if let Some(tfdt) = &traf.tfdt {
        assert_eq!(tfdt.base_media_decode_time, *decode_time);
    }
    assert_eq!(traf.tfdt.is_none(), smooth);
    let mut size = 0;
    for sample in run.samples.iter() {
        *decode_time += u64::from(sample.duration.or(traf.tfhd.default_sample_duration).unwrap());
        size += u64::from(sample.size.unwrap());
    }
    let ranges = &fragment.ranges;
    assert_eq!(size, ranges.iter().map(|range| range.end - range.start).sum::<u64>());
    // What is left is the header of mdat.
    assert_eq!(head[..4], (u32::try_from(size).unwrap() + 8).to_be_bytes());
    assert_eq!(&head[4..], b"mdat");
}

/// Reads a media playlist at `path`; returns the number of fragments.
fn play_hls(presentation: &Presentation, path: &str) -> usize {
    let playlist = text(presentation, path);
    let media = m3u8_rs::parse_media_playlist_res(playlist.as_bytes()).unwrap();
    assert_eq!((media.version, media.end_list), (Some(7), true));
    assert_eq!(media.playlist_type, Some(MediaPlaylistType::Vod));
    let folder = path.rsplit_once('/').unwrap().0;
    let map = media.segments[0].map.as_ref().unwrap();
    let Answer::Init(init) = get(presentation, &format!("{folder}/{}", map.uri)) else {
        panic!("the map is not an init segment");
    };
    let mut init = &init[..];
    assert!(matches!(Any::decode(&mut init).unwrap(), Any::Ftyp(_)));
    let Any::Moov(moov) = Any::decode(&mut init).unwrap() else {
        panic!("no moov");
    };
    assert_eq!((moov.trak.len(), init.len()), (1, 0));
    assert!(moov.mvex.is_some());
    let mut at = 0;
    let mut seconds = 0.0;
    for segment in &media.segments {
        let Answer::Fragment(fragment) = get(presentation, &format!("{folder}/{}", segment.uri))
        else {
            panic!("{} is not a fragment", segment.uri);
        };
        check_fragment(&fragment, &mut at, false);
        assert!(segment.duration <= media.target_duration as f32);
        let duration = fragment.duration as f32 / 1e7;
        assert!((segment.duration - duration).abs() < 1e-5);
        seconds += f64::from(segment.duration);
    }
    assert!((seconds - 14.0).abs() < 0.05, "{seconds}");
    let timescale = moov.trak[0].mdia.mdhd.timescale;
    assert!((at as f64 / f64::from(timescale) - seconds).abs() < 1e-4);
    media.segments.len()
}

#[test]
fn hls() {
    if !have_ffmpeg() {
        return;
    }
    let studio = Studio::new();
    let presentation = asset(&studio);
    let master = text(&presentation, "film.ism/manifest(format=m3u8-cmaf)");
    let master = m3u8_rs::parse_master_playlist_res(master.as_bytes()).unwrap();
    assert!(master.independent_segments);
    let [sound] = master.alternatives.as_slice() else {
        panic!("one audio track");
    };
    assert_eq!((sound.group_id.as_str(), sound.default), ("audio", true));
    assert_eq!(sound.language.as_deref(), Some("eng"));
    let uri = sound.uri.as_deref().unwrap();
    assert_eq!(play_hls(&presentation, &format!("film.ism/{uri}")), 3);

    let [low, high, audio_only] = master.variants.as_slice() else {
        panic!("two variants and one without video");
    };
    assert!(low.bandwidth < high.bandwidth);
    assert_eq!(high.uri, "QualityLevels(900000)/Manifest(video,format=m3u8-cmaf)");
    assert_eq!(high.resolution.unwrap().width, 320);
    assert_eq!(high.audio.as_deref(), Some("audio"));
    assert!(high.codecs.as_deref().unwrap().ends_with(",mp4a.40.2"));
    assert_eq!(audio_only.uri, uri);
    for variant in [low, high] {
        assert_eq!(play_hls(&presentation, &format!("film.ism/{}", variant.uri)), 3);
    }
    // BANDWIDTH is an upper bound for every segment of about the target duration, headers included;
    // the last is shorter (RFC 8216, 4.3.4.2).
    for stream in presentation.streams() {
        for quality in stream.qualities() {
            for chunk in stream.timeline().chunks().take(2) {
                let format = Format::Hls(HlsFormat::Cmaf);
                let name = stream.name();
                let fragment =
                    presentation.fragment(name, quality.bitrate(), chunk.start, format).unwrap();
                let rate = fragment.content_length() * 80_000_000 / fragment.duration;
                assert!(rate <= quality.peak_bitrate());
            }
        }
    }
    let without = text(&presentation, "film.ism/Manifest(format=m3u8-cmaf,audio-only=false).m3u8");
    let without = m3u8_rs::parse_master_playlist_res(without.as_bytes()).unwrap();
    assert_eq!(without.variants.len(), 2);
}

#[test]
fn subtitles_of_hls() {
    if !have_ffmpeg() {
        return;
    }
    let studio = Studio::new();
    let file = "WEBVTT\n\n00:01.000 --> 00:02.000\none\n\n00:05.000 --> 00:13.000\nlong\n";
    let asset = asset(&studio);
    let texts = asset.text_files(["film_de.vtt"]).into_iter().map(|text| {
        let subtitles = Subtitles::parse(&text.file, file.as_bytes());
        (text, subtitles.map(Arc::new))
    });
    let presentation = asset.with_texts(texts);
    let master = text(&presentation, "film.ism/manifest(format=m3u8-cmaf)");
    let master = m3u8_rs::parse_master_playlist_res(master.as_bytes()).unwrap();
    let is_text = |media: &&AlternativeMedia| media.media_type == AlternativeMediaType::Subtitles;
    let [german] = master.alternatives.iter().filter(is_text).collect::<Vec<_>>()[..] else {
        panic!("one text track");
    };
    assert_eq!((german.group_id.as_str(), german.name.as_str()), ("subs", "German"));
    assert_eq!(german.language.as_deref(), Some("de"));
    assert!(master.variants.iter().all(|variant| variant.subtitles.as_deref() == Some("subs")));
    let uri = german.uri.as_deref().unwrap();
    let Request::Playlist { track, bitrate, format, parameters, .. } =
        Request::parse(&format!("film.ism/{uri}")).unwrap()
    else {
        panic!("{uri} is no playlist");
    };
    let view = presentation.view(&parameters, None);
    let playlist = view.playlist(&track, bitrate, format).unwrap();
    let playlist = m3u8_rs::parse_media_playlist_res(playlist.as_bytes()).unwrap();
    assert_eq!(playlist.playlist_type, Some(MediaPlaylistType::Vod));
    let shown = playlist.segments.iter().map(|segment| {
        let path = format!("film.ism/QualityLevels(1000)/{}", segment.uri);
        let Request::Fragment { track, bitrate, start, format, noun, .. } =
            Request::parse(&path).unwrap()
        else {
            panic!("{path} is no fragment");
        };
        let fragment = view.text(&track, bitrate, start, format, noun).unwrap().unwrap();
        let read = Subtitles::parse("segment.vtt", &fragment.body).unwrap();
        read.cues().iter().map(|cue| cue.text.to_string()).collect::<Vec<_>>()
    });
    let shown: Vec<_> = shown.collect();
    assert_eq!(shown, [vec!["one", "long"], vec!["long"], vec!["long"]]);
}

/// Attributes of every element with this name, in document order.
fn elements(xml: &str, name: &str) -> Vec<Vec<(String, String)>> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut found = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) | Event::Empty(start) if start.name().into_inner() == name => {
                let attributes = start.attributes().map(|attribute| {
                    let attribute = attribute.unwrap();
                    (attribute.key.into_inner().to_owned(), attribute.value.into_owned())
                });
                found.push(attributes.collect());
            }
            Event::Eof => return found,
            _ => {}
        }
    }
}

fn attribute<'a>(attributes: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|(found, _)| found == name);
    found.map(|(_, value)| value.as_str())
}

/// Splits a manifest into the parts that `name` elements enclose.
fn parts<'a>(xml: &'a str, name: &str) -> Vec<&'a str> {
    let end = format!("</{name}>");
    let open = format!("<{name} ");
    xml.split(end.as_str()).filter_map(|part| part.find(&open).map(|at| &part[at..])).collect()
}

#[test]
fn dash() {
    if !have_ffmpeg() {
        return;
    }
    let studio = Studio::new();
    let presentation = asset(&studio);
    for format in [DashFormat::Csf, DashFormat::Cmaf] {
        let path = format!("film.ism/manifest(format={})", format.name());
        let manifest = text(&presentation, &path);
        let sets = parts(&manifest, "AdaptationSet");
        assert_eq!(sets.len(), 2);
        for set in sets {
            let template = &elements(set, "SegmentTemplate")[0];
            let mut starts = Vec::new();
            let mut at = 0;
            for s in elements(set, "S") {
                at = attribute(&s, "t").map_or(at, |t| t.parse().unwrap());
                let repeat: u64 = attribute(&s, "r").map_or(0, |r| r.parse().unwrap());
                for _ in 0..=repeat {
                    starts.push(at);
                    at += attribute(&s, "d").unwrap().parse::<u64>().unwrap();
                }
            }
            assert_eq!(starts.len(), 3);
            for representation in elements(set, "Representation") {
                let bandwidth = attribute(&representation, "bandwidth").unwrap();
                let fill = |name: &str, time: u64| {
                    let url = attribute(template, name).unwrap();
                    let url = url.replace("$Bandwidth$", bandwidth);
                    format!("film.ism/{}", url.replace("$Time$", &time.to_string()))
                };
                let init = get(&presentation, &fill("initialization", 0));
                assert!(matches!(init, Answer::Init(_)));
                let mut decode_time = 0;
                for start in &starts {
                    let Answer::Fragment(fragment) = get(&presentation, &fill("media", *start))
                    else {
                        panic!("{start} is not a fragment");
                    };
                    check_fragment(&fragment, &mut decode_time, false);
                }
            }
        }
    }
}

#[test]
fn smooth() {
    if !have_ffmpeg() {
        return;
    }
    let studio = Studio::new();
    let presentation = asset(&studio);
    for (path, minor) in [("film.ism/Manifest", "2"), ("film.ism/manifest(format=fmp4-v20)", "0")] {
        let manifest = text(&presentation, path);
        let root = &elements(&manifest, "SmoothStreamingMedia")[0];
        assert_eq!(attribute(root, "MinorVersion"), Some(minor));
        let streams = parts(&manifest, "StreamIndex");
        assert_eq!(streams.len(), 2);
        for stream in streams {
            let index = &elements(stream, "StreamIndex")[0];
            let mut starts = Vec::new();
            let mut at = 0;
            for c in elements(stream, "c") {
                // Here the count is the number of fragments.
                let count: u64 = attribute(&c, "r").map_or(1, |r| r.parse().unwrap());
                for _ in 0..count {
                    starts.push(at);
                    at += attribute(&c, "d").unwrap().parse::<u64>().unwrap();
                }
            }
            assert_eq!(attribute(index, "Chunks").unwrap(), starts.len().to_string());
            for level in elements(stream, "QualityLevel") {
                let bitrate = attribute(&level, "Bitrate").unwrap();
                let mut decode_time = 0;
                for start in &starts {
                    let url = attribute(index, "Url").unwrap().replace("{bitrate}", bitrate);
                    let url = url.replace("{start time}", &start.to_string());
                    let Answer::Fragment(fragment) = get(&presentation, &format!("film.ism/{url}"))
                    else {
                        panic!("{url} is not a fragment");
                    };
                    // The client decodes from the time in the URL: no gap, no overlap.
                    assert_eq!(decode_time, *start);
                    check_fragment(&fragment, &mut decode_time, true);
                }
                assert_eq!(decode_time, at);
            }
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    if !have_ffmpeg() {
        return;
    }
    let studio = Studio::new();
    let first = asset(&studio);
    let files = ["high.mp4", "low.mp4", "sound.mp4"];
    let opened = studio.open_all(&files);
    let again = files.iter().flat_map(|file| {
        let tracks = opened[*file].tracks().iter();
        tracks.map(|track| packager::Rendition::new(*file, track.clone()))
    });
    let mut again: Vec<_> = again.collect();
    again[0].bitrate = Some(900_000);
    again[2].name = Some("aac_eng_1_69_1_1".into());
    let again = Presentation::new(again).unwrap();
    let plain = Parameters::default();
    for format in [
        Format::Smooth(SmoothFormat::Latest),
        Format::Hls(HlsFormat::Cmaf),
        Format::Dash(DashFormat::Csf),
    ] {
        assert_eq!(first.manifest(format, &plain), again.manifest(format, &plain));
        let fragment = |p: &Presentation| p.fragment("video", 900_000, 60_000_000, format).unwrap();
        assert_eq!(fragment(&first), fragment(&again));
    }
}
