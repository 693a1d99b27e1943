//! What a manifest costs of which nothing is in memory: reading the heads of indexes, cutting the
//! renditions, and writing. Beside it, what copying as many bytes costs.
//!
//! ```text
//! cargo bench -p packager --bench manifests        # an hour with five levels of video and sound
//! cargo bench -p packager --bench manifests -- 10  # ten hours
//! ```

#![allow(clippy::print_stdout)]

mod common;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use common::{Result, Studio, boxes, part};
use mp4_atom::{Atom as _, Encode as _, Moov, Stco, StscEntry, StszSamples};
use packager::{
    DashFormat, Format, FragmentNoun, HlsFormat, IndexFile, Mp4, Parameters, Presentation,
    Rendition, SmoothFormat,
};

/// How long the film is that is made: it is repeated.
const SECONDS: u32 = 30;
/// Levels of video.
const LEVELS: [&str; 5] = ["1.mp4", "2.mp4", "3.mp4", "4.mp4", "5.mp4"];
/// How often everything is done.
const ROUNDS: u32 = 200;
/// Longer than any file.
const LENGTH: u64 = 1 << 50;

fn main() -> Result<()> {
    let given = std::env::args().skip(1).find_map(|argument| argument.parse::<u32>().ok());
    let hours = given.unwrap_or(1);
    let studio = Studio::new();
    let times = hours * 3600 / SECONDS;
    let picture = "testsrc2=s=160x90:r=24 -c:v libx264 -preset veryfast -g 48 -keyint_min 48";
    let picture = index(&studio, "picture.mp4", picture, times)?;
    let sound = "sine=r=48000 -c:a aac -ac 2";
    let sound = index(&studio, "sound.mp4", sound, times)?;
    let heads: Vec<(&str, &[u8])> = LEVELS
        .iter()
        .map(|name| (*name, &picture))
        .chain([("sound.mp4", &sound)])
        .map(|(name, index)| Ok((name, &index[..IndexFile::head_length(name, index)?])))
        .collect::<Result<_>>()?;
    for (name, index) in [("video", &picture), ("sound", &sound)] {
        let head = IndexFile::head_length(name, index)?;
        println!("index of {name:<6}  head {head:>8} bytes  body {:>8} bytes", index.len() - head);
    }
    let reading = timed(|| Ok(black_box(parse(&heads)?).len()))?;
    println!("heads           {:>8.1} µs", micros(reading.0));
    let files = parse(&heads)?;
    let build = timed(|| Ok(black_box(present(&files)?).memory()))?;
    println!("cutting         {:>8.1} µs  {:>8} bytes stay in memory", micros(build.0), build.1);
    let presentation = present(&files)?;
    let parameters = Parameters::default();
    for (name, format) in [
        ("Smooth 2.2", Format::Smooth(SmoothFormat::Latest)),
        ("Smooth 2.0", Format::Smooth(SmoothFormat::V20)),
        ("DASH csf", Format::Dash(DashFormat::Csf)),
        ("DASH cmaf", Format::Dash(DashFormat::Cmaf)),
        ("HLS master", Format::Hls(HlsFormat::Cmaf)),
    ] {
        let written = timed(|| Ok(black_box(presentation.manifest(format, &parameters)?).len()))?;
        report(name, written, reading.0 + build.0)?;
    }
    let stream = presentation.stream("video")?;
    let bitrate = stream.qualities().first().ok_or("no quality")?.bitrate();
    let view = presentation.view(&parameters, None);
    for (name, format) in [("HLS CMAF", HlsFormat::Cmaf), ("HLS TS", HlsFormat::Aapl)] {
        let plan = || view.plan_playlist("video", bitrate, format);
        let written = timed(|| Ok(black_box(plan()?.write(&[])?).len()))?;
        report(name, written, reading.0 + build.0)?;
    }
    let start = stream.timeline().chunks().last().ok_or("no fragment")?.start;
    let dash = Format::Dash(DashFormat::Cmaf);
    let fragment = timed(|| {
        let plan = view.plan("video", bitrate, start, dash, FragmentNoun::Fragments)?;
        let reads = plan.reads().into_iter();
        let reads = reads.map(|read| part(&picture, &read.range).map(Bytes::copy_from_slice));
        let read: Vec<_> = reads.collect::<Result<_>>()?;
        black_box(plan.package(&read)?);
        Ok(read.iter().map(Bytes::len).sum())
    })?;
    println!(
        "a fragment      {:>8.1} µs  {:>8} bytes of its index",
        micros(fragment.0),
        fragment.1
    );
    Ok(())
}

