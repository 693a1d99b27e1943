//! `cargo xtask test`: every test there is, in steps.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clap::ValueEnum;

use crate::{cargo, corpus, generate, guide, root, tools};

/// The tests that play streams in a browser.
const BROWSER_TESTS: &str = "tests/browser";

/// Run every test
///
/// Needs Rust and a C compiler. ffmpeg is installed if it is missing. The tests with Python's
/// azure-storage-blob, with clients, OData servers and downloaders of others, and with a browser
/// need python3 with venv, GStreamer, and node, npm and Chromium; where those are missing they are
/// skipped, which is said.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Run only this step; may be given several times
    #[arg(long, value_enum, value_name = "STEP")]
    only: Vec<Step>,

    /// Leave out the test that plays the streams in a browser
    #[arg(long)]
    skip_browser: bool,

    /// Fail where a test would be skipped because something is not installed
    #[arg(long)]
    no_skip: bool,
}

/// A part of the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Emitted code is what the metadata gives: `cargo xtask generate --check`
    Generate,
    /// Unit, integration, documentation and acceptance tests: `cargo test --workspace`
    Rust,
    /// What docs/services.md tells to run works: `cargo xtask guide`
    Guide,
    /// What is generated from public documents compiles: `cargo xtask corpus`
    Corpus,
    /// Chromium plays what `cargo xtask quickstart --serve` streams, encrypted streams, and every
    /// protocol in each of its players
    Browser,
}

impl Step {
    fn title(self) -> &'static str {
        match self {
            Self::Generate => "cargo xtask generate --check",
            Self::Rust => "cargo test --workspace",
            Self::Guide => "cargo xtask guide",
            Self::Corpus => "cargo xtask corpus",
            Self::Browser => "the streams play in a browser",
        }
    }
}

/// What the steps tell at the end.
struct Run {
    no_skip: bool,
    /// Why something was not tested.
    skipped: Vec<String>,
}

/// Runs the steps until one fails.
///
/// # Errors
///
/// A test fails, or something that it needs is missing and may not be.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut steps = Step::value_variants().to_vec();
    steps.retain(|step| arguments.only.is_empty() || arguments.only.contains(step));
    let mut run = Run { no_skip: arguments.no_skip, skipped: Vec::new() };
    if arguments.skip_browser && steps.contains(&Step::Browser) {
        steps.retain(|step| *step != Step::Browser);
        run.skipped.push("the browser test: --skip-browser".to_owned());
    }
    let start = Instant::now();
    let mut times = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        heading(&format!("{} of {}: {}", index + 1, steps.len(), step.title()));
        let start = Instant::now();
        run.step(*step)
            .with_context(|| format!("{} failed after {}", step.title(), shown(start.elapsed())))?;
        times.push((step.title(), start.elapsed()));
    }
    heading("passed");
    for (title, time) in times {
        eprintln!("{:>12}  {title}", shown(time));
    }
    eprintln!("{:>12}  in all", shown(start.elapsed()));
    for why in &run.skipped {
        eprintln!("     SKIPPED  {why}");
    }
    Ok(())
}

impl Run {
    fn step(&mut self, step: Step) -> anyhow::Result<()> {
        match step {
            Step::Generate => generate::run(&generate::Arguments { check: true }),
            Step::Rust => self.rust(),
            Step::Guide => guide::run(&guide::Arguments {}),
            Step::Corpus => self.corpus(),
            Step::Browser => self.browser(),
        }
    }

