//! Files with everything wrong, and what a presentation does with files.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::testing::presentation;
use crate::{
    Condition, Error, Filter, Format, FragmentNoun, HlsFormat, MediaEntry, MediaKind, MediaType,
    Parameters, Presentation, ServerManifest, SmoothFormat, TimeRange, TrackProperty,
    TrackSelection,
};

fn parse(text: &str) -> Subtitles {
    Subtitles::parse("a.vtt", text.as_bytes()).unwrap()
}

/// Start and end in milliseconds, and the text.
fn shown(subtitles: &Subtitles) -> Vec<(u64, u64, &str)> {
    subtitles.cues().iter().map(|cue| (cue.start / 10_000, cue.end / 10_000, &*cue.text)).collect()
}

fn oddities(subtitles: &Subtitles) -> Vec<(usize, TextOddity)> {
    subtitles.warnings().iter().map(|warning| (warning.line, warning.oddity)).collect()
}

#[test]
fn a_file_with_everything_that_the_standard_has() {
    let subtitles = parse(
        "\u{feff}WEBVTT - a film\r\nKind: captions\r\n\r\nSTYLE\r\n::cue { color: red }\r\n\r\n\
         REGION\r\nid:fred\r\nwidth:40%\r\n\r\nNOTE a comment\r\nof two lines\r\n\r\n\
         1\r\n00:01.000 --> 00:02.500 region:fred align:start\r\n<v Fred>Hi\r\nthere</v>\r\n\r\n\
         intro - with a name\r\n00:00:03.000 --> 01:00:04.000\r\n- a &amp; b\r\n\r\n\
         00:05.000-->00:06.000\r\nno spaces",
    );
    assert_eq!(
        shown(&subtitles),
        [
            (1000, 2500, "<v Fred>Hi\nthere</v>"),
            (3000, 3_604_000, "- a &amp; b"),
            (5000, 6000, "no spaces")
        ]
    );
    assert_eq!(oddities(&subtitles), []);
    let ids: Vec<_> = subtitles.cues().iter().map(|cue| &*cue.id).collect();
    assert_eq!(ids, ["1", "intro - with a name", ""]);
    assert_eq!(&*subtitles.cues()[0].settings, "region:fred align:start");
    let text = subtitles.webvtt(&(0..u64::MAX), "", 0);
    assert!(text.starts_with(
        "WEBVTT\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:fred\nwidth:40%\n\n1\n\
         00:00:01.000 --> 00:00:02.500 region:fred align:start\n<v Fred>Hi\nthere</v>\n\n"
    ));
    assert_eq!(parse(&text).cues(), subtitles.cues());
}

#[test]
fn lines_end_as_they_like() {
    for end in ["\n", "\r", "\r\n"] {
        let text = "WEBVTT||00:00.000 --> 00:01.000|a|b||||00:01.000 --> 00:02.000|c|bad|bad -->|d";
        let subtitles = parse(&text.replace('|', end));
        assert_eq!(shown(&subtitles), [(0, 1000, "a\nb"), (1000, 2000, "c\nbad")], "{end:?}");
        assert_eq!(oddities(&subtitles), [(12, TextOddity::BadTiming)], "{end:?}");
    }
}

#[test]
fn what_cannot_be_read_is_skipped_and_told() {
    let subtitles = parse(
        "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n\n\
         00:00:05,000 --> 00:00:06,000\ncommas of SubRip\n\n\
         00:09.000 --> 00:08.000\nbackwards\n\n00:07.000 --> 00:07.000\nno time\n\n\
         00:20.000 --> 00:21.000 bogus:1 line:x-->y position:10%,line-left line:\nlate\n\n\
         00:10.000 --> 00:30.000\nearly\n\nSTYLE\n::cue { color: red }\n\n\
         00:40.000 --> 00:41.000\n00:42.000 --> 00:43.000\n\n-->\n\nid only\n",
    );
    assert_eq!(
        shown(&subtitles),
        [
            (10_000, 30_000, "early"),
            (20_000, 21_000, "late"),
            (40_000, 41_000, ""),
            (42_000, 43_000, "")
        ]
    );
    assert_eq!(&*subtitles.cues()[1].settings, "position:10%,line-left");
    assert_eq!(
        oddities(&subtitles),
        [
            (2, TextOddity::TimestampMap),
            (4, TextOddity::BadTiming),
            (7, TextOddity::NeverShown),
            (10, TextOddity::NeverShown),
            (16, TextOddity::OutOfOrder),
            (19, TextOddity::LateDefinition),
            (25, TextOddity::BadTiming),
        ]
    );
    assert!(!subtitles.webvtt(&(0..u64::MAX), "", 0).contains("::cue"));
    let harmless = parse("WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n\n");
    assert_eq!(oddities(&harmless), []);
}

