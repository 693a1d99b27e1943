//! The test cases of OASIS for the grammar of V4.01.

use edm::Expr;
use edm::literal::Literal;
use edm::model::Primitive;
use edm::path::ResourcePath;
use edm::query::QueryOptions;
use edm::time::{Date, DateTimeOffset, Duration, TimeOfDay};
use edm::version::Version;
use percent_encoding::percent_decode_str;
use serde_json::Value as Json;

use crate::{Tally, read, reason, text};

const V401: Version = Version::V401;

/// Cases that we read although the grammar refuses them, or the other way around, and why.
const DIFFERENT: &[(&str, &str)] = &[
    ("-10000-04-01", YEAR),
    ("-10000-04-01T00:00Z", YEAR),
    ("0000-01-01T00:00Z", "points in time start at the year 1, as those of .NET do"),
    ("'P6DT23H59M59.9999S'", "a string until the model says that it is a duration"),
    ("Categories('Smartphone/Tablet')", SLASH),
    ("Categories('Tablet/Slate')", SLASH),
    (
        "$entity?$id=http://myservice/Customers('ALFKI')&$select=CompanyName,ContactName&$expand=Orders",
        MODEL,
    ),
    ("$entity?$format=json", MODEL),
    ("Model.Rejection", MODEL),
    ("Categories/TheBestProduct()", MODEL),
    ("Categories(1)/Address/$value", MODEL),
    ("Categories(1)/Thumbnail/$value", MODEL),
    ("Products(1)/Model.BestSellingProduct/Model.BestSellingProduct", MODEL),
    ("Model.Available", MODEL),
    ("$filter= true", "spaces around an expression are read"),
    ("$search=#1", "what follows a hash is no part of a query: whoever splits the URL cuts it off"),
    ("$search=more&more", CUSTOM),
    ("$skiptoken=Not&this", CUSTOM),
    ("$search=a;b", DECODED),
    ("$expand=Manager($search=a%3Bb)", DECODED),
    ("$format=json&$Format=atom&$format=xml&$format=text/html", REPEATED),
    ("$format=JSON&$format=Atom&$format=XML&$format=text/html", REPEATED),
    ("$metadata#Customers(Address,Orders)", "the fragment of a context URL is no part of a path"),
];
const YEAR: &str = "years of five digits are beyond what types of languages hold";
const SLASH: &str = "a bare slash in quotes is read: services write it";
const MODEL: &str = "refused only by who knows the model";
const CUSTOM: &str = "what follows the ampersand is a custom option";
const DECODED: &str = "a semicolon is read where it can only be part of a word, encoded or not";
const REPEATED: &str = "the protocol forbids what the grammar allows: an option twice";

type Printed = Result<(String, String), String>;

