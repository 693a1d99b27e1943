//! What the streaming endpoint is asked, counted. What a request adds to is found by its place in an
//! array: it takes no lock and no look-up.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, header};
use axum::response::Response;
use packager::{Format, Request, ThumbnailRequest, UrlError};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::split;
use crate::metrics::Latency;

/// Labels of a metric.
type Labels<const N: usize> = [(&'static str, &'static str); N];

/// What a request is counted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// A part of a stream.
    Stream(Protocol, Part),
    /// A file as it is.
    Download,
    /// A thumbnail, or what lists them.
    Thumbnail,
    /// What is none of these: policies of the host, URLs that mean nothing, other methods.
    Other,
}

/// The protocol of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Smooth,
    Hls,
    Dash,
}

/// A part of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Manifest,
    Init,
    Fragment,
}

/// Every subject by its place, with its protocol and kind as they are told.
const SUBJECTS: [(&str, &str); 12] = [
    ("smooth", "manifest"),
    ("smooth", "init"),
    ("smooth", "fragment"),
    ("hls", "manifest"),
    ("hls", "init"),
    ("hls", "fragment"),
    ("dash", "manifest"),
    ("dash", "init"),
    ("dash", "fragment"),
    ("download", "download"),
    ("other", "thumbnail"),
    ("other", "other"),
];
/// Classes of status codes. An answer has no other.
const CLASSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];

impl Subject {
    /// By the path of a request.
    pub(super) fn of(path: &str) -> Self {
        let Some((_, rest)) = split(path) else { return Self::Other };
        match ThumbnailRequest::parse(rest) {
            Ok(None) => {}
            Ok(Some(_)) => return Self::Thumbnail,
            Err(_) => return Self::Other,
        }
        match Request::parse(rest) {
            Ok(request) => Self::of_request(&request),
            Err(UrlError::NotStreaming) => Self::Download,
            Err(_) => Self::Other,
        }
    }

    fn of_request(request: &Request) -> Self {
        let protocol = match request.format() {
            Format::Smooth(_) => Protocol::Smooth,
            Format::Hls(_) => Protocol::Hls,
            Format::Dash(_) => Protocol::Dash,
        };
        let part = match request {
            Request::Manifest { .. } | Request::Playlist { .. } => Part::Manifest,
            Request::Init { .. } => Part::Init,
            Request::Fragment { .. } => Part::Fragment,
        };
        Self::Stream(protocol, part)
    }

    /// The place among [`SUBJECTS`].
    fn place(self) -> usize {
        match self {
            Self::Stream(protocol, part) => 3 * protocol as usize + part as usize,
            Self::Download => 9,
            Self::Thumbnail => 10,
            Self::Other => 11,
        }
    }
}

/// How often something was there that was looked for in memory.
#[derive(Clone, Debug)]
pub(super) struct Lookups {
    hits: Counter,
    misses: Counter,
}

impl Lookups {
    /// Counts one.
    pub(super) fn count(&self, is_hit: bool) {
        if is_hit {
            self.hits.inc()
        } else {
            self.misses.inc()
        };
    }
}

/// What is counted of a subject.
#[derive(Debug)]
struct Counters {
    /// Requests by the class of their answer.
    requests: [Counter; CLASSES.len()],
    bytes: Counter,
    /// Shared by the subjects of a protocol.
    first_byte: Latency,
}

/// All that is counted. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Counts {
    /// By the place of the subject.
    subjects: Arc<[Counters; SUBJECTS.len()]>,
    requests: Family<Labels<3>, Counter>,
    bytes: Family<Labels<2>, Counter>,
    first_byte: Family<Labels<1>, Latency>,
    lookups: Family<Labels<2>, Counter>,
    kept_entries: Family<Labels<1>, Gauge>,
    kept_bytes: Family<Labels<1>, Gauge>,
}

impl Default for Counts {
    fn default() -> Self {
        let (requests, bytes, first_byte) =
            (Family::<Labels<3>, Counter>::default(), Family::default(), Family::default());
        let subjects = SUBJECTS.map(|(protocol, kind)| {
            let (protocol, kind) = (("protocol", protocol), ("kind", kind));
            let with_class = |class| [protocol, kind, ("status", class)];
            Counters {
                requests: CLASSES.map(|class| requests.get_or_create_owned(&with_class(class))),
                bytes: bytes.get_or_create_owned(&[protocol, kind]),
                first_byte: first_byte.get_or_create_owned(&[protocol]),
            }
        });
        Self {
            subjects: Arc::new(subjects),
            requests,
            bytes,
            first_byte,
            lookups: Family::default(),
            kept_entries: Family::default(),
            kept_bytes: Family::default(),
        }
    }
}

