//! The `TaskBody` of a task: which assets go in and which come out.
//!
//! It is XML from a client and hostile: no DTD, no entity but the five that XML has, and limits.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Longer bodies are refused.
const MAX_LENGTH: usize = 100_000;
/// More assets are refused, whatever the quotas of the account are.
const MAX_ASSETS: usize = 1000;

/// A task's inputs and outputs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TaskBody {
    /// What goes in, in order.
    pub(crate) inputs: Vec<AssetRef>,
    /// What comes out, in order.
    pub(crate) outputs: Vec<OutputAsset>,
}

/// An asset of the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AssetRef {
    /// `JobInputAsset(n)`.
    Input(usize),
    /// `JobOutputAsset(n)`.
    Output(usize),
}

/// An asset that a task makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OutputAsset {
    /// The `n` of `JobOutputAsset(n)`.
    pub(crate) index: usize,
    /// `assetName`.
    pub(crate) name: Option<String>,
    /// `assetCreationOptions`.
    pub(crate) options: i64,
    /// `assetFormatOption`.
    pub(crate) format_option: i64,
    /// `storageAccountName`.
    pub(crate) storage_account: Option<String>,
}

/// A body that is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("TaskBody, position {position}: {problem}")]
pub(crate) struct TaskBodyError {
    position: u64,
    problem: String,
}

/// Which element the text belongs to.
enum Open {
    Input,
    Output(OutputAsset),
}

impl TaskBody {
    /// Reads a body. The encoding that it declares does not matter: it has come as text.
    pub(crate) fn parse(xml: &str) -> Result<Self, TaskBodyError> {
        let error =
            |position, problem: &str| TaskBodyError { position, problem: problem.to_owned() };
        if xml.len() > MAX_LENGTH {
            return Err(error(0, "longer than 100000 characters"));
        }
        let mut reader = Reader::from_str(xml);
        reader.config_mut().expand_empty_elements = true;
        let mut body = Self::default();
        let (mut begun, mut depth, mut open, mut text) = (false, 0, None, String::new());
        loop {
            let position = reader.buffer_position();
            let fail = |problem: &str| error(position, problem);
            match reader.read_event().map_err(|e| fail(&format!("not well-formed: {e}")))? {
                Event::Start(start) => {
                    open = match (depth, start.local_name().as_ref()) {
                        (0, "taskBody") if !begun => {
                            begun = true;
                            None
                        }
                        (0, _) => return Err(fail("the root element must be taskBody")),
                        (1, "inputAsset") => Some(Open::Input),
                        (1, "outputAsset") => {
                            Some(Open::Output(attributes(&start).map_err(|p| fail(&p))?))
                        }
                        _ => return Err(fail("expected inputAsset or outputAsset")),
                    };
                    depth += 1;
                    text.clear();
                }
                Event::Text(piece) if open.is_none() && !piece.trim().is_empty() => {
                    return Err(fail("there is text outside of inputAsset and outputAsset"));
                }
                Event::Text(piece) => {
                    text.push_str(&piece);
                }
                Event::End(_) => {
                    depth -= 1;
                    if let Some(element) = open.take() {
                        let reference = text.trim();
                        body.add(element, reference).map_err(|problem| fail(&problem))?;
                    }
                    text.clear();
                }
                Event::DocType(_) => return Err(fail("a document type is not allowed")),
                Event::CData(_) | Event::GeneralRef(_) if open.is_some() => {
                    return Err(fail("expected JobInputAsset(n) or JobOutputAsset(n)"));
                }
                Event::Eof if depth > 0 => return Err(fail("it is cut short")),
                Event::Eof => break,
                _ => {}
            }
        }
        match (body.inputs.is_empty(), body.outputs.is_empty()) {
            (true, _) => Err(error(0, "a task needs an inputAsset")),
            (_, true) => Err(error(0, "a task needs an outputAsset")),
            _ => Ok(body),
        }
    }

    fn add(&mut self, element: Open, reference: &str) -> Result<(), String> {
        let asset = AssetRef::parse(reference).ok_or_else(|| {
            format!("expected JobInputAsset(n) or JobOutputAsset(n), found '{reference}'")
        })?;
        match (element, asset) {
            (Open::Input, asset) => self.inputs.push(asset),
            (Open::Output(mut output), AssetRef::Output(index)) => {
                output.index = index;
                self.outputs.push(output);
            }
            (Open::Output(_), AssetRef::Input(_)) => {
                return Err("an outputAsset must be a JobOutputAsset".to_owned());
            }
        }
        if self.inputs.len() + self.outputs.len() > MAX_ASSETS {
            return Err(format!("a task can have {MAX_ASSETS} assets"));
        }
        Ok(())
    }
}

