//! The test cases of OASIS for the grammar of data aggregation.

use edm::Expr;
use edm::path::ResourcePath;
use edm::query::QueryOptions;
use edm::version::Version;
use serde_json::Value as Json;

use crate::{Tally, read, reason, text};

const V401: Version = Version::V401;

/// Cases that we read although the grammar refuses them, or the other way around, and why.
const DIFFERENT: &[(&str, &str)] = &[
    ("$apply=aggregate(Sales/Amount sub Sales/Cost with sum as TotalAmount)", MODEL),
    ("$apply=aggregate(Amount as Total)", MODEL),
    ("$apply=aggregate(Amount)", MODEL),
    ("$apply=aggregate(Amount from Time with average as DailyAverage)", MODEL),
    ("$apply=groupby((Product/Price/Quantity))", MODEL),
    ("$apply=groupby((Product/Self.DigitalProduct))", MODEL),
    ("$apply=groupby((Sales/Product/Name))", MODEL),
    (
        "$apply=addnested(Products,addnested(Sales,filter(Amount gt 3) as FilteredSales) as Stuff,addnested(Suppliers,nest(Products)))",
        TEXT,
    ),
    ("$apply=join(ShipTo as Detail,identity)", TEXT),
    ("$apply=ancestors($root/SalesOrganizations,SalesOrgHierarchy,Sales(4711)/ID,identity)", TEXT),
    (
        "$apply=ancestors($root/SalesOrganizations,SalesOrgHierarchy,ID,filter(contains(Name,'East')), filter(contains(Name,'Central')), 2)",
        TEXT,
    ),
];
const MODEL: &str =
    "refused only by who knows which properties are custom aggregates or collections";
const TEXT: &str = "a transformation that is kept as its text";

fn printed(rule: &str, input: &str) -> Result<String, String> {
    if rule == "commonExpr" {
        let expr = Expr::parse_for(input, V401).map_err(|error| error.to_string())?;
        return Ok(expr.display(V401).to_string());
    }
    let (path, query) = match rule {
        "odataRelativeUri" => input.split_once('?').unwrap_or((input, "")),
        _ => ("", input),
    };
    let path = ResourcePath::parse_for(path, V401).map_err(|error| error.to_string())?;
    let query = QueryOptions::parse_for(query, V401).map_err(|error| error.to_string())?;
    let question = if rule == "odataRelativeUri" { "?" } else { "" };
    Ok(format!("{}{question}{}", path.display(V401), query.to_query(V401)))
}

#[test]
fn cases_of_the_grammar() {
    let mut tally = Tally::new("oasis-abnf/odata-aggregation-testcases.json");
    let cases = read("oasis-abnf/odata-aggregation-testcases.json").map(|text| {
        serde_json::from_str::<Json>(&text).unwrap()["TestCases"].as_array().unwrap().clone()
    });
    for case in cases.unwrap_or_default() {
        let (rule, input) = (text(&case, "Rule"), text(&case, "Input"));
        if let Some(reason) = reason(DIFFERENT, input) {
            tally.skip(reason);
            continue;
        }
        if input.starts_with("$metadata#") {
            tally.skip("context URLs are not part of URLs that we build or read here");
            continue;
        }
        let first = printed(rule, input);
        let twice = first.and_then(|first| Ok((printed(rule, &first)?, first)));
        if case["FailAt"].is_null() {
            tally.check_read(input, twice);
        } else {
            tally.check_refused(input, &twice);
        }
    }
    tally.finish();
}
