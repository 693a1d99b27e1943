//! Presets, each feature judged by what is in the files that come out.

#![allow(clippy::unwrap_used)]

mod chunks;
mod copies;
mod filters;
mod images;
mod lab;
mod named;
mod processors;
mod refused;
mod sources;
mod task_options;
mod tracks;
