//! GStreamer's demuxers: the older ones, which decodebin takes, and those of adaptivedemux2, which
//! decodebin3 prefers.

use std::process::Command;

use acceptance::outside;

use crate::media::Media;

/// What both generations need, beside the demuxers.
const ELEMENTS: [&str; 5] = ["souphttpsrc", "qtdemux", "tsdemux", "avdec_h264", "avdec_aac"];

/// A demuxer of a protocol.
pub(crate) struct Demuxer {
    /// As gst-inspect knows it.
    element: &'static str,
    /// Its class, as it is seen in paths of elements.
    class: &'static str,
    /// What chooses it.
    bin: &'static str,
}

const fn older(element: &'static str, class: &'static str) -> Demuxer {
    Demuxer { element, class, bin: "uridecodebin" }
}

const fn newer(element: &'static str, class: &'static str) -> Demuxer {
    Demuxer { element, class, bin: "uridecodebin3" }
}

pub(crate) const DASH: Demuxer = older("dashdemux", "GstDashDemux:");
pub(crate) const HLS: Demuxer = older("hlsdemux", "GstHLSDemux:");
pub(crate) const SMOOTH: Demuxer = older("mssdemux", "GstMssDemux:");
pub(crate) const DASH_2: Demuxer = newer("dashdemux2", "GstDashDemux2:");
pub(crate) const HLS_2: Demuxer = newer("hlsdemux2", "GstHLSDemux2:");
pub(crate) const SMOOTH_2: Demuxer = newer("mssdemux2", "GstMssDemux2:");

impl Demuxer {
    /// Tells what is not installed.
    pub(crate) fn missing(&self) -> Result<(), String> {
        for element in ELEMENTS.iter().chain([&self.element]) {
            let mut inspect = Command::new("gst-inspect-1.0");
            outside::run(inspect.args(["--exists", element])).map_err(|_| {
                format!(
                    "{element} of GStreamer is needed (Debian: apt install gstreamer1.0-tools \
                     gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad \
                     gstreamer1.0-libav)"
                )
            })?;
        }
        Ok(())
    }

    /// Decodes a stream from start to end.
    pub(crate) fn download(&self, url: &str, sounds: usize) -> Result<Media, String> {
        let (media, said) = launch(&[self.bin, &format!("uri={url}"), "name=source"], sounds)?;
        match said.contains(self.class) {
            true => Ok(media),
            false => Err(format!("{} has not taken {}: {said}", self.bin, self.element)),
        }
    }
}

/// Decodes a silent stream that is known to be of Smooth Streaming.
pub(crate) fn download_smooth(url: &str) -> Result<Media, String> {
    let caps = "force-caps=application/vnd.ms-sstr+xml";
    let get = ["souphttpsrc", &format!("location={url}"), "!", "typefind", caps, "!", "mssdemux"];
    let decode = ["!", "decodebin", "name=source"];
    launch(&[get.as_slice(), &decode].concat(), 0).map(|(media, _)| media)
}

/// Runs a pipeline from an element of the name `source` to files, and tells what it says.
fn launch(source: &[&str], sounds: usize) -> Result<(Media, String), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut command = Command::new("gst-launch-1.0");
    command.arg("--verbose").args(source);
    let files: Vec<_> = (0..=sounds).map(|at| folder.path().join(at.to_string())).collect();
    for (at, file) in files.iter().enumerate() {
        let track = if at == 0 { &PICTURES } else { &SOUND };
        let sink = format!("location={}", file.display());
        command.args(["source.", "!"]).args(track).args(["!", "filesink", &sink]);
    }
    let said = outside::run(outside::without_proxy(&mut command))?;
    Ok((Media::read(&files)?, said))
}

const PICTURES: [&str; 7] =
    ["video/x-raw", "!", "queue", "!", "videoconvert", "!", "video/x-raw,format=I420"];

const SOUND: [&str; 7] = [
    "audio/x-raw",
    "!",
    "queue",
    "!",
    "audioconvert",
    "!",
    "audio/x-raw,format=F32LE,layout=interleaved",
];
