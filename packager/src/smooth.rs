//! Smooth Streaming client manifests (MS-SSTR §2.2.2).

use std::fmt::Write as _;

use quick_xml::escape::escape;

use crate::codec::Codec;
use crate::dash::runs;
use crate::format::SmoothFormat;
use crate::presentation::Presentation;
use crate::protect::{self, Protection};
use crate::stream::{Quality, Stream};
use crate::text;
use crate::time::TIMESCALE;
use crate::timeline::Timeline;
use crate::track::TrackKind;

/// Writes the manifest that players load; `repeated` is what its URLs carry behind
/// the time. Writing to a `String` cannot fail, so results are not looked at.
pub(crate) fn manifest(
    presentation: &Presentation,
    format: SmoothFormat,
    repeated: &str,
    protection: Option<&Protection>,
) -> String {
    let minor = match format {
        SmoothFormat::Latest => 2,
        SmoothFormat::V20 => 0,
    };
    let mut out = head(&format!(
        "MajorVersion=\"2\" MinorVersion=\"{minor}\" Duration=\"{}\" TimeScale=\"{TIMESCALE}\"",
        presentation.duration()
    ));
    for stream in presentation.streams() {
        let url = fragments_url(stream, repeated);
        let (count, levels) = (stream.timeline().count(), stream.qualities().len());
        let _ = write!(
            out,
            "<StreamIndex Chunks=\"{count}\" Type=\"{}\" Url=\"{url}\" QualityLevels=\"{levels}\"",
            stream.kind().name()
        );
        let is_audio = stream.kind() == TrackKind::Audio;
        if let Some(language) = stream.language().filter(|_| is_audio) {
            let _ = write!(out, " Language=\"{}\"", escape(language));
        }
        // Without a name, the type is the name (MS-SSTR §2.2.2.3); video of a second codec has
        // another one.
        if is_audio || stream.name() != stream.kind().name() {
            let _ = write!(out, " Name=\"{}\"", escape(stream.name()));
        }
        out.push_str(">\n");
        quality_levels(&mut out, stream);
        chunks(&mut out, stream.timeline(), format);
        out.push_str("</StreamIndex>\n");
    }
    text::stream_indexes(&mut out, presentation.texts(), format);
    if let Some(protection) = protection {
        protect::smooth::protection(&mut out, protection);
    }
    out.push_str("</SmoothStreamingMedia>\n");
    out
}

/// Writes the `.ismc` file of an asset: version 2.1 lists all fragments, and the time scale is
/// the default of the protocol. Streams that do not fit into Smooth Streaming are left out.
pub(crate) fn client_manifest_file(presentation: &Presentation) -> String {
    let mut out = head(&format!(
        "MajorVersion=\"2\" MinorVersion=\"1\" Duration=\"{}\"",
        presentation.duration()
    ));
    for stream in presentation.streams().iter().filter(|stream| stream.fits_smooth()) {
        let _ = writeln!(
            out,
            "<StreamIndex Type=\"{}\" Url=\"{}\" Name=\"{}\" Chunks=\"{}\" QualityLevels=\"{}\">",
            stream.kind().name(),
            fragments_url(stream, ""),
            escape(stream.name()),
            stream.timeline().count(),
            stream.qualities().len(),
        );
        quality_levels(&mut out, stream);
        listed_chunks(&mut out, stream.timeline());
        out.push_str("</StreamIndex>\n");
    }
    out.push_str("</SmoothStreamingMedia>\n");
    out
}

fn head(attributes: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<SmoothStreamingMedia {attributes}>\n")
}

fn fragments_url(stream: &Stream, repeated: &str) -> String {
    let name = escape(stream.name());
    format!("QualityLevels({{bitrate}})/Fragments({name}={{start time}}{repeated})")
}

fn quality_levels(out: &mut String, stream: &Stream) {
    // Best quality first, as in the captured manifests.
    for (index, quality) in stream.qualities().iter().rev().enumerate() {
        quality_level(out, index, quality);
    }
}

fn quality_level(out: &mut String, index: usize, quality: &Quality) {
    let track = quality.track();
    let codec = track.codec();
    let _ = write!(
        out,
        "<QualityLevel Index=\"{index}\" Bitrate=\"{}\" FourCC=\"{}\"",
        quality.bitrate(),
        codec.four_cc()
    );
    if let Some(info) = track.video_info() {
        let _ = write!(out, " MaxWidth=\"{}\" MaxHeight=\"{}\"", info.width, info.height);
    }
    match codec {
        Codec::Aac(config) => {
            // 255 is the wave format tag of raw AAC; a packet is one sample of all channels.
            let packet = u32::from(config.channels) * 2;
            let _ = write!(
                out,
                " AudioTag=\"255\" BitsPerSample=\"16\" Channels=\"{}\" PacketSize=\"{packet}\" \
                 SamplingRate=\"{}\"",
                config.channels, config.sampling_rate
            );
        }
        Codec::Avc(config) => nal_length(out, config.nal_length),
        Codec::Hevc(config) => nal_length(out, config.nal_length),
        // They do not get here; see `Codec::not_in_smooth`.
        Codec::Av1(_) | Codec::Ac3(_) | Codec::Eac3(_) => {}
    }
    let _ = writeln!(out, " CodecPrivateData=\"{}\"/>", codec.private_data());
}

