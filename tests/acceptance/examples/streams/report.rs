//! What comes out: tables for people, and lines of JSON for programs.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use crate::library::{Answer, Library};
use crate::load::Load;

/// What a server did with fragments of one kind.
pub(crate) struct Row {
    /// Protocol and level.
    pub(crate) name: String,
    pub(crate) server: &'static str,
    pub(crate) load: Load,
    /// MB for a second of a processor, as a share of what nginx sends of plain files.
    pub(crate) of_files: Option<f64>,
    /// The same as a multiple of what nginx-vod has.
    pub(crate) of_vod: Option<f64>,
}

/// All rows, in Markdown.
pub(crate) fn of_fragments(rows: &[Row]) -> String {
    let mut out = String::from(
        "\n| fragments of 6 s | server | r/s | MB/s | p50 ms | p99 ms | CPU µs/request | requests/CPU s \
         | MB/CPU s | of plain files | of nginx-vod |\n\
         |---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for Row { name, server, load, of_files, of_vod } in rows {
        let share = |share: &Option<f64>| share.map_or_else(String::new, |s| format!("{s:.2}"));
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            out,
            "| {name} | {server} | {:.0} | {:.0} | {:.1} | {:.1} | {:.0} | {:.0} | {:.0} | {} | {} |",
            load.requests / load.seconds,
            load.bytes / load.seconds / 1e6,
            load.p50,
            load.p99,
            load.cpu_seconds / load.requests * 1e6,
            load.requests / load.cpu_seconds,
            load.megabytes_per_cpu_second(),
            share(of_files),
            share(of_vod),
        );
    }
    out
}

/// What came of the films of an hour, in Markdown.
pub(crate) fn of_library(library: &Library) -> String {
    let mut out = String::from(
        "\nOne hour, five levels of video and sound; nothing of the film in memory\n\n\
         | answer | bytes | CPU ms | p50 ms | p99 ms |\n|---|--:|--:|--:|--:|\n",
    );
    for Answer { name, bytes, cpu, p50, p99 } in &library.answers {
        let _ = writeln!(out, "| {name} | {bytes} | {cpu:.2} | {p50:.1} | {p99:.1} |");
    }
    let Library { films, load, idle, now, most, .. } = library;
    let _ = writeln!(
        out,
        "\n{films} films streamed at random for {:.0} s: {:.0} requests/s, p99 {:.1} ms, {:.0} µs \
         of CPU a request; resident memory {now} MiB, {most} MiB at most ({idle} MiB before)",
        load.seconds,
        load.requests / load.seconds,
        load.p99,
        load.cpu_seconds / load.requests * 1e6,
    );
    out
}

impl Row {
    pub(crate) fn json(&self) -> Json {
        json!({
            "benchmark": format!("fragments, {}", self.name),
            "server": self.server,
            "load": self.load.json(),
            "of_plain_files": self.of_files,
            "of_nginx_vod": self.of_vod,
        })
    }
}

impl Library {
    pub(crate) fn json(&self) -> Vec<Json> {
        let answer = |answer: &Answer| {
            json!({
                "benchmark": format!("nothing in memory, {}", answer.name),
                "bytes": answer.bytes,
                "cpu_ms": answer.cpu,
                "p50_ms": answer.p50,
                "p99_ms": answer.p99,
            })
        };
        let random = json!({
            "benchmark": "films streamed at random",
            "films": self.films,
            "load": self.load.json(),
            "memory_mib": { "before": self.idle, "after": self.now, "most": self.most },
        });
        self.answers.iter().map(answer).chain([random]).collect()
    }
}
