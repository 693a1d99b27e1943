//! XML of the server manifest: a SMIL 2.0 subset.

use std::borrow::Cow;
use std::fmt::Write as _;

use quick_xml::escape::escape;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::moov::MAX_TRACKS;
use crate::server_manifest::{MediaEntry, MediaKind, ServerManifest, ServerManifestError};

/// Most bytes of a manifest. A ladder of ten with twenty languages has about 20 kB.
const MAX_BYTES: usize = 1 << 20;
/// Deepest nesting; `param` in `video` is the fifth level.
const MAX_DEPTH: usize = 16;
/// Most attributes of an element. Each is compared with all before it.
const MAX_ATTRIBUTES: usize = 64;

/// Attributes of one element by local name; later ones with the same name do not count.
struct Attributes {
    element: String,
    list: Vec<(String, String)>,
}

impl Attributes {
    fn read(start: &BytesStart<'_>) -> Result<Self, ServerManifestError> {
        let mut list = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(xml)?;
            if list.len() == MAX_ATTRIBUTES {
                return Err(ServerManifestError::TooLarge(
                    "an element with more than 64 attributes",
                ));
            }
            // Without a document type there are only the five entities of XML itself.
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(xml)?;
            list.push((attribute.key.local_name().into_inner().to_owned(), value.into_owned()));
        }
        Ok(Attributes { element: start.local_name().into_inner().to_owned(), list })
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.list.iter().find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    fn need(&self, name: &'static str) -> Result<&str, ServerManifestError> {
        self.get(name).ok_or_else(|| ServerManifestError::Missing {
            element: self.element.clone(),
            attribute: name,
        })
    }
}

fn xml(error: impl std::fmt::Display) -> ServerManifestError {
    ServerManifestError::Xml(error.to_string())
}

/// The text of a document.
pub(crate) fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, ServerManifestError> {
    // What is too long is not decoded. UTF-16 takes up to twice the bytes.
    if bytes.len() > 2 * MAX_BYTES {
        return Err(ServerManifestError::TooLarge("more than 1 MiB"));
    }
    let unit: fn(&[u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => |pair| u16::from_le_bytes(*pair),
        [0xfe, 0xff, ..] => |pair| u16::from_be_bytes(*pair),
        _ => return std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(xml),
    };
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(xml("the document ends inside a character"));
    }
    let text: Result<String, _> = char::decode_utf16(pairs.iter().map(unit)).collect();
    text.map(Cow::Owned).map_err(xml)
}

