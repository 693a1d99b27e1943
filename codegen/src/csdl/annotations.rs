//! Annotations: those that change what is generated are read, the others are skipped, which CSDL
//! lets a reader do.

use crate::csdl::Text;
use crate::csdl::attributes::optional;
use crate::csdl::namespaces::is_edm;
use crate::diagnostic::Findings;
use crate::xml::Element;

/// The terms that are read, without their namespaces.
const TERMS: [&str; 15] = [
    "Description",
    "LongDescription",
    "Computed",
    "ComputedDefaultValue",
    "Immutable",
    "Permissions",
    "Revisions",
    "Deprecated",
    "OptimisticConcurrency",
    "AlternateKeys",
    "ReadRestrictions",
    "InsertRestrictions",
    "UpdateRestrictions",
    "DeleteRestrictions",
    "MediaType",
];

/// An `Annotation`.
#[derive(Debug)]
pub(crate) struct Annotation {
    pub(crate) term: Text,
    pub(crate) value: Expression,
}

/// The value of an annotation, as far as it is constant.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expression {
    /// `Bool`; also that of an annotation without a value, whose default is true for every term
    /// that is read.
    Bool(bool),
    /// `String`, and any other constant that is not among the others.
    String(String),
    /// A path to a property, or to anything else of the model.
    Path(String),
    /// The names of enumeration members, separated by blanks, each with its type.
    EnumMember(String),
    /// `Collection`.
    Collection(Vec<Expression>),
    /// `Record`.
    Record(Vec<(String, Expression)>),
    /// What would have to be computed.
    Dynamic,
}

/// Forms of an expression, as attributes and as elements.
const FORMS: [&str; 19] = [
    "Bool",
    "String",
    "EnumMember",
    "Path",
    "PropertyPath",
    "NavigationPropertyPath",
    "ModelElementPath",
    "AnnotationPath",
    "AnyPropertyPath",
    "Int",
    "Decimal",
    "Float",
    "Date",
    "DateTimeOffset",
    "Duration",
    "TimeOfDay",
    "Guid",
    "Binary",
    "UrlRef",
];

/// The annotations within an element.
pub(crate) fn inline(element: &Element<'_>, findings: &mut Findings) -> Vec<Annotation> {
    let mut list = Vec::new();
    for child in element.children.iter().filter(|child| is_edm(child)) {
        if matches!(&*child.name, "Annotation" | "ValueAnnotation") {
            list.extend(annotation(child, findings));
        }
    }
    list
}

fn annotation(element: &Element<'_>, findings: &mut Findings) -> Option<Annotation> {
    let Some(term) = optional(element, "Term") else {
        super::attributes::missing(element, "Term", findings);
        return None;
    };
    let short = term.value.rsplit('.').next().unwrap_or_default();
    // A qualifier makes it a variant of the annotation, for use in some places only.
    if !TERMS.contains(&short) || optional(element, "Qualifier").is_some() {
        return None;
    }
    Some(Annotation { value: value(element), term })
}

/// The value that is an attribute or a child of an element.
fn value(element: &Element<'_>) -> Expression {
    for attribute in element.attributes.iter().filter(|attribute| attribute.namespace.is_empty()) {
        if FORMS.contains(&&*attribute.name) {
            return constant(&attribute.name, &attribute.value);
        }
    }
    let mut children = element.children.iter().filter(|child| is_edm(child));
    match children.find(|child| child.name != "Annotation") {
        Some(child) => expression(child),
        None => Expression::Bool(true),
    }
}

fn expression(element: &Element<'_>) -> Expression {
    let children = || element.children.iter().filter(|child| is_edm(child));
    match &*element.name {
        "Collection" => Expression::Collection(children().map(expression).collect()),
        "Record" => {
            let values = children().filter(|child| child.name == "PropertyValue");
            let named =
                values.filter_map(|child| Some((optional(child, "Property")?.value, value(child))));
            Expression::Record(named.collect())
        }
        "Null" => Expression::Dynamic,
        form if FORMS.contains(&form) => constant(form, element.text.trim()),
        _ => Expression::Dynamic,
    }
}

fn constant(form: &str, text: &str) -> Expression {
    match form {
        "Bool" => match text.trim() {
            "true" | "True" | "1" => Expression::Bool(true),
            "false" | "False" | "0" => Expression::Bool(false),
            _ => Expression::Dynamic,
        },
        "EnumMember" => Expression::EnumMember(text.to_owned()),
        // Whether something holds may depend on the value of a property.
        "Path" => Expression::Path(text.to_owned()),
        form if form.ends_with("Path") => Expression::Path(text.to_owned()),
        _ => Expression::String(text.to_owned()),
    }
}
