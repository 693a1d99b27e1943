//! HLS playlists with fragmented MP4 segments (RFC 8216), in the shape of Azure Media Services.

use std::fmt::Write as _;

use crate::format::HlsFormat;
use crate::moov::TrackKind;
use crate::presentation::Presentation;
use crate::stream::{Quality, Stream, codecs};
use crate::text;
use crate::time::TIMESCALE;
use crate::url::Parameters;

/// `EXT-X-MAP` in an ordinary media playlist needs version 6; 7 is what players expect of
/// fragmented MP4 (RFC 8216 §7).
const HEAD: &str = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n";

/// Writes the master playlist. Writing to a `String` cannot fail, so results are not looked at.
pub(crate) fn master(
    presentation: &Presentation,
    format: HlsFormat,
    parameters: &Parameters,
) -> String {
    let mut out = String::from(HEAD);
    let audio: Vec<(&Stream, &Quality)> = presentation
        .of_kind(TrackKind::Audio)
        // A group has one member for each name (RFC 8216 §4.3.4.1.1): the best level of a track.
        .filter_map(|stream| Some((stream, stream.qualities().last()?)))
        .collect();
    let mut video: Vec<(&Stream, &Quality)> = presentation
        .of_kind(TrackKind::Video)
        .flat_map(|stream| stream.qualities().iter().map(move |quality| (stream, quality)))
        .collect();
    // Players start with the first variant.
    if let Some(wanted) = presentation.first_quality()
        && let Some(nearest) =
            (0..video.len()).min_by_key(|at| video[*at].1.bitrate().abs_diff(wanted))
    {
        video[..=nearest].rotate_right(1);
    }
    let default = parameters.audio_track.as_deref();
    let default = audio.iter().position(|(stream, _)| Some(stream.name()) == default).unwrap_or(0);
    let subtitles = presentation.texts().next().is_some();
    let (repeated, suffix) = (parameters.repeated(), parameters.suffix(".m3u8"));
    let list = Listing { format, repeated, suffix, subtitles };
    out.push_str(&text::renditions(presentation.texts(), format, parameters));
    if video.is_empty() {
        for stream in presentation.of_kind(TrackKind::Audio) {
            for quality in stream.qualities() {
                list.variant(&mut out, stream, quality, &[]);
            }
        }
        return out;
    }
    for (at, (stream, quality)) in audio.iter().enumerate() {
        let name = stream.name();
        let _ = write!(out, "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"{name}\"");
        if let Some(language) = stream.language() {
            let _ = write!(out, ",LANGUAGE=\"{language}\"");
        }
        let default = if at == default { "YES" } else { "NO" };
        let uri = list.playlist_uri(stream, quality);
        let _ = writeln!(out, ",DEFAULT={default},AUTOSELECT=YES,URI=\"{uri}\"");
    }
    let sound: Vec<&Quality> = audio.iter().map(|(_, quality)| *quality).collect();
    for (stream, quality) in video {
        list.variant(&mut out, stream, quality, &sound);
    }
    let audio_only = parameters.audio_only.unwrap_or(true);
    if let Some((stream, quality)) = audio.get(default).filter(|_| audio_only) {
        list.variant(&mut out, stream, quality, &sound);
    }
    out
}

/// What every URI of a master playlist carries.
struct Listing {
    format: HlsFormat,
    repeated: String,
    suffix: &'static str,
    /// Whether there are renditions of subtitles.
    subtitles: bool,
}

impl Listing {
    /// One `EXT-X-STREAM-INF` with its URI. `sound` is what the audio group may add.
    fn variant(&self, out: &mut String, stream: &Stream, quality: &Quality, sound: &[&Quality]) {
        // An audio variant is a member of its own group and plays nothing else.
        let added: &[&Quality] = if stream.kind() == TrackKind::Video { sound } else { &[] };
        let peak = |quality: &&Quality| quality.peak_bitrate();
        let mean = |quality: &&Quality| quality.track().average_bitrate();
        let bandwidth = peak(&quality) + added.iter().map(peak).max().unwrap_or(0);
        let average = mean(&quality) + added.iter().map(mean).max().unwrap_or(0);
        let average = average.min(bandwidth);
        let _ = write!(out, "#EXT-X-STREAM-INF:BANDWIDTH={bandwidth},AVERAGE-BANDWIDTH={average}");
        if let Some(info) = quality.track().video_info() {
            let _ = write!(out, ",RESOLUTION={}x{}", info.width, info.height);
        }
        let codecs = codecs(std::iter::once(quality).chain(added.iter().copied()));
        let _ = write!(out, ",CODECS=\"{codecs}\"");
        if let Some((frames, seconds)) = quality.track().frame_rate() {
            let _ = write!(out, ",FRAME-RATE={:.3}", f64::from(frames) / f64::from(seconds));
        }
        if !sound.is_empty() {
            out.push_str(",AUDIO=\"audio\"");
        }
        if self.subtitles {
            let _ = write!(out, ",SUBTITLES=\"{}\"", text::GROUP);
        }
        let _ = writeln!(out, "\n{}", self.playlist_uri(stream, quality));
    }

    fn playlist_uri(&self, stream: &Stream, quality: &Quality) -> String {
        format!(
            "QualityLevels({})/Manifest({},format={}{}){}",
            quality.bitrate(),
            stream.name(),
            self.format.name(),
            self.repeated,
            self.suffix
        )
    }
}

