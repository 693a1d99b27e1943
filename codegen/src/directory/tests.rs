#![allow(clippy::unwrap_used)]
use std::fs;

use super::*;

const MARKED: &str = "// @generated\n";

fn files(list: &[(&str, &str)]) -> Files {
    list.iter().map(|(name, text)| ((*name).to_owned(), format!("{MARKED}{text}\n"))).collect()
}

fn directory(kind: Kind, list: &[(&str, &str)]) -> (tempfile::TempDir, Directory) {
    let root = tempfile::tempdir().unwrap();
    let directory = Directory::new(root.path().join("src/module"), "src/module", kind);
    directory.replace(&files(list)).unwrap();
    (root, directory)
}

#[test]
fn what_is_missing_left_over_or_changed_is_shown() {
    let old = [("a.rs", "old"), ("same.rs", "s"), ("z/left.rs", "")];
    let (_root, directory) = directory(Kind::Module, &old);
    let wanted = files(&[("a.rs", "new"), ("b.rs", "b"), ("same.rs", "s")]);
    let differences = directory.differences(&wanted).unwrap();
    let shown: String = differences.iter().map(Difference::to_string).collect();
    let expected = "\
src/module/a.rs is changed
--- a/src/module/a.rs
+++ b/src/module/a.rs
@@ -1,2 +1,2 @@
 // @generated
-old
+new

src/module/b.rs is missing
--- /dev/null
+++ b/src/module/b.rs
@@ -0,0 +1,2 @@
+// @generated
+b

src/module/z/left.rs is not generated any more
--- a/src/module/z/left.rs
+++ /dev/null
@@ -1,2 +0,0 @@
-// @generated
-

";
    assert_eq!(shown, expected);
    assert_eq!(differences[0].summary(), "src/module/a.rs is changed: +1 -1");
    assert_eq!(differences[0].path(), "src/module/a.rs");
    assert_eq!(differences[1].texts(), ("", "// @generated\nb\n"));
}

#[test]
fn a_module_is_replaced_as_a_whole() {
    let (root, directory) = directory(Kind::Module, &[("a.rs", "old"), ("sub/stale.rs", "")]);
    let wanted = files(&[("a.rs", "new"), ("sub/b.rs", "b")]);
    // As left behind by a run that was killed.
    fs::create_dir(root.path().join("src/.module.new")).unwrap();
    fs::write(root.path().join("src/.module.new/x.rs"), "x").unwrap();
    directory.replace(&wanted).unwrap();
    assert_eq!(directory.present(&wanted).unwrap(), wanted);
    assert_eq!(fs::read_dir(root.path().join("src")).unwrap().count(), 1, "nothing beside it");
}

#[test]
fn what_stays_the_same_keeps_its_time() {
    for kind in [Kind::Module, Kind::Crate] {
        let (root, directory) = directory(kind, &[("a.rs", "a"), ("b.rs", "b")]);
        let path = root.path().join("src/module/a.rs");
        let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        fs::File::options().append(true).open(&path).unwrap().set_modified(long_ago).unwrap();
        directory.replace(&files(&[("a.rs", "a"), ("b.rs", "new")])).unwrap();
        assert_eq!(path.metadata().unwrap().modified().unwrap(), long_ago);
    }
}

#[test]
fn what_is_not_generated_stops_it_untouched() {
    let (root, directory) = directory(Kind::Module, &[("a.rs", "a")]);
    let path = root.path().join("src/module/mine.rs");
    fs::write(&path, "//! Written by hand.\n").unwrap();
    let error = directory.replace(&files(&[("a.rs", "new")])).unwrap_err().to_string();
    assert!(error.contains("src/module/mine.rs is not marked as @generated"), "{error}");
    assert_eq!(fs::read_to_string(path).unwrap(), "//! Written by hand.\n");
    let kept = fs::read_to_string(root.path().join("src/module/a.rs")).unwrap();
    assert_eq!(kept, format!("{MARKED}a\n"));
}

#[test]
fn a_crate_keeps_what_others_put_there() {
    let old = [("src/lib.rs", "l"), ("src/old/x.rs", "x"), ("Cargo.toml", "c")];
    let (root, directory) = directory(Kind::Crate, &old);
    let crate_root = root.path().join("src/module");
    let theirs = ["src/mine.rs", "tests/mine.rs", "target/debug/a", ".git/HEAD", "Cargo.lock"];
    for name in theirs {
        let path = crate_root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "theirs").unwrap();
    }
    let wanted = files(&[("src/lib.rs", "new"), ("Cargo.toml", "c")]);
    assert_eq!(directory.differences(&wanted).unwrap().len(), 2);
    directory.replace(&wanted).unwrap();
    assert!(directory.differences(&wanted).unwrap().is_empty());
    assert!(!crate_root.join("src/old").exists());
    for name in theirs {
        assert_eq!(fs::read_to_string(crate_root.join(name)).unwrap(), "theirs", "{name}");
    }
}

#[test]
fn a_crate_is_not_written_over_what_is_not_generated() {
    let (root, directory) = directory(Kind::Crate, &[("src/lib.rs", "l")]);
    let manifest = root.path().join("src/module/Cargo.toml");
    fs::write(&manifest, "[package]\n").unwrap();
    let wanted = files(&[("src/lib.rs", "new"), ("Cargo.toml", "c")]);
    let error = directory.replace(&wanted).unwrap_err().to_string();
    assert!(error.contains("src/module/Cargo.toml is not marked"), "{error}");
    assert_eq!(fs::read_to_string(manifest).unwrap(), "[package]\n");
    let lib = fs::read_to_string(root.path().join("src/module/src/lib.rs")).unwrap();
    assert_eq!(lib, format!("{MARKED}l\n"));
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let (root, directory) = directory(Kind::Module, &[("a.rs", "a")]);
    std::os::unix::fs::symlink("a.rs", root.path().join("src/module/b.rs")).unwrap();
    let error = directory.differences(&files(&[])).unwrap_err().to_string();
    assert!(error.contains("b.rs is neither a file nor a folder"), "{error}");
}
