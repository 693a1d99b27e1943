//! HLS with MPEG transport streams: what is listed is there, with its type and its length, and is
//! the film.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use acceptance::{Reply, decode, ffmpeg};

use crate::stage::{Stage, naming};

/// Where time starts in transport streams, in seconds.
const ORIGIN: f64 = 10.0;

/// The lines of a playlist that are URIs, in the folder of the playlist.
fn uris(folder: &str, playlist: &Reply) -> Vec<String> {
    let lines = playlist.text().lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| format!("{folder}/{line}")).collect()
}

fn folder(uri: &str) -> &str {
    uri.rsplit_once('/').unwrap().0
}

/// All segments of a media playlist, joined.
fn joined(stage: &Stage, playlist: &str) -> Vec<u8> {
    let reply = stage.get(playlist).expect(200);
    let segments = uris(folder(playlist), &reply);
    assert_eq!(segments.len(), 3, "{reply}");
    let mut all = Vec::new();
    for segment in segments {
        let reply = stage.get(&segment).expect(200).expect_header("content-type", "video/mp2t");
        assert_eq!(reply.header("content-length"), reply.body.len().to_string());
        assert_eq!(reply.body.len() % 188, 0);
        all.extend(reply.body);
    }
    all
}

#[test]
fn version_4_has_one_track_in_a_segment() {
    let stage = Stage::shared();
    let master = stage.get("film.ism/Manifest(format=m3u8-aapl)").expect(200);
    assert!(master.text().starts_with("#EXTM3U\n#EXT-X-VERSION:4\n"), "{master}");
    let playlists = uris("film.ism", &master);
    let [low, high, sound] = playlists.as_slice() else { panic!("{master}") };
    for (playlist, select, count) in [(low, "v", 350), (high, "v", 350), (sound, "a", 656)] {
        let frames = decode(&joined(stage, playlist), select);
        assert!((count..=count + 1).contains(&frames.count), "{frames:?}");
        assert!((frames.first - ORIGIN).abs() < 0.002, "{frames:?}");
    }
}

#[test]
fn version_3_has_the_audio_that_the_url_names() {
    let stage = Stage::shared();
    let first = |parameters: &str| {
        let url = format!("film.ism/Manifest(format=m3u8-aapl-v3{parameters})");
        let master = stage.get(&url).expect(200);
        assert!(master.text().starts_with("#EXTM3U\n#EXT-X-VERSION:3\n"), "{master}");
        assert!(!master.text().contains("EXT-X-MEDIA:"), "{master}");
        uris("film.ism", &master).remove(0)
    };
    let (english, french) = (first(""), first(",audioTrack=aac_fra"));
    assert!(english.contains("audiotrack=aac_eng") && french.contains("audiotrack=aac_fra"));
    let streams = [joined(stage, &english), joined(stage, &french)];
    assert_ne!(streams[0], streams[1]);
    for stream in &streams {
        assert_eq!(decode(stream, "v").count, 350);
        assert!((656..=657).contains(&decode(stream, "a").count));
    }
    let unknown = "film.ism/QualityLevels(100000)/\
                   Fragments(video=0,format=m3u8-aapl-v3,audiotrack=nope)";
    let unknown = stage.get(unknown).expect(404);
    assert!(unknown.text().starts_with("MPE_EGRESS_TRACK_NOT_FOUND"), "{unknown}");
}

