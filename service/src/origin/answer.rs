//! What a request is answered with: made of the asset's files, and kept ready for the next one.

use std::sync::Arc;

use axum::http::HeaderValue;
use bytes::Bytes;
use jiff::Timestamp;
use packager::protect::EnvelopeEncryptor;
use packager::ts::{self, Segment};
use packager::{Format, Packaged, Request, ThumbnailRequest, UrlError};

use super::content::Content;
use super::counts::Subject;
use super::endpoint::Endpoint;
use super::fragment::Cut;
use super::load::Loaded;
use super::locator::{self, Locator};
use super::memory::Reading;
use super::policy::Delivery;
use super::protection::Protected;
use super::tag::Tag;
use super::{
    OriginError, described, download, files, filters, fragment, load, split, subtitles, thumbnails,
};
use crate::blob::http_date;
use crate::generation::Marks;

/// What an answer says of its content.
#[derive(Clone, Debug)]
pub(super) struct Meta {
    /// `Content-Type`.
    pub(super) content_type: HeaderValue,
    /// A strong `ETag`.
    pub(super) tag: HeaderValue,
    /// `Last-Modified`, where it can be told: not of what is encrypted or filtered, which changes
    /// with more than files.
    pub(super) modified: Option<Modified>,
    /// What it is.
    pub(super) kind: Kind,
    /// `x-ms-streaming-duration`, of fragments.
    pub(super) duration: Option<HeaderValue>,
}

/// What an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A manifest or a playlist.
    Manifest,
    /// An initialization segment.
    Init,
    /// A fragment.
    Fragment,
    /// A file as it is.
    Download,
}

/// When something was last changed.
#[derive(Clone, Debug)]
pub(super) struct Modified {
    /// When.
    pub(super) at: Timestamp,
    /// The same as a header.
    pub(super) value: Option<HeaderValue>,
}

impl Modified {
    /// From the time.
    pub(super) fn at(at: Timestamp) -> Self {
        Self { at, value: HeaderValue::try_from(http_date(at)).ok() }
    }
}

/// An answer without its content.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// The endpoint that the request was for.
    pub(super) endpoint: Arc<Endpoint>,
    /// The locator that the request named.
    pub(super) locator: Arc<Locator>,
    /// What the content is.
    pub(super) meta: Meta,
    /// What the request is counted as.
    pub(super) subject: Subject,
    /// What all this was made of.
    marks: Marks,
}

impl Answer {
    /// Whether it still is the answer.
    pub(super) fn holds(&self) -> bool {
        self.marks.hold() && self.locator.is_open()
    }
}

/// An answer that is kept ready.
pub(super) type Ready = Arc<(Answer, Content)>;

/// About what an answer takes in memory, in bytes.
pub(super) fn weight(key: &str, ready: &Ready) -> u32 {
    u32::try_from(key.len() + 1024 + ready.1.weight()).unwrap_or(u32::MAX)
}

/// Makes the answer to a request below a locator.
pub(super) async fn make(
    reading: &mut Reading<'_>,
    endpoint: Arc<Endpoint>,
    path: &str,
    subject: Subject,
) -> Result<(Answer, Content), OriginError> {
    let (guid, rest) =
        split(path).ok_or_else(|| OriginError::not_found("There is no such path."))?;
    let locator = locator::open(reading, guid).await?;
    let (meta, content) = below(reading, &endpoint, &locator.asset, rest).await?;
    let marks = std::mem::take(&mut reading.marks);
    Ok((Answer { endpoint, locator, meta, subject, marks }, content))
}

