//! The XML in which a task names its inputs and outputs.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::EncodeError;

/// From the first input asset of the job to its first output asset.
pub(super) fn one_to_one(output_name: Option<&str>) -> Result<String, EncodeError> {
    // XML 1.0 has no way to write these, escaped or not (§2.2).
    let impossible = |c: &char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    if let Some(c) = output_name.and_then(|name| name.chars().find(impossible)) {
        return Err(EncodeError::OutputName(c));
    }
    let mut writer = Writer::new(Vec::new());
    write(&mut writer, output_name).expect("writing to memory does not fail");
    Ok(String::from_utf8_lossy(&writer.into_inner()).into_owned())
}

fn write(writer: &mut Writer<Vec<u8>>, output_name: Option<&str>) -> std::io::Result<()> {
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    writer.create_element("taskBody").write_inner_content(|writer| {
        let input = writer.create_element("inputAsset");
        input.write_text_content(BytesText::new("JobInputAsset(0)"))?;
        let mut output = writer.create_element("outputAsset");
        // Documentation differs on what it is when it is left out.
        output = output.with_attribute(("assetCreationOptions", "0"));
        if let Some(name) = output_name {
            output = output.with_attribute(("assetName", name));
        }
        output.write_text_content(BytesText::new("JobOutputAsset(0)"))?;
        Ok(())
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_are_escaped() {
        assert_eq!(
            one_to_one(Some("a \"b\" <c> & d")).unwrap(),
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><taskBody>\
             <inputAsset>JobInputAsset(0)</inputAsset>\
             <outputAsset assetCreationOptions=\"0\" \
             assetName=\"a &quot;b&quot; &lt;c&gt; &amp; d\">JobOutputAsset(0)</outputAsset>\
             </taskBody>"
        );
        assert!(!one_to_one(None).unwrap().contains("assetName"));
        assert!(matches!(one_to_one(Some("a\u{0}")), Err(EncodeError::OutputName('\0'))));
    }
}
