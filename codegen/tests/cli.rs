//! The command line: what it writes, what it refuses, and what it answers to the shell.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn run(arguments: &[&str], paths: &[(&str, &Path)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_odata-codegen"));
    command.args(arguments);
    for (option, path) in paths {
        command.args(Some(option).filter(|option| !option.is_empty())).arg(path);
    }
    command.output().expect("the binary runs")
}

fn module(command: &str, out: &Path, metadata: &Path) -> Output {
    run(&[command, "--module"], &[("--metadata", metadata), ("--out", out)])
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("it is not killed")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn generates_checks_and_replaces() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let out = directory.path().join("module");
    let keys = fixture("golden/keys/metadata.xml");

    let missing = module("check", &out, &keys);
    assert_eq!(code(&missing), 1);
    assert!(stdout(&missing).contains("mod.rs is missing"));
    assert!(!out.exists(), "check writes nothing");

    assert_eq!(code(&module("generate", &out, &keys)), 0);
    assert_eq!(code(&module("check", &out, &keys)), 0);

    let order = fs::read_to_string(out.join("order.rs")).expect("generated");
    fs::write(out.join("order.rs"), order.replace("i32", "i64")).expect("writable");
    fs::write(out.join("stale.rs"), "// @generated\n").expect("writable");
    let changed = module("check", &out, &keys);
    let text = stdout(&changed);
    assert_eq!(code(&changed), 1);
    for expected in [
        "order.rs is changed: +",
        "stale.rs is not generated any more",
        "\n+++ b/",
        "To write it again, run:\n  odata-codegen generate --metadata ",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }

    assert_eq!(code(&module("generate", &out, &keys)), 0);
    assert!(!out.join("stale.rs").exists());
    assert_eq!(fs::read_to_string(out.join("order.rs")).expect("generated"), order);
}

#[test]
fn leaves_alone_what_it_did_not_make() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let own = directory.path().join("lib.rs");
    fs::write(&own, "//! By hand.\n").expect("writable");
    let refused = module("generate", directory.path(), &fixture("golden/keys/metadata.xml"));
    assert_eq!(code(&refused), 3);
    assert!(stderr(&refused).contains("lib.rs is not marked as @generated"));
    assert_eq!(fs::read_dir(directory.path()).expect("readable").count(), 1);
}

#[test]
fn shows_what_is_wrong_and_where() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let metadata = directory.path().join("bad.xml");
    fs::write(&metadata, "<html/>").expect("writable");
    let refused = module("generate", &directory.path().join("out"), &metadata);
    let text = stderr(&refused);
    assert_eq!(code(&refused), 2);
    assert!(text.contains("error[source::html]") && text.contains("bad.xml:1:1"), "{text}");

    let out = directory.path().join("out");
    let arguments = ["generate", "--module", "--message-format", "json"];
    let refused = run(&arguments, &[("--metadata", &metadata), ("--out", &out)]);
    assert_eq!(code(&refused), 2);
    let lines: Vec<serde_json::Value> = stderr(&refused)
        .lines()
        .map(|line| serde_json::from_str(line).expect("every line is JSON"))
        .collect();
    assert_eq!(lines[0]["code"], "source::html");
    assert_eq!((&lines[0]["line"], &lines[0]["column"]), (&1.into(), &1.into()));
    assert!(lines[0]["file"].as_str().expect("a file").ends_with("bad.xml"));
}

#[test]
fn the_shell_is_told_whose_mistake_it_is() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let nowhere = directory.path().join("nowhere.xml");
    assert_eq!(code(&module("generate", directory.path(), &nowhere)), 2);
    assert_eq!(code(&run(&["generate"], &[])), 2);
    assert_eq!(code(&run(&["--help"], &[])), 0);
    let closed = "http://127.0.0.1:9/service";
    let out = directory.path().join("x.xml");
    let refused = run(&["fetch", closed], &[("--out", &out)]);
    assert_eq!(code(&refused), 4, "{}", stderr(&refused));
    let offline = run(&["describe", closed, "--no-fetch"], &[("--cache", directory.path())]);
    assert_eq!(code(&offline), 4, "{}", stderr(&offline));
}

