//! HLS playlists (RFC 8216), in the shape of Azure Media Services.

mod key_frames;
mod media;
mod sound;

use std::fmt::Write as _;

use crate::error::Error;
use crate::format::HlsFormat;
use crate::presentation::Presentation;
use crate::stream::{Quality, Stream, codecs};
use crate::track::TrackKind;
use crate::url::Parameters;
use crate::{text, ts};
use sound::{Group, Sound};

pub(crate) use key_frames::key_frames;
pub(crate) use media::{date, duration, longest, media};

/// What segments are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Container {
    FragmentedMp4,
    /// MPEG transport stream.
    Transport,
}

/// What is asked of playlists.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outline<'a> {
    pub(crate) format: HlsFormat,
    pub(crate) container: Container,
    /// Whether there are playlists of key frames.
    pub(crate) has_key_frames: bool,
    pub(crate) parameters: &'a Parameters,
}

impl Outline<'_> {
    /// What each playlist begins with.
    fn head(&self) -> &'static str {
        match (self.container, self.format) {
            // `EXT-X-MAP` in an ordinary media playlist needs version 6; 7 is what players expect
            // of fragmented MP4 (RFC 8216 §7).
            (Container::FragmentedMp4, _) => {
                "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n"
            }
            (Container::Transport, HlsFormat::AaplV3) => "#EXTM3U\n#EXT-X-VERSION:3\n",
            (Container::Transport, _) => "#EXTM3U\n#EXT-X-VERSION:4\n",
        }
    }

    /// What the URLs of segments end with.
    fn segment_suffix(&self) -> &'static str {
        self.parameters.suffix(match self.container {
            Container::FragmentedMp4 => ".m4s",
            Container::Transport => ".ts",
        })
    }

    /// Time stamps of segments at the start of the presentation, in units of 90 kHz.
    pub(crate) fn clock(&self) -> u64 {
        match self.container {
            Container::FragmentedMp4 => 0,
            Container::Transport => ts::ORIGIN,
        }
    }

    /// Whether the segments of the video have the audio, too.
    pub(crate) fn is_muxed(&self) -> bool {
        self.format == HlsFormat::AaplV3
    }

    fn peak(&self, quality: &Quality) -> u64 {
        match self.container {
            Container::FragmentedMp4 => quality.peak_bitrate(),
            Container::Transport => quality.transport_peak_bitrate(),
        }
    }

    /// The audio tracks, each at its best level: a group has one member for each name (RFC 8216
    /// §4.3.4.1.1). The first one is the default.
    pub(crate) fn audio<'p>(
        &self,
        presentation: &'p Presentation,
    ) -> Result<Vec<(&'p Stream, &'p Quality)>, Error> {
        let streams = presentation.of_kind(TrackKind::Audio);
        let best = streams.filter_map(|stream| Some((stream, stream.qualities().last()?)));
        let mut audio = self.carried(best)?;
        sound::sort(&mut audio);
        Ok(audio)
    }

    /// Those of some levels that segments can carry. The others are left out, unless that is all.
    fn carried<'p>(
        &self,
        levels: impl Iterator<Item = (&'p Stream, &'p Quality)>,
    ) -> Result<Vec<(&'p Stream, &'p Quality)>, Error> {
        let mut refused = None;
        let mut carried = Vec::new();
        for level in levels {
            match self.check(level.1) {
                Ok(()) => carried.push(level),
                Err(error) => refused = Some(error),
            }
        }
        match refused {
            Some(error) if carried.is_empty() => Err(error),
            _ => Ok(carried),
        }
    }

    pub(crate) fn check(&self, quality: &Quality) -> Result<(), Error> {
        match self.container {
            Container::FragmentedMp4 => Ok(()),
            Container::Transport => ts::Format::new(quality.track().codec()).map(|_| ()),
        }
    }
}

/// Writes the master playlist. Writing to a `String` cannot fail, so results are not looked at.
///
/// # Errors
/// [`Error::NotInTransportStream`].
pub(crate) fn master<'p>(
    presentation: &'p Presentation,
    outline: &Outline<'_>,
) -> Result<String, Error> {
    let parameters = outline.parameters;
    let mut out = String::from(outline.head());
    let audio = outline.audio(presentation)?;
    let levels = |stream: &'p Stream| stream.qualities().iter().map(move |level| (stream, level));
    let mut video = outline.carried(presentation.of_kind(TrackKind::Video).flat_map(levels))?;
    // Players start with the first variant.
    if let Some(wanted) = presentation.first_quality()
        && let Some(nearest) =
            (0..video.len()).min_by_key(|at| video[*at].1.bitrate().abs_diff(wanted))
    {
        video[..=nearest].rotate_right(1);
    }
    let default = parameters.audio_track.as_deref();
    let default = audio.iter().position(|(stream, _)| Some(stream.name()) == default).unwrap_or(0);
    // Renditions apart from variants came with version 4 (RFC 8216 §7).
    let has_subtitles = !outline.is_muxed() && presentation.texts().next().is_some();
    let list = Listing { outline, repeated: parameters.repeated(), has_subtitles };
    if has_subtitles {
        out.push_str(&text::renditions(presentation.texts(), outline.format, parameters));
    }
    if video.is_empty() {
        for (stream, best) in &audio {
            for quality in stream.qualities().iter().take_while(|q| q.bitrate() <= best.bitrate()) {
                list.variant(&mut out, stream, quality, &Sound::None);
            }
        }
        return Ok(out);
    }
    let chosen = audio.get(default).copied();
    let sounds = match chosen {
        Some((stream, quality)) if outline.is_muxed() => vec![Sound::Muxed(stream, quality)],
        Some(_) => sound::groups(&audio).into_iter().map(Sound::Group).collect(),
        None => vec![Sound::None],
    };
    for sound in &sounds {
        if let (Sound::Group(group), Some((default, _))) = (sound, chosen) {
            let default = group.default(default);
            for at in 0..group.members.len() {
                list.member(&mut out, group, at, default);
            }
        }
    }
    for (number, sound) in sounds.iter().enumerate() {
        for (stream, quality) in &video {
            list.variant(&mut out, stream, quality, sound);
            if outline.has_key_frames && number == 0 {
                list.key_frames(&mut out, stream, quality, sound);
            }
        }
    }
    let audio_only = parameters.audio_only.unwrap_or(true);
    if let Some((stream, quality)) = chosen.filter(|_| audio_only) {
        let own = |sound: &&Sound<'_>| match sound {
            Sound::Group(group) => group.has(stream),
            Sound::None | Sound::Muxed(..) => true,
        };
        list.variant(&mut out, stream, quality, sounds.iter().find(own).unwrap_or(&Sound::None));
    }
    Ok(out)
}

