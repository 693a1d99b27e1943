//! The document element, its references, and the schemas in it.

use std::collections::BTreeMap;

use crate::csdl::attributes::{check, optional, required};
use crate::csdl::namespaces::{self, EDM_V4, METADATA, edm, is_edm, is_edmx};
use crate::csdl::{Document, Edmx, Include, Reference, Schema, json, schema};
use crate::diagnostic::{Findings, Span};
use crate::model::Version;
use crate::source::Source;
use crate::xml::{self, Element};

/// Reads a document; whether it could be read at all.
pub(crate) fn read(
    index: usize,
    source: &Source,
    edmx: &mut Edmx,
    findings: &mut Findings,
) -> bool {
    let root = match sniff(&source.text) {
        Format::Html => {
            let span = Span { source: index, start: 0, end: 0 };
            findings
                .error("source::html", span, "this is a web page, not a metadata document")
                .help("a service that wants a login answers with its page: send credentials");
            None
        }
        Format::Xml => xml::read(index, source, findings),
        Format::Json => crate::json::read(index, source, findings)
            .and_then(|root| json::element(&root, findings)),
    };
    let Some(root) = root else {
        edmx.documents.push(Document::default());
        return false;
    };
    let (document, schemas) = parse(&root, findings);
    edmx.documents.push(document);
    edmx.schemas.extend(schemas);
    true
}

/// What a document is written in.
enum Format {
    Xml,
    Json,
    Html,
}

/// What a document looks like.
fn sniff(text: &str) -> Format {
    let head = text.trim_start_matches('\u{feff}').trim_start();
    let begins =
        |word: &str| head.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    if begins("<!doctype html") || begins("<html") {
        return Format::Html;
    }
    if head.starts_with(['{', '[']) { Format::Json } else { Format::Xml }
}

/// Reads a document element: an `edmx:Edmx`, or a `Schema` by itself.
fn parse(root: &Element<'_>, findings: &mut Findings) -> (Document, Vec<Schema>) {
    let mut document = Document::default();
    let mut schemas = Vec::new();
    match &*root.name {
        "Edmx" => {
            // A prefix that is bound to nothing is reported where it is.
            if !is_edmx(root) && &*root.namespace != xml::UNBOUND {
                let message = format!("`{}` is not a namespace of EDMX", root.namespace);
                findings.repair("csdl::unknown-namespace", root.span, message);
            }
            edmx(root, &mut document, &mut schemas, findings);
        }
        "DataServices" => data_services(root, &mut document, &mut schemas, findings),
        "Schema" => one_schema(root, &mut document, &mut schemas, findings),
        _ => not_edmx(root, findings),
    }
    (document, schemas)
}

fn not_edmx(root: &Element<'_>, findings: &mut Findings) {
    let message = format!("the document element is <{}>, not <edmx:Edmx>", root.name);
    let help = match &*root.name {
        "service" => "this is the service document; the metadata document is at `$metadata`",
        "feed" | "entry" => "this is data of the service; the metadata document is at `$metadata`",
        "error" => "this is an error of the service, not what was asked for",
        _ => "a metadata document is what the service answers to `GET $metadata`",
    };
    findings.error("csdl::not-edmx", root.span, message).help(help);
}

fn edmx(
    root: &Element<'_>,
    document: &mut Document,
    schemas: &mut Vec<Schema>,
    findings: &mut Findings,
) {
    check(root, &[&["Version"]], findings);
    if optional(root, "Version").is_some_and(|version| version.value.trim() == "4.01") {
        document.version = Some(Version::V401);
    }
    let mut found = false;
    for child in &root.children {
        match &*child.name {
            "DataServices" => {
                found = true;
                data_services(child, document, schemas, findings);
            }
            // What the designer of the Entity Framework writes.
            "Runtime" => {
                let models = child.children.iter().filter(|c| c.name == "ConceptualModels");
                for element in models {
                    found = true;
                    data_services(element, document, schemas, findings);
                }
            }
            "Reference" if is_edmx(child) => reference(child, document, findings),
            "Schema" if is_edm(child) => {
                found = true;
                let message = "a Schema belongs in DataServices";
                findings.repair("csdl::unknown-element", child.span, message);
                one_schema(child, document, schemas, findings);
            }
            "AnnotationsReference" | "Designer" => {}
            _ if is_edmx(child) => {
                unexpected(child, root, &["DataServices", "Reference"], findings)
            }
            _ => {}
        }
    }
    if !found {
        findings.repair("csdl::no-data-services", root.span, "there is no DataServices");
    }
}

