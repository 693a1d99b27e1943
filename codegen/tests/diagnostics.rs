//! What is said of bad input, as people see it. Every code has a case.

use odata_codegen::{Options, Source, Style, generate, render};

const HEAD: &str = "\
<edmx:Edmx Version=\"1.0\" xmlns:edmx=\"http://schemas.microsoft.com/ado/2007/06/edmx\">
<edmx:DataServices xmlns:m=\"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata\">
<Schema Namespace=\"S\" xmlns=\"http://schemas.microsoft.com/ado/2009/11/edm\">
";
const TAIL: &str = "</Schema></edmx:DataServices></edmx:Edmx>";
const ASSET: &str = "\
<EntityType Name=\"Asset\"><Key><PropertyRef Name=\"Id\"/></Key>
<Property Name=\"Id\" Type=\"Edm.String\" Nullable=\"false\"/>
<Property Name=\"State\" Type=\"Edm.Int32\" Nullable=\"false\"/>
</EntityType>
";
const CONTAINER: &str = "<EntityContainer Name=\"C\"><EntitySet Name=\"Assets\" EntityType=\"S.Asset\"/></EntityContainer>\n";

fn rendered(document: &str, amendments: &str) -> String {
    let source = |name: &str, text: &str| Source { name: name.to_owned(), text: text.to_owned() };
    let options = Options { command: "make".to_owned(), ..Options::default() };
    let documents = [source("m.xml", document)];
    let amendments = match amendments {
        "" => Vec::new(),
        text => vec![source("a.toml", text)],
    };
    match generate(&documents, &amendments, &options) {
        Ok(output) => render(&output.warnings, Style::Plain),
        Err(diagnostics) => render(&diagnostics, Style::Plain),
    }
}

/// What is said of a document.
fn document(text: &str) -> String {
    rendered(text, "")
}

/// What is said of the contents of a schema that has an asset and a container besides.
fn schema(text: &str) -> String {
    rendered(&format!("{HEAD}{ASSET}{text}\n{CONTAINER}{TAIL}"), "")
}

/// What is said of the contents of a container.
fn container(text: &str) -> String {
    rendered(
        &format!("{HEAD}{ASSET}<EntityContainer Name=\"C\">\n{text}\n</EntityContainer>{TAIL}"),
        "",
    )
}

/// What is said of amendments to a good document.
fn amended(text: &str) -> String {
    rendered(&format!("{HEAD}{ASSET}{CONTAINER}{TAIL}"), text)
}

#[test]
fn a_good_document_has_no_findings() {
    assert_eq!(schema(""), "");
}

#[test]
fn documents_that_are_not() {
    insta::assert_snapshot!("not_xml", document("{\"value\": []}"));
    insta::assert_snapshot!("empty", document(""));
    insta::assert_snapshot!("not_edmx", document("<html><body/></html>"));
    insta::assert_snapshot!("cut_short", document(&format!("{HEAD}{ASSET}")));
    insta::assert_snapshot!("cut_in_a_tag", document("<edmx:Edmx Version=\"1."));
    insta::assert_snapshot!("mismatched_tags", document("<a>\n  <b></a>\n</b>"));
    insta::assert_snapshot!("doctype", document("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"));
    insta::assert_snapshot!("unbound_prefix", document("<edmx:Edmx/>"));
    insta::assert_snapshot!("too_deep", document(&"<a>".repeat(200)));
    insta::assert_snapshot!(
        "version_4",
        document("<Edmx Version=\"4.0\" xmlns=\"http://docs.oasis-open.org/odata/ns/edmx\"/>")
    );
}

