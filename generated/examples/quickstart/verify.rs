//! Fetches fragments of every protocol and checks that they can be decoded.

use std::process::Stdio;

use anyhow::{Context as _, bail, ensure};
use azure_media::StreamingUrls;
use bytes::Bytes;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use url::Url;

use crate::manifests::{self, Track};
use crate::report::Check;
use crate::walk::{done, passing};

/// Checks the first and the last fragment of the best and the worst video and of the sound, by each
/// protocol.
pub(crate) async fn all(urls: &StreamingUrls) -> anyhow::Result<Vec<Check>> {
    let http = reqwest::Client::new();
    let mut checks = Vec::new();
    let dash = dash(&http, &urls.dash).await.context(urls.dash.clone())?;
    let smooth = smooth(&http, &urls.smooth, &dash).await.context(urls.smooth.clone())?;
    let hls = hls(&http, &urls.hls).await.context(urls.hls.clone())?;
    let tracks = [("Smooth", smooth), ("HLS", hls), ("DASH", dash)];
    for (protocol, tracks) in tracks {
        for (name, track) in extremes(protocol, tracks)? {
            for url in [&track.first, &track.last] {
                passing(&format!("Checking {protocol}, {name}"));
                let check = check(&http, protocol, name, &track, url).await;
                checks.push(check.with_context(|| format!("{protocol}, {name}: {url}"))?);
            }
        }
    }
    let frames: usize = checks.iter().map(|check| check.frames).sum();
    done(&format!("Checked {} fragments; ffmpeg decoded {frames} frames.", checks.len()));
    Ok(checks)
}

/// Smooth Streaming has no header before its fragments: a player makes one of what the manifest
/// says. That of DASH is the same but for the time scale, and does for decoding.
async fn smooth(http: &reqwest::Client, url: &str, dash: &[Track]) -> anyhow::Result<Vec<Track>> {
    let mut tracks = manifests::smooth(&text(http, url).await?, &Url::parse(url)?)?;
    for track in &mut tracks {
        let same =
            |other: &&Track| (other.is_video, other.bitrate) == (track.is_video, track.bitrate);
        let other = dash.iter().find(same).context("Smooth and DASH have different tracks")?;
        track.init.clone_from(&other.init);
    }
    Ok(tracks)
}

async fn dash(http: &reqwest::Client, url: &str) -> anyhow::Result<Vec<Track>> {
    manifests::dash(&text(http, url).await?, &Url::parse(url)?)
}

async fn hls(http: &reqwest::Client, url: &str) -> anyhow::Result<Vec<Track>> {
    let url = Url::parse(url)?;
    let master = fetch(http, &url).await?;
    let mut tracks = Vec::new();
    for (is_video, bitrate, url) in manifests::hls_master(&master, &url)? {
        let playlist = fetch(http, &url).await?;
        tracks.push(manifests::hls_media(&playlist, &url, is_video, bitrate)?);
    }
    Ok(tracks)
}

/// The best and the worst video, and the sound.
fn extremes(protocol: &str, tracks: Vec<Track>) -> anyhow::Result<Vec<(&'static str, Track)>> {
    let (video, audio): (Vec<_>, Vec<_>) = tracks.into_iter().partition(|track| track.is_video);
    let best = video.iter().max_by_key(|track| track.bitrate).cloned();
    let worst = video.iter().min_by_key(|track| track.bitrate).cloned();
    let (Some(best), Some(worst)) = (best, worst) else {
        bail!("{protocol} has no video");
    };
    let mut chosen = vec![("best video", best), ("worst video", worst)];
    // A video may have no sound.
    chosen.extend(audio.into_iter().next().map(|audio| ("audio", audio)));
    Ok(chosen)
}

async fn check(
    http: &reqwest::Client,
    protocol: &'static str,
    name: &str,
    track: &Track,
    url: &Url,
) -> anyhow::Result<Check> {
    let fragment = fetch(http, url).await?;
    if protocol == "Smooth" {
        check_boxes(&fragment)?;
    }
    let mut media = Vec::new();
    if let Some(init) = &track.init {
        media.extend_from_slice(&fetch(http, init).await?);
    }
    media.extend_from_slice(&fragment);
    let frames = decode(media).await?;
    let (track, url) = (name.to_owned(), url.to_string());
    Ok(Check { protocol, track, url, bytes: fragment.len(), frames })
}

async fn text(http: &reqwest::Client, url: &str) -> anyhow::Result<String> {
    let body = fetch(http, &Url::parse(url)?).await?;
    Ok(String::from_utf8(body.to_vec())?)
}

async fn fetch(http: &reqwest::Client, url: &Url) -> anyhow::Result<Bytes> {
    let response = http.get(url.clone()).send().await?;
    ensure!(response.status().is_success(), "{url}: {}", response.status());
    Ok(response.bytes().await?)
}

/// A fragment of Smooth Streaming is a `moof` and a `mdat` box: MS-SSTR §2.2.4.
fn check_boxes(fragment: &[u8]) -> anyhow::Result<()> {
    let (mut rest, mut names) = (fragment, Vec::new());
    while !rest.is_empty() {
        let (size, name) = rest
            .first_chunk::<8>()
            .map(|[a, b, c, d, name @ ..]| (u32::from_be_bytes([*a, *b, *c, *d]), *name))
            .context("a box is cut off")?;
        let size = usize::try_from(size)?;
        ensure!(size >= 8, "a box has {size} bytes");
        rest = rest.get(size..).context("a box is longer than the fragment")?;
        names.push(String::from_utf8_lossy(&name).into_owned());
    }
    ensure!(names == ["moof", "mdat"], "the boxes are {names:?}");
    Ok(())
}

/// Lets ffmpeg decode everything; returns the number of frames.
async fn decode(media: Vec<u8>) -> anyhow::Result<usize> {
    let mut child = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-xerror", "-i", "pipe:0", "-f", "framecrc", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("cannot start ffmpeg: is it installed?")?;
    let mut stdin = child.stdin.take().context("ffmpeg has no standard input")?;
    // ffmpeg may have enough before the end: its exit status tells what that means.
    let feed = tokio::spawn(async move { stdin.write_all(&media).await });
    let output = child.wait_with_output().await?;
    feed.abort();
    let errors = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    ensure!(output.status.success() && errors.is_empty(), "ffmpeg cannot decode it: {errors}");
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let frames = lines.lines().filter(|line| !line.starts_with('#')).count();
    ensure!(frames > 0, "it holds no frames");
    Ok(frames)
}
