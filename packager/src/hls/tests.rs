#![allow(clippy::unwrap_used)]
use std::sync::Arc;

use crate::codec::Codec;
use crate::error::Error;
use crate::format::{Format, HlsFormat};
use crate::presentation::Presentation;
use crate::stream::{Rendition, Stream};
use crate::testing::{altered, audio, presentation, video};
use crate::url::Parameters;
use crate::view::Packaged;

#[test]
fn master_playlist() {
    let text = presentation().unwrap().hls_master(HlsFormat::Cmaf, &Parameters::default()).unwrap();
    let lines: Vec<_> = text.lines().skip(3).collect();
    assert_eq!(
        lines,
        [
            "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"aac_eng_2_128000_1_1\",\
             LANGUAGE=\"eng\",DEFAULT=YES,AUTOSELECT=YES,\
             URI=\"QualityLevels(128000)/Manifest(aac_eng_2_128000_1_1,format=m3u8-cmaf)\"",
            "#EXT-X-STREAM-INF:BANDWIDTH=67384,AVERAGE-BANDWIDTH=57500,RESOLUTION=640x360,\
             CODECS=\"avc1.64001E,mp4a.40.2\",FRAME-RATE=25.000,AUDIO=\"audio\"",
            "QualityLevels(500000)/Manifest(video,format=m3u8-cmaf)",
            "#EXT-X-STREAM-INF:BANDWIDTH=67384,AVERAGE-BANDWIDTH=57500,RESOLUTION=640x360,\
             CODECS=\"avc1.64001E,mp4a.40.2\",FRAME-RATE=25.000,AUDIO=\"audio\"",
            "QualityLevels(1500000)/Manifest(video,format=m3u8-cmaf)",
            "#EXT-X-STREAM-INF:BANDWIDTH=43842,AVERAGE-BANDWIDTH=37500,\
             CODECS=\"mp4a.40.2\",AUDIO=\"audio\"",
            "QualityLevels(128000)/Manifest(aac_eng_2_128000_1_1,format=m3u8-cmaf)",
        ]
    );
    let parameters = Parameters { audio_only: Some(false), ..Parameters::default() };
    let without = presentation().unwrap().hls_master(HlsFormat::Cmaf, &parameters).unwrap();
    assert_eq!(without.lines().count(), text.lines().count() - 2);
}

#[test]
fn extensions_are_opted_in() {
    let presentation = presentation().unwrap();
    let parameters = Parameters { extensions: Some(true), ..Parameters::default() };
    let text = presentation.hls_master(HlsFormat::Cmaf, &parameters).unwrap();
    let uri = "QualityLevels(500000)/Manifest(video,format=m3u8-cmaf,extensions=true).m3u8";
    assert!(text.lines().any(|line| line == uri), "{text}");
    let view = presentation.view(&parameters, None);
    let text = view.playlist("video", 500_000, HlsFormat::Cmaf).unwrap();
    let urls: Vec<_> = text.lines().filter(|line| line.contains("Fragments(")).collect();
    assert_eq!(urls[0], "#EXT-X-MAP:URI=\"Fragments(video=i,format=m3u8-cmaf).mp4\"");
    assert_eq!(urls[1], "Fragments(video=0,format=m3u8-cmaf).m4s");
    assert_eq!(urls.len(), 4);
    let text = view.playlist("video", 500_000, HlsFormat::Aapl).unwrap();
    assert!(text.lines().any(|line| line == "Fragments(video=0,format=m3u8-aapl).ts"), "{text}");
}

#[test]
fn media_playlist() {
    let text = presentation().unwrap().hls_media("video", 500_000, HlsFormat::Cmaf).unwrap();
    assert_eq!(
        text,
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-PLAYLIST-TYPE:VOD\n\
         #EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-TARGETDURATION:7\n\
         #EXT-X-MAP:URI=\"Fragments(video=i,format=m3u8-cmaf)\"\n\
         #EXTINF:6.000000,no-desc\nFragments(video=0,format=m3u8-cmaf)\n\
         #EXTINF:6.000000,no-desc\nFragments(video=60000000,format=m3u8-cmaf)\n\
         #EXTINF:2.000000,no-desc\nFragments(video=120000000,format=m3u8-cmaf)\n\
         #EXT-X-ENDLIST\n"
    );
}

