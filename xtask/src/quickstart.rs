//! `cargo xtask quickstart`: the example that uses all of it, with the service that it needs.

use std::path::PathBuf;
use std::process::Command;

use anyhow::bail;

use crate::{cargo, tools};

/// Upload, encode and stream a video, from one end to the other
///
/// Builds and starts the service, then does what the AMS v2 quickstart article does, through the
/// generated client: start the streaming endpoint, create an asset, upload, encode to "Adaptive
/// Streaming", publish, download. The streams are checked with ffmpeg and their URLs are shown.
/// Exits with 0 if all of that worked. ffmpeg is installed if it is missing.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The video; without one, a short sample with sound is made
    video: Option<PathBuf>,

    /// Stay up with a page that plays the streams, until Ctrl-C
    #[arg(long)]
    serve: bool,

    /// Print the URLs as one line of JSON on stdout
    #[arg(long)]
    json: bool,

    /// Keep the service's data in this directory instead of a temporary one
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// Build with optimisation: takes longer to build; encoding takes as long as without
    #[arg(long)]
    release: bool,
}

/// Builds, then becomes the quickstart.
///
/// # Errors
///
/// There is no such video, ffmpeg is missing and cannot be installed, or something does not build.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if let Some(video) = &arguments.video
        && !video.is_file()
    {
        bail!("{} is not a file", video.display());
    }
    tools::ensure_ffmpeg()?;
    let programs = cargo::build(arguments.release)?;
    let mut command = Command::new(&programs.quickstart);
    command.arg("--mediad").arg(&programs.mediad);
    if arguments.serve {
        command.arg("--serve");
    }
    if arguments.json {
        command.arg("--json");
    }
    if let Some(data) = &arguments.data {
        command.arg("--data").arg(data);
    }
    if let Some(video) = &arguments.video {
        // Its name may begin with a dash.
        command.arg("--").arg(video);
    }
    cargo::become_program(&mut command)
}