impl Counts {
    /// Counts a request, with the time that it took to the head of its answer.
    pub(super) fn add(
        &self,
        subject: Subject,
        method: &Method,
        response: &Response,
        took: Duration,
    ) {
        let Some(counters) = self.subjects.get(subject.place()) else { return };
        let class = usize::from(response.status().as_u16() / 100).saturating_sub(2);
        if let Some(requests) = counters.requests.get(class) {
            requests.inc();
        }
        if *method == Method::GET {
            let length = response.headers().get(header::CONTENT_LENGTH);
            let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
            counters.bytes.inc_by(length.unwrap_or(0));
        }
        counters.first_byte.observe(took);
    }

    /// Counts what is looked for in a part of the memory.
    pub(super) fn lookups(&self, cache: &'static str) -> Lookups {
        let of = |result| self.lookups.get_or_create_owned(&[("cache", cache), ("result", result)]);
        Lookups { hits: of("hit"), misses: of("miss") }
    }

    /// Tells how many values a part of the memory holds, and what they take in bytes.
    pub(super) fn kept(&self, cache: &'static str, (entries, bytes): (u64, u64)) {
        let set = |family: &Family<Labels<1>, Gauge>, number| {
            let number = i64::try_from(number).unwrap_or(i64::MAX);
            family.get_or_create_owned(&[("cache", cache)]).set(number);
        };
        set(&self.kept_entries, entries);
        set(&self.kept_bytes, bytes);
    }

    /// Names everything to a registry.
    pub(super) fn register(&self, registry: &mut Registry) {
        let (requests, bytes) = (self.requests.clone(), self.bytes.clone());
        registry.register("stream_requests", "Requests of streaming endpoints", requests);
        registry.register("stream_bytes", "Bytes of the bodies that answers to GET have", bytes);
        registry.register(
            "stream_first_byte_seconds",
            "Time from the head of a request to that of its answer",
            self.first_byte.clone(),
        );
        registry.register(
            "stream_cache_requests",
            "What was looked for in memory to answer requests of streaming endpoints",
            self.lookups.clone(),
        );
        let (entries, bytes) = (self.kept_entries.clone(), self.kept_bytes.clone());
        registry.register("stream_cache_entries", "What is kept in memory", entries);
        registry.register("stream_cache_bytes", "About what that takes", bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subject_has_the_place_of_its_name() {
        let base = "/b5ea5a4b-0e3c-4d6d-8d3b-7a1c2c1b8a7e";
        for (rest, protocol, kind) in [
            ("/film.ism/Manifest", "smooth", "manifest"),
            ("/film.ism/QualityLevels(1)/Fragments(video=i)", "smooth", "init"),
            ("/film.ism/QualityLevels(1)/Fragments(video=0)", "smooth", "fragment"),
            ("/film.ism/manifest(format=m3u8-cmaf)", "hls", "manifest"),
            ("/film.ism/QualityLevels(1)/Manifest(video,format=m3u8-aapl)", "hls", "manifest"),
            ("/film.ism/QualityLevels(1)/Fragments(video=i,format=m3u8-cmaf)", "hls", "init"),
            ("/film.ism/QualityLevels(1)/Fragments(video=0,format=m3u8-aapl)", "hls", "fragment"),
            ("/film.ism/manifest(format=mpd-time-csf)", "dash", "manifest"),
            ("/film.ism/QualityLevels(1)/Fragments(video=i,format=mpd-time-cmaf)", "dash", "init"),
            (
                "/film.ism/QualityLevels(1)/Fragments(video=0,format=mpd-time-csf)",
                "dash",
                "fragment",
            ),
            ("/film.mp4", "download", "download"),
            ("/film.ism/Thumbnails.vtt", "other", "thumbnail"),
            ("/film.ism/Manifest(format=nothing)", "other", "other"),
        ] {
            let subject = Subject::of(&format!("{base}{rest}"));
            assert_eq!(SUBJECTS.get(subject.place()), Some(&(protocol, kind)), "{rest}");
        }
        for path in ["/crossdomain.xml", "/", "", "/film.ism/Manifest"] {
            assert_eq!(Subject::of(path), Subject::Other, "{path}");
        }
    }
}
