//! A typed client of Azure Media Services v2, generated from its `$metadata`.
//!
//! Entities, their ids and enumerations, queries, creates and updates are typed: what the service
//! would refuse for its type does not compile. Uploading, encoding and publishing are one call
//! each.
//!
//! Microsoft has switched its service off; this crate speaks to services that answer the same API.
//! It is not affiliated with Microsoft.
//!
//! ```no_run
//! use azure_media::{MediaServices, auth::AadTokens};
//!
//! # async fn f() -> Result<(), Box<dyn std::error::Error>> {
//! let tokens = AadTokens::new("https://HOST/TENANT/oauth2/token", "client id", "client secret")?;
//! let media = MediaServices::connect("https://HOST/api/", tokens)?;
//!
//! media.start_streaming_endpoint("default").await?;
//! let video = media.upload("BigBuckBunny.mp4").await?;
//! let job = media.encode(&video.asset.id).preset("Adaptive Streaming").await?;
//! let encoded = job.wait().progress(|state, percent| println!("{state:?} {percent} %")).await?;
//! for output in &encoded.outputs {
//!     let published = media.publish(&output.id).await?;
//!     println!("{:?}", published.streaming);
//! }
//! # Ok(()) }
//! ```
//!
//! `examples/quickstart` does all of that with a service that it starts itself.
//!
//! Every entity set can be used directly, too:
//!
//! ```no_run
//! # use azure_media::{Asset, AssetCreationOptions, AssetFile, MediaServices};
//! # async fn f(media: MediaServices) -> Result<(), azure_media::Error> {
//! let films = media.assets().filter(Asset::NAME.starts_with("film")).top(20);
//! for asset in films.list().await? {
//!     for file in media.asset(&asset.id).files().all().await? {
//!         media.asset_file(&file.id).update().set(AssetFile::MIME_TYPE, "video/mp4").await?;
//!     }
//! }
//! # Ok(()) }
//! ```
//!
//! | feature | default | what |
//! |---|---|---|
//! | `client` | yes | requests and everything built on them; without it, types and tables |
//! | `encryption` | with `client` | the cipher of storage encryption, the wrapping of content keys |
//! | `rustls` | yes | TLS; without it only `http://` services can be called |
#![forbid(unsafe_code)]

// Emitted code is not formatted: a new rustfmt must not make it look edited.
#[rustfmt::skip]
pub mod v2_19;

#[cfg(feature = "client")]
pub mod auth;
#[cfg(feature = "client")]
mod blob;
#[cfg(feature = "client")]
mod cleanup;
#[cfg(feature = "client")]
mod connect;
#[cfg(feature = "client")]
mod content_key;
#[cfg(feature = "client")]
mod download;
#[cfg(feature = "client")]
mod encode;
#[cfg(feature = "encryption")]
pub mod encryption;
#[cfg(feature = "client")]
mod endpoint;
#[cfg(feature = "client")]
mod error;
#[cfg(feature = "client")]
mod http;
#[cfg(feature = "client")]
mod publish;
#[cfg(feature = "client")]
mod upload;

pub use v2_19::*;

#[cfg(feature = "client")]
pub use {
    blob::BlobError,
    connect::API_VERSION,
    content_key::ContentKeyError,
    download::{Download, Downloaded},
    encode::{Encode, Encoded, RunningJob, Wait},
    error::{DownloadError, EncodeError, EndpointError, PublishError, Step, UploadError},
    odata_client::{Error, ErrorKind, Format},
    publish::{Publish, Published, StreamingUrls},
    upload::{Upload, Uploaded},
};

/// The examples of the project's README, which must compile.
#[cfg(all(doctest, feature = "client"))]
#[doc = include_str!("../../README.md")]
struct Readme;
