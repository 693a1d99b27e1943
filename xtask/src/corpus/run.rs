//! Generating from every document.

use std::collections::BTreeMap;
use std::fs;
use std::panic;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use odata_codegen::{Diagnostics, Mode, Options, Reading, Source};

use super::documents::{Document, Kind};

/// What has become of a document.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    /// The files that were generated; none of an invalid document.
    pub(crate) files: BTreeMap<String, String>,
    /// How many lines they have.
    pub(crate) lines: usize,
    /// How long it took to generate them once.
    pub(crate) seconds: f64,
    /// Why it does not pass.
    pub(crate) failure: Option<String>,
}

/// Generates from every document, on all processors. Outcomes are in the order of documents.
pub(crate) fn all(documents: &[Document]) -> Vec<Outcome> {
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(vec![Outcome::default(); documents.len()]);
    let work = || {
        while let Some((index, document)) = take(&next, documents) {
            let outcome = one(document);
            outcomes.lock().unwrap_or_else(PoisonError::into_inner)[index] = outcome;
        }
    };
    let processors = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..processors {
            scope.spawn(work);
        }
    });
    outcomes.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn take<'a>(next: &AtomicUsize, documents: &'a [Document]) -> Option<(usize, &'a Document)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    Some((index, documents.get(index)?))
}

fn one(document: &Document) -> Outcome {
    match panic::catch_unwind(|| judged(document)) {
        Ok(outcome) => outcome,
        Err(_) => failed("the generator panics"),
    }
}

fn judged(document: &Document) -> Outcome {
    let (sources, reading) = match sources(document) {
        Ok(read) => read,
        Err(why) => return failed(why),
    };
    let start = Instant::now();
    let generated = generate(&sources, &reading);
    let seconds = start.elapsed().as_secs_f64();
    match (document.kind, generated) {
        (Kind::Invalid, Ok(_)) => failed("it is not refused"),
        (Kind::Invalid, Err(diagnostics)) => refused(document, &diagnostics),
        (_, Err(diagnostics)) => failed(first(&diagnostics)),
        (_, Ok(files)) => {
            let lines = files.values().map(|text| text.lines().count()).sum();
            let failure = (!is_deterministic(&sources, &reading, &files))
                .then(|| "generated again, it is something else".to_owned());
            Outcome { files, lines, seconds, failure }
        }
    }
}

/// A document, and those that it may refer to. Real services break rules, so documents are
/// repaired; what is to be refused must be so at any rate.
fn sources(document: &Document) -> Result<(Vec<Source>, Reading), String> {
    let read = |path: &Path, name: &str| {
        let bytes = fs::read(path).map_err(|error| error.to_string())?;
        Source::from_bytes(name, &bytes).map_err(|diagnostics| first(&diagnostics))
    };
    let source = read(&document.path, &document.name)?;
    let references = document.siblings.iter().map(|path| read(path, &path.display().to_string()));
    let references = references.collect::<Result<Vec<Source>, String>>()?;
    Ok((vec![source], Reading { mode: Mode::Lenient, references }))
}

fn generate(
    sources: &[Source],
    reading: &Reading,
) -> Result<BTreeMap<String, String>, Diagnostics> {
    let options = Options {
        command: "cargo xtask corpus".to_owned(),
        reading: reading.clone(),
        ..Options::default()
    };
    odata_codegen::generate(sources, &[], &options).map(|output| output.files)
}

/// Whether the same comes out again, and in another order of the documents.
fn is_deterministic(
    sources: &[Source],
    reading: &Reading,
    files: &BTreeMap<String, String>,
) -> bool {
    let mut reading = reading.clone();
    reading.references.reverse();
    generate(sources, &reading).is_ok_and(|again| again == *files)
}

/// A document that is to be refused must be so at a place in it.
fn refused(document: &Document, diagnostics: &Diagnostics) -> Outcome {
    let is_placed = diagnostics.iter().all(|diagnostic| {
        let location = diagnostics.location(diagnostic.span);
        let place = location.strip_prefix(&document.name).and_then(|rest| rest.strip_prefix(':'));
        place.is_some() && diagnostic.span.end > 0
    });
    if diagnostics.is_empty() || !is_placed {
        return failed(format!("it is refused at no place: {diagnostics}"));
    }
    Outcome::default()
}

fn failed(why: impl Into<String>) -> Outcome {
    Outcome { failure: Some(why.into()), ..Outcome::default() }
}

/// The first of several diagnostics, and how many there are.
fn first(diagnostics: &Diagnostics) -> String {
    let text = diagnostics.to_string();
    let errors = text.lines().filter(|line| line.contains(": error["));
    let number = errors.clone().count();
    let first = errors.into_iter().next().unwrap_or(&text).to_owned();
    if number > 1 { format!("{first} (and {} more)", number - 1) } else { first }
}
