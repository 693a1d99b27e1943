//! The way of a video, from a file to a player: starts a service, uploads, encodes, publishes,
//! downloads, and checks what comes out.
//!
//! `cargo run --example quickstart -- --help` tells more.
#![allow(clippy::print_stdout, reason = "a command line tool")]

mod manifests;
mod page;
mod report;
mod service;
mod verify;
mod walk;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use self::report::Report;
use self::service::Mediad;

/// Takes a video from a file to a player: starts a media service of its own, uploads the video,
/// encodes it for adaptive streaming, publishes it as Smooth Streaming, HLS and DASH, downloads a
/// file back, and checks with ffmpeg that every protocol delivers what can be decoded.
///
/// Progress goes to standard error, the URLs go to standard output.
#[derive(Debug, Parser)]
#[command(
    name = "quickstart",
    version,
    after_help = "\
Examples:
  quickstart                           with a sample of ten seconds that ffmpeg makes
  quickstart holiday.mp4 --serve       and stays up, with a page that plays it
  quickstart holiday.mp4 --data ~/media
                                       keeps everything for the next `mediad serve`"
)]
pub(crate) struct Options {
    /// The video; a sample of ten seconds with sound if there is none
    video: Option<PathBuf>,

    /// The service to start; by default the one beside this program, or else the one in PATH
    #[arg(long, value_name = "PATH", env = "MEDIAD")]
    mediad: Option<PathBuf>,

    /// Where the service keeps everything; by default a temporary directory, deleted at the end
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// What to encode to: the name of a preset of Media Encoder Standard
    #[arg(long, value_name = "NAME", default_value = "Adaptive Streaming")]
    preset: String,

    /// Stay up, with a page on which the video plays by DASH and by HLS
    #[arg(long)]
    serve: bool,

    /// Print one line of JSON instead of text for people
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let log = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_default();
    tracing_subscriber::fmt().with_env_filter(log).with_writer(std::io::stderr).init();

    // Dropped last: the service is gone by then.
    let scratch = tempfile::tempdir().context("no temporary directory")?;
    let data = options.data.clone().unwrap_or_else(|| scratch.path().join("data"));
    let service = Mediad::start(options.mediad.as_deref(), &data).await?;
    let result = tokio::select! {
        result = run(&options, &service, scratch.path()) => result,
        result = interrupted() => result,
    };
    let stopped = service.stop().await;
    result.and(stopped)
}

/// Ends with Ctrl-C or SIGTERM: the service must not be left behind.
async fn interrupted() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => Ok(result?),
        _ = terminate.recv() => Ok(()),
    }
}

async fn run(options: &Options, service: &Mediad, scratch: &std::path::Path) -> anyhow::Result<()> {
    let mut report = walk::walk(options, service, scratch).await?;
    if !options.serve {
        return print(options, &report);
    }
    let page = page::Page::bind(&report).await?;
    report.player = Some(page.url.clone());
    print(options, &report)?;
    eprintln!("Open {} in a browser. Ctrl-C stops everything.", page.url);
    page.serve().await
}

fn print(options: &Options, report: &Report) -> anyhow::Result<()> {
    if options.json {
        println!("{}", serde_json::to_string(report)?);
    } else {
        print!("{report}");
    }
    Ok(())
}