fn parameters(audio_track: Option<&str>) -> Parameters {
    Parameters { audio_track: audio_track.map(str::to_owned), ..Parameters::default() }
}

#[test]
fn version_4_has_audio_apart_and_key_frames() {
    let presentation = presentation().unwrap();
    let text = presentation.hls_master(HlsFormat::Aapl, &Parameters::default()).unwrap();
    let (both, alone) = ("BANDWIDTH=134434", "BANDWIDTH=65250");
    let of = |bitrate: u32| {
        format!(
            "#EXT-X-STREAM-INF:{both},RESOLUTION=640x360,\
             CODECS=\"avc1.64001E,mp4a.40.2\",AUDIO=\"audio\"\n\
             QualityLevels({bitrate})/Manifest(video,format=m3u8-aapl)\n\
             #EXT-X-I-FRAME-STREAM-INF:{both},RESOLUTION=640x360,CODECS=\"avc1.64001E\",\
             URI=\"QualityLevels({bitrate})/Manifest(video,format=m3u8-aapl,type=keyframes)\"\n"
        )
    };
    let sound = "QualityLevels(128000)/Manifest(aac_eng_2_128000_1_1,format=m3u8-aapl)";
    let want = format!(
        "#EXTM3U\n#EXT-X-VERSION:4\n\
         #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"aac_eng_2_128000_1_1\",\
         LANGUAGE=\"eng\",DEFAULT=YES,AUTOSELECT=YES,URI=\"{sound}\"\n\
         {}{}#EXT-X-STREAM-INF:{alone},CODECS=\"mp4a.40.2\",AUDIO=\"audio\"\n{sound}\n",
        of(500_000),
        of(1_500_000)
    );
    assert_eq!(text, want);
    let media = presentation.hls_media("video", 500_000, HlsFormat::Aapl).unwrap();
    assert_eq!(
        media,
        "#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-ALLOW-CACHE:NO\n#EXT-X-MEDIA-SEQUENCE:0\n\
         #EXT-X-TARGETDURATION:7\n#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:00.000+00:00\n\
         #EXTINF:6.000000,no-desc\nFragments(video=0,format=m3u8-aapl)\n\
         #EXTINF:6.000000,no-desc\nFragments(video=60000000,format=m3u8-aapl)\n\
         #EXTINF:2.000000,no-desc\nFragments(video=120000000,format=m3u8-aapl)\n\
         #EXT-X-ENDLIST\n"
    );
}

#[test]
fn what_transport_streams_cannot_carry_is_left_out() {
    let rendition = |file: &str, nal_length| {
        let track = altered(video(25, 1, 350, 50), |track, _| {
            let Codec::Avc(config) = &mut track.codec else { panic!("not H.264") };
            config.nal_length = nal_length;
        });
        Rendition::new(file, Arc::new(track))
    };
    let both = [rendition("a.mp4", 4), rendition("b.mp4", 2)];
    let presentation = Presentation::new(both.to_vec()).unwrap();
    let variants = |format| {
        let text = presentation.hls_master(format, &Parameters::default()).unwrap();
        text.lines().filter(|line| line.starts_with("#EXT-X-STREAM-INF")).count()
    };
    assert_eq!([HlsFormat::Cmaf, HlsFormat::Aapl, HlsFormat::AaplV3].map(variants), [2, 1, 1]);
    let [_, short] = both;
    let presentation = Presentation::new(vec![short]).unwrap();
    let refused = presentation.hls_master(HlsFormat::Aapl, &Parameters::default());
    assert!(matches!(refused, Err(Error::NotInTransportStream { .. })));
}