impl AssetRef {
    fn parse(text: &str) -> Option<Self> {
        let number = |prefix: &str| {
            let inside = text.strip_prefix(prefix)?.strip_prefix('(')?.strip_suffix(')')?;
            inside.trim().parse().ok()
        };
        number("JobInputAsset")
            .map(Self::Input)
            .or_else(|| number("JobOutputAsset").map(Self::Output))
    }
}

/// The attributes of an `outputAsset`; samples write them with a capital letter, too.
fn attributes(start: &BytesStart<'_>) -> Result<OutputAsset, String> {
    let mut output =
        OutputAsset { index: 0, name: None, options: 0, format_option: 0, storage_account: None };
    let mut seen = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|e| format!("an attribute is malformed: {e}"))?;
        let name = attribute.key.local_name().as_ref().to_ascii_lowercase();
        if seen.contains(&name) {
            return Err(format!("outputAsset has two attributes {name}"));
        }
        let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0);
        let value =
            value.map_err(|e| format!("the attribute {name} is malformed: {e}"))?.into_owned();
        let number = |known: &[i64]| {
            let number = value.trim().parse().ok().filter(|number| known.contains(number));
            number.ok_or_else(|| format!("{name} must be one of {known:?}"))
        };
        match name.as_str() {
            "assetname" => output.name = Some(value.clone()).filter(|name| !name.is_empty()),
            "assetcreationoptions" => output.options = number(&[0, 1, 2, 4])?,
            "assetformatoption" => output.format_option = number(&[0, 1])?,
            "storageaccountname" => {
                output.storage_account = Some(value.clone()).filter(|name| !name.is_empty());
            }
            _ => return Err(format!("outputAsset has no attribute {name}")),
        }
        seen.push(name);
    }
    Ok(output)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn bodies_of_real_clients_are_read() {
        let body = TaskBody::parse(
            "<?xml version=\"1.0\" encoding=\"utf-16\"?><taskBody><inputAsset> JobInputAsset(0)\
             </inputAsset><outputAsset AssetName=\"A &amp; &quot;B&quot;\" assetCreationOptions=\"1\"\
             >JobOutputAsset(2)</outputAsset></taskBody>",
        )
        .unwrap();
        assert_eq!(body.inputs, [AssetRef::Input(0)]);
        let output = &body.outputs[0];
        assert_eq!((output.index, output.options), (2, 1));
        assert_eq!(output.name.as_deref(), Some("A & \"B\""));
    }

    #[test]
    fn mistakes_are_placed() {
        let problem = |xml: &str| TaskBody::parse(xml).unwrap_err().to_string();
        for (xml, expected) in [
            ("", "a task needs an inputAsset"),
            ("<x/>", "the root element must be taskBody"),
            ("<taskBody>", "it is cut short"),
            ("<taskBody><x/></taskBody>", "expected inputAsset or outputAsset"),
            ("<taskBody><inputAsset>Job(0)</inputAsset></taskBody>", "found 'Job(0)'"),
            ("<taskBody><inputAsset>JobInputAsset(-1)</inputAsset></taskBody>", "found"),
            (
                "<taskBody><inputAsset>JobInputAsset(0)</inputAsset></taskBody>",
                "needs an outputAsset",
            ),
            (
                "<taskBody><outputAsset>JobInputAsset(0)</outputAsset></taskBody>",
                "must be a JobOutputAsset",
            ),
            (
                "<taskBody><outputAsset x='1'>JobOutputAsset(0)</outputAsset></taskBody>",
                "no attribute x",
            ),
            ("<taskBody/><taskBody/>", "root element"),
            ("<taskBody>JobInputAsset(0)</taskBody>", "text outside"),
            (
                "<taskBody><outputAsset assetName='a' AssetName='b'>JobOutputAsset(0)</outputAsset>\
                 </taskBody>",
                "two attributes assetname",
            ),
            (
                "<taskBody><outputAsset assetCreationOptions='3'>JobOutputAsset(0)</outputAsset>\
                 </taskBody>",
                "assetcreationoptions must be one of [0, 1, 2, 4]",
            ),
            ("<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><taskBody/>", "not allowed"),
            ("<taskBody><inputAsset>&b;</inputAsset></taskBody>", "expected Job"),
            ("<taskBody></x>", "not well-formed"),
        ] {
            assert!(problem(xml).contains(expected), "{xml}: {}", problem(xml));
        }
        assert!(problem(&" ".repeat(200_000)).contains("longer"));
    }
}