/// Writes the media playlist of any quality level of a stream: all have the same fragments, and
/// the bitrate is in the folder of the playlist.
/// `keys` are `EXT-X-KEY` lines: they come behind the initialization segment, so they do not apply
/// to it and it is clear (RFC 8216 §4.3.2.4).
pub(crate) fn media(
    stream: &Stream,
    format: HlsFormat,
    parameters: &Parameters,
    keys: &str,
) -> String {
    let (name, format) = (stream.name(), format.name());
    let repeated = parameters.repeated_in_fragments();
    let (init, segment) = (parameters.suffix(".mp4"), parameters.suffix(".m4s"));
    let timeline = stream.timeline();
    // RFC 8216 §4.3.3.1 asks for no less than the rounded maximum; rounding up is what AMS did.
    let longest = timeline.longest().div_ceil(u64::from(TIMESCALE));
    let mut out = String::with_capacity(256 + timeline.count() * 96);
    out.push_str(HEAD);
    let _ = write!(
        out,
        "#EXT-X-PLAYLIST-TYPE:VOD\n\
         #EXT-X-MEDIA-SEQUENCE:0\n\
         #EXT-X-TARGETDURATION:{longest}\n\
         #EXT-X-MAP:URI=\"Fragments({name}=i,format={format}{repeated}){init}\"\n\
         {keys}"
    );
    for chunk in timeline.chunks() {
        let micros = micros(chunk.start + chunk.duration) - micros(chunk.start);
        let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
        let start = chunk.start;
        let _ = write!(
            out,
            "#EXTINF:{seconds}.{rest:06},no-desc\n\
             Fragments({name}={start},format={format}{repeated}){segment}\n"
        );
    }
    out.push_str("#EXT-X-ENDLIST\n");
    out
}

/// Rounded from absolute times, so that the sum of all `EXTINF` stays right.
pub(crate) fn micros(units: u64) -> u64 {
    (units + 5) / 10
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::presentation;

    #[test]
    fn master_playlist() {
        let text = presentation().unwrap().hls_master(HlsFormat::Cmaf, &Parameters::default());
        let lines: Vec<_> = text.lines().skip(3).collect();
        assert_eq!(
            lines,
            [
                "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"aac_eng_2_128000_1_1\",\
                 LANGUAGE=\"eng\",DEFAULT=YES,AUTOSELECT=YES,\
                 URI=\"QualityLevels(128000)/Manifest(aac_eng_2_128000_1_1,format=m3u8-cmaf)\"",
                "#EXT-X-STREAM-INF:BANDWIDTH=67384,AVERAGE-BANDWIDTH=57500,RESOLUTION=640x360,\
                 CODECS=\"avc1.64001E,mp4a.40.2\",FRAME-RATE=25.000,AUDIO=\"audio\"",
                "QualityLevels(500000)/Manifest(video,format=m3u8-cmaf)",
                "#EXT-X-STREAM-INF:BANDWIDTH=67384,AVERAGE-BANDWIDTH=57500,RESOLUTION=640x360,\
                 CODECS=\"avc1.64001E,mp4a.40.2\",FRAME-RATE=25.000,AUDIO=\"audio\"",
                "QualityLevels(1500000)/Manifest(video,format=m3u8-cmaf)",
                "#EXT-X-STREAM-INF:BANDWIDTH=43842,AVERAGE-BANDWIDTH=37500,\
                 CODECS=\"mp4a.40.2\",AUDIO=\"audio\"",
                "QualityLevels(128000)/Manifest(aac_eng_2_128000_1_1,format=m3u8-cmaf)",
            ]
        );
        let parameters = Parameters { audio_only: Some(false), ..Parameters::default() };
        let without = presentation().unwrap().hls_master(HlsFormat::Cmaf, &parameters);
        assert_eq!(without.lines().count(), text.lines().count() - 2);
    }

    #[test]
    fn extensions_are_opted_in() {
        let presentation = presentation().unwrap();
        let parameters = Parameters { extensions: Some(true), ..Parameters::default() };
        let text = presentation.hls_master(HlsFormat::Cmaf, &parameters);
        let uri = "QualityLevels(500000)/Manifest(video,format=m3u8-cmaf,extensions=true).m3u8";
        assert!(text.lines().any(|line| line == uri), "{text}");
        let view = presentation.view(&parameters, None);
        let text = view.playlist("video", 500_000, HlsFormat::Cmaf).unwrap();
        let urls: Vec<_> = text.lines().filter(|line| line.contains("Fragments(")).collect();
        assert_eq!(urls[0], "#EXT-X-MAP:URI=\"Fragments(video=i,format=m3u8-cmaf).mp4\"");
        assert_eq!(urls[1], "Fragments(video=0,format=m3u8-cmaf).m4s");
        assert_eq!(urls.len(), 4);
    }

    #[test]
    fn media_playlist() {
        let text = presentation().unwrap().hls_media("video", 500_000, HlsFormat::Aapl).unwrap();
        assert_eq!(
            text,
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-PLAYLIST-TYPE:VOD\n\
             #EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-TARGETDURATION:6\n\
             #EXT-X-MAP:URI=\"Fragments(video=i,format=m3u8-aapl)\"\n\
             #EXTINF:6.000000,no-desc\nFragments(video=0,format=m3u8-aapl)\n\
             #EXTINF:6.000000,no-desc\nFragments(video=60000000,format=m3u8-aapl)\n\
             #EXTINF:2.000000,no-desc\nFragments(video=120000000,format=m3u8-aapl)\n\
             #EXT-X-ENDLIST\n"
        );
    }
}
