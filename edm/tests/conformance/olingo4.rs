//! Olingo's tests of V4: primitive types, tokens and expressions.

use edm::literal::Literal;
use edm::model::Primitive;
use edm::query::QueryOptions;
use edm::time::{Date, DateTimeOffset, Duration, TimeOfDay};
use edm::version::Version;
use edm::{Expr, Value};

use crate::{Tally, joined, reason, text, vectors};

const V4: Version = Version::V4;

/// Reads the text of a value without the prefix and quotes that a URL has; `None` for types whose
/// text is for JSON to read.
fn read_value(edm: &str, text: &str) -> Option<Result<String, String>> {
    fn shown<T: ToString, E: ToString>(read: Result<T, E>) -> Result<String, String> {
        read.map(|value| value.to_string()).map_err(|error| error.to_string())
    }
    Some(match edm {
        "Date" => shown(Date::parse(text)),
        "DateTimeOffset" => shown(DateTimeOffset::parse(text)),
        "TimeOfDay" => shown(TimeOfDay::parse(text)),
        "Duration" => shown(Duration::parse(text)),
        "Byte" | "SByte" | "Int16" | "Int32" | "Int64" | "Single" | "Double" | "Decimal"
        | "Guid" | "Boolean" => {
            shown(Literal::parse_for(text, V4).map(|literal| literal.display(V4).to_string()))
        }
        _ => return None,
    })
}

/// The type of a literal by what its text says: numbers of V4 do not say which they are.
fn is_of(literal: &Literal, edm: &str) -> bool {
    use Primitive as P;
    match (literal.primitive, edm) {
        (Some(P::Int32), "Byte" | "SByte" | "Int16" | "Int32" | "Int64") => {
            let number = literal.value.as_integer().unwrap();
            match edm {
                "Byte" => u8::try_from(number).is_ok(),
                "SByte" => i8::try_from(number).is_ok(),
                "Int16" => i16::try_from(number).is_ok(),
                _ => true,
            }
        }
        (Some(P::Int64), "Int64") => true,
        (Some(P::Double), "Single") => {
            let number = literal.value.as_double().unwrap();
            !number.is_finite() || number.abs() <= f64::from(f32::MAX)
        }
        (Some(P::Int32 | P::Int64 | P::Decimal | P::Double), "Single" | "Double") => true,
        (Some(P::Int32 | P::Int64 | P::Decimal), "Decimal") => true,
        (Some(P::String), "Enum") => literal.enum_type.is_some(),
        (Some(P::String), "String") => literal.enum_type.is_none(),
        (Some(primitive), edm) => primitive.name().trim_start_matches("Edm.") == edm,
        (None, _) => false,
    }
}

/// Literals that we read and Olingo does not, or the other way around.
const LITERALS: &[(&str, &str)] = &[
    ("True", CASE),
    ("FALSE", CASE),
    ("Duration'PT1S'", CASE),
    ("2012-02-29T23:32:02.0000000000000", DIGITS),
    ("11:12:13.0000000000000", DIGITS),
    ("P50903316DT2H25M4S", "longer than a span of ticks, as .NET has it"),
];
const CASE: &str = "the grammar of OASIS does not mind the case";
const DIGITS: &str = "digits past the seventh are cut off, however many there are";

#[test]
fn primitive_types() {
    let mut tally = Tally::new("olingo4-v4/literals.jsonl");
    for vector in vectors("olingo4-v4/literals.jsonl") {
        let (kind, edm) = (text(&vector, "kind"), text(&vector, "edm"));
        let literal = vector["literal"].as_str().unwrap_or(match kind {
            "toUriLiteral" => text(&vector, "output"),
            _ => text(&vector, "input"),
        });
        if let Some(reason) = reason(LITERALS, literal) {
            tally.skip(reason);
            continue;
        }
        match (kind, text(&vector, "error")) {
            ("toUriLiteral" | "fromUriLiteral", _) => {
                let read = Literal::parse_for(literal, V4);
                let fits = read
                    .as_ref()
                    .is_ok_and(|literal| is_of(literal, edm) || literal.value == Value::Null);
                tally.check(fits, || format!("{vector}\n    {read:?}"));
            }
            ("error", "ErrorInFromUriLiteral") => {
                tally.check_refused(&vector.to_string(), &Literal::parse_for(literal, V4));
            }
            ("error", "ContentErrorInValueOfString") => match read_value(edm, literal) {
                None => tally.skip("values of payloads are for JSON to read"),
                Some(Err(_)) => tally.check(true, String::new),
                Some(Ok(_)) => {
                    let read = Literal::parse_for(literal, V4).ok();
                    let is_other = read.is_some_and(|literal| !is_of(&literal, edm));
                    tally.check(is_other, || format!("{vector}\n    was read"));
                }
            },
            ("error", _) => tally.skip("facets and Java types"),
            ("parse" | "format", _) => match read_value(edm, literal) {
                None => tally.skip("values of payloads are for JSON to read"),
                Some(read) => tally.check(read.is_ok(), || format!("{vector}\n    {read:?}")),
            },
            (kind, error) => tally.check(false, || format!("an unknown kind {kind} {error}")),
        }
    }
    tally.finish();
}

