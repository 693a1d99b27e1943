//! ffmpeg's demuxers of DASH and HLS. It has none of Smooth Streaming.

use std::process::Command;
use std::sync::OnceLock;

use acceptance::outside;

use crate::media::Media;

/// Its demuxer of DASH ends when the first of its streams does, so that a longer one loses its end
/// (`dash_read_packet` of libavformat: where reading one representation ends, it tells the end of
/// all). GStreamer and yt-dlp find that end, and so does ffmpeg when asked for one stream at a
/// time.
pub(crate) fn download_dash(url: &str, sounds: usize) -> Result<Media, String> {
    Media::decode_each(&input(&[], url), &maps(sounds))
}

pub(crate) fn download_hls(url: &str, sounds: usize) -> Result<Media, String> {
    // Versions that know this option take no segments without the extension of a file, unless told.
    let picky: &[&str] = if is_picky() { &["-extension_picky", "0"] } else { &[] };
    Media::decode(&input(picky, url), &maps(sounds))
}

fn input(options: &[&str], url: &str) -> Vec<String> {
    options.iter().chain(&["-i", url]).map(|word| (*word).to_owned()).collect()
}

fn maps(sounds: usize) -> Vec<String> {
    (0..sounds).map(|at| format!("0:a:{at}")).collect()
}

fn is_picky() -> bool {
    static PICKY: OnceLock<bool> = OnceLock::new();
    *PICKY.get_or_init(|| {
        let help = outside::run(Command::new("ffmpeg").args(["-v", "quiet", "-h", "demuxer=hls"]));
        help.unwrap().contains("-extension_picky")
    })
}
