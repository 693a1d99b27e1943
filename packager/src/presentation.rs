//! A presentation: all streams of an asset, and the answers to requests.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;

use crate::dash::Outline;
use crate::error::Error;
use crate::filter::Filter;
use crate::format::{DashFormat, Format, HlsFormat, SmoothFormat};
use crate::fragment::{Fragment, FragmentNoun};
use crate::init::init_segment;
use crate::protect::Protection;
use crate::server_manifest::{MediaEntry, ServerManifest};
use crate::stream::{Rendition, Stream, audio_groups, from_zero, stream, video_groups};
use crate::text::{self, Subtitles, TextError, TextFile, TextStream};
use crate::timeline::{cut_audio, cut_video};
use crate::track::TrackKind;
use crate::url::Parameters;
use crate::view::View;
use crate::{bounds, cut, dash, smooth};

/// The renditions of an asset, cut on one timeline, ready to answer requests.
///
/// It knows where fragments start, but not what samples they have. Building it and answering
/// requests costs time in proportion to the number of fragments, or to the answer.
#[derive(Debug, Clone)]
pub struct Presentation {
    /// Video first, then audio in the order given.
    streams: Vec<Stream>,
    /// Where the presentation starts on the timeline; not 0 if its start was cut off.
    origin: u64,
    /// Bitrate of the quality level that is listed first, where the order means something.
    first_quality: Option<u64>,
    /// Entries of the server manifest for subtitles.
    text_entries: Arc<[MediaEntry]>,
    texts: Vec<TextStream>,
}

impl Presentation {
    /// Cuts the renditions. Files with a clock of their own, such as that of a live stream, are put
    /// to the start of the timeline together. All video is cut at the same times, and forms a
    /// stream for each codec; audio forms one for each name, language and codec. Two levels of a
    /// stream with the same bitrate are told apart by adding 1 to the later one.
    ///
    /// # Errors
    /// [`Error::Empty`] without renditions, [`Error::NoCommonKeyframes`] when video renditions
    /// cannot be switched, and [`Error::Unsupported`] when a video has no key frame for hours, or
    /// when there is more of it all than can be served.
    pub fn new(renditions: Vec<Rendition>) -> Result<Self, Error> {
        let renditions = from_zero(renditions);
        bounds::check(&renditions)?;
        let (video, audio): (Vec<_>, Vec<_>) = renditions
            .into_iter()
            .partition(|rendition| rendition.track.kind() == TrackKind::Video);
        let mut names = BTreeSet::new();
        let mut streams = Vec::new();
        if let Some(first) = video.first() {
            let named: Vec<_> = video.iter().map(|r| (r.file.as_str(), &*r.track)).collect();
            let (timeline, cuts) = cut_video(&named)?;
            bounds::check_end(first, &timeline)?;
            for group in video_groups(video.into_iter().zip(cuts).collect()) {
                streams.push(stream(group, timeline.clone(), &mut names)?);
            }
        }
        for group in audio_groups(audio) {
            let tracks: Vec<_> = group.iter().map(|rendition| &*rendition.track).collect();
            let video = streams.first().filter(|stream| stream.kind == TrackKind::Video);
            let (timeline, cuts) = cut_audio(&tracks, video.map(|stream| &stream.timeline));
            let group = group.into_iter().zip(cuts).collect();
            streams.push(stream(group, timeline, &mut names)?);
        }
        if streams.is_empty() {
            return Err(Error::Empty);
        }
        let text_entries = Arc::from([]);
        Ok(Presentation {
            streams,
            origin: 0,
            first_quality: None,
            text_entries,
            texts: Vec::new(),
        })
    }

    /// Remembers which subtitles a server manifest names.
    #[must_use]
    pub fn naming_texts(self, manifest: &ServerManifest) -> Self {
        Presentation { text_entries: manifest.texts().cloned().collect(), ..self }
    }

