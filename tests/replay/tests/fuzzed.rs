//! What fuzzing has found is read again without a fuzzer: the seeds of the targets in `fuzz`, and
//! the corpora that grew from them. The properties are those of the targets, with the model of AMS
//! in the place of a type with everything.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use azure_media::{ContentKeyAuthorizationPolicyOption, Job, StreamingEndpoint};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use edm::batch::{
    Ids, read_json_requests, read_json_responses, read_requests, read_responses,
    write_json_responses, write_responses,
};
use edm::error::ServiceError;
use edm::json::{Body, Entities, Format, parse_tolerant, read_draft};
use edm::literal::Literal;
use edm::path::ResourcePath;
use edm::version::Version;
use edm::{EntityType, Expr, atom};

const VERSIONS: [Version; 4] = [Version::V2, Version::V3, Version::V4, Version::V401];

/// Checks every input of a target; there are some.
fn check(target: &str, check: impl Fn(&[u8])) {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    for seed in std::fs::read_dir(fuzz.join("seeds").join(target)).unwrap() {
        check(&std::fs::read(seed.unwrap().path()).unwrap());
    }
    let corpus = std::fs::read_to_string(fuzz.join("corpora").join(target)).unwrap();
    assert!(corpus.lines().count() > 20, "{target}");
    for line in corpus.lines() {
        check(&BASE64_STANDARD.decode(line).unwrap());
    }
}

/// The same of targets that take text.
fn check_text(target: &str, and: impl Fn(&str)) {
    check(target, |bytes| {
        if let Ok(text) = std::str::from_utf8(bytes) {
            and(text);
        }
    });
}

#[test]
fn filters_are_printed_as_they_are_read() {
    check_text("filter", |text| {
        for version in VERSIONS {
            let Ok(filter) = Expr::parse_for(text, version) else { continue };
            let printed = filter.display(version).to_string();
            match Expr::parse_for(&printed, version) {
                Ok(again) => assert_eq!(again.display(version).to_string(), printed),
                // Printing adds parentheses, and chains for lists: it may lead over a limit.
                Err(error) => assert!(
                    error.problem.starts_with("nested deeper")
                        || error.problem.starts_with("more than"),
                    "{text}: {error}: {printed}"
                ),
            }
        }
    });
}

#[test]
fn literals_and_paths_are_printed_as_they_are_read() {
    check_text("literal", |text| {
        for version in VERSIONS {
            let Ok(literal) = Literal::parse_for(text, version) else { continue };
            let printed = literal.display(version).to_string();
            let again = Literal::parse_for(&printed, version).unwrap();
            assert_eq!(again.display(version).to_string(), printed, "{text}");
        }
    });
    check_text("path", |text| {
        for version in VERSIONS {
            let Ok(path) = ResourcePath::parse_for(text, version) else { continue };
            let printed = path.display(version).to_string();
            let again = ResourcePath::parse_for(&printed, version).unwrap();
            assert_eq!(again.display(version).to_string(), printed, "{text}");
        }
        let _ = ResourcePath::parse_url(text, "/api/");
    });
}

#[test]
fn batches_are_written_as_they_are_read() {
    check("batch", |bytes| {
        // The first line is the content type.
        let at = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(0);
        let (head, body) = bytes.split_at(at);
        if let Ok(head) = std::str::from_utf8(head) {
            let _ = read_requests(head, body);
            if let Ok(parts) = read_responses(head, body) {
                let written = write_responses(&parts, Ids::Outer, "seed");
                let again = read_responses(&written.content_type, &written.body);
                assert_eq!(again.map(|parts| parts.len()), Ok(parts.len()));
            }
        }
        if let Ok(text) = std::str::from_utf8(bytes) {
            let _ = read_json_requests(text);
            if let Ok(parts) = read_json_responses(text) {
                let again = read_json_responses(&write_json_responses(&parts));
                assert_eq!(again.map(|parts| parts.len()), Ok(parts.len()));
            }
        }
    });
}

#[test]
fn bodies_in_json_and_almost_json_are_read_or_refused() {
    check("body", |bytes| {
        let strict = serde_json::from_slice::<serde_json::Value>(bytes);
        let Ok(json) = parse_tolerant(bytes) else {
            assert!(strict.is_err(), "JSON is read");
            return;
        };
        if let Ok(strict) = strict {
            assert_eq!(strict, json);
        }
        assert_eq!(parse_tolerant(json.to_string().as_bytes()).unwrap(), json);
        let _ = read_draft(&json, Job::TYPE);
        let _ = read_draft(&json, StreamingEndpoint::TYPE);
    });
}

/// Reads an answer as an entity; its values are those of the type.
fn read<E: EntityType>(read: impl Fn(&mut E) -> bool) {
    let mut entity = E::default();
    if read(&mut entity) {
        let mut copy = E::default();
        for index in 0..E::TYPE.properties.len() {
            copy.set(index, entity.get(index)).unwrap();
        }
    }
}

#[test]
fn answers_in_json_are_read_or_refused() {
    check_text("payload", |text| {
        for format in [Format::Light, Format::Verbose, Format::V4] {
            let body = Body::new(text, format);
            read::<Job>(|entity| body.entity(entity).is_ok());
            read::<StreamingEndpoint>(|entity| body.entity(entity).is_ok());
            let _ = body.page(&mut Entities::<ContentKeyAuthorizationPolicyOption>::default());
            let _ = (body.links(), body.resources());
        }
        let _ = (Format::of_payload(text), ServiceError::parse(text));
    });
}

#[test]
fn atom_is_written_as_it_is_read() {
    let layout = atom::Layout { root: "", updated: edm::DateTime::MIN };
    check("atom", |bytes| {
        if let Ok(body) = atom::Body::from_bytes(bytes) {
            read::<Job>(|entity| body.entity(entity).is_ok());
            read::<StreamingEndpoint>(|entity| body.entity(entity).is_ok());
            let _ = body.page(&mut Entities::<ContentKeyAuthorizationPolicyOption>::default());
            let _ = (body.links(), body.resources());
        }
        if let Ok(url) = atom::read_uri(bytes) {
            assert_eq!(atom::read_uri(atom::uri(&url).as_bytes()).as_deref(), Ok(url.as_str()));
        }
        for ty in [Job::TYPE, StreamingEndpoint::TYPE] {
            let Ok(draft) = atom::read_draft(bytes, ty) else { continue };
            let written = layout.draft(&draft, ty);
            let again = atom::read_draft(written.as_bytes(), ty).unwrap();
            assert_eq!(layout.draft(&again, ty), written);
        }
    });
}
