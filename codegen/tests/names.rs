//! Names: an obstacle course, the order of declarations, and the names lock.

use odata_codegen::{Layout, Options, Output, Source, generate};

/// Names that Rust, its prelude, the run time or emitted text give a meaning to, and names that
/// are no identifiers.
const OBSTACLES: &[&str] = &[
    "Self",
    "self",
    "type",
    "Type",
    "Option",
    "String",
    "Result",
    "Vec",
    "None",
    "Some",
    "Ok",
    "Box",
    "Copy",
    "Default",
    "Clone",
    "Debug",
    "async",
    "crate",
    "super",
    "_",
    "__",
    "_1st",
    "Größe",
    "ID",
    "Id",
    "id",
    "iD",
    "_id",
    "URLs",
    "Extra",
    "extra",
    "Unknown",
    "Model",
    "MODEL",
    "Request",
    "Key",
    "edm",
    "Edm",
    "odata_client",
    "std",
    "mod",
    "lib",
    "tables",
    "enums",
    "ids",
    "container",
    "requests",
    "types",
    "aliases",
    "main",
    "Property",
    "Navigation",
    "EntityType",
    "Service",
    "new",
    "get",
    "union",
    "Access",
    "a_b",
    "aB",
    "AB",
    "A_B",
    "Ab",
];

/// A document in which types, properties, navigation properties, members, sets and operations have
/// these names.
fn document(names: &[&str]) -> String {
    let mut text = "<edmx:Edmx Version=\"4.0\" xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\">\
         <edmx:DataServices><Schema Namespace=\"Ns\" xmlns=\"http://docs.oasis-open.org/odata/ns/edm\">"
        .to_owned();
    let mut sets = String::new();
    for name in names {
        text.push_str(&format!(
            "<EntityType Name=\"{name}\"><Key><PropertyRef Name=\"K\"/></Key>\
             <Property Name=\"K\" Type=\"Edm.Int32\" Nullable=\"false\"/></EntityType>"
        ));
        sets.push_str(&format!("<EntitySet Name=\"{name}\" EntityType=\"Ns.{name}\"/>"));
        text.push_str(&format!(
            "<Function Name=\"{name}\" IsBound=\"true\"><Parameter Name=\"it\" Type=\"Ns.All_of_it\"/>\
             <Parameter Name=\"{name}\" Type=\"Edm.Int32\"/><ReturnType Type=\"Edm.Int32\"/></Function>"
        ));
    }
    text.push_str("<EnumType Name=\"Members_of_it\">");
    for name in names {
        // The value belongs to the name, not to its place.
        let value = OBSTACLES.iter().position(|other| other == name).unwrap_or(99);
        text.push_str(&format!("<Member Name=\"{name}\" Value=\"{value}\"/>"));
    }
    text.push_str("</EnumType><EntityType Name=\"All_of_it\"><Key><PropertyRef Name=\"K\"/></Key>");
    text.push_str("<Property Name=\"K\" Type=\"Edm.Int32\" Nullable=\"false\"/>");
    text.extend(
        names.iter().map(|name| format!("<Property Name=\"{name}\" Type=\"Ns.Members_of_it\"/>")),
    );
    text.extend(
        names
            .iter()
            .map(|name| format!("<NavigationProperty Name=\"N{name}\" Type=\"Ns.{name}\"/>")),
    );
    text + "</EntityType><EntityContainer Name=\"C\">"
        + &sets
        + "</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"
}

