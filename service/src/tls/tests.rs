#![allow(clippy::unwrap_used)]
use super::*;

fn hosts(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn own(directory: &Path, names: &[&str]) -> anyhow::Result<(Tls, String)> {
    let tls = Tls::open(&Source::Own { directory: directory.to_owned() }, &hosts(names))?;
    let authority = std::fs::read_to_string(tls.authority.as_ref().unwrap())?;
    Ok((tls, authority))
}

#[test]
fn a_certificate_is_made_once_for_the_same_hosts() {
    let directory = tempfile::tempdir().unwrap();
    let (_, first) = own(directory.path(), &["localhost", "127.0.0.1"]).unwrap();
    assert!(first.starts_with("-----BEGIN CERTIFICATE-----"), "{first}");
    let (_, again) = own(directory.path(), &["localhost", "127.0.0.1"]).unwrap();
    assert_eq!(first, again);
    let (_, other) = own(directory.path(), &["localhost", "media.example"]).unwrap();
    assert_ne!(first, other);
}

#[test]
fn the_key_is_for_nobody_else_to_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    own(directory.path(), &["localhost"]).unwrap();
    let metadata = std::fs::metadata(directory.path().join("identity.json")).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_is_no_host_name_gets_no_certificate() {
    let directory = tempfile::tempdir().unwrap();
    assert!(own(directory.path(), &["b\u{fc}cher.example"]).is_err());
}

#[test]
fn files_that_are_wrong_are_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    own(directory.path(), &["localhost"]).unwrap();
    let text = std::fs::read_to_string(directory.path().join("identity.json")).unwrap();
    let stored: serde_json::Value = serde_json::from_str(&text).unwrap();
    let write = |name: &str, content: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let certificate = write("cert.pem", stored["certificate"].as_str().unwrap());
    let key = write("key.pem", stored["key"].as_str().unwrap());
    let open = |certificate: &Path, key: &Path| {
        let source = Source::Files { certificate: certificate.to_owned(), key: key.to_owned() };
        Tls::open(&source, &[]).map(|_| ()).map_err(|error| format!("{error:#}"))
    };
    assert_eq!(open(&certificate, &key), Ok(()));
    let empty = write("empty.pem", "");
    let missing = directory.path().join("missing.pem");
    let other = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let other = write("other.pem", &other);
    for (certificate, key, says) in [
        (&missing, &key, "missing.pem"),
        (&empty, &key, "no certificate"),
        (&certificate, &empty, "no private key"),
        (&certificate, &certificate, "no private key"),
        (&certificate, &other, "other.pem"),
    ] {
        let error = open(certificate, key).unwrap_err();
        assert!(error.contains(says), "{says} in {error}");
    }
}
