//! Strings in the tests of Microsoft's library of today.

use edm::Expr;
use edm::path::ResourcePath;
use edm::version::Version;

use crate::{Tally, reason, text, vectors};

const V4: Version = Version::V4;

/// Literals that we read and the library does not, or the other way around.
const LITERALS: &[(&str, &str)] = &[
    ("1000000000000f", SUFFIX),
    ("1000000000000D", SUFFIX),
    ("112M", SUFFIX),
    ("123L", SUFFIX),
    ("1997-07-01 12:12:02-11:00", "a space in place of the T is not of the grammar"),
];
const SUFFIX: &str = "the library reads the suffixes of V3, which the grammar of V4 has not";

#[test]
fn literals() {
    let mut tally = Tally::new("odatanet/literals-v4.jsonl");
    for vector in vectors("odatanet/literals-v4.jsonl") {
        let (raw, literal) = (text(&vector, "raw"), text(&vector, "literal"));
        let literals: Vec<_> = match text(&vector, "call") {
            // Attributes above one test: `[InlineData("1")] [InlineData("2")]`.
            "InlineData" => raw.split("InlineData(\"").skip(1).collect(),
            _ => vec![literal],
        };
        if literals.is_empty() {
            tally.skip("the value is not a string in the source");
        } else if raw.contains("ThrowOverflow") {
            tally.skip("the test wants a type that is too small for the number");
        }
        for literal in literals {
            let literal = literal.split('"').next().unwrap_or_default();
            if raw.contains("ThrowOverflow") {
                continue;
            }
            if let Some(reason) = reason(LITERALS, literal) {
                tally.skip(reason);
                continue;
            }
            let read =
                |text: &str| Expr::parse_for(text, V4).map(|expr| expr.display(V4).to_string());
            let printed = read(literal).and_then(|first| Ok((read(&first)?, first)));
            if raw.starts_with("Action") {
                tally.check_refused(&vector.to_string(), &printed);
            } else {
                tally.check_read(&vector.to_string(), printed);
            }
        }
    }
    tally.finish();
}

#[test]
fn keys() {
    let mut tally = Tally::new("odatanet/keys-v4.jsonl");
    for vector in vectors("odatanet/keys-v4.jsonl") {
        let key = text(&vector, "text");
        let read = ResourcePath::parse_for(&format!("Set({key})"), V4);
        match key {
            "32" | "ID1=6" => tally.check(read.is_ok(), || format!("{vector}\n    {read:?}")),
            "0,1" | "{6}" => tally.check_refused(&vector.to_string(), &read),
            name if name.chars().all(char::is_alphanumeric) => {
                tally.skip("the name of a property or variable in the source of a test");
            }
            _ => tally.check(false, || format!("{vector}\n    is neither a key nor a name")),
        }
    }
    tally.finish();
}