#[test]
fn names_and_references() {
    insta::assert_snapshot!(
        "unknown_type",
        schema("<ComplexType Name=\"D\"><Property Name=\"P\" Type=\"Edm.int32\"/></ComplexType>")
    );
    insta::assert_snapshot!(
        "unknown_key_property",
        schema(
            "<EntityType Name=\"E\"><Key><PropertyRef Name=\"ID\"/></Key><Property Name=\"Id\" Type=\"Edm.Int32\"/></EntityType>"
        )
    );
    insta::assert_snapshot!(
        "no_key",
        schema("<EntityType Name=\"E\"><Property Name=\"Id\" Type=\"Edm.Int32\"/></EntityType>")
    );
    insta::assert_snapshot!("duplicate_type", schema("<ComplexType Name=\"Asset\"/>"));
    insta::assert_snapshot!(
        "duplicate_property",
        schema(
            "<ComplexType Name=\"D\">\n<Property Name=\"P\" Type=\"Edm.Int32\"/>\n<Property Name=\"P\" Type=\"Edm.Int32\"/></ComplexType>"
        )
    );
    insta::assert_snapshot!(
        "duplicate_set",
        container(
            "<EntitySet Name=\"A\" EntityType=\"S.Asset\"/>\n<EntitySet Name=\"A\" EntityType=\"S.Asset\"/>"
        )
    );
    insta::assert_snapshot!("bad_name", schema("<ComplexType Name=\"1st type\"/>"));
    insta::assert_snapshot!(
        "unknown_set_of_association_set",
        document(&format!(
            "{HEAD}{ASSET}<Association Name=\"N\">
<End Role=\"A\" Type=\"S.Asset\" Multiplicity=\"1\"/><End Role=\"B\" Type=\"S.Asset\" Multiplicity=\"*\"/>
</Association>
<EntityContainer Name=\"C\"><EntitySet Name=\"Assets\" EntityType=\"S.Asset\"/>
<AssociationSet Name=\"N\" Association=\"S.N\">
<End Role=\"A\" EntitySet=\"Asset\"/>
<End Role=\"D\" EntitySet=\"Assets\"/>
</AssociationSet></EntityContainer>{TAIL}"
        ))
    );
}

#[test]
fn associations() {
    let with = |ends: &str, from: &str| {
        schema(&format!(
            "<Association Name=\"N\">\n{ends}</Association>
<EntityType Name=\"E\"><Key><PropertyRef Name=\"Id\"/></Key><Property Name=\"Id\" Type=\"Edm.Int32\"/>
<NavigationProperty Name=\"Asset\" Relationship=\"S.N\" FromRole=\"{from}\" ToRole=\"Asset\"/>
</EntityType>"
        ))
    };
    let both = "<End Role=\"E\" Type=\"S.E\" Multiplicity=\"*\"/>
<End Role=\"Assets\" Type=\"S.Asset\" Multiplicity=\"1\"/>\n";
    insta::assert_snapshot!("association_without_matching_end", with(both, "E"));
    insta::assert_snapshot!(
        "association_with_one_end",
        with("<End Role=\"E\" Type=\"S.E\" Multiplicity=\"*\"/>\n", "E")
    );
    insta::assert_snapshot!(
        "association_from_another_type",
        with(&both.replace("Assets", "Asset"), "Asset")
    );
    insta::assert_snapshot!("bad_multiplicity", with(&both.replace("\"*\"", "\"many\""), "E"));
}

#[test]
fn values_and_attributes() {
    let property = |attributes: &str| {
        schema(&format!(
            "<ComplexType Name=\"D\">\n<Property Name=\"P\" Type=\"Edm.String\" {attributes}/></ComplexType>"
        ))
    };
    insta::assert_snapshot!("bad_nullable", property("Nullable=\"maybe\""));
    insta::assert_snapshot!("bad_max_length", property("MaxLength=\"long\""));
    insta::assert_snapshot!("unknown_attribute", property("Nulable=\"true\""));
    insta::assert_snapshot!("missing_attribute", schema("<ComplexType/>"));
    insta::assert_snapshot!("unknown_element", schema("<EntityTypes/>"));
}