fn report(name: &str, (time, bytes): (Duration, usize), before: Duration) -> Result<()> {
    let bytes_written = vec![b'm'; bytes];
    let (copy, _) = timed(|| Ok(black_box(bytes_written.as_slice().to_vec()).len()))?;
    println!(
        "{name:<12}    {:>8.1} µs  {bytes:>8} bytes  {:>6.1} times a copy  {:>8.1} µs with nothing in memory",
        micros(time),
        time.as_secs_f64() / copy.as_secs_f64(),
        micros(before + time),
    );
    Ok(())
}

fn timed(work: impl Fn() -> Result<usize>) -> Result<(Duration, usize)> {
    common::fastest(ROUNDS, work)
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn parse(heads: &[(&str, &[u8])]) -> Result<Vec<Mp4>> {
    heads.iter().map(|(name, head)| Ok(Mp4::from_index(name, head)?)).collect()
}

fn present(files: &[Mp4]) -> Result<Presentation> {
    let tracks = files.iter().flat_map(|mp4| mp4.tracks().iter().map(move |track| (mp4, track)));
    let renditions = tracks.map(|(mp4, track)| Rendition::new(mp4.file(), Arc::clone(track)));
    Ok(Presentation::new(renditions.collect())?)
}

/// The index of a film that is repeated so often.
fn index(studio: &Studio, name: &str, source: &str, times: u32) -> Result<Vec<u8>> {
    studio.ffmpeg(&format!("-f lavfi -i {source} -t {SECONDS} -pix_fmt yuv420p {name}"));
    let found = boxes(name, &std::fs::read(studio.path(name))?);
    let mut moov = Moov::decode_body(&mut &found.moov()[..])?;
    moov.trak.iter_mut().for_each(|trak| repeat(trak, times));
    let mut encoded = Vec::new();
    moov.encode(&mut encoded)?;
    let payload = Bytes::from(encoded.split_off(8));
    Ok(Mp4::parse(name, payload, LENGTH)?.to_index().ok_or("no index")?)
}

fn repeat(trak: &mut mp4_atom::Trak, times: u32) {
    trak.edts = None;
    let stbl = &mut trak.mdia.minf.stbl;
    let n = times as usize;
    let mut count = 0;
    if let StszSamples::Different { sizes } = &mut stbl.stsz.samples {
        count = u32::try_from(sizes.len()).unwrap_or(0);
        *sizes = sizes.repeat(n);
    }
    stbl.stts.entries = vec![stbl.stts.entries.clone(); n].concat();
    if let Some(ctts) = &mut stbl.ctts {
        ctts.entries = vec![ctts.entries.clone(); n].concat();
    }
    if let Some(stss) = &mut stbl.stss {
        let keys = std::mem::take(&mut stss.entries);
        let repeated = (0..times).flat_map(|at| keys.iter().map(move |key| key + at * count));
        stss.entries = repeated.collect();
    }
    // A chunk for each round.
    stbl.stsc.entries =
        vec![StscEntry { first_chunk: 1, samples_per_chunk: count, sample_description_index: 1 }];
    stbl.stco = Some(Stco { entries: (0..times).map(|at| 48 + at * 10_000_000).collect() });
    stbl.co64 = None;
}
