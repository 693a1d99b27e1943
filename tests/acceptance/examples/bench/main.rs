//! Benchmarks: what the client and the service add to what bare programs need. `tests/bench/run.sh`
//! runs them; `tests/bench/README.md` says what is measured.
#![allow(clippy::print_stdout, reason = "a command line tool")]

mod encode;
mod latency;
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

    /// The video to encode; without one, 30 s of 1920x1080 are made
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
    let mut latencies = Vec::new();
    if options.wants(Benchmark::Store) {
        latencies = store::measure(store::Settings {
            assets: options.assets,
            files_per_asset: options.files,
            rate: options.rate,
            seconds: options.seconds,
        })?;
    }
    print!("\n{}{}", measure::table(&comparisons), latency::table(&latencies));
    comparisons.iter().for_each(|comparison| println!("{}", comparison.json()));
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
            None => encode::make_sample(scratch.path()).await?,
        };
        let source = encode::Source::upload(&media, &video).await?;
        for preset in &options.preset {
            comparisons.push(source.compare(preset, options.encodes).await?);
        }
    }
    Ok(comparisons)
}
