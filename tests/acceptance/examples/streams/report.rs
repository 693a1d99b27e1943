//! Tables.

use std::fmt::Write as _;

use crate::load::Load;

/// A line of the table.
pub(crate) struct Row {
    name: String,
    server: &'static str,
    load: Load,
    /// MB for a second of a processor, as a share of what nginx sends of plain files.
    of_files: Option<f64>,
    /// How many times the share that nginx-vod had.
    of_vod: Option<f64>,
}

impl Row {
    pub(crate) fn new(
        name: &str,
        server: &'static str,
        load: &Load,
        of_files: Option<f64>,
        of_vod: Option<f64>,
    ) -> Self {
        Self { name: name.to_owned(), server, load: *load, of_files, of_vod }
    }
}

/// All lines, in Markdown.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut out = String::from(
        "\n| fragments of 6 s | server | r/s | MB/s | p50 ms | p99 ms | CPU µs/request | requests/CPU s \
         | MB/CPU s | of plain files | of nginx-vod |\n\
         |---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for row in rows {
        let load = &row.load;
        let share = |share: Option<f64>| share.map_or_else(String::new, |s| format!("{s:.2}"));
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            out,
            "| {} | {} | {:.0} | {:.0} | {:.1} | {:.1} | {:.0} | {:.0} | {:.0} | {} | {} |",
            row.name,
            row.server,
            load.requests / load.seconds,
            load.bytes / load.seconds / 1e6,
            load.p50,
            load.p99,
            load.cpu_seconds / load.requests * 1e6,
            load.requests / load.cpu_seconds,
            load.megabytes_per_cpu_second(),
            share(row.of_files),
            share(row.of_vod),
        );
    }
    out
}
