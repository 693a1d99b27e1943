//! Microsoft PlayReady: the header object that its clients take to their license server (PlayReady
//! Header Specification).

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::Event;

use super::common::Scheme;
use super::key::ContentKey;

/// The record that holds a rights management header.
const RIGHTS_MANAGEMENT_HEADER: u16 = 1;

/// Microsoft PlayReady.
#[derive(Debug, Clone, Default)]
pub struct PlayReady {
    /// The license server, if the header names one.
    pub license_url: Option<String>,
    /// What the header has for the license server to read: elements, or text.
    pub custom_attributes: Option<String>,
}

impl PlayReady {
    /// The PlayReady object: its length, and one record with the header in UTF-16. All numbers are
    /// little endian.
    pub(super) fn object(&self, key: &ContentKey, scheme: Scheme) -> Vec<u8> {
        let header: Vec<u8> =
            self.header(key, scheme).encode_utf16().flat_map(u16::to_le_bytes).collect();
        // Policies are far shorter than what 16 bits can say.
        let length = u16::try_from(header.len()).unwrap_or(u16::MAX);
        let mut object = Vec::with_capacity(10 + header.len());
        object.extend((u32::from(length) + 10).to_le_bytes());
        object.extend(1_u16.to_le_bytes());
        object.extend(RIGHTS_MANAGEMENT_HEADER.to_le_bytes());
        object.extend(length.to_le_bytes());
        object.extend(header.into_iter().take(usize::from(length)));
        object
    }

    /// The rights management header. Counter mode can be said in version 4.0, which every client
    /// reads; CBC needs version 4.3.
    fn header(&self, key: &ContentKey, scheme: Scheme) -> String {
        let id = STANDARD.encode(key.id().to_bytes_le());
        let server = self.license_url.as_deref().map(escape);
        let server = element("LA_URL", server.as_deref());
        let attributes = self.custom_attributes.as_deref().map(elements);
        let attributes = element("CUSTOMATTRIBUTES", attributes.as_deref());
        let (version, data) = match scheme {
            Scheme::Cenc => {
                let checksum = STANDARD.encode(key.checksum());
                let info = "<PROTECTINFO><KEYLEN>16</KEYLEN><ALGID>AESCTR</ALGID></PROTECTINFO>";
                let data = format!(
                    "{info}<KID>{id}</KID><CHECKSUM>{checksum}</CHECKSUM>{server}{attributes}"
                );
                ("4.0.0.0", data)
            }
            Scheme::Cbcs => {
                let kid = format!("<KID ALGID=\"AESCBC\" VALUE=\"{id}\"></KID>");
                let info = format!("<PROTECTINFO><KIDS>{kid}</KIDS></PROTECTINFO>");
                ("4.3.0.0", format!("{info}{server}{attributes}"))
            }
        };
        format!(
            "<WRMHEADER xmlns=\"http://schemas.microsoft.com/DRM/2007/03/PlayReadyHeader\" \
             version=\"{version}\"><DATA>{data}</DATA></WRMHEADER>"
        )
    }
}

fn element(name: &str, content: Option<&str>) -> String {
    content.map_or_else(String::new, |content| format!("<{name}>{content}</{name}>"))
}

/// Elements as they are, and as text what would break the header: markup that is not balanced, or
/// that only a whole document may have.
fn elements(text: &str) -> Cow<'_, str> {
    let mut reader = Reader::from_str(text);
    let mut depth = 0_u32;
    loop {
        match reader.read_event() {
            Ok(Event::Eof) if depth == 0 => return Cow::Borrowed(text),
            Ok(Event::Start(_)) => depth += 1,
            // The reader checks that names match.
            Ok(Event::End(_)) => depth = depth.saturating_sub(1),
            Ok(Event::Empty(_) | Event::Text(_) | Event::GeneralRef(_)) => {}
            _ => return escape(text),
        }
    }
}
