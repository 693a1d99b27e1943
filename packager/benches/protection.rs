//! What encryption costs for each megabyte of media data, beside packaging in the clear.
//!
//! ```text
//! cargo bench -p packager --bench protection              # a film that ffmpeg makes
//! cargo bench -p packager --bench protection -- FILM.mp4
//! ```

#![allow(clippy::print_stdout)]

mod common;

use std::hint::black_box;

use common::{FILM, Result, fastest, part};
use packager::protect::{Common, ContentKey, Envelope, Method, Protection, Scheme};
use packager::{
    DashFormat, Format, Fragment, Packaged, Parameters, Presentation, Rendition, TrackKind,
};
use uuid::Uuid;

/// How often each fragment is packaged.
const ROUNDS: u32 = 10;
const FORMAT: Format = Format::Dash(DashFormat::Cmaf);

/// Half a minute of noise in HD, at about 20 Mbit/s.
const SOURCE: &str = "-f lavfi -i testsrc2=s=1280x720:r=25:d=30 -vf noise=alls=40:allf=t \
                      -c:v libx264 -preset ultrafast -b:v 20M -pix_fmt yuv420p -g 50 -sc_threshold 0";

fn main() -> Result<()> {
    let (file, mp4) = common::film(SOURCE)?;
    let picture = Rendition::new(FILM, mp4.first(TrackKind::Video)?.clone());
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
    let envelope = Method::Envelope(Envelope { key_url: String::new(), iv: None });
    let mut clear = None;
    for (name, method) in [
        ("clear", None),
        ("envelope", Some(envelope)),
        ("cenc", Some(method(Scheme::Cenc))),
        ("cbcs", Some(method(Scheme::Cbcs))),
    ] {
        let key = ContentKey::new(Uuid::nil(), [7; 16]);
        let protection = method.map(|method| Protection { key, method, clear_codecs: vec![] });
        let round = || package(&presentation, &file, protection.as_ref());
        let (time, bytes) = fastest(ROUNDS, round)?;
        let clear = *clear.get_or_insert(time);
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

/// Packages every fragment into memory; gives the bytes of media data.
fn package(
    presentation: &Presentation,
    file: &[u8],
    protection: Option<&Protection>,
) -> Result<usize> {
    let parameters = Parameters::default();
    let view = presentation.view(&parameters, protection);
    let stream = presentation.stream("video")?;
    let bitrate = stream.qualities().first().ok_or("no quality")?.bitrate();
    let mut bytes = 0;
    for chunk in stream.timeline().chunks() {
        match view.fragment("video", bitrate, chunk.start, FORMAT)? {
            Packaged::Clear(fragment) => {
                let data = read(file, &fragment)?;
                bytes += data.len();
                black_box((fragment.head, data));
            }
            Packaged::Envelope(fragment, mut encryptor) => {
                let data = read(file, &fragment)?;
                bytes += data.len();
                let parts = (encryptor.update(&fragment.head), encryptor.update(&data));
                black_box((parts, encryptor.finish()));
            }
            Packaged::Samples(encryptor) => {
                let mut data = read(file, encryptor.fragment())?;
                bytes += data.len();
                black_box((encryptor.encrypt(&mut data)?, data));
            }
            Packaged::Segment(..) => return Err("not asked for".into()),
        }
    }
    Ok(bytes)
}

fn read(file: &[u8], fragment: &Fragment) -> Result<Vec<u8>> {
    let mut data = Vec::new();
    for range in &fragment.ranges {
        data.extend_from_slice(part(file, range)?);
    }
    Ok(data)
}
