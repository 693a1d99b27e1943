//! Streaming endpoints, filters, and what streams answer to whom.

#![allow(clippy::unwrap_used)]

mod delivery;
mod downloads;
mod endpoints;
mod extensions;
mod filters;
mod hosts;
mod indexes;
mod inputs;
mod live;
mod metrics;
mod smooth;
mod stage;
mod subtitles;
mod thumbnails;
mod transport;
mod urls;
mod wire;
