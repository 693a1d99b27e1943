//! An upload with everything that belongs to it, against one PUT of the same bytes.

use std::io::Read as _;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, bail};
use azure_media::{AccessPermissions, AccessPolicy, Asset, Locator, LocatorType, MediaServices};
use reqwest::Url;
use tokio::fs::File;
use tokio_util::io::ReaderStream;

use crate::measure::{Comparison, Goal, Side};

/// How much of the file a plain PUT reads at a time. The default of 4 KiB would make it slow.
const PIECE: usize = 1 << 20;

/// Uploads a file of random bytes, alternately both ways, to the same service.
pub(crate) async fn compare(
    media: &MediaServices,
    scratch: &Path,
    size: u64,
    rounds: usize,
) -> anyhow::Result<Comparison> {
    let file = scratch.join("random.bin");
    make_file(&file, size).context("making the file to upload")?;
    let container = container(media).await?;
    let http = reqwest::Client::new();
    let mut ours = Side::new("azure-media: upload()");
    let mut bare = Side::new("reqwest: PUT");
    for round in 0..rounds {
        eprintln!("upload: round {} of {rounds}", round + 1);
        // Who goes first alternates, too.
        for turn in [round, round + 1] {
            let start = Instant::now();
            if turn % 2 == 0 {
                let uploaded = media.upload(&file).await?;
                ours.times.push(start.elapsed());
                media.asset(&uploaded.asset.id).delete().await?;
            } else {
                put(&http, &container, &file, size).await?;
                bare.times.push(start.elapsed());
            }
        }
    }
    let name = format!("upload of {} MiB", size >> 20);
    Ok(Comparison { name, goal: Goal::SpeedAtLeast(0.9), bytes: Some(size), ours, bare })
}

/// Random, so that nothing between here and the disk can compress it.
fn make_file(path: &Path, size: u64) -> std::io::Result<()> {
    let mut random = std::fs::File::open("/dev/urandom")?.take(size);
    std::io::copy(&mut random, &mut std::fs::File::create(path)?)?;
    Ok(())
}

/// The signed URL of an asset's container.
async fn container(media: &MediaServices) -> anyhow::Result<Url> {
    let asset = media.assets().create().set(Asset::NAME, "plain").await?;
    let policy = media
        .access_policies()
        .create()
        .set(AccessPolicy::NAME, "write")
        .set(AccessPolicy::DURATION_IN_MINUTES, 24.0 * 60.0)
        .set(AccessPolicy::PERMISSIONS, AccessPermissions::WRITE)
        .await?;
    let locator = media
        .locators()
        .create()
        .set(Locator::ACCESS_POLICY_ID, policy.id)
        .set(Locator::ASSET_ID, asset.id)
        .set(Locator::LOCATOR_TYPE, LocatorType::SAS)
        .await?;
    Ok(Url::parse(&locator.path.context("the locator has no URL")?)?)
}

/// One Put Blob, streamed from the file. It replaces the blob of the round before.
async fn put(
    http: &reqwest::Client,
    container: &Url,
    file: &Path,
    size: u64,
) -> anyhow::Result<()> {
    let mut url = container.clone();
    let path = format!("{}/random.bin", container.path().trim_end_matches('/'));
    url.set_path(&path);
    let stream = ReaderStream::with_capacity(File::open(file).await?, PIECE);
    let request = http
        .put(url)
        .header("x-ms-blob-type", "BlockBlob")
        .header("x-ms-version", "2019-12-12")
        .header("Content-Length", size)
        .body(reqwest::Body::wrap_stream(stream));
    let response = request.send().await.map_err(reqwest::Error::without_url)?;
    if !response.status().is_success() {
        bail!("the storage answered {}: {}", response.status(), response.text().await?);
    }
    Ok(())
}