#[test]
fn a_cue_may_follow_the_header_at_once() {
    let subtitles = parse("WEBVTT\nsome header\n00:01.000 --> 00:02.000\na");
    assert_eq!(shown(&subtitles), [(1000, 2000, "a")]);
    assert_eq!(shown(&parse("WEBVTT\tcomment\n\n\n\n00:01.000\t-->\t00:02.000\na")).len(), 1);
    assert_eq!(shown(&parse("WEBVTT")), []);
}

#[test]
fn what_is_no_webvtt_is_refused_with_its_line() {
    let fail = |bytes: &[u8]| Subtitles::parse("film.en.vtt", bytes).unwrap_err();
    for bytes in [
        &b""[..],
        b"\n",
        b"webvtt\n",
        b" WEBVTT\n",
        b"WEBVTTX\n",
        b"1\n00:00:01,000 --> 00:00:02,000\nSubRip\n",
        b"\xff\xfeW\0E\0B\0V\0T\0T\0",
        b"\0\0\0\x18ftypmp42",
    ] {
        let error = fail(bytes);
        assert_eq!((error.line, &error.problem), (1, &TextProblem::NoSignature), "{bytes:?}");
    }
    assert_eq!(fail(b"").to_string(), "film.en.vtt: line 1: the file does not start with WEBVTT");
    let large = vec![b'\n'; MAX_FILE + 1];
    assert_eq!(fail(&large).problem, TextProblem::TooLarge { limit: MAX_FILE });
    let many = format!("WEBVTT\n{}", "\n00:00.000-->00:00.001\n".repeat(100_001));
    let error = fail(many.as_bytes());
    assert_eq!((error.line, error.problem), (200_004, TextProblem::TooManyCues { limit: 100_000 }));
    let other = Subtitles::parse("film.srt", b"WEBVTT").unwrap_err();
    assert_eq!(other.problem, TextProblem::UnknownFormat);
}

#[test]
fn bytes_that_are_no_text_are_replaced() {
    let file = b"WEBVTT\r\n\r\n00:00.000 --> 00:01.000\r\ncaf\xe9 \0\r\n";
    let subtitles = Subtitles::parse("a.vtt", file).unwrap();
    assert_eq!(shown(&subtitles), [(0, 1000, "caf\u{fffd} \u{fffd}")]);
    assert_eq!(oddities(&subtitles), [(4, TextOddity::NotUtf8)]);
}

#[test]
fn definitions_and_warnings_are_bounded() {
    let style = format!("STYLE\n{}\n\n", "x".repeat(1000));
    let subtitles = parse(&format!("WEBVTT\n\n{}{}", style.repeat(40), "-->\n\n".repeat(1000)));
    let kept = subtitles.webvtt(&(0..1), "", 0);
    assert!(kept.len() <= webvtt::MAX_DEFINITIONS + 16 && kept.len() > 30_000, "{}", kept.len());
    assert_eq!(subtitles.warnings().len(), 16);
    assert_eq!(subtitles.warnings()[0].oddity, TextOddity::TooManyDefinitions);
}

#[test]
fn pictures_for_a_seek_bar_are_no_subtitles() {
    let sprite = "WEBVTT\n\n00:00.000 --> 00:05.000\nsprite.jpg#xywh=0,0,160,90\n";
    assert!(parse(sprite).are_thumbnails());
    assert!(!parse(&format!("{sprite}\n00:05.000 --> 00:06.000\ntext\n")).are_thumbnails());
    assert!(!parse("WEBVTT\n").are_thumbnails());
}

const ENGLISH: &str = "WEBVTT\n\n00:01.000 --> 00:02.000\none\n\n00:05.000 --> 00:07.000\nacross\n\n\
    00:13.000 --> 00:13.500\nlast\n\n20:00:00.000 --> 21:00:00.000\nnever\n";

/// The presentation of 14 s in fragments of 6, 6 and 2 s, with these files.
fn with(files: &[(&str, &str)]) -> Presentation {
    let presentation = presentation().unwrap();
    add(&presentation, files)
}