#[test]
fn what_is_not_supported_yet() {
    insta::assert_snapshot!(
        "unsupported_elements",
        schema(
            "<EnumType Name=\"E\"/>\n<ComplexType Name=\"D\" Abstract=\"true\"><Documentation/></ComplexType>\n<Using/>"
        )
    );
    insta::assert_snapshot!(
        "unsupported_types",
        schema(
            "<ComplexType Name=\"D\">\n<Property Name=\"P\" Type=\"Edm.Binary\"/>\n<Property Name=\"Q\" Type=\"Edm.GeographyPoint\"/>\n</ComplexType>"
        )
    );
    insta::assert_snapshot!(
        "recursive_complex_type",
        schema(
            "<ComplexType Name=\"D\"><Property Name=\"P\" Type=\"S.F\"/></ComplexType>\n<ComplexType Name=\"F\"><Property Name=\"P\" Type=\"S.D\"/></ComplexType>"
        )
    );
    insta::assert_snapshot!(
        "unsupported_operations",
        container("<FunctionImport Name=\"A\"/>
<FunctionImport Name=\"B\" m:HttpMethod=\"PUT\"/>
<FunctionImport Name=\"F\" ReturnType=\"S.Asset\" m:HttpMethod=\"GET\"/>
<FunctionImport Name=\"G\" IsBindable=\"true\" IsSideEffecting=\"false\"><Parameter Name=\"a\" Type=\"S.Asset\"/></FunctionImport>
<FunctionImport Name=\"H\" IsBindable=\"true\"><Parameter Name=\"a\" Type=\"Collection(S.Asset)\"/></FunctionImport>
<FunctionImport Name=\"I\" IsBindable=\"true\"/>")
    );
}

#[test]
fn amendments_that_do_not_apply() {
    insta::assert_snapshot!(
        "amendments_without_target",
        amended(
            "namespace = \"T\"
[type.Aset]
[property.\"Asset.Stat\"]
required = true
[property.\"*.Sate\"]
[navigation.\"Asset.Files\"]
[operation.\"Asset.Publish\"]
[set.Asset]
"
        )
    );
    insta::assert_snapshot!(
        "amendment_keys_and_values",
        amended(
            "[property.\"Asset.State\"]
acess = \"create\"
access = \"creat\"
required = \"yes\"
[property.State]
[set.Assets]
allow = [\"list\", \"destroy\"]
[thing]
"
        )
    );
    insta::assert_snapshot!(
        "amendment_types",
        amended(
            "[enum.Text]
underlying = \"Edm.String\"
members = { A = \"a\" }
[property.\"Asset.State\"]
type = \"Text\"
[property.\"Asset.Id\"]
type = \"AssetID\"
[id.AssetId]
"
        )
    );
    insta::assert_snapshot!(
        "enumerations",
        amended(
            "[enum.A]
members = { X = 1 }
[enum.B]
underlying = \"Edm.Byte\"
members = { X = 256, Y = 1, Z = 1, \"1.0\" = 2 }
docs = { W = \"?\" }
[enum.C]
underlying = \"Edm.String\"
flags = true
"
        )
    );
    insta::assert_snapshot!("amendments_not_toml", amended("[property\nx = 1"));
    let standalone = |word: &str| {
        amended(&format!(
            "[enum.State]\nunderlying = \"Edm.Int32\"\n{word}\nmembers = {{}}\n[id.AssetId]"
        ))
    };
    insta::assert_snapshot!("unused_type", standalone(""));
    insta::assert_snapshot!("standalone_type", standalone("standalone = true"));
}

#[test]
fn long_lines_are_cut_around_the_place() {
    let many: String = (0..20).map(|at| format!("<ComplexType Name=\"D{}\"/>", at % 19)).collect();
    let text = format!("{HEAD}{ASSET}{CONTAINER}{TAIL}").replace('\n', "");
    insta::assert_snapshot!(
        "long_line",
        document(&text.replace("</Schema>", &format!("{many}</Schema>")))
    );
}
