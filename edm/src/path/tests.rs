#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;
use crate::model::Primitive;

#[test]
fn the_many_ways_to_write_a_path_are_one() {
    let canonical = "Assets('nb%3Acid%3AUUID%3A1')/Files";
    for path in [
        "Assets('nb:cid:UUID:1')/Files",
        "/Assets('nb%3Acid%3aUUID:1')/Files()",
        "//Assets('nb:cid:UUID:1')//Files/",
        "%2FAssets%28%27nb%3Acid%3AUUID%3A1%27%29%2FFiles",
        "Assets%28'nb%3Acid%3AUUID%3A1'%29/Files",
    ] {
        assert_eq!(ResourcePath::parse(path).unwrap().to_string(), canonical, "{path}");
    }
}

#[test]
fn keys_may_hold_anything() {
    let path = ResourcePath::parse("Filters('a%2Fb''c(d)')/$count").unwrap();
    let key = KeyPredicate::Single(Literal::text("a/b'c(d)").into());
    assert_eq!(path.segments[0].key, Some(key));
    assert_eq!(path.to_string(), "Filters('a%2Fb''c(d)')/$count");
    let path = ResourcePath::parse("Lines(OrderId='d,e',Line=1L)").unwrap();
    assert_eq!(path.to_string(), "Lines(OrderId='d%2Ce',Line=1L)");
}

#[test]
fn links_of_real_clients_are_read() {
    for url in [
        "https://media.windows.net/API//Assets('nb:cid:UUID:1')",
        "https://wams.cloudapp.net/api%2FAssets%28%27nb%3Acid%3AUUID%3A1%27%29",
        "/api/Assets('nb%3Acid%3AUUID%3A1')",
        "Assets('nb:cid:UUID:1')",
    ] {
        let path = ResourcePath::parse_url(url, "/api/").unwrap();
        assert_eq!(path.to_string(), "Assets('nb%3Acid%3AUUID%3A1')", "{url}");
    }
    assert!(ResourcePath::parse_url("https://host/other/Assets", "/api/").is_err());
}

#[test]
fn malformed_keys_are_refused() {
    for path in
        ["Assets(", "Assets('x)", "Assets(x)", "('x')", "A(1)b", "A(x=1,)", "A(x=1,x=2)", "%ff"]
    {
        assert!(ResourcePath::parse(path).is_err(), "{path}");
    }
    assert!(ResourcePath::parse(&"a/".repeat(100)).is_err());
}

#[test]
fn paths_of_v4_are_read_and_printed() {
    for path in [
        "People('russell')/Trips(5)/$value",
        "People('a%2Fb''c')/Ns.Employee/$ref",
        "Lines(Order='d',No=1)/Ns.Price(currency='EUR',at=2014-01-02)",
        "Lines(@key)/Ns.Nearest()/Name",
        "Find(ids=@ids)(7)/Name",
        "People/$filter(Age%20gt%203)/$each/Ns.Promote",
        "People/$filter(@f)/$count",
        "$crossjoin(People,Trips)/$query",
        "$all/Ns.Employee",
        "$entity",
        "Colors(Ns.Color'Red')",
        "Container.People(abcdef01-2345-6789-abcd-ef0123456789)",
        "Orders/1/Items/-1",
        "TheBest()",
    ] {
        let read = ResourcePath::parse_for(path, Version::V4);
        let read = read.unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(read.display(Version::V4).to_string(), path);
    }
    for path in ["People/$count/x", ".People('x')", "F(a=)", "F(a=1)(", "$crossjoin(1)", "A(@)"] {
        assert!(ResourcePath::parse_for(path, Version::V4).is_err(), "{path}");
    }
}

#[test]
fn each_version_has_its_keys() {
    let guid = "abcdef01-2345-6789-abcd-ef0123456789";
    let literal = Literal::new(Value::Guid(guid.parse().unwrap()), Primitive::Guid);
    let key = KeyPredicate::new(&["Id", "No"], vec![literal, Literal::text("a/b")]);
    assert_eq!(key.to_string(), format!("Id=guid'{guid}',No='a%2Fb'"));
    assert_eq!(key.display(Version::V4).to_string(), format!("Id={guid},No='a%2Fb'"));
    assert_eq!(key.to_segments(), Some(format!("/{guid}/a%2Fb")));
    assert_eq!(KeyPredicate::Names(Vec::new()).to_segments(), None);
}

#[test]
fn what_has_no_literal_is_an_alias_in_a_call() {
    let ids = Value::Collection(vec![Value::Integer(1), Value::Integer(2)]);
    let ids = Literal::of(
        ids,
        &crate::model::Type::Collection(&crate::model::Type::Primitive(Primitive::Int32)),
    );
    let parameters = [("name".to_owned(), Literal::text("a b")), ("ids".to_owned(), ids)];
    let (call, aliases) = Segment::call("Ns.Find", parameters);
    assert_eq!(call.display(Version::V4).to_string(), "Ns.Find(name='a%20b',ids=@ids)");
    assert_eq!(aliases, [("@ids".to_owned(), "[1,2]".to_owned())]);
    assert_eq!(Segment::call("Ns.Now", []).0.display(Version::V4).to_string(), "Ns.Now()");
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(name in "[A-Z][a-z]{1,8}", key in any::<String>()) {
        let key = KeyPredicate::Single(Literal::text(key).into());
        let path = ResourcePath { segments: vec![Segment::with_key(name, key)] };
        prop_assert_eq!(ResourcePath::parse(&path.to_string()).unwrap(), path);
    }

    #[test]
    fn what_is_printed_for_v4_is_read_back(name in "[A-Z][a-z]{1,8}", key in any::<String>()) {
        let key = KeyPredicate::Single(Literal::text(key).into());
        let path = ResourcePath { segments: vec![Segment::with_key(name, key)] };
        let printed = path.display(Version::V4).to_string();
        prop_assert_eq!(ResourcePath::parse_for(&printed, Version::V4).unwrap(), path);
    }

    #[test]
    fn what_is_read_is_printed_so_that_it_is_read_alike(
        text in "(Assets|Ns[.]F|[$]links|[$]filter|[$]count|[()'/=,:@A1?&]|''|'a'|%2F|%2[78]|%25|guid'|X'|a=1| ){0,14}",
    ) {
        for version in [Version::V2, Version::V3, Version::V4, Version::V401] {
            if let Ok(path) = ResourcePath::parse_for(&text, version) {
                let printed = path.display(version).to_string();
                let again = ResourcePath::parse_for(&printed, version);
                let again = again.map_err(|e| TestCaseError::fail(format!("{printed}: {e}")))?;
                prop_assert_eq!(again.display(version).to_string(), printed, "{:?}", version);
            }
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        let _ = ResourcePath::parse(&text);
        let _ = ResourcePath::parse_for(&text, Version::V401);
        let _ = ResourcePath::parse_url(&text, "/api/");
    }
}
