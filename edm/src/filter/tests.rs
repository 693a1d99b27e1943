#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;
use crate::Value;
use crate::model::Primitive;

#[test]
fn filters_of_real_clients_are_read() {
    for (text, printed) in [
        ("Name eq 'Media Encoder Standard'", "Name eq 'Media Encoder Standard'"),
        ("(Id eq 'a') or (Id eq 'b')", "Id eq 'a' or Id eq 'b'"),
        ("startswith(Name,'x') eq true", "startswith(Name,'x') eq true"),
        ("substringof('x', Name)", "substringof('x',Name)"),
        (
            "ParentAssetId eq 'nb:cid:UUID:1' and (State eq 1 or State eq 2)",
            "ParentAssetId eq 'nb:cid:UUID:1' and (State eq 1 or State eq 2)",
        ),
        ("not(IsDefault eq true)", "not (IsDefault eq true)"),
        ("Size gt 5L and Size lt -5L", "Size gt 5L and Size lt -5L"),
        ("Created ge datetime'2014-01-01'", "Created ge datetime'2014-01-01T00:00:00Z'"),
        ("Address/City eq 'x'", "Address/City eq 'x'"),
        ("A add 1 mul 2 eq 3", "A add 1 mul 2 eq 3"),
        ("(A add 1) mul 2 eq 3", "(A add 1) mul 2 eq 3"),
        ("nullable eq null", "nullable eq null"),
        ("-(A) eq 1", "-A eq 1"),
    ] {
        assert_eq!(Expr::parse(text).unwrap().to_string(), printed, "{text}");
    }
}

#[test]
fn filters_of_v4_are_read() {
    for (text, printed) in [
        ("contains(Name, 'x')", "contains(Name,'x')"),
        ("substringof('x',Name)", "contains(Name,'x')"),
        ("Trips/any(t:t/Budget gt 3000)", "Trips/any(t:t/Budget gt 3000)"),
        ("Trips/any( )", "Trips/any()"),
        ("not A in (1,2)", "not (A eq 1 or A eq 2)"),
        ("A in (1) eq true", "A eq 1 eq true"),
        ("true eq A in (1)", "true eq (A eq 1)"),
        ("A in Ns.List(n=@p)/Ids", "A in Ns.List(n=@p)/Ids"),
        ("Style has Sales.Pattern'Yellow'", "Style has Sales.Pattern'Yellow'"),
        ("A add B mul C divby 2 eq -D", "A add B mul C divby 2 eq -D"),
        ("A sub (B sub C) lt -5", "A sub (B sub C) lt -5"),
        ("isof(Ns.Manager)", "isof(Ns.Manager)"),
        ("cast(A/B,'Edm.Int32') eq 1", "cast(A/B,Edm.Int32) eq 1"),
        ("isof(Tags,Collection(Edm.String))", "isof(Tags,Collection(Edm.String))"),
        ("Ns.Manager/Budget ge 1.5", "Ns.Manager/Budget ge 1.5"),
        ("$it/Ns.Tax(rate=0.1)/Amount gt 5", "$it/Ns.Tax(rate=0.1)/Amount gt 5"),
        ("Ns.Top()/Name eq 'x'", "Ns.Top()/Name eq 'x'"),
        ("$root/People('a''b')/Name eq Name", "$root/People('a''b')/Name eq Name"),
        (
            "Items/$filter(A gt 1)(5)/B eq Ns.F(p=1)('x')",
            "Items/$filter(A gt 1)(5)/B eq Ns.F(p=1)('x')",
        ),
        ("Trips(5)/Stops(No='x')/City eq 'y'", "Trips(5)/Stops(No='x')/City eq 'y'"),
        ("A in (B)", "A in B"),
        ("Items/$filter(A gt 1)/$count eq 2", "Items/$filter(A gt 1)/$count eq 2"),
        (
            "Items/$count($filter=A gt 1;$search=x) eq 2",
            "Items/$count($filter=A gt 1;$search=x) eq 2",
        ),
        ("case(A gt 1:'x',true:'y') eq 'x'", "case(A gt 1:'x',true:'y') eq 'x'"),
        ("@p eq @Core.Term#q/X", "@p eq @Core.Term#q/X"),
        ("Ns.F(p={\"a\":[1,'x',{}]})/B", "Ns.F(p={\"a\":[1,\"x\",{}]})/B"),
        (
            "geo.distance(A,geography'SRID=4326;Point(1 2)') lt 5",
            "geo.distance(A,geography'SRID=4326;Point(1 2)') lt 5",
        ),
        ("Day eq 2014-01-02 and At lt 12:30:00", "Day eq 2014-01-02 and At lt 12:30:00"),
        ("Größe eq 1", "Größe eq 1"),
    ] {
        let expr = Expr::parse_for(text, Version::V4).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(expr.display(Version::V4).to_string(), printed, "{text}");
    }
    let list = Expr::parse_for("not A in (1,2)", Version::V401).unwrap();
    assert_eq!(list.display(Version::V401).to_string(), "not (A in (1,2))");
    let case = Expr::parse_for("A EQ 1 AND Not B", Version::V401).unwrap();
    assert_eq!(case.display(Version::V401).to_string(), "A eq 1 and not B");
}

