//! Several calls in one request.

use edm::batch::{
    Headers, Ids, Part, Request, Response, read_json_requests, read_requests, write_json_responses,
    write_responses,
};
use odata_client::{Batch, ErrorKind, Version};

use crate::fake::{Answer, Fake, Seen};
use crate::model::Product;

fn response(status: u16, body: &str) -> Response {
    let json = ("Content-Type".to_owned(), "application/json;odata.metadata=minimal".to_owned());
    let headers = if body.is_empty() { Headers::new() } else { vec![json] };
    Response { id: None, status, headers, body: body.into() }
}

fn answer(status: u16, parts: &[Part<Response>]) -> Answer {
    let written = write_responses(parts, Ids::Inner, "r");
    let body = String::from_utf8(written.body).unwrap();
    Answer::new(status, body).header("content-type", written.content_type)
}

fn requests(seen: &Seen) -> Vec<Part<Request>> {
    read_requests(seen.header("content-type").unwrap(), seen.body.as_bytes()).unwrap()
}

const NOT_FOUND: &str = r#"{"error":{"code":"","message":"gone"}}"#;

#[tokio::test]
async fn every_call_gets_its_own_result() {
    for (version, status) in [(Version::V2, 202), (Version::V3, 202), (Version::V4, 200)] {
        let made = Response {
            headers: vec![
                ("content-type".to_owned(), "application/json;odata.metadata=minimal".to_owned()),
                ("etag".to_owned(), "W/\"1\"".to_owned()),
            ],
            ..response(201, r#"{"Id":"7"}"#)
        };
        let fake = Fake::start([answer(
            status,
            &[
                Part::One(response(
                    200,
                    r#"{"value":[{"Id":"1"}],"@odata.nextLink":"Parts?$skip=1"}"#,
                )),
                Part::ChangeSet(vec![made, response(204, "")]),
                Part::One(response(404, NOT_FOUND)),
            ],
        )])
        .await;
        let service = fake.speaking(version);
        let products = service.set::<Product>("Products");
        let mut batch = service.batch().continue_on_error();
        let parts = products.by_key("1").follow(Product::PARTS);
        let few = batch.add(parts.top(1).list());
        let mut changes = batch.change_set();
        let made = changes.add(products.create().set(Product::NAME, "a"));
        let renamed = changes.add(made.entity().update().set(Product::NAME, "b"));
        let gone = batch.add(products.by_key("9").get());
        let results = batch.send().await.unwrap();
        let page = results.get(&few).unwrap();
        assert_eq!(page.items[0].id, "1");
        // The link is relative to the call, not to the batch.
        let next = format!("{}Products('1')/Parts?$skip=1", fake.root);
        assert_eq!(page.next_link().map(|link| link.replace("%27", "'")), Some(next));
        let product = results.get(&made).unwrap();
        assert_eq!((product.id.as_str(), product.extra.etag()), ("7", Some("W/\"1\"")));
        results.get(&renamed).unwrap();
        let error = results.get(&gone).unwrap_err();
        let expected = format!("GET {}Products('9'): the service answered 404: gone", fake.root);
        assert_eq!(error.to_string(), expected);

        let seen = &fake.seen()[0];
        assert_eq!(fake.lines(), ["POST /api/$batch"]);
        assert_eq!(seen.header("accept"), Some("multipart/mixed"));
        let wish = version.is_v4().then_some("odata.continue-on-error");
        assert_eq!(seen.header("prefer"), wish);
        let parts = requests(seen);
        let [Part::One(read), Part::ChangeSet(changes), Part::One(_)] = &parts[..] else {
            panic!("{parts:?}");
        };
        // In V3 the URLs are absolute.
        let root = if version == Version::V3 { fake.root.as_str() } else { "" };
        assert_eq!(read.method, "GET");
        assert_eq!(read.url, format!("{root}Products('1')/Parts?$top=1"));
        let lines: Vec<_> =
            changes.iter().map(|one| format!("{} {}", one.method, one.url)).collect();
        let verb = if version.is_v4() { "PATCH" } else { "MERGE" };
        assert_eq!(lines, [format!("POST {root}Products"), format!("{verb} {root}$2")]);
        assert_eq!(changes[0].header("authorization"), None);
        // Up to V3 the id stands within the request, since V4 before it.
        let inner = seen.body.contains("HTTP/1.1\r\ncontent-type")
            || seen.body.contains("Content-ID: 2\r\nContent-Length");
        let outer = seen.body.contains("binary\r\nContent-ID: 2\r\n\r\nPOST");
        assert_eq!((inner && !outer, outer), (!version.is_v4(), version.is_v4()), "{}", seen.body);
    }
}

#[tokio::test]
async fn urls_are_absolute_or_relative_as_asked() {
    for version in [Version::V2, Version::V3, Version::V4] {
        let found = || answer(200, &[Part::One(response(200, r#"{"value":[]}"#))]);
        let fake = Fake::start([found(), found()]).await;
        let service = fake.speaking(version);
        for ask in [Batch::absolute_urls, Batch::relative_urls] {
            let mut batch = ask(service.batch());
            batch.add(service.set::<Product>("Products").list());
            batch.send().await.unwrap();
        }
        let url = |seen: &Seen| match &requests(seen)[..] {
            [Part::One(read)] => read.url.clone(),
            other => panic!("{other:?}"),
        };
        let urls: Vec<_> = fake.seen().iter().map(url).collect();
        assert_eq!(urls, [format!("{}Products", fake.root), "Products".to_owned()]);
    }
}

#[tokio::test]
async fn a_change_set_fails_as_one() {
    for failed in
        [Part::One(response(412, NOT_FOUND)), Part::ChangeSet(vec![response(412, NOT_FOUND)])]
    {
        let fake = Fake::start([answer(202, &[failed])]).await;
        let service = fake.client();
        let products = service.set::<Product>("Products");
        let mut batch = service.batch();
        let mut changes = batch.change_set();
        let first = changes.add(products.by_key("1").update().set(Product::NAME, "a"));
        let second = changes.add(products.by_key("2").delete());
        let after = batch.add(products.by_key("3").get());
        let results = batch.send().await.unwrap();
        assert!(results.get(&first).unwrap_err().is_precondition_failed());
        assert!(results.get(&second).unwrap_err().is_precondition_failed());
        // The service has stopped there.
        let error = results.get(&after).unwrap_err();
        assert!(error.to_string().contains("no answer to this call"), "{error}");
    }
}

#[tokio::test]
async fn results_know_the_calls_of_other_batches() {
    let found = || answer(202, &[Part::One(response(200, r#"{"value":[]}"#))]);
    let fake = Fake::start([found(), found()]).await;
    let service = fake.client();
    let products = service.set::<Product>("Products");
    let mut first = service.batch();
    let of_first = first.add(products.list());
    let mut second = service.batch();
    let of_second = second.add(products.list());
    let (first, second) = (first.send().await.unwrap(), second.send().await.unwrap());
    assert!(first.get(&of_first).unwrap().items.is_empty());
    assert!(second.get(&of_second).unwrap().items.is_empty());
    for result in [first.get(&of_second), second.get(&of_first)] {
        let error = result.unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Usage(_)), "{error}");
        assert!(error.to_string().contains("another batch"), "{error}");
    }
}

#[tokio::test]
async fn a_json_batch_names_what_it_depends_on() {
    let by_id = |id: &str, response: Response| Response { id: Some(id.to_owned()), ..response };
    let body = write_json_responses(&[
        Part::One(by_id("3", response(200, r#"{"value":[]}"#))),
        Part::ChangeSet(vec![
            by_id("2", response(204, "")),
            by_id("1", response(201, r#"{"Id":"7"}"#)),
        ]),
    ]);
    let fake = Fake::start([Answer::v4(200, body)]).await;
    let service = fake.speaking(Version::V401);
    let products = service.set::<Product>("Products");
    let mut batch = service.batch().json();
    let mut changes = batch.change_set();
    let made = changes.add(products.create().set(Product::NAME, "a"));
    let changed = changes.add(made.entity().update().set(Product::NAME, "b"));
    let parts = batch.add(made.entity().follow(Product::PARTS).list());
    let results = batch.send().await.unwrap();
    assert_eq!(results.get(&made).unwrap().id, "7");
    results.get(&changed).unwrap();
    assert!(results.get(&parts).unwrap().items.is_empty());
    let sent = read_json_requests(&fake.seen()[0].body).unwrap();
    let [Part::ChangeSet(changes), Part::One(read)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(
        (changes[1].url.as_str(), &changes[1].depends_on[..]),
        ("$1", &["1".to_owned()][..])
    );
    assert_eq!(
        (read.url.as_str(), &read.depends_on[..]),
        ("$1/Parts", &["1".to_owned(), "g0".to_owned()][..])
    );
    assert_eq!(fake.seen()[0].header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn a_batch_that_is_refused_or_nonsense_is_one_error() {
    let light = r#"{"odata.error":{"code":"","message":{"value":"too many"}}}"#;
    let cut = "--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 200 OK\r\n";
    for (answer, expected) in [
        (Answer::light(400, light), "too many"),
        (Answer::new(202, cut).header("content-type", "multipart/mixed; boundary=b"), "cut off"),
        (Answer::new(200, "<html>").header("content-type", "text/html"), "content type of a batch"),
    ] {
        let fake = Fake::start([answer]).await;
        let service = fake.client();
        let mut batch = service.batch();
        batch.add(service.set::<Product>("Products").list());
        let error = batch.send().await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(error.status().is_some(), "{error}");
    }
}

#[tokio::test]
async fn a_call_that_must_not_be_sent_spoils_the_batch_before_it_is_sent() {
    let fake = Fake::start([]).await;
    let service = fake.client();
    let product = service.set::<Product>("Products").by_key("1");
    let mut batch = service.batch();
    assert!(batch.is_empty());
    batch.add(product.if_match(&Product::default()).delete());
    let error = batch.send().await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Usage(_)), "{error}");
    // One without calls is done at once.
    service.batch().send().await.unwrap();
    assert!(fake.seen().is_empty());
}
