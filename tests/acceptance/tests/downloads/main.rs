//! Whole streams, downloaded from start to end by programs that others wrote: ffmpeg, both
//! generations of GStreamer's demuxers, and yt-dlp, each in every protocol that it knows.
//!
//! The rule is strict: the pictures are those of the uploaded file, bit by bit (decoding H.264 is
//! exact, so that every decoder gives the same), and so are the samples of the sound, see
//! [`media::Media::differs`].

#![allow(clippy::unwrap_used)]

mod ffmpeg;
mod film;
mod gstreamer;
mod media;
mod subtitles;
mod yt_dlp;

use std::path::{Path, PathBuf};

use acceptance::outside;
use media::Media;

const DASH: [&str; 2] = ["(format=mpd-time-csf)", "(format=mpd-time-cmaf)"];
const HLS: [&str; 2] = ["(format=m3u8-aapl)", "(format=m3u8-cmaf)"];
/// Pictures and one sound in the same segments.
const HLS_MUXED: [&str; 1] = ["(format=m3u8-aapl-v3)"];
const SMOOTH: [&str; 2] = ["", "(format=fmp4-v20)"];

/// How many of the sounds of a stream a client takes.
#[derive(Clone, Copy)]
enum Sounds {
    All,
    /// Clients that play choose one.
    One,
}

/// Downloads every film in these formats.
///
/// `missing` is what the client needs and is not there. `download` is given the URL of a manifest
/// and how many sounds to take.
#[track_caller]
fn check(
    client: &str,
    missing: Result<(), String>,
    formats: &[&str],
    sounds: Sounds,
    download: impl Fn(&str, usize) -> Result<Media, String>,
) {
    if let Err(problem) = missing {
        return outside::skip(client, &problem);
    }
    let mut problems = Vec::new();
    for film in film::films() {
        let sounds = match sounds {
            Sounds::All => film.media.sounds.len(),
            Sounds::One => film.media.sounds.len().min(1),
        };
        for format in formats {
            let got = download(&film.url(format), sounds);
            let problem = got.map_or_else(Some, |got| film.media.differs(&got, sounds));
            let tell = |problem| format!("{client}, {} {format}: {problem}", film.name);
            problems.extend(problem.map(tell));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn ffmpeg_dash() {
    check("ffmpeg", Ok(()), &DASH, Sounds::All, ffmpeg::download_dash);
}

#[test]
fn ffmpeg_hls() {
    check("ffmpeg", Ok(()), &HLS, Sounds::All, ffmpeg::download_hls);
    check("ffmpeg", Ok(()), &HLS_MUXED, Sounds::One, ffmpeg::download_hls);
}

#[test]
fn gstreamer_dash() {
    let download = |url: &str, sounds| gstreamer::DASH.download(url, sounds);
    check("dashdemux", gstreamer::DASH.missing(), &DASH, Sounds::All, download);
}

#[test]
fn gstreamer_hls() {
    let download = |url: &str, sounds| gstreamer::HLS.download(url, sounds);
    check("hlsdemux", gstreamer::HLS.missing(), &HLS, Sounds::All, download);
    check("hlsdemux", gstreamer::HLS.missing(), &HLS_MUXED, Sounds::One, download);
}

#[test]
fn gstreamer_smooth() {
    let download = |url: &str, sounds| gstreamer::SMOOTH.download(url, sounds);
    check("mssdemux", gstreamer::SMOOTH.missing(), &SMOOTH, Sounds::All, download);
}

#[test]
fn gstreamer_dash_2() {
    let download = |url: &str, sounds| gstreamer::DASH_2.download(url, sounds);
    check("dashdemux2", gstreamer::DASH_2.missing(), &DASH, Sounds::One, download);
}

#[test]
fn gstreamer_hls_2() {
    let download = |url: &str, sounds| gstreamer::HLS_2.download(url, sounds);
    check("hlsdemux2", gstreamer::HLS_2.missing(), &HLS, Sounds::One, download);
    check("hlsdemux2", gstreamer::HLS_2.missing(), &HLS_MUXED, Sounds::One, download);
}

#[test]
fn gstreamer_smooth_2() {
    let download = |url: &str, sounds| gstreamer::SMOOTH_2.download(url, sounds);
    check("mssdemux2", gstreamer::SMOOTH_2.missing(), &SMOOTH, Sounds::One, download);
}

/// GStreamer knows a Smooth manifest by its first 512 bytes and takes a shorter one for a text
/// (`mss_manifest_type_find` of gst-plugins-base 1.22). Told what it is, its demuxer reads it well,
/// and so does yt-dlp.
#[test]
fn gstreamer_has_to_be_told_of_a_very_short_smooth_manifest() {
    if let Err(problem) = gstreamer::SMOOTH.missing() {
        return outside::skip("mssdemux", &problem);
    }
    let film = film::short();
    let url = film.url("(format=fmp4-v20)");
    let error = gstreamer::SMOOTH.download(&url, 0).err().unwrap();
    assert!(error.contains("text file"), "{error}");
    let got = gstreamer::download_smooth(&url).unwrap();
    assert_eq!(film.media.differs(&got, 0), None);
}

#[test]
fn a_muxed_stream_has_the_sound_that_is_asked_for() {
    let film = film::bilingual();
    for (at, language) in ["eng", "fra"].into_iter().enumerate() {
        let url = film.url(&format!("(format=m3u8-aapl-v3,audioTrack=aac_{language})"));
        let got = ffmpeg::download_hls(&url, 1).unwrap();
        assert_eq!(film.media.differs(&got, 1), None, "{language}");
        assert_eq!(got.sounds[0].len(), film.media.sounds[at].len(), "{language}");
    }
}

#[test]
fn yt_dlp_dash() {
    yt_dlp("yt-dlp of DASH", &DASH, Sounds::All, yt_dlp::download);
}

#[test]
fn yt_dlp_hls() {
    yt_dlp("yt-dlp of HLS", &HLS, Sounds::All, yt_dlp::download);
    yt_dlp("yt-dlp of HLS", &HLS_MUXED, Sounds::One, yt_dlp::download_muxed);
}

#[test]
fn yt_dlp_smooth() {
    yt_dlp("yt-dlp of Smooth Streaming", &SMOOTH, Sounds::All, yt_dlp::download);
}

#[track_caller]
fn yt_dlp(
    client: &str,
    formats: &[&str],
    sounds: Sounds,
    download: fn(&Path, &str, usize) -> Result<Media, String>,
) {
    let (missing, python) = match yt_dlp::install() {
        Ok(python) => (Ok(()), python),
        Err(problem) => (Err(problem), PathBuf::new()),
    };
    check(client, missing, formats, sounds, |url, sounds| download(&python, url, sounds));
}