fn data_services(
    element: &Element<'_>,
    document: &mut Document,
    schemas: &mut Vec<Schema>,
    findings: &mut Findings,
) {
    for attribute in &element.attributes {
        let says = match &*attribute.name {
            "DataServiceVersion" | "MaxDataServiceVersion" => {
                let is_known = attribute.namespace.is_empty() || &*attribute.namespace == METADATA;
                is_known.then(|| data_service_version(&attribute.value)).flatten()
            }
            _ => None,
        };
        document.version = document.version.max(says);
    }
    for child in &element.children {
        match &*child.name {
            "Schema" => one_schema(child, document, schemas, findings),
            // An old way to refer to another document.
            "Reference" => {}
            _ if is_edm(child) || is_edmx(child) => {
                unexpected(child, element, &["Schema"], findings);
            }
            _ => {}
        }
    }
}

/// The version that a value such as `3.0;NetFx` names.
fn data_service_version(value: &str) -> Option<Version> {
    match value.split(';').next().unwrap_or_default().trim() {
        "1.0" => Some(Version::V1),
        "2.0" => Some(Version::V2),
        "3.0" => Some(Version::V3),
        "4.0" => Some(Version::V4),
        "4.01" => Some(Version::V401),
        _ => None,
    }
}

fn one_schema(
    element: &Element<'_>,
    document: &mut Document,
    schemas: &mut Vec<Schema>,
    findings: &mut Findings,
) {
    let Some(version) = namespaces::version(&element.namespace) else {
        let message = format!("`{}` is not a namespace of CSDL", element.namespace);
        findings
            .error("csdl::unknown-namespace", element.span, message)
            .suggest(&element.namespace, edm());
        return;
    };
    if element.namespace.is_empty() {
        findings
            .repair("csdl::unknown-namespace", element.span, "Schema has no XML namespace")
            .help(format!("since V4 it is `{EDM_V4}`"));
    }
    let said = document.version.unwrap_or(version);
    document.version = Some(said.max(version));
    let Some(schema) = schema::schema(element, &mut document.aliases, findings) else { return };
    if let Some(alias) = &schema.alias {
        document.aliases.insert(alias.value.clone(), schema.namespace.value.clone());
    }
    schemas.push(schema);
}

fn reference(element: &Element<'_>, document: &mut Document, findings: &mut Findings) {
    // V3 calls it `Url`.
    check(element, &[&["Uri", "Url"]], findings);
    let uri = optional(element, "Uri").or_else(|| optional(element, "Url"));
    let Some(uri) = uri.or_else(|| required(element, "Uri", findings)) else { return };
    let mut reference =
        Reference { uri: uri.value, span: uri.span, includes: Vec::new(), annotations: Vec::new() };
    for child in element.children.iter().filter(|child| is_edmx(child)) {
        match &*child.name {
            "Include" => {
                let Some(namespace) = required(child, "Namespace", findings) else { continue };
                let namespace = namespace.value;
                let alias = optional(child, "Alias").map(|alias| alias.value);
                let alias = alias.filter(|alias| !alias.is_empty());
                if let Some(alias) = &alias {
                    alias_of(&mut document.aliases, alias, &namespace);
                }
                reference.includes.push(Include { namespace, alias });
            }
            "IncludeAnnotations" => {
                let namespace = required(child, "TermNamespace", findings);
                reference.annotations.extend(namespace.map(|namespace| namespace.value));
            }
            _ => unexpected(child, element, &["Include", "IncludeAnnotations"], findings),
        }
    }
    document.references.push(reference);
}

/// Notes an alias; that of a schema wins over one of a reference.
pub(crate) fn alias_of(aliases: &mut BTreeMap<String, String>, alias: &str, namespace: &str) {
    aliases.entry(alias.to_owned()).or_insert_with(|| namespace.to_owned());
}

/// Reports an element that does not belong where it is; it is left out.
pub(crate) fn unexpected(
    child: &Element<'_>,
    parent: &Element<'_>,
    known: &[&str],
    findings: &mut Findings,
) {
    let (child_name, parent_name) = (&child.name, &parent.name);
    let message = format!("<{child_name}> does not belong in {parent_name}");
    findings
        .repair("csdl::unknown-element", child.span, message)
        .suggest(child_name, known.iter().copied());
}
