//! The DASH manifest (ISO/IEC 23009-1), in the shape of Azure Media Services.

use std::fmt::Write as _;

use quick_xml::escape::escape;

use crate::codec::Codec;
use crate::format::DashFormat;
use crate::language::short;
use crate::presentation::Presentation;
use crate::protect::{self, Protection};
use crate::stream::{Quality, Stream};
use crate::text;
use crate::time::{TIMESCALE, iso_duration};
use crate::timeline::Timeline;
use crate::track::TrackKind;
use crate::url::Parameters;

/// Azure Media Services numbered audio sets as group 5 and the video set as group 1.
const AUDIO_GROUP: u32 = 5;
const VIDEO_GROUP: u32 = 1;

/// How a manifest is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outline<'a> {
    pub(crate) format: DashFormat,
    /// What is asked for beside the format.
    pub(crate) parameters: &'a Parameters,
    pub(crate) protection: Option<&'a Protection>,
    /// Where the presentation starts on the timeline.
    pub(crate) origin: u64,
}

/// Writes the manifest. Writing to a `String` cannot fail, so results are not looked at.
pub(crate) fn manifest(presentation: &Presentation, outline: Outline<'_>) -> String {
    let format = outline.format;
    let profiles = match format {
        DashFormat::Csf => "urn:mpeg:dash:profile:isoff-live:2011",
        DashFormat::Cmaf => "urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019",
    };
    // A client has to hold the longest segment to start.
    let longest = presentation.streams().iter().map(|stream| stream.timeline().longest()).max();
    let buffer = longest.unwrap_or(0).div_ceil(u64::from(TIMESCALE));
    let mut out = String::with_capacity(4096);
    let _ = write!(
        out,
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"{} profiles=\"{profiles}\" \
         type=\"static\" mediaPresentationDuration=\"{}\" minBufferTime=\"PT{buffer}S\">\n\
         <Period>\n",
        outline.protection.map_or("", protect::dash::namespaces),
        iso_duration(presentation.duration())
    );
    let sets = presentation.of_kind(TrackKind::Audio).chain(presentation.of_kind(TrackKind::Video));
    for (id, stream) in sets.enumerate() {
        adaptation_set(&mut out, id + 1, stream, outline);
    }
    let id = presentation.streams().len() + 1;
    // A filter changes what is in subtitles.
    let repeated = outline.parameters.repeated();
    text::adaptation_sets(&mut out, id, presentation.texts(), format, &repeated);
    out.push_str("</Period>\n</MPD>\n");
    out
}

fn adaptation_set(out: &mut String, id: usize, stream: &Stream, outline: Outline<'_>) {
    let kind = stream.kind();
    let group = match kind {
        TrackKind::Audio => AUDIO_GROUP,
        TrackKind::Video => VIDEO_GROUP,
    };
    let profiles = match outline.format {
        DashFormat::Csf => " profiles=\"ccff\"",
        DashFormat::Cmaf => "",
    };
    let common = stream.qualities().first().map_or_else(String::new, codec);
    let _ = write!(
        out,
        "<AdaptationSet id=\"{id}\" group=\"{group}\"{profiles} bitstreamSwitching=\"false\" \
         segmentAlignment=\"true\" contentType=\"{}\" mimeType=\"{}\" codecs=\"{common}\"",
        kind.name(),
        kind.content_type(),
    );
    if let Some(language) = stream.language() {
        let _ = write!(out, " lang=\"{}\"", escape(short(language)));
    }
    let sizes = stream.qualities().iter().filter_map(|quality| quality.track().video_info());
    if kind == TrackKind::Video {
        let width = sizes.clone().map(|info| info.width).max().unwrap_or(0);
        let height = sizes.map(|info| info.height).max().unwrap_or(0);
        let _ = write!(out, " maxWidth=\"{width}\" maxHeight=\"{height}\" startWithSAP=\"1\"");
    }
    out.push_str(">\n");
    if let Some(protection) = outline.protection.filter(|protection| protection.covers(stream)) {
        protect::dash::content_protection(out, protection);
    }
    segment_template(out, stream, outline);
    // Best quality first, as in the captured manifests.
    for (number, quality) in stream.qualities().iter().rev().enumerate() {
        representation(out, stream, quality, number + 1, &common);
    }
    out.push_str("</AdaptationSet>\n");
}

