//! Reading attributes so that none is overlooked: each is read, known to be without effect on
//! what is generated, or reported as unknown.

use crate::csdl::namespaces::{METADATA, SAP};
use crate::csdl::{Remarks, Text, annotations};
use crate::diagnostic::{Findings, Spanned};
use crate::model::Facets;
use crate::xml::{Attribute, Element};

/// Attributes that say more of a type, wherever a type is given.
pub(crate) const FACETS: &[&str] = &[
    "Nullable",
    "MaxLength",
    "Precision",
    "Scale",
    "SRID",
    "DefaultValue",
    "Unicode",
    "FixedLength",
    "Collation",
];

/// Reports attributes without namespace that are not among the known ones. Attributes of the
/// metadata namespace are known by the generator or of no effect on it; those of any other are
/// annotations, which CSDL lets a reader skip.
pub(crate) fn check(element: &Element<'_>, known: &[&[&str]], findings: &mut Findings) {
    for attribute in &element.attributes {
        let name = &*attribute.name;
        let is_known = || known.iter().any(|names| names.contains(&name));
        if attribute.namespace.is_empty() && !is_known() {
            let message = format!("{} has no attribute `{name}`", element.name);
            findings
                .repair("csdl::unknown-attribute", attribute.name_span, message)
                .suggest(name, known.iter().flat_map(|names| names.iter().copied()));
        }
    }
}

/// The attribute of a name, which begins with `m:` for the metadata namespace.
fn find<'e, 'd>(element: &'e Element<'d>, name: &str) -> Option<&'e Attribute<'d>> {
    let (namespace, name) = match name.strip_prefix("m:") {
        Some(name) => (METADATA, name),
        None => ("", name),
    };
    element
        .attributes
        .iter()
        .find(|attribute| attribute.name == name && &*attribute.namespace == namespace)
}

/// An attribute that may be absent.
pub(crate) fn optional(element: &Element<'_>, name: &str) -> Option<Text> {
    find(element, name).map(|attribute| Spanned::new(attribute.value.to_string(), attribute.span))
}

/// An attribute that must be there.
pub(crate) fn required(element: &Element<'_>, name: &str, findings: &mut Findings) -> Option<Text> {
    let text = optional(element, name);
    if text.is_none() {
        missing(element, name, findings);
    }
    text
}

/// Reports that an attribute is missing; what it would be on is left out.
pub(crate) fn missing(element: &Element<'_>, name: &str, findings: &mut Findings) {
    let message = format!("{} needs the attribute `{name}`", element.name);
    findings.repair("csdl::missing-attribute", element.span, message);
}

/// The `Name` attribute: a simple identifier.
pub(crate) fn name(element: &Element<'_>, findings: &mut Findings) -> Option<Text> {
    let name = required(element, "Name", findings)?;
    is_name(&name, findings).then_some(name)
}

/// Whether a text can be a name. What is merely not an identifier works nevertheless: entity sets
/// are called `archive/2019`. What has a name that cannot stand in a URL or in code is left out.
pub(crate) fn is_name(name: &Text, findings: &mut Findings) -> bool {
    if is_identifier(&name.value) {
        return true;
    }
    let message = format!("`{}` is not a name", name.value);
    let works = !name.value.is_empty()
        && name.value.len() <= LONGEST_NAME
        && name.value.chars().any(char::is_alphanumeric)
        && !name.value.chars().any(|letter| letter.is_control() || letter.is_whitespace());
    findings
        .repair("csdl::bad-name", name.span, message)
        .help("a name begins with a letter or `_`, and letters, digits and `_` follow");
    works
}

/// How long a name may be, in bytes: 128 characters are allowed.
const LONGEST_NAME: usize = 512;

/// Whether a text is a SimpleIdentifier of CSDL.
pub(crate) fn is_identifier(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(is_letter)
        && text.len() <= LONGEST_NAME
}

/// Whether a letter may be within a name. Beside letters and digits these are marks that combine
/// with a letter, punctuation that connects words, and joiners.
fn is_letter(letter: char) -> bool {
    letter.is_alphanumeric()
        || matches!(letter,
            '_' | '\u{203f}' | '\u{2040}' | '\u{2054}' | '\u{fe33}' | '\u{fe34}'
            | '\u{fe4d}'..='\u{fe4f}' | '\u{ff3f}' | '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}')
}

