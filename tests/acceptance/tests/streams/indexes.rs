//! The indexes of samples beside files: made once, kept, made anew when they are damaged, and gone
//! with their file. Clients do not see them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use acceptance::{Service, blob_url, eventually};

use crate::stage::Stage;

/// How an index begins.
const MAGIC: &[u8] = b"\x8aRPIDX\n";

/// The objects below a folder that are indexes.
fn indexes(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(indexes(&path));
        } else if fs::read(&path).is_ok_and(|bytes| bytes.starts_with(MAGIC)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The indexes of a service, once there are so many.
fn wait_for(service: &Service, count: usize) -> Vec<PathBuf> {
    eventually(Duration::from_secs(20), &format!("there are {count} indexes"), || {
        Some(indexes(&service.data().join("blobs"))).filter(|found| found.len() == count)
    })
}

const PATHS: [&str; 5] = [
    "film.ism/manifest(format=mpd-time-csf)",
    "film.ism/QualityLevels(100000)/Manifest(video,format=m3u8-cmaf)",
    "film.ism/QualityLevels(100000)/Fragments(video=60000000,format=mpd-time-csf)",
    "film.ism/QualityLevels(200000)/Fragments(video=0,format=m3u8-cmaf)",
    "film.ism/QualityLevels(64000)/Fragments(aac_fra=0)",
];

#[test]
fn a_locator_has_them_made_and_they_go_with_the_asset() {
    let stage = Stage::start(&[]);
    wait_for(&stage.service, 4);
    let sas = stage.api().sas(&stage.asset, 9);
    let list = format!("{}&restype=container&comp=list", blob_url(&sas, "").replacen("/?", "?", 1));
    let listed = stage.api().plain("GET", &list).send().expect(200);
    let listed = listed.text();
    assert_eq!(listed.matches("<Blob>").count(), 6, "{listed}");
    for path in PATHS {
        stage.get(path).expect(200);
    }
    // One that nobody has asked for before is there as well.
    assert_eq!(wait_for(&stage.service, 4).len(), 4);
    stage.api().delete(&format!("Assets('{}')", stage.asset)).send().expect(204);
    wait_for(&stage.service, 0);
}

#[test]
fn damaged_ones_are_made_anew() {
    let stage = Stage::start(&[]);
    wait_for(&stage.service, 4);
    let answers = |stage: &Stage| PATHS.map(|path| stage.get(path).expect(200).body);
    let before = answers(&stage);
    let Stage { service, asset, locator } = stage;
    let files = indexes(&service.data().join("blobs"));
    let contents: Vec<_> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    let stopped = service.kill();
    let flip = |file: usize, at: usize| {
        let mut bytes = contents[file].clone();
        bytes[at] ^= 1;
        fs::write(&files[file], bytes).unwrap();
    };
    flip(0, 40);
    flip(1, contents[1].len() - 10);
    fs::write(&files[2], &contents[2][..100]).unwrap();
    fs::remove_file(&files[3]).unwrap();
    let stage = Stage { service: stopped.start(), asset, locator };
    assert!(answers(&stage) == before);
    // Twice the same: what was made anew is as it was.
    assert!(answers(&stage) == before);
    let mut again: Vec<_> =
        wait_for(&stage.service, 4).iter().map(|file| fs::read(file).unwrap()).collect();
    let mut contents = contents;
    again.sort();
    contents.sort();
    let same = again.iter().filter(|index| contents.contains(index)).count();
    assert!(same >= 3, "{same}");
}

/// However many find an index damaged: it is made anew once.
#[test]
fn damaged_ones_are_made_anew_by_one() {
    let stage = Stage::start(&[]);
    let files = wait_for(&stage.service, 4);
    stage.get("film.ism/Manifest").expect(200);
    for file in files {
        let mut bytes = fs::read(&file).unwrap();
        bytes[40..].iter_mut().for_each(|byte| *byte ^= 1);
        fs::write(&file, bytes).unwrap();
    }
    let formats = ["mpd-time-csf", "m3u8-cmaf", "fmp4"];
    let starts = ["0", "60000000", "120000000"];
    let paths = starts.iter().flat_map(|start| {
        formats.map(|format| {
            format!("film.ism/QualityLevels(100000)/Fragments(video={start},format={format})")
        })
    });
    let (paths, stage): (Vec<_>, _) = (paths.collect(), &stage);
    std::thread::scope(|scope| {
        for path in &paths {
            scope.spawn(move || stage.get(path).expect(200));
        }
    });
    let log = fs::read_to_string(stage.service.data().parent().unwrap().join("log")).unwrap();
    assert_eq!(log.matches("made anew").count(), 1, "{log}");
}
