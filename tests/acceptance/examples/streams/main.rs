//! What streams cost: mediad beside nginx, which sends the same bytes as plain files.
//! `tests/bench/stream.sh` runs it; `tests/bench/README.md` says what is measured.
#![allow(clippy::print_stdout, reason = "a command line tool")]

mod fragments;
mod library;
mod load;
mod media;
mod nginx;
mod process;
mod report;

use std::path::PathBuf;

use acceptance::Service;
use clap::Parser;

/// Prints what fragments and manifests cost, and how much memory a thousand films take
#[derive(Parser)]
struct Options {
    /// How long each server is asked for fragments of one kind in a round
    #[arg(long, value_name = "SECONDS", default_value_t = 4)]
    seconds: u32,

    /// How often the servers are asked, in turn; medians count
    #[arg(long, value_name = "NUMBER", default_value_t = 3)]
    rounds: usize,

    /// Published films of an hour
    #[arg(long, value_name = "NUMBER", default_value_t = 1000)]
    films: usize,

    /// Only fragments
    #[arg(long, conflicts_with = "only_library")]
    only_fragments: bool,

    /// Only fragments of protocols whose name begins like this, such as `Smooth` or `HLS v4`
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    protocol: String,

    /// Only what concerns the films of an hour
    #[arg(long)]
    only_library: bool,

    /// An nginx with nginx-vod-module, to be measured, too
    #[arg(long, value_name = "FILE", env = "NGINX_VOD")]
    nginx_vod: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let folder = tempfile::Builder::new().prefix("mediad-streams-").tempdir()?;
    let mut json = Vec::new();
    if !options.only_library {
        let service = Service::start_with(&[]);
        service.api.endpoint("Running");
        let vod = options.nginx_vod.as_deref();
        let rounds = (options.rounds, options.seconds);
        let rows = fragments::measure(&service, folder.path(), &options.protocol, rounds, vod)?;
        print!("{}", report::of_fragments(&rows));
        json.extend(rows.iter().map(report::Row::json));
    }
    if !options.only_fragments {
        let library = library::measure(folder.path(), options.films, options.seconds * 5)?;
        print!("{}", report::of_library(&library));
        json.extend(library.json());
    }
    println!();
    json.iter().for_each(|line| println!("{line}"));
    Ok(())
}