#[test]
fn players_choose_among_languages() {
    let sound = Arc::new(audio(48_000, 1024, 656));
    let rendition = |(name, language): (&str, &str)| {
        let mut rendition = Rendition::new("sound.mp4", Arc::clone(&sound));
        (rendition.name, rendition.language) = (Some(name.to_owned()), Some(language.to_owned()));
        rendition
    };
    let tracks = [("main", "eng"), ("french", "fra"), ("comments", "eng"), ("words", "fra")];
    let mut renditions = vec![Rendition::new("video.mp4", Arc::new(video(25, 1, 350, 50)))];
    renditions.extend(tracks.map(rendition));
    let presentation = Presentation::new(renditions).unwrap();
    let chosen = |audio_track| {
        let text = presentation.hls_master(HlsFormat::Cmaf, &parameters(audio_track)).unwrap();
        let lines = text.lines().filter(|line| line.starts_with("#EXT-X-MEDIA"));
        let values =
            |line: &str| ["DEFAULT=YES", "AUTOSELECT=YES"].map(|value| line.contains(value));
        lines.map(values).collect::<Vec<_>>()
    };
    let (default, auto, neither) = ([true, true], [false, true], [false, false]);
    assert_eq!(chosen(None), [default, auto, neither, neither]);
    assert_eq!(chosen(Some("comments")), [neither, auto, default, neither]);
}

#[test]
fn key_frames_are_ranges_of_segments() {
    let presentation = presentation().unwrap();
    let asked = Parameters { key_frames: true, ..Parameters::default() };
    let view = presentation.view(&asked, None);
    let text = view.playlist("video", 500_000, HlsFormat::Aapl).unwrap();
    let (head, list) = text.split_once("#EXT-X-I-FRAMES-ONLY\n").unwrap();
    assert_eq!(
        head,
        "#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-ALLOW-CACHE:NO\n#EXT-X-MEDIA-SEQUENCE:0\n\
         #EXT-X-TARGETDURATION:2\n#EXT-X-PLAYLIST-TYPE:VOD\n\
         #EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:00.000+00:00\n"
    );
    let lines: Vec<_> = list.lines().collect();
    // Frames of 100 bytes take a packet each, and the tables come first.
    assert_eq!(
        lines[..6],
        [
            "#EXTINF:2.000000,no-desc",
            "#EXT-X-BYTERANGE:188@376",
            "Fragments(video=0,format=m3u8-aapl)",
            "#EXTINF:2.000000,no-desc",
            "#EXT-X-BYTERANGE:188@9776",
            "Fragments(video=0,format=m3u8-aapl)",
        ]
    );
    assert_eq!((lines.len(), lines[21]), (22, "#EXT-X-ENDLIST"));
    let refused = |track, bitrate, format| view.playlist(track, bitrate, format).unwrap_err();
    for format in [HlsFormat::Cmaf, HlsFormat::AaplV3] {
        assert_eq!(refused("video", 500_000, format), Error::NoKeyFrames);
    }
    let audio = "aac_eng_2_128000_1_1";
    assert_eq!(refused(audio, 128_000, HlsFormat::Aapl), Error::NoKeyFrames);
}