/// What every URI of a master playlist carries.
struct Listing<'a> {
    outline: &'a Outline<'a>,
    repeated: String,
    /// Whether there are renditions of subtitles.
    has_subtitles: bool,
}

impl Listing<'_> {
    /// One `EXT-X-MEDIA` of a group of audio.
    fn member(&self, out: &mut String, group: &Group<'_>, at: usize, default: usize) {
        let Some((stream, quality)) = group.members.get(at) else { return };
        let (id, name) = (&group.id, stream.name());
        let _ = write!(out, "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"{id}\",NAME=\"{name}\"");
        if let Some(language) = stream.language() {
            let _ = write!(out, ",LANGUAGE=\"{language}\"");
        }
        let (is_default, auto) = (yes(at == default), yes(group.is_for_language(at, default)));
        let uri = self.playlist_uri(stream, quality, &Sound::None, "");
        let channels = sound::channels(quality.track().codec());
        let _ = writeln!(out, ",DEFAULT={is_default},AUTOSELECT={auto}{channels},URI=\"{uri}\"");
    }

    /// One `EXT-X-STREAM-INF` with its URI.
    fn variant(&self, out: &mut String, stream: &Stream, quality: &Quality, sound: &Sound<'_>) {
        let added = sound.added(stream);
        let bandwidth = self.bandwidth(quality, &added);
        let _ = write!(out, "#EXT-X-STREAM-INF:BANDWIDTH={bandwidth}");
        // Azure Media Services had these for CMAF only.
        let more = self.outline.container == Container::FragmentedMp4;
        if more {
            let mean = |quality: &&Quality| quality.track().average_bitrate();
            let average = mean(&quality) + added.iter().map(mean).max().unwrap_or(0);
            let _ = write!(out, ",AVERAGE-BANDWIDTH={}", average.min(bandwidth));
        }
        resolution(out, quality);
        let codecs = codecs(std::iter::once(quality).chain(added));
        let _ = write!(out, ",CODECS=\"{codecs}\"");
        if let Some((frames, seconds)) = quality.track().frame_rate().filter(|_| more) {
            let _ = write!(out, ",FRAME-RATE={:.3}", f64::from(frames) / f64::from(seconds));
        }
        if let Sound::Group(group) = sound {
            let _ = write!(out, ",AUDIO=\"{}\"", group.id);
        }
        if self.has_subtitles {
            let _ = write!(out, ",SUBTITLES=\"{}\"", text::GROUP);
        }
        let _ = writeln!(out, "\n{}", self.playlist_uri(stream, quality, sound, ""));
    }

    /// One `EXT-X-I-FRAME-STREAM-INF`. Its bandwidth is that of the variant, as Azure Media Services
    /// had it.
    fn key_frames(&self, out: &mut String, stream: &Stream, quality: &Quality, sound: &Sound<'_>) {
        let bandwidth = self.bandwidth(quality, &sound.added(stream));
        let _ = write!(out, "#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH={bandwidth}");
        resolution(out, quality);
        let codecs = codecs(std::iter::once(quality));
        let uri = self.playlist_uri(stream, quality, sound, ",type=keyframes");
        let _ = writeln!(out, ",CODECS=\"{codecs}\",URI=\"{uri}\"");
    }

    fn bandwidth(&self, quality: &Quality, added: &[&Quality]) -> u64 {
        let added = added.iter().map(|quality| self.outline.peak(quality));
        self.outline.peak(quality) + added.max().unwrap_or(0)
    }

    fn playlist_uri(
        &self,
        stream: &Stream,
        quality: &Quality,
        sound: &Sound<'_>,
        more: &str,
    ) -> String {
        let audio = match sound {
            Sound::Muxed(audio, _) if stream.kind() == TrackKind::Video => {
                format!(",audiotrack={}", audio.name())
            }
            _ => String::new(),
        };
        format!(
            "QualityLevels({})/Manifest({},format={}{more}{audio}{}){}",
            quality.bitrate(),
            stream.name(),
            self.outline.format.name(),
            self.repeated,
            self.outline.parameters.suffix(".m3u8")
        )
    }
}

/// The value of an attribute that is one of two.
pub(crate) fn yes(is_so: bool) -> &'static str {
    if is_so { "YES" } else { "NO" }
}

fn resolution(out: &mut String, quality: &Quality) {
    if let Some(info) = quality.track().video_info() {
        let _ = write!(out, ",RESOLUTION={}x{}", info.width, info.height);
    }
}

/// Rounded from absolute times, so that the sum of all `EXTINF` stays right.
fn micros(units: u64) -> u64 {
    (units + 5) / 10
}

#[cfg(test)]
mod tests;
