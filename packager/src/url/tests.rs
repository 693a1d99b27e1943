#![allow(clippy::unwrap_used)]
use super::*;
use crate::format::{DashFormat, Encryption, SmoothFormat};

fn manifest(path: &str) -> (Format, bool) {
    match Request::parse(path).unwrap() {
        Request::Manifest { ism, format, parameters } => {
            assert_eq!(ism, "Film.ism", "{path}");
            (format, parameters.audio_only.unwrap_or(true))
        }
        other => panic!("{path}: {other:?}"),
    }
}

#[test]
fn manifests() {
    let smooth = Format::Smooth(SmoothFormat::Latest);
    let cmaf = Format::Hls(HlsFormat::Cmaf);
    let csf = Format::Dash(DashFormat::Csf);
    for (path, format, audio_only) in [
        ("Film.ism/Manifest", smooth, true),
        ("Film.ism/manifest", smooth, true),
        ("Film.ism/MANIFEST(FORMAT=fmp4)", smooth, true),
        ("Film.ism/manifest()", smooth, true),
        ("Film.ism/Manifest(format=fmp4-v20)", Format::Smooth(SmoothFormat::V20), true),
        ("Film.ism/manifest(format=m3u8-cmaf)", cmaf, true),
        ("Film.ism/manifest(format=m3u8-aapl-v4).m3u8", Format::Hls(HlsFormat::Aapl), true),
        ("Film.ism/manifest(format=m3u8-cmaf, audio-only=false)", cmaf, false),
        ("Film.ism/manifest%28format%3Dmpd-time-csf%29.mpd", csf, true),
        ("Film.ism/Manifest.m3u8", smooth, true),
        ("Film.ism/Manifest(format=m3u8-cmaf).ism", cmaf, true),
        ("Film.ism/Manifest (format = m3u8-cmaf , ).M3U8", cmaf, true),
        ("%46ilm%2Eism/%4danifest(,)", smooth, true),
    ] {
        assert_eq!(manifest(path), (format, audio_only), "{path}");
    }
}

#[test]
fn playlists_init_segments_and_fragments() {
    let ism = || "Film.ism".to_owned();
    let (track, bitrate) = ("aac_eng_2_128041_2_1".to_owned(), 128_041);
    assert_eq!(
        Request::parse(
            "Film.ism/QualityLevels(128041)/Manifest(aac_eng_2_128041_2_1,format=m3u8-aapl)"
        ),
        Ok(Request::Playlist {
            ism: ism(),
            bitrate,
            track: track.clone(),
            format: HlsFormat::Aapl,
            parameters: Parameters::default(),
        })
    );
    let format = Format::Dash(DashFormat::Cmaf);
    for init in ["i", "init", "I"] {
        let path = format!(
            "Film.ism/qualitylevels(128041)/fragments({track}={init},Format=mpd-time-cmaf)"
        );
        let parameters = Parameters::default();
        let want = Request::Init { ism: ism(), bitrate, track: track.clone(), format, parameters };
        assert_eq!(Request::parse(&path), Ok(want));
    }
    assert_eq!(
        Request::parse("Film.ism/QualityLevels(500000)/Fragments(video=60060000)"),
        Ok(Request::Fragment {
            ism: ism(),
            bitrate: 500_000,
            track: "video".to_owned(),
            start: 60_060_000,
            noun: FragmentNoun::Fragments,
            format: Format::Smooth(SmoothFormat::Latest),
            parameters: Parameters::default(),
        })
    );
}

