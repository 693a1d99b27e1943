//! CSDL JSON: the elements of CSDL XML that a JSON document stands for, with the places in the
//! JSON text. What is made of them has one definition, in the readers of elements.

mod annotations;
mod members;

use std::borrow::Cow;
use std::rc::Rc;

use crate::csdl::namespaces::{EDM_V4, EDMX_V4};
use crate::diagnostic::{Findings, Span};
use crate::json::{Member, Node, Value};
use crate::xml::{Attribute, Element};

/// The document element that a document stands for; `None` after an error.
pub(crate) fn element<'d>(root: &Node<'d>, findings: &mut Findings) -> Option<Element<'d>> {
    let members = match &root.value {
        Value::Object(members) if is_csdl(members) => members,
        _ => {
            let help = match &root.value {
                Value::Object(members) if members.iter().any(|m| m.name.contains("error")) => {
                    "this is an error of the service, not what was asked for"
                }
                _ => "it has the member `$Version`; the service document and data do not",
            };
            let span = Span { end: root.span.start + 1, ..root.span };
            findings.error("json::not-csdl", span, "this is not a CSDL JSON document").help(help);
            return None;
        }
    };
    let names = Names { edm: Rc::from(EDM_V4), edmx: Rc::from(EDMX_V4), none: Rc::from("") };
    let mut edmx = names.edmx("Edmx", root.span);
    let mut services = names.edmx("DataServices", root.span);
    for member in members {
        match (&*member.name, &member.node.value) {
            ("$Version", _) => edmx.attributes.extend(names.attribute("Version", member)),
            ("$Reference", Value::Object(references)) => {
                edmx.children.extend(references.iter().map(|member| names.reference(member)));
            }
            // It names the container that a service has, of which there is one.
            ("$EntityContainer", _) => {}
            (name, Value::Object(schema)) if !name.starts_with(['$', '@']) => {
                services.children.push(names.schema(member, schema, findings));
            }
            (name, _) if name.starts_with('@') => {}
            _ => unexpected(member, "the document", findings),
        }
    }
    edmx.children.push(services);
    Some(edmx)
}

fn is_csdl(members: &[Member<'_>]) -> bool {
    members.iter().any(|member| member.name == "$Version")
}

/// Reports a member that does not belong where it is; it is left out.
fn unexpected(member: &Member<'_>, owner: &str, findings: &mut Findings) {
    let message = format!("`{}` does not belong in {owner}", member.name);
    findings.repair("json::unknown-member", member.span, message);
}

/// The namespaces of the elements that are made.
struct Names {
    edm: Rc<str>,
    edmx: Rc<str>,
    none: Rc<str>,
}

impl Names {
    fn edm<'d>(&self, name: impl Into<Cow<'d, str>>, span: Span) -> Element<'d> {
        new(Rc::clone(&self.edm), name.into(), span)
    }

    fn edmx<'d>(&self, name: &'static str, span: Span) -> Element<'d> {
        new(Rc::clone(&self.edmx), Cow::Borrowed(name), span)
    }

    /// An attribute with a text as its value.
    fn text<'d>(
        &self,
        name: impl Into<Cow<'d, str>>,
        value: impl Into<Cow<'d, str>>,
        name_span: Span,
        span: Span,
    ) -> Attribute<'d> {
        let namespace = Rc::clone(&self.none);
        Attribute { namespace, name: name.into(), value: value.into(), name_span, span }
    }

    /// The attribute that a member stands for, if its value can be one.
    fn attribute<'d>(
        &self,
        name: impl Into<Cow<'d, str>>,
        member: &Member<'d>,
    ) -> Option<Attribute<'d>> {
        let value = scalar(&member.node)?;
        Some(self.text(name, value, member.span, inner(&member.node)))
    }

    fn reference<'d>(&self, member: &Member<'d>) -> Element<'d> {
        let mut reference = self.edmx("Reference", member.span);
        let uri = self.text("Uri", member.name.clone(), member.span, member.span);
        reference.attributes.push(uri);
        for include in items(&member.node, "$Include") {
            let mut element = self.edmx("Include", include.span);
            for (known, attribute) in [("$Namespace", "Namespace"), ("$Alias", "Alias")] {
                let found = get(include, known);
                element.attributes.extend(found.and_then(|m| self.attribute(attribute, m)));
            }
            reference.children.push(element);
        }
        for include in items(&member.node, "$IncludeAnnotations") {
            let mut element = self.edmx("IncludeAnnotations", include.span);
            let found = get(include, "$TermNamespace");
            element.attributes.extend(found.and_then(|m| self.attribute("TermNamespace", m)));
            reference.children.push(element);
        }
        reference
    }
}

fn new<'d>(namespace: Rc<str>, name: Cow<'d, str>, span: Span) -> Element<'d> {
    let (attributes, children) = (Vec::new(), Vec::new());
    Element { namespace, name, attributes, children, text: Cow::Borrowed(""), span }
}

/// The text of a value that is no array and no object.
fn scalar<'d>(node: &Node<'d>) -> Option<Cow<'d, str>> {
    Some(match &node.value {
        Value::String(text) => text.clone(),
        Value::Number(text) => Cow::Borrowed(text),
        Value::Bool(true) => Cow::Borrowed("true"),
        Value::Bool(false) => Cow::Borrowed("false"),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    })
}

/// Where a value is, without quotes.
fn inner(node: &Node<'_>) -> Span {
    match &node.value {
        Value::String(_) => {
            Span { start: node.span.start + 1, end: node.span.end.saturating_sub(1), ..node.span }
        }
        _ => node.span,
    }
}

/// The member of an object.
fn get<'n, 'd>(node: &'n Node<'d>, name: &str) -> Option<&'n Member<'d>> {
    let Value::Object(members) = &node.value else { return None };
    members.iter().find(|member| member.name == name)
}

/// Whether the member of an object is there and true.
fn is(node: &Node<'_>, name: &str) -> bool {
    get(node, name).is_some_and(|member| matches!(member.node.value, Value::Bool(true)))
}

/// The items of the array that is a member of an object.
fn items<'n, 'd>(node: &'n Node<'d>, name: &str) -> &'n [Node<'d>] {
    match get(node, name).map(|member| &member.node.value) {
        Some(Value::Array(items)) => items,
        _ => &[],
    }
}
