//! What is said of documents when they are read, as people see it. Every code has a case, here or
//! in `diagnostics.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use odata_codegen::{Mode, Reading, Source, Style, read_model_as, render};

const HEAD: &str = "<edmx:Edmx Version=\"4.0\" xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\">
<edmx:Reference Uri=\"far.xml\"><edmx:Include Namespace=\"Far\"/></edmx:Reference>
<edmx:Reference Uri=\"core.xml\"><edmx:Include Namespace=\"Org.OData.Core.V1\" Alias=\"Core\"/></edmx:Reference>
<edmx:DataServices>
<Schema Namespace=\"S\" xmlns=\"http://docs.oasis-open.org/odata/ns/edm\">
";
const TAIL: &str = "\n</Schema></edmx:DataServices></edmx:Edmx>";

fn read(name: &str, text: &str, mode: Mode) -> String {
    let source = Source { name: name.to_owned(), text: text.to_owned() };
    let reading = Reading { mode, references: Vec::new() };
    let (Ok((_, found)) | Err(found)) = read_model_as(&[source], &[], &reading);
    render(&found, Style::Plain)
}

/// What is said of the contents of a schema.
fn schema(contents: &str) -> String {
    read("m.xml", &format!("{HEAD}{contents}{TAIL}"), Mode::Strict)
}

#[test]
fn types() {
    insta::assert_snapshot!(
        "cyclic_inheritance",
        schema(
            "<EntityType Name=\"A\" BaseType=\"S.C\"/>\n<EntityType Name=\"B\" BaseType=\"S.A\"/>\n<EntityType Name=\"C\" BaseType=\"S.B\"/>\n<ComplexType Name=\"D\" BaseType=\"S.D\"/>\n<ComplexType Name=\"E\" BaseType=\"S.A\"/>"
        )
    );
    insta::assert_snapshot!(
        "type_definitions",
        schema(
            "<TypeDefinition Name=\"A\" UnderlyingType=\"S.B\"/>\n<TypeDefinition Name=\"B\" UnderlyingType=\"S.A\"/>\n<TypeDefinition Name=\"C\" UnderlyingType=\"S.D\"/>\n<ComplexType Name=\"D\"/>\n<EnumType Name=\"E\" UnderlyingType=\"Edm.String\"/>"
        )
    );
    insta::assert_snapshot!(
        "key_paths",
        schema(
            "<ComplexType Name=\"Info\"><Property Name=\"ID\" Type=\"Edm.Int32\"/></ComplexType>
<EntityType Name=\"A\">
<Key><PropertyRef Name=\"Info/ID\"/></Key>
<Key><PropertyRef Name=\"Info\"/></Key>
<Property Name=\"Info\" Type=\"S.Info\"/>
<Annotation Term=\"Core.AlternateKeys\"><Collection><Record><PropertyValue Property=\"Key\"><Collection><Record><PropertyValue Property=\"Name\" PropertyPath=\"Nothing\"/></Record></Collection></PropertyValue></Record></Collection></Annotation>
</EntityType>"
        )
    );
    insta::assert_snapshot!(
        "other_documents",
        schema(
            "<ComplexType Name=\"A\">\n<Property Name=\"Far\" Type=\"Far.Thing\"/>\n<Property Name=\"Right\" Type=\"Core.Permission\"/>\n<Property Name=\"Entity\" Type=\"S.E\"/></ComplexType><EntityType Name=\"E\"/>"
        )
    );
    insta::assert_snapshot!(
        "too_many_members",
        too_many_members().lines().take(3).collect::<Vec<_>>().join("\n")
    );
}

/// A chain of wide types.
fn too_many_members() -> String {
    let properties: String =
        (0..200).map(|at| format!("<Property Name=\"P@{at}\" Type=\"Edm.Int32\"/>")).collect();
    let types: String = (0..200)
        .map(|at| {
            let base = match at {
                0 => String::new(),
                at => format!(" BaseType=\"S.T{}\"", at - 1),
            };
            let own = properties.replace('@', &format!("{at}x"));
            format!("<ComplexType Name=\"T{at}\"{base}>{own}</ComplexType>")
        })
        .collect();
    schema(&types)
}

