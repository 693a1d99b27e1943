//! Smooth Streaming as clients of it ask: manifests of both versions, and all nouns of a fragment.

use acceptance::{Element, decode, elements, ffprobe, smooth_init};

use crate::stage::Stage;

/// What of the elements of a manifest has a name.
fn named<'a>(all: &'a [Element], name: &str) -> Vec<&'a Element> {
    all.iter().filter(|element| element.name == name).collect()
}

#[test]
fn every_fragment_that_the_manifest_lists_is_there() {
    let stage = Stage::shared();
    let manifest = stage.get("film.ism/Manifest").expect(200);
    let all = elements(manifest.text());
    let media = named(&all, "SmoothStreamingMedia")[0];
    assert_eq!((media.get("MajorVersion"), media.get("MinorVersion")), ("2", "2"));
    assert_eq!(media.get("TimeScale"), "10000000");
    let duration: u64 = media.get("Duration").parse().unwrap();
    assert!((140_000_000..141_000_000).contains(&duration), "{duration}");
    let streams = named(&all, "StreamIndex");
    let of = |name| streams.iter().map(|stream| stream.get(name)).collect::<Vec<_>>();
    assert_eq!(of("Type"), ["video", "audio", "audio"]);
    assert_eq!(of("QualityLevels"), ["2", "1", "1"]);
    assert_eq!(of("Language"), ["", "eng", "fra"]);
    assert_eq!(of("Name")[1..], ["aac_eng", "aac_fra"]);
    for level in named(&all, "QualityLevel") {
        let video = level.get("FourCC") == "H264";
        let codec = level.get("CodecPrivateData");
        assert!(codec.starts_with(if video { "00000001" } else { "11" }), "{codec}");
        for (name, of_audio) in [
            ("MaxWidth", ""),
            ("MaxHeight", ""),
            ("AudioTag", "255"),
            ("BitsPerSample", "16"),
            ("Channels", "2"),
            ("PacketSize", "4"),
            ("SamplingRate", "48000"),
        ] {
            let value = level.get(name);
            assert!(
                if video { name.starts_with("Max") != value.is_empty() } else { value == of_audio },
                "{name}"
            );
        }
    }
    // Walked as a client does: the times come from durations and repetitions, in document order.
    let mut urls = Vec::new();
    for stream in all
        .iter()
        .filter(|element| ["StreamIndex", "QualityLevel", "c"].contains(&element.name.as_str()))
    {
        match stream.name.as_str() {
            "StreamIndex" => urls.push((stream, Vec::new(), Vec::new(), 0)),
            "QualityLevel" => urls.last_mut().unwrap().1.push(stream.get("Bitrate")),
            _ => {
                let (_, _, starts, next) = urls.last_mut().unwrap();
                let number = |name: &str| stream.get(name).parse::<u64>().ok();
                *next = number("t").unwrap_or(*next);
                for _ in 0..number("r").unwrap_or(1) {
                    starts.push(*next);
                    *next += number("d").unwrap();
                }
            }
        }
    }
    for (stream, bitrates, starts, end) in urls {
        assert_eq!(starts.len().to_string(), stream.get("Chunks"));
        assert!(end <= duration && end + 1_000_000 > duration, "{end}");
        for bitrate in bitrates {
            for start in &starts {
                let url = stream.get("Url").replace("{bitrate}", bitrate);
                let url = url.replace("{start time}", &start.to_string());
                let kind = format!("{}/mp4", stream.get("Type"));
                stage
                    .get(&format!("film.ism/{url}"))
                    .expect(200)
                    .expect_header("content-type", &kind);
            }
        }
    }
}

