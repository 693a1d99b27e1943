//! URLs that end as those of files do, for clients that open no others: ffmpeg as it is installed.

use acceptance::ffmpeg;
use serde_json::json;

use crate::stage::Stage;

/// How many packets ffmpeg reads of the first video and the first audio of a manifest.
fn packets(url: &str) -> (usize, usize) {
    let text = ffmpeg(&format!("-i {url} -map 0:v:0 -map 0:a:0 -c copy -f framecrc -"));
    let text = String::from_utf8(text).unwrap();
    let count = |stream: &str| text.lines().filter(|line| line.starts_with(stream)).count();
    (count("0,"), count("1,"))
}

/// 14 seconds: 25 pictures a second, and 48000 / 1024 blocks of sound.
fn assert_whole((pictures, blocks): (usize, usize), url: &str) {
    assert_eq!(pictures, 350, "{url}");
    assert!((656..=658).contains(&blocks), "{url}: {blocks}");
}

#[test]
fn ffmpeg_reads_streams_with_extensions() {
    let stage = Stage::shared();
    for manifest in [
        "film.ism/manifest(format=m3u8-cmaf,extensions=true).m3u8",
        "film.ism/manifest(extensions=true,format=m3u8-aapl).m3u8",
        "film.ism/manifest(format=m3u8-aapl-v3,extensions=true).m3u8",
        "film.ism/manifest(format=mpd-time-csf,extensions=true).mpd",
        "film.ism/manifest(format=mpd-time-cmaf,extensions=true).mpd",
    ] {
        let url = stage.url(manifest);
        assert_whole(packets(&url), &url);
    }
}

#[test]
fn an_option_has_it_for_all_manifests() {
    let stage = Stage::start(&["--segment-extensions", "--x264-preset", "ultrafast"]);
    for format in ["m3u8-cmaf", "m3u8-aapl", "mpd-time-csf"] {
        let url = stage.url(&format!("film.ism/manifest(format={format}).m3u8"));
        assert_whole(packets(&url), &url);
    }
    // And without, for the client that wants the URLs of Azure Media Services.
    let master = stage.get("film.ism/manifest(format=m3u8-cmaf,extensions=false)").expect(200);
    let uris = master.text().lines().filter(|line| !line.starts_with('#'));
    for uri in uris {
        assert!(uri.ends_with(",extensions=false)"), "{uri}");
        let playlist = stage.get(&format!("film.ism/{uri}")).expect(200);
        assert!(playlist.text().contains("format=m3u8-cmaf)\n"), "{playlist}");
    }
}

#[test]
fn urls_without_extensions_stay_as_they_are() {
    let stage = Stage::shared();
    for format in ["m3u8-cmaf", "m3u8-aapl", "mpd-time-csf", "fmp4"] {
        let plain = stage.get(&format!("film.ism/manifest(format={format})")).expect(200);
        for dotted in [".m3u8", ".mp4", ".m4s", ".ts", "extensions"] {
            assert!(!plain.text().contains(dotted), "{plain}");
        }
        let no = stage.get(&format!("film.ism/manifest(format={format},extensions=false).m3u8"));
        let text = no.expect(200).text().replace(",extensions=false", "");
        assert_eq!(text, plain.text());
    }
}

#[test]
fn filters_go_with_extensions() {
    let stage = Stage::shared();
    let body = json!({ "Name": "dotted", "Tracks": [{ "PropertyConditions": [
        { "Property": "Type", "Value": "video", "Operator": "Equal" }
    ] }] });
    let filter = stage.api().post("Filters", body).send().expect(201).json();
    let url = "film.ism/manifest(format=m3u8-cmaf,filter=dotted,extensions=true)";
    let master = stage.get(url).expect(200);
    let uri = master.text().lines().find(|line| line.starts_with("QualityLevels")).unwrap();
    assert!(uri.ends_with(",filter=dotted,extensions=true).m3u8"), "{uri}");
    let playlist = stage.get(&format!("film.ism/{uri}")).expect(200);
    assert!(playlist.text().contains(".m4s\n"), "{playlist}");
    let name = filter["Name"].as_str().unwrap();
    stage.api().delete(&format!("Filters('{name}')")).send().expect(204);
}
