//! `mediad`: a self-hosted media service that answers the Azure Media Services v2 API.
//!
//! | module | what |
//! |---|---|
//! | [`odata`] | the API: requests → what they read or change → responses |
//! | [`sets`] | the rules of the entity sets, a file each |
//! | [`store`] | entities and links, tables made from the model |
//! | [`generation`] | whether what was read is still so |
//! | [`blob`] | the storage account: block blobs under SAS URLs |
//! | [`notify`] | webhooks |
//! | [`ingest`] | bulk uploads, on their way into assets |
//! | [`jobs`], [`encode`] | tasks, leases, ffmpeg |
//! | [`keys`] | content keys, storage encryption, key delivery |
//! | [`origin`] | the streaming endpoint |
//! | [`urls`], [`route`] | where clients reach all that, and what answers at which host |
//! | [`listen`], [`send`], [`extent`] | connections, and files on their way into them |
//! | [`quotas`] | what the account may have and ask for at most |
//!
//! It is a program, not a library: all that is public here is [`main`].

mod app;
mod blob;
mod buffer;
mod change_set;
mod config;
mod encode;
mod error;
mod extent;
mod functions;
#[doc(hidden)]
pub mod fuzzing;
mod generation;
mod health;
mod ingest;
mod jobs;
mod keys;
mod listen;
mod metrics;
mod notify;
mod odata;
mod origin;
mod quotas;
mod route;
mod sample_index;
mod send;
mod serve;
mod sets;
mod sign_in;
mod store;
mod tls;
mod token;
mod unfold;
mod urls;
mod versions;

use std::io::IsTerminal as _;

use clap::Parser;

/// A self-hosted media service that answers the Azure Media Services v2 API
///
/// Uploads, encodes (with ffmpeg) and streams video as Smooth Streaming, HLS and DASH to clients
/// that were written for the service which was switched off in 2024. Not affiliated with Microsoft.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
enum Command {
    /// Run the service
    ///
    /// Once it is ready, one line of JSON on stdout tells what a client needs: the URLs "api",
    /// "token", "blob", "streaming" and "key_delivery", the credentials "client_id" and
    /// "client_secret", which are made at random when the data directory is, and the addresses
    /// "listen" and "listen_tls", and "metrics" if that is listened at. Logs go to stderr; RUST_LOG=debug tells more.
    /// SIGTERM or Ctrl-C ends it; tasks that are running then start again with the next run.
    Serve(config::ServeOptions),
}

/// Runs the program with the arguments of this process.
///
/// # Errors
/// When the service cannot start, or ends otherwise than it was told to.
pub fn main() -> anyhow::Result<()> {
    let Command::Serve(options) = Command::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    tokio::runtime::Runtime::new()?.block_on(serve::serve(options))
}
