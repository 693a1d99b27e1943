//! Subtitles, downloaded by yt-dlp in every protocol, and a manifest of DASH read by mpegdash.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use acceptance::{Service, elements, outside, server_manifest, video};

use crate::yt_dlp;

const TRACKS: &str = "<video src=\"film.mp4\" systemBitrate=\"100000\"/>\
    <audio src=\"film.mp4\" systemBitrate=\"64000\" systemLanguage=\"eng\" title=\"aac_eng\"/>";

/// The second cue is on both sides of the cut at 10 seconds, which is how long groups of pictures
/// are in the film.
const FILE: &str = "WEBVTT\n\n00:01.000 --> 00:02.500\nHello, <i>world</i> &amp; all\n\n\
    00:09.000 --> 00:11.500\nover\nthe cut\n";

const SHOWN: [(&str, &str); 2] =
    [("00:00:01.000 --> 00:00:02.500", "Hello,"), ("00:00:09.000 --> 00:00:11.500", "over")];

/// The URL of the manifest of a film with subtitles, made once: two tests at the same time would
/// both start the endpoint.
fn film() -> &'static str {
    static FILM: OnceLock<String> = OnceLock::new();
    FILM.get_or_init(|| {
        let api = &Service::shared().api;
        api.endpoint("Running");
        let asset = api.asset("film");
        for (name, content) in [
            ("film.ism", server_manifest(TRACKS).as_bytes()),
            ("film.mp4", &video("160x90", 12)),
            ("film_de.vtt", FILE.as_bytes()),
        ] {
            api.put(&asset, name, content);
        }
        format!("{}film.ism/manifest", api.origin(&asset)["Path"].as_str().unwrap())
    })
}

/// The only file that yt-dlp writes of the subtitles.
fn download(python: &Path, url: &str) -> Result<Vec<u8>, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut command = Command::new(python);
    command
        .current_dir(folder.path())
        .args(["-m", "yt_dlp", "--ignore-config", "--no-cache-dir", "--quiet", "--no-warnings"])
        .args(["--skip-download", "--write-subs", "--sub-langs", "all", "--output", "film", url]);
    outside::run(outside::without_proxy(&mut command))?;
    let file = std::fs::read_dir(folder.path()).map_err(|error| error.to_string())?.next();
    let file = file.ok_or_else(|| format!("{url}: no file was written"))?;
    std::fs::read(file.map_err(|error| error.to_string())?.path())
        .map_err(|error| error.to_string())
}

#[test]
fn yt_dlp_downloads_them() {
    let python = match yt_dlp::install() {
        Ok(python) => python,
        Err(problem) => return outside::skip("yt-dlp", &problem),
    };
    let url = film();
    for format in ["(format=mpd-time-csf)", "(format=m3u8-cmaf,extensions=true)"] {
        let file =
            String::from_utf8(download(&python, &format!("{url}{format}")).unwrap()).unwrap();
        let lines: Vec<_> = file.lines().collect();
        let shown = lines.windows(2).filter(|lines| lines[0].contains("-->"));
        let shown: Vec<_> = shown.map(|lines| (lines[0], lines[1])).collect();
        assert_eq!(shown.len(), SHOWN.len(), "{format}: {file}");
        for ((time, text), want) in shown.into_iter().zip(SHOWN) {
            assert!(time.ends_with(want.0) && text.starts_with(want.1), "{format}: {file}");
        }
    }
    // Of Smooth Streaming it writes the fragments one behind the other.
    let fragments = download(&python, url).unwrap();
    let text = String::from_utf8_lossy(&fragments);
    let documents = text.split("<?xml").skip(1).map(|rest| rest.split_once("</tt>").unwrap().0);
    let shown = documents.map(|document| {
        let elements = elements(&format!("<?xml{document}</tt>"));
        let paragraphs = elements.into_iter().filter(|element| element.name == "p");
        paragraphs.map(|p| (p.get("begin").to_owned(), p.get("end").to_owned())).collect::<Vec<_>>()
    });
    let time = |begin: &str, end: &str| (begin.to_owned(), end.to_owned());
    assert_eq!(
        shown.collect::<Vec<_>>(),
        [
            vec![time("00:00:01.000", "00:00:02.500"), time("00:00:09.000", "00:00:10.000")],
            vec![time("00:00:00.000", "00:00:01.500")],
        ]
    );
}

/// Prints what a manifest has of subtitles.
const READ: &str = "
import sys
from mpegdash.parser import MPEGDASHParser
for period in MPEGDASHParser.parse(sys.argv[1]).periods:
    for adaptation in period.adaptation_sets:
        for representation in adaptation.representations:
            if adaptation.mime_type == 'text/vtt':
                role = adaptation.roles[0].value
                url = representation.base_urls[0].base_url_value
                print(adaptation.lang, role, representation.bandwidth, url)
";

#[test]
fn mpegdash_reads_where_they_are() {
    let python = match yt_dlp::install() {
        Ok(python) => python,
        Err(problem) => return outside::skip("mpegdash", &problem),
    };
    let url = format!("{}(format=mpd-time-csf)", film());
    let mut command = Command::new(python);
    let said = outside::run(outside::without_proxy(command.args(["-c", READ, &url]))).unwrap();
    let want = "de subtitle 1000 QualityLevels(1000)/Fragments(film_de=0,format=mpd-time-csf).vtt";
    assert_eq!(said.trim(), want);
}
