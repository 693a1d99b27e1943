//! What can be wrong with a file of subtitles.

/// Why a file of subtitles cannot be used at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: line {line}: {problem}")]
pub struct TextError {
    /// Name of the file, as the caller gave it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: TextProblem,
}

/// What makes a file of subtitles useless.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextProblem {
    /// The first line of a WebVTT file is not its signature.
    #[error("the file does not start with WEBVTT")]
    NoSignature,
    /// The file is larger than any real one.
    #[error("the file has more than {limit} bytes")]
    TooLarge {
        /// Most bytes that are read.
        limit: usize,
    },
    /// More cues than any real file has.
    #[error("the file has more than {limit} cues")]
    TooManyCues {
        /// Most cues that are read.
        limit: usize,
    },
    /// A TTML file that is not well-formed, or not TTML.
    #[error("not a TTML document: {0}")]
    NotTtml(String),
    /// The name of the file says that it is in a format that is not read.
    #[error(
        "subtitles in this format are not read; WebVTT (.vtt) and TTML (.ttml, .dfxp, .xml) are"
    )]
    UnknownFormat,
}

/// Something in a file of subtitles that was left out or mended, while the rest is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextWarning {
    /// Line, from 1.
    pub line: usize,
    /// What was found there.
    pub oddity: TextOddity,
}

impl std::fmt::Display for TextWarning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.oddity)
    }
}

/// What a file of subtitles may have that is left out or mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextOddity {
    /// Bytes that are not UTF-8.
    #[error("bytes that are not UTF-8 were replaced by U+FFFD")]
    NotUtf8,
    /// A line with an arrow that is not the timing of a cue.
    #[error("the cue has no valid timing and was left out")]
    BadTiming,
    /// A cue that is over before it begins.
    #[error("the cue does not end after its start and was left out")]
    NeverShown,
    /// A cue that starts before the one in front of it.
    #[error("the cue starts before the one in front of it; cues were sorted")]
    OutOfOrder,
    /// Header of a segment of HLS.
    #[error(
        "X-TIMESTAMP-MAP was ignored: it refers to the clock of another stream, and the times of an \
         uploaded file are those of the presentation"
    )]
    TimestampMap,
    /// Style or region definitions that cannot be repeated in each segment.
    #[error(
        "style and region definitions beyond {} bytes were left out",
        super::webvtt::MAX_DEFINITIONS
    )]
    TooManyDefinitions,
    /// Style or region definitions that no player looks at.
    #[error("a style or region definition behind the first cue was left out")]
    LateDefinition,
}
