//! Where ffmpeg is, and how hard it may work.

use std::env;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// The external programs that encode and inspect media.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tools {
    /// The `ffmpeg` program.
    pub(crate) ffmpeg: PathBuf,
    /// The `ffprobe` program.
    pub(crate) ffprobe: PathBuf,
}

/// A program was not found.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{program}` was not found {place}; install ffmpeg (Debian/Ubuntu: `apt install ffmpeg`, \
     macOS: `brew install ffmpeg`) or set the environment variable {variable} to its full path"
)]
pub(crate) struct MissingTool {
    program: &'static str,
    variable: &'static str,
    place: String,
}

impl Tools {
    /// Looks for both programs: the environment variables `FFMPEG` and
    /// `FFPROBE` first, then the `PATH`.
    ///
    /// # Errors
    /// Names the missing program and says how to install it.
    pub(crate) fn find() -> Result<Self, MissingTool> {
        let find = |program, variable| {
            find_program(
                program,
                variable,
                env::var_os(variable).map(PathBuf::from),
                env::var_os("PATH")
                    .iter()
                    .flat_map(env::split_paths)
                    .collect::<Vec<_>>()
                    .as_slice(),
            )
        };
        Ok(Self { ffmpeg: find("ffmpeg", "FFMPEG")?, ffprobe: find("ffprobe", "FFPROBE")? })
    }
}

fn find_program(
    program: &'static str,
    variable: &'static str,
    chosen: Option<PathBuf>,
    path: &[PathBuf],
) -> Result<PathBuf, MissingTool> {
    let missing = |place: String| MissingTool { program, variable, place };
    if let Some(chosen) = chosen.filter(|p| !p.as_os_str().is_empty()) {
        return if is_executable(&chosen) {
            Ok(chosen)
        } else {
            Err(missing(format!("at {variable}={}", chosen.display())))
        };
    }
    path.iter()
        .map(|folder| folder.join(program))
        .find(|candidate| is_executable(candidate))
        .ok_or_else(|| missing("in the PATH".to_owned()))
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

/// x264's speed/quality presets, fastest first.
const X264_PRESETS: [&str; 9] = [
    "ultrafast",
    "superfast",
    "veryfast",
    "faster",
    "fast",
    "medium",
    "slow",
    "slower",
    "veryslow",
];

/// One of x264's speed/quality presets; `veryfast` by default, which keeps
/// most of the quality for less than half of `medium`'s CPU time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct X264Preset(usize);

impl Default for X264Preset {
    fn default() -> Self {
        Self(2)
    }
}

impl X264Preset {
    /// The name as libx264 knows it.
    pub(crate) fn name(self) -> &'static str {
        X264_PRESETS.get(self.0).copied().unwrap_or("veryfast")
    }

    /// `steps` further towards quality (positive) or speed (negative), within
    /// the ends of the scale.
    pub(crate) fn slower_by(self, steps: isize) -> Self {
        Self(self.0.saturating_add_signed(steps).min(X264_PRESETS.len() - 1))
    }
}

impl FromStr for X264Preset {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        X264_PRESETS.iter().position(|known| *known == name).map(Self).ok_or_else(|| {
            format!("unknown x264 preset {name:?}; use one of {}", X264_PRESETS.join(", "))
        })
    }
}

/// How encoding runs on this host.
#[derive(Debug, Clone)]
pub(crate) struct EncodeSettings {
    /// The programs.
    pub(crate) tools: Tools,
    /// What the AMS complexity `Balanced` means here.
    pub(crate) x264_preset: X264Preset,
    /// Threads for each codec and for the filters; 0 lets ffmpeg choose.
    pub(crate) threads: u32,
    /// The longest chunk that a source is cut into when several workers have time for it, in
    /// seconds; 0 for never.
    pub(crate) chunk_seconds: u32,
    /// The longest time one task may encode.
    pub(crate) wall_clock_limit: Duration,
    /// The longest time ffmpeg may run without getting ahead.
    pub(crate) stall_limit: Duration,
    /// The longest time one look at a file's headers may take.
    pub(crate) probe_limit: Duration,
}

impl EncodeSettings {
    /// The defaults: `veryfast`, as many threads as ffmpeg likes, chunks of up
    /// to 30 seconds, 24 hours per task, 10 minutes without progress, 1 minute per probe.
    pub(crate) fn new(tools: Tools) -> Self {
        Self {
            tools,
            x264_preset: X264Preset::default(),
            threads: 0,
            chunk_seconds: 30,
            wall_clock_limit: Duration::from_secs(24 * 3600),
            stall_limit: Duration::from_secs(600),
            probe_limit: Duration::from_secs(60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_says_how_to_get_it() {
        let error = find_program("ffmpeg", "FFMPEG", None, &[PathBuf::from("/nonexistent")])
            .expect_err("nothing is there");
        let message = error.to_string();
        assert!(message.contains("in the PATH"), "{message}");
        assert!(message.contains("apt install ffmpeg"), "{message}");
        assert!(message.contains("FFMPEG"), "{message}");

        let chosen = Some(PathBuf::from("/nonexistent/ffmpeg"));
        let error = find_program("ffmpeg", "FFMPEG", chosen, &[]).expect_err("not a program");
        assert!(error.to_string().contains("FFMPEG=/nonexistent/ffmpeg"));
    }

    #[test]
    fn presets_move_along_the_scale_and_stop_at_its_ends() {
        let veryfast = X264Preset::default();
        assert_eq!(veryfast.name(), "veryfast");
        assert_eq!(veryfast.slower_by(3).name(), "medium");
        assert_eq!(veryfast.slower_by(-9).name(), "ultrafast");
        assert_eq!(veryfast.slower_by(99).name(), "veryslow");
        assert_eq!("fast".parse::<X264Preset>().map(X264Preset::name), Ok("fast"));
        assert!("turbo".parse::<X264Preset>().is_err());
    }
}