#[test]
fn extensions_change_nothing() {
    for (plain, with) in [
        ("a.ism/QualityLevels(5)/Fragments(v=0,format=m3u8-aapl)", ".ts"),
        ("a.ism/QualityLevels(5)/Fragments(v=0,format=mpd-time-csf)", ".M4S"),
        ("a.ism/QualityLevels(5)/Fragments(v=i,format=m3u8-cmaf)", ".mp4"),
        ("a.ism/QualityLevels(5)/Manifest(v,format=m3u8-cmaf)", ".m3u8"),
        ("a.ism/manifest(format=mpd-time-cmaf)", ".mpd"),
    ] {
        assert_eq!(Request::parse(&format!("{plain}{with}")), Request::parse(plain), "{plain}");
    }
    let Ok(request) = Request::parse("a.ism/manifest(format=m3u8-cmaf,Extensions=TRUE)") else {
        panic!()
    };
    assert_eq!(request.parameters().extensions, Some(true));
    assert_eq!(request.parameters().repeated(), ",extensions=true");
    assert_eq!(request.parameters().suffix(".ts"), ".ts");
}

#[test]
fn nouns_of_smooth_streaming() {
    for (path, want) in [
        ("Fragments(video=5)", FragmentNoun::Fragments),
        ("FragmentInfo(video=5)", FragmentNoun::FragmentInfo),
        ("KEYFRAMES(video=5,format=fmp4-v20)", FragmentNoun::KeyFrames),
        ("rawfragments(video=5,encryption=cenc)", FragmentNoun::RawFragments),
    ] {
        let request = Request::parse(&format!("a.ism/QualityLevels(5)/{path}"));
        let Ok(Request::Fragment { track, start, noun, .. }) = request else {
            panic!("{path}: {request:?}");
        };
        assert_eq!((track.as_str(), start, noun), ("video", 5, want));
    }
}

#[test]
fn transport_streams() {
    for (format, want) in [
        ("m3u8-aapl", HlsFormat::Aapl),
        ("M3U8-AAPL-V4", HlsFormat::Aapl),
        ("m3u8-AAPL-v3", HlsFormat::AaplV3),
    ] {
        let path = format!("a.ism/QualityLevels(5)/Manifest(video,format={format},Type=KeyFrames)");
        let Ok(Request::Playlist { format, parameters, .. }) = Request::parse(&path) else {
            panic!("{path}");
        };
        assert_eq!((format, parameters.key_frames), (want, true));
    }
    let path = "a.ism/QualityLevels(5)/Fragments(video=0,format=m3u8-aapl-v3,audioTrack=eng)";
    let Ok(Request::Fragment { parameters, .. }) = Request::parse(path) else {
        panic!("{path}");
    };
    assert_eq!(parameters.audio_track.as_deref(), Some("eng"));
}

#[test]
fn formats_that_do_not_fit() {
    for (path, format) in [
        ("a.ism/QualityLevels(1)/KeyFrames(video=0,format=m3u8-cmaf)", "m3u8-cmaf"),
        ("a.ism/QualityLevels(1)/FragmentInfo(video=i,format=mpd-time-csf)", "mpd-time-csf"),
        ("a.ism/manifest(format=f4m-f4f)", "f4m-f4f"),
        ("a.ism/manifest(format=m3u8-aapl-v5)", "m3u8-aapl-v5"),
        ("a.ism/QualityLevels(1)/Manifest(video)", ""),
        ("a.ism/QualityLevels(1)/Manifest(video,format=mpd-time-csf)", "mpd-time-csf"),
    ] {
        assert_eq!(Request::parse(path), Err(unsupported(format)), "{path}");
    }
    assert_eq!(
        Request::parse("a.ism/manifest(format=m3u8-cmaf,colour=red)"),
        Err(UrlError::UnsupportedParameter { name: "colour".to_owned() })
    );
}

#[test]
fn what_is_missing_or_wrong_is_told() {
    for (path, told) in [
        ("a.ism", "expected /manifest behind a.ism"),
        ("a.ism/", "expected /manifest behind a.ism"),
        ("a.ism/QualityLevels(5)", "expected /Fragments(…) or /Manifest(…) behind"),
        ("a.ism/manifests", "unknown noun \"manifests\""),
        ("a.ism/QualityLevels(1)/Manifest(video,format=m3u8-aapl,type=all)", "type is keyframes"),
    ] {
        match Request::parse(path) {
            Err(UrlError::Syntax { problem }) => assert!(problem.contains(told), "{problem}"),
            other => panic!("{path}: {other:?}"),
        }
    }
}

