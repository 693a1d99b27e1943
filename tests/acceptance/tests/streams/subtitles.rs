//! Subtitles beside a video: found when they come, cut with it, and read by ffmpeg.

use std::sync::OnceLock;

use acceptance::{
    Api, Element, Reply, blob_url, elements, ffmpeg, id_of, made_by_ffmpeg, percent,
    server_manifest,
};
use serde_json::{Value as Json, json};

use super::stage::Stage;

const TRACKS: &str = "<video src=\"film.mp4\" systemBitrate=\"100000\"/>\
    <audio src=\"film.mp4\" systemBitrate=\"64000\" systemLanguage=\"eng\" title=\"aac_eng\"/>\
    <textstream src=\"listed.cmft\" systemBitrate=\"52\" systemLanguage=\"en-us\">\
    <param name=\"trackName\" value=\"subt_en-us\" valuetype=\"data\"/>\
    <param name=\"transcriptsrc\" value=\"listed.vtt\" valuetype=\"data\"/></textstream>\
    <textstream src=\"missing.vtt\" systemLanguage=\"fr\"/>\
    <textstream src=\"old.ttml\" systemLanguage=\"spa\"/>";

/// A cue in each of the two fragments, and one that is in both.
const GERMAN: &str = "\u{feff}WEBVTT\r\n\r\nNOTE a film\r\n\r\nerste\r\n00:01.000 --> 00:02.500 \
    line:0\r\n<i>eins</i> &amp; zwei\r\n\r\n00:05.500 --> 00:07.000\r\nüber den\r\nSchnitt\r\n\r\n\
    00:00:08.250 --> 00:00:09.750\r\nletzte\r\n";

/// An asset with a video of 10 seconds and these files beside it.
struct Film<'a> {
    api: &'a Api,
    asset: String,
    path: String,
}

impl<'a> Film<'a> {
    fn new(api: &'a Api, files: &[(&str, &str)]) -> Self {
        let film = Self::of(api, api.asset("film"));
        for (name, content) in files {
            film.put(name, content.as_bytes());
        }
        film
    }

    /// Puts the video into an asset, and publishes it.
    fn of(api: &'a Api, asset: String) -> Self {
        static VIDEO: OnceLock<Vec<u8>> = OnceLock::new();
        let video = VIDEO.get_or_init(|| {
            let source = "-f lavfi -i testsrc2=s=160x90:r=25:d=10 -f lavfi -i sine=r=48000:d=10";
            let codecs = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 50 -keyint_min 50 \
                -sc_threshold 0 -c:a aac -ac 2";
            made_by_ffmpeg(&format!("{source} {codecs}"), "mp4")
        });
        let mut film = Self { api, asset, path: String::new() };
        film.put("film.ism", server_manifest(TRACKS).as_bytes());
        film.put("film.mp4", video);
        api.origin(&film.asset)["Path"].as_str().unwrap().clone_into(&mut film.path);
        film
    }

    fn put(&self, name: &str, content: &[u8]) {
        self.api.put(&self.asset, name, content);
    }

    #[track_caller]
    fn get(&self, rest: &str) -> Reply {
        self.api.plain("GET", &format!("{}film.ism/{rest}", self.path)).send()
    }

    /// Names of the text tracks in each protocol; the same in all of them.
    #[track_caller]
    fn listed(&self, parameters: &str) -> Vec<String> {
        let hls = self.get(&format!("manifest(format=m3u8-cmaf{parameters})")).expect(200);
        let lines = hls.text().lines().filter(|line| line.contains("TYPE=SUBTITLES"));
        let hls: Vec<_> =
            lines.map(|line| between(line, "/Manifest(", ",format").to_owned()).collect();
        let dash = self.get(&format!("manifest(format=mpd-time-csf{parameters})")).expect(200);
        let elements = elements(dash.text());
        let urls = elements.iter().filter(|element| element.name == "BaseURL");
        let dash: Vec<_> =
            urls.map(|url| between(&url.text, "Fragments(", "=").to_owned()).collect();
        let smooth = self.smooth(parameters);
        let smooth: Vec<_> = smooth.iter().map(|index| index.get("Name").to_owned()).collect();
        assert_eq!(hls, dash);
        assert_eq!(hls, smooth);
        hls
    }

