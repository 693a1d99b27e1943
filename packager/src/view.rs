//! A presentation as a URL asks for it.

mod hls;

use bytes::Bytes;

use crate::dash::Outline;
use crate::error::Error;
use crate::format::Format;
use crate::fragment::{Fragment, FragmentNoun};
use crate::hls::Container;
use crate::init::init_segment;
use crate::plan::Plan;
use crate::presentation::Presentation;
use crate::protect::{
    EnvelopeEncryptor, Method, Protection, SampleEncryptor, Scheme, TrackEncryption,
};
use crate::stream::Stream;
use crate::text::{self, TextFragment, Zero};
use crate::track::TrackKind;
use crate::url::Parameters;
use crate::{dash, smooth, ts};

/// Answers requests for a presentation with what the URL asks for and a protection does.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    presentation: &'a Presentation,
    parameters: &'a Parameters,
    protection: Option<&'a Protection>,
}

/// A fragment, and what is to be done with it.
#[derive(Debug)]
pub enum Packaged {
    /// Send the head and then the ranges of the file.
    Clear(Fragment),
    /// Send the head and then the ranges of the file, through the encryptor;
    /// [`EnvelopeEncryptor::encrypted_length`] tells the length.
    Envelope(Fragment, Box<EnvelopeEncryptor>),
    /// Read the ranges to have them described; then encrypt them, and send them behind the head
    /// that this has given.
    Samples(Box<SampleEncryptor>),
    /// Make the segment of what it says to read, and send it; through the encryptor if there is one.
    Segment(ts::Segment, Option<Box<EnvelopeEncryptor>>),
}

impl Packaged {
    /// MIME type.
    pub fn content_type(&self) -> &'static str {
        match self {
            Packaged::Clear(fragment) | Packaged::Envelope(fragment, _) => {
                fragment.kind.content_type()
            }
            Packaged::Samples(encryptor) => encryptor.fragment().kind.content_type(),
            Packaged::Segment(..) => ts::CONTENT_TYPE,
        }
    }
}

impl<'a> View<'a> {
    pub(crate) fn new(
        presentation: &'a Presentation,
        parameters: &'a Parameters,
        protection: Option<&'a Protection>,
    ) -> Self {
        View { presentation, parameters, protection }
    }

    /// The manifest in any format. What is asked for beside the format and the encryption changes
    /// HLS only, see [`Presentation::hls_master`].
    ///
    /// # Errors
    /// [`Error::NoSuchTrack`] if the parameters name an audio track that there is not,
    /// [`Error::Unprotectable`] for a protection that the format does not have, and
    /// [`Error::NotInSmooth`], [`Error::NotInTransportStream`] and [`Error::Unencryptable`] for a
    /// codec that does not fit.
    pub fn manifest(&self, format: Format) -> Result<String, Error> {
        let (presentation, parameters) = (self.presentation, self.parameters);
        if let Some(name) = &parameters.audio_track
            && presentation.stream(name)?.kind() != TrackKind::Audio
        {
            return Err(Error::NoSuchTrack { track: name.clone() });
        }
        let protection = self.protection_in(format)?;
        presentation.streams().iter().try_for_each(|stream| stream.check(format, protection))?;
        Ok(match format {
            Format::Smooth(variant) => {
                let repeated = parameters.repeated_in_fragments();
                smooth::manifest(presentation, variant, &repeated, protection)
            }
            Format::Hls(variant) => crate::hls::master(presentation, &self.outline(variant)?)?,
            Format::Dash(format) => {
                let origin = presentation.origin();
                dash::manifest(presentation, Outline { format, parameters, protection, origin })
            }
        })
    }