#[test]
fn hostile_and_foreign_paths() {
    for path in ["", "film.mp4", "manifest", "é", "..", "a.isml/manifest"] {
        assert_eq!(Request::parse(path), Err(UrlError::NotStreaming), "{path}");
    }
    let long = format!("a.ism/manifest({})", "x".repeat(MAX_PATH));
    for path in [
        "a.ism",
        "a.ism/",
        "../a.ism/manifest",
        "..%2fa.ism/manifest",
        "a.ism%2fmanifest",
        "a%00.ism/manifest",
        "a.ism/manifest%00",
        "a.ism/manifest%2f",
        "a.ism/manifest/",
        "a.ism//manifest",
        "a.ism/manifest(format=)",
        "a.ism/manifest(extensions=maybe)",
        "a.ism/manifest(extensions=true,extensions=true)",
        "a.ism/manifest(format=fmp4).ts",
        "a.ism/manifest(format=fmp4)m3u8",
        "a.ism/QualityLevels(5).ts/Fragments(video=0)",
        "a.ism/QualityLevels()/Fragments(video=0)",
        "a.ism/QualityLevels(5)/Fragments(video=0).exe",
        "a.ism/QualityLevels(5)/Fragments(video=0).",
        "a.ism/QualityLevels(5)/Fragments(vi%2fdeo=0)",
        "a.ism/QualityLevels(5)/Fragments()",
        "a.ism/QualityLevels(5)/Fragments",
        "a.ism/QualityLevels(5)/Fragments(video=)",
        ".ism/manifest",
        "a\\..\\b.ism/manifest",
        "a.ism/manifest(format=fmp4",
        "a.ism/manifest(format=fmp4).exe",
        "a.ism/manifest(format=fmp4,format=fmp4)",
        "a.ism/manifest((format=fmp4))",
        "a.ism/manifest(format=fmp4(x))",
        "a.ism/manifest)format=fmp4(",
        "a.ism/../manifest",
        "a.ism/manifest(filter=)",
        "a.ism/manifest(filter=;;)",
        "a.ism/manifest(filter=a,filter=b)",
        "a.ism/manifest(filter=a;b;c;d)",
        "a.ism/manifest(audioTrack=)",
        "a.ism/QualityLevels(5)/Manifest(format=m3u8-cmaf)",
        "a.ism/QualityLevels(5)/Fragments(format=m3u8-cmaf)",
        "a.ism/QualityLevels(+5)/Fragments(video=0)",
        "a.ism/QualityLevels(5)/Fragments(video=-1)",
        "a.ism/QualityLevels(5)/Fragments(video=99999999999999999999)",
        "a.ism/QualityLevels(5)/Fragments(=0)",
        "a.ism/QualityLevels(5)/Fragments(video)",
        "a.ism/QualityLevels(5)/KeyFrame(video=0)",
        "a.ism/QualityLevels(5)/KeyFrames(video)",
        "a.ism/%ff/manifest",
        &long,
    ] {
        let parsed = Request::parse(path);
        let refused = matches!(parsed, Err(UrlError::Syntax { .. } | UrlError::NotStreaming));
        assert!(refused, "{path}: {parsed:?}");
    }
}