    /// Text streams of the Smooth manifest.
    #[track_caller]
    fn smooth(&self, parameters: &str) -> Vec<Element> {
        let parameters = parameters.trim_start_matches(',');
        let smooth = self.get(&format!("Manifest({parameters})")).expect(200);
        let all = elements(smooth.text());
        all.into_iter()
            .filter(|element| element.name == "StreamIndex" && element.get("Type") == "text")
            .collect()
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, behind) = text.split_once(start).unwrap_or_else(|| panic!("no {start} in {text}"));
    behind.split_once(end).unwrap_or_else(|| panic!("no {end} in {text}")).0
}

#[test]
fn files_show_with_the_next_manifest_and_go_with_it() {
    let api = Stage::shared().api();
    let film = Film::new(api, &[("film.de.vtt", GERMAN), ("listed.vtt", "WEBVTT\n")]);
    assert_eq!(film.listed(""), ["subt_en-us", "film.de"]);
    // One that an entity tells of, and one that nothing does.
    api.file(&film.asset, "film_fr.vtt");
    assert_eq!(film.listed("").len(), 2, "nothing has been uploaded yet");
    film.put("film_fr.vtt", b"WEBVTT\n");
    film.put("FILM_PT-BR.VTT", b"WEBVTT\n");
    assert_eq!(film.listed(""), ["subt_en-us", "FILM_PT-BR", "film.de", "film_fr"]);
    let master = film.get("manifest(format=m3u8-aapl)").expect(200);
    for line in [
        "NAME=\"Portuguese (BR)\",LANGUAGE=\"pt-BR\",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,\
         URI=\"QualityLevels(1000)/Manifest(FILM_PT-BR,format=m3u8-aapl)\"",
        "NAME=\"English (us)\",LANGUAGE=\"en-us\",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,\
         URI=\"QualityLevels(52)/Manifest(subt_en-us,format=m3u8-aapl)\"",
    ] {
        assert!(master.text().contains(line), "{master}");
    }
    let streams = film.smooth("");
    assert_eq!(streams[2].get("Language"), "de");

    // A new version is seen as soon as a new file.
    let first = "QualityLevels(1000)/Fragments(film_fr=0,format=m3u8-cmaf)";
    assert!(!film.get(first).expect(200).text().contains("-->"));
    film.put("film_fr.vtt", b"WEBVTT\n\n00:01.000 --> 00:02.000\nbonjour\n");
    assert!(film.get(first).expect(200).text().contains("bonjour"));
    let sas = api.sas(&film.asset, 4);
    api.plain("DELETE", &blob_url(&sas, "film_fr.vtt")).send().expect(202);
    assert_eq!(film.listed(""), ["subt_en-us", "FILM_PT-BR", "film.de"]);
    film.get(first).expect(404);
}

#[test]
fn what_is_encrypted_at_rest_is_read_in_the_clear() {
    let api = Stage::shared().api();
    let asset = api.upload_encrypted("film_de.vtt", GERMAN.as_bytes()).upload.asset;
    let policy = json!({
        "Name": "clear", "AssetDeliveryProtocol": 7, "AssetDeliveryPolicyType": 2,
    });
    let policy = id_of(&api.post("AssetDeliveryPolicies", policy).send().expect(201).json());
    let from = format!("Assets('{}')", percent(&asset));
    api.link(&from, "DeliveryPolicies", "AssetDeliveryPolicies", &policy).expect(204);
    let film = Film::of(api, asset);
    assert_eq!(film.listed(""), ["film_de"]);
    let segment = film.get("QualityLevels(1000)/Fragments(film_de=0,format=m3u8-cmaf)").expect(200);
    assert!(segment.text().contains("<i>eins</i> &amp; zwei"), "{segment}");
}

#[test]
fn a_server_manifest_may_name_ttml() {
    let document = "<tt xmlns=\"http://www.w3.org/ns/ttml\"><body><div>\
        <p begin=\"00:00:01\" end=\"00:00:02.5\">uno<br/>dos &amp; tres</p></div></body></tt>";
    let film = Film::new(Stage::shared().api(), &[("old.ttml", document)]);
    assert_eq!(film.listed(""), ["old"]);
    let file = film.get("QualityLevels(1000)/Fragments(old=0,format=mpd-time-csf)").expect(200);
    let want = "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nuno\ndos &amp; tres\n\n";
    assert_eq!(file.text(), want);
    film.put("old.ttml", b"<tt>\n<p>");
    assert!(film.listed("").is_empty());
    let reply = film.get("QualityLevels(1000)/Fragments(old=0,format=mpd-time-csf)").expect(415);
    assert!(
        reply.text().contains("old.ttml: line 2: not a TTML document: it is cut off"),
        "{reply}"
    );
}

