//! The documents that clients are generated from: what the servers say.

use std::path::Path;

use quick_xml::Writer;
use quick_xml::events::Event;

/// Compares the `$metadata` of a running service with the document that its client is generated
/// from. With `UPDATE` in the environment, the document is written instead.
///
/// # Panics
///
/// They differ, or the service does not answer with a document.
pub async fn assert_current(name: &str, root: &str) {
    let url = format!("{}/$metadata", root.trim_end_matches('/'));
    let response = reqwest::get(&url).await.expect("asking for $metadata");
    let status = response.status();
    let text = response.text().await.expect("reading $metadata");
    assert!(status.is_success(), "{url}: {status}: {text}");
    let found = tidy(&text);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("metadata/{name}.xml"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, found).expect("writing the document");
        return;
    }
    let document = std::fs::read_to_string(&path).expect("reading the document");
    let pairs = found.lines().zip(document.lines());
    if let Some((index, (found, document))) =
        pairs.enumerate().find(|(_, (found, document))| found != document)
    {
        panic!(
            "{} is not what the server says, from line {}:\n  server:   {}\n  document: {}\n\
             if that is meant, run the test again with UPDATE=1",
            path.display(),
            index + 1,
            found.trim(),
            document.trim()
        );
    }
    assert_eq!(found.lines().count(), document.lines().count(), "{} is cut off", path.display());
}

/// The same document with an element a line.
fn tidy(text: &str) -> String {
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().trim_text(true);
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    loop {
        match reader.read_event().expect("$metadata is XML") {
            Event::Eof => break,
            event => writer.write_event(event).expect("writing to memory"),
        }
    }
    let mut tidy = String::from_utf8(writer.into_inner()).expect("it was text");
    tidy.push('\n');
    tidy
}

#[cfg(test)]
mod tests {
    use super::tidy;

    #[test]
    fn layout_is_no_difference() {
        let wide = "<?xml version=\"1.0\"?><a b=\"1\"><c/><d>text</d></a>";
        let tall = "<?xml version=\"1.0\"?>\n<a b=\"1\">\n\n    <c/>\n  <d>text</d>\n</a>";
        assert_eq!(tidy(wide), tidy(tall));
        assert_ne!(tidy(wide), tidy(&wide.replace("text", "other")));
    }
}