#[test]
fn tells_versions_apart() {
    let (old, new) = (fixture("diff/old.xml"), fixture("diff/new.xml"));
    let changed = run(&["diff", "--format", "json"], &[("", &old), ("", &new)]);
    assert_eq!(code(&changed), 1);
    let report: serde_json::Value = serde_json::from_slice(&changed.stdout).expect("JSON");
    assert_eq!(report["step"], "major");
    let place = report["changes"][0]["new_location"].as_str().expect("a place");
    assert!(place.contains("new.xml:"), "{place}");

    let same = run(&["diff"], &[("", &old), ("", &old)]);
    assert_eq!((code(&same), stdout(&same).as_str()), (0, "No changes.\n"));
    let never = run(&["diff", "--fail-on", "never"], &[("", &old), ("", &new)]);
    assert_eq!(code(&never), 0);
}

#[test]
fn describes_a_service() {
    let described = run(&["describe"], &[("", &fixture("diff/old.xml"))]);
    assert_eq!(code(&described), 0);
    // How much is generated changes with the generator.
    let text = stdout(&described);
    let (offers, cost) = text.split_once("\nGenerated, it is ").expect("the cost is told");
    insta::assert_snapshot!("describe", offers);
    assert!(cost.contains(" lines of Rust"), "{cost}");
    let described = run(&["describe", "--format", "json"], &[("", &fixture("diff/old.xml"))]);
    let object: serde_json::Value = serde_json::from_slice(&described.stdout).expect("JSON");
    assert_eq!(object["containers"][0]["entity_sets"][0]["name"], "Beds");
    assert!(object["generated"]["lines"].as_u64().expect("a number") > 100);
}

/// A document of V4 with a schema, and what refers to another document.
fn edmx(references: &str, schema: &str) -> String {
    format!(
        "<edmx:Edmx Version=\"4.0\" xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\">\
         {references}<edmx:DataServices><Schema \
         xmlns=\"http://docs.oasis-open.org/odata/ns/edm\" {schema}</Schema>\
         </edmx:DataServices></edmx:Edmx>"
    )
}

#[test]
fn documents_beside_the_one_that_refers_to_them_are_read() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (main, shapes) = (directory.path().join("main.xml"), directory.path().join("shapes.xml"));
    let reference = "<edmx:Reference Uri=\"http://nowhere.invalid/v1/shapes.xml\">\
                     <edmx:Include Namespace=\"Shapes\" Alias=\"S\"/></edmx:Reference>";
    let drawing = "Namespace=\"Drawing\"><EntityType Name=\"Figure\"><Key><PropertyRef \
                   Name=\"Id\"/></Key><Property Name=\"Id\" Type=\"Edm.Int32\" \
                   Nullable=\"false\"/><Property Name=\"At\" Type=\"S.Point\"/></EntityType>\
                   <EntityContainer Name=\"Board\"><EntitySet Name=\"Figures\" \
                   EntityType=\"Drawing.Figure\"/></EntityContainer>";
    let point = "Namespace=\"Shapes\"><ComplexType Name=\"Point\"><Property Name=\"X\" \
                 Type=\"Edm.Double\"/></ComplexType>";
    fs::write(&main, edmx(reference, drawing)).expect("writable");
    let cache = directory.path().join("cache");
    let described = || run(&["describe", "--no-fetch"], &[("--cache", &cache), ("", &main)]);
    let alone = described();
    assert_eq!(code(&alone), 2, "{}", stderr(&alone));
    assert!(stderr(&alone).contains("shapes.xml` is not read"), "{}", stderr(&alone));
    fs::write(&shapes, edmx("", point)).expect("writable");
    let both = described();
    assert_eq!(code(&both), 0, "{}", stderr(&both));
    assert!(stdout(&both).contains("Shapes: 1 complex type"), "{}", stdout(&both));
}

#[test]
fn what_real_services_get_wrong_is_repaired_if_asked() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let metadata = directory.path().join("wrong.xml");
    let wrong = "Namespace=\"N\"><EntityType Name=\"T\"><Key><PropertyRef Name=\"Id\"/></Key>\
                 <Property Name=\"Id\" Type=\"Edm.Int32\" Nullable=\"false\"/>\
                 <Property Name=\"Lost\" Type=\"N.Nowhere\"/></EntityType>\
                 <EntityContainer Name=\"C\"><EntitySet Name=\"Ts\" EntityType=\"N.T\"/>\
                 </EntityContainer>";
    fs::write(&metadata, edmx("", wrong)).expect("writable");
    let out = directory.path().join("out");
    let strict = module("generate", &out, &metadata);
    assert_eq!(code(&strict), 2);
    assert!(stderr(&strict).contains("error["), "{}", stderr(&strict));
    let paths: [(&str, &Path); 2] = [("--metadata", &metadata), ("--out", &out)];
    let lenient = run(&["generate", "--module", "--lenient"], &paths);
    assert_eq!(code(&lenient), 0, "{}", stderr(&lenient));
    assert!(stderr(&lenient).contains("warning["), "{}", stderr(&lenient));
    let text = fs::read_to_string(out.join("mod.rs")).expect("generated");
    assert!(text.contains(" --lenient"), "the command to run again says so");
}

