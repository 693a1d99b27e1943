//! JSON as careless clients write it.

use serde_json::Value as Json;

use super::PayloadError;

/// Reads JSON, and what scripts send in its place: strings in single quotes, names without quotes,
/// tabs and line ends within strings, a byte order mark.
///
/// Numbers are read as in JSON. What is nested deeper than 128 levels is refused.
///
/// # Errors
///
/// The text is neither.
pub fn parse_tolerant(body: &[u8]) -> Result<Json, PayloadError> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let text = std::str::from_utf8(body).map_err(|_| PayloadError::new("not UTF-8"))?;
    serde_json::from_str(text).or_else(|error| {
        // Where it still is not JSON, the first problem is the one that has a place in the text.
        let strict = to_strict(text).and_then(|strict| serde_json::from_str(&strict).ok());
        strict.ok_or_else(|| PayloadError::new(format!("not JSON: {error}")))
    })
}

/// Rewrites what is not JSON as what it stands for; `None` if a string does not end.
fn to_strict(text: &str) -> Option<String> {
    let mut strict = String::with_capacity(text.len() + text.len() / 8);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' | '\'' => copy_string(rest, first, &mut strict)?,
            c if is_name_start(c) => {
                let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
                let (word, after) = rest.split_at(length);
                if after.trim_start().starts_with(':') {
                    strict.extend(["\"", word, "\""]);
                } else {
                    strict.push_str(word);
                }
                length
            }
            // The rest of a number: its letters are no name.
            c if c.is_ascii_digit() => {
                let length = rest.find(|c| !is_name(c) && c != '+').unwrap_or(rest.len());
                strict.push_str(&rest[..length]);
                length
            }
            c => {
                strict.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    Some(strict)
}

fn is_name_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || c == '$'
}

/// Names such as `InputMediaAssets@odata.bind` are among them.
fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '@' | '.' | '-')
}

/// Copies the string that a text starts with; tells its length there, quotes included.
fn copy_string(text: &str, quote: char, strict: &mut String) -> Option<usize> {
    strict.push('"');
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == quote => {
                strict.push('"');
                return Some(at + 1);
            }
            '\\' => match chars.next()?.1 {
                '\'' => strict.push('\''),
                escaped => strict.extend(['\\', escaped]),
            },
            '"' => strict.push_str("\\\""),
            c if c.is_control() && c.is_ascii() => {
                strict.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => strict.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn what_clients_write_is_read() {
        for (text, expected) in [
            (r#"{"Name":"x"}"#, json!({ "Name": "x" })),
            ("\u{feff}{}", json!({})),
            ("{'Name':'x'}", json!({ "Name": "x" })),
            ("{Name:\"x\"}", json!({ "Name": "x" })),
            ("{ CurrentReservedUnits : 1 }", json!({ "CurrentReservedUnits": 1 })),
            ("{a@odata.bind:['x']}", json!({ "a@odata.bind": ["x"] })),
            (r#"{'C':'{"a": "b\\c", \'d\': 1}'}"#, json!({ "C": r#"{"a": "b\c", 'd': 1}"# })),
            ("{\"C\":\"a\tb\r\nc\"}", json!({ "C": "a\tb\r\nc" })),
            ("{'a':'\\u00e9\\n\\/','b':'é'}", json!({ "a": "é\n/", "b": "é" })),
            (
                "{a:true,b:null,c:[1.5e+3,-2,1E5]}",
                json!({ "a": true, "b": null, "c": [1500.0, -2, 1e5] }),
            ),
            ("{true:false}", json!({ "true": false })),
            ("{'a':9223372036854775807}", json!({ "a": i64::MAX })),
            ("''", json!("")),
        ] {
            assert_eq!(parse_tolerant(text.as_bytes()).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in [
            "",
            "{",
            "{'a'",
            "{'a':'b}",
            "{a}",
            "{a:b}",
            "{a b:1}",
            "[1,]",
            "{'a':1,}",
            "{1a:2}",
            "{'a':'b'} x",
            "{'a':'\\x'}",
            "'\\",
            "{a:01}",
            "{a:1.}",
            "{'a':+1}",
            "<a/>",
            "{a::1}",
        ] {
            assert!(parse_tolerant(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse_tolerant(b"{'a':'\xff'}").is_err());
        assert!(parse_tolerant("[".repeat(100_000).as_bytes()).is_err());
        assert!(parse_tolerant("{a:".repeat(100_000).as_bytes()).is_err());
    }
}
