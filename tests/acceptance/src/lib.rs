//! What the acceptance tests share: a running `mediad`, raw HTTP, and ffmpeg as source and judge.
//!
//! The tests under `tests/` know the service only as its clients do: they start the binary, read
//! the line it prints, and send it HTTP, byte by byte where that matters. Nothing of the workspace
//! is linked in, so that a mistake that service and client share is seen here.
//!
//! ```text
//! cargo test -p acceptance                      # builds mediad first, in the same profile
//! cargo test -p acceptance --test quickstart_article
//! MEDIAD=/usr/bin/mediad cargo test -p acceptance   # another binary
//! ```
//!
//! * ffmpeg and ffprobe must be installed, as for the service itself; `cargo xtask test` does that.
//! * `openssl` must be installed as well: [`crypto`] is what clients do with keys.
//! * [`Service::shared`] is one service for all tests of a file; [`Service::start`] is one of its
//!   own, for tests that stop it, kill it, or count what is in it.
//! * A watchdog ends the services of a test process that is gone, however it went.
//! * [`Api`] sends requests with the headers of the quickstart article unless told otherwise, and a
//!   [`Reply`] that is not as expected fails the test with the whole exchange.
//! * `tests/python` of the repository holds what is run by `python_sdk.rs`, `tests/clients` what is
//!   run by `clients`; [`outside`] has what such tests share.

mod batch;
pub mod crypto;
mod encrypted;
mod http;
mod media;
pub mod outside;
mod process;
mod raw;
mod service;
mod story;
mod xml;

pub use batch::{BatchPart, batch_parts};
pub use encrypted::{EncryptedUpload, storage_cipher};
pub use http::{Api, Call, Reply};
pub use media::{
    Frames, decode, ffmpeg, ffprobe, made_by_ffmpeg, not_a_video, server_manifest, smooth_init,
    video,
};
pub use process::{cpu_time, eventually, media_processes};
pub use raw::{Connection, RawReply};
pub use service::{Info, Service, Stopped, binary};
pub use story::{
    ENCODER, Upload, ago, blob_url, error_message, id_of, key, locator, new_id, percent, poll,
    task_body, value,
};
pub use xml::{Element, elements};
