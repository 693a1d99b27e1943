//! What the benches share: a film to measure with, and how often it is measured. Films are made and
//! opened as they are for the tests.

// Every bench compiles this file and uses a part of it.
#![allow(dead_code)]

use std::error::Error;
use std::ops::Range;
use std::time::{Duration, Instant};

use packager::Mp4;

#[path = "../../tests/common/mod.rs"]
mod tests;

pub(crate) use tests::{Studio, boxes};

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The name of the film.
pub(crate) const FILM: &str = "film.mp4";

/// The film that the command line names, or else one that ffmpeg makes: its bytes, and what they say.
pub(crate) fn film(arguments: &str) -> Result<(Vec<u8>, Mp4)> {
    // Cargo adds an argument of its own.
    let file = match std::env::args().skip(1).find(|argument| !argument.starts_with('-')) {
        Some(path) => std::fs::read(&path).map_err(|error| format!("{path}: {error}"))?,
        None => {
            let studio = Studio::new();
            studio.ffmpeg(&format!("{arguments} {FILM}"));
            std::fs::read(studio.path(FILM))?
        }
    };
    let mp4 = Mp4::parse(FILM, boxes(FILM, &file), file.len() as u64)?;
    Ok((file, mp4))
}

/// The bytes of a range.
pub(crate) fn part<'a>(file: &'a [u8], range: &Range<u64>) -> Result<&'a [u8]> {
    let range = usize::try_from(range.start)?..usize::try_from(range.end)?;
    Ok(file.get(range).ok_or("the file is cut off")?)
}

/// The least time that something takes in so many rounds, as the machine may be busy in others, and
/// what it gives.
pub(crate) fn fastest<T>(
    rounds: u32,
    mut work: impl FnMut() -> Result<T>,
) -> Result<(Duration, T)> {
    let mut round = || {
        let start = Instant::now();
        work().map(|value| (start.elapsed(), value))
    };
    let first = round()?;
    (1..rounds)
        .try_fold(first, |(least, _), _| round().map(|(time, value)| (least.min(time), value)))
}
