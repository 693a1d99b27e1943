//! yt-dlp, which downloads HLS, DASH and Smooth Streaming with code of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use acceptance::outside;

use crate::media::Media;

/// The best picture, and every sound: the films have these languages, which protocols write with
/// two letters or three. Each becomes a file of its own: what yt-dlp makes of the sound of Smooth
/// Streaming has no decoder configuration, without which ffmpeg decodes it, but joins no files.
const FORMATS: &str = "bv,ba[language^=en],ba[language^=fr]";

/// The Python that has it.
pub(crate) fn install() -> Result<PathBuf, String> {
    static PYTHON: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("downloads-python");
    let requirements =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../python/downloads-requirements.txt");
    PYTHON.get_or_init(|| outside::python(&environment, &requirements)).clone()
}

/// Downloads a stream to files, and decodes those.
pub(crate) fn download(python: &Path, url: &str, sounds: usize) -> Result<Media, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    fetch(python, folder.path(), FORMATS, url)?;
    let file = |number: usize| folder.path().join(format!("{number:05}")).display().to_string();
    let inputs = (1..=sounds + 1).flat_map(|number| ["-i".to_owned(), file(number)]);
    let sounds: Vec<_> = (1..=sounds).map(|input| format!("{input}:a:0")).collect();
    Media::decode(&inputs.collect::<Vec<_>>(), &sounds)
}

/// Downloads a stream that has pictures and sound in the same segments.
pub(crate) fn download_muxed(python: &Path, url: &str, sounds: usize) -> Result<Media, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    fetch(python, folder.path(), "best[vcodec!=none]/bestvideo", url)?;
    let file = folder.path().join("00001").display().to_string();
    let sounds: Vec<_> = (0..sounds).map(|at| format!("0:a:{at}")).collect();
    Media::decode(&["-i".to_owned(), file], &sounds)
}

/// Downloads formats of a stream to files that have numbers for names.
fn fetch(python: &Path, folder: &Path, formats: &str, url: &str) -> Result<(), String> {
    let mut command = Command::new(python);
    command
        .current_dir(folder)
        .args(["-m", "yt_dlp", "--ignore-config", "--no-cache-dir", "--quiet", "--no-warnings"])
        .args(["--abort-on-unavailable-fragments", "--fixup", "never"])
        .args(["--format", formats, "--output", "%(autonumber)s", url]);
    outside::run(outside::without_proxy(&mut command)).map(|_| ())
}
