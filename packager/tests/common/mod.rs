//! What the integration tests share: ffmpeg as a source of files and as a judge of the output.

// Every test binary compiles this file and uses a part of it.
#![allow(dead_code, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use bytes::Bytes;
use packager::{
    Boxes, Format, Fragment, Locate, Mp4, Presentation, Rendition, Step, Stream, TrackKind,
};
use tempfile::TempDir;

/// Whether ffmpeg and ffprobe can be run. Says so loudly if they cannot; with `NO_SKIP` that is a
/// failure.
pub(crate) fn have_ffmpeg() -> bool {
    let works = |tool: &str| Command::new(tool).arg("-version").output().is_ok();
    let have = works("ffmpeg") && works("ffprobe");
    if !have {
        let missing = "this test needs ffmpeg and ffprobe, and they are not installed";
        assert!(std::env::var_os("NO_SKIP").is_none(), "with NO_SKIP, {missing}");
        // Past the test runner, which shows nothing of tests that pass.
        let _ = writeln!(std::io::stderr(), "\nSKIPPED: {missing}\n");
    }
    have
}

fn run(tool: &str, args: &[&str], folder: &Path) -> Output {
    let output = Command::new(tool).args(args).current_dir(folder).output();
    let output = output.unwrap_or_else(|error| panic!("{tool}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "{tool} {args:?}: {errors}");
    output
}

/// A folder with files that ffmpeg makes.
pub(crate) struct Studio {
    folder: TempDir,
}

impl Studio {
    pub(crate) fn new() -> Self {
        Studio { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs ffmpeg with these arguments, split at spaces; the last one is the file to write.
    pub(crate) fn ffmpeg(&self, args: &str) {
        let mut all = vec!["-nostdin", "-v", "error", "-y"];
        all.extend(args.split(' '));
        run("ffmpeg", &all, self.folder.path());
    }

    /// Finds and parses the boxes of a file with ranged reads.
    pub(crate) fn open(&self, name: &str) -> Arc<Mp4> {
        let file = std::fs::read(self.path(name)).unwrap();
        Arc::new(Mp4::parse(name, boxes(name, &file), file.len() as u64).unwrap())
    }

    /// A presentation of the first track of a kind in each of these files.
    pub(crate) fn presentation(&self, tracks: &[(&str, TrackKind)]) -> Presentation {
        let rendition = |(file, kind): &(&str, TrackKind)| {
            Rendition::new(*file, self.open(file).first(*kind).unwrap().clone())
        };
        Presentation::new(tracks.iter().map(rendition).collect()).unwrap()
    }

    pub(crate) fn open_all(&self, names: &[&str]) -> BTreeMap<String, Arc<Mp4>> {
        names.iter().map(|name| ((*name).to_owned(), self.open(name))).collect()
    }

    /// All bytes of a fragment.
    pub(crate) fn bytes(&self, fragment: &Fragment) -> Vec<u8> {
        let file = std::fs::read(self.path(&fragment.file)).unwrap();
        let mut bytes = fragment.head.to_vec();
        for range in &fragment.ranges {
            bytes.extend_from_slice(&file[range.start as usize..range.end as usize]);
        }
        assert_eq!(bytes.len() as u64, fragment.content_length());
        bytes
    }

    /// Writes `head` and all fragments of a quality level into one file.
    pub(crate) fn join(
        &self,
        presentation: &Presentation,
        stream: &Stream,
        bitrate: u64,
        format: Format,
        head: &[u8],
        name: &str,
    ) {
        let mut joined = head.to_vec();
        for chunk in stream.timeline().chunks() {
            let fragment =
                presentation.fragment(stream.name(), bitrate, chunk.start, format).unwrap();
            joined.extend(self.bytes(&fragment));
        }
        std::fs::write(self.path(name), joined).unwrap();
    }

    /// Presentation times of all packets in microseconds, sorted. `select` is `v` or `a`.
    pub(crate) fn times(&self, name: &str, select: &str) -> Vec<i64> {
        let args = "-v error -show_entries packet=pts_time -of csv=p=0 -select_streams";
        let mut args: Vec<_> = args.split(' ').collect();
        args.extend([select, name]);
        let output = run("ffprobe", &args, self.folder.path());
        let text = String::from_utf8(output.stdout).unwrap();
        let seconds = text.lines().map(|line| line.trim_end_matches(','));
        let mut times: Vec<_> = seconds
            .filter(|line| !line.is_empty())
            .map(|line| (line.parse::<f64>().unwrap() * 1e6).round() as i64)
            .collect();
        times.sort_unstable();
        times
    }

    /// The same of what is presented of a file: sound before time 0 is priming of the encoder, which
    /// streams leave out.
    pub(crate) fn presented(&self, name: &str, select: &str) -> Vec<i64> {
        let mut times = self.times(name, select);
        times.retain(|time| select != "a" || *time >= 0);
        times
    }

    /// Decodes everything strictly; returns a hash of the decoded pictures or sound.
    pub(crate) fn decoded(&self, name: &str, select: &str) -> String {
        self.decoded_with(&[], name, select)
    }

    /// Like [`Studio::decoded`], with options for the input.
    pub(crate) fn decoded_with(&self, options: &[&str], name: &str, select: &str) -> String {
        let map = format!("0:{select}");
        let strict = ["-nostdin", "-v", "error", "-xerror"];
        let args = [&strict, options, &["-i", name, "-map", &map]].concat();
        let rest = ["-fps_mode", "passthrough", "-f", "md5", "-"];
        let args: Vec<_> = args.iter().chain(&rest).copied().collect();
        let output = run("ffmpeg", &args, self.folder.path());
        String::from_utf8(output.stdout).unwrap()
    }

    /// Lengths of the NAL unit headers and slice headers of a file in bits, without emulation
    /// prevention, as ffmpeg reads them.
    pub(crate) fn slice_headers(&self, name: &str) -> Vec<usize> {
        let args = "-nostdin -v trace -i FILE -map 0:v -c copy -bsf:v trace_headers -f null -";
        let args: Vec<_> =
            args.split(' ').map(|arg| if arg == "FILE" { name } else { arg }).collect();
        let output =
            Command::new("ffmpeg").args(args).current_dir(self.folder.path()).output().unwrap();
        let log = String::from_utf8_lossy(&output.stderr);
        let mut lengths: Vec<usize> = Vec::new();
        let mut in_slice = false;
        let said = log.lines().filter(|line| line.contains("[trace_headers @"));
        for line in said.filter_map(|line| line.split_once("] ").map(|(_, said)| said)) {
            // An element is its position, its name, its bits, and its value.
            let words: Vec<_> = line.split_whitespace().collect();
            match (words.first().and_then(|word| word.parse::<usize>().ok()), words.as_slice()) {
                (Some(position), [_, .., bits, "=", _]) if in_slice => {
                    *lengths.last_mut().unwrap() = position + bits.len();
                }
                _ => {
                    in_slice = line.starts_with("Slice") && line.contains("Header");
                    if in_slice {
                        lengths.push(0);
                    }
                }
            }
        }
        assert!(lengths.iter().all(|length| *length > 0));
        lengths
    }
}

/// What selects the tracks of a kind for ffmpeg and ffprobe.
pub(crate) fn select(kind: TrackKind) -> &'static str {
    if kind == TrackKind::Video { "v" } else { "a" }
}

/// Runs [`Locate`] over a file in memory.
pub(crate) fn boxes(name: &str, file: &[u8]) -> Boxes {
    let mut locate = Locate::new(name, file.len() as u64);
    let mut step = locate.start();
    loop {
        match step {
            Step::Read(range) => {
                let part = &file[range.start as usize..range.end as usize];
                step = locate.feed(Bytes::copy_from_slice(part)).unwrap();
            }
            Step::Found(boxes) => return boxes,
        }
    }
}

/// Asserts that two lists of times differ by at most `tolerance` microseconds.
pub(crate) fn assert_times(found: &[i64], want: &[i64], tolerance: i64) {
    assert_eq!(found.len(), want.len(), "number of samples");
    for (found, want) in found.iter().zip(want) {
        assert!((found - want).abs() <= tolerance, "{found} µs instead of {want} µs");
    }
}
