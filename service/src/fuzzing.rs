//! What fuzz targets call: the parsers of texts that clients put into entities.

use crate::encode;
use crate::sets::task_body::TaskBody;
use crate::sets::template_body;

/// Reads a `TaskBody`, by itself and as that of a job template.
pub fn task_body(text: &str) {
    let _ = TaskBody::parse(text);
    let _ = template_body::parse(text);
}

/// Reads a `Configuration`.
pub fn preset(text: &str) {
    let _ = encode::Configuration::parse(text);
}
