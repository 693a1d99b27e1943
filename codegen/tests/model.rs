//! Small documents, one per construct, and what the model has of them.

mod common;

use common::dump;
use odata_codegen::{Mode, Options, Reading, Source, explain, generate, read_model_as};

const V4: &str = "<edmx:Edmx Version=\"4.0\" xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\"><edmx:DataServices>\n<Schema Namespace=\"S\" xmlns=\"http://docs.oasis-open.org/odata/ns/edm\">\n";
const V3: &str = "<edmx:Edmx Version=\"1.0\" xmlns:edmx=\"http://schemas.microsoft.com/ado/2007/06/edmx\"><edmx:DataServices xmlns:m=\"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata\">\n<Schema Namespace=\"S\" xmlns=\"http://schemas.microsoft.com/ado/2009/11/edm\" xmlns:sap=\"http://www.sap.com/Protocols/SAPData\">\n";
const END: &str = "\n</Schema></edmx:DataServices></edmx:Edmx>";

fn source(name: &str, text: &str) -> Source {
    Source { name: name.to_owned(), text: text.to_owned() }
}

fn read(documents: &[Source], references: &[Source], amendments: &str, mode: Mode) -> String {
    let amendments: Vec<Source> =
        (!amendments.is_empty()).then(|| source("a.toml", amendments)).into_iter().collect();
    let reading = Reading { mode, references: references.to_vec() };
    match read_model_as(documents, &amendments, &reading) {
        Ok((model, warnings)) if warnings.is_empty() => dump(&model),
        Ok((model, warnings)) => format!("{}{warnings}\n", dump(&model)),
        Err(found) => panic!("{found}"),
    }
}

/// The model of the contents of a schema of V4.
fn v4(schema: &str) -> String {
    read(&[source("m.xml", &format!("{V4}{schema}{END}"))], &[], "", Mode::Strict)
}

/// The model of the contents of a schema of V3.
fn v3(schema: &str) -> String {
    read(&[source("m.xml", &format!("{V3}{schema}{END}"))], &[], "", Mode::Strict)
}

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("model/", $name))
    };
}

#[test]
fn types() {
    insta::assert_snapshot!("inheritance", v4(fixture!("inheritance.xml")));
    insta::assert_snapshot!("enumerations", v4(fixture!("enumerations.xml")));
    insta::assert_snapshot!("definitions", v4(fixture!("definitions.xml")));
    insta::assert_snapshot!("keys", v4(fixture!("keys.xml")));
    insta::assert_snapshot!("facets", v4(fixture!("facets.xml")));
}

#[test]
fn services() {
    insta::assert_snapshot!("navigation", v4(fixture!("navigation.xml")));
    insta::assert_snapshot!("operations", v4(fixture!("operations.xml")));
    insta::assert_snapshot!("annotations", v4(fixture!("annotations.xml")));
}

#[test]
fn older_versions() {
    insta::assert_snapshot!("associations", v3(fixture!("associations.xml")));
    insta::assert_snapshot!("function_imports", v3(fixture!("function_imports.xml")));
    insta::assert_snapshot!("sap", v3(fixture!("sap.xml")));
}

#[test]
fn several_documents() {
    let main = source("main.xml", fixture!("main.xml"));
    let lent = source("lent.xml", fixture!("lent.xml"));
    let read = read(std::slice::from_ref(&main), &[lent], "", Mode::Strict);
    insta::assert_snapshot!("references", read);
    let list = odata_codegen::references(&main).expect("it can be read");
    insta::assert_debug_snapshot!("list_of_references", list);
    assert_eq!(list.iter().filter(|reference| reference.is_vocabulary()).count(), 1);
}

/// Of a document that is only referred to, what the others reach is there. What is wrong with the
/// rest does not matter.
#[test]
fn what_lent_documents_have_beside_what_is_reached() {
    let main = source("main.xml", fixture!("reaching.xml"));
    let lent = source("lent.xml", fixture!("reached.xml"));
    let lent = std::slice::from_ref(&lent);
    insta::assert_snapshot!("reached", read(std::slice::from_ref(&main), lent, "", Mode::Strict));
    let whole = read_model_as(&[main.clone(), lent[0].clone()], &[], &Reading::default());
    assert!(whole.expect_err("it is wrong").to_string().contains("is derived from itself"));

    let reading = Reading { references: lent.to_vec(), ..Reading::default() };
    let options = Options { reading, ..Options::default() };
    let kept = generate(&[main], &[], &options).expect("it generates").kept;
    let at = kept.iter().position(|kept| kept.what.contains("Lent.ByBase")).expect("it is kept");
    assert_eq!(
        explain(&kept, at),
        "complex type `Lent.ByBase` is kept: base type of what follows; \
         complex type `Lent.ByProperty` is kept: type of `ByProperty` of what follows; \
         complex type `Main.Own` is kept: a document that is generated from declares it"
    );
}

#[test]
fn json_says_the_same_as_xml() {
    let xml = read(&[source("m.xml", fixture!("whole.xml"))], &[], "", Mode::Strict);
    let json = read(&[source("m.json", fixture!("whole.json"))], &[], "", Mode::Strict);
    insta::assert_snapshot!("whole", xml);
    assert_eq!(json, xml);
}

#[test]
fn amendments_reach_every_kind_of_thing() {
    let document = source("m.xml", fixture!("amended.xml"));
    let read = read(&[document], &[], fixture!("amended.toml"), Mode::Strict);
    insta::assert_snapshot!("amended", read);
}

#[test]
fn lenient_repairs() {
    let document = source("m.xml", fixture!("broken.xml"));
    insta::assert_snapshot!("broken", read(&[document], &[], "", Mode::Lenient));
}

#[test]
fn what_has_an_impossible_name_is_left_out_and_nothing_else() {
    let document = "<Schema Namespace=\"S\" xmlns=\"http://docs.oasis-open.org/odata/ns/edm\">\
        <ComplexType Name=\"C\"><Property Name=\"good\" Type=\"Edm.Int32\"/>\
        <Property Name=\"no good\" Type=\"Edm.Int32\"/></ComplexType></Schema>";
    let read = read(&[source("m.xml", document)], &[], "", Mode::Lenient);
    assert!(read.contains("good: Int32"), "{read}");
    assert!(read.contains("`no good` is not a name"), "{read}");
    assert!(!read.contains("no good: "), "{read}");
}

#[test]
fn every_namespace_and_root_is_read() {
    for (namespace, version) in [
        ("http://schemas.microsoft.com/ado/2006/04/edm", "V1"),
        ("http://schemas.microsoft.com/ado/2006/04/edm/csdl", "V1"),
        ("http://schemas.microsoft.com/ado/2007/05/edm", "V1"),
        ("http://schemas.microsoft.com/ado/2008/01/edm", "V1"),
        ("http://schemas.microsoft.com/ado/2008/09/edm", "V2"),
        ("http://schemas.microsoft.com/ado/2009/08/edm", "V2"),
        ("http://schemas.microsoft.com/ado/2009/11/edm", "V3"),
        ("http://schemas.microsoft.com/ado/2010/02/edm", "V2"),
        ("http://docs.oasis-open.org/odata/ns/edm", "V4"),
    ] {
        let schema = format!(
            "<Schema Namespace=\"S\" xmlns=\"{namespace}\"><ComplexType Name=\"C\"/></Schema>"
        );
        let expected = format!("{version}\ncomplex S.C\n");
        assert_eq!(read(&[source("m.xml", &schema)], &[], "", Mode::Strict), expected);
    }
}
