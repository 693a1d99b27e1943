//! A thin layer over quick-xml's writer for attribute-only documents.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, Event};

/// An XML document being written.
pub(super) struct Xml(Writer<Vec<u8>>);

impl Xml {
    /// Starts a UTF-8 document.
    pub(super) fn new() -> io::Result<Self> {
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
        Ok(Self(writer))
    }

    /// Writes `<name …>`; `inside` writes the content.
    pub(super) fn element(
        &mut self,
        name: &str,
        attributes: &[(&str, String)],
        inside: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        self.0.write_event(Event::Start(start(name, attributes)))?;
        inside(self)?;
        self.0.write_event(Event::End(BytesEnd::new(name)))
    }

    /// Writes `<name …/>`.
    pub(super) fn empty(&mut self, name: &str, attributes: &[(&str, String)]) -> io::Result<()> {
        self.0.write_event(Event::Empty(start(name, attributes)))
    }

    /// The finished document.
    pub(super) fn finish(self) -> Vec<u8> {
        self.0.into_inner()
    }
}

fn start<'a>(name: &'a str, attributes: &[(&'a str, String)]) -> BytesStart<'a> {
    let mut element = BytesStart::new(name);
    for (key, value) in attributes {
        // Control characters cannot be written in XML 1.0, not even escaped.
        let value: String = value
            .chars()
            .filter(|c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}'))
            .collect();
        element.push_attribute((*key, value.as_str()));
    }
    element
}

/// Seconds as an `xs:duration`, such as `PT8.428S`.
pub(super) fn duration(seconds: f64) -> String {
    // Milliseconds of any real duration are far below 2^53.
    let ms = (seconds.max(0.0) * 1000.0).round() as u64;
    let fraction = format!("{:03}", ms % 1000);
    let fraction = fraction.trim_end_matches('0');
    let mut text = String::from("PT");
    let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    if hours > 0 {
        text.push_str(&format!("{hours}H"));
    }
    if minutes > 0 {
        text.push_str(&format!("{minutes}M"));
    }
    if seconds > 0 || !fraction.is_empty() || text.len() == 2 {
        let dot = if fraction.is_empty() { "" } else { "." };
        text.push_str(&format!("{seconds}{dot}{fraction}S"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_schema_durations() {
        for (seconds, expected) in [
            (0.0, "PT0S"),
            (8.4288, "PT8.429S"),
            (1537.757, "PT25M37.757S"),
            (7200.0, "PT2H"),
            (3660.5, "PT1H1M0.5S"),
            (-1.0, "PT0S"),
        ] {
            assert_eq!(duration(seconds), expected);
        }
    }

    #[test]
    fn hostile_text_cannot_leave_its_attribute() -> io::Result<()> {
        let mut xml = Xml::new()?;
        xml.empty("a", &[("b", "\"/><x y='&\u{1}\n".to_owned())])?;
        let text = String::from_utf8_lossy(&xml.finish()).into_owned();
        assert!(text.contains("&quot;") && text.contains("&lt;x") && text.contains("&amp;"));
        assert_eq!(text.matches('<').count(), 2, "{text}");
        assert!(!text.contains('\u{1}'));
        Ok(())
    }
}
