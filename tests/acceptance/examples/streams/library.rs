//! A thousand films of an hour: what manifests cost of which nothing is in memory, how long the
//! first fragment takes, and how much memory it takes to stream them all.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use acceptance::Service;
use anyhow::{Context as _, ensure};

use crate::fragments::path_of;
use crate::load::Load;
use crate::media::Film;
use crate::process::{cpu_seconds, memory};

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
/// Films that are asked for before it counts: a service that has just started has more to do.
const FIRST: usize = 20;

/// Measures; returns what to print.
pub(crate) fn measure(folder: &Path, films: usize, seconds: u32) -> anyhow::Result<String> {
    ensure!(films > 2 * FIRST, "too few films");
    let service = Service::start_with(&[]);
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
    let mut out = String::from(
        "\nOne hour, five levels of video and sound; nothing of the film in memory\n\n\
         | answer | bytes | CPU ms | p50 ms | p99 ms |\n|---|--:|--:|--:|--:|\n",
    );
    let mut service = service;
    for (name, path) in MANIFESTS {
        service = service.terminate().1.start_with(&[]);
        let cold = ask(&service, &urls, path)?;
        writeln!(out, "| {name} | {} |{cold}", cold.bytes)?;
    }
    service = service.terminate().1.start_with(&[]);
    let path = "QualityLevels(4500000)/Fragments(video=600000000,format=mpd-time-cmaf)";
    let cold = ask(&service, &urls, path)?;
    writeln!(out, "| first fragment | {} |{cold}", cold.bytes)?;

    let (idle, _) = memory(service.pid())?;
    let load = random(&service, folder, &urls, seconds)?;
    let (now, most) = memory(service.pid())?;
    writeln!(
        out,
        "\n{films} films streamed at random for {seconds} s: {:.0} requests/s, p99 {:.1} ms, {:.0} µs \
         of CPU a request; resident memory {now} MiB, {most} MiB at most ({idle} MiB before)",
        load.requests / load.seconds,
        load.p99,
        load.cpu_seconds / load.requests * 1e6,
    )?;
    Ok(out)
}

/// What it took to answer for a film of which nothing was in memory.
struct Cold {
    bytes: usize,
    cpu: f64,
    p50: Duration,
    p99: Duration,
}

impl std::fmt::Display for Cold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        write!(f, " {:.2} | {:.1} | {:.1} |", self.cpu * 1e3, ms(self.p50), ms(self.p99))
    }
}

/// Asks once for each film.
fn ask(service: &Service, urls: &[String], path: &str) -> anyhow::Result<Cold> {
    let (first, others) = urls.split_at(FIRST);
    let get = |url: &String| service.api.plain("GET", &format!("{url}/{path}")).send().expect(200);
    first.iter().for_each(|url| drop(get(url)));
    let before = cpu_seconds(service.pid())?;
    let mut bytes = 0;
    let mut times: Vec<_> = others
        .iter()
        .map(|url| {
            let start = Instant::now();
            bytes = get(url).body.len();
            start.elapsed()
        })
        .collect();
    let cpu = (cpu_seconds(service.pid())? - before) / others.len() as f64;
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    Ok(Cold { bytes, cpu, p50: at(0.5), p99: at(0.99) })
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
    Load::run(folder, address, service.pid(), &paths, seconds)
}
