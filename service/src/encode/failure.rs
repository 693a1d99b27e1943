//! Turns what ffmpeg says on its way out into a task error a client can use.

use std::path::Path;

use super::error::{ErrorCode, TaskError};
use super::process::ProcessError;

/// How many of ffmpeg's last lines a message quotes.
const QUOTED_LINES: usize = 3;
const QUOTED_LENGTH: usize = 200;

/// A program was stopped, or never ran, while it worked on `name`.
pub(super) fn from_process(error: ProcessError, name: &str) -> TaskError {
    match error {
        ProcessError::Canceled => TaskError::canceled(),
        other => TaskError::processing(format!("processing {name:?} failed: {other}")),
    }
}

/// ffprobe could not read the input `name` at `path`.
pub(super) fn unreadable(name: &str, stderr: &str, path: &Path) -> TaskError {
    // libavformat's message when the detected format is not one of ours.
    if stderr.contains("not on whitelist") {
        return TaskError::new(
            ErrorCode::ExecutingTaskUnsupportedFormat,
            format!(
                "the input file {name:?} is not in an accepted container format; playlists, \
                 image lists and documents cannot be encoded, upload the media file itself"
            ),
        );
    }
    TaskError::new(
        ErrorCode::DownloadingInputAssetMalformedContent,
        format!("the input file {name:?} could not be read as media: {}", quote(stderr, path)),
    )
}

/// ffmpeg failed while it encoded the input `name` at `path`.
pub(super) fn encoding(name: &str, stderr: &str, path: &Path) -> TaskError {
    let says = |texts: &[&str]| texts.iter().any(|text| stderr.contains(text));
    let code = if says(&["No space left", "Cannot allocate memory", "Unknown encoder"]) {
        ErrorCode::ProcessingTask
    } else if says(&["not on whitelist", "Unsupported codec", "Decoder (codec", "not implemented"])
    {
        ErrorCode::ExecutingTaskUnsupportedFormat
    } else if says(&["Invalid data", "Error while decoding", "contains no packets", "moov atom"]) {
        ErrorCode::ExecutingTaskMalformedContent
    } else {
        ErrorCode::ProcessingTask
    };
    TaskError::new(code, format!("encoding {name:?} failed: {}", quote(stderr, path)))
}

/// The last different lines of `stderr`, without addresses and without the
/// place the input lies at on this host.
fn quote(stderr: &str, path: &Path) -> String {
    let folder = path
        .parent()
        .map(|folder| format!("{}/", folder.display()))
        .filter(|folder| folder.len() > 1);
    let mut lines: Vec<String> = Vec::new();
    for line in stderr.lines().rev() {
        let mut line = line.replace("file:", "");
        if let Some(folder) = &folder {
            line = line.replace(folder.as_str(), "");
        }
        let line: String = without_address(&line)
            .chars()
            .filter(|c| !c.is_control())
            .take(QUOTED_LENGTH)
            .collect();
        if !line.is_empty() && !lines.contains(&line) {
            lines.push(line);
        }
        if lines.len() == QUOTED_LINES {
            break;
        }
    }
    if lines.is_empty() {
        return "ffmpeg gave no reason".to_owned();
    }
    lines.reverse();
    lines.join("; ")
}

/// Drops the context ffmpeg puts before its messages: `[mov @ 0x55d5c0] text`.
fn without_address(line: &str) -> &str {
    let line = line.trim();
    match line.split_once("] ") {
        Some((context, text)) if context.starts_with('[') && context.contains(" @ 0x") => {
            without_address(text)
        }
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_the_file_and_hide_the_host() {
        let stderr = "[mov,mp4 @ 0x55e1] moov atom not found\n\
                      file:/var/scratch/t1/in-0: Invalid data found when processing input\n\
                      file:/var/scratch/t1/in-0: Invalid data found when processing input\n";
        let error = unreadable("holiday.mp4", stderr, Path::new("/var/scratch/t1/in-0"));
        assert_eq!(error.code, ErrorCode::DownloadingInputAssetMalformedContent);
        assert_eq!(
            error.message,
            "the input file \"holiday.mp4\" could not be read as media: moov atom not found; \
             in-0: Invalid data found when processing input"
        );
    }

    #[test]
    fn codes_tell_the_input_from_the_host() {
        let code = |stderr| encoding("a.mp4", stderr, Path::new("/x/in")).code;
        assert_eq!(
            code("av_interleaved_write_frame(): No space left on device"),
            ErrorCode::ProcessingTask
        );
        assert_eq!(
            code("Error while decoding stream #0:0: Invalid data found"),
            ErrorCode::ExecutingTaskMalformedContent
        );
        assert_eq!(
            code("Decoder (codec none) not found for input stream #0:0"),
            ErrorCode::ExecutingTaskUnsupportedFormat
        );
        assert_eq!(code(""), ErrorCode::ProcessingTask);
    }
}