/// Only written when it is not the default of 4 bytes (MS-SSTR §2.2.2.5).
fn nal_length(out: &mut String, bytes: u8) {
    if bytes != 4 {
        let _ = write!(out, " NALUnitLengthField=\"{bytes}\"");
    }
}

/// The `c` elements of a stream.
pub(crate) fn chunks(out: &mut String, timeline: &Timeline, format: SmoothFormat) {
    match format {
        SmoothFormat::Latest => repeated_chunks(out, timeline),
        SmoothFormat::V20 => listed_chunks(out, timeline),
    }
}

/// `c` elements with a repeat count. `r` is the number of fragments in all; in DASH it is one less.
fn repeated_chunks(out: &mut String, timeline: &Timeline) {
    for (at, (start, duration, count)) in runs(timeline).into_iter().enumerate() {
        let start = if at == 0 { format!(" t=\"{start}\"") } else { String::new() };
        let repeat = if count > 1 { format!(" r=\"{count}\"") } else { String::new() };
        let _ = writeln!(out, "<c{start} d=\"{duration}\"{repeat}/>");
    }
}

/// One `c` element for each fragment; only a first one that does not start at 0 has a time.
fn listed_chunks(out: &mut String, timeline: &Timeline) {
    for (at, chunk) in timeline.chunks().enumerate() {
        let late = at == 0 && chunk.start > 0;
        let start = if late { format!(" t=\"{}\"", chunk.start) } else { String::new() };
        let _ = writeln!(out, "<c{start} d=\"{}\"/>", chunk.duration);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::presentation;

    const VIDEO_LEVEL: &str = "MaxWidth=\"640\" MaxHeight=\"360\" \
        CodecPrivateData=\"0000000167640000000168\"/>";

    #[test]
    fn latest_manifest() {
        let text = presentation().unwrap().smooth(SmoothFormat::Latest);
        let want = [
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>".to_owned(),
            "<SmoothStreamingMedia MajorVersion=\"2\" MinorVersion=\"2\" Duration=\"140000000\" \
             TimeScale=\"10000000\">"
                .to_owned(),
            "<StreamIndex Chunks=\"3\" Type=\"video\" \
             Url=\"QualityLevels({bitrate})/Fragments(video={start time})\" QualityLevels=\"2\">"
                .to_owned(),
            format!("<QualityLevel Index=\"0\" Bitrate=\"1500000\" FourCC=\"H264\" {VIDEO_LEVEL}"),
            format!("<QualityLevel Index=\"1\" Bitrate=\"500000\" FourCC=\"H264\" {VIDEO_LEVEL}"),
            "<c t=\"0\" d=\"60000000\" r=\"2\"/>".to_owned(),
            "<c d=\"20000000\"/>".to_owned(),
            "</StreamIndex>".to_owned(),
            "<StreamIndex Chunks=\"3\" Type=\"audio\" \
             Url=\"QualityLevels({bitrate})/Fragments(aac_eng_2_128000_1_1={start time})\" \
             QualityLevels=\"1\" Language=\"eng\" Name=\"aac_eng_2_128000_1_1\">"
                .to_owned(),
            "<QualityLevel Index=\"0\" Bitrate=\"128000\" FourCC=\"AACL\" AudioTag=\"255\" \
             BitsPerSample=\"16\" Channels=\"2\" PacketSize=\"4\" SamplingRate=\"48000\" \
             CodecPrivateData=\"1190\"/>"
                .to_owned(),
            "<c t=\"0\" d=\"59946667\"/>".to_owned(),
            "<c d=\"60160000\"/>".to_owned(),
            "<c d=\"19840000\"/>".to_owned(),
            "</StreamIndex>".to_owned(),
            "</SmoothStreamingMedia>".to_owned(),
        ];
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines, want);
    }

    #[test]
    fn version_2_0_lists_every_fragment() {
        let text = presentation().unwrap().smooth(SmoothFormat::V20);
        assert!(text.contains("MajorVersion=\"2\" MinorVersion=\"0\""));
        assert!(text.contains("<c d=\"60000000\"/>\n<c d=\"60000000\"/>\n<c d=\"20000000\"/>"));
        assert!(!text.contains(" r="));
    }

    #[test]
    fn client_manifest_names_its_streams() {
        let text = presentation().unwrap().client_manifest_file();
        assert!(text.contains("MinorVersion=\"1\" Duration=\"140000000\">"));
        assert!(text.contains("Name=\"video\" Chunks=\"3\" QualityLevels=\"2\">"));
        assert_eq!(text.matches("<c d=").count(), 6);
    }
}