    fn rust(&mut self) -> anyhow::Result<()> {
        tools::ensure_ffmpeg()?;
        tools::ensure_openssl()?;
        // Acceptance tests start the service that is built.
        let programs = cargo::build(false)?;
        let mut test = cargo::cargo(&["test", "--workspace", "--no-fail-fast"]);
        test.env("MEDIAD", programs.mediad);
        if self.no_skip {
            test.env("NO_SKIP", "1");
        }
        if !tools::has_python_venv() {
            self.skip(
                "the tests with azure-storage-blob, amspy, azurerm, odatapy, moto and yt-dlp of Python: \
                 python3 with venv is not there; install it (Debian: apt install python3-venv)",
            )?;
        }
        if !tools::has_gstreamer() {
            self.skip(
                "the tests with GStreamer: gst-launch-1.0 or one of its plugins is not there; \
                 install them (Debian: apt install gstreamer1.0-tools gstreamer1.0-plugins-base \
                 gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav)",
            )?;
        }
        if tools::node().is_none() || tools::find("npm").is_none() {
            self.skip(
                "the tests with azure-media, node-azure-media, SAP CAP and Azurite: node 20 or newer \
                 or npm is not there; install it (Debian: apt install nodejs npm)",
            )?;
        }
        cargo::run(&mut test)
    }

    /// The corpus is no program that could be installed, so `--no-skip` does not ask for it.
    fn corpus(&mut self) -> anyhow::Result<()> {
        let arguments = corpus::Arguments::all();
        let folder = arguments.corpus();
        if !folder.is_dir() {
            self.say_skipped(&format!("the corpus is not at {}", folder.display()));
            return Ok(());
        }
        corpus::run(&arguments)
    }

    fn browser(&mut self) -> anyhow::Result<()> {
        let (browser, node, npm) = (tools::browser(), tools::node(), tools::find("npm"));
        let (Some(browser), Some(node), Some(npm)) = (&browser, &node, &npm) else {
            let needed = [("Chromium", &browser), ("node 20 or newer", &node), ("npm", &npm)];
            let missing = needed.iter().filter(|(_, path)| path.is_none()).map(|(name, _)| *name);
            let missing = missing.collect::<Vec<_>>().join(" and ");
            return self.skip(&format!(
                "the browser test: {missing} not found in the PATH; install it (Debian: apt \
                 install chromium nodejs npm), or set CHROMIUM to the program"
            ));
        };
        tools::ensure_ffmpeg()?;
        let programs = cargo::build(false)?;
        let folder = root().join(BROWSER_TESTS);
        let modified = |name| folder.join(name).metadata().and_then(|file| file.modified()).ok();
        // What is not there is older than anything.
        if modified("node_modules/.package-lock.json") < modified("package-lock.json") {
            let mut install = Command::new(npm);
            install.current_dir(&folder).args(["ci", "--no-audit", "--no-fund"]);
            cargo::run(&mut install)?;
        }
        let mut test = Command::new(node);
        test.current_dir(&folder)
            .args(["--test", "--test-reporter=spec"])
            .args(["play.test.mjs", "protect.test.mjs", "streams.test.mjs"])
            .env("CHROMIUM", browser)
            .env("MEDIAD", programs.mediad)
            .env("QUICKSTART", programs.quickstart);
        cargo::run(&mut test)
    }

    /// Says loudly that something is not tested; at the end once more.
    fn skip(&mut self, why: &str) -> anyhow::Result<()> {
        if self.no_skip {
            bail!("{why}; with --no-skip, nothing may be skipped");
        }
        self.say_skipped(why);
        Ok(())
    }

    fn say_skipped(&mut self, why: &str) {
        let line = "!".repeat(80);
        eprintln!("\n{line}\nSKIPPED: {why}\n{line}\n");
        self.skipped.push(why.to_owned());
    }
}

fn heading(text: &str) {
    eprintln!("\n== {text} {}\n", "=".repeat(75_usize.saturating_sub(text.chars().count())));
}

fn shown(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 60.. => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_may_not_be_skipped_fails() {
        let mut run = Run { no_skip: false, skipped: Vec::new() };
        run.skip("no browser").unwrap();
        assert_eq!(run.skipped, ["no browser"]);
        run.no_skip = true;
        assert!(run.skip("no browser").unwrap_err().to_string().contains("no browser"));
    }

    #[test]
    fn times_are_read_at_a_glance() {
        assert_eq!(shown(Duration::from_millis(1340)), "1.3 s");
        assert_eq!(shown(Duration::from_secs(605)), "10 min 05 s");
    }
}