/// RFC 8216 §6.2.4: the same in all media playlists of sound and picture.
#[test]
fn target_durations_are_the_same() {
    let targets = |tracks: [(&str, crate::IndexedTrack); 2], format| {
        let renditions = tracks.map(|(file, track)| Rendition::new(file, Arc::new(track)));
        let presentation = Presentation::new(renditions.to_vec()).unwrap();
        let target = |stream: &Stream| {
            let bitrate = stream.qualities()[0].bitrate();
            let text = presentation.hls_media(stream.name(), bitrate, format).unwrap();
            let line = text.lines().find_map(|line| line.strip_prefix("#EXT-X-TARGETDURATION:"));
            line.unwrap().parse::<u32>().unwrap()
        };
        presentation.streams().iter().map(target).collect::<Vec<_>>()
    };
    let film = |frames| ("video.mp4", video(25, 1, frames, 50));
    let sound = |frames| ("sound.mp4", audio(48_000, 1024, frames));
    for format in [HlsFormat::Cmaf, HlsFormat::Aapl, HlsFormat::AaplV3] {
        // Sound is cut at 5.995 s and at 12.011 s.
        assert_eq!(targets([film(350), sound(656)], format), [7, 7]);
    }
    // Sound of eight seconds more is in the last segment, or in one of its own.
    let longer = |format| targets([film(350), sound(1032)], format);
    assert_eq!(longer(HlsFormat::Aapl), [9, 9]);
    assert_eq!(longer(HlsFormat::AaplV3), [11, 11]);
}

#[test]
fn version_3_has_audio_and_video_together() {
    let presentation = presentation().unwrap();
    let text = presentation.hls_master(HlsFormat::AaplV3, &Parameters::default()).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let audio = "aac_eng_2_128000_1_1";
    let level = |bitrate: u32| {
        format!("QualityLevels({bitrate})/Manifest(video,format=m3u8-aapl-v3,audiotrack={audio})")
    };
    assert_eq!(
        lines,
        [
            "#EXTM3U",
            "#EXT-X-VERSION:3",
            "#EXT-X-STREAM-INF:BANDWIDTH=134434,RESOLUTION=640x360,\
             CODECS=\"avc1.64001E,mp4a.40.2\"",
            &level(500_000),
            "#EXT-X-STREAM-INF:BANDWIDTH=134434,RESOLUTION=640x360,\
             CODECS=\"avc1.64001E,mp4a.40.2\"",
            &level(1_500_000),
            "#EXT-X-STREAM-INF:BANDWIDTH=65250,CODECS=\"mp4a.40.2\"",
            "QualityLevels(128000)/Manifest(aac_eng_2_128000_1_1,format=m3u8-aapl-v3)",
        ]
    );
    let chosen = parameters(Some(audio));
    let view = presentation.view(&chosen, None);
    let media = view.playlist("video", 500_000, HlsFormat::AaplV3).unwrap();
    let uri = format!("Fragments(video=60000000,format=m3u8-aapl-v3,audiotrack={audio})");
    assert_eq!(media.lines().nth(9), Some(uri.as_str()));
    // The audio is there whether it is named or not; in a playlist of its own, it is alone.
    let format = Format::Hls(HlsFormat::AaplV3);
    let files = |parameters: &Parameters, track, bitrate| {
        let view = presentation.view(parameters, None);
        let Packaged::Segment(segment, None) = view.fragment(track, bitrate, 0, format).unwrap()
        else {
            panic!("not a segment");
        };
        segment.files().iter().map(|file| file.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(files(&chosen, "video", 500_000), ["low.mp4", "sound.mp4"]);
    assert_eq!(files(&parameters(None), "video", 500_000), ["low.mp4", "sound.mp4"]);
    assert_eq!(files(&parameters(None), audio, 128_000), ["sound.mp4"]);
    for name in ["video", "nix"] {
        let unknown = parameters(Some(name));
        let view = presentation.view(&unknown, None);
        let error = view.fragment("video", 500_000, 0, format).unwrap_err();
        assert!(matches!(error, Error::NoSuchTrack { .. }), "{error}");
    }
}

#[test]
fn transport_streams_have_no_initialization_segment() {
    let presentation = presentation().unwrap();
    let asked = Parameters::default();
    let view = presentation.view(&asked, None);
    for (format, want) in [
        (HlsFormat::Aapl, Some(Error::NoInitSegment)),
        (HlsFormat::AaplV3, Some(Error::NoInitSegment)),
        (HlsFormat::Cmaf, None),
    ] {
        assert_eq!(view.init("video", 500_000, Format::Hls(format)).err(), want);
    }
}