/// An `xs:boolean`.
pub(crate) fn boolean(
    element: &Element<'_>,
    name: &str,
    findings: &mut Findings,
) -> Option<Spanned<bool>> {
    let attribute = find(element, name)?;
    match attribute.value.trim() {
        "true" | "1" => Some(Spanned::new(true, attribute.span)),
        "false" | "0" => Some(Spanned::new(false, attribute.span)),
        other => {
            let message = format!("`{name}` is `{other}`; it is `true` or `false`");
            findings.repair("csdl::bad-value", attribute.span, message);
            let value = match other.to_ascii_lowercase().as_str() {
                "true" => true,
                "false" => false,
                _ => return None,
            };
            Some(Spanned::new(value, attribute.span))
        }
    }
}

/// Whether an attribute is there and true.
pub(crate) fn flag(element: &Element<'_>, name: &str, findings: &mut Findings) -> bool {
    boolean(element, name, findings).is_some_and(|value| value.value)
}

/// `MaxLength`: a number, or `Max` for no limit that a client could know. A number that is too
/// large to be one is no limit either.
pub(crate) fn max_length(element: &Element<'_>, findings: &mut Findings) -> Option<u32> {
    let text = find(element, "MaxLength")?;
    let value = text.value.trim();
    if value.eq_ignore_ascii_case("max") {
        return None;
    }
    if value.is_empty() || !value.bytes().all(|digit| digit.is_ascii_digit()) {
        let message = format!("`MaxLength` is `{}`; it is a number or `Max`", text.value);
        findings.repair("csdl::bad-value", text.span, message);
    }
    value.parse().ok()
}

/// The facets other than `Nullable` and `MaxLength`.
pub(crate) fn facets(element: &Element<'_>, findings: &mut Findings) -> Facets {
    let mut number = |name, words: &[&str]| {
        let text = find(element, name)?;
        let value = text.value.trim();
        let is_number = !value.is_empty() && value.bytes().all(|digit| digit.is_ascii_digit());
        let lower = value.to_ascii_lowercase();
        if !is_number && !words.contains(&lower.as_str()) {
            let message = format!("`{name}` is `{value}`; it is a number");
            findings.repair("csdl::bad-value", text.span, message);
            return None;
        }
        Some(if is_number { value.to_owned() } else { lower })
    };
    Facets {
        precision: number("Precision", &[]),
        scale: number("Scale", &["variable", "floating"]),
        srid: number("SRID", &["variable"]),
        default: optional(element, "DefaultValue").map(|text| text.value),
    }
}

/// What is said of an element beside its structure: `Documentation`, labels and annotations.
pub(crate) fn remarks(element: &Element<'_>, findings: &mut Findings) -> Remarks {
    let mut remarks = Remarks { doc: documentation(element), ..Remarks::default() };
    remarks.annotations = annotations::inline(element, findings);
    let mut label = None;
    let mut info = None;
    for attribute in &element.attributes {
        if &*attribute.namespace != SAP {
            continue;
        }
        let value = attribute.value.trim();
        let flag = match value {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        };
        match &*attribute.name {
            "label" if !value.is_empty() => label = Some(value),
            "quickinfo" if !value.is_empty() => info = Some(value),
            "creatable" => remarks.creatable = flag,
            "updatable" => remarks.updatable = flag,
            "deletable" => remarks.deletable = flag,
            _ => {}
        }
    }
    if remarks.doc.is_none() {
        remarks.doc = match (label, info) {
            (Some(label), Some(info)) if label != info => Some(format!("{label}\n\n{info}")),
            (label, info) => label.or(info).map(str::to_owned),
        };
    }
    remarks
}

/// The texts of a `Documentation` element.
fn documentation(element: &Element<'_>) -> Option<String> {
    let documentation = element.children.iter().find(|child| child.name == "Documentation")?;
    let texts: Vec<&str> = ["Summary", "LongDescription"]
        .iter()
        .filter_map(|part| documentation.children.iter().find(|child| child.name == *part))
        .map(|part| part.text.trim())
        .filter(|text| !text.is_empty())
        .collect();
    (!texts.is_empty()).then(|| texts.join("\n\n"))
}
