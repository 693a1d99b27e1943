//! Reads manifests, as far as it takes to find the first and the last fragment of a track.

use anyhow::{Context as _, bail};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use url::Url;

/// One track at one bitrate.
#[derive(Clone, Debug)]
pub(crate) struct Track {
    pub(crate) is_video: bool,
    pub(crate) bitrate: u64,
    /// What goes before every fragment.
    pub(crate) init: Option<Url>,
    pub(crate) first: Url,
    pub(crate) last: Url,
}

/// Smooth Streaming: MS-SSTR §2.2.2.
pub(crate) fn smooth(text: &str, base: &Url) -> anyhow::Result<Vec<Track>> {
    let mut tracks = Vec::new();
    for stream in elements(text, "StreamIndex")? {
        let template = stream.get("Url")?;
        let (first, last) = timeline(stream.below("c"))?;
        for level in stream.below("QualityLevel") {
            let bitrate = level.get("Bitrate")?;
            let fragment = |time: u64| {
                let time = time.to_string();
                base.join(&template.replace("{bitrate}", bitrate).replace("{start time}", &time))
            };
            tracks.push(Track {
                is_video: stream.get("Type")? == "video",
                bitrate: bitrate.parse()?,
                init: None,
                first: fragment(first)?,
                last: fragment(last)?,
            });
        }
    }
    Ok(tracks)
}

/// DASH with a segment template and a timeline: ISO/IEC 23009-1 §5.3.9.6.
pub(crate) fn dash(text: &str, base: &Url) -> anyhow::Result<Vec<Track>> {
    let mut tracks = Vec::new();
    for set in elements(text, "AdaptationSet")? {
        let template = set.below("SegmentTemplate").next().context("no SegmentTemplate")?;
        let (first, last) = timeline(set.below("S"))?;
        for representation in set.below("Representation") {
            let (id, bitrate) = (representation.get("id")?, representation.get("bandwidth")?);
            let fill = |template: &str, time: u64| {
                let text =
                    template.replace("$Bandwidth$", bitrate).replace("$RepresentationID$", id);
                base.join(&text.replace("$Time$", &time.to_string()))
            };
            let media = template.get("media")?;
            tracks.push(Track {
                is_video: set.get("mimeType")?.starts_with("video/"),
                bitrate: bitrate.parse()?,
                init: Some(fill(template.get("initialization")?, 0)?),
                first: fill(media, first)?,
                last: fill(media, last)?,
            });
        }
    }
    Ok(tracks)
}

/// What the master playlist leads to: the playlist of each variant, and those of audio.
pub(crate) fn hls_master(text: &[u8], base: &Url) -> anyhow::Result<Vec<(bool, u64, Url)>> {
    let Ok((_, master)) = m3u8_rs::parse_master_playlist(text) else {
        bail!("{base} is no master playlist");
    };
    let mut playlists = Vec::new();
    for variant in master.variants.iter().filter(|variant| !variant.is_i_frame) {
        let is_video = variant.resolution.is_some();
        playlists.push((is_video, variant.bandwidth, base.join(&variant.uri)?));
    }
    for audio in master.alternatives.iter().filter_map(|alternative| alternative.uri.as_ref()) {
        playlists.push((false, 0, base.join(audio)?));
    }
    Ok(playlists)
}

/// The track of a media playlist.
pub(crate) fn hls_media(
    text: &[u8],
    base: &Url,
    is_video: bool,
    bitrate: u64,
) -> anyhow::Result<Track> {
    let Ok((_, playlist)) = m3u8_rs::parse_media_playlist(text) else {
        bail!("{base} is no media playlist");
    };
    let (Some(first), Some(last)) = (playlist.segments.first(), playlist.segments.last()) else {
        bail!("{base} has no segments");
    };
    let init = first.map.as_ref().map(|map| base.join(&map.uri)).transpose()?;
    let (first, last) = (base.join(&first.uri)?, base.join(&last.uri)?);
    Ok(Track { is_video, bitrate, init, first, last })
}

/// An element with its attributes and everything below it, flattened.
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    below: Vec<Self>,
}

impl Element {
    fn read(start: &BytesStart<'_>) -> anyhow::Result<Self> {
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute?;
            let value = quick_xml::escape::unescape(&attribute.value)?.into_owned();
            attributes.push((attribute.key.as_ref().to_owned(), value));
        }
        Ok(Self { name: start.local_name().as_ref().to_owned(), attributes, below: Vec::new() })
    }

    fn get(&self, name: &str) -> anyhow::Result<&str> {
        let found = self.attributes.iter().find(|(attribute, _)| attribute == name);
        let (_, value) = found.with_context(|| format!("{} has no {name}", self.name))?;
        Ok(value)
    }

    fn number(&self, name: &str) -> anyhow::Result<Option<u64>> {
        let found = self.get(name).ok();
        Ok(found.map(str::parse).transpose()?)
    }

    fn below<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.below.iter().filter(move |element| element.name == name)
    }
}

/// The elements of a name, wherever they are.
fn elements(text: &str, name: &str) -> anyhow::Result<Vec<Element>> {
    let mut reader = Reader::from_str(text);
    let mut found: Vec<Element> = Vec::new();
    let mut inside = false;
    loop {
        match reader.read_event()? {
            Event::Start(start) | Event::Empty(start) => {
                let element = Element::read(&start)?;
                if element.name == name {
                    inside = true;
                    found.push(element);
                } else if let Some(last) = found.last_mut().filter(|_| inside) {
                    last.below.push(element);
                }
            }
            Event::End(end) if end.local_name().as_ref() == name => inside = false,
            Event::Eof => return Ok(found),
            _ => {}
        }
    }
}

/// The start of the first and of the last fragment: `t`, `d` and `r` mean the same in `c` of Smooth
/// Streaming but for `r`, which counts all fragments there and the further ones in DASH.
fn timeline<'a>(entries: impl Iterator<Item = &'a Element>) -> anyhow::Result<(u64, u64)> {
    let (mut first, mut last, mut next) = (None, 0, 0);
    for entry in entries {
        let further = u64::from(entry.name == "S");
        let count = entry.number("r")?.map_or(1, |r| r + further);
        let start = entry.number("t")?.unwrap_or(next);
        let duration = entry.number("d")?.context("a fragment without duration")?;
        first.get_or_insert(start);
        last = start + duration * (count - 1);
        next = last + duration;
    }
    Ok((first.context("a track without fragments")?, last))
}
