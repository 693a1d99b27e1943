//! Text streams in Smooth Streaming client manifests (MS-SSTR §2.2.2.3).

use std::fmt::Write as _;

use quick_xml::escape::escape;

use super::name::TextRole;
use super::stream::TextStream;
use crate::format::SmoothFormat;
use crate::smooth::chunks;

/// Writes a `StreamIndex` for each stream. Writing to a `String` cannot fail, so results are not
/// looked at.
pub(crate) fn stream_indexes<'a>(
    out: &mut String,
    streams: impl Iterator<Item = &'a TextStream>,
    format: SmoothFormat,
) {
    for stream in streams {
        let name = escape(stream.name());
        let subtype = match stream.file.role {
            TextRole::Captions => "CAPT",
            TextRole::Subtitles | TextRole::Forced => "SUBT",
        };
        let count = stream.timeline.count();
        let _ = write!(
            out,
            "<StreamIndex Chunks=\"{count}\" Type=\"text\" Subtype=\"{subtype}\" \
             Url=\"QualityLevels({{bitrate}})/Fragments({name}={{start time}})\" QualityLevels=\"1\""
        );
        if let Some(language) = stream.language() {
            let _ = write!(out, " Language=\"{}\"", escape(language));
        }
        let bitrate = stream.file.bitrate;
        let _ = write!(
            out,
            " Name=\"{name}\">\n<QualityLevel Index=\"0\" Bitrate=\"{bitrate}\" FourCC=\"TTML\" \
             CodecPrivateData=\"\"/>\n"
        );
        chunks(out, &stream.timeline, format);
        out.push_str("</StreamIndex>\n");
    }
}
