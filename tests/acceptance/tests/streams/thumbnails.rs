//! Thumbnails: what is on the sheets, what the index says of it, and that they are made once.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use acceptance::{Reply, eventually, ffmpeg, key, made_by_ffmpeg};
use serde_json::json;

use crate::stage::{Stage, naming};

/// What a cue of the index says: from when to when, in seconds, which sheet, and where on it.
#[derive(Debug)]
struct Cue {
    from: f64,
    to: f64,
    sheet: String,
    place: [usize; 4],
}

/// Reads an index by way of ffmpeg, which makes SubRip of it.
fn cues(index: &Reply) -> Vec<Cue> {
    let mut file = tempfile::Builder::new().suffix(".vtt").tempfile().unwrap();
    file.write_all(&index.body).unwrap();
    let text = ffmpeg(&format!("-i {} -f srt -", file.path().to_str().unwrap()));
    let text = String::from_utf8(text).unwrap();
    let seconds = |time: &str| {
        let mut parts = time.trim().split([':', ',']).map(|part| part.parse::<f64>().unwrap());
        let mut next = || parts.next().unwrap();
        next() * 3600.0 + next() * 60.0 + next() + next() / 1000.0
    };
    let cue = |text: &str| {
        let mut lines = text.lines().skip(1);
        let (from, to) = lines.next().unwrap().split_once(" --> ").unwrap();
        let (sheet, place) = lines.next().unwrap().split_once("#xywh=").unwrap();
        let place: Vec<usize> = place.split(',').map(|number| number.parse().unwrap()).collect();
        let place = place.try_into().unwrap();
        Cue { from: seconds(from), to: seconds(to), sheet: sheet.to_owned(), place }
    };
    text.trim().split("\n\n").map(cue).collect()
}

/// A picture as three planes of the same size.
struct Picture {
    width: usize,
    planes: Vec<Vec<u8>>,
}

impl Picture {
    fn of(jpeg: &[u8]) -> Self {
        let mut file = tempfile::Builder::new().suffix(".jpg").tempfile().unwrap();
        file.write_all(jpeg).unwrap();
        let path = file.path().to_str().unwrap();
        let size = String::from_utf8(ffmpeg(&format!("-i {path} -f framecrc -"))).unwrap();
        let size = size.lines().find_map(|line| line.strip_prefix("#dimensions 0: ")).unwrap();
        let width: usize = size.split('x').next().unwrap().parse().unwrap();
        let all = ffmpeg(&format!(
            "-i {path} -vf scale=in_range=full:out_range=limited,format=yuv444p -f rawvideo -"
        ));
        let planes = all.chunks(all.len() / 3).map(<[u8]>::to_vec).collect();
        Self { width, planes }
    }

    fn height(&self) -> usize {
        self.planes[0].len() / self.width
    }

    /// The colour in the middle of a part.
    fn colour(&self, [x, y, width, height]: [usize; 4]) -> [u8; 3] {
        assert!(x + width <= self.width && y + height <= self.height());
        let at = (y + height / 2) * self.width + x + width / 2;
        [0, 1, 2].map(|plane| self.planes[plane][at])
    }
}

/// Asks as a player does that comes back when it is told to.
#[track_caller]
fn get(stage: &Stage, rest: &str) -> Reply {
    stage.api().plain("GET", &stage.url(rest)).send_patiently()
}

