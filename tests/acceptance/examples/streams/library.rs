//! A thousand films of an hour: what manifests cost of which nothing is in memory, how long the
//! first fragment takes, and how much memory it takes to stream them all.

use std::fs;
use std::path::Path;
use std::time::Instant;

use acceptance::Service;
use anyhow::{Context as _, ensure};

use crate::fragments::path_of;
use crate::load::{Load, Target};
use crate::media::Film;
use crate::process::{Used, memory};

/// Manifests, each as clients of its protocol ask for it.
const MANIFESTS: [(&str, &str); 8] = [
    ("Smooth", "Manifest"),
    ("Smooth 2.0", "Manifest(format=fmp4-v20)"),
    ("DASH", "Manifest(format=mpd-time-csf)"),
    ("HLS v4 master", "Manifest(format=m3u8-aapl)"),
    ("HLS v4 media", "QualityLevels(4500000)/Manifest(video,format=m3u8-aapl)"),
    ("HLS v3 media", "QualityLevels(4500000)/Manifest(video,format=m3u8-aapl-v3)"),
    ("HLS CMAF master", "Manifest(format=m3u8-cmaf)"),
    ("HLS CMAF media", "QualityLevels(4500000)/Manifest(video,format=m3u8-cmaf)"),
];
/// The first that a player has to show.
const FRAGMENT: (&str, &str) =
    ("first fragment", "QualityLevels(4500000)/Fragments(video=600000000,format=mpd-time-cmaf)");
/// Films that are asked for before it counts: a service that has just started has more to do.
const FIRST: usize = 20;

/// What was measured.
pub(crate) struct Library {
    pub(crate) films: usize,
    pub(crate) answers: Vec<Answer>,
    /// All films, streamed at random.
    pub(crate) load: Load,
    /// Resident memory before that, after it, and at most, in MiB.
    pub(crate) idle: u64,
    pub(crate) now: u64,
    pub(crate) most: u64,
}

/// What it took to answer for a film of which nothing was in memory.
pub(crate) struct Answer {
    pub(crate) name: &'static str,
    pub(crate) bytes: usize,
    /// In milliseconds.
    pub(crate) cpu: f64,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

/// Measures all of it.
pub(crate) fn measure(folder: &Path, films: usize, seconds: u32) -> anyhow::Result<Library> {
    ensure!(films > 2 * FIRST, "{films} films are too few: it takes more than {}", 2 * FIRST);
    let mut service = Service::start_with(&[]);
    service.api.endpoint("Running");
    let media = folder.join("library");
    fs::create_dir_all(&media)?;
    let film = Film::to_describe(&media)?;
    let urls =
        (0..films).map(|_| film.publish(&service.api)).collect::<anyhow::Result<Vec<_>>>()?;
    // What is made beside the files when they are published is made in the background.
    for url in &urls {
        service.api.plain("GET", &format!("{url}/Manifest")).send().expect(200);
    }
    let mut answers = Vec::new();
    for (name, path) in MANIFESTS.into_iter().chain([FRAGMENT]) {
        service = service.terminate().1.start_with(&[]);
        answers.push(ask(&service, &urls, name, path)?);
    }
    let (idle, _) = memory(service.pid())?;
    let load = random(&service, folder, &urls, seconds)?;
    let (now, most) = memory(service.pid())?;
    Ok(Library { films, answers, load, idle, now, most })
}

/// Asks once for each film.
fn ask(
    service: &Service,
    urls: &[String],
    name: &'static str,
    path: &str,
) -> anyhow::Result<Answer> {
    let (first, others) = urls.split_at(FIRST);
    let get = |url: &String| service.api.plain("GET", &format!("{url}/{path}")).send().expect(200);
    first.iter().for_each(|url| drop(get(url)));
    let before = Used::by(service.pid())?;
    let mut bytes = 0;
    let mut times: Vec<_> = others
        .iter()
        .map(|url| {
            let start = Instant::now();
            bytes = get(url).body.len();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    let cpu = Used::by(service.pid())?.since(&before) * 1e3 / others.len() as f64;
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    Ok(Answer { name, bytes, cpu, p50: at(0.5), p99: at(0.99) })
}

/// Streams all films at random.
fn random(service: &Service, folder: &Path, urls: &[String], seconds: u32) -> anyhow::Result<Load> {
    // The same order every time, in which no film follows itself.
    let mut paths = Vec::new();
    let mut state = 1u64;
    for _ in 0..200_000 {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let random = state >> 33;
        let url = &urls[random as usize % urls.len()];
        let (bitrate, start) = ([4_500_000, 700_000][(random >> 20) as usize % 2], random % 600);
        let rest = match random % 20 {
            0 => "Manifest(format=mpd-time-csf)".to_owned(),
            1 => format!("QualityLevels({bitrate})/Manifest(video,format=m3u8-cmaf)"),
            kind => {
                let formats =
                    ["", ",format=mpd-time-csf", ",format=m3u8-cmaf", ",format=m3u8-aapl"];
                let format = formats[kind as usize % formats.len()];
                format!("QualityLevels({bitrate})/Fragments(video={}{format})", start * 60_000_000)
            }
        };
        paths.push(path_of(&format!("{url}/{rest}")));
    }
    let address = service.info.listen.first().context("an address")?;
    Load::of(&Target::warm(folder, address, service.pid(), &paths)?, seconds)
}
