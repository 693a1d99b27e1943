//! Queries: options, counts, selections, pages.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use acceptance::{Service, error_message, key};
use serde_json::json;

/// Names in the order in which a query has them.
#[track_caller]
fn names(service: &Service, query: &str) -> Vec<String> {
    let feed = service.api.get(&format!("AccessPolicies?{query}")).send().expect(200).feed();
    feed.iter().map(|policy| policy["Name"].as_str().unwrap().to_owned()).collect()
}

/// Queries of four policies, and the names that they find.
const QUERIES: &[(&str, &[&str])] = &[
    ("", &["b", "a", "d'x", "c%_"]),
    ("$filter=Name eq 'a'", &["a"]),
    ("%24filter=Name+eq+'a'", &["a"]),
    ("$filter=Name eq 'd''x'", &["d'x"]),
    ("$filter=Name ne 'a' and Permissions eq 1", &["b", "d'x"]),
    ("$filter=(Name eq 'a') or (Name eq 'b')", &["b", "a"]),
    ("$filter=not (Permissions eq 1)", &["a", "c%_"]),
    ("$filter=DurationInMinutes ge 20 and DurationInMinutes lt 40", &["a", "d'x"]),
    ("$filter=DurationInMinutes gt 30.5", &["c%_"]),
    ("$filter=startswith(Name,'d') eq true", &["d'x"]),
    ("$filter=startswith(Name,'c%25')", &["c%_"]),
    ("$filter=startswith(Name,'_')", &[]),
    ("$filter=endswith(Name,'_')", &["c%_"]),
    ("$filter=substringof('''',Name)", &["d'x"]),
    ("$filter=Created gt datetime'2020-01-01T00:00:00Z'", &["b", "a", "d'x", "c%_"]),
    ("$filter=Created lt datetime'2020-01-01'", &[]),
    ("$filter=Name eq null", &[]),
    ("$filter=Name eq 'A'", &[]),
    ("$orderby=Name", &["a", "b", "c%_", "d'x"]),
    ("$orderby=Name desc", &["d'x", "c%_", "b", "a"]),
    ("$orderby=Permissions,Name desc", &["d'x", "b", "a", "c%_"]),
    ("$top=2", &["b", "a"]),
    ("$skip=3", &["c%_"]),
    ("$orderby=Name&$skip=1&$top=2", &["b", "c%_"]),
    ("$top=0", &[]),
    ("$skip=99", &[]),
    ("api-version=2.19&whatever=1", &["b", "a", "d'x", "c%_"]),
];

/// Queries that are none.
const REFUSED: &[&str] = &[
    "$filter=Nope eq 1",
    "$filter=Name eq 1",
    "$filter=Name",
    "$filter=",
    "$filter=Name eq 'x",
    "$filter=Name eq 'a' garbage",
    "$orderby=Nope",
    "$orderby=Name up",
    "$top=-1",
    "$top=x",
    "$skip=x",
    "$select=Nope",
    "$expand=Locators",
    "$inlinecount=some",
    "$nope=1",
    "$top=1&$top=2",
    "$skiptoken=x",
    "$format=xml2",
];

#[test]
fn queries() {
    let service = &Service::start();
    let api = &service.api;
    for (name, minutes, permissions) in [("b", 10, 1), ("a", 20, 2), ("d'x", 30, 1), ("c%_", 40, 9)]
    {
        let body =
            json!({ "Name": name, "DurationInMinutes": minutes, "Permissions": permissions });
        api.post("AccessPolicies", body).send().expect(201);
    }
    for (query, expected) in QUERIES {
        assert_eq!(names(service, query), *expected, "{query}");
    }
    for query in REFUSED {
        let reply = api.get(&format!("AccessPolicies?{query}")).send();
        assert!(matches!(reply.status, 400 | 415), "{query}: {reply}");
        assert!(!reply.body.is_empty());
    }
    let deep =
        format!("AccessPolicies?$filter={}Name eq 'a'{}", "(".repeat(5000), ")".repeat(5000));
    api.get(&deep).send().expect(400);
    let unknown = api.get("Assets?$filter=Nope eq 1").send().expect(400);
    assert!(
        error_message(&unknown).contains("Could not find a property named 'Nope'"),
        "{unknown}"
    );
    counts_and_selections(service);
}