    /// The files of subtitles that the presentation has, if the asset has these files.
    pub fn text_files<'a>(&self, files: impl IntoIterator<Item = &'a str>) -> Vec<TextFile> {
        TextFile::of_asset(&self.text_entries, files)
    }

    /// The presentation with subtitles: what was read of [`Presentation::text_files`]. One that
    /// cannot be read is not listed, and whoever asks for it is told why.
    #[must_use]
    pub fn with_texts(
        &self,
        texts: impl IntoIterator<Item = (TextFile, Result<Arc<Subtitles>, TextError>)>,
    ) -> Self {
        let Some(first) = self.streams.first() else { return self.clone() };
        let names = self.streams.iter().map(|stream| stream.name.clone()).collect();
        let timeline = first.timeline.until(self.origin + self.duration());
        Presentation { texts: text::streams(texts, &timeline, names), ..self.clone() }
    }

    /// The subtitles that can be read.
    pub fn texts(&self) -> impl Iterator<Item = &TextStream> + Clone {
        self.texts.iter().filter(|text| text.subtitles().is_ok())
    }

    /// All subtitles, also those that cannot be read.
    pub(crate) fn all_texts(&self) -> &[TextStream] {
        &self.texts
    }

    /// The text stream with this track name, whether it can be read or not.
    pub fn text(&self, name: &str) -> Option<&TextStream> {
        self.texts.iter().find(|text| text.name() == name)
    }

    /// The streams: video first, if there is any.
    pub fn streams(&self) -> &[Stream] {
        &self.streams
    }

    /// The stream with this track name.
    ///
    /// # Errors
    /// [`Error::NoSuchTrack`].
    pub fn stream(&self, name: &str) -> Result<&Stream, Error> {
        let found = self.streams.iter().find(|stream| stream.name == name);
        found.ok_or_else(|| Error::NoSuchTrack { track: name.to_owned() })
    }

    pub(crate) fn of_kind(&self, kind: TrackKind) -> impl Iterator<Item = &Stream> + Clone {
        self.streams.iter().filter(move |stream| stream.kind == kind)
    }

    /// What several filters all leave. Times of fragments stay as they are.
    ///
    /// # Errors
    /// [`Error::NothingLeft`] when no track is left, or no fragment.
    pub fn filtered(&self, filters: &[Filter]) -> Result<Self, Error> {
        cut::filtered(self, filters)
    }

    /// The same presentation with less in it.
    pub(crate) fn cut(
        &self,
        streams: Vec<Stream>,
        texts: Vec<TextStream>,
        origin: u64,
        first_quality: Option<u64>,
    ) -> Self {
        let text_entries = Arc::clone(&self.text_entries);
        Presentation { streams, origin, first_quality, text_entries, texts }
    }

    /// Where the presentation starts on the timeline, in 100-ns units: 0 unless a filter has cut
    /// the start off.
    pub fn origin(&self) -> u64 {
        self.origin
    }

    /// The bitrate that a player is to start with, if a filter says so.
    pub fn first_quality(&self) -> Option<u64> {
        self.first_quality
    }

    /// From the start to the end of the longest stream, in 100-ns units.
    pub fn duration(&self) -> u64 {
        let ends = self.streams.iter().map(|stream| stream.timeline.end());
        ends.max().unwrap_or(0).saturating_sub(self.origin)
    }

    /// About how many bytes of memory the presentation takes.
    pub fn memory(&self) -> usize {
        size_of::<Self>() + self.streams.iter().map(Stream::memory).sum::<usize>()
    }

    /// The presentation as a URL asks for it, encrypted if there is a protection.
    pub fn view<'a>(
        &'a self,
        parameters: &'a Parameters,
        protection: Option<&'a Protection>,
    ) -> View<'a> {
        View::new(self, parameters, protection)
    }

    /// The manifest in any format. What is asked for beside the format changes HLS only, see
    /// [`Presentation::hls_master`].
    ///
    /// # Errors
    /// As [`View::manifest`].
    pub fn manifest(&self, format: Format, parameters: &Parameters) -> Result<String, Error> {
        self.view(parameters, None).manifest(format)
    }

    /// The HLS master playlist. It has the variant without video that Azure Media Services listed,
    /// unless the URL said `audio-only=false`; the audio of `audioTrack` is the default.
    ///
    /// # Errors
    /// As [`View::manifest`].
    pub fn hls_master(&self, format: HlsFormat, parameters: &Parameters) -> Result<String, Error> {
        self.view(parameters, None).manifest(Format::Hls(format))
    }

    /// The HLS media playlist of a quality level.
    ///
    /// # Errors
    /// As [`View::playlist`].
    pub fn hls_media(&self, track: &str, bitrate: u64, format: HlsFormat) -> Result<String, Error> {
        self.view(&Parameters::default(), None).playlist(track, bitrate, format)
    }

    /// The DASH manifest.
    pub fn dash(&self, format: DashFormat) -> String {
        let (parameters, origin) = (&Parameters::default(), self.origin);
        dash::manifest(self, Outline { format, parameters, protection: None, origin })
    }

    /// The Smooth Streaming client manifest.
    pub fn smooth(&self, format: SmoothFormat) -> String {
        smooth::manifest(self, format, "", None)
    }

    /// The `.ismc` file that Azure Media Services put next to encoded files.
    pub fn client_manifest_file(&self) -> String {
        smooth::client_manifest_file(self)
    }

    /// The initialization segment of a quality level, for HLS and DASH.
    ///
    /// # Errors
    /// [`Error::NoSuchTrack`], [`Error::NoSuchQuality`], and [`Error::NoInitSegment`] for Smooth
    /// Streaming.
    pub fn init(&self, track: &str, bitrate: u64, format: Format) -> Result<Bytes, Error> {
        let quality = self.stream(track)?.quality(bitrate)?;
        match format {
            Format::Smooth(_) => Err(Error::NoInitSegment),
            Format::Hls(_) | Format::Dash(_) => Ok(init_segment(&quality.track, None)),
        }
    }

    /// The fragment that starts at `start` (100-ns units, as in the manifest), as fragmented MP4;
    /// [`View::fragment`] gives what the format has.
    ///
    /// # Errors
    /// [`Error::NoSuchTrack`], [`Error::NoSuchQuality`] and [`Error::NoSuchTime`]; and
    /// [`Error::SamplesUnknown`] of files of which only the index was read, see [`View::plan`].
    pub fn fragment(
        &self,
        track: &str,
        bitrate: u64,
        start: u64,
        format: Format,
    ) -> Result<Fragment, Error> {
        let noun = FragmentNoun::Fragments;
        Ok(self.stream(track)?.locate(bitrate, start, format, noun)?.at_hand()?.build())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::codec::Codec;
    use crate::testing::{altered, audio, hevc_entry, presentation, video};

    #[test]
    fn same_bitrates_and_names_are_told_apart() {
        let sound = Arc::new(audio(48_000, 1024, 500));
        let mut spanish = Rendition::new("es.mp4", Arc::clone(&sound));
        spanish.language = Some("spa".into());
        spanish.name = Some("audio_eng".into());
        let list = vec![
            Rendition::new("a.mp4", Arc::clone(&sound)),
            Rendition::new("b.mp4", sound),
            spanish,
        ];
        let presentation = Presentation::new(list).unwrap();
        let names: Vec<_> = presentation.streams().iter().map(Stream::name).collect();
        assert_eq!(names, ["audio_eng", "audio_eng_2"]);
        let levels = presentation.streams()[0].qualities();
        assert_eq!(levels[1].bitrate(), levels[0].bitrate() + 1);
        assert_eq!((levels[0].file(), levels[1].file()), ("a.mp4", "b.mp4"));
    }

    #[test]
    fn a_clock_of_its_own_is_taken_off() {
        let hour = 3600;
        let late = |track: crate::IndexedTrack, by: i64| {
            let by = by * i64::from(track.timescale());
            altered(track, |track, _| track.placement.decode_shift += by)
        };
        let picture = late(video(12_800, 512, 350, 50), hour);
        let sound = late(audio(48_000, 1024, 656), hour);
        let sound = altered(sound, |track, _| track.placement.decode_shift += 4_800);
        let list = [("a.mp4", picture), ("b.mp4", sound)];
        let list = list.map(|(file, track)| Rendition::new(file, Arc::new(track)));
        let presentation = Presentation::new(list.to_vec()).unwrap();
        let starts: Vec<_> =
            presentation.streams().iter().map(|stream| stream.timeline().start()).collect();
        assert_eq!(starts, [0, 1_000_000]);
        assert_eq!(presentation.duration(), 140_946_667);
        let dash = Format::Dash(DashFormat::Cmaf);
        let first = presentation.fragment("video", list[0].track.average_bitrate(), 0, dash);
        assert_eq!(first.unwrap().start, 0);
    }

    /// Clients of Smooth Streaming have nothing but what the manifest says of a codec.
    #[test]
    fn parameter_sets_in_samples_are_refused_in_smooth() {
        let track = altered(video(25, 1, 50, 25), |track, _| {
            let Codec::Avc(config) = &mut track.codec else { panic!() };
            config.parameter_sets.clear();
        });
        let p = Presentation::new(vec![Rendition::new("a.mp4", Arc::new(track))]).unwrap();
        let refused = p.manifest(Format::Smooth(SmoothFormat::V20), &Parameters::default());
        assert!(matches!(refused, Err(Error::NotInSmooth { .. })), "{refused:?}");
        p.manifest(Format::Dash(DashFormat::Csf), &Parameters::default()).unwrap();
    }

    /// As hand-written server manifests have it where nothing is known.
    #[test]
    fn a_bitrate_of_0_and_any_case_of_und_say_nothing() {
        let track = altered(audio(48_000, 1024, 500), |track, _| track.language = None);
        let mut rendition = Rendition::new("a.mp4", Arc::new(track));
        (rendition.bitrate, rendition.language) = (Some(0), Some("UND".to_owned()));
        let presentation = Presentation::new(vec![rendition]).unwrap();
        let stream = &presentation.streams()[0];
        assert_eq!((stream.name(), stream.language()), ("audio", None));
        assert_eq!(
            stream.qualities()[0].bitrate(),
            stream.qualities()[0].track().average_bitrate()
        );
    }

    /// No player switches between codecs as it does between qualities.
    #[test]
    fn video_of_two_codecs_is_two_streams() {
        let (_, hevc) = hevc_entry();
        let other = altered(video(25, 1, 350, 50), |track, _| track.codec = hevc.clone());
        let avc = Rendition::new("avc.mp4", Arc::new(video(25, 1, 350, 25)));
        let hevc = Rendition::new("hevc.mp4", Arc::new(other));
        let list = vec![hevc.clone(), avc.clone(), hevc, avc];
        let presentation = Presentation::new(list).unwrap();
        let files: Vec<_> = presentation
            .streams()
            .iter()
            .map(|stream| (stream.name(), stream.qualities().len(), stream.qualities()[0].file()))
            .collect();
        assert_eq!(files, [("video", 2, "avc.mp4"), ("video_2", 2, "hevc.mp4")]);
        // They are cut at the key frames that all have.
        let [avc, hevc] = presentation.streams() else { panic!() };
        assert_eq!(avc.timeline(), hevc.timeline());
        let dash = presentation.dash(DashFormat::Cmaf);
        assert_eq!(dash.matches("<AdaptationSet").count(), 2);
        let smooth = presentation.smooth(SmoothFormat::Latest);
        assert_eq!(
            (smooth.matches(" Name=").count(), smooth.matches(" Name=\"video_2\"").count()),
            (1, 1)
        );
        let dash = Format::Dash(DashFormat::Cmaf);
        let bitrate = hevc.qualities()[0].bitrate();
        let fragment = presentation.fragment("video_2", bitrate, 60_000_000, dash).unwrap();
        assert_eq!(fragment.ranges, std::slice::from_ref(&(15_040..30_040)));
    }

    #[test]
    fn hostile_names_cannot_leave_a_url() {
        let mut rendition = Rendition::new("a.mp4", Arc::new(video(25, 1, 50, 25)));
        rendition.name = Some("../a(b)=\"<x>\n".into());
        let presentation = Presentation::new(vec![rendition]).unwrap();
        assert_eq!(presentation.streams()[0].name(), ".._a_b____x__");
    }

    #[test]
    fn errors_say_what_is_missing() {
        assert_eq!(Presentation::new(vec![]).unwrap_err(), Error::Empty);
        let p = presentation().unwrap();
        let smooth = Format::Smooth(SmoothFormat::Latest);
        let found = |track, bitrate, start| p.fragment(track, bitrate, start, smooth);
        assert!(matches!(found("nix", 1, 0), Err(Error::NoSuchTrack { .. })));
        assert!(matches!(found("video", 1, 0), Err(Error::NoSuchQuality { .. })));
        assert!(matches!(found("video", 500_000, 1), Err(Error::NoSuchTime { .. })));
        assert_eq!(p.init("video", 500_000, smooth), Err(Error::NoInitSegment));
        let last = found("video", 500_000, 120_000_000).unwrap();
        assert_eq!(last.duration, 20_000_000);
        assert_eq!(last.ranges, std::slice::from_ref(&(30_040..35_040)));
    }
}
