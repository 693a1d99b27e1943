//! Texts to read, whatever they are encoded in.

use std::sync::Arc;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::diagnostic::{Diagnostics, Findings, Mode, Span};

/// How long a document may be, in bytes. The longest known are about 40 MB.
const LONGEST: usize = 128 << 20;

/// How far into a document its XML declaration is looked for.
const DECLARATION: usize = 512;

/// A text to read: a `$metadata` document or a file of amendments.
#[derive(Clone, Debug)]
pub struct Source {
    /// What diagnostics and headers call it: a path relative to the repository.
    pub name: String,
    /// The contents.
    pub text: String,
}

impl Source {
    /// Decodes a document: UTF-8 or UTF-16, with or without byte order mark, or what the XML
    /// declaration says.
    ///
    /// # Errors
    ///
    /// An encoding that is not known, bytes that are not in the encoding, and more bytes than a
    /// document may have.
    pub fn from_bytes(name: impl Into<String>, bytes: &[u8]) -> Result<Self, Diagnostics> {
        let name = name.into();
        let fail = |code, message: String, text: String| {
            let source = Self { name: name.clone(), text };
            let mut findings = Findings::new(Mode::Strict);
            findings.error(code, Span::default(), message);
            Err(findings.finish(Arc::from([source])))
        };
        if bytes.len() > LONGEST {
            let message =
                format!("the document has {} bytes; more than {LONGEST} are not read", bytes.len());
            return fail("source::too-large", message, String::new());
        }
        let encoding = match Encoding::for_bom(bytes) {
            Some((encoding, _)) => encoding,
            None => match declared(bytes) {
                Ok(encoding) => encoding,
                Err(label) => {
                    let message = format!("the encoding `{label}` is not known");
                    return fail("source::unknown-encoding", message, String::new());
                }
            },
        };
        let (text, encoding, malformed) = encoding.decode(bytes);
        if malformed {
            let message =
                format!("the document is not {}, which it is said to be", encoding.name());
            return fail("source::bad-encoding", message, text.into_owned());
        }
        Ok(Self { name, text: text.into_owned() })
    }
}

/// The encoding of a document without byte order mark, or the label that is not known.
fn declared(bytes: &[u8]) -> Result<&'static Encoding, String> {
    match bytes {
        [b'<' | b'{', 0, ..] => return Ok(UTF_16LE),
        [0, b'<' | b'{', ..] => return Ok(UTF_16BE),
        _ => {}
    }
    let head = &bytes[..bytes.len().min(DECLARATION)];
    let head = String::from_utf8_lossy(head);
    let label = head
        .split_once("<?xml")
        .and_then(|(_, rest)| rest.split_once("?>"))
        .and_then(|(declaration, _)| declaration.split_once("encoding"))
        .and_then(|(_, rest)| rest.trim_start().strip_prefix('='))
        .and_then(|rest| {
            let rest = rest.trim_start();
            let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
            rest.get(1..)?.split(quote).next()
        });
    let Some(label) = label else { return Ok(UTF_8) };
    let found = Encoding::for_label(label.as_bytes()).ok_or_else(|| label.to_owned())?;
    // The declaration could be read byte by byte, so it is not UTF-16 whatever it says: .NET
    // writes `utf-16` into texts that are sent as UTF-8.
    Ok(if found == UTF_16LE || found == UTF_16BE { UTF_8 } else { found })
}

#[cfg(test)]
mod tests {
    use super::Source;

    fn text(bytes: &[u8]) -> Result<String, String> {
        Source::from_bytes("m.xml", bytes)
            .map(|source| source.text)
            .map_err(|diagnostics| diagnostics.to_string())
    }

    #[test]
    fn every_encoding_is_decoded() {
        let document = "<?xml version='1.0'?><a b='é'/>";
        assert_eq!(text(document.as_bytes()).as_deref(), Ok(document));
        let units: Vec<u16> = document.encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        assert_eq!(text(&little).as_deref(), Ok(document));
        assert_eq!(text(&big).as_deref(), Ok(document));
        let marked: Vec<u8> = [0xff, 0xfe].into_iter().chain(little).collect();
        assert_eq!(text(&marked).as_deref(), Ok(document));
        let marked: Vec<u8> = [0xfe, 0xff].into_iter().chain(big).collect();
        assert_eq!(text(&marked).as_deref(), Ok(document));
        let marked: Vec<u8> = [0xef, 0xbb, 0xbf].into_iter().chain(document.bytes()).collect();
        assert_eq!(text(&marked).as_deref(), Ok(document));
        let latin = b"<?xml version='1.0' encoding=\"iso-8859-1\"?><a b='\xe9'/>";
        assert!(text(latin).is_ok_and(|text| text.contains('é')));
        let wrong = "<?xml version='1.0' encoding='utf-16'?><a b='é'/>";
        assert_eq!(text(wrong.as_bytes()).as_deref(), Ok(wrong));
    }

    #[test]
    fn what_cannot_be_decoded_is_an_error() {
        for (bytes, code) in [
            (&b"<?xml version='1.0' encoding='klingon'?><a/>"[..], "source::unknown-encoding"),
            (&b"<a b='\xff'/>"[..], "source::bad-encoding"),
        ] {
            let error = text(bytes).expect_err("it cannot be decoded");
            assert!(error.contains(code), "{error}");
        }
        let error = text(&vec![b' '; super::LONGEST + 1]).expect_err("it is too long");
        assert!(error.contains("source::too-large"), "{error}");
    }
}
