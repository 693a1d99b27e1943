//! How fast fragments are sent, beside plain files of the same bytes.

use std::fs;
use std::path::{Path, PathBuf};

use acceptance::{Api, Service};
use anyhow::{Context as _, bail, ensure};

use crate::load::{Load, Target};
use crate::media::{Film, LEVELS, Level};
use crate::nginx::Nginx;
use crate::report::Row;

/// What nginx-vod reached of plain files when both were measured here before, in MB for a second
/// of a processor: (1080p, 360p). Smooth fragments were two seconds long there.
const VOD_OF_STATIC: [(Kind, [f64; 2]); 3] = [
    (Kind::Iso, [2352.0 / 11_019.0, 1822.0 / 5648.0]),
    (Kind::Smooth, [2086.0 / 5082.0, 1528.0 / 4008.0]),
    (Kind::Ts, [1300.0 / 8414.0, 1255.0 / 4975.0]),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Iso,
    Smooth,
    Ts,
}

/// A protocol by which clients get fragments.
struct Protocol {
    name: &'static str,
    parameters: &'static str,
    kind: Kind,
    /// Where nginx-vod is asked for fragments of the same samples in the same container.
    vod: Option<&'static str>,
}

const PROTOCOLS: [Protocol; 5] = [
    Protocol { name: "DASH", parameters: ",format=mpd-time-csf", kind: Kind::Iso, vod: None },
    Protocol {
        name: "HLS CMAF",
        parameters: ",format=m3u8-cmaf",
        kind: Kind::Iso,
        vod: Some("fmp4"),
    },
    Protocol { name: "Smooth", parameters: "", kind: Kind::Smooth, vod: None },
    Protocol {
        name: "HLS v4 TS",
        parameters: ",format=m3u8-aapl",
        kind: Kind::Ts,
        vod: Some("ts"),
    },
    Protocol {
        name: "HLS v3 TS, muxed",
        parameters: ",format=m3u8-aapl-v3",
        kind: Kind::Ts,
        vod: None,
    },
];

/// Measures the protocols whose names begin with `only` at both levels.
pub(crate) fn measure(
    service: &Service,
    folder: &Path,
    only: &str,
    (rounds, seconds): (usize, u32),
    vod: Option<&Path>,
) -> anyhow::Result<Vec<Row>> {
    let media = folder.join("media");
    fs::create_dir_all(&media)?;
    let film = Film::to_send(&media)?;
    let url = film.publish(&service.api)?;
    let address = service.info.listen.first().context("an address")?;
    let mut rows = Vec::new();
    let wanted: Vec<_> = PROTOCOLS.iter().filter(|known| known.name.starts_with(only)).collect();
    ensure!(!wanted.is_empty(), "no protocol has a name that begins with {only:?}");
    for protocol in wanted {
        for (at, level) in LEVELS.into_iter().enumerate() {
            let paths = fragments(&service.api, &url, level, protocol.parameters)?;
            let (files, listed) = save(&service.api, &url, &paths, &folder.join("files"))?;
            let served: Vec<_> =
                paths.iter().map(|path| path_of(&format!("{url}/{path}"))).collect();
            let nginx = Nginx::with_files(&folder.join("nginx"), &files)?;
            let mut targets = vec![
                Target::warm(folder, address, service.pid(), &served)?,
                Target::warm(folder, &nginx.address, nginx.pid(), &listed)?,
            ];
            let vod = vod
                .zip(protocol.vod)
                .map(|(binary, place)| with_vod(&service.api, binary, folder, &media, place, level))
                .transpose()?;
            if let Some((vod, paths)) = &vod {
                targets.push(Target::warm(folder, &vod.address, vod.pid(), paths)?);
            }
            let loads = Load::medians(&targets, rounds, seconds)?;
            let [ours, bare, ref theirs @ ..] = loads[..] else { bail!("{} loads", loads.len()) };
            let theirs = theirs.first().copied();
            drop((nginx, vod));
            fs::remove_dir_all(&files)?;
            let of_files =
                |load: &Load| load.megabytes_per_cpu_second() / bare.megabytes_per_cpu_second();
            let of_static = VOD_OF_STATIC.iter().find(|(kind, _)| *kind == protocol.kind);
            let before = of_static.and_then(|(_, shares)| shares.get(at)).copied();
            let of_vod = theirs.as_ref().map(of_files).or(before).map(|vod| of_files(&ours) / vod);
            let row = |server, load, of_files, of_vod| {
                let name = format!("{} {}", protocol.name, level.name);
                Row { name, server, load, of_files, of_vod }
            };
            rows.push(row("nginx, files", bare, None, None));
            rows.push(row("mediad", ours, Some(of_files(&ours)), of_vod));
            rows.extend(theirs.map(|load| row("nginx-vod", load, Some(of_files(&load)), None)));
        }
    }
    Ok(rows)
}