#[test]
fn containers_and_operations() {
    insta::assert_snapshot!(
        "extends",
        schema(
            "<EntityContainer Name=\"A\" Extends=\"S.B\"/>\n<EntityContainer Name=\"B\" Extends=\"S.A\"/>\n<EntityContainer Name=\"C\" Extends=\"S.D\"/>"
        )
    );
    insta::assert_snapshot!(
        "left_out",
        schema(
            "<Function Name=\"F\" IsBound=\"true\"><Parameter Name=\"a\" Type=\"Edm.Int32\"/></Function>\n<EntityType Name=\"E\"><NavigationProperty Name=\"Any\" Type=\"Edm.EntityType\"/></EntityType>"
        )
    );
    insta::assert_snapshot!(
        "no_http_method",
        read(
            "m.xml",
            "<Schema Namespace=\"S\" xmlns=\"http://schemas.microsoft.com/ado/2008/09/edm\">\n<EntityType Name=\"E\"><NavigationProperty Name=\"N\" Relationship=\"S.R\" FromRole=\"A\" ToRole=\"B\"/></EntityType>\n<EntityContainer Name=\"C\"><FunctionImport Name=\"F\"/></EntityContainer></Schema>",
            Mode::Strict
        )
    );
}

#[test]
fn texts() {
    insta::assert_snapshot!("not_edmx", read("m.xml", "<service/>", Mode::Lenient));
    insta::assert_snapshot!("nothing", schema(""));
    insta::assert_snapshot!(
        "namespaces",
        read(
            "m.xml",
            "<a:Edmx xmlns:a=\"urn:a\"><a:DataServices><Schema Namespace=\"S\" xmlns=\"http://docs.oasis-open.org/odata/ns/adm\"/></a:DataServices></a:Edmx>",
            Mode::Lenient
        )
    );
    insta::assert_snapshot!(
        "late_declaration",
        read(
            "m.xml",
            "<!-- made by hand -->\n<?xml version=\"1.0\"?>\n<Schema Namespace=\"S\" xmlns=\"http://docs.oasis-open.org/odata/ns/edm\"><ComplexType Name=\"C\"><Annotation Term=\"Core.Description\" String=\"a&nbsp;b\"/></ComplexType></Schema>",
            Mode::Lenient
        )
    );
    let long = format!("<Schema Namespace=\"{}\"/>", "x".repeat(2_000_000));
    let long = read("m.xml", &long, Mode::Lenient);
    insta::assert_snapshot!("long_value", long.lines().take(3).collect::<Vec<_>>().join("\n"));
    insta::assert_snapshot!(
        "json_cut_short",
        read("m.json", "{\"$Version\": \"4.01\",\n", Mode::Lenient)
    );
    insta::assert_snapshot!(
        "json_syntax",
        read("m.json", "{\"$Version\": 4.01,\n oops}", Mode::Lenient)
    );
    insta::assert_snapshot!(
        "json_members",
        read(
            "m.json",
            "{\"$Version\": \"4.01\",\n\"S\": {\"A\": {},\n\"$Kind\": 1,\n\"B\": {\"$Kind\": \"Thing\"},\n\"C\": {\"$Kind\": \"ComplexType\", \"P\": {\"$Typ\": \"Edm.Int32\"}}}}",
            Mode::Strict
        )
    );
    let deep = read("m.json", &"[".repeat(10_000), Mode::Lenient);
    insta::assert_snapshot!("json_too_deep", deep.lines().take(2).collect::<Vec<_>>().join("\n"));
}

#[test]
fn bytes() {
    for (name, bytes) in [
        ("unknown_encoding", &b"<?xml version='1.0' encoding='klingon'?><a/>"[..]),
        ("bad_encoding", &b"<a b='\xff'/>"[..]),
    ] {
        let found = Source::from_bytes("m.xml", bytes).expect_err("it cannot be decoded");
        insta::assert_snapshot!(name, render(&found, Style::Plain));
    }
}

/// Codes whose cases take too long or too much memory here: unit tests have them.
const ELSEWHERE: [&str; 2] = ["json::too-large", "source::too-large"];

#[test]
fn every_code_has_a_case() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut codes = BTreeSet::new();
    let mut directories = vec![root.join("src")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).expect("readable") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                directories.push(path);
            } else {
                codes.extend(quoted_codes(&fs::read_to_string(path).expect("readable"), '"'));
            }
        }
    }
    assert!(codes.len() > 40, "{codes:?}");
    for entry in fs::read_dir(root.join("tests/snapshots")).expect("readable") {
        let text = fs::read_to_string(entry.expect("readable").path()).expect("readable");
        for code in text.split('[').filter_map(|rest| rest.split(']').next()) {
            codes.remove(code);
        }
    }
    codes.retain(|code| !ELSEWHERE.contains(&code.as_str()));
    assert!(codes.is_empty(), "no case has {codes:?}");
}

/// The codes of the reading half between quotes in a text.
fn quoted_codes(text: &str, quote: char) -> Vec<String> {
    let is_code = |word: &&str| {
        let Some((stage, rest)) = word.split_once("::") else { return false };
        matches!(stage, "csdl" | "xml" | "json" | "source" | "amend")
            && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    };
    text.split(quote).filter(is_code).map(str::to_owned).collect()
}