#[test]
fn what_cannot_be_read_is_left_out_and_says_why() {
    let thumbnails = "WEBVTT\n\n00:00.000 --> 00:05.000\nsprite.jpg#xywh=0,0,160,90\n";
    let film = Film::new(
        Stage::shared().api(),
        &[
            ("broken.vtt", "1\n00:00:01,000 --> 00:00:02,000\nSubRip\n"),
            ("odd.vtt", "WEBVTT\n\nnonsense -->\n\n00:01.000 --> 00:02.000\nrest\n"),
            ("sprite.vtt", thumbnails),
            ("folder/other.vtt", "WEBVTT\n"),
        ],
    );
    film.put("large.vtt", &[&b"WEBVTT\n\n"[..], &vec![b'\n'; 5 << 20]].concat());
    assert_eq!(film.listed(""), ["odd"]);
    for (track, why) in [
        ("broken", "broken.vtt: line 1: the file does not start with WEBVTT"),
        ("large", "large.vtt: line 1: the file has more than 4194304 bytes"),
    ] {
        for rest in [
            format!("Manifest({track},format=m3u8-cmaf)"),
            format!("Fragments({track}=0,format=m3u8-cmaf).vtt"),
            format!("Fragments({track}=0,format=mpd-time-csf).vtt"),
            format!("Fragments({track}=0)"),
        ] {
            let reply = film.get(&format!("QualityLevels(1000)/{rest}")).expect(415);
            assert_eq!(reply.text(), format!("MPE_FORMAT_NOT_SUPPORTED (0x80890205): {why}\n"));
        }
    }
    for (rest, status, code) in [
        ("QualityLevels(1000)/Fragments(nix=0)", 404, "MPE_EGRESS_TRACK_NOT_FOUND"),
        ("QualityLevels(1000)/Fragments(sprite=0)", 404, "MPE_EGRESS_TRACK_NOT_FOUND"),
        ("QualityLevels(1)/Fragments(odd=0)", 404, "MPE_MANIFEST_MEDIA_ENTRY_NOT_FOUND"),
        ("QualityLevels(1000)/Fragments(odd=1)", 404, "MPE_FRAGMENT_TIMESTAMP_NOT_FOUND"),
        (
            "QualityLevels(1000)/Fragments(odd=60000000,format=mpd-time-csf)",
            404,
            "MPE_FRAGMENT_TIMESTAMP_NOT_FOUND",
        ),
        (
            "QualityLevels(1000)/Fragments(odd=i,format=mpd-time-csf)",
            404,
            "MPE_EGRESS_TRACK_NOT_FOUND",
        ),
        (
            "QualityLevels(1000)/Manifest(odd,format=mpd-time-csf)",
            415,
            "MPE_OUTPUT_FORMAT_NOT_SUPPORTED",
        ),
    ] {
        let reply = film.get(rest).expect(status);
        assert!(reply.text().starts_with(code), "{reply}");
    }
}

#[test]
fn cues_are_delivered_as_each_protocol_has_them() {
    let film = Film::new(Stage::shared().api(), &[("film.de.vtt", GERMAN)]);
    let playlist = film.get("QualityLevels(1000)/Manifest(film.de,format=m3u8-cmaf)").expect(200);
    let segments: Vec<_> = playlist.text().lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(segments.len(), 2, "{playlist}");
    let across = "00:00:05.500 --> 00:00:07.000\nüber den\nSchnitt\n\n";
    let first = "erste\n00:00:01.000 --> 00:00:02.500 line:0\n<i>eins</i> &amp; zwei\n\n";
    let last = "00:00:08.250 --> 00:00:09.750\nletzte\n\n";
    for (segment, cues) in segments.iter().zip([[first, across].concat(), [across, last].concat()])
    {
        let reply = film.get(&format!("QualityLevels(1000)/{segment}")).expect(200);
        let map = "X-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0";
        assert_eq!(reply.text(), format!("WEBVTT\n{map}\n\n{cues}"));
        reply
            .expect_header("content-type", "text/vtt")
            .expect_header("access-control-allow-origin", "*");
    }
    let file = film.get("QualityLevels(1000)/Fragments(film.de=0,format=mpd-time-cmaf).vtt");
    let file = file.expect(200).expect_header("content-type", "text/vtt");
    assert_eq!(file.text(), ["WEBVTT\n\n", first, across, last].concat());

    for (start, cues) in [
        (0, [("00:00:01.000", "00:00:02.500"), ("00:00:05.500", "00:00:06.000")]),
        (60_000_000, [("00:00:00.000", "00:00:01.000"), ("00:00:02.250", "00:00:03.750")]),
    ] {
        let url = format!("QualityLevels(1000)/Fragments(film.de={start})");
        let fragment = film.get(&url).expect(200).body;
        let at = fragment.windows(4).position(|kind| kind == b"mdat").unwrap() + 4;
        let document = std::str::from_utf8(&fragment[at..]).unwrap();
        let all = elements(document);
        let shown: Vec<_> = all
            .iter()
            .filter(|element| element.name == "p")
            .map(|p| (p.get("begin"), p.get("end")))
            .collect();
        assert_eq!(shown, cues, "{document}");
    }
}

