//! Text streams in DASH: one WebVTT file each (ISO/IEC 23009-1 §5.3.5 and §5.8.5.5).

use std::fmt::Write as _;

use quick_xml::escape::escape;

use super::name::TextRole;
use super::stream::TextStream;
use crate::format::DashFormat;
use crate::language::short;

/// Group of text streams, beside those that Azure Media Services had for video and audio.
const GROUP: u32 = 3;

/// Writes an `AdaptationSet` for each stream, numbered from `id`; `repeated` is what URLs carry
/// behind the format. Writing to a `String` cannot fail, so results are not looked at.
pub(crate) fn adaptation_sets<'a>(
    out: &mut String,
    id: usize,
    streams: impl Iterator<Item = &'a TextStream>,
    format: DashFormat,
    repeated: &str,
) {
    let (format, repeated) = (format.name(), escape(repeated));
    for (at, stream) in streams.enumerate() {
        let id = id + at;
        let _ = write!(
            out,
            "<AdaptationSet id=\"{id}\" group=\"{GROUP}\" contentType=\"text\" mimeType=\"text/vtt\""
        );
        if let Some(language) = stream.language() {
            let _ = write!(out, " lang=\"{}\"", escape(short(language)));
        }
        let role = match stream.file.role {
            TextRole::Subtitles => "subtitle",
            TextRole::Captions => "caption",
            TextRole::Forced => "forced-subtitle",
        };
        let (name, bitrate) = (escape(stream.name()), stream.file.bitrate);
        let (label, start) = (escape(stream.label()), stream.timeline.start());
        let _ = write!(
            out,
            ">\n<Label>{label}</Label>\n\
             <Role schemeIdUri=\"urn:mpeg:dash:role:2011\" value=\"{role}\"/>\n\
             <Representation id=\"{GROUP}_T_{name}_1\" bandwidth=\"{bitrate}\">\
             <BaseURL>QualityLevels({bitrate})/Fragments({name}={start},format={format}{repeated}).vtt\
             </BaseURL></Representation>\n</AdaptationSet>\n"
        );
    }
}