fn add(presentation: &Presentation, files: &[(&str, &str)]) -> Presentation {
    let found = presentation.text_files(files.iter().map(|(name, _)| *name));
    let content = |name: &str| files.iter().find(|(known, _)| *known == name).unwrap().1;
    presentation.with_texts(found.into_iter().map(|file| {
        let subtitles = Subtitles::parse(&file.file, content(&file.file).as_bytes());
        (file, subtitles.map(Arc::new))
    }))
}

fn get(presentation: &Presentation, name: &str, start: u64, format: Format) -> Vec<u8> {
    let parameters = Parameters::default();
    let view = presentation.view(&parameters, None);
    let found = view.text(name, 1000, start, format, FragmentNoun::Fragments).unwrap();
    found.unwrap().body.to_vec()
}

fn get_text(presentation: &Presentation, name: &str, start: u64, format: Format) -> String {
    String::from_utf8(get(presentation, name, start, format)).unwrap()
}

const HLS: Format = Format::Hls(HlsFormat::Cmaf);
const DASH: Format = Format::Dash(crate::DashFormat::Csf);
const SMOOTH: Format = Format::Smooth(SmoothFormat::Latest);

#[test]
fn segments_are_cut_where_the_video_is() {
    let presentation = with(&[("film.en.vtt", ENGLISH)]);
    let head = "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n\n";
    let across = "00:00:05.000 --> 00:00:07.000\nacross\n\n";
    for (start, want) in [
        (0, format!("{head}00:00:01.000 --> 00:00:02.000\none\n\n{across}")),
        (60_000_000, format!("{head}{across}")),
        (120_000_000, format!("{head}00:00:13.000 --> 00:00:13.500\nlast\n\n")),
    ] {
        assert_eq!(get_text(&presentation, "film.en", start, HLS), want);
        // Transport streams start at 10 seconds.
        let want = want.replace("MPEGTS:0", "MPEGTS:900000");
        let transport = Format::Hls(HlsFormat::Aapl);
        assert_eq!(get_text(&presentation, "film.en", start, transport), want);
    }
    let parameters = Parameters::default();
    let view = presentation.view(&parameters, None);
    assert_eq!(
        view.playlist("film.en", 1000, HlsFormat::Cmaf).unwrap(),
        "#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MEDIA-SEQUENCE:0\n\
         #EXT-X-TARGETDURATION:6\n\
         #EXTINF:6.000000,no-desc\nFragments(film.en=0,format=m3u8-cmaf).vtt\n\
         #EXTINF:6.000000,no-desc\nFragments(film.en=60000000,format=m3u8-cmaf).vtt\n\
         #EXTINF:2.000000,no-desc\nFragments(film.en=120000000,format=m3u8-cmaf).vtt\n\
         #EXT-X-ENDLIST\n"
    );
    // As the other playlists of transport streams have.
    let transport = view.playlist("film.en", 1000, HlsFormat::Aapl).unwrap();
    assert!(transport.contains(
        ":6\n#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:00.000+00:00\n#EXTINF:6.000000,no-desc\n"
    ));
    let text = |name, bitrate, start, format| {
        view.text(name, bitrate, start, format, FragmentNoun::Fragments)
    };
    assert_eq!(text("video", 1000, 0, HLS), Ok(None));
    assert!(matches!(text("film.en", 999, 0, HLS), Err(Error::NoSuchQuality { .. })));
    assert!(matches!(text("film.en", 1000, 1, HLS), Err(Error::NoSuchTime { .. })));
    assert!(matches!(text("film.en", 1000, 60_000_000, DASH), Err(Error::NoSuchTime { .. })));
    assert!(view.playlist("film.en", 999, HlsFormat::Cmaf).is_err());
}

#[test]
fn fragments_of_smooth_streaming_are_boxes_around_a_document() {
    let presentation = with(&[("film.en.vtt", ENGLISH)]);
    let fragment = get(&presentation, "film.en", 60_000_000, SMOOTH);
    let moof = u32::from_be_bytes(fragment[..4].try_into().unwrap()) as usize;
    assert_eq!((&fragment[4..8], &fragment[moof + 4..moof + 8]), (&b"moof"[..], &b"mdat"[..]));
    let document = std::str::from_utf8(&fragment[moof + 8..]).unwrap();
    assert!(document.starts_with("<?xml") && document.ends_with("</tt>\n"), "{document}");
    assert!(document.contains("begin=\"00:00:00.000\" end=\"00:00:01.000\">across</p>"));
    let parameters = Parameters::default();
    let view = presentation.view(&parameters, None);
    let part = |noun| view.text("film.en", 1000, 60_000_000, SMOOTH, noun).unwrap().unwrap().body;
    assert_eq!(part(FragmentNoun::FragmentInfo), fragment[..moof]);
    assert_eq!(part(FragmentNoun::RawFragments), document);
    assert_eq!(part(FragmentNoun::KeyFrames), fragment);
}