#[test]
fn filters_choose_subtitles_and_cut_them() {
    let stage = Stage::shared();
    let film = Film::new(
        stage.api(),
        &[("film.de.vtt", GERMAN), ("film.en-US.vtt", "WEBVTT\n"), ("none.vtt", "WEBVTT\n")],
    );
    let condition = |property: &str, value: &str| json!({ "Property": property, "Operator": "Equal", "Value": value });
    let not_text = json!([{ "Property": "Type", "Operator": "NotEqual", "Value": "text" }]);
    let selection = |conditions: Json| json!({ "PropertyConditions": conditions });
    for (name, tracks, left) in [
        ("text_none", json!([selection(not_text.clone())]), &[][..]),
        (
            "text_all",
            json!([selection(not_text.clone()), selection(json!([condition("Type", "text")]))]),
            &["film.de", "film.en-US", "none"][..],
        ),
        (
            "text_en",
            json!([
                selection(not_text.clone()),
                selection(json!([condition("Type", "text"), condition("Language", "en")]))
            ]),
            &["film.en-US"][..],
        ),
        (
            "text_deu",
            json!([selection(not_text.clone()), selection(json!([condition("Language", "deu")]))]),
            &["film.de"][..],
        ),
        (
            "text_name",
            json!([selection(not_text.clone()), selection(json!([condition("Name", "none")]))]),
            &["none"][..],
        ),
    ] {
        stage.api().post("Filters", json!({ "Name": name, "Tracks": tracks })).send().expect(201);
        assert_eq!(film.listed(&format!(",filter={name}")), left, "{name}");
    }
    let alone = json!([selection(json!([condition("Type", "text")]))]);
    stage
        .api()
        .post("Filters", json!({ "Name": "text_alone", "Tracks": alone }))
        .send()
        .expect(201);
    film.get("manifest(format=m3u8-cmaf,filter=text_alone)").expect(415);

    let time = json!({ "StartTimestamp": "60000000", "EndTimestamp": "100000000" });
    let body = json!({ "Name": "text_end", "PresentationTimeRange": time });
    stage.api().post("Filters", body).send().expect(201);
    let manifest = film.get("manifest(format=mpd-time-csf,filter=text_end)").expect(200);
    let url =
        elements(manifest.text()).into_iter().find(|element| element.name == "BaseURL").unwrap();
    let file = film.get(&url.text).expect(200);
    let shown: Vec<_> = file.text().lines().filter(|line| line.contains("-->")).collect();
    assert_eq!(shown, ["00:00:00.000 --> 00:00:01.000", "00:00:02.250 --> 00:00:03.750"], "{file}");
    let playlist = "QualityLevels(1000)/Manifest(film.de,format=m3u8-cmaf,filter=text_end)";
    let playlist = film.get(playlist).expect(200);
    assert_eq!(playlist.text().matches("#EXTINF").count(), 1, "{playlist}");
    assert!(playlist.text().contains("Fragments(film.de=60000000,"), "{playlist}");
}

#[test]
fn ffmpeg_reads_the_subtitles_of_hls() {
    let film = Film::new(Stage::shared().api(), &[("film.de.vtt", GERMAN)]);
    let url =
        format!("{}film.ism/QualityLevels(1000)/Manifest(film.de,format=m3u8-cmaf)", film.path);
    let text = ffmpeg(&format!("-i {url} -f webvtt -"));
    let text = String::from_utf8(text).unwrap();
    let lines = text.lines().filter(|line| line.contains("-->"));
    let mut shown: Vec<_> = lines.map(|line| line.split(" line").next().unwrap()).collect();
    // Some versions show a cue that is in two segments twice.
    shown.dedup();
    let want = ["00:01.000 --> 00:02.500", "00:05.500 --> 00:07.000", "00:08.250 --> 00:09.750"];
    assert_eq!(shown, want, "{text}");
    assert!(text.contains("über den\nSchnitt"), "{text}");
}