fn counts_and_selections(service: &Service) {
    let api = &service.api;
    let counted = api.get("AccessPolicies?$inlinecount=allpages&$top=1").send().expect(200).json();
    assert_eq!(counted["odata.count"], "4");
    let counted = api.get("AccessPolicies?$inlinecount=allpages&$top=1").verbose().send().json();
    assert_eq!(counted["d"]["__count"], "4");
    assert_eq!(counted["d"]["results"].as_array().unwrap().len(), 1, "also with $top=1");
    for (path, expected) in
        [("AccessPolicies/$count", "4"), ("AccessPolicies()/$count?$filter=Permissions eq 1", "2")]
    {
        let count = api.get(path).header("accept", "*/*").send().expect(200);
        assert_eq!(count.header("content-type"), "text/plain;charset=utf-8");
        assert_eq!(count.text(), expected, "{path}");
        api.get(path).send().expect(415);
    }
    let selected =
        api.get("AccessPolicies?$select=Name,Permissions&$top=1").send().expect(200).json();
    assert_eq!(selected["value"], json!([{ "Name": "b", "Permissions": 1 }]));
    let context = selected["odata.metadata"].as_str().unwrap();
    assert!(context.ends_with("$metadata#AccessPolicies&$select=Name,Permissions"), "{context}");
    let policy = api.get("AccessPolicies?$top=1").send().feed()[0].clone();
    let one = api.get(&format!("{}?$select=Name", key("AccessPolicies", &policy))).send();
    let one = one.expect(200).json();
    assert!(
        one["odata.metadata"].as_str().unwrap().ends_with("#AccessPolicies/@Element&$select=Name")
    );
    assert_eq!(one.as_object().unwrap().len(), 2, "{one}");
    let feed = api.get("AccessPolicies").verbose().send().expect(200);
    assert_eq!(feed.header("dataserviceversion"), "2.0;");
    let feed = api.get("Jobs").verbose().send().expect(200);
    assert_eq!(feed.header("dataserviceversion"), "3.0;");
}

#[test]
fn a_large_set_comes_in_pages() {
    const COUNT: usize = 1003;
    let service = &Service::start();
    let api = &service.api;
    std::thread::scope(|scope| {
        for worker in 0..4 {
            scope.spawn(move || {
                for number in (worker..COUNT).step_by(4) {
                    let body = json!({ "Name": number.to_string(), "DurationInMinutes": 1 });
                    api.post("AccessPolicies", body).send().expect(201);
                }
            });
        }
    });
    for (query, expected, pages) in [
        ("", COUNT, 2),
        ("?$orderby=Name desc", COUNT, 2),
        ("?$filter=Name ne '7'", COUNT - 1, 2),
        ("?$skip=2", COUNT - 2, 2),
        ("?$top=1002", 1002, 2),
        ("?$top=1000", 1000, 1),
        ("?$orderby=Name&$top=1001&$skip=1", 1001, 2),
    ] {
        let (mut next, mut seen, mut read) =
            (Some(format!("AccessPolicies{query}")), Vec::new(), 0);
        while let Some(path) = next {
            let page = api.get(&path).send().expect(200);
            seen.extend(
                page.feed().iter().map(|policy| policy["Name"].as_str().unwrap().to_owned()),
            );
            next = page.json()["odata.nextLink"].as_str().map(str::to_owned);
            read += 1;
        }
        assert_eq!((seen.len(), read), (expected, pages), "{query}");
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), expected, "no repeats: {query}");
        if query.contains("desc") {
            assert!(seen.is_sorted_by(|a, b| a >= b), "{query}");
        }
    }
    // What is made and removed between two pages moves nothing.
    let first = api.get("AccessPolicies").send().expect(200);
    for policy in &first.feed()[..5] {
        api.delete(&key("AccessPolicies", policy)).send().expect(204);
    }
    let next = first.json()["odata.nextLink"].as_str().unwrap().to_owned();
    assert!(!next.starts_with("http"), "light links are relative: {next}");
    assert_eq!(api.get(&next).send().expect(200).feed().len(), 3);
    let verbose = api.get("AccessPolicies?$inlinecount=allpages").verbose().send().expect(200);
    let next = verbose.json()["d"].get("__next").cloned();
    assert_eq!(next, None, "998 are one page");
    assert_eq!(verbose.json()["d"]["__count"], "998");
}