    /// The initialization segment of a quality level, for HLS and DASH.
    ///
    /// # Errors
    /// As [`Presentation::init`] and [`View::fragment`].
    pub fn init(&self, track: &str, bitrate: u64, format: Format) -> Result<Bytes, Error> {
        let has_none = match format {
            Format::Smooth(_) => true,
            Format::Hls(variant) => self.outline(variant)?.container == Container::Transport,
            Format::Dash(_) => false,
        };
        if has_none {
            return Err(Error::NoInitSegment);
        }
        let stream = self.stream(track, format)?;
        let track = stream.quality(bitrate)?.track();
        let clear = || init_segment(track, None);
        let Some(Protection { key, method, .. }) = self.protection_of(stream) else {
            return Ok(clear());
        };
        Ok(match (method, format) {
            // In a playlist, the key does not apply to it.
            (Method::Envelope(_), Format::Hls(_)) => clear(),
            (Method::Envelope(envelope), _) => envelope.encryptor(key).encrypt(&clear()).into(),
            (Method::Common(common), _) => {
                init_segment(track, Some(&TrackEncryption { key, common }))
            }
        })
    }

    /// The kind of a track: decides the content type.
    ///
    /// # Errors
    /// [`Error::NoSuchTrack`].
    pub fn kind(&self, track: &str) -> Result<TrackKind, Error> {
        Ok(self.presentation.stream(track)?.kind())
    }

    /// The fragment that starts at `start` (100-ns units, as in the manifest), of files whose
    /// samples are at hand.
    ///
    /// # Errors
    /// As [`Presentation::fragment`], [`Error::Unprotectable`] for a protection that the format does
    /// not have, and [`Error::NotInSmooth`], [`Error::NotInTransportStream`] and
    /// [`Error::Unencryptable`] for a codec that does not fit.
    pub fn fragment(
        &self,
        track: &str,
        bitrate: u64,
        start: u64,
        format: Format,
    ) -> Result<Packaged, Error> {
        let noun = FragmentNoun::Fragments;
        self.plan(track, bitrate, start, format, noun)?.package(&[])
    }

    /// Finds what a noun says of a fragment, and what has to be read before it can be made: for
    /// presentations whose samples are not at hand.
    ///
    /// # Errors
    /// As [`View::fragment`].
    pub fn plan(
        &self,
        track: &str,
        bitrate: u64,
        start: u64,
        format: Format,
        noun: FragmentNoun,
    ) -> Result<Plan<'a>, Error> {
        let stream = self.stream(track, format)?;
        let located = stream.locate(bitrate, start, format, noun)?;
        if let Format::Hls(variant) = format {
            let outline = self.outline(variant)?;
            if outline.container == Container::Transport {
                return self.segment(stream, stream.quality(bitrate)?, located, &outline);
            }
        }
        Ok(Plan::new(located, self.protection_of(stream)))
    }

    /// The same of a text stream; `None` if the track is not one. It is never encrypted.
    ///
    /// # Errors
    /// As [`View::fragment`], and [`Error::Text`] if the file cannot be read.
    pub fn text(
        &self,
        track: &str,
        bitrate: u64,
        start: u64,
        format: Format,
        noun: FragmentNoun,
    ) -> Result<Option<TextFragment>, Error> {
        let Some(text) = self.presentation.text(track) else { return Ok(None) };
        let origin = self.presentation.origin();
        let clock = match format {
            Format::Hls(variant) => self.outline(variant)?.clock(),
            _ => 0,
        };
        text::fragment(text, bitrate, start, format, noun, Zero { origin, clock }).map(Some)
    }

    /// The stream with this track name, unless it cannot be sent as it is asked for.
    fn stream(&self, track: &str, format: Format) -> Result<&'a Stream, Error> {
        let protection = self.protection_in(format)?;
        let stream = self.presentation.stream(track)?;
        stream.check(format, protection)?;
        Ok(stream)
    }

    /// The protection, unless the format cannot have it: Smooth Streaming knows counter mode only.
    fn protection_in(&self, format: Format) -> Result<Option<&'a Protection>, Error> {
        let cbcs = self.protection.is_some_and(|protection| {
            matches!(&protection.method, Method::Common(common) if common.scheme == Scheme::Cbcs)
        });
        if cbcs && matches!(format, Format::Smooth(_)) {
            return Err(Error::Unprotectable {
                format: "Smooth Streaming",
                scheme: Scheme::Cbcs.name(),
            });
        }
        Ok(self.protection)
    }

    fn protection_of(&self, stream: &Stream) -> Option<&'a Protection> {
        self.protection.filter(|protection| protection.covers(stream))
    }
}