#[test]
fn parameters_in_any_order_and_case() {
    let want = Parameters {
        audio_only: Some(false),
        audio_track: Some("aac_eng".to_owned()),
        filters: vec!["Mobile".to_owned(), "two words".to_owned()],
        encryption: None,
        extensions: None,
        key_frames: false,
    };
    for path in [
        "a.ism/manifest(format=m3u8-cmaf,filter=Mobile;two words,audio-only=false,audioTrack=aac_eng)",
        "a.ism/Manifest( FILTER = Mobile ; two%20words , AudioTrack=aac_eng,Audio-Only=FALSE, Format=M3U8-CMAF )",
        "a.ism/manifest(audiotrack=aac_eng,audio-only=false,filter=Mobile;two words;,format=m3u8-cmaf).m3u8",
    ] {
        let format = Format::Hls(HlsFormat::Cmaf);
        let request =
            Request::Manifest { ism: "a.ism".to_owned(), format, parameters: want.clone() };
        assert_eq!(Request::parse(path), Ok(request), "{path}");
    }
    for path in [
        "a.ism/QualityLevels(5)/Fragments(video=7,filter=x,format=m3u8-cmaf)",
        "a.ism/QualityLevels(5)/Fragments(format=m3u8-cmaf,filter=x,video=7)",
    ] {
        let Ok(Request::Fragment { track, start, format, parameters, .. }) = Request::parse(path)
        else {
            panic!("{path}");
        };
        assert_eq!((track.as_str(), start), ("video", 7));
        assert_eq!(format, Format::Hls(HlsFormat::Cmaf));
        assert_eq!(parameters.filters, ["x"]);
    }
}

#[test]
fn filters_are_repeated_in_a_form_that_parses() {
    let filters = vec!["a b".to_owned(), "\u{e4}\"%".to_owned()];
    let parameters = Parameters { filters, ..Parameters::default() };
    assert_eq!(parameters.repeated(), ",filter=a%20b;%C3%A4%22%25");
    let path =
        format!("a.ism/QualityLevels(5)/Manifest(v,format=m3u8-cmaf{})", parameters.repeated());
    let Ok(Request::Playlist { parameters: parsed, .. }) = Request::parse(&path) else {
        panic!("{path}");
    };
    assert_eq!(parsed, parameters);
    assert_eq!(Parameters::default().repeated(), "");
}

#[test]
fn encryption_is_read_and_repeated() {
    for (path, want) in [
        ("a.ism/manifest(format=m3u8-aapl,encryption=cbc)", Encryption::Cbc),
        ("a.ism/manifest(encryption=CENC)", Encryption::Cenc),
        ("a.ism/QualityLevels(1)/Manifest(v,format=m3u8-cmaf,encryption=cbcs)", Encryption::Cbcs),
        ("a.ism/QualityLevels(1)/Fragments(v=i, Encryption=cbcs-aapl)", Encryption::Cbcs),
        ("a.ism/QualityLevels(1)/Fragments(encryption=cbcs-aapl,v=0)", Encryption::Cbcs),
    ] {
        let request = Request::parse(path).unwrap();
        assert_eq!(request.ism(), "a.ism");
        let parameters = request.parameters();
        assert_eq!(parameters.encryption, Some(want), "{path}");
        for repeated in [parameters.repeated(), parameters.repeated_in_fragments()] {
            let again = Request::parse(&format!("a.ism/manifest(format=fmp4{repeated})")).unwrap();
            assert_eq!(again.parameters(), parameters);
        }
    }
    for path in ["a.ism/manifest(encryption=none)", "a.ism/manifest(encryption=cbc,encryption=cbc)"]
    {
        assert!(matches!(Request::parse(path), Err(UrlError::Syntax { .. })), "{path}");
    }
}

proptest::proptest! {
    /// Whatever the path, it is read or refused, and what is read is within bounds.
    #[test]
    fn any_path_is_read_or_refused(
        path in "[a-zA-Z0-9()=,;.%/ äöé-]{0,60}",
        tail in "(/[Mm]anifest|/QualityLevels\\([0-9]{0,21}\\)/(Fragments|Manifest))\\([a-z0-9=,;. ()-]{0,40}\\)?",
    ) {
        for text in [path.clone(), format!("{path}.ism{tail}"), format!("a.ism{tail}")] {
            if let Ok(request) = Request::parse(&text) {
                proptest::prop_assert!(request.parameters().filters.len() <= 3);
            }
        }
    }
}
