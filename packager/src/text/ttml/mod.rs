//! TTML: read from files that older encoders left, written into fragments of Smooth Streaming.

mod document;
mod reader;
mod time;

pub(super) use document::document;
pub(super) use reader::parse;
