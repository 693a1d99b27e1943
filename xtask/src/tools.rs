//! Programs that are not Rust: found, or installed with the system's package manager.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::cargo;

/// A program that installs others.
struct PackageManager {
    program: &'static str,
    /// Its arguments to install a package, call by call; the last ends with the package.
    calls: &'static [&'static [&'static str]],
    /// Whether it writes where only root may.
    needs_root: bool,
}

impl PackageManager {
    const fn new(program: &'static str, calls: &'static [&'static [&'static str]]) -> Self {
        Self { program, calls, needs_root: true }
    }
}

/// Those that are known, the most particular first.
const PACKAGE_MANAGERS: [PackageManager; 6] = [
    PackageManager::new(
        "apt-get",
        &[&["update"], &["install", "--yes", "--no-install-recommends"]],
    ),
    PackageManager::new("dnf", &[&["install", "--assumeyes"]]),
    PackageManager::new("pacman", &[&["-S", "--noconfirm", "--needed"]]),
    PackageManager::new("zypper", &[&["--non-interactive", "install"]]),
    PackageManager::new("apk", &[&["add"]]),
    // Homebrew refuses to run as root.
    PackageManager { program: "brew", calls: &[&["install"]], needs_root: false },
];

/// Browsers that play H.264: what a distribution may call Chromium.
const BROWSERS: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Sees to it that there are an ffmpeg that can encode H.264, and ffprobe.
///
/// # Errors
///
/// They are missing and cannot be installed, or cannot do what is needed. Says what to do then.
pub(crate) fn ensure_ffmpeg() -> anyhow::Result<()> {
    if ffmpeg().is_none() || ffprobe().is_none() {
        install(
            "ffmpeg",
            "ffmpeg and ffprobe are needed and are not in the PATH, nor is a package manager that \
             is known here; install ffmpeg (https://ffmpeg.org/download.html), or set FFMPEG and \
             FFPROBE to the programs",
        )?;
    }
    let (Some(ffmpeg), Some(_)) = (ffmpeg(), ffprobe()) else {
        bail!("ffmpeg was installed, but ffmpeg or ffprobe is still not in the PATH");
    };
    // Some distributions leave the encoder out.
    let sample = "color=size=64x64:rate=1:duration=1";
    let input = ["-v", "error", "-nostdin", "-f", "lavfi", "-i", sample];
    let output = ["-c:v", "libx264", "-f", "null", "-"];
    let made = Command::new(&ffmpeg).args(input).args(output).stdin(Stdio::null()).output();
    let made = made.with_context(|| format!("starting {}", ffmpeg.display()))?;
    if !made.status.success() {
        bail!(
            "{} cannot encode H.264 with libx264; install a build that can, or set FFMPEG and \
             FFPROBE to one. It says: {}",
            ffmpeg.display(),
            String::from_utf8_lossy(&made.stderr).trim()
        );
    }
    Ok(())
}

/// Sees to it that there is an openssl: tests have it encrypt what the service decrypts.
///
/// # Errors
///
/// It is missing and cannot be installed.
pub(crate) fn ensure_openssl() -> anyhow::Result<()> {
    if find("openssl").is_none() {
        install(
            "openssl",
            "openssl is needed and is not in the PATH, nor is a package manager that is known \
             here; install it (https://openssl-library.org/source)",
        )?;
    }
    match find("openssl") {
        Some(_) => Ok(()),
        None => bail!("openssl was installed, but is still not in the PATH"),
    }
}

fn ffmpeg() -> Option<PathBuf> {
    chosen("FFMPEG", &["ffmpeg"])
}

fn ffprobe() -> Option<PathBuf> {
    chosen("FFPROBE", &["ffprobe"])
}

/// The browser for tests: the environment variable `CHROMIUM`, or one in the `PATH`.
pub(crate) fn browser() -> Option<PathBuf> {
    chosen("CHROMIUM", &BROWSERS)
}

/// A node that runs the tests: 20 is the first that their package takes.
pub(crate) fn node() -> Option<PathBuf> {
    let node = find("node")?;
    let version = Command::new(&node).arg("--version").output().ok()?;
    let version = String::from_utf8(version.stdout).ok()?;
    let major = version.trim_start_matches('v').split('.').next()?.parse::<u32>().ok()?;
    (major >= 20).then_some(node)
}

/// Whether there is a Python that can make virtual environments. Debian's comes without.
pub(crate) fn has_python_venv() -> bool {
    let python = Command::new("python3").args(["-c", "import ensurepip, venv"]).output();
    python.is_ok_and(|python| python.status.success())
}

