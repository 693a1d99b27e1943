//! Annotations: members whose names have an `@`.

use crate::csdl::json::{Names, scalar};
use crate::diagnostic::Span;
use crate::json::{Member, Node, Value};
use crate::xml::Element;

impl Names {
    /// The annotation that a member stands for: `@Term` or `@Term#Qualifier`. Annotations of
    /// annotations are not read.
    pub(super) fn annotation<'d>(&self, term: &str, member: &Member<'d>) -> Option<Element<'d>> {
        let term = term.strip_prefix('@').filter(|term| !term.contains('@'))?;
        let (term, qualifier) = match term.split_once('#') {
            Some((term, qualifier)) => (term, Some(qualifier.to_owned())),
            None => (term, None),
        };
        let mut element = self.edm("Annotation", member.span);
        let text = |name, value: String| self.text(name, value, member.span, member.span);
        element.attributes.push(text("Term", term.to_owned()));
        element.attributes.extend(qualifier.map(|qualifier| text("Qualifier", qualifier)));
        element.children.push(self.expression(&member.node));
        Some(element)
    }

    fn expression<'d>(&self, node: &Node<'d>) -> Element<'d> {
        let simple = |form: &'static str, span: Span| {
            let mut element = self.edm(form, span);
            element.text = scalar(node).unwrap_or_default();
            element
        };
        match &node.value {
            Value::Null => simple("Null", node.span),
            Value::Bool(_) => simple("Bool", node.span),
            Value::Number(_) => simple("Int", node.span),
            Value::String(_) => simple("String", node.span),
            Value::Array(items) => {
                let mut collection = self.edm("Collection", node.span);
                collection.children.extend(items.iter().map(|item| self.expression(item)));
                collection
            }
            Value::Object(members) => match members.iter().find(|m| m.name.starts_with('$')) {
                // `$Path`, `$If`, `$Apply` and so on; each has its element.
                Some(member) => {
                    let name = member.name.trim_start_matches('$').to_owned();
                    let mut element = self.edm(name, member.span);
                    element.text = scalar(&member.node).unwrap_or_default();
                    element
                }
                None => self.record(members, node.span),
            },
        }
    }

    fn record<'d>(&self, members: &[Member<'d>], span: Span) -> Element<'d> {
        let mut record = self.edm("Record", span);
        for member in members.iter().filter(|member| !member.name.contains('@')) {
            let mut value = self.edm("PropertyValue", member.span);
            value.attributes.push(self.text(
                "Property",
                member.name.clone(),
                member.span,
                member.span,
            ));
            value.children.push(self.expression(&member.node));
            record.children.push(value);
        }
        record
    }
}
