use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// JSON as Microsoft's service library prints it: compact, every character past ASCII as
/// `\uXXXX`, and the slashes of `\/Date(…)\/` escaped, by which readers tell a date from a text.
pub fn to_text(json: &(impl Serialize + ?Sized)) -> String {
    let mut bytes = Vec::with_capacity(512);
    let mut serializer = Serializer::with_formatter(&mut bytes, Ascii);
    // Writing a JSON value to memory cannot fail.
    let _ = json.serialize(&mut serializer);
    String::from_utf8(bytes).unwrap_or_default()
}

struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let date = fragment.strip_prefix("/Date(").and_then(|rest| rest.strip_suffix(")/"));
        if let Some(date) = date.filter(|date| date.is_ascii()) {
            return write!(writer, "\\/Date({date})\\/");
        }
        let mut units = [0; 2];
        let mut rest = fragment;
        while let Some(at) = rest.find(|c: char| !c.is_ascii()) {
            writer.write_all(&rest.as_bytes()[..at])?;
            let mut after = rest[at..].chars();
            if let Some(c) = after.next() {
                c.encode_utf16(&mut units)
                    .iter()
                    .try_for_each(|unit| write!(writer, "\\u{unit:04x}"))?;
            }
            rest = after.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    #[test]
    fn text_is_ascii_and_dates_are_marked() {
        let json = json!({ "a": "größe 🎬 \"x\"", "d": "/Date(1366925019187)/", "n": 440.0 });
        let text = to_text(&json);
        let expected = "{\"a\":\"gr\\u00f6\\u00dfe \\ud83c\\udfac \\\"x\\\"\",\
                        \"d\":\"\\/Date(1366925019187)\\/\",\"n\":440.0}";
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str::<Json>(&text).ok(), Some(json));
    }
}
