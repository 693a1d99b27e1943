//! The steps, one after the other.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use azure_media::{Asset, AssetFile, MediaServices, Published};
use tokio::process::Command;

use crate::report::{Downloaded, File, Report};
use crate::service::Mediad;
use crate::{Options, verify};

/// Takes the video from a file to its URLs.
pub(crate) async fn walk(
    options: &Options,
    service: &Mediad,
    scratch: &Path,
) -> anyhow::Result<Report> {
    let video = match &options.video {
        Some(video) => video.clone(),
        None => make_sample(scratch).await?,
    };
    let media = service.connect()?;
    media.start_streaming_endpoint("default").await?;
    done("The streaming endpoint runs.");

    let source = upload(&media, &video).await?;
    let (job, output) = encode(&media, &source, &options.preset).await?;
    let files = media.asset(&output.id).files().all().await?;
    let published = media.publish(&output.id).with_downloads().await?;
    let urls = published.streaming.clone().context("the output has no server manifest")?;
    done(&format!("Published: {} files.", files.len()));

    let downloaded = download(&media, &published, &files, scratch).await?;
    let checks = verify::all(&urls).await?;
    let files = |urls: Vec<(String, String)>| {
        urls.into_iter().map(|(name, url)| File { name, url }).collect()
    };
    Ok(Report {
        api: service.ready.api.clone(),
        source: source.id.to_string(),
        job,
        output: output.id.to_string(),
        smooth: urls.smooth,
        hls: urls.hls,
        dash: urls.dash,
        progressive: files(published.progressive),
        downloads: files(published.downloads),
        downloaded,
        checks,
        player: None,
    })
}

/// Ten seconds with sound.
async fn make_sample(scratch: &Path) -> anyhow::Result<PathBuf> {
    let path = scratch.join("sample.mp4");
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-nostdin", "-v", "error", "-y", "-t", "10", "-f", "lavfi", "-i"]);
    ffmpeg.args(["testsrc2=size=1280x720:rate=30", "-t", "10", "-f", "lavfi", "-i"]);
    ffmpeg.args(["sine=frequency=440:sample_rate=48000", "-c:v", "libx264", "-preset", "veryfast"]);
    ffmpeg.args(["-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "2"]).arg(&path);
    let status = ffmpeg.status().await.context("cannot start ffmpeg: is it installed?")?;
    ensure!(status.success(), "ffmpeg made no sample: {status}");
    done("Made a sample of ten seconds.");
    Ok(path)
}

async fn upload(media: &MediaServices, video: &Path) -> anyhow::Result<Asset> {
    let start = Instant::now();
    let upload = media.upload(video).progress(move |sent, total| {
        let percent = 100.0 * sent as f64 / total.max(1) as f64;
        passing(&format!("Uploading: {percent:.0} %, {}", speed(sent, start.elapsed())));
    });
    let uploaded = upload.await?;
    let size = uploaded.file.content_file_size.unsigned_abs();
    let name = uploaded.file.name.unwrap_or_default();
    done(&format!("Uploaded {name}: {size} bytes, {}.", speed(size, start.elapsed())));
    Ok(uploaded.asset)
}

fn speed(bytes: u64, time: Duration) -> String {
    format!("{:.1} MB/s", bytes as f64 / 1e6 / time.as_secs_f64().max(1e-9))
}

async fn encode(
    media: &MediaServices,
    source: &Asset,
    preset: &str,
) -> anyhow::Result<(String, Asset)> {
    let start = Instant::now();
    let name = source.name.as_deref().unwrap_or("video");
    let encode = media.encode(&source.id).preset(preset).job_name(format!("Encode {name}"));
    let job = encode.output_name(format!("{name}, {preset}")).await?;
    let wait = job.wait().every(Duration::from_secs(1)).progress(move |state, percent| {
        let seconds = start.elapsed().as_secs();
        passing(&format!("Encoding: {state:?}, {percent:.0} %, {seconds} s"));
    });
    let encoded = wait.await?;
    done(&format!("Encoded with \"{preset}\" in {:.1} s.", start.elapsed().as_secs_f64()));
    let output = encoded.outputs.into_iter().next().context("the job has no output")?;
    Ok((encoded.job.id.to_string(), output))
}

/// Downloads one MP4 file and compares it with what the service says of it.
async fn download(
    media: &MediaServices,
    published: &Published,
    files: &[AssetFile],
    scratch: &Path,
) -> anyhow::Result<Downloaded> {
    let mut mp4s = published.downloads.iter().filter(|(name, _)| name.ends_with(".mp4"));
    let (name, url) = mp4s.next().context("the output has no MP4 file")?;
    let start = Instant::now();
    let got = media.download(url, scratch.join("downloaded.mp4")).await?;
    let record = files.iter().find(|file| file.name.as_ref() == Some(name));
    let record = record.context("a download that is not of the asset")?;
    if i64::try_from(got.size) != Ok(record.content_file_size) {
        bail!("{name} has {} bytes, and not {}", got.size, record.content_file_size);
    }
    if let Some(md5) = record.content_checksum.as_ref().filter(|md5| **md5 != got.md5) {
        bail!("{name} has the MD5 {}, and not {md5}", got.md5);
    }
    done(&format!("Downloaded {name}: {} bytes, {}.", got.size, speed(got.size, start.elapsed())));
    Ok(Downloaded { name: name.clone(), size: got.size, md5: got.md5 })
}

/// A line that the next one replaces, where there is a terminal.
pub(crate) fn passing(text: &str) {
    let mut out = std::io::stderr().lock();
    if out.is_terminal() {
        let _ = write!(out, "\r\x1b[K{text}");
        let _ = out.flush();
    }
}

/// A line that stays.
pub(crate) fn done(text: &str) {
    let mut out = std::io::stderr().lock();
    let erase = if out.is_terminal() { "\r\x1b[K" } else { "" };
    let _ = writeln!(out, "{erase}{text}");
}