fn twice<T>(
    text: &str,
    parse: impl Fn(&str) -> Result<T, String>,
    print: impl Fn(&T) -> String,
) -> Printed {
    let first = print(&parse(text)?);
    let second = print(&parse(&first)?);
    Ok((first, second))
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

fn literal(text: &str) -> Printed {
    let parse = |text: &str| Literal::parse_for(text, V401).map_err(|e| e.to_string());
    twice(text, parse, |literal| literal.display(V401).to_string())
}

fn typed_literal(text: &str, wanted: &[Primitive]) -> Printed {
    let read = Literal::parse_for(text, V401).map_err(|e| e.to_string())?;
    match read.primitive {
        Some(primitive) if wanted.contains(&primitive) => literal(text),
        other => Err(format!("it is {other:?}")),
    }
}

fn expression(text: &str) -> Printed {
    let parse = |text: &str| Expr::parse_for(text, V401).map_err(|e| e.to_string());
    twice(&decode(text), parse, |expr| expr.display(V401).to_string())
}

fn query(text: &str) -> Printed {
    let parse = |text: &str| QueryOptions::parse_for(text, V401).map_err(|e| e.to_string());
    twice(text, parse, |options| options.to_query(V401))
}

fn path(text: &str) -> Printed {
    let parse = |text: &str| ResourcePath::parse_for(text, V401).map_err(|e| e.to_string());
    twice(text, parse, |path| path.display(V401).to_string())
}

/// A path, and perhaps a query behind it.
fn url(text: &str) -> Printed {
    let (resource, options) = text.split_once('?').unwrap_or((text, ""));
    let (path, query) = (path(resource)?, query(options)?);
    Ok((format!("{}?{}", path.0, query.0), format!("{}?{}", path.1, query.1)))
}

fn value<T: ToString, E: ToString>(text: &str, parse: impl Fn(&str) -> Result<T, E>) -> Printed {
    twice(text, |text| parse(text).map_err(|e| e.to_string()), ToString::to_string)
}

/// Reads a case by its rule; the reason why we do not, otherwise.
fn run(rule: &str, input: &str) -> Result<Printed, &'static str> {
    use Primitive as P;
    const INTEGERS: &[Primitive] = &[P::Int32, P::Int64];
    const NUMBERS: &[Primitive] = &[P::Int32, P::Int64, P::Decimal, P::Double];
    Ok(match rule {
        "context" => return Err("context URLs are not part of URLs that we build or read here"),
        "header"
        | "preference"
        | "prefer"
        | "includeAnnotationsPreference"
        | "maxpagesizePreference"
        | "request-id" => return Err("headers"),
        "booleanValue" | "binaryValue" | "enumValue" | "guidValue" | "primitiveValue" => {
            return Err("values of payloads and of CSDL are for JSON and the generator to read");
        }
        "odataIdentifier" | "entitySetName" => expression(input).and_then(|printed| {
            if input.contains('.') { Err("qualified".to_owned()) } else { Ok(printed) }
        }),
        "date" | "dateValue" => value(input, Date::parse),
        "dateTimeOffsetValue" => value(input, DateTimeOffset::parse),
        "timeOfDayValue" => value(input, TimeOfDay::parse),
        "durationValue" => value(input, Duration::parse),
        "null" | "primitiveLiteral" | "enumLiteral" => literal(&decode(input)),
        "stringLiteral" => typed_literal(&decode(input), &[P::String]),
        "binaryLiteral" => typed_literal(&decode(input), &[P::Binary]),
        "durationLiteral" => typed_literal(&decode(input), &[P::Duration]),
        "boolean" => typed_literal(&decode(input), &[P::Boolean]),
        "guid" => typed_literal(&decode(input), &[P::Guid]),
        "dateTimeOffsetLiteral" | "dateTimeOffsetValueInUrl" => {
            typed_literal(&decode(input), &[P::DateTimeOffset])
        }
        "timeOfDayLiteral" => typed_literal(&decode(input), &[P::TimeOfDay]),
        "sbyteLiteral" | "int16Literal" | "int32Literal" | "int64Literal" | "byteValue"
        | "sbyteValue" | "int16Value" | "int32Value" | "int64Value" => {
            typed_literal(&decode(input), INTEGERS)
        }
        "decimalLiteral" | "doubleLiteral" | "singleLiteral" | "decimalValue" | "doubleValue"
        | "singleValue" => typed_literal(&decode(input), NUMBERS),
        rule if rule.starts_with("geography") || rule.starts_with("geometry") => {
            literal(&decode(input))
        }
        "commonExpr" | "boolCommonExpr" | "boolcommonExpr" | "firstMemberExpr"
        | "propertyPathExpr" | "isofExpr" | "notExpr" => expression(input),
        "anyExpr" => expression(&format!("Items/{input}")),
        "stringInUrl" => expression(&format!("[{input}]")),
        "functionParameter" => path(&format!("F({input})")),
        "searchExpr" => query(&format!("$search={input}")),
        "filter" | "orderby" | "orderBy" | "expand" | "select" | "compute" | "search"
        | "systemQueryOption" | "queryOptions" | "skiptoken" | "deltatoken"
        | "customQueryOption" => query(input),
        "resourcePath" => path(input),
        "odataRelativeUri" => url(input),
        "odataUri" => match input.split_once("://") {
            Some((_, rest)) => url(rest.split_once('/').unwrap_or_default().1),
            None => Err("no scheme".to_owned()),
        },
        _ => return Err("another rule"),
    })
}

#[test]
fn cases_of_the_grammar() {
    let mut tally = Tally::new("oasis-abnf/odata-abnf-testcases.json");
    let cases = read("oasis-abnf/odata-abnf-testcases.json").map(|text| {
        serde_json::from_str::<Json>(&text).unwrap()["TestCases"].as_array().unwrap().clone()
    });
    for case in cases.unwrap_or_default() {
        let (rule, input) = (text(&case, "Rule"), text(&case, "Input"));
        let shown = format!("{rule}: {input}");
        if let Some(reason) = reason(DIFFERENT, input) {
            tally.skip(reason);
            continue;
        }
        match run(rule, input) {
            Err(reason) => tally.skip(reason),
            Ok(printed) if case["FailAt"].is_null() => tally.check_read(&shown, printed),
            Ok(printed) => tally.check_refused(&shown, &printed),
        }
    }
    tally.finish();
}

#[test]
fn cases_of_the_grammar_of_temporal_data() {
    let mut tally = Tally::new("oasis-abnf/odata-temporal-testcases.json");
    let cases = read("oasis-abnf/odata-temporal-testcases.json").map(|text| {
        serde_json::from_str::<Json>(&text).unwrap()["TestCases"].as_array().unwrap().clone()
    });
    for case in cases.unwrap_or_default() {
        let (rule, input) = (text(&case, "Rule"), text(&case, "Input"));
        // `$at`, `$from` and their kin are refused by name and never dropped.
        let temporal = ["$at=", "$from=", "$to=", "$toInclusive="];
        match run(rule, input) {
            Ok(Err(_)) if temporal.iter().any(|option| input.contains(option)) => {
                tally.skip("an option of the extension for temporal data, which we have not");
            }
            Ok(printed) => tally.check_read(input, printed),
            Err(reason) => tally.skip(reason),
        }
    }
    tally.finish();
}