#[test]
fn manifests_list_what_can_be_read() {
    let presentation = with(&[
        ("film.en.vtt", ENGLISH),
        ("other.en.vtt", "WEBVTT\n"),
        ("film.de.forced.vtt", "WEBVTT\n"),
        ("film.en.sdh.vtt", "WEBVTT\n"),
        ("a \"b\" <c>.vtt", "WEBVTT\n"),
        ("video.vtt", "WEBVTT\n"),
        ("broken.vtt", "not WebVTT"),
        ("folder/film.vtt", "WEBVTT\n"),
        ("film.mp4", ""),
    ]);
    let media = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| line.contains("SUBTITLES,"));
        lines.map(|line| line.split_once("NAME=").unwrap().1.to_owned()).collect()
    };
    let hls = presentation.hls_master(HlsFormat::Aapl, &Parameters::default()).unwrap();
    let uri = |name| format!("URI=\"QualityLevels(1000)/Manifest({name},format=m3u8-aapl)\"");
    let plain = "DEFAULT=NO,AUTOSELECT=YES,FORCED=NO";
    assert_eq!(
        media(&hls),
        [
            format!("\"English\",LANGUAGE=\"en\",{plain},{}", uri("film.en")),
            format!(
                "\"English_2\",LANGUAGE=\"en\",{},{}",
                plain.replace("AUTOSELECT=YES", "AUTOSELECT=NO"),
                uri("other.en")
            ),
            format!(
                "\"German (forced)\",LANGUAGE=\"de\",DEFAULT=NO,AUTOSELECT=YES,FORCED=YES,{}",
                uri("film.de.forced")
            ),
            format!(
                "\"English (captions)\",LANGUAGE=\"en\",{plain},\
                 CHARACTERISTICS=\"public.accessibility.transcribes-spoken-dialog,\
                 public.accessibility.describes-music-and-sound\",{}",
                uri("film.en.sdh")
            ),
            format!("\"a__b___c_\",{plain},{}", uri("a__b___c_")),
            format!("\"video\",DEFAULT=NO,AUTOSELECT=NO,FORCED=NO,{}", uri("video_2")),
        ]
    );
    let variants = hls.lines().filter(|line| line.starts_with("#EXT-X-STREAM-INF"));
    assert!(variants.clone().count() > 0);
    assert!(variants.clone().all(|line| line.ends_with(",SUBTITLES=\"subs\"")), "{hls}");
    let dash = presentation.dash(crate::DashFormat::Csf);
    assert!(dash.contains(
        "<AdaptationSet id=\"3\" group=\"3\" contentType=\"text\" mimeType=\"text/vtt\" lang=\"en\">\n\
         <Label>English</Label>\n<Role schemeIdUri=\"urn:mpeg:dash:role:2011\" value=\"subtitle\"/>\n\
         <Representation id=\"3_T_film.en_1\" bandwidth=\"1000\">\
         <BaseURL>QualityLevels(1000)/Fragments(film.en=0,format=mpd-time-csf).vtt</BaseURL>\
         </Representation>\n</AdaptationSet>\n"
    ), "{dash}");
    assert_eq!(dash.matches("contentType=\"text\"").count(), 6);
    let smooth = presentation.smooth(SmoothFormat::Latest);
    assert!(
        smooth.contains(
            "<StreamIndex Chunks=\"3\" Type=\"text\" Subtype=\"SUBT\" \
         Url=\"QualityLevels({bitrate})/Fragments(film.en={start time})\" QualityLevels=\"1\" \
         Language=\"en\" Name=\"film.en\">\n\
         <QualityLevel Index=\"0\" Bitrate=\"1000\" FourCC=\"TTML\" CodecPrivateData=\"\"/>\n\
         <c t=\"0\" d=\"60000000\" r=\"2\"/>\n<c d=\"20000000\"/>\n</StreamIndex>\n"
        ),
        "{smooth}"
    );
    assert_eq!(smooth.matches("Subtype=\"SUBT\"").count(), 5);
    for manifest in [&hls, &dash, &smooth] {
        assert!(!manifest.contains("broken") && !manifest.contains("folder"), "{manifest}");
    }
    let parameters = Parameters::default();
    let view = presentation.view(&parameters, None);
    let error = view.playlist("broken", 1000, HlsFormat::Cmaf).unwrap_err();
    assert_eq!(error.to_string(), "broken.vtt: line 1: the file does not start with WEBVTT");
    let none = self::presentation().unwrap();
    assert!(
        !none.hls_master(HlsFormat::Aapl, &Parameters::default()).unwrap().contains("SUBTITLES")
    );
}

