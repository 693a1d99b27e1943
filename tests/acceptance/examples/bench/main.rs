//! Benchmarks: what the client and the service add to what bare programs need. `tests/bench/run.sh`
//! runs them; `tests/bench/README.md` says what is measured.
#![allow(clippy::print_stdout, reason = "a command line tool")]

mod chunks;
mod encode;
mod latency;
mod likeness;
mod measure;
mod store;
mod upload;

use std::path::PathBuf;

use acceptance::Service;
use anyhow::Context as _;
use azure_media::MediaServices;
use azure_media::auth::AadTokens;
use clap::{Parser, ValueEnum};

use self::measure::Comparison;

/// Prints, as ratios, what the client and the service add to what bare programs need, and how fast
/// the API answers with a full store
#[derive(Parser)]
struct Options {
    /// Only this one; may be given several times
    #[arg(long, value_enum, value_name = "BENCHMARK")]
    only: Vec<Benchmark>,

    /// Size of the file that is uploaded, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 512)]
    size: u64,

    /// How often each side uploads
    #[arg(long, value_name = "NUMBER", default_value_t = 7)]
    uploads: usize,

    /// How often each side encodes, per preset
    #[arg(long, value_name = "NUMBER", default_value_t = 3)]
    encodes: usize,

    /// The preset to encode with; may be given several times
    #[arg(long, value_name = "NAME", default_values_t = [
        "H264 Multiple Bitrate 720p".to_owned(), "Adaptive Streaming".to_owned()
    ])]
    preset: Vec<String>,

    /// The video to encode; without one, 1920x1080 are made: 30 s, or 60 s for `chunks`
    #[arg(long, value_name = "FILE")]
    video: Option<PathBuf>,

    /// How many assets the store is filled with
    #[arg(long, value_name = "NUMBER", default_value_t = 1_000_000)]
    assets: u64,

    /// How many files each of them has
    #[arg(long, value_name = "NUMBER", default_value_t = 5)]
    files: u64,

    /// Requests a second to the full store
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    rate: u32,

    /// For how long
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    seconds: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Benchmark {
    Upload,
    Encode,
    Chunks,
    Store,
}

impl Options {
    fn wants(&self, one: Benchmark) -> bool {
        self.only.is_empty() || self.only.contains(&one)
    }
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let mut comparisons = Vec::new();
    if options.wants(Benchmark::Upload) || options.wants(Benchmark::Encode) {
        // With the settings that an operator gets; outside of the runtime, for it blocks.
        let service = Service::start_with(&[]);
        let runtime = tokio::runtime::Runtime::new()?;
        comparisons = runtime.block_on(run(&options, &service))?;
    }
    let mut likenesses = Vec::new();
    if options.wants(Benchmark::Chunks) {
        let scratch = tempfile::tempdir().context("making a temporary directory")?;
        let video = match &options.video {
            Some(video) => video.clone(),
            None => {
                tokio::runtime::Runtime::new()?.block_on(encode::make_sample(scratch.path(), 60))?
            }
        };
        let results = chunks::compare(&video, options.encodes)?;
        comparisons.extend(results.comparisons);
        likenesses = results.likenesses;
    }
    let mut latencies = Vec::new();
    if options.wants(Benchmark::Store) {
        latencies = store::measure(store::Settings {
            assets: options.assets,
            files_per_asset: options.files,
            rate: options.rate,
            seconds: options.seconds,
        })?;
    }
    print!("\n{}{}", measure::table(&comparisons), likeness::table(&likenesses));
    print!("{}", latency::table(&latencies));
    comparisons.iter().for_each(|comparison| println!("{}", comparison.json()));
    let numbered = likenesses.iter().enumerate();
    numbered.for_each(|(number, likeness)| println!("{}", likeness.json(number)));
    latencies.iter().for_each(|latencies| println!("{}", latencies.json()));
    Ok(())
}

async fn run(options: &Options, service: &Service) -> anyhow::Result<Vec<Comparison>> {
    let info = &service.info;
    let tokens = AadTokens::new(&info.token, info.client_id.as_str(), info.client_secret.as_str())?;
    let media = MediaServices::connect(&info.api, tokens)?;
    let scratch = tempfile::tempdir().context("making a temporary directory")?;
    let mut comparisons = Vec::new();
    if options.wants(Benchmark::Upload) {
        let size = options.size << 20;
        comparisons.push(upload::compare(&media, scratch.path(), size, options.uploads).await?);
    }
    if options.wants(Benchmark::Encode) {
        let video = match &options.video {
            Some(video) => video.clone(),
            None => encode::make_sample(scratch.path(), 30).await?,
        };
        let source = encode::Source::upload(&media, &video).await?;
        for preset in &options.preset {
            comparisons.push(source.compare(preset, options.encodes).await?);
        }
    }
    Ok(comparisons)
}