/// The EDM type of one of Olingo's tokens.
fn token_type(kind: &str) -> Option<&str> {
    Some(match kind {
        "BooleanValue"
        | "DateValue"
        | "DateTimeOffsetValue"
        | "TimeOfDayValue"
        | "DoubleValue"
        | "DecimalValue"
        | "DurationValue"
        | "BinaryValue"
        | "GuidValue"
        | "StringValue"
        | "EnumValue" => kind.trim_end_matches("Value"),
        "IntegerValue" => "Int64",
        kind if kind.starts_with("Geography") || kind.starts_with("Geometry") => kind,
        _ => return None,
    })
}

/// Expressions that we read and Olingo does not, or the other way around.
const EXPRESSIONS: &[(&str, &str)] = &[
    ("1.", "Olingo's scanner leaves the dot for what follows"),
    ("12345-12-25", YEAR),
    ("-12345-01-31", YEAR),
    ("-1234-12-25t01:12z", BEFORE),
    ("-1234-12-25T21:22:23+01:00", BEFORE),
    ("-1234-12-25T11:12:13.456+01:00", BEFORE),
    ("01:00:60", "the grammar of OASIS has leap seconds"),
    ("duration'P'", DURATION),
    ("duration'PT'", DURATION),
    ("duration'pt1M'", DURATION),
    ("duration'PT1.2s'", DURATION),
    ("duration'-p1dt2h3m4.5s'", DURATION),
    ("NavPropertyETKeyNavMany/PropertyInt16 gt 42", MODEL),
    ("NavPropertyETKeyNavMany/NavPropertyETTwoKeyNavOne eq null", MODEL),
    ("CollPropertyComp/PropertyInt16 le 0", MODEL),
];
const YEAR: &str = "years of five digits are beyond what types of languages hold";
const BEFORE: &str = "points in time start at the year 1, as those of .NET do";
const DURATION: &str = "no duration of ISO 8601: Olingo refuses it only when it reads the value";
const MODEL: &str = "refused only by who knows the model";

#[test]
fn tokens_and_expressions() {
    let mut tally = Tally::new("olingo4-v4/tokens-and-expressions.jsonl");
    for vector in vectors("olingo4-v4/tokens-and-expressions.jsonl") {
        let raw = text(&vector, "raw");
        let input = &joined(raw, text(&vector, "input"));
        // Aliases of the query follow the expression.
        let input = input.split("&@").next().unwrap_or_default();
        let is_token = text(&vector, "src").starts_with("UriTokenizerTest");
        if let Some(reason) = reason(EXPRESSIONS, input) {
            tally.skip(reason);
        } else if is_token {
            let kind = raw.split("TokenKind.").nth(1).unwrap_or_default();
            let kind = kind.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            let Some(edm) = token_type(kind) else {
                tally.skip("a token of Olingo's scanner that is no literal");
                continue;
            };
            let read = Literal::parse_for(input, V4);
            let fits = read.as_ref().is_ok_and(|literal| is_of(literal, edm));
            let expected = !raw.starts_with("assertFalse");
            tally.check(fits == expected, || format!("{vector}\n    {read:?}"));
        } else if raw.contains("runUri") {
            tally.skip("the input is a path whose query is in another string");
        } else if raw.contains('+') && input.ends_with(['(', ' ']) {
            tally.skip("the source joins the input from constants that the vector has not");
        } else if raw.starts_with("wrongExpression") || raw.contains("isExSemantic") {
            tally.skip("refused only by who knows the types");
        } else if raw.contains("isExSyntax") {
            tally.check_refused(&vector.to_string(), &Expr::parse_for(input, V4));
        } else if raw.contains("OrderBy") {
            let read =
                |text: &str| QueryOptions::parse_for(text, V4).map(|options| options.to_query(V4));
            let encoded = input.replace('%', "%25").replace('&', "%26");
            let printed =
                read(&format!("$orderby={encoded}")).and_then(|first| Ok((read(&first)?, first)));
            tally.check_read(&vector.to_string(), printed);
        } else {
            let read =
                |text: &str| Expr::parse_for(text, V4).map(|expr| expr.display(V4).to_string());
            let printed = read(input).and_then(|first| Ok((read(&first)?, first)));
            tally.check_read(&vector.to_string(), printed);
        }
    }
    tally.finish();
}