#[test]
fn each_version_is_printed_its_own() {
    for (v4, v3) in [
        ("contains(Name,'x')", "substringof('x',Name)"),
        ("Id eq 5000000000", "Id eq 5000000000L"),
        ("isof(A,Ns.T)", "isof(A,'Ns.T')"),
        ("Tags/any(t:t eq 1.5)", "Tags/any(t:t eq 1.5M)"),
    ] {
        let expr = Expr::parse_for(v4, Version::V4).unwrap();
        assert_eq!(expr.display(Version::V3).to_string(), v3);
        assert_eq!(Expr::parse(v3).unwrap().display(Version::V4).to_string(), v4);
    }
}

#[test]
fn what_a_version_has_not_is_refused() {
    for text in ["Tags/any(t:t eq 1)", "A in (1,2)", "A has Ns.C'x'", "[1]", "@p", "A divby 2"] {
        assert!(Expr::parse_for(text, Version::V2).is_err(), "{text}");
    }
    for text in [
        "A eq 1L",
        "A EQ 1",
        "A in (1",
        "case()",
        "A/any(t:t)/",
        "A/",
        "any()",
        "A/all()",
        "A in (B,C)",
        "isof()",
        "isof('')",
        "cast(Price,'Edm.Int3) l2')",
        "A eq",
    ] {
        assert!(Expr::parse_for(text, Version::V4).is_err(), "{text}");
    }
}

/// Found by fuzzing.
#[test]
fn what_is_nested_is_read_once() {
    // Each level that is read twice doubles the time: at this depth it would take minutes.
    for (open, close, levels) in
        [("A in (", ")", 30), ("A in (-", ")", 20), ("f(", ")", 60), ("cast(", ",Edm.Int32)", 60)]
    {
        let text = format!("{}B{}", open.repeat(levels), close.repeat(levels));
        let expr = Expr::parse_for(&text, Version::V401);
        assert!(expr.is_ok(), "{text}: {expr:?}");
    }
    let paths = format!("{}1{}", "f(".repeat(30), ")/a".repeat(30));
    assert!(Expr::parse_for(&paths, Version::V401).is_err());
    let mixed = Expr::parse_for("A in (1,B)", Version::V401).unwrap_err();
    assert_eq!((mixed.position, mixed.problem.as_str()), (6, "a list has literals only"));
}

#[test]
fn what_is_called_any_or_all_without_a_variable_is_no_lambda() {
    for text in ["all((all))", "all(all)", "any(x)", "Tags/all(1)", "Tags/any(1)/B"] {
        for version in [Version::V3, Version::V401] {
            let expr = Expr::parse_for(text, version).unwrap();
            let printed = expr.display(version).to_string();
            assert_eq!(Expr::parse_for(&printed, version).unwrap(), expr, "{text}: {printed}");
        }
    }
    for text in ["any()", "all(t:t eq 1)"] {
        let error = Expr::parse(text).unwrap_err();
        assert!(error.problem.contains("stands behind a collection"), "{text}: {error}");
    }
}

#[test]
fn a_property_that_is_called_not_is_no_operator() {
    for text in ["A eq (not)", "(not) eq 1", "not/B eq 1"] {
        for version in [Version::V3, Version::V401] {
            let expr = Expr::parse_for(text, version).unwrap();
            assert_eq!(expr.display(version).to_string(), text);
        }
    }
    let listed = Expr::parse_for("A in (not)", Version::V401).unwrap();
    assert_eq!(listed.display(Version::V401).to_string(), "A in (not)");
}

/// Found by fuzzing: what is as deep as can be is not printed deeper.
#[test]
fn signs_in_a_row_are_printed_as_deep_as_they_are() {
    for version in [Version::V3, Version::V4] {
        let deep = format!("{}Price", "-".repeat(60));
        let expr = Expr::parse_for(&deep, version).unwrap();
        assert_eq!(expr.display(version).to_string(), deep);
        let literal = Expr::parse_for("--(5)", version).unwrap();
        assert_eq!(literal.display(version).to_string(), "--(5)");
    }
}

