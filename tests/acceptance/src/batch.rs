//! Batches by hand, as simple clients read them.

use crate::http::Reply;

/// One answer of a batch.
#[derive(Debug)]
pub struct BatchPart {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
    /// The boundary of what it is in: its change set, or the batch.
    pub within: String,
}

impl BatchPart {
    /// A header; empty if it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}\n{self:?}"))
    }
}

/// The answers of a batch, those of its change sets among them.
///
/// # Panics
///
/// When it is not laid out as Microsoft's service laid it out.
#[track_caller]
pub fn batch_parts(reply: &Reply) -> Vec<BatchPart> {
    assert_eq!(reply.status, 202, "{reply}");
    let boundary = boundary(reply.header("content-type"));
    assert!(boundary.starts_with("batchresponse_"), "{reply}");
    let text = reply.text();
    assert!(!text.replace("\r\n", "").contains('\n'), "every line ends with CRLF: {reply}");
    let mut parts = Vec::new();
    for part in split(text, &boundary) {
        let (headers, content) = head(part);
        match headers.iter().find(|(_, value)| value.starts_with("multipart/mixed")) {
            Some((_, value)) => {
                let inner = self::boundary(value);
                assert!(inner.starts_with("changesetresponse_"), "{reply}");
                parts.extend(split(content, &inner).into_iter().map(|part| {
                    let (headers, content) = head(part);
                    message(&headers, content, &inner)
                }));
            }
            None => parts.push(message(&headers, content, &boundary)),
        }
    }
    parts
}

#[track_caller]
fn boundary(content_type: &str) -> String {
    let (kind, boundary) = content_type.split_once("; boundary=").expect("a boundary");
    assert_eq!(kind, "multipart/mixed");
    boundary.to_owned()
}

#[track_caller]
fn split<'a>(text: &'a str, boundary: &str) -> Vec<&'a str> {
    let end = format!("--{boundary}--");
    let (text, _) = text.split_once(&end).unwrap_or_else(|| panic!("no {end} in {text}"));
    let start = format!("--{boundary}\r\n");
    text.split(&start).skip(1).map(|part| part.trim_end_matches("\r\n")).collect()
}

#[track_caller]
fn head(part: &str) -> (Vec<(String, String)>, &str) {
    let (head, content) = part.split_once("\r\n\r\n").unwrap_or((part, ""));
    let header = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("no header: {line:?}"));
        (name.to_ascii_lowercase(), value.to_owned())
    };
    (head.split("\r\n").map(header).collect(), content)
}

#[track_caller]
fn message(part: &[(String, String)], content: &str, within: &str) -> BatchPart {
    let expected = [
        ("content-type".to_owned(), "application/http".to_owned()),
        ("content-transfer-encoding".to_owned(), "binary".to_owned()),
    ];
    assert_eq!(part, expected, "{content}");
    let (line, rest) = content.split_once("\r\n").expect("a status line");
    let status = line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest[..3].parse().ok());
    let (headers, body) = head(rest);
    BatchPart {
        status: status.unwrap_or_else(|| panic!("no status line: {line:?}")),
        headers,
        body: body.to_owned(),
        within: within.to_owned(),
    }
}
