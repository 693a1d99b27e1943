//! HLS: playlists, and segments of MPEG transport streams.

use super::View;
use crate::error::Error;
use crate::format::{Format, HlsFormat};
use crate::fragment::FragmentNoun;
use crate::hls::{self, Container};
use crate::located::Located;
use crate::plan::Plan;
use crate::playlist_plan::PlaylistPlan;
use crate::protect::{self, Method, Protection};
use crate::stream::{Quality, Stream};
use crate::text;
use crate::track::TrackKind;

impl<'a> View<'a> {
    /// The HLS media playlist of a quality level, for files whose samples are at hand.
    ///
    /// # Errors
    /// As [`View::plan_playlist`].
    pub fn playlist(&self, track: &str, bitrate: u64, format: HlsFormat) -> Result<String, Error> {
        self.plan_playlist(track, bitrate, format)?.write(&[])
    }

    /// Finds what the HLS media playlist of a quality level is made of: of its segments or, if the
    /// parameters say so, of its key frames.
    ///
    /// # Errors
    /// [`Error::NoSuchTrack`], [`Error::NoSuchQuality`], [`Error::NoKeyFrames`], and as
    /// [`View::fragment`].
    pub fn plan_playlist(
        &self,
        track: &str,
        bitrate: u64,
        format: HlsFormat,
    ) -> Result<PlaylistPlan<'a>, Error> {
        if let Some(text) = self.presentation.text(track) {
            let outline = self.outline(format)?;
            return text::media(text, bitrate, &outline).map(PlaylistPlan::written);
        }
        let stream = self.stream(track, Format::Hls(format))?;
        let quality = stream.quality(bitrate)?;
        let outline = self.outline(format)?;
        outline.check(quality)?;
        if self.parameters.key_frames {
            return self.key_frames(stream, quality, outline);
        }
        let audio = self.muxed(stream, &outline)?;
        let protection = self.protection_of_both(stream, audio);
        let keys = protection.map_or_else(String::new, protect::hls::keys);
        let longest = hls::longest(self.presentation, &outline);
        Ok(PlaylistPlan::written(hls::media(stream, audio, longest, &outline, &keys)))
    }

    pub(super) fn outline(&self, format: HlsFormat) -> Result<hls::Outline<'a>, Error> {
        let method = self.protection.map(|protection| &protection.method);
        let container = match (format, method) {
            (HlsFormat::Cmaf, _) => Container::FragmentedMp4,
            (HlsFormat::Aapl, Some(Method::Common(_))) => Container::FragmentedMp4,
            (HlsFormat::AaplV3, Some(Method::Common(common))) => {
                let (format, scheme) = (format.name(), common.scheme.name());
                return Err(Error::Unprotectable { format, scheme });
            }
            (HlsFormat::Aapl | HlsFormat::AaplV3, _) => Container::Transport,
        };
        // AES-128 encrypts a segment as a whole, chained from its first block and padded at its end
        // (RFC 8216 §4.3.2.4). A player that has a byte range of one would decrypt it as a segment
        // of its own, which it is not: there are no such playlists then.
        let mut video = self.presentation.of_kind(TrackKind::Video);
        let has_key_frames = format == HlsFormat::Aapl
            && container == Container::Transport
            && video.all(|stream| self.protection_of(stream).is_none());
        Ok(hls::Outline { format, container, has_key_frames, parameters: self.parameters })
    }

    /// The audio that is in the segments of a stream.
    fn muxed(
        &self,
        stream: &Stream,
        outline: &hls::Outline<'_>,
    ) -> Result<Option<&'a Stream>, Error> {
        if stream.kind() != TrackKind::Video || !outline.is_muxed() {
            return Ok(None);
        }
        let audio = outline.audio(self.presentation)?;
        let chosen = match &self.parameters.audio_track {
            None => audio.first(),
            Some(name) => {
                let chosen = audio.iter().find(|(stream, _)| stream.name() == name);
                Some(chosen.ok_or_else(|| Error::NoSuchTrack { track: name.clone() })?)
            }
        };
        Ok(chosen.map(|(stream, _)| *stream))
    }

    /// The protection of segments that two streams are in: it is enough that it covers one.
    fn protection_of_both(
        &self,
        stream: &Stream,
        audio: Option<&Stream>,
    ) -> Option<&'a Protection> {
        self.protection_of(stream).or_else(|| self.protection_of(audio?))
    }

    /// A segment of a transport stream: a fragment, with the audio that goes with it.
    pub(super) fn segment(
        &self,
        stream: &Stream,
        quality: &Quality,
        fragment: Located,
        outline: &hls::Outline<'_>,
    ) -> Result<Plan<'a>, Error> {
        outline.check(quality)?;
        let audio = self.muxed(stream, outline)?;
        let companion = audio.and_then(|audio| companion(stream, audio, fragment.start));
        let tracks = std::iter::once(fragment).chain(companion).collect();
        Ok(Plan::segment(tracks, self.protection_of_both(stream, audio)))
    }

    fn key_frames(
        &self,
        stream: &'a Stream,
        quality: &Quality,
        outline: hls::Outline<'a>,
    ) -> Result<PlaylistPlan<'a>, Error> {
        if !outline.has_key_frames || stream.kind() != TrackKind::Video {
            return Err(Error::NoKeyFrames);
        }
        let (format, noun) = (Format::Hls(outline.format), FragmentNoun::Fragments);
        let chunks = stream.timeline().chunks();
        let fragments = chunks
            .map(|chunk| stream.locate(quality.bitrate(), chunk.start, format, noun))
            .collect::<Result<_, _>>()?;
        Ok(PlaylistPlan::key_frames(stream, fragments, outline))
    }
}

/// The audio that goes with a fragment of video, at its best level. It may have no samples.
fn companion(video: &Stream, audio: &Stream, start: u64) -> Option<Located> {
    let (number, quality) = (video.timeline().find(start)?, audio.qualities().last()?);
    Located::of(quality, video.timeline().companions(number, audio.timeline()))
}
