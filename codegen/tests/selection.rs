//! What selections keep, and why.

use odata_codegen::{Options, Output, Selection, Source, explain, generate};

const DOCUMENT: &str = r#"<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
<Schema Namespace="Ns" xmlns="http://docs.oasis-open.org/odata/ns/edm">
  <EnumType Name="Color"><Member Name="Red" Value="0"/></EnumType>
  <ComplexType Name="Address"><Property Name="Street" Type="Edm.String"/><Property Name="Country" Type="Ns.Country"/></ComplexType>
  <ComplexType Name="Country"><Property Name="Name" Type="Edm.String"/></ComplexType>
  <ComplexType Name="Lonely"><Property Name="Name" Type="Edm.String"/></ComplexType>
  <EntityType Name="Thing" Abstract="true"><Key><PropertyRef Name="Id"/></Key><Property Name="Id" Type="Edm.Int32" Nullable="false"/></EntityType>
  <EntityType Name="Person" BaseType="Ns.Thing">
    <Property Name="Home" Type="Ns.Address"/>
    <NavigationProperty Name="Friends" Type="Collection(Ns.Person)"/>
    <NavigationProperty Name="Car" Type="Ns.Car"/>
  </EntityType>
  <EntityType Name="Car"><Key><PropertyRef Name="Color"/></Key>
    <Property Name="Color" Type="Ns.Color" Nullable="false"/><Property Name="Price" Type="Edm.Decimal"/>
    <NavigationProperty Name="Owner" Type="Ns.Person"/>
  </EntityType>
  <Action Name="Sell" IsBound="true"><Parameter Name="it" Type="Ns.Car"/></Action>
  <EntityContainer Name="C"><EntitySet Name="People" EntityType="Ns.Person"/><EntitySet Name="Cars" EntityType="Ns.Car"/></EntityContainer>
</Schema></edmx:DataServices></edmx:Edmx>"#;

fn select(include: &[&str], exclude: &[&str]) -> Output {
    let list = |patterns: &[&str]| patterns.iter().map(ToString::to_string).collect();
    let selection = Selection { include: list(include), exclude: list(exclude) };
    let options = Options { selection, ..Options::default() };
    let source = Source { name: "m.xml".to_owned(), text: DOCUMENT.to_owned() };
    generate(&[source], &[], &options).unwrap_or_else(|errors| panic!("{errors}"))
}

fn files(output: &Output) -> Vec<&str> {
    output.files.keys().map(String::as_str).filter(|name| !name.contains('/')).collect()
}

#[test]
fn a_set_keeps_what_it_cannot_do_without() {
    let output = select(&["People"], &[]);
    assert_eq!(
        files(&output),
        [
            "address.rs",
            "car.rs",
            "container.rs",
            "country.rs",
            "enums.rs",
            "mod.rs",
            "person.rs",
            "tables.rs",
            "thing.rs"
        ]
    );
    let car = &output.files["car.rs"];
    assert!(
        car.contains("pub color: ") && !car.contains("price") && car.contains("Only its key"),
        "{car}"
    );
    assert!(!output.files["container.rs"].contains("\"Cars\""));
    assert!(!output.files["requests/car.rs"].contains("fn sell"));
    assert_eq!((output.cost.entity_types, output.cost.stubs, output.cost.sets), (3, 1, 1));
}

#[test]
fn everything_that_is_kept_has_a_reason() {
    let output = select(&["People"], &[]);
    let at = output.kept.iter().position(|kept| kept.what.contains("Ns.Country")).expect("kept");
    assert_eq!(
        explain(&output.kept, at),
        "complex type `Ns.Country` is kept: type of `Country` of what follows; \
         complex type `Ns.Address` is kept: type of `Home` of what follows; \
         entity type `Ns.Person` is kept: its entities are the type of what follows; \
         entity set `People` is kept: `People` names it"
    );
}

#[test]
fn exclusion_leaves_out_what_is_not_held_by_value() {
    let output = select(&[], &["Car", "Address", "Lonely", "Cars"]);
    assert!(output.files["car.rs"].contains("Only its key"));
    assert!(output.files.contains_key("address.rs"), "a property holds it");
    assert!(!output.files.contains_key("lonely.rs"));
    assert!(!select(&[], &["Sell"]).files["requests/car.rs"].contains("fn sell"));
}

#[test]
fn a_namespace_stands_for_all_of_it() {
    let output = select(&["Ns"], &[]);
    assert_eq!(output.files.len(), select(&[], &["Missing*", "*"][..0]).files.len());
    assert_eq!(output.cost.stubs, 0);
}

#[test]
fn a_pattern_that_matches_nothing_is_a_mistake() {
    let selection = Selection { include: vec!["Persn".to_owned()], exclude: Vec::new() };
    let options = Options { selection, ..Options::default() };
    let source = Source { name: "m.xml".to_owned(), text: DOCUMENT.to_owned() };
    let errors = generate(&[source], &[], &options).expect_err("refused").to_string();
    assert!(errors.contains("nothing is called `Persn`"), "{errors}");
}
