#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;

#[test]
fn queries_of_real_clients_are_read() {
    let query = "$filter=Name+eq+'java+renamed'&%24orderby=Created%20desc,Name&$top=2&$skip=0\
                 &$select=Id,Name&$inlinecount=allpages&api-version=2.19";
    let options = QueryOptions::parse(query).unwrap();
    assert_eq!(options.filter.as_ref().unwrap().to_string(), "Name eq 'java renamed'");
    assert_eq!(options.order_by[0], OrderBy::property("Created", true));
    assert_eq!((options.top, options.skip), (Some(2), Some(0)));
    assert_eq!(options.custom("API-Version"), Some("2.19"));
    assert_eq!(QueryOptions::parse(&options.to_query(Version::V3)).unwrap(), options);
}

#[test]
fn values_are_encoded_once() {
    let filter = Expr::parse("Name eq 'a&b+c%d''e#ü'").unwrap();
    let options = QueryOptions { filter: Some(filter), ..QueryOptions::default() };
    let query = options.to_query(Version::V3);
    assert_eq!(query, "$filter=Name%20eq%20'a%26b%2Bc%25d''e%23%C3%BC'");
    assert_eq!(QueryOptions::parse(&query).unwrap(), options);
}

#[test]
fn mistakes_name_the_option() {
    let problem = |query: &str| QueryOptions::parse(query).unwrap_err().to_string();
    assert_eq!(problem("$top=-1"), "$top: '-1' is not a number from 0");
    assert_eq!(problem("$nope=1"), "the query option '$nope' is not supported");
    assert_eq!(problem("$top=1&$top=2"), "the query option '$top' is there more than once");
    assert_eq!(
        problem("$orderby=A up"),
        "$orderby: 'A up' is not a list of properties with asc or desc"
    );
    assert_eq!(problem("$filter=%ff"), "query: '%ff' is not UTF-8");
}

#[test]
fn options_of_v4_are_read_and_printed() {
    for query in [
        "$filter=contains(Name,'a%26b')&$orderby=length(Name)%20desc,Age&$top=2&$skip=0",
        "$select=Name,Address/City,Ns.Employee/Salary,Ns.*,Ns.Func(a,b)",
        "$select=Address($filter=A%20eq%201;$select=City)",
        "$expand=Trips($filter=Cost%20gt%205;$orderby=Name;$top=3;$expand=Stops/$ref),Boss/$count",
        "$expand=Friends($levels=max),*,Ns.Employee/Boss/$ref($top=1)",
        "$count=true&$skiptoken=a%20b&$format=json",
        "$deltatoken=x",
        "$search=blue%20OR%20%22two%20words%22%20AND%20NOT%20(a%20OR%20b)",
        "$search='half%20a'",
        "$apply=filter(A%20gt%201)/groupby((B,rollup(C/D,E)),aggregate(A%20with%20sum%20as%20S))",
        "$apply=concat(topcount(2,A),identity)/compute(A%20mul%202%20as%20B)/orderby(B%20desc)/top(4)",
        "$apply=aggregate($count%20as%20N,A%20with%20sum%20from%20T%20with%20average%20as%20D,Budget)",
        "$apply=join(Sales%20as%20Sale,filter(B%20eq%20')'))/skip(2)",
        "$compute=A%20mul%20B%20as%20C,day(D)%20as%20E",
        "$index=-1&$schemaversion=1.2",
        "$id=People(1)",
        "$filter=A%20in%20@ids&@ids=%5B1,2%5D",
        "api-version=2&$filter=Sales/aggregate(A%20with%20sum)%20gt%205",
    ] {
        let options = QueryOptions::parse_for(query, Version::V401)
            .unwrap_or_else(|error| panic!("{query}: {error}"));
        assert_eq!(options.to_query(Version::V401), query);
    }
    let short = QueryOptions::parse_for("FILTER=A eq 1&count=true", Version::V401).unwrap();
    assert_eq!(short.to_query(Version::V4), "$filter=A%20eq%201&$count=true");
}

#[test]
fn mistakes_in_options_of_v4_are_placed() {
    for (query, problem) in [
        ("$top=x", "$top, position 0: expected a number from 0, found 'x'"),
        ("$count=1", "$count, position 0: expected true or false, found '1'"),
        ("$levels=2", "the query option '$levels' is not supported"),
        ("$inlinecount=allpages", "the query option '$inlinecount' is not supported"),
        ("$expand=A($levels=0)", "$expand, position 10: expected a number from 1"),
        ("$expand=A/$ref($select=B)", "$expand, position 15: $select cannot be here"),
        ("$search=", "$search, position 0: expected a word, found the end"),
        ("$search=\"a", "$search, position 0: its closing quote is missing"),
        ("$apply=concat(identity)", "$apply, position 15: concat takes several sequences"),
        ("$apply=aggregate(A with total as B)", "$apply, position 22: there is no method 'total'"),
        (
            "$apply=aggregate(A with sum)",
            "$apply, position 20: expected 'as' and a name, found ')'",
        ),
        ("$compute=A", "$compute, position 1: expected 'as' and a name, found the end"),
        ("@a=[1", "@a, position 2: expected ']'"),
    ] {
        let error = QueryOptions::parse_for(query, Version::V4).unwrap_err();
        assert_eq!(error.to_string(), problem, "{query}");
    }
    let deep = format!("$expand={}", "A($expand=".repeat(1000));
    let error = QueryOptions::parse_for(&deep, Version::V4).unwrap_err().to_string();
    assert!(error.contains("nested deeper"), "{error}");
}

proptest! {
    #[test]
    fn any_query_is_read_or_refused(
        text in "([$](filter|orderby|select|expand|search|apply|compute|top)=)?[A-C(),;/*$=@' \"]{0,20}",
    ) {
        for version in [Version::V2, Version::V401] {
            let _ = QueryOptions::parse_for(&text, version);
        }
    }
}