#[test]
fn version_2_0_lists_what_2_2_repeats() {
    let stage = Stage::shared();
    let old = stage.get("film.ism/Manifest(format=fmp4-v20)").expect(200);
    let new = stage.get("film.ism/Manifest(format=fmp4)").expect(200);
    assert_eq!(new.body, stage.get("film.ism/Manifest").expect(200).body);
    let (old, new) = (elements(old.text()), elements(new.text()));
    assert_eq!(named(&old, "SmoothStreamingMedia")[0].get("MinorVersion"), "0");
    assert!(named(&old, "c").iter().all(|c| c.get("r").is_empty()));
    assert!(named(&new, "c").iter().any(|c| !c.get("r").is_empty()));
    let chunks: usize =
        named(&old, "StreamIndex").iter().map(|s| s.get("Chunks").parse::<usize>().unwrap()).sum();
    assert_eq!(named(&old, "c").len(), chunks);
    let repeated = |c: &&Element| c.get("r").parse::<usize>().unwrap_or(1);
    assert_eq!(named(&new, "c").iter().map(repeated).sum::<usize>(), chunks);
}

#[test]
fn the_nouns_of_a_fragment() {
    let stage = Stage::shared();
    for (kind, level, track, key_frames) in
        [("video", 200_000, "video", 3), ("audio", 64_000, "aac_fra", 281)]
    {
        let of = |noun: &str| {
            let url = format!("film.ism/QualityLevels({level})/{noun}({track}=0)");
            stage.get(&url).expect(200).expect_header("content-type", &format!("{kind}/mp4")).body
        };
        let (whole, info, raw) = (of("Fragments"), of("FragmentInfo"), of("RawFragments"));
        assert_eq!(&info[4..8], b"moof");
        assert_eq!(u32::from_be_bytes(info[..4].try_into().unwrap()) as usize, info.len());
        let size = u32::try_from(raw.len() + 8).unwrap().to_be_bytes();
        assert!(whole == [&info[..], &size, b"mdat", &raw].concat(), "{kind}");

        let url =
            format!("film.ism/QualityLevels({level})/Fragments({track}=i,format=mpd-time-csf)");
        let init = smooth_init(&stage.get(&url).expect(200).body);
        let select = &kind[..1];
        let all = decode(&[&init[..], &whole].concat(), select);
        let only = [&init[..], &of("KeyFrames")].concat();
        let keys = decode(&only, select);
        assert_eq!(keys.count, key_frames, "{kind}");
        assert!(keys.first.abs() < 0.001 && all.first.abs() < 0.001, "{keys:?}");
        if kind == "video" {
            assert!((keys.last - 4.0).abs() < 0.001 && all.count == 150, "{keys:?}");
            let times = ffprobe(&only, "-show_entries packet=dts_time");
            assert_eq!(times, ["0.000000", "2.000000", "4.000000"]);
        }
    }
}

#[test]
fn only_smooth_streaming_has_these_nouns() {
    let stage = Stage::shared();
    for (url, status, code) in [
        ("KeyFrames(video=0,format=m3u8-cmaf)", 415, "MPE_OUTPUT_FORMAT_NOT_SUPPORTED"),
        ("FragmentInfo(video=0,format=mpd-time-csf)", 415, "MPE_OUTPUT_FORMAT_NOT_SUPPORTED"),
        ("RawFragments(video=1)", 404, "MPE_FRAGMENT_TIMESTAMP_NOT_FOUND"),
        ("KeyFrames(nope=0)", 404, "MPE_EGRESS_TRACK_NOT_FOUND"),
        ("FragmentInfo(video=i)", 400, "MPE_BAD_URL_SYNTAX"),
        ("Samples(video=0)", 400, "MPE_BAD_URL_SYNTAX"),
    ] {
        let reply = stage.get(&format!("film.ism/QualityLevels(200000)/{url}")).expect(status);
        assert!(reply.text().contains(code), "{reply}");
    }
}

#[test]
fn sound_without_a_picture() {
    let stage = Stage::shared();
    let manifest = stage.get("sound.ism/Manifest").expect(200);
    let all = elements(manifest.text());
    let streams = named(&all, "StreamIndex");
    assert_eq!(streams.iter().map(|s| s.get("Type")).collect::<Vec<_>>(), ["audio"]);
    let bitrate = named(&all, "QualityLevel")[0].get("Bitrate");
    let url = streams[0].get("Url").replace("{bitrate}", bitrate).replace("{start time}", "0");
    stage.get(&format!("sound.ism/{url}")).expect(200).expect_header("content-type", "audio/mp4");
}
