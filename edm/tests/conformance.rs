//! Literals, filters and paths against what Microsoft's own OData library reads and writes.
//!
//! The vectors are not part of the repository: where they are not found beside it, the tests say
//! so and check nothing.
#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

use std::path::Path;

use edm::Expr;
use edm::literal::Literal;
use edm::path::ResourcePath;
use edm::query::QueryOptions;
use serde_json::Value as Json;

fn vectors(name: &str) -> Vec<Json> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance");
    match std::fs::read_to_string(folder.join(name)) {
        Ok(text) => text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
        Err(_) => {
            eprintln!("SKIPPED: conformance/{name} is not there");
            Vec::new()
        }
    }
}

fn is_spatial(text: &str) -> bool {
    text.starts_with("geography'") || text.starts_with("geometry'")
}

#[test]
fn literals_that_microsoft_writes_are_read_and_written_alike() {
    for vector in vectors("ms-oracle/literals-v1v2v3.jsonl") {
        let Some(written) = vector["uri_literal"].as_str() else { continue };
        if vector["version"] != "V3" || is_spatial(written) {
            continue;
        }
        let literal = Literal::parse(written).unwrap_or_else(|error| panic!("{vector}: {error}"));
        let again = Literal::parse(&literal.to_string()).unwrap();
        // NaN is not equal to itself; its text is.
        assert_eq!(again.to_string(), literal.to_string(), "{vector}");
        assert_eq!(again.primitive, literal.primitive, "{vector}");
    }
}

#[test]
fn literals_are_read_or_refused_as_microsoft_does() {
    // That library reads the first literal and drops what follows it; a service must not.
    const CUT_OFF: &[&str] = &["'O'Neil'", "2014-01-02"];
    let mut differences = Vec::new();
    for vector in vectors("ms-oracle/literal-parse-v1v2v3.jsonl") {
        let text = vector["literal"].as_str().unwrap();
        if vector["version"] != "V3" || is_spatial(text) || CUT_OFF.contains(&text) {
            continue;
        }
        let read = Literal::parse(text);
        let primitive = read.as_ref().ok().and_then(|literal| literal.primitive);
        let name = primitive.map(|primitive| primitive.name().trim_start_matches("Edm."));
        let expected = match vector["clr_type"].as_str().unwrap_or_default() {
            "TimeSpan" => Some("Time"),
            "Byte[]" => Some("Binary"),
            "null" | "" => None,
            other => Some(other),
        };
        if read.is_ok() != (vector["ok"] == true) || name != expected {
            differences.push(format!("{vector}: {read:?}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn queries_that_microsofts_client_sends_are_read() {
    // What V3 has and this crate has not yet.
    let beyond = |text: &str| {
        ["any(", "all(", "geo.", "isof(", "cast(", "geography"].iter().any(|f| text.contains(f))
    };
    for vector in vectors("ms-oracle/linq-to-url-v3.jsonl") {
        let Some(url) = vector["url"].as_str() else { continue };
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let path = ResourcePath::parse_url(path, "/svc/");
        assert!(path.is_ok(), "{vector}: {path:?}");
        let options = QueryOptions::parse(query);
        if beyond(query) {
            continue;
        }
        let options = options.unwrap_or_else(|error| panic!("{vector}: {error}"));
        let again = QueryOptions::parse(&options.to_query(edm::version::Version::V3)).unwrap();
        // NaN is not equal to itself; its text is.
        assert_eq!(
            again.to_query(edm::version::Version::V3),
            options.to_query(edm::version::Version::V3),
            "{vector}"
        );
    }
}

#[test]
fn paths_that_microsofts_service_hands_out_are_read() {
    for vector in vectors("ms-oracle/key-predicates-v3.jsonl") {
        let Some(link) = vector["odata.editLink"].as_str() else { continue };
        let path = ResourcePath::parse(link);
        if !is_spatial(link.split_once('(').unwrap().1) {
            let path = path.unwrap_or_else(|error| panic!("{vector}: {error}"));
            let again = ResourcePath::parse(&path.to_string()).unwrap();
            assert_eq!(again.to_string(), path.to_string(), "{vector}");
        }
    }
}

#[test]
fn filters_of_olingos_tests_are_read_or_refused_alike() {
    for vector in vectors("olingo2-v2/filter-expressions.jsonl") {
        let (expr, expect) = (vector["expr"].as_str().unwrap(), &vector["expect"]);
        // One of Olingo's suites is about the looser grammar of another product.
        // Only Olingo knows a path behind parentheses.
        let src = vector["src"].as_str().unwrap_or_default();
        let looser = src.contains("AbapCompatibility") || expr.contains(")/");
        if vector["option"] == "filter" && expect == "ok" && !looser {
            let read = Expr::parse(expr);
            assert!(read.is_ok(), "{vector}: {read:?}");
        }
    }
}