#[test]
fn a_server_manifest_names_subtitles_before_others() {
    let mut listed = MediaEntry::new(MediaKind::Text, "film.cmft");
    listed.transcript = Some("film.vtt".into());
    listed.track_name = Some("subt_en-us".into());
    listed.system_language = Some("en-us".into());
    listed.system_bitrate = Some(52);
    let manifest = ServerManifest { entries: vec![listed], ..ServerManifest::default() };
    let named = presentation().unwrap().naming_texts(&manifest);
    let presentation = add(&named, &[("a.fr.vtt", "WEBVTT\n"), ("film.vtt", ENGLISH)]);
    let found: Vec<_> = presentation
        .texts()
        .map(|text| (text.name(), text.label(), text.file().bitrate, text.file().listed))
        .collect();
    let english = ("subt_en-us", "English (us)", 52, true);
    assert_eq!(found, [english, ("a.fr", "French", 1000, false)]);
}

fn only(property: TrackProperty) -> Filter {
    let conditions = vec![Condition { property, negated: false }];
    Filter { tracks: vec![TrackSelection { conditions }], ..Filter::default() }
}

#[test]
fn filters_choose_among_subtitles() {
    let all = with(&[("film.en-US.vtt", ENGLISH), ("film.de.vtt", "WEBVTT\n")]);
    let names = |filter: &Filter| -> Vec<String> {
        let left = all.filtered(std::slice::from_ref(filter)).unwrap();
        left.texts().map(|text| text.name().to_owned()).collect()
    };
    let mut filter = only(TrackProperty::Type(MediaType::Video));
    assert!(names(&filter).is_empty());
    for (property, want) in [
        (TrackProperty::Type(MediaType::Text), &["film.en-US", "film.de"][..]),
        (TrackProperty::Language("en".into()), &["film.en-US"]),
        (TrackProperty::Language("deu".into()), &["film.de"]),
        (TrackProperty::Name("film.de".into()), &["film.de"]),
        (TrackProperty::FourCc("ttml".into()), &["film.en-US", "film.de"]),
        (TrackProperty::Bitrate(900..=1000), &["film.en-US", "film.de"]),
        (TrackProperty::Bitrate(0..=999), &[]),
    ] {
        filter.tracks.truncate(1);
        filter.tracks.extend(only(property.clone()).tracks);
        assert_eq!(names(&filter), want, "{property:?}");
    }
    let alone = all.filtered(&[only(TrackProperty::Type(MediaType::Text))]).unwrap_err();
    assert_eq!(alone, Error::NothingLeft { left: "track of audio or video" });
}

#[test]
fn a_part_of_the_timeline_has_the_subtitles_of_that_part() {
    let all = with(&[("film.en.vtt", ENGLISH)]);
    let time = Some(TimeRange::new(6..12, 1));
    let part = all.filtered(&[Filter { time, ..Filter::default() }]).unwrap();
    // Segments keep their times, as those of the video do.
    assert!(get_text(&part, "film.en", 60_000_000, HLS).contains("00:00:05.000 --> 00:00:07.000"));
    assert!(
        part.view(&Parameters::default(), None)
            .text("film.en", 1000, 0, HLS, FragmentNoun::Fragments)
            .is_err()
    );
    // The file of DASH counts from the start of the part.
    let file = get_text(&part, "film.en", 60_000_000, DASH);
    assert_eq!(file, "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nacross\n\n");
    assert!(part.dash(crate::DashFormat::Csf).contains("Fragments(film.en=60000000,"));
    let whole = get_text(&all, "film.en", 0, DASH);
    assert_eq!(whole.matches(" --> ").count(), 3, "{whole}");
}

