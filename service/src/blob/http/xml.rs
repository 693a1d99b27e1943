//! The XML bodies: errors, block lists, listings.

use axum::http::{HeaderValue, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::Event;

use super::super::block::{BlockRef, BlockSource, MAX_BLOCKS};
use super::super::error::BlobError;
use super::super::model::{BlobInfo, ListPage, Segment};
use super::super::store::ListQuery;
use super::error::ApiError;
use super::headers::http_date;

/// Media type of all XML replies.
pub(super) const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/xml");

const DECLARATION: &str = r#"<?xml version="1.0" encoding="utf-8"?>"#;

/// An error document.
pub(super) fn error(code: &str, message: &str) -> String {
    let mut out = String::from(DECLARATION);
    out.push_str("<Error>");
    element(&mut out, "Code", code);
    element(&mut out, "Message", message);
    out.push_str("</Error>");
    out
}

/// The reply to Get Block List; a list that was not asked for is left out.
pub(super) fn block_lists(
    committed: Option<&[Segment]>,
    uncommitted: Option<&[Segment]>,
) -> String {
    let mut out = String::from(DECLARATION);
    out.push_str("<BlockList>");
    for (name, list) in [("CommittedBlocks", committed), ("UncommittedBlocks", uncommitted)] {
        let Some(list) = list else { continue };
        out.push_str(&format!("<{name}>"));
        for block in list {
            out.push_str("<Block>");
            element(&mut out, "Name", block.block.as_deref().unwrap_or_default());
            element(&mut out, "Size", &block.length.to_string());
            out.push_str("</Block>");
        }
        out.push_str(&format!("</{name}>"));
    }
    out.push_str("</BlockList>");
    out
}

/// The reply to List Blobs.
pub(super) fn listing(
    base_url: &str,
    container: &str,
    query: &ListQuery,
    marker: Option<&str>,
    page: &ListPage,
) -> String {
    let mut out = String::from(DECLARATION);
    out.push_str(&format!(
        r#"<EnumerationResults ServiceEndpoint="{}/" ContainerName="{}">"#,
        escape(base_url),
        escape(container)
    ));
    optional(&mut out, "Prefix", Some(query.prefix.as_str()).filter(|text| !text.is_empty()));
    optional(&mut out, "Marker", marker);
    element(&mut out, "MaxResults", &query.max.to_string());
    optional(&mut out, "Delimiter", query.delimiter.as_deref());
    out.push_str("<Blobs>");
    for blob in &page.blobs {
        entry(&mut out, blob);
    }
    for prefix in &page.prefixes {
        out.push_str("<BlobPrefix>");
        element(&mut out, "Name", prefix);
        out.push_str("</BlobPrefix>");
    }
    out.push_str("</Blobs>");
    let next = page.next.as_ref().map(ToString::to_string);
    element(&mut out, "NextMarker", next.as_deref().unwrap_or_default());
    out.push_str("</EnumerationResults>");
    out
}

fn entry(out: &mut String, blob: &BlobInfo) {
    let properties = &blob.properties;
    out.push_str("<Blob>");
    element(out, "Name", &blob.name);
    out.push_str("<Properties>");
    element(out, "Creation-Time", &http_date(blob.created));
    element(out, "Last-Modified", &http_date(blob.last_modified));
    element(out, "Etag", blob.etag.as_str());
    element(out, "Content-Length", &blob.size.to_string());
    element(out, "Content-Type", &properties.content_type);
    optional(out, "Content-Encoding", properties.content_encoding.as_deref());
    optional(out, "Content-Language", properties.content_language.as_deref());
    let md5 = properties.content_md5.map(|md5| STANDARD.encode(md5));
    optional(out, "Content-MD5", md5.as_deref());
    optional(out, "Cache-Control", properties.cache_control.as_deref());
    optional(out, "Content-Disposition", properties.content_disposition.as_deref());
    element(out, "BlobType", "BlockBlob");
    element(out, "LeaseStatus", "unlocked");
    element(out, "LeaseState", "available");
    element(out, "ServerEncrypted", "false");
    out.push_str("</Properties></Blob>");
}

fn element(out: &mut String, name: &str, text: &str) {
    out.push_str(&format!("<{name}>{}</{name}>", escape(text)));
}

fn optional(out: &mut String, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        element(out, name, text);
    }
}

