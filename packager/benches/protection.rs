//! What encryption costs for each megabyte of media data, beside packaging in the clear.
//!
//! ```text
//! cargo bench -p packager --bench protection              # a film that ffmpeg makes
//! cargo bench -p packager --bench protection -- FILM.mp4
//! ```

#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use bytes::Bytes;
use packager::protect::{Common, ContentKey, Envelope, Method, Protection, Scheme};
use packager::{
    DashFormat, Format, Fragment, Locate, Mp4, Packaged, Parameters, Presentation, Rendition, Step,
    TrackKind,
};
use uuid::Uuid;

/// How often each fragment is packaged.
const ROUNDS: u32 = 5;
const FORMAT: Format = Format::Dash(DashFormat::Cmaf);

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    // Cargo adds an argument of its own.
    let given = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let path = given.map_or_else(|| film(folder.path()), |path| Ok(PathBuf::from(path)))?;
    let file = std::fs::read(path)?;
    let mp4 = parse(&file)?;
    let picture = Rendition::new("film.mp4", mp4.first(TrackKind::Video)?.clone());
    let presentation = Presentation::new(vec![picture])?;
    let method = |scheme| {
        Method::Common(Common {
            scheme,
            iv: None,
            play_ready: None,
            widevine: None,
            fair_play: None,
            clear_key: None,
        })
    };
    let mut methods = BTreeMap::new();
    methods.insert("1 clear", None);
    methods.insert(
        "2 envelope",
        Some(Method::Envelope(Envelope { key_url: String::new(), iv: None })),
    );
    methods.insert("3 cenc", Some(method(Scheme::Cenc)));
    methods.insert("4 cbcs", Some(method(Scheme::Cbcs)));
    let mut clear = Duration::ZERO;
    for (name, method) in methods {
        let key = ContentKey::new(Uuid::nil(), [7; 16]);
        let protection = method.map(|method| Protection { key, method, clear_codecs: vec![] });
        // The first round fills caches.
        package(&presentation, &file, protection.as_ref())?;
        let (time, bytes) = package(&presentation, &file, protection.as_ref())?;
        if protection.is_none() {
            clear = time;
        }
        let megabytes = bytes as f64 / 1e6;
        println!(
            "{name:<12} {:8.1} µs/MB  {:7.0} MB/s  {:5.1} times clear",
            time.as_secs_f64() * 1e6 / megabytes,
            megabytes / time.as_secs_f64(),
            time.as_secs_f64() / clear.as_secs_f64(),
        );
    }
    Ok(())
}

/// Packages every fragment into memory; gives the time, and the bytes of media data.
fn package(
    presentation: &Presentation,
    file: &[u8],
    protection: Option<&Protection>,
) -> Result<(Duration, usize), Box<dyn Error>> {
    let parameters = Parameters::default();
    let view = presentation.view(&parameters, protection);
    let stream = presentation.stream("video")?;
    let bitrate = stream.qualities().first().ok_or("no quality")?.bitrate();
    let (mut bytes, start) = (0, Instant::now());
    for _ in 0..ROUNDS {
        for chunk in stream.timeline().chunks() {
            match view.fragment("video", bitrate, chunk.start, FORMAT)? {
                Packaged::Clear(fragment) => {
                    let data = read(file, &fragment)?;
                    bytes += data.len();
                    std::hint::black_box((fragment.head, data));
                }
                Packaged::Envelope(fragment, mut encryptor) => {
                    let data = read(file, &fragment)?;
                    bytes += data.len();
                    let parts = (encryptor.update(&fragment.head), encryptor.update(&data));
                    std::hint::black_box((parts, encryptor.finish()));
                }
                Packaged::Samples(encryptor) => {
                    let mut data = read(file, encryptor.fragment())?;
                    bytes += data.len();
                    std::hint::black_box((encryptor.encrypt(&mut data)?, data));
                }
                Packaged::Segment(..) => return Err("not asked for".into()),
            }
        }
    }
    Ok((start.elapsed(), bytes))
}

fn read(file: &[u8], fragment: &Fragment) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut data = Vec::new();
    for range in &fragment.ranges {
        let range = usize::try_from(range.start)?..usize::try_from(range.end)?;
        data.extend_from_slice(file.get(range).ok_or("the file is cut off")?);
    }
    Ok(data)
}

fn parse(file: &[u8]) -> Result<Mp4, Box<dyn Error>> {
    let mut locate = Locate::new("film.mp4", file.len() as u64);
    let mut step = locate.start();
    loop {
        match step {
            Step::Read(range) => {
                let range = usize::try_from(range.start)?..usize::try_from(range.end)?;
                let part = file.get(range).ok_or("the file is cut off")?;
                step = locate.feed(Bytes::copy_from_slice(part))?;
            }
            Step::Found(boxes) => return Ok(Mp4::parse("film.mp4", boxes, file.len() as u64)?),
        }
    }
}

/// Half a minute of noise in HD, at about 20 Mbit/s.
fn film(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let path = folder.join("film.mp4");
    let words = "-nostdin -v error -f lavfi -i testsrc2=s=1280x720:r=25:d=30 -vf noise=alls=40:allf=t \
                 -c:v libx264 -preset ultrafast -b:v 20M -pix_fmt yuv420p -g 50 -sc_threshold 0";
    let status = Command::new("ffmpeg").args(words.split_whitespace()).arg(&path).status()?;
    if status.success() { Ok(path) } else { Err("ffmpeg failed".into()) }
}
