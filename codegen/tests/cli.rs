//! The command line: it replaces a directory as a whole, and nothing that it did not make.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn run(out: &Path, metadata: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_odata-codegen"))
        .args(["generate", "--metadata"])
        .arg(metadata)
        .arg("--out")
        .arg(out)
        .args(more)
        .output()
        .expect("the binary runs")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn generates_checks_and_replaces() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let out = directory.path().join("module");
    let keys = fixture("keys/metadata.xml");

    let missing = run(&out, &keys, &["--check"]);
    assert!(!missing.status.success() && text(&missing).contains("mod.rs is missing"));
    assert!(!out.exists(), "--check writes nothing");

    assert!(run(&out, &keys, &[]).status.success());
    assert!(run(&out, &keys, &["--check"]).status.success());

    let order = fs::read_to_string(out.join("order.rs")).expect("generated");
    fs::write(out.join("order.rs"), order.replace("i32", "i64")).expect("writable");
    fs::write(out.join("stale.rs"), "// @generated\n").expect("writable");
    let changed = run(&out, &keys, &["--check"]);
    assert!(!changed.status.success());
    assert!(text(&changed).contains("order.rs differs from line"), "{}", text(&changed));
    assert!(text(&changed).contains("stale.rs is not generated any more"), "{}", text(&changed));

    assert!(run(&out, &keys, &[]).status.success());
    assert!(!out.join("stale.rs").exists());
    assert_eq!(fs::read_to_string(out.join("order.rs")).expect("generated"), order);
}

#[test]
fn leaves_alone_what_it_did_not_make() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let own = directory.path().join("lib.rs");
    fs::write(&own, "//! By hand.\n").expect("writable");
    let refused = run(directory.path(), &fixture("keys/metadata.xml"), &[]);
    assert!(!refused.status.success() && text(&refused).contains("lib.rs is not generated"));
    assert_eq!(fs::read_dir(directory.path()).expect("readable").count(), 1);
}

#[test]
fn shows_what_is_wrong_and_where() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let metadata = directory.path().join("bad.xml");
    fs::write(&metadata, "<html/>").expect("writable");
    let refused = run(&directory.path().join("out"), &metadata, &[]);
    let text = text(&refused);
    assert!(!refused.status.success());
    assert!(text.contains("error[csdl::not-edmx]") && text.contains("bad.xml:1:1"), "{text}");
}
