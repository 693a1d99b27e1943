//! Olingo's tests of V2: primitive types, expressions and URLs.

use edm::Expr;
use edm::literal::Literal;
use edm::model::Primitive;
use edm::path::ResourcePath;
use edm::query::QueryOptions;
use edm::version::Version;

use crate::{Tally, joined, reason, text, vectors};

const V2: Version = Version::V2;

/// Whether a literal is of a type, as Olingo sees it: small integers are not distinguished.
fn is_of(literal: &Literal, edm: &str) -> bool {
    use Primitive as P;
    match (literal.primitive, edm) {
        (Some(P::Int32), "Byte" | "SByte" | "Int16" | "Bit" | "Uint7") => true,
        (Some(primitive), edm) => primitive.name().trim_start_matches("Edm.") == edm,
        (None, _) => false,
    }
}

/// Literals that we read and Olingo does not, or the other way around.
const LITERALS: &[(&str, &str)] = &[
    ("binary'AABBCCDDEEFF'", "the length of a property is for who knows the model"),
    ("1", "Olingo reads 0 and 1 as booleans, Microsoft's library does not"),
    ("0", "Olingo reads 0 and 1 as booleans, Microsoft's library does not"),
    ("datetime'2012-02-29T23:32:02+01:00'", "Microsoft's library applies the offset"),
    ("0.9646153846153846153846153846153800M", DECIMAL),
    ("1234567890123456789012345678901234567890M", DECIMAL),
    ("INF", "without suffix a double, as Microsoft's library writes it"),
];
const DECIMAL: &str = "more digits than a decimal of .NET has";

#[test]
fn primitive_types() {
    let mut tally = Tally::new("olingo2-v2/literals.jsonl");
    for vector in vectors("olingo2-v2/literals.jsonl") {
        let (kind, edm, literal) =
            (text(&vector, "kind"), text(&vector, "edm"), text(&vector, "literal"));
        let is_uri = vector["literal_kind"] == "URI" || kind.starts_with("facade");
        if let Some(reason) = reason(LITERALS, literal) {
            tally.skip(reason);
            continue;
        }
        let read = Literal::parse_for(literal, V2);
        let fits = read.as_ref().is_ok_and(|literal| edm.is_empty() || is_of(literal, edm));
        match kind {
            _ if !is_uri => tally.skip("values of payloads are for JSON to read"),
            "parse" | "format" | "facade_parse" => {
                tally.check(fits, || format!("{vector}\n    {read:?}"));
            }
            "parse_error" => tally.check(!fits, || format!("{vector}\n    {read:?}")),
            "facade_error" if read.is_ok() => {
                tally.skip("a literal of one type where another is wanted");
            }
            "facade_error" => tally.check(true, String::new),
            kind => tally.check(false, || format!("an unknown kind {kind}")),
        }
    }
    tally.finish();
}

/// Expressions that we read and Olingo does not, or the other way around.
const EXPRESSIONS: &[(&str, &str)] = &[
    ("ABC eq W / X eq TEST", SPACES),
    ("( A mul B )/X eq TEST", PATH),
    ("( 1 mul 2 )/X eq TEST", PATH),
];
const SPACES: &str = "only Olingo has spaces in paths";
const PATH: &str = "only Olingo has a path behind parentheses";

/// What Olingo says of expressions that it refuses for what names and types mean.
const MEANING: &[&str] = &[
    "No applicable method",
    "No property",
    "Unknown function",
    "TYPE_EXPECTED_AT",
    "INVALID_TYPES",
    "INVALID_MULTIPLICITY",
    "Expression of type",
];

#[test]
fn expressions() {
    let mut tally = Tally::new("olingo2-v2/filter-expressions.jsonl");
    for vector in vectors("olingo2-v2/filter-expressions.jsonl") {
        let raw = text(&vector, "raw");
        let expr = &joined(raw, text(&vector, "expr"));
        if let Some(reason) = reason(EXPRESSIONS, expr) {
            tally.skip(reason);
            continue;
        }
        let printed = if vector["option"] == "orderby" {
            let read = |text: &str| {
                let options = QueryOptions::parse_for(text, V2).map_err(|e| e.to_string())?;
                Ok::<_, String>(options.to_query(V2))
            };
            read(&format!("$orderby={expr}")).and_then(|first| Ok((read(&first)?, first)))
        } else {
            let read = |text: &str| {
                let expr = Expr::parse_for(text, V2).map_err(|e| e.to_string())?;
                Ok::<_, String>(expr.display(V2).to_string())
            };
            read(expr).and_then(|first| Ok((read(&first)?, first)))
        };
        if vector["expect"] == "ok" {
            tally.check_read(&vector.to_string(), printed);
        } else if printed.is_ok() && MEANING.iter().any(|error| raw.contains(error)) {
            tally.skip("refused only by who knows the names and types");
        } else {
            tally.check_refused(&vector.to_string(), &printed);
        }
    }
    tally.finish();
}

/// What Olingo says of URLs that it refuses and we read, and why we do.
const REFUSED: &[(&str, &str)] = &[
    ("EMPTYSEGMENT", "empty segments and items are read: real clients write them"),
    ("INVALIDFILTEREXPRESSION", "a plus sign is a space"),
    ("UNKNOWNLITERAL", "parameters are for who knows the operation"),
    ("LITERALFORMAT", "parameters are for who knows the operation"),
    ("MISSINGPARAMETER", "parameters are for who knows the operation"),
    ("MUSTBELASTSEGMENT", "the order of segments is for who follows the path"),
    ("MUSTNOTBELASTSEGMENT", "the order of segments is for who follows the path"),
    ("ENTITYSETINSTEADOFENTITY", MODEL),
    ("NOMEDIARESOURCE", MODEL),
    ("NONAVIGATIONPROPERTY", MODEL),
    ("PROPERTYNOTFOUND", MODEL),
    ("CONTAINERNOTFOUND", MODEL),
    ("INVALIDKEYPREDICATE", MODEL),
    ("INCOMPATIBLELITERAL", MODEL),
    ("INVALIDSEGMENT", MODEL),
    ("MATCHPROBLEM", MODEL),
    ("NOTFOUND", MODEL),
    ("NOTEXT", MODEL),
];
const MODEL: &str = "refused only by who knows the model";

#[test]
fn urls() {
    let mut tally = Tally::new("olingo2-v2/uris.jsonl");
    for vector in vectors("olingo2-v2/uris.jsonl") {
        let raw = text(&vector, "raw");
        let uri = &joined(raw, text(&vector, "uri"));
        let read = |target: &str| {
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            let path = ResourcePath::parse_for(path, V2).map_err(|error| error.to_string())?;
            let query = QueryOptions::parse_for(query, V2).map_err(|error| error.to_string())?;
            Ok::<_, String>(format!("{}?{}", path.display(V2), query.to_query(V2)))
        };
        let printed = read(uri).and_then(|first| Ok((read(&first)?, first)));
        let refused = REFUSED.iter().find(|(error, _)| raw.contains(&format!("Exception.{error}")));
        match (vector["expect"] == "ok", &printed, refused) {
            (true, ..) => tally.check_read(&vector.to_string(), printed),
            (false, Ok(_), Some((_, reason))) => tally.skip(reason),
            (false, ..) => tally.check_refused(&vector.to_string(), &printed),
        }
    }
    tally.finish();
}