#[test]
fn a_names_lock_is_written_and_checked() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (out, lock) = (directory.path().join("out"), directory.path().join("names.lock"));
    let keys = fixture("golden/keys/metadata.xml");
    let run = |command| {
        run(&[command, "--module"], &[("--metadata", &keys), ("--out", &out), ("--lock", &lock)])
    };
    assert_eq!(code(&run("generate")), 0);
    let text = fs::read_to_string(&lock).expect("written");
    assert!(text.contains("OrderLine"), "{text}");
    assert_eq!(code(&run("check")), 0);
    fs::remove_file(&lock).expect("there");
    let missing = run("check");
    assert_eq!(code(&missing), 1);
    assert!(stdout(&missing).contains("names.lock is missing"), "{}", stdout(&missing));
}

#[test]
fn a_crate_is_written_and_a_check_tells_what_changed_in_the_model() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let out = directory.path().join("garden");
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let run = |command: &str, document: &str| {
        let document = fixture(document);
        let paths: [(&str, &Path); 3] =
            [("--metadata", &document), ("--out", &out), ("--runtime", &runtime)];
        run(&[command, "--name", "garden"], &paths)
    };
    let written = run("generate", "diff/old.xml");
    assert_eq!(code(&written), 0, "{}", stderr(&written));
    for name in ["Cargo.toml", "README.md", "src/lib.rs", "model.txt"] {
        let text = fs::read_to_string(out.join(name)).expect("generated");
        assert!(text.lines().take(5).any(|line| line.contains("@generated")), "{name}");
    }
    fs::write(out.join("Cargo.lock"), "theirs").expect("writable");
    assert_eq!(code(&run("check", "diff/old.xml")), 0);

    let drifted = run("check", "diff/new.xml");
    assert_eq!(code(&drifted), 1);
    let text = stdout(&drifted);
    for expected in [
        "In the model:\n",
        "  - Garden.Plant: property Height: Edm.Int32\n",
        "  + Garden.Plant: property Height: Edm.Int32, nullable\n",
        "  + EntityType Garden.Gardener\n",
        "… and ",
        " --name garden --runtime ",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    assert_eq!(code(&run("generate", "diff/new.xml")), 0);
    assert!(!out.join("src/tool.rs").exists(), "what is not generated any more is removed");
    assert_eq!(fs::read_to_string(out.join("Cargo.lock")).expect("theirs"), "theirs");
}

#[test]
fn a_selection_is_explained_and_generated() {
    let garden = fixture("diff/old.xml");
    let described = run(&["describe", "--include", "Plants"], &[("", &garden)]);
    assert_eq!(code(&described), 0, "{}", stderr(&described));
    let text = stdout(&described);
    assert!(text.contains("entity type `Garden.Plant`: "), "{text}");
    assert!(text.contains("1 with their key only"), "{text}");
    assert!(!text.contains("Tool"), "{text}");

    let directory = tempfile::tempdir().expect("a temporary directory");
    let out = directory.path().join("out");
    let paths: [(&str, &Path); 2] = [("--metadata", &garden), ("--out", &out)];
    let some = run(&["generate", "--module", "--include", "Pl*", "--exclude", "Beds"], &paths);
    assert_eq!(code(&some), 0, "{}", stderr(&some));
    assert!(out.join("plant.rs").exists() && !out.join("tool.rs").exists());
    let text = fs::read_to_string(out.join("mod.rs")).expect("generated");
    assert!(text.contains("--include 'Pl*' --exclude Beds"), "the command to run again says so");

    let wrong = run(&["generate", "--module", "--include", "Plnts"], &paths);
    assert_eq!(code(&wrong), 2);
    assert!(stderr(&wrong).contains("did you mean `Plants`?"), "{}", stderr(&wrong));
}
