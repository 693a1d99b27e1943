//! What Microsoft's own libraries write and read.

use edm::literal::Literal;
use edm::path::ResourcePath;
use edm::query::QueryOptions;
use edm::version::Version;
use serde_json::Value as Json;

use crate::{Tally, reason, text, vectors};

fn version(vector: &Json) -> Version {
    match text(vector, "version") {
        "V1" => Version::V1,
        "V2" => Version::V2,
        "V3" => Version::V3,
        "V4" => Version::V4,
        other => panic!("version {other}"),
    }
}

/// Reads a literal, and prints it until nothing changes any more.
fn twice(text: &str, version: Version) -> Result<(String, String), String> {
    let read = |text: &str| Literal::parse_for(text, version).map_err(|error| error.to_string());
    let first = read(text)?.display(version).to_string();
    let second = read(&first)?.display(version).to_string();
    Ok((first, second))
}

#[test]
fn literals_that_microsoft_writes_are_read_and_written_alike() {
    for name in ["ms-oracle/literals-v1v2v3.jsonl", "ms-oracle/literals-v4.jsonl"] {
        let mut tally = Tally::new(name);
        let mut same = 0;
        for vector in vectors(name) {
            let version = version(&vector);
            match vector["uri_literal"].as_str() {
                None => tally.skip("the library has no literal for the value in this version"),
                Some(written) => {
                    let printed = twice(written, version);
                    same += usize::from(printed.as_ref().is_ok_and(|(first, _)| first == written));
                    tally.check_read(&vector.to_string(), printed);
                }
            }
        }
        eprintln!("  {same} printed to the letter as Microsoft's library does");
        tally.finish();
    }
}

/// What the library reads and we refuse, or the other way around.
const V3_LITERALS: &[(&str, &str)] = &[("'O'Neil'", CUT_OFF), ("2014-01-02", CUT_OFF)];
const CUT_OFF: &str = "the library reads the first literal and drops what follows it";

#[test]
fn literals_are_read_or_refused_as_microsoft_does() {
    let mut tally = Tally::new("ms-oracle/literal-parse-v1v2v3.jsonl");
    for vector in vectors("ms-oracle/literal-parse-v1v2v3.jsonl") {
        let literal = text(&vector, "literal");
        if let Some(reason) = reason(V3_LITERALS, literal) {
            tally.skip(reason);
            continue;
        }
        let read = Literal::parse_for(literal, version(&vector));
        let primitive = read.as_ref().ok().and_then(|literal| literal.primitive);
        let name = primitive.map(|primitive| primitive.name().trim_start_matches("Edm."));
        let expected = match text(&vector, "clr_type") {
            "TimeSpan" => Some("Time"),
            "Byte[]" => Some("Binary"),
            "null" | "" => None,
            other => Some(other.trim_end_matches("Implementation")),
        };
        let same = read.is_ok() == (vector["ok"] == true) && name == expected;
        tally.check(same, || format!("{vector}\n    {read:?}"));
    }
    tally.finish();
}

/// What the library reads and we refuse, or the other way around.
const V4_LITERALS: &[(&str, &str)] = &[
    ("True", CASE),
    ("TRUE", CASE),
    ("+1", "the grammar of OASIS has a plus sign"),
    ("Demo.Color'Red'", "the oracle ran without a model that has the enumeration"),
    ("binary'AQID_w=='", BASE64),
    ("binary'AQID_w'", BASE64),
];
const CASE: &str = "the grammar of OASIS does not mind the case";
const BASE64: &str = "the alphabet of OASIS; this library has the other one";

/// Whether a literal is a number with the suffix of V3.
fn has_suffix(literal: &str) -> bool {
    let number = literal.strip_suffix(['L', 'l', 'M', 'm', 'F', 'f', 'D', 'd']);
    number.is_some_and(|number| matches!(number, "INF" | "NaN") || number.parse::<f64>().is_ok())
}

#[test]
fn literals_of_v4_are_read_or_refused_as_microsoft_does() {
    let mut tally = Tally::new("ms-oracle/literal-parse-v4.jsonl");
    for vector in vectors("ms-oracle/literal-parse-v4.jsonl") {
        let literal = text(&vector, "literal");
        if let Some(reason) = reason(V4_LITERALS, literal) {
            tally.skip(reason);
            continue;
        }
        if has_suffix(literal) {
            tally.skip("the library reads the suffixes of V3, which the grammar of V4 has not");
            continue;
        }
        let read = Literal::parse_for(literal, Version::V4);
        let same = read.is_ok() == (vector["ok"] == true);
        tally.check(same, || format!("{vector}\n    {read:?}"));
    }
    tally.finish();
}

/// Reads a URL, and prints it until nothing changes any more.
fn url(url: &str, version: Version) -> Result<(String, String), String> {
    let read = |target: &str| {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = ResourcePath::parse_for(path, version).map_err(|error| error.to_string())?;
        let query = QueryOptions::parse_for(query, version).map_err(|error| error.to_string())?;
        Ok::<_, String>(format!("{}?{}", path.display(version), query.to_query(version)))
    };
    let first = read(url.split_once("/svc/").ok_or("not below the root")?.1)?;
    let second = read(&first)?;
    Ok((first, second))
}

#[test]
fn queries_that_microsofts_client_sends_are_read_and_printed() {
    for (name, version) in [
        ("ms-oracle/linq-to-url-v3.jsonl", Version::V3),
        ("ms-oracle/linq-to-url-v4.jsonl", Version::V4),
    ] {
        let mut tally = Tally::new(name);
        let mut same = 0;
        for vector in vectors(name) {
            let Some(sent) = vector["url"].as_str() else {
                tally.skip("the client cannot say it");
                continue;
            };
            let printed = url(sent, version);
            let plain = |text: &str| {
                let text = percent_encoding::percent_decode_str(text).decode_utf8().unwrap();
                text.trim_end_matches('?').replace("()?", "?")
            };
            let sent = plain(sent.split_once("/svc/").unwrap().1);
            same += usize::from(printed.as_ref().is_ok_and(|(first, _)| plain(first) == sent));
            tally.check_read(&vector.to_string(), printed);
        }
        eprintln!("  {same} printed to the letter as Microsoft's client does");
        tally.finish();
    }
}

#[test]
fn paths_that_microsofts_service_hands_out_are_read_and_printed() {
    let mut tally = Tally::new("ms-oracle/key-predicates-v3.jsonl");
    let mut same = 0;
    for vector in vectors("ms-oracle/key-predicates-v3.jsonl") {
        let Some(link) = vector["odata.editLink"].as_str() else {
            tally.skip("the service refused the entity");
            continue;
        };
        let read = |link: &str| ResourcePath::parse(link).map(|path| path.to_string());
        let printed = read(link).and_then(|first| Ok((read(&first)?, first)));
        same += usize::from(printed.as_ref().is_ok_and(|(first, _)| first == link));
        tally.check_read(&vector.to_string(), printed);
    }
    eprintln!("  {same} printed to the letter as Microsoft's service does");
    tally.finish();
}