#[test]
fn key_frames_are_ranges_that_decode_alone() {
    let stage = Stage::shared();
    let playlist = "film.ism/QualityLevels(100000)/Manifest(video,format=m3u8-aapl,type=keyframes)";
    let reply = stage.get(playlist).expect(200);
    let lines: Vec<_> = reply.text().lines().collect();
    let mut times = Vec::new();
    for pair in lines.windows(2) {
        let Some(range) = pair[0].strip_prefix("#EXT-X-BYTERANGE:") else { continue };
        let (length, offset) = range.split_once('@').unwrap();
        let (length, offset): (u64, u64) = (length.parse().unwrap(), offset.parse().unwrap());
        let segment = stage.url(&format!("{}/{}", folder(playlist), pair[1]));
        // A player reads the program tables, and then the packets of one picture.
        let [tables, frame] = [0..376, offset..offset + length].map(|bytes| {
            let range = format!("{}-{}", bytes.start, bytes.end - 1);
            let call =
                stage.api().plain("GET", &segment).header("range", &format!("bytes={range}"));
            let part = call.send().expect(206).expect_header("content-type", "video/mp2t");
            let total = part.header("content-range").strip_prefix(&format!("bytes {range}/"));
            let total = total.unwrap_or_else(|| panic!("{part}")).parse::<u64>().unwrap();
            assert!(bytes.end <= total && part.body.len() as u64 == bytes.end - bytes.start);
            part.body
        });
        let frames = decode(&[tables, frame].concat(), "v");
        assert_eq!(frames.count, 1);
        times.push(frames.first - ORIGIN);
    }
    assert_eq!(times.len(), 7, "{reply}");
    for (number, time) in times.iter().enumerate() {
        assert!((time - 2.0 * number as f64).abs() < 0.002, "{times:?}");
    }
    for other in ["m3u8-cmaf", "m3u8-aapl-v3"] {
        let refused = stage.get(&playlist.replace("m3u8-aapl", other)).expect(415);
        assert!(refused.text().starts_with("MPE_OUTPUT_FORMAT_NOT_SUPPORTED"), "{refused}");
    }
}

/// What leads to a film of a locator, one of whose frames has no NAL units.
fn damaged_film(stage: &Stage, frame: usize) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("film.mp4");
    let path = path.to_str().unwrap();
    ffmpeg(&format!(
        "-y -f lavfi -i testsrc2=s=640x360:r=25:d=4 -c:v libx264 -preset ultrafast \
         -pix_fmt yuv420p -g 50 {path}"
    ));
    let mut film = std::fs::read(path).unwrap();
    let words = "-v error -show_entries packet=pos -of csv=p=0";
    let places = Command::new("ffprobe").args(words.split(' ')).arg(path).output().unwrap();
    let places = String::from_utf8(places.stdout).unwrap();
    let place = places.lines().nth(frame).unwrap().trim_end_matches(',').parse::<usize>().unwrap();
    film[place..place + 4].copy_from_slice(&[0xff; 4]);
    let api = stage.api();
    let asset = api.asset("damaged");
    api.put(&asset, "film.ism", naming("film.mp4").as_bytes());
    api.put(&asset, "film.mp4", &film);
    api.origin(&asset)["Path"].as_str().unwrap().to_owned()
}

const DAMAGED: &str = "film.ism/QualityLevels(50000)/Fragments(video=0,format=m3u8-aapl)";

#[test]
fn a_sample_that_is_not_what_the_file_says_is_told_at_the_start() {
    let stage = Stage::shared();
    let root = damaged_film(stage, 2);
    let refused = stage.api().plain("GET", &format!("{root}{DAMAGED}")).send().expect(415);
    let told = refused.text();
    assert!(told.starts_with("MPE_FORMAT_NOT_SUPPORTED"), "{told}");
    assert!(told.contains("film.mp4"), "{told}");
}

/// By then the length has been told, so nobody may take what came for the whole.
#[test]
fn the_connection_ends_where_a_sample_is_not_what_the_file_says() {
    let stage = Stage::shared();
    let root = damaged_film(stage, 95);
    let (host, path) = root.trim_start_matches("http://").split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(stream, "GET /{path}{DAMAGED} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    // The client asked to keep it open: only the failure ends it.
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let end = answer.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
    let head = String::from_utf8_lossy(&answer[..end]);
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let (body, told) = (answer.len() - end, length.unwrap().parse::<usize>().unwrap());
    assert!(body > 0 && body < told, "{body} bytes of {told}");
    // The file is as good as before where it is not cut.
    let whole = format!("{root}{}", DAMAGED.replace("m3u8-aapl", "m3u8-cmaf"));
    stage.api().plain("GET", &whole).send().expect(200);
}
