//! The `JobTemplateBody` of a job template: one `taskBody` for each of its task templates.
//!
//! It is as hostile as a [`TaskBody`]: no DTD, no entity but the five that XML has, and limits.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::task_body::TaskBody;

/// Longer bodies are refused.
const MAX_LENGTH: usize = 1 << 20;
/// Among how many attributes of a `taskBody` the id of its template is looked for.
const MAX_ATTRIBUTES: usize = 16;

/// One task of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TemplateTask {
    /// The id of the task template that it belongs to.
    pub(crate) template: String,
    /// What goes in and what comes out.
    pub(crate) body: TaskBody,
    /// The same as text: the `TaskBody` of the tasks that are made from it.
    pub(crate) text: String,
}

/// A body that is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("JobTemplateBody, position {position}: {problem}")]
pub(crate) struct TemplateBodyError {
    position: u64,
    problem: String,
}

/// Reads a body: its tasks, in order. The encoding that it declares does not matter: it has come
/// as text.
pub(crate) fn parse(xml: &str) -> Result<Vec<TemplateTask>, TemplateBodyError> {
    let error = |position, problem: String| TemplateBodyError { position, problem };
    let xml = xml.trim_start_matches('\u{feff}');
    if xml.len() > MAX_LENGTH {
        return Err(error(0, format!("longer than {MAX_LENGTH} characters")));
    }
    let mut reader = Reader::from_str(xml);
    reader.config_mut().expand_empty_elements = true;
    let (mut tasks, mut depth, mut open) = (Vec::new(), 0_usize, None);
    loop {
        let position = reader.buffer_position();
        let fail = |problem: String| error(position, problem);
        match reader.read_event().map_err(|e| fail(format!("not well-formed: {e}")))? {
            Event::Start(start) => {
                match (depth, start.local_name().as_ref()) {
                    (0, "jobTemplate") => {}
                    (0, _) => return Err(fail("the root element must be jobTemplate".into())),
                    (1, "taskBody") => {
                        open = Some((template_id(&start).map_err(fail)?, position));
                    }
                    (1, _) => return Err(fail("expected taskBody".into())),
                    // What is inside of a task is read as a whole, once its end is found.
                    _ => {}
                }
                depth += 1;
            }
            Event::End(_) => {
                depth -= 1;
                if depth == 1
                    && let Some((template, begin)) = open.take()
                {
                    let text = slice(xml, begin, reader.buffer_position());
                    let body = TaskBody::parse(text).map_err(|e| fail(e.to_string()))?;
                    tasks.push(TemplateTask { template, body, text: text.to_owned() });
                }
            }
            Event::DocType(_) => return Err(fail("a document type is not allowed".into())),
            Event::Eof if depth > 0 => return Err(fail("it is cut short".into())),
            Event::Eof if tasks.is_empty() => {
                return Err(fail("it needs a taskBody for each TaskTemplate".into()));
            }
            Event::Eof => return Ok(tasks),
            _ => {}
        }
    }
}

fn slice(xml: &str, begin: u64, end: u64) -> &str {
    let (begin, end) = (usize::try_from(begin), usize::try_from(end));
    let range = begin.unwrap_or(usize::MAX)..end.unwrap_or(usize::MAX);
    xml.get(range).unwrap_or_default()
}

fn template_id(start: &BytesStart<'_>) -> Result<String, String> {
    // Each attribute is compared with all before it: there must not be many.
    for attribute in start.attributes().take(MAX_ATTRIBUTES) {
        let attribute = attribute.map_err(|e| format!("an attribute is malformed: {e}"))?;
        if attribute.key.local_name().as_ref().eq_ignore_ascii_case("taskTemplateId") {
            let id = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0);
            let id = id.map_err(|e| format!("taskTemplateId is malformed: {e}"))?;
            return Ok(id.trim().to_owned());
        }
    }
    Err("a taskBody must name its TaskTemplate in the attribute taskTemplateId".to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const TASK: &str = "<taskBody taskTemplateId=\"nb:ttid:UUID:1\"><inputAsset>JobInputAsset(0)\
        </inputAsset><outputAsset assetName=\"ü\">JobOutputAsset(0)</outputAsset></taskBody>";

    #[test]
    fn tasks_come_with_their_text() {
        let xml = format!(
            "<?xml version=\"1.0\" encoding=\"utf-16\"?>\n<jobTemplate>{TASK}</jobTemplate>"
        );
        let tasks = parse(&xml).unwrap();
        assert_eq!(tasks.len(), 1);
        assert_eq!((tasks[0].template.as_str(), tasks[0].text.as_str()), ("nb:ttid:UUID:1", TASK));
        assert_eq!(tasks[0].body.outputs[0].name.as_deref(), Some("ü"));
    }

    #[test]
    fn mistakes_are_named() {
        for (xml, expected) in [
            ("", "needs a taskBody"),
            ("<taskBody/>", "root element must be jobTemplate"),
            ("<jobTemplate/>", "needs a taskBody"),
            ("<jobTemplate><x/></jobTemplate>", "expected taskBody"),
            ("<jobTemplate><taskBody/></jobTemplate>", "taskTemplateId"),
            ("<jobTemplate><taskBody taskTemplateId='a'/></jobTemplate>", "needs an inputAsset"),
            ("<jobTemplate>", "cut short"),
            ("<jobTemplate></x>", "not well-formed"),
            ("<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><jobTemplate/>", "not allowed"),
        ] {
            let problem = parse(xml).unwrap_err().to_string();
            assert!(problem.contains(expected), "{xml}: {problem}");
        }
        let many: String = (0..50_000).map(|n| format!(" a{n}=''")).collect();
        let xml = format!("<jobTemplate><taskBody{many} taskTemplateId='a'/></jobTemplate>");
        assert!(parse(&xml).unwrap_err().to_string().contains("taskTemplateId"));
        assert!(parse(&" ".repeat(MAX_LENGTH + 1)).unwrap_err().to_string().contains("longer"));
    }
}
