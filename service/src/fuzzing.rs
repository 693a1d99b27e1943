//! What fuzz targets call: the parsers of texts that clients put into entities.

use crate::encode;
use crate::sets::task_body::TaskBody;

/// Reads a `TaskBody`.
pub fn task_body(text: &str) {
    let _ = TaskBody::parse(text);
}

/// Reads a `Configuration`.
pub fn preset(text: &str) {
    let _ = encode::Configuration::parse(text);
}
