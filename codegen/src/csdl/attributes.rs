//! Reading attributes so that none is overlooked: each is read, known to be without effect on
//! what is generated, refused as not supported yet, or reported as unknown.

use crate::csdl::Text;
use crate::diagnostic::{Findings, Spanned};
use crate::xml::{Attribute, Element};

/// The namespace of `m:` attributes (MS-ODATA §2.2.3.7.2).
pub(crate) const METADATA: &str = "http://schemas.microsoft.com/ado/2007/08/dataservices/metadata";

/// What the attributes of an element may be. Names of attributes in the metadata namespace begin
/// with `m:`; attributes in any other namespace are annotations, which CSDL lets a reader skip.
pub(crate) struct Rules {
    /// Attributes that the parser reads.
    pub(crate) read: &'static [&'static str],
    /// Attributes that do not change what is generated.
    pub(crate) without_effect: &'static [&'static str],
    /// Attributes that are refused, unless they have the value that makes no difference.
    pub(crate) unsupported: &'static [(&'static str, &'static str)],
}

/// Reports attributes that the rules do not allow.
pub(crate) fn check(element: &Element, rules: &Rules, findings: &mut Findings) {
    for attribute in &element.attributes {
        let Some(name) = qualified(attribute) else { continue };
        if rules.read.contains(&name.as_str()) || rules.without_effect.contains(&name.as_str()) {
            continue;
        }
        let element_name = &element.name;
        match rules.unsupported.iter().find(|(unsupported, _)| *unsupported == name) {
            Some((_, harmless)) if attribute.value.trim() == *harmless => {}
            Some(_) => {
                let value = &attribute.value;
                let message =
                    format!("`{name}=\"{value}\"` on {element_name} is not supported yet");
                findings.error("csdl::unsupported", attribute.name_span, message);
            }
            None => {
                let message = format!("{element_name} has no attribute `{name}`");
                let known = rules.read.iter().chain(rules.without_effect).copied();
                findings
                    .error("csdl::unknown-attribute", attribute.name_span, message)
                    .suggest(&name, known);
            }
        }
    }
}

/// `Name` or `m:Name`; `None` for an annotation.
fn qualified(attribute: &Attribute) -> Option<String> {
    match attribute.namespace.as_str() {
        "" => Some(attribute.name.clone()),
        METADATA => Some(format!("m:{}", attribute.name)),
        _ => None,
    }
}

fn find<'e>(element: &'e Element, name: &str) -> Option<&'e Attribute> {
    element.attributes.iter().find(|attribute| qualified(attribute).is_some_and(|n| n == name))
}

/// An attribute that may be absent.
pub(crate) fn optional(element: &Element, name: &str) -> Option<Text> {
    find(element, name).map(|attribute| Spanned::new(attribute.value.clone(), attribute.span))
}

/// An attribute that must be there.
pub(crate) fn required(element: &Element, name: &str, findings: &mut Findings) -> Option<Text> {
    let text = optional(element, name);
    if text.is_none() {
        let message = format!("{} needs the attribute `{name}`", element.name);
        findings.error("csdl::missing-attribute", element.span, message);
    }
    text
}

/// The `Name` attribute: a simple identifier.
pub(crate) fn name(element: &Element, findings: &mut Findings) -> Option<Text> {
    let name = required(element, "Name", findings)?;
    if !is_identifier(&name.value) {
        let message = format!("`{}` is not a name", name.value);
        findings
            .error("csdl::bad-name", name.span, message)
            .help("a name begins with a letter or `_`, and letters, digits and `_` follow");
        return None;
    }
    Some(name)
}

/// Whether a text is a SimpleIdentifier of CSDL.
pub(crate) fn is_identifier(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_alphanumeric() || letter == '_')
        && text.len() <= 480
}

/// An `xs:boolean`.
pub(crate) fn boolean(
    element: &Element,
    name: &str,
    findings: &mut Findings,
) -> Option<Spanned<bool>> {
    let text = optional(element, name)?;
    match text.value.trim() {
        "true" | "1" => Some(Spanned::new(true, text.span)),
        "false" | "0" => Some(Spanned::new(false, text.span)),
        other => {
            let message = format!("`{name}` is `{other}`; it is `true` or `false`");
            findings.error("csdl::bad-value", text.span, message);
            None
        }
    }
}

/// `MaxLength`: a number, or `Max` for no limit that a client could know.
pub(crate) fn max_length(element: &Element, findings: &mut Findings) -> Option<u32> {
    let text = optional(element, "MaxLength")?;
    if text.value.eq_ignore_ascii_case("max") {
        return None;
    }
    let number = text.value.trim().parse().ok();
    if number.is_none() {
        let message = format!("`MaxLength` is `{}`; it is a number or `Max`", text.value);
        findings.error("csdl::bad-value", text.span, message);
    }
    number
}