#[test]
fn mistakes_are_placed() {
    let problem = |text: &str| Expr::parse(text).unwrap_err().to_string();
    assert_eq!(problem("Name eq"), "$filter, position 7: expected an operand, found the end");
    assert_eq!(problem("Name eq 'x"), "$filter, position 8: expected an operand, found ''x'");
    assert_eq!(problem("(Name eq 'x'"), "$filter, position 12: expected ')'");
    assert_eq!(problem("A eq 1 B"), "$filter, position 7: unexpected 'B'");
    let deep = format!("{}A{}", "(".repeat(100_000), ")".repeat(100_000));
    assert!(problem(&deep).contains("nested deeper"));
    assert!(problem(&"not ".repeat(100_000)).contains("nested deeper"));
    let chain = |count| vec!["A"; count].join(" or ");
    let longest = Expr::parse(&chain(800)).unwrap();
    assert_eq!(longest.clone().to_string(), chain(800));
    assert!(problem(&chain(801)).contains("operators in a row"));
    let spine = (0..30).fold("A".to_owned(), |inner, _| format!("({inner}) or {}", chain(30)));
    assert!(problem(&spine).contains("operators in a row"));
    for token in ["[", "{\"a\":", "A/any(t:", "case(", "f(", "A/$filter(", "-", "A/$count($filter="]
    {
        let deep = Expr::parse_for(&token.repeat(10_000), Version::V401).unwrap_err();
        assert!(deep.problem.contains("nested deeper"), "{token}: {deep}");
    }
}

/// Every kind of node that a version has.
fn exprs(version: Version) -> impl Strategy<Value = Expr> {
    let ops: Vec<_> = BinaryOp::ALL.into_iter().filter(|op| op.is_of(version)).collect();
    let leaf = prop_oneof![
        any::<String>().prop_map(|text| Expr::Literal(Literal::text(text))),
        any::<i32>().prop_map(|number| {
            Expr::Literal(Literal::new(Value::Integer(number.into()), Primitive::Int32))
        }),
        "[A-Z][a-z]{3,8}".prop_map(|name| Expr::property(&name)),
        "[A-Z][a-z]{3}/Ns[.][A-Z][a-z]{3}/[$]count"
            .prop_map(|path| Expr::Property(path.split('/').map(str::to_owned).collect())),
    ];
    let name = |name: &str| Step::Name(name.to_owned());
    leaf.prop_recursive(4, 32, 3, move |inner| {
        let ops = ops.clone();
        let any_version = prop_oneof![
            (0..ops.len(), inner.clone(), inner.clone())
                .prop_map(move |(op, l, r)| Expr::binary(ops[op], l, r)),
            inner.clone().prop_map(|e| Expr::Not(Box::new(e))),
            inner.clone().prop_map(|e| Expr::Negate(Box::new(e))),
            prop::collection::vec(inner.clone(), 0..3).prop_map(|args| Expr::call("f", args)),
            inner.clone().prop_map(move |e| {
                let body = Some(("t".to_owned(), Box::new(e)));
                Expr::path(vec![name("Tags"), Step::Lambda(Quantifier::All, body)])
            }),
            inner.clone().prop_map(|e| {
                Expr::Type(TypeFunction::Cast, Some(Box::new(e)), "Edm.Int32".to_owned())
            }),
        ];
        if !version.is_v4() {
            return any_version.boxed();
        }
        prop_oneof![
            any_version,
            (inner.clone(), prop::collection::vec(any::<String>(), 0..3)).prop_map(|(e, texts)| {
                let list = texts.iter().map(|text| Expr::text(text)).collect();
                Expr::binary(BinaryOp::In, e, Expr::List(list))
            }),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Expr::Array),
            (any::<String>(), inner.clone()).prop_map(|member| Expr::Object(vec![member])),
            (inner.clone(), inner.clone()).prop_map(|branch| Expr::Case(vec![branch])),
            inner.clone().prop_map(move |e| {
                let call = Step::Call("Ns.F".to_owned(), vec![("p".to_owned(), e)]);
                Expr::path(vec![name("A"), call, name("B")])
            }),
            inner.prop_map(move |e| {
                Expr::path(vec![name("A"), Step::Filter(Box::new(e)), name("$count")])
            }),
        ]
        .boxed()
    })
}

proptest! {
    #[test]
    fn what_a_client_prints_a_service_parses(expr in exprs(Version::V3)) {
        prop_assert_eq!(Expr::parse(&expr.to_string()).unwrap(), expr);
    }

    #[test]
    fn what_a_client_of_v4_prints_is_parsed(expr in exprs(Version::V401)) {
        let printed = expr.display(Version::V401).to_string();
        prop_assert_eq!(Expr::parse_for(&printed, Version::V401).unwrap(), expr, "{}", printed);
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        let _ = Expr::parse(&text);
        let _ = Expr::parse_for(&text, Version::V401);
    }

    #[test]
    fn tokens_in_any_order_are_read_or_refused(
        text in "([A-Z]|any|case|[$]count|@a|isof|not|in|eq|[(),:/={}\\[\\]'\"]|1| ){0,20}",
    ) {
        let _ = Expr::parse_for(&text, Version::V401);
    }
}