fn segment_template(out: &mut String, stream: &Stream, outline: Outline<'_>) {
    let (name, format, parameters) =
        (escape(stream.name()), outline.format.name(), outline.parameters);
    let repeated = parameters.repeated_in_fragments();
    let (init, segment) = (parameters.suffix(".mp4"), parameters.suffix(".m4s"));
    let offset = match outline.origin {
        0 => String::new(),
        origin => format!(" presentationTimeOffset=\"{origin}\""),
    };
    let _ = write!(
        out,
        "<SegmentTemplate timescale=\"{TIMESCALE}\"{offset} \
         media=\"QualityLevels($Bandwidth$)/Fragments({name}=$Time$,format={format}{repeated}){segment}\" \
         initialization=\"QualityLevels($Bandwidth$)/Fragments({name}=i,format={format}{repeated}){init}\">\n\
         <SegmentTimeline>"
    );
    let mut first = true;
    for (start, duration, count) in runs(stream.timeline()) {
        out.push_str("<S");
        if first && start > 0 {
            let _ = write!(out, " t=\"{start}\"");
        }
        first = false;
        let _ = write!(out, " d=\"{duration}\"");
        if count > 1 {
            // DASH counts the repetitions, not the segments.
            let _ = write!(out, " r=\"{}\"", count - 1);
        }
        out.push_str("/>");
    }
    out.push_str("</SegmentTimeline>\n</SegmentTemplate>\n");
}

/// Runs of fragments of the same duration: start, duration, number of fragments.
pub(crate) fn runs(timeline: &Timeline) -> Vec<(u64, u64, u32)> {
    let mut runs: Vec<(u64, u64, u32)> = Vec::new();
    for chunk in timeline.chunks() {
        match runs.last_mut().filter(|(_, duration, _)| *duration == chunk.duration) {
            Some((_, _, count)) => *count += 1,
            None => runs.push((chunk.start, chunk.duration, 1)),
        }
    }
    runs
}

fn representation(out: &mut String, stream: &Stream, quality: &Quality, number: usize, set: &str) {
    let track = quality.track();
    let id = match stream.kind() {
        TrackKind::Audio => format!("{AUDIO_GROUP}_A_{}_{number}", escape(stream.name())),
        TrackKind::Video => format!("{VIDEO_GROUP}_V_{}_{number}", escape(stream.name())),
    };
    let bitrate = quality.bitrate();
    let _ = write!(out, "<Representation id=\"{id}\" bandwidth=\"{bitrate}\"");
    let own = codec(quality);
    if own != set {
        let _ = write!(out, " codecs=\"{own}\"");
    }
    if let Some(info) = track.video_info() {
        let _ = write!(out, " width=\"{}\" height=\"{}\"", info.width, info.height);
    }
    match track.frame_rate() {
        Some((frames, 1)) => drop(write!(out, " frameRate=\"{frames}\"")),
        Some((frames, seconds)) => drop(write!(out, " frameRate=\"{frames}/{seconds}\"")),
        None => {}
    }
    match audio_channels(track.codec()) {
        None => out.push_str("/>\n"),
        Some((rate, scheme, channels)) => {
            let _ = writeln!(
                out,
                " audioSamplingRate=\"{rate}\"><AudioChannelConfiguration \
                 schemeIdUri=\"{scheme}\" value=\"{channels}\"/></Representation>",
            );
        }
    }
}

/// Sampling rate, and what says how many channels there are; `None` for video.
fn audio_channels(codec: &Codec) -> Option<(u32, &'static str, String)> {
    match codec {
        Codec::Aac(config) => {
            // The scheme takes the channelConfiguration of the codec, but of what comes out: 0
            // there means "see the stream", and parametric stereo is coded as one channel.
            let layout = match config.channel_configuration {
                0 | 1 => config.channels,
                configuration => u16::from(configuration),
            };
            let scheme = "urn:mpeg:dash:23003:3:audio_channel_configuration:2011";
            Some((config.sampling_rate, scheme, layout.to_string()))
        }
        // ETSI TS 102 366 §I.1.2.1: the channel map, in hexadecimal.
        Codec::Ac3(config) | Codec::Eac3(config) => {
            let scheme = "tag:dolby.com,2014:dash:audio_channel_configuration:2011";
            Some((config.sampling_rate, scheme, format!("{:04X}", config.layout)))
        }
        Codec::Avc(_) | Codec::Hevc(_) | Codec::Av1(_) => None,
    }
}