/// Folders of thumbnails that a service has.
fn kept(stage: &Stage) -> Vec<PathBuf> {
    let folder = std::fs::read_dir(stage.service.data().join("thumbnails")).unwrap();
    folder.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn an_index_and_its_sheet() {
    let stage = Stage::shared();
    let index = get(stage, "film.ism/Thumbnails.vtt").expect(200);
    let index = index.expect_header("content-type", "text/vtt");
    assert!(index.text().starts_with("WEBVTT\n"), "{index}");
    let cues = cues(&index);
    let times: Vec<_> = cues.iter().map(|cue| (cue.from, cue.to.round())).collect();
    assert_eq!(times, [(0.0, 10.0), (10.0, 14.0)]);
    assert_eq!(cues[1].place, [160, 0, 160, 90]);
    let sheet = stage.get(&format!("film.ism/{}", cues[0].sheet)).expect(200);
    let sheet = sheet.expect_header("content-type", "image/jpeg");
    let picture = Picture::of(&sheet.body);
    assert_eq!((picture.width, picture.height()), (320, 90));
    for same in ["film.ism/thumbnails", "film.ism/THUMBNAILS().vtt?x=1"] {
        assert_eq!(stage.get(same).expect(200).body, index.body);
    }
    let url = stage.url("film.ism/Thumbnails.vtt");
    let head = stage.api().plain("HEAD", &url).send().expect(200);
    assert_eq!(head.header("content-length"), index.body.len().to_string());
    assert!(head.body.is_empty());
}

#[test]
fn what_there_are_no_thumbnails_of() {
    let stage = Stage::shared();
    let (api, asset) = (stage.api(), &stage.asset);
    // Tables as they should be, and nothing that decodes.
    let mut garbage = made_by_ffmpeg(
        "-f lavfi -i testsrc2=s=64x64:r=25:d=2 -c:v libx264 -pix_fmt yuv420p -movflags +faststart",
        "mp4",
    );
    let media = garbage.windows(4).position(|kind| kind == b"mdat").unwrap() + 4;
    garbage[media..].fill(0xff);
    api.put(asset, "garbage.mp4", &garbage);
    api.put(asset, "garbage.ism", naming("garbage.mp4").as_bytes());
    for (rest, status, code) in [
        ("film.ism/Thumbnails(sheet=1).jpg", 404, "MPE_RESOURCE_NOT_FOUND"),
        ("film.ism/Thumbnails(sheet=18446744073709551615)", 404, "MPE_RESOURCE_NOT_FOUND"),
        ("other.ism/Thumbnails.vtt", 404, "MPE_RESOURCE_NOT_FOUND"),
        ("sound.ism/Thumbnails.vtt", 404, "MPE_EGRESS_TRACK_NOT_FOUND"),
        ("garbage.ism/Thumbnails.vtt", 415, "MPE_FORMAT_NOT_SUPPORTED"),
        ("garbage.ism/Thumbnails(sheet=0).jpg", 415, "MPE_FORMAT_NOT_SUPPORTED"),
        ("film.ism/Thumbnails.jpg", 400, "MPE_BAD_URL_SYNTAX"),
        ("film.ism/Thumbnails(sheet=-1).jpg", 400, "MPE_BAD_URL_SYNTAX"),
        ("film.ism/Thumbnails(sheet=..%2f0).jpg", 400, "MPE_BAD_URL_SYNTAX"),
        ("film.ism/Thumbnails(filter=x).vtt", 400, "MPE_BAD_URL_SYNTAX"),
        ("film.ism/Thumbnails(sheet=0).png", 400, "MPE_BAD_URL_SYNTAX"),
    ] {
        let reply = get(stage, rest).expect(status).expect_header("cache-control", "no-store");
        assert!(reply.text().starts_with(code), "{reply}");
    }
    let locator = api.origin(asset);
    let url = format!("{}film.ism/Thumbnails.vtt", locator["Path"].as_str().unwrap());
    api.plain("GET", &url).send_patiently().expect(200);
    api.delete(&key("Locators", &locator)).send().expect(204);
    api.plain("GET", &url).send().expect(404);
}

/// The colour of a second in the film below: no two are the same, nor near each other.
fn colour_of(second: usize) -> [u8; 3] {
    let parts = [second % 16, second / 16 % 15, second / 240];
    [24 + 13 * parts[0], 24 + 14 * parts[1], 24 + 14 * parts[2]].map(|part| part as u8)
}

#[test]
fn an_hour_of_colours() {
    let stage = Stage::shared();
    let film = made_by_ffmpeg(
        "-f lavfi -i nullsrc=s=32x32:r=1:d=3600,geq=lum='24+13*mod(N,16)':\
         cb='24+14*mod(floor(N/16),15)':cr='24+14*floor(N/240)' \
         -c:v libx264 -preset ultrafast -qp 4 -pix_fmt yuv420p -g 2 -keyint_min 2 -sc_threshold 0",
        "mp4",
    );
    stage.api().put(&stage.asset, "hour.mp4", &film);
    stage.api().put(&stage.asset, "hour.ism", naming("hour.mp4").as_bytes());
    let cues = cues(&get(stage, "hour.ism/Thumbnails.vtt").expect(200));
    assert_eq!(cues.len(), 360);
    let mut sheets: Vec<_> = cues.iter().map(|cue| cue.sheet.as_str()).collect();
    sheets.dedup();
    assert_eq!(sheets.len(), 4);
    for name in sheets {
        let sheet = stage.get(&format!("hour.ism/{name}")).expect(200);
        assert!(sheet.body.len() < 1 << 20, "{} bytes", sheet.body.len());
        let picture = Picture::of(&sheet.body);
        for (number, cue) in cues.iter().enumerate().filter(|(_, cue)| cue.sheet == name) {
            let second = number * 10;
            assert!((cue.from - second as f64).abs() < 0.001, "{cue:?}");
            assert!((cue.to - (second + 10) as f64).abs() < 0.001, "{cue:?}");
            let (want, got) = (colour_of(second), picture.colour(cue.place));
            let near = want.iter().zip(&got).all(|(want, got)| want.abs_diff(*got) <= 4);
            assert!(near, "second {second}: {got:?} instead of {want:?}");
        }
    }
    stage.get("hour.ism/Thumbnails(sheet=4).jpg").expect(404);
}

#[test]
fn they_are_made_once_for_each_version() {
    let stage = Stage::start(&["--x264-preset", "ultrafast"]);
    let made = |stage: &Stage| get(stage, "film.ism/Thumbnails.vtt").expect(200).body;
    // Many ask at once.
    let indexes: Vec<_> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..8).map(|_| scope.spawn(|| made(&stage))).collect();
        asking.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(indexes.iter().all(|index| index == &indexes[0]));
    let first = kept(&stage);
    assert_eq!(first.len(), 1, "{first:?}");
    let sheet = stage.get("film.ism/Thumbnails(sheet=0).jpg").expect(200).body;

    // They outlive the service.
    let path = stage.locator["Path"].as_str().unwrap().to_owned();
    let Stage { service, asset, locator } = stage;
    let service = service.kill().start();
    let stage = Stage { service, asset, locator };
    let rest = path.split('/').skip(3).collect::<Vec<_>>().join("/");
    let url = |name: &str| format!("{}/{rest}{name}", stage.service.info.streaming);
    let get = |name: &str| stage.api().plain("GET", &url(name)).send_patiently();
    assert!(get("film.ism/Thumbnails(sheet=0).jpg").expect(200).body == sheet);
    assert_eq!(kept(&stage), first);

    // Another film of the same name has its own.
    let other = made_by_ffmpeg(
        "-f lavfi -i smptebars=s=64x48:r=25:d=22 -c:v libx264 -preset ultrafast -pix_fmt yuv420p \
         -g 50 -keyint_min 50 -sc_threshold 0",
        "mp4",
    );
    stage.api().put(&stage.asset, "other.mp4", &other);
    stage.api().put(&stage.asset, "film.ism", naming("other.mp4").as_bytes());
    let index = get("film.ism/Thumbnails.vtt").expect(200);
    let cues = cues(&index);
    assert_eq!(cues.len(), 3);
    assert_eq!(cues[2].place, [320, 0, 160, 120]);
    assert_eq!(kept(&stage).len(), 2);

    // They go with the asset.
    let api = stage.api();
    api.delete(&key("Assets", &json!({ "Id": stage.asset }))).send().expect(204);
    eventually(Duration::from_secs(10), "no thumbnails are left", || {
        kept(&stage).is_empty().then_some(())
    });
}
