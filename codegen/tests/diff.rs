//! Differences between two versions of a model, and what they break.

use std::fs;
use std::path::{Path, PathBuf};

use odata_codegen::diff::{self, Aspect, Change, Direction, Step, Subject, What};
use odata_codegen::model::Model;
use odata_codegen::{Mode, Reading, Source, outline, read_model, read_model_as};

fn model(path: &Path) -> Model {
    let text = fs::read_to_string(path).expect("readable");
    let name = path.file_name().expect("a file").to_string_lossy().into_owned();
    parse(name, text)
}

fn parse(name: String, text: String) -> Model {
    read_model(&[Source { name, text }], &[]).unwrap_or_else(|errors| panic!("{errors}"))
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diff").join(name)
}

fn changes() -> Vec<Change> {
    diff::diff(&model(&fixture("old.xml")), &model(&fixture("new.xml")))
}

#[test]
fn every_change_is_told_with_what_it_breaks() {
    insta::assert_snapshot!("changes", diff::text(&changes()));
    insta::assert_snapshot!("changes_markdown", diff::markdown(&changes()));
}

#[test]
fn programs_get_objects() {
    let changes = changes();
    let json = diff::json(&changes, |change| {
        let place = |span: odata_codegen::Span| span.start.to_string();
        (change.old_span.map(place), change.new_span.map(place))
    });
    assert_eq!(json["step"], "major");
    let list = json["changes"].as_array().expect("a list");
    assert_eq!(list.len(), changes.len());
    let height = list
        .iter()
        .find(|change| change["path"] == "Garden.Plant/Height")
        .expect("the property has changed");
    assert_eq!(
        (&height["aspect"], &height["old"], &height["new"]),
        (&"nullable".into(), &"no".into(), &"yes".into())
    );
    assert_eq!(height["readers"]["breaking"], true);
    assert_eq!(height["writers"]["breaking"], false);
    assert!(height["old_location"].is_string() && height["new_location"].is_string());
}

#[test]
fn the_other_way_round_what_was_added_is_removed() {
    let (old, new) = (model(&fixture("old.xml")), model(&fixture("new.xml")));
    let count = |changes: &[Change], what: fn(&What) -> bool| {
        changes.iter().filter(|change| what(&change.what)).count()
    };
    let (there, back) = (diff::diff(&old, &new), diff::diff(&new, &old));
    let is_added = |what: &What| matches!(what, What::Added { .. });
    let is_removed = |what: &What| matches!(what, What::Removed);
    assert_eq!(count(&there, is_added), count(&back, is_removed));
    assert_eq!(count(&there, is_removed), count(&back, is_added));
    assert_eq!(there.len(), back.len());
}

#[test]
fn the_order_of_a_document_is_not_a_change() {
    let text = fs::read_to_string(fixture("old.xml")).expect("readable");
    let start = text.find("      <EntityType Name=\"Tool\">").expect("declared");
    let end = start + text[start..].find("</EntityType>\n").expect("closed") + 14;
    let tool = text[start..end].to_owned();
    let without = format!("{}{}", &text[..start], &text[end..]);
    let at = without.find("      <EntityType Name=\"Plant\">").expect("declared");
    let moved = format!("{}{tool}{}", &without[..at], &without[at..]);
    assert_ne!(text, moved);
    let (old, new) = (parse("old.xml".into(), text), parse("new.xml".into(), moved));
    assert!(diff::diff(&old, &new).is_empty());
    assert_eq!(diff::step(&[]), None);
    assert_eq!(outline(&old), outline(&new));
}

#[test]
fn limits_and_numbers_have_a_direction() {
    let changes = changes();
    let direction = |path: &str, wanted: Aspect| {
        let found = changes.iter().find_map(|change| match &change.what {
            What::Changed { aspect, direction, .. } if change.path == path && *aspect == wanted => {
                Some((*direction, change.effect.step))
            }
            _ => None,
        });
        found.unwrap_or_else(|| panic!("{path} has changed"))
    };
    let wider = |step| (Direction::Wider, step);
    let narrower = |step| (Direction::Narrower, step);
    assert_eq!(direction("Garden.Plant/Id", Aspect::Type), wider(Step::Major));
    assert_eq!(direction("Garden.Plant/Name", Aspect::Facet("MaxLength")), narrower(Step::Major));
    assert_eq!(direction("Garden.Plant/Bed", Aspect::Multiplicity), wider(Step::Major));
    let spans = changes.iter().filter(|change| change.subject != Subject::Service);
    assert!(spans.clone().count() > 10);
    for change in spans {
        let is_placed = change.old_span.is_some() || change.new_span.is_some();
        assert!(is_placed, "{change} is somewhere");
    }
}

#[test]
fn an_outline_has_a_line_for_everything() {
    insta::assert_snapshot!("outline", outline(&model(&fixture("old.xml"))));
}

/// Pairs of versions in the corpus, and how many changes there are at least.
const PAIRS: [(&str, &str, usize); 5] = [
    ("azure_devops_analytics_v1.xml", "azure_devops_analytics_v3.xml", 100),
    ("system_center_vmm_2012_v3.xml", "system_center_vmm_2012sp1_v3.xml", 100),
    ("graph_govsg_v1.0_v4.xml", "graph_govsg_beta_v4.xml", 100),
    ("northwind_v2.xml", "northwind_v4.xml", 1),
    ("odata_org_rw_v2.xml", "odata_org_rw_v3.xml", 5),
];

#[test]
fn versions_of_real_services_are_told_apart() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    if !corpus.is_dir() {
        eprintln!("SKIPPED: there is no corpus at {}", corpus.display());
        return;
    }
    let read = |name: &str| {
        let bytes = fs::read(corpus.join(name)).expect("readable");
        let source = Source::from_bytes(name, &bytes).expect("text");
        let reading = Reading { mode: Mode::Lenient, ..Reading::default() };
        let read = read_model_as(&[source], &[], &reading);
        read.unwrap_or_else(|errors| panic!("{errors}")).0
    };
    for (old, new, least) in PAIRS {
        let (old_model, new_model) = (read(old), read(new));
        assert!(diff::diff(&old_model, &old_model).is_empty(), "{old} is the same as itself");
        let changes = diff::diff(&old_model, &new_model);
        assert!(changes.len() >= least, "{old}, {new}: {} changes", changes.len());
        let back = diff::diff(&new_model, &old_model);
        let count = |changes: &[Change], wanted: fn(&What) -> bool| {
            changes.iter().filter(|change| wanted(&change.what)).count()
        };
        let added = count(&changes, |what| matches!(what, What::Added { .. }));
        let removed = count(&back, |what| matches!(what, What::Removed));
        assert_eq!(added, removed, "{old}, {new}");
    }
}