fn codec(quality: &Quality) -> String {
    quality.track().codec().rfc6381()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::aac::AacConfig;
    use crate::testing::presentation;

    #[test]
    fn channels_are_those_that_come_out() {
        let value = |object_type, channel_configuration, channels| {
            let config = AacConfig {
                object_type,
                sampling_rate: 48_000,
                channels,
                channel_configuration,
                specific_config: vec![],
            };
            audio_channels(&Codec::Aac(config)).unwrap().2
        };
        assert_eq!((value(2, 2, 2), value(2, 7, 8)), ("2".to_owned(), "7".to_owned()));
        assert_eq!((value(2, 1, 1), value(29, 1, 2)), ("1".to_owned(), "2".to_owned()));
    }

    #[test]
    fn manifest_of_two_qualities_and_audio() {
        let text = presentation().unwrap().dash(DashFormat::Csf);
        let want = [
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>",
            "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
             profiles=\"urn:mpeg:dash:profile:isoff-live:2011\" type=\"static\" \
             mediaPresentationDuration=\"PT14S\" minBufferTime=\"PT7S\">",
            "<Period>",
            "<AdaptationSet id=\"1\" group=\"5\" profiles=\"ccff\" bitstreamSwitching=\"false\" \
             segmentAlignment=\"true\" contentType=\"audio\" mimeType=\"audio/mp4\" \
             codecs=\"mp4a.40.2\" lang=\"en\">",
            "<SegmentTemplate timescale=\"10000000\" \
             media=\"QualityLevels($Bandwidth$)/Fragments(aac_eng_2_128000_1_1=$Time$,format=mpd-time-csf)\" \
             initialization=\"QualityLevels($Bandwidth$)/Fragments(aac_eng_2_128000_1_1=i,format=mpd-time-csf)\">",
            "<SegmentTimeline><S d=\"59946667\"/><S d=\"60160000\"/><S d=\"19840000\"/></SegmentTimeline>",
            "</SegmentTemplate>",
            "<Representation id=\"5_A_aac_eng_2_128000_1_1_1\" bandwidth=\"128000\" \
             audioSamplingRate=\"48000\"><AudioChannelConfiguration \
             schemeIdUri=\"urn:mpeg:dash:23003:3:audio_channel_configuration:2011\" \
             value=\"2\"/></Representation>",
            "</AdaptationSet>",
            "<AdaptationSet id=\"2\" group=\"1\" profiles=\"ccff\" bitstreamSwitching=\"false\" \
             segmentAlignment=\"true\" contentType=\"video\" mimeType=\"video/mp4\" \
             codecs=\"avc1.64001E\" maxWidth=\"640\" maxHeight=\"360\" startWithSAP=\"1\">",
            "<SegmentTemplate timescale=\"10000000\" \
             media=\"QualityLevels($Bandwidth$)/Fragments(video=$Time$,format=mpd-time-csf)\" \
             initialization=\"QualityLevels($Bandwidth$)/Fragments(video=i,format=mpd-time-csf)\">",
            "<SegmentTimeline><S d=\"60000000\" r=\"1\"/><S d=\"20000000\"/></SegmentTimeline>",
            "</SegmentTemplate>",
            "<Representation id=\"1_V_video_1\" bandwidth=\"1500000\" width=\"640\" height=\"360\" frameRate=\"25\"/>",
            "<Representation id=\"1_V_video_2\" bandwidth=\"500000\" width=\"640\" height=\"360\" frameRate=\"25\"/>",
            "</AdaptationSet>",
            "</Period>",
            "</MPD>",
        ];
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines, want);
    }
}