proptest! {
    #[test]
    fn no_bytes_are_too_much(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = Subtitles::parse("a.vtt", &bytes);
        let _ = Subtitles::parse("a.vtt", &[b"WEBVTT\n\n", &bytes[..]].concat());
    }

    /// What is written reads back the same, whatever was read.
    #[test]
    fn what_is_written_reads_back(
        parts in proptest::collection::vec(
            prop_oneof![
                Just("00:01.000 --> 00:02.000"), Just("00:00:00.500 --> 99:00:02.000 line:0"),
                Just("\n"), Just("\r\n"), Just("\r"), Just("-->"), Just("NOTE"), Just("STYLE"),
                Just("REGION"), Just("\0"), Just("<i>&amp;"), Just(" "), Just("\t"), Just("é"),
                Just("0:"), Just("\u{feff}"), Just("]]>"),
            ],
            0..60,
        ),
    ) {
        let read = parse(&format!("WEBVTT\n\n{}", parts.concat()));
        let written = read.webvtt(&(0..u64::MAX), "", 0);
        let again = parse(&written);
        prop_assert_eq!(again.cues(), read.cues());
        prop_assert_eq!(again.webvtt(&(0..u64::MAX), "", 0), written);
        let document = ttml::document(&read, &(0..u64::MAX), None);
        let mut reader = quick_xml::Reader::from_str(&document);
        loop {
            match reader.read_event() {
                Ok(quick_xml::events::Event::Eof) => break,
                Ok(_) => {}
                Err(error) => prop_assert!(false, "{}: {}", error, document),
            }
        }
    }

    /// What is read of TTML is cue text: as WebVTT it reads back the same.
    #[test]
    fn ttml_becomes_cue_text(
        paragraphs in proptest::collection::vec(
            (
                prop_oneof![
                    Just("<p begin=\"1s\" dur=\"2s\">"), Just("<p end=\"99h\" region=\"r\">"),
                    Just("<p begin=\"10t\" tts:fontWeight=\"bold\">"), Just("<p>"),
                ],
                proptest::collection::vec(
                    prop_oneof![
                        Just("<span tts:fontStyle=\"italic\">a<br/></span>"), Just("<br/>"), Just("é"),
                        Just("<metadata>x<span>y</span></metadata>"), Just("&lt;"), Just("&#x2d;"),
                        Just("--&gt;"), Just("<![CDATA[--> <i>\n\n\0]]>"), Just("\r\n"), Just(" "),
                        Just("&#13;"), Just("&#10;&#10;"), Just("<!---->"), Just("WEBVTT"), Just("<p/>"),
                    ],
                    0..8,
                ),
            ),
            0..6,
        ),
        length in 0usize..800,
    ) {
        let mut document = "<tt><region xml:id=\"r\" tts:displayAlign=\"before\"/>".to_owned();
        for (start, inside) in &paragraphs {
            document.extend([start, &*inside.concat(), "</p>"]);
        }
        document.push_str("</tt>");
        let read = Subtitles::parse("a.ttml", document.as_bytes()).unwrap();
        let again = parse(&read.webvtt(&(0..u64::MAX), "", 0));
        prop_assert_eq!(again.cues(), read.cues());
        prop_assert!(read.cues().iter().all(|cue| cue.end > cue.start && !cue.text.is_empty()));
        let cut = document.as_bytes().get(..length).unwrap_or_default();
        prop_assert!(cut.is_empty() || Subtitles::parse("a.ttml", cut).is_err() || cut == document.as_bytes());
    }

    /// Together, the segments have every cue of the presentation, and none that is not shown.
    #[test]
    fn no_cue_is_lost_between_segments(
        cues in proptest::collection::vec((0u64..20_000, 1u64..20_000), 0..40),
        cut in 1u64..20_000,
    ) {
        let cues = cues.iter().map(|(start, length)| Cue {
            start: *start, end: start + length, id: "".into(), settings: "".into(), text: "".into(),
        });
        let all: Vec<Cue> = cues.collect();
        let subtitles = Subtitles::new(all.clone(), String::new(), Vec::new());
        for range in [0..cut, cut..20_000, cut..cut + 1] {
            let mut want: Vec<_> =
                all.iter().filter(|cue| cue.start < range.end && cue.end > range.start).collect();
            want.sort_by_key(|cue| cue.start);
            let got: Vec<_> = subtitles.within(&range).collect();
            prop_assert_eq!(got, want);
        }
    }
}