/// See [`ServerManifest::parse`].
pub(crate) fn parse(text: &str) -> Result<ServerManifest, ServerManifestError> {
    if text.len() > MAX_BYTES {
        return Err(ServerManifestError::TooLarge("more than 1 MiB"));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::from_str(text);
    let mut manifest = ServerManifest::default();
    let (mut depth, mut smil) = (0usize, false);
    loop {
        let event = reader.read_event().map_err(xml)?;
        match &event {
            Event::Start(start) | Event::Empty(start) => {
                if depth >= MAX_DEPTH {
                    return Err(ServerManifestError::TooLarge("nested too deeply"));
                }
                smil |= start.local_name().into_inner() == "smil";
                element(&mut manifest, &Attributes::read(start)?)?;
                depth += usize::from(matches!(event, Event::Start(_)));
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::DocType(_) => return Err(ServerManifestError::DocType),
            Event::Eof if depth > 0 => return Err(xml("the document is cut off")),
            Event::Eof if !smil => return Err(xml("there is no <smil> element")),
            Event::Eof => return Ok(manifest),
            _ => {}
        }
    }
}

fn element(
    manifest: &mut ServerManifest,
    attributes: &Attributes,
) -> Result<(), ServerManifestError> {
    let kind = match attributes.element.as_str() {
        "meta" => return meta(manifest, attributes),
        "param" => {
            // A parameter belongs to the entry that it stands in, which is the last one.
            let Some(entry) = manifest.entries.last_mut() else {
                return Ok(());
            };
            return param(entry, attributes);
        }
        "video" => MediaKind::Video,
        "audio" => MediaKind::Audio,
        "textstream" => MediaKind::Text,
        _ => return Ok(()),
    };
    if manifest.entries.len() >= MAX_TRACKS {
        return Err(ServerManifestError::TooLarge("more than 1024 tracks"));
    }
    let mut entry = MediaEntry::new(kind, file_name(attributes, "src", attributes.need("src")?)?);
    if let Some(value) = attributes.get("systemBitrate") {
        entry.system_bitrate = Some(number(attributes, "systemBitrate", value)?);
    }
    entry.system_language = text(attributes.get("systemLanguage"));
    entry.track_name = text(attributes.get("title"));
    manifest.entries.push(entry);
    Ok(())
}

fn meta(manifest: &mut ServerManifest, attributes: &Attributes) -> Result<(), ServerManifestError> {
    let (Some(name), Some(content)) = (attributes.get("name"), attributes.get("content")) else {
        return Ok(());
    };
    match name {
        "clientManifestRelativePath" => {
            manifest.client_manifest = Some(file_name(attributes, name, content)?);
        }
        "formats" => manifest.formats = text(Some(content)),
        _ => {}
    }
    Ok(())
}

fn param(entry: &mut MediaEntry, attributes: &Attributes) -> Result<(), ServerManifestError> {
    let (Some(name), Some(value)) = (attributes.get("name"), attributes.get("value")) else {
        return Ok(());
    };
    match name {
        "systemBitrate" => entry.system_bitrate = Some(number(attributes, name, value)?),
        "systemLanguage" => entry.system_language = text(Some(value)),
        "trackID" => entry.track_id = Some(number(attributes, name, value)?),
        "trackName" => entry.track_name = text(Some(value)),
        "transcriptsrc" => entry.transcript = Some(file_name(attributes, name, value)?),
        "trackIndex" => entry.track_index = Some(file_name(attributes, name, value)?),
        _ => {}
    }
    Ok(())
}

fn text(value: Option<&str>) -> Option<String> {
    value.filter(|value| !value.is_empty()).map(str::to_owned)
}

fn number<T: std::str::FromStr>(
    attributes: &Attributes,
    name: &str,
    value: &str,
) -> Result<T, ServerManifestError> {
    value.trim().parse().map_err(|_| invalid(attributes, name, value))
}

/// A file of the asset. Anything that could lead elsewhere is refused.
fn file_name(
    attributes: &Attributes,
    name: &str,
    value: &str,
) -> Result<String, ServerManifestError> {
    let plain = !value.is_empty()
        && value != "."
        && value != ".."
        && !value.chars().any(|c| c.is_control() || "/\\:".contains(c));
    if plain { Ok(value.to_owned()) } else { Err(invalid(attributes, name, value)) }
}

fn invalid(attributes: &Attributes, name: &str, value: &str) -> ServerManifestError {
    ServerManifestError::Invalid {
        element: attributes.element.clone(),
        attribute: name.to_owned(),
        value: value.to_owned(),
    }
}

/// See [`ServerManifest::to_xml`]. Writing to a `String` cannot fail, so results are not looked at.
pub(crate) fn write(manifest: &ServerManifest) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?>\n\
         <smil xmlns=\"http://www.w3.org/2001/SMIL20/Language\">\n  <head>\n",
    );
    let metas =
        [("clientManifestRelativePath", &manifest.client_manifest), ("formats", &manifest.formats)];
    for (name, content) in metas {
        if let Some(content) = content {
            let content = escape(content.as_str());
            let _ = writeln!(out, "    <meta name=\"{name}\" content=\"{content}\" />");
        }
    }
    out.push_str("  </head>\n  <body>\n    <switch>\n");
    for entry in &manifest.entries {
        write_entry(&mut out, entry);
    }
    out.push_str("    </switch>\n  </body>\n</smil>\n");
    out
}