async fn below(
    reading: &mut Reading<'_>,
    endpoint: &Endpoint,
    asset: &str,
    path: &str,
) -> Result<(Meta, Content), OriginError> {
    if let Some(request) = ThumbnailRequest::parse(path)? {
        endpoint.check_packages()?;
        return Box::pin(thumbnails::answer(reading, asset, &request)).await;
    }
    let mut request = match Request::parse(path) {
        Ok(request) => request,
        Err(UrlError::NotStreaming) => {
            Delivery::of(reading, asset).await?.check_download()?;
            return download::file(reading, asset, path).await;
        }
        Err(error) => return Err(error.into()),
    };
    if reading.app.stream_options.segment_extensions {
        request.parameters_mut().extensions.get_or_insert(true);
    }
    endpoint.check_packages()?;
    let (format, parameters) = (request.format(), request.parameters());
    let delivery = Delivery::of(reading, asset).await?;
    let protected = delivery.of_stream(format, parameters.encryption)?;
    let whole = load::presentation(reading, asset, request.ism()).await?;
    let files = Arc::clone(&whole.presentation);
    let all = Box::pin(subtitles::add(reading, asset, &request, Arc::clone(&files))).await?;
    // Subtitles come and go, which no file tells of.
    let plain = parameters.filters.is_empty() && protected.is_none() && Arc::ptr_eq(&files, &all);
    let modified = plain.then(|| Modified::at(whole.modified));
    let presentation = filters::apply(reading, asset, parameters, all).await?;
    let protection = protected.as_ref().map(|protected| &protected.protection);
    let view = presentation.view(parameters, protection);
    match &request {
        Request::Manifest { format, .. } => {
            let text = view.manifest(*format)?;
            Ok(manifest(*format, text, modified))
        }
        Request::Playlist { bitrate, track, format, .. } => {
            let plan = view.plan_playlist(track, *bitrate, *format)?;
            let make = |read: &[Bytes]| plan.write(read);
            let text =
                described::make(reading, asset, &whole.versions, &plan.reads(), make).await?;
            Ok(manifest(Format::Hls(*format), text, modified))
        }
        Request::Init { bitrate, track, format, .. } => {
            let init = view.init(track, *bitrate, *format)?;
            let content_type = HeaderValue::from_static(view.kind(track)?.content_type());
            let tag = Tag::new().with(&init).finish();
            let meta = Meta { content_type, tag, modified, kind: Kind::Init, duration: None };
            Ok((meta, init.into()))
        }
        Request::Fragment { bitrate, track, start, noun, format, .. } => {
            if let Some(text) = view.text(track, *bitrate, *start, *format, *noun)? {
                return Ok(subtitles::answer(text));
            }
            let plan = view.plan(track, *bitrate, *start, *format, *noun)?;
            let make = |read: &[Bytes]| plan.package(read);
            let packaged =
                described::make(reading, asset, &whole.versions, &plan.reads(), make).await?;
            let of = Of { asset, whole: &whole, protected: protected.as_deref(), modified };
            match packaged {
                Packaged::Clear(fragment) => of.fragment(reading, Cut::Clear(fragment)).await,
                Packaged::Envelope(fragment, encryptor) => {
                    of.fragment(reading, Cut::Envelope(fragment, encryptor)).await
                }
                Packaged::Samples(encryptor) => of.fragment(reading, Cut::Samples(encryptor)).await,
                Packaged::Segment(segment, encryptor) => {
                    of.segment(reading, &request, segment, encryptor).await
                }
            }
        }
    }
}

fn manifest(format: Format, text: String, modified: Option<Modified>) -> (Meta, Content) {
    let meta = Meta {
        content_type: HeaderValue::from_static(format.manifest_content_type()),
        tag: Tag::new().with(text.as_bytes()).finish(),
        modified,
        kind: Kind::Manifest,
        duration: None,
    };
    (meta, Bytes::from(text).into())
}

/// What a fragment is of.
struct Of<'a> {
    asset: &'a str,
    whole: &'a Loaded,
    protected: Option<&'a Protected>,
    modified: Option<Modified>,
}

impl Of<'_> {
    /// A fragment that is made of one file.
    async fn fragment(
        self,
        reading: &mut Reading<'_>,
        cut: Cut,
    ) -> Result<(Meta, Content), OriginError> {
        let fragment = cut.fragment();
        let file = files::open(reading, self.asset, &fragment.file).await?;
        let blob = file.info().map_or("", |info| info.etag.as_str());
        let mut tag = Tag::new().with(blob.as_bytes()).with(&fragment.head);
        for range in &fragment.ranges {
            tag = tag.with(&range.start.to_le_bytes()).with(&range.end.to_le_bytes());
        }
        let content_type = fragment.kind.content_type();
        let meta = self.meta(tag, content_type, fragment.kind.name(), fragment.duration);
        let content = Box::pin(fragment::content(&reading.app.origin, file, cut)).await?;
        Ok((meta, content))
    }

    /// A segment of a transport stream.
    async fn segment(
        self,
        reading: &mut Reading<'_>,
        request: &Request,
        segment: Segment,
        encryptor: Option<Box<EnvelopeEncryptor>>,
    ) -> Result<(Meta, Content), OriginError> {
        let mut files = Vec::with_capacity(segment.files().len());
        for name in segment.files() {
            files.push(files::open(reading, self.asset, name).await?);
        }
        // All that it is cut by, and which of it is asked for.
        let tag = Tag::new().with(&ts::REVISION.to_le_bytes());
        let tag = tag.with(format!("{request:?}").as_bytes());
        let tag = self.whole.tags().fold(tag, |tag, file| tag.with(file.as_bytes()));
        let kind = request.track().and_then(|track| self.whole.presentation.stream(track).ok());
        let kind = kind.map_or("video", |stream| stream.kind().name());
        let meta = self.meta(tag, ts::CONTENT_TYPE, kind, segment.duration);
        Ok((meta, fragment::segment(&files, segment, encryptor)))
    }

    fn meta(self, mut tag: Tag, content_type: &'static str, kind: &str, duration: u64) -> Meta {
        if let Some(protected) = self.protected {
            tag = tag.with(&protected.fingerprint);
        }
        let milliseconds = duration / u64::from(packager::TIMESCALE / 1000);
        Meta {
            content_type: HeaderValue::from_static(content_type),
            tag: tag.finish(),
            modified: self.modified,
            kind: Kind::Fragment,
            duration: HeaderValue::try_from(format!("{kind}={milliseconds}")).ok(),
        }
    }
}