/// What the download tests take from plugins of GStreamer.
const GSTREAMER: [&str; 10] = [
    "souphttpsrc",
    "qtdemux",
    "tsdemux",
    "dashdemux",
    "hlsdemux",
    "mssdemux",
    "dashdemux2",
    "mssdemux2",
    "avdec_h264",
    "avdec_aac",
];

/// Whether GStreamer is there, with demuxers and decoders.
pub(crate) fn has_gstreamer() -> bool {
    let exists = |element: &&str| {
        let inspect = Command::new("gst-inspect-1.0").args(["--exists", element]).output();
        inspect.is_ok_and(|inspect| inspect.status.success())
    };
    find("gst-launch-1.0").is_some() && GSTREAMER.iter().all(exists)
}

/// A program in the `PATH`.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let mut candidates = env::split_paths(&path)
        .map(|folder| folder.join(format!("{program}{}", env::consts::EXE_SUFFIX)));
    candidates.find(|candidate| is_executable(candidate))
}

/// What an environment variable names, or else the first of these that is in the `PATH`.
fn chosen(variable: &str, programs: &[&str]) -> Option<PathBuf> {
    match env::var_os(variable).filter(|value| !value.is_empty()) {
        Some(path) => Some(PathBuf::from(path)).filter(|path| is_executable(path)),
        None => programs.iter().find_map(|program| find(program)),
    }
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

/// Installs a package; `otherwise` is what to say if nothing can.
fn install(package: &'static str, otherwise: &'static str) -> anyhow::Result<()> {
    let Some(manager) = package_manager(|program| find(program).is_some()) else {
        bail!(otherwise);
    };
    let is_allowed = !manager.needs_root || is_root();
    if !is_allowed && find("sudo").is_none() {
        let shown = shown(&commands(manager, package, true));
        bail!("{package} is needed and not installed; as root, run: {shown}");
    }
    let commands = commands(manager, package, is_allowed);
    let shown = shown(&commands);
    eprintln!("{package} is needed and not installed. Installing it: {shown}");
    for words in &commands {
        let (program, arguments) = words.split_first().context("an empty command")?;
        cargo::run(Command::new(program).args(arguments))
            .with_context(|| format!("installing {package}; try by hand: {shown}"))?;
    }
    Ok(())
}

/// The first that is there.
fn package_manager(is_there: impl Fn(&str) -> bool) -> Option<&'static PackageManager> {
    PACKAGE_MANAGERS.iter().find(|manager| is_there(manager.program))
}

/// What installs a package, word by word.
fn commands(
    manager: &PackageManager,
    package: &'static str,
    is_root: bool,
) -> Vec<Vec<&'static str>> {
    let sudo: &[&str] = if is_root { &[] } else { &["sudo"] };
    // Packages that ask questions would wait for ever.
    let quiet: &[&str] = match manager.program {
        "apt-get" => &["env", "DEBIAN_FRONTEND=noninteractive"],
        _ => &[],
    };
    let command = |call: &&[&'static str]| [sudo, quiet, &[manager.program], *call].concat();
    let mut commands: Vec<_> = manager.calls.iter().map(command).collect();
    if let Some(last) = commands.last_mut() {
        last.push(package);
    }
    commands
}

fn shown(commands: &[Vec<&str>]) -> String {
    commands.iter().map(|words| words.join(" ")).collect::<Vec<_>>().join(" && ")
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn installing(program: &str, is_root: bool) -> String {
        let manager = package_manager(|other| other == program).unwrap();
        shown(&commands(manager, "ffmpeg", is_root))
    }

    #[test]
    fn packages_are_installed_by_the_package_manager_that_is_there() {
        assert_eq!(
            installing("apt-get", false),
            "sudo env DEBIAN_FRONTEND=noninteractive apt-get update && \
             sudo env DEBIAN_FRONTEND=noninteractive apt-get install --yes \
             --no-install-recommends ffmpeg"
        );
        assert_eq!(installing("pacman", false), "sudo pacman -S --noconfirm --needed ffmpeg");
        assert_eq!(installing("dnf", true), "dnf install --assumeyes ffmpeg");
        assert!(package_manager(|_| false).is_none());
    }

    #[test]
    fn programs_are_found_if_they_can_be_run() {
        assert!(find("cargo").is_some());
        assert!(find("no-such-program-anywhere").is_none());
    }
}