fn write_entry(out: &mut String, entry: &MediaEntry) {
    let element = match entry.kind {
        MediaKind::Video => "video",
        MediaKind::Audio => "audio",
        MediaKind::Text => "textstream",
    };
    let bitrate = entry.system_bitrate.map(|value| value.to_string());
    let _ = write!(out, "      <{element} src=\"{}\"", escape(entry.src.as_str()));
    let attributes = [("systemBitrate", &bitrate), ("systemLanguage", &entry.system_language)];
    for (name, value) in attributes {
        if let Some(value) = value {
            let _ = write!(out, " {name}=\"{}\"", escape(value.as_str()));
        }
    }
    out.push_str(">\n");
    let track_id = entry.track_id.map(|value| value.to_string());
    let params = [
        ("systemBitrate", &bitrate),
        ("trackID", &track_id),
        ("trackName", &entry.track_name),
        ("trackIndex", &entry.track_index),
        ("transcriptsrc", &entry.transcript),
    ];
    for (name, value) in params {
        if let Some(value) = value {
            let value = escape(value.as_str());
            let _ = writeln!(
                out,
                "        <param name=\"{name}\" value=\"{value}\" valuetype=\"data\" />"
            );
        }
    }
    let _ = writeln!(out, "      </{element}>");
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let mut video = MediaEntry::new(MediaKind::Video, "Big \"Buck\" & <Bunny>.mp4");
        video.system_bitrate = Some(3_579_827);
        video.track_id = Some(1);
        video.track_name = Some("video".into());
        video.track_index = Some("bunny_1.mpi".into());
        let mut audio = MediaEntry::new(MediaKind::Audio, "sound.mp4");
        audio.system_language = Some("eng".into());
        let mut text = MediaEntry::new(MediaKind::Text, "en.cmft");
        text.transcript = Some("en.vtt".into());
        let manifest = ServerManifest {
            client_manifest: Some("bunny.ismc".into()),
            formats: Some("mp4-v3".into()),
            entries: vec![video, audio, text],
        };
        let text = manifest.to_xml();
        assert_eq!(parse(&text).unwrap(), manifest);
        assert!(
            text.contains("<param name=\"systemBitrate\" value=\"3579827\" valuetype=\"data\" />")
        );
    }

    #[test]
    fn reads_the_minimal_form() {
        let text = "<?xml version=\"1.0\"?><smil xmlns=\"http://www.w3.org/2001/SMIL20/Language\">\
            <head><meta name=\"formats\" content=\"mp4\"/></head><body><switch>\
            <video src=\"movie.mp4\"/><audio src=\"movie.mp4\" title=\"AAC_und_ch2_96kbps\"/>\
            </switch></body></smil>";
        let manifest = parse(text).unwrap();
        assert_eq!(manifest.files(), ["movie.mp4"]);
        assert_eq!(manifest.entries[0], MediaEntry::new(MediaKind::Video, "movie.mp4"));
        let name = manifest.entries[1].track_name.as_deref();
        assert_eq!(name, Some("AAC_und_ch2_96kbps"));
    }

    /// As Expression Encoder and IIS Media Services wrote them, with several tracks in a file.
    #[test]
    fn reads_manifests_of_fragmented_files() {
        let text = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-16\"?>\r\n\
            <!--Created with Expression Encoder version 4.0.4276.0-->\r\n\
            <smil xmlns=\"http://www.w3.org/2001/SMIL20/Language\">\r\n  <head>\r\n    \
            <meta name=\"clientManifestRelativePath\" content=\"Bunny.ismc\" />\r\n  </head>\r\n  \
            <body>\r\n    <switch>\r\n      \
            <video src=\"Bunny.ismv\" systemBitrate=\"2962000\">\r\n        \
            <param name=\"trackID\" value=\"2\" valuetype=\"data\" />\r\n      </video>\r\n      \
            <video src=\"Bunny.ismv\">\r\n        \
            <param name=\"systemBitrate\" value=\"1427000\" valuetype=\"data\" />\r\n        \
            <param name=\"trackID\" value=\"3\" valuetype=\"data\" />\r\n        \
            <param name=\"FourCC\" value=\"AVC1\" valuetype=\"data\" />\r\n      </video>\r\n      \
            <audio src=\"Bunny.ismv\" systemBitrate=\"64000\" systemLanguage=\"und\">\r\n        \
            <param name=\"trackID\" value=\"1\" valuetype=\"data\" />\r\n      </audio>\r\n    \
            </switch>\r\n  </body>\r\n</smil>\r\n";
        let manifest = ServerManifest::read(text.as_bytes()).unwrap();
        assert_eq!(manifest.files(), ["Bunny.ismv"]);
        assert_eq!(
            (manifest.client_manifest.as_deref(), manifest.formats.as_deref()),
            (Some("Bunny.ismc"), None)
        );
        let tracks: Vec<_> = manifest
            .entries
            .iter()
            .map(|entry| (entry.kind, entry.track_id, entry.system_bitrate))
            .collect();
        assert_eq!(
            tracks,
            [
                (MediaKind::Video, Some(2), Some(2_962_000)),
                (MediaKind::Video, Some(3), Some(1_427_000)),
                (MediaKind::Audio, Some(1), Some(64_000))
            ]
        );
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [&little, &big] {
            assert_eq!(ServerManifest::read(bytes).unwrap(), manifest);
            let cut = ServerManifest::read(&bytes[..bytes.len() - 1]);
            assert!(matches!(cut, Err(ServerManifestError::Xml(_))));
        }
        assert!(matches!(
            ServerManifest::read(b"<smil>\xff</smil>"),
            Err(ServerManifestError::Xml(_))
        ));
        let lone = ServerManifest::read(b"\xff\xfe\0\xd8<\0");
        assert!(matches!(lone, Err(ServerManifestError::Xml(_))));
    }

    #[test]
    fn refuses_hostile_documents() {
        let entry = |src: &str| format!("<smil><body><video src=\"{src}\"/></body></smil>");
        for src in ["../a.mp4", "/etc/passwd", "a\\b.mp4", "..", "", "c:a.mp4", "a&#10;b"] {
            let error = parse(&entry(src)).unwrap_err();
            assert!(matches!(error, ServerManifestError::Invalid { .. }), "{src}: {error}");
        }
        let bomb = "<!DOCTYPE smil [<!ENTITY a \"aaaa\">]><smil><body/></smil>";
        assert_eq!(parse(bomb), Err(ServerManifestError::DocType));
        assert!(matches!(parse(&entry("&a;")), Err(ServerManifestError::Xml(_))));
        let deep = "<smil>".repeat(40);
        assert!(matches!(parse(&deep), Err(ServerManifestError::TooLarge(_))));
        assert!(matches!(parse("<smil><video src='a'>"), Err(ServerManifestError::Xml(_))));
        let many: String = (0..65).map(|at| format!(" a{at}=''")).collect();
        assert!(matches!(parse(&format!("<smil{many}/>")), Err(ServerManifestError::TooLarge(_))));
        assert!(matches!(parse("<html/>"), Err(ServerManifestError::Xml(_))));
        assert!(matches!(parse(""), Err(ServerManifestError::Xml(_))));
        let missing = parse("<smil><video/></smil>").unwrap_err();
        assert_eq!(missing.to_string(), "<video> has no src");
    }
}