/// nginx-vod with the same film, and what it is asked for: its fragments are its own, but of the
/// same samples.
fn with_vod(
    api: &Api,
    binary: &Path,
    folder: &Path,
    media: &Path,
    place: &str,
    level: Level,
) -> anyhow::Result<(Nginx, Vec<String>)> {
    let nginx = Nginx::with_vod(binary, &folder.join("vod"), media)?;
    let base = format!("/{place}/{}.mp4", level.name);
    let url = format!("http://{}{base}/index.m3u8", nginx.address);
    let list = api.plain("GET", &url).send().expect(200);
    let named = list.text().lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let paths: Vec<_> = named
        .map(|name| match name.starts_with("http://") {
            true => path_of(name),
            false => format!("{base}/{name}"),
        })
        .collect();
    ensure!(!paths.is_empty(), "{url} names no segments");
    Ok((nginx, paths))
}

/// The paths of all fragments of a level, below the server manifest.
fn fragments(api: &Api, url: &str, level: Level, parameters: &str) -> anyhow::Result<Vec<String>> {
    let manifest = api.plain("GET", &format!("{url}/Manifest")).send().expect(200);
    let elements = acceptance::elements(manifest.text());
    let mut starts = Vec::new();
    let mut next = 0u64;
    let chunks =
        elements.iter().skip_while(|e| e.name != "StreamIndex" || e.get("Type") != "video");
    let chunks = chunks.skip(1).take_while(|e| e.name != "StreamIndex").filter(|e| e.name == "c");
    for chunk in chunks {
        let number = |name: &str, default: u64| match chunk.get(name) {
            "" => Ok(default),
            text => text.parse::<u64>(),
        };
        let duration = number("d", 0)?;
        next = number("t", next)?;
        for _ in 0..number("r", 1)? {
            starts.push(next);
            next += duration;
        }
    }
    ensure!(starts.len() > 50, "{} fragments are too few", starts.len());
    let bitrate = level.bitrate * 1000;
    let one = |start| format!("QualityLevels({bitrate})/Fragments(video={start}{parameters})");
    Ok(starts.into_iter().map(one).collect())
}

/// Saves the fragments as files; returns their folder, and their paths in it.
fn save(
    api: &Api,
    url: &str,
    paths: &[String],
    folder: &Path,
) -> anyhow::Result<(PathBuf, Vec<String>)> {
    fs::create_dir_all(folder)?;
    let mut listed = Vec::new();
    for (number, path) in paths.iter().enumerate() {
        let fragment = api.plain("GET", &format!("{url}/{path}")).send().expect(200);
        fs::write(folder.join(number.to_string()), &fragment.body)?;
        listed.push(format!("/{number}"));
    }
    Ok((folder.to_owned(), listed))
}

/// The path of a URL.
pub(crate) fn path_of(url: &str) -> String {
    let behind_host = url.splitn(4, '/').nth(3).unwrap_or_default();
    format!("/{behind_host}")
}