/// Reads the body of Put Block List. Hostile: document types are refused, no
/// entity is expanded, and at most 50 000 entries are kept.
pub(super) fn parse_block_list(body: &[u8]) -> Result<Vec<BlockRef>, ApiError> {
    let text = std::str::from_utf8(body).map_err(|_| invalid())?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut list = Vec::new();
    let mut depth = 0;
    let mut root_seen = false;
    loop {
        match reader.read_event().map_err(|_| invalid())? {
            Event::Start(tag) if depth == 0 && !root_seen && tag.name().as_ref() == "BlockList" => {
                depth = 1;
                root_seen = true;
            }
            Event::Empty(tag) if depth == 0 && !root_seen && tag.name().as_ref() == "BlockList" => {
                root_seen = true;
            }
            Event::Start(tag) if depth == 1 => {
                let source = source_of(tag.name().as_ref())?;
                let id = reader.read_text(tag.name()).map_err(|_| invalid())?;
                if list.len() == MAX_BLOCKS {
                    return Err(BlobError::BlockListTooLong { limit: MAX_BLOCKS }.into());
                }
                list.push(BlockRef { id: id.parse().map_err(|_| invalid())?, source });
            }
            Event::End(_) if depth == 1 => depth = 0,
            Event::Text(text) if text.trim_ascii().is_empty() => {}
            Event::Decl(_) | Event::Comment(_) => {}
            Event::Eof if depth == 0 && root_seen => return Ok(list),
            _ => return Err(invalid()),
        }
    }
}

fn source_of(element: &str) -> Result<BlockSource, ApiError> {
    match element {
        "Latest" => Ok(BlockSource::Latest),
        "Uncommitted" => Ok(BlockSource::Uncommitted),
        "Committed" => Ok(BlockSource::Committed),
        _ => Err(invalid()),
    }
}

fn invalid() -> ApiError {
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "InvalidXmlDocument",
        "The block list is not valid: it must be a BlockList of Latest, Uncommitted and \
         Committed elements that hold block ids in base64.",
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parse(text: &str) -> Option<Vec<(String, BlockSource)>> {
        let list = parse_block_list(text.as_bytes()).ok()?;
        let pair = |entry: BlockRef| (entry.id.as_str().to_owned(), entry.source);
        Some(list.into_iter().map(pair).collect())
    }

    #[test]
    fn reads_the_lists_clients_send() {
        let text = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- x --><BlockList>\r\n\
                    <Latest>YQ==</Latest> <Committed>Yg==</Committed>\
                    <Uncommitted>\nYw==\n</Uncommitted></BlockList>\n";
        let expected = [
            ("YQ==", BlockSource::Latest),
            ("Yg==", BlockSource::Committed),
            ("Yw==", BlockSource::Uncommitted),
        ];
        let expected = expected.map(|(id, source)| (id.to_owned(), source));
        assert_eq!(parse(text).unwrap(), expected);
        assert_eq!(parse("<BlockList/>").unwrap(), []);
        assert_eq!(parse("<BlockList></BlockList>").unwrap(), []);
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            "YQ==",
            "<BlockList>",
            "<BlockList><Latest>YQ==</BlockList>",
            "<BlockList><Oldest>YQ==</Oldest></BlockList>",
            "<BlockList><Latest></Latest></BlockList>",
            "<BlockList><Latest/></BlockList>",
            "<BlockList><Latest><b>YQ==</b></Latest></BlockList>",
            "<BlockList/><BlockList/>",
            "<Latest>YQ==</Latest>",
            "<!DOCTYPE b [<!ENTITY a \"YQ==\">]><BlockList><Latest>&a;</Latest></BlockList>",
            "<BlockList><Latest>&#89;Q==</Latest></BlockList>",
            "<BlockList>YQ==</BlockList>",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