fn generated(names: &[&str], lock: Option<String>) -> Output {
    let options = Options { lock, ..Options::default() };
    let source = Source { name: "m.xml".to_owned(), text: document(names) };
    generate(&[source], &[], &options).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn every_name_is_accepted_and_given_once() {
    let output = generated(OBSTACLES, None);
    let all = &output.files["all_of_it.rs"];
    let fields: Vec<&str> = all.lines().filter_map(|line| line.strip_prefix("    pub ")).collect();
    let mut distinct = fields.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(fields.len(), distinct.len());
    let properties = fields.iter().filter(|field| !field.starts_with("const")).count();
    // The key, and what a payload holds beside the properties.
    assert_eq!(properties, OBSTACLES.len() + 2);
    let types = output.files.values().flat_map(|text| text.lines());
    let structs: Vec<&str> = types.filter(|line| line.starts_with("pub struct ")).collect();
    let mut distinct = structs.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(structs.len(), distinct.len());
}

#[test]
fn the_order_of_declarations_changes_no_name() {
    let reversed: Vec<&str> = OBSTACLES.iter().rev().copied().collect();
    let (one, other) = (generated(OBSTACLES, None).lock, generated(&reversed, None).lock);
    for (line, reversed) in one.lines().zip(other.lines()) {
        assert_eq!(line, reversed);
    }
    assert_eq!(one.lines().count(), other.lines().count());
}

#[test]
fn a_lock_keeps_names_when_others_come() {
    let old = generated(&["iD", "ab", "Zoo"], None);
    // By themselves, these would take the names that the others have.
    let new = generated(&["Id", "iD", "ID", "AB", "Ab", "ab", "Zoo"], Some(old.lock.clone()));
    for line in old.lock.lines() {
        assert!(new.lock.lines().any(|other| other == line), "{line} is not in\n{}", new.lock);
    }
    let free = generated(&["Id", "iD", "ID", "AB", "Ab", "ab", "Zoo"], None);
    assert_ne!(free.lock, new.lock);
}

#[test]
fn a_lock_is_stable() {
    let first = generated(OBSTACLES, None);
    let again = generated(OBSTACLES, Some(first.lock.clone()));
    assert_eq!((first.lock, first.files), (again.lock, again.files));
}

#[test]
fn what_is_gone_keeps_its_name_for_when_it_returns() {
    let old = generated(&["Ab", "Gone"], None);
    let without = generated(&["Ab"], Some(old.lock.clone()));
    assert!(without.lock.contains("\"Ns.Gone\" = \"Gone\""));
}

#[test]
fn a_lock_that_is_none_is_a_mistake() {
    let options = Options { lock: Some("[names".to_owned()), ..Options::default() };
    let source = Source { name: "m.xml".to_owned(), text: document(&["A"]) };
    let errors = generate(&[source], &[], &options).expect_err("refused").to_string();
    assert!(errors.contains("names::lock"), "{errors}");
}

/// A document of namespaces with a type each, generated as a module per namespace.
fn namespaces(names: &[&str], lock: Option<String>) -> Output {
    let schemas = names.iter().map(|name| {
        format!(
            "<Schema Namespace=\"{name}\" xmlns=\"http://docs.oasis-open.org/odata/ns/edm\">\
             <ComplexType Name=\"T\"/></Schema>"
        )
    });
    let text = format!(
        "<edmx:Edmx Version=\"4.0\" xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\">\
         <edmx:DataServices>{}</edmx:DataServices></edmx:Edmx>",
        schemas.collect::<String>()
    );
    let options = Options { lock, layout: Layout::PerNamespace, ..Options::default() };
    generate(&[Source { name: "m.xml".to_owned(), text }], &[], &options)
        .unwrap_or_else(|errors| panic!("{errors}"))
}

/// The modules of namespaces.
fn modules(output: &Output) -> Vec<&str> {
    let lines = output.files["mod.rs"].lines();
    lines
        .filter_map(|line| line.strip_prefix("pub mod "))
        .filter(|name| *name != "tables;")
        .map(|name| name.trim_end_matches(';'))
        .collect()
}

#[test]
fn modules_have_names_in_snake_case() {
    let output = namespaces(&["Home", "Self", "self", "Größe", "_1st", "Default"], None);
    assert_eq!(modules(&output), ["gr_e", "home", "self_", "_1st", "self_2"]);
}

#[test]
fn a_lock_keeps_the_names_of_modules() {
    let old = namespaces(&["Org.Home", "Org.Sales"], None);
    assert_eq!(modules(&old), ["sales"]);
    // By itself, the new namespace would make the prefix worth telling.
    let names = ["Org.Home", "Org.Sales", "Com.Stock"];
    assert_eq!(modules(&namespaces(&names, Some(old.lock))), ["com_stock", "sales"]);
    assert_eq!(modules(&namespaces(&names, None)), ["org_home", "org_sales"]);
}

fn of_schemas(schemas: &[String], lock: Option<String>) -> Output {
    let text = format!(
        "<edmx:Edmx Version=\"4.0\" xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\">\
         <edmx:DataServices>{}</edmx:DataServices></edmx:Edmx>",
        schemas.concat()
    );
    let options = Options { lock, ..Options::default() };
    let source = Source { name: "m.xml".to_owned(), text };
    generate(&[source], &[], &options).unwrap_or_else(|errors| panic!("{errors}"))
}

fn schema(namespace: &str, types: &[&str]) -> String {
    let ty = |name: &&str| {
        format!(
            "<EntityType Name=\"{name}\"><Key><PropertyRef Name=\"Id\"/></Key>\
             <Property Name=\"Id\" Type=\"Edm.Int32\" Nullable=\"false\"/></EntityType>"
        )
    };
    let types: String = types.iter().map(ty).collect();
    format!(
        "<Schema Namespace=\"{namespace}\" xmlns=\"http://docs.oasis-open.org/odata/ns/edm\">{types}</Schema>"
    )
}

#[test]
fn the_order_of_schemas_changes_nothing() {
    let schemas = [
        schema("A.Small", &["Item"]),
        schema("Z.Large", &["Item", "Other"]),
        schema("M.Small", &["Item", "Other"]),
    ];
    let first = of_schemas(&schemas, None);
    assert!(first.lock.contains("\"M.Small.Item\" = \"Item\""), "{}", first.lock);
    let [a, z, m] = schemas;
    for schemas in [[z.clone(), m.clone(), a.clone()], [m, a, z]] {
        assert_eq!(of_schemas(&schemas, None).lock, first.lock);
    }
}

#[test]
fn a_lock_keeps_short_names_for_the_namespace_that_has_them() {
    let old = of_schemas(&[schema("A", &["Item"]), schema("B", &["Item", "Other"])], None);
    assert!(old.lock.contains("\"B.Item\" = \"Item\""), "{}", old.lock);
    let grown =
        [schema("A", &["Item", "Other", "Third"]), schema("B", &["Item", "Other", "Third"])];
    let new = of_schemas(&grown, Some(old.lock));
    assert!(new.lock.contains("\"B.Item\" = \"Item\""), "{}", new.lock);
    assert!(new.lock.contains("\"B.Third\" = \"Third\""), "{}", new.lock);
    assert!(of_schemas(&grown, None).lock.contains("\"A.Item\" = \"Item\""));
}

#[test]
fn what_a_base_type_gets_renames_nothing_of_a_derived_type() {
    let document = |more: &str| {
        let base =
            schema("Ns", &["Base"]).replace("</EntityType>", &format!("{more}</EntityType>"));
        let derived = |name: &str, member: &str| {
            format!(
                "<EntityType Name=\"{name}\" BaseType=\"Ns.Base\">\
                 <Property Name=\"{member}\" Type=\"Edm.String\"/>\
                 <NavigationProperty Name=\"{member}s\" Type=\"Ns.Base\"/></EntityType>"
            )
        };
        let derived = derived("First", "userName") + &derived("Second", "other");
        base.replace("</Schema>", &format!("{derived}</Schema>"))
    };
    let old = of_schemas(&[document("")], None);
    // The same names in snake case, in the base type and in another derived type.
    let more = "<Property Name=\"UserName\" Type=\"Edm.String\"/>\
                <NavigationProperty Name=\"UserNames\" Type=\"Ns.Base\"/>";
    let new = of_schemas(&[document(more)], Some(old.lock.clone()));
    for line in old.lock.lines() {
        assert!(new.lock.lines().any(|other| other == line), "{line} is not in\n{}", new.lock);
    }
    assert!(new.lock.contains("\"Ns.Base/UserName\" = \"user_name_2\""), "{}", new.lock);
}
