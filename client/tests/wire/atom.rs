//! A client that is told to speak Atom.

use edm::batch::{Ids, Part, Response, read_requests, write_responses};
use edm::{Edm as _, Insert};
use odata_client::{BatchHandle, ErrorKind, Format, Service, Version};

use crate::fake::{Answer, Fake};
use crate::model::{LABEL, Product, SCALE};

const NAMES: &str = "xmlns='http://www.w3.org/2005/Atom' \
    xmlns:d='http://schemas.microsoft.com/ado/2007/08/dataservices' \
    xmlns:m='http://schemas.microsoft.com/ado/2007/08/dataservices/metadata'";
const ENTRY: &str = "application/atom+xml;type=entry;charset=utf-8";

fn entry(id: &str) -> String {
    format!(
        "<entry {NAMES} m:etag='e{id}'><id>http://h/{id}</id><content type='application/xml'>\
         <m:properties><d:Id>{id}</d:Id><d:Size m:type='Edm.Int64'>5</d:Size></m:properties>\
         </content></entry>"
    )
}

fn atom(status: u16, body: String) -> Answer {
    Answer::new(status, body).header("content-type", ENTRY)
}

fn xml(body: &str) -> Answer {
    Answer::new(200, body).header("content-type", "application/xml;charset=utf-8")
}

fn speaking_atom(fake: &Fake) -> Service {
    fake.builder().format(Format::Atom).build().unwrap()
}

#[tokio::test]
async fn entities_are_written_and_read() {
    let done = || Answer::new(204, "");
    let fake =
        Fake::start([atom(201, entry("1")), atom(200, entry("1")), done(), done(), done()]).await;
    let products = speaking_atom(&fake).set::<Product>("Products");
    let part = products.by_key("a").path();
    let along = Insert::new().set(Product::NAME, "<b>");
    let create = products.create().set(Product::SIZE, 5_i64).bind_one(Product::WHOLE, &part);
    let made = create.with(Product::PARTS, along).await.unwrap();
    assert_eq!((made.id.as_str(), made.size), ("1", 5));
    let read = products.by_key("1").get().await.unwrap();
    assert_eq!((read.extra.etag(), read.extra.id()), (Some("e1"), Some("http://h/1")));
    products.by_key("1").update().clear(Product::NAME).await.unwrap();
    products.by_key("1").property(Product::SIZE).set(6_i64).await.unwrap();
    products.by_key("1").links(Product::PARTS).add(&part).await.unwrap();

    let seen = fake.seen();
    let header = |name: &str| -> Vec<_> { seen.iter().map(|seen| seen.header(name)).collect() };
    assert_eq!(header("accept"), [Some("application/atom+xml,application/xml"); 5]);
    let (entry, xml) = (Some("application/atom+xml"), Some("application/xml"));
    assert_eq!(header("content-type"), [entry, None, entry, xml, xml]);
    assert_eq!(header("maxdataserviceversion"), [Some("3.0"); 5]);
    assert_eq!(header("dataserviceversion")[..2], [Some("1.0"); 2]);
    let insert = &seen[0].body;
    for part in [
        format!(
            "related/Whole\" type=\"application/atom+xml;type=entry\" title=\"Whole\" href=\"{}Products('a')\"",
            fake.root
        ),
        "<d:Size m:type=\"Edm.Int64\">5</d:Size>".to_owned(),
        "<m:inline><feed><entry>".to_owned(),
        "<d:Name>&lt;b&gt;</d:Name>".to_owned(),
    ] {
        assert!(insert.contains(&part), "{part} is not in {insert}");
    }
    assert!(!insert.contains("<d:Name m:null"), "what is not set is not sent: {insert}");
    assert!(seen[2].body.contains("<m:properties><d:Name m:null=\"true\" /></m:properties>"));
    assert!(seen[3].body.ends_with("m:type=\"Edm.Int64\">6</d:Size>"));
    assert!(seen[4].body.ends_with(&format!(">{}Products('a')</uri>", fake.root)));
}

#[tokio::test]
async fn pages_values_and_links_are_read() {
    let feed = |id: &str, rest: &str| {
        Answer::new(200, format!("<feed {NAMES}><m:count>2</m:count>{}{rest}</feed>", entry(id)))
            .header("content-type", "application/atom+xml;type=feed;charset=utf-8")
    };
    let next = "<link rel='next' href='{root}Products?$skiptoken=1'/>";
    let fake = Fake::start([
        feed("1", next),
        feed("2", ""),
        xml("<d:Label xmlns:d='d'>AB12</d:Label>"),
        xml("<Size>7</Size>"),
        xml("<links><uri>http://h/Products('2')</uri></links>"),
        Answer::new(204, ""),
    ])
    .await;
    let service = speaking_atom(&fake);
    let products = service.set::<Product>("Products");
    let mut pages = products.clone().with_count().pages();
    let first = pages.next().await.unwrap().unwrap();
    assert_eq!((first.items[0].id.as_str(), first.count), ("1", Some(2)));
    assert_eq!(pages.next().await.unwrap().unwrap().items[0].id, "2");
    assert!(pages.next().await.unwrap().is_none());
    let label = service.invoke(&LABEL, vec![("kind", 1_i32.to_value())], String::from_value);
    assert_eq!(label.await.unwrap(), "AB12");
    let product = products.by_key("1");
    assert_eq!(product.property(Product::SIZE).get().await.unwrap(), 7);
    let links = product.links(Product::PARTS).list().await.unwrap();
    assert_eq!(links, ["http://h/Products('2')"]);
    product.invoke(&SCALE, vec![("units", 2_i32.to_value())], odata_client::nothing).await.unwrap();
    let seen = fake.seen();
    assert_eq!(fake.lines()[1], "GET /api/Products?$skiptoken=1");
    assert_eq!(seen[5].header("content-type"), Some("application/json;odata=verbose"));
    assert_eq!(seen[5].body, r#"{"units":2}"#);
}

#[tokio::test]
async fn answers_are_read_as_what_they_say_to_be() {
    let error = "<m:error xmlns:m='http://schemas.microsoft.com/ado/2007/08/dataservices/metadata'>\
        <m:code/><m:message xml:lang='en-US'>no</m:message></m:error>";
    let fake = Fake::start([
        Answer::verbose(200, r#"{"d":{"Id":"v"}}"#),
        Answer::light(200, r#"{"Id":"l"}"#),
        atom(200, entry("a")),
        Answer::new(400, error).header("content-type", "application/xml"),
        xml(error),
        atom(200, "<entry".to_owned()),
    ])
    .await;
    let products = speaking_atom(&fake).set::<Product>("Products");
    let product = products.by_key("1");
    for id in ["v", "l", "a"] {
        assert_eq!(product.get().await.unwrap().id, id);
    }
    for _ in 0..2 {
        match product.get().await.unwrap_err().kind {
            ErrorKind::Service { error, .. } => assert_eq!(error.message, "no"),
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(product.get().await.unwrap_err().kind, ErrorKind::Payload { .. }));
    // The other way round, too.
    let fake = Fake::start([atom(200, entry("a"))]).await;
    assert_eq!(fake.products().by_key("1").get().await.unwrap().id, "a");
}

#[tokio::test]
async fn parts_of_a_batch_are_atom() {
    let part = |status, id: &str| Response {
        id: None,
        status,
        headers: vec![("Content-Type".to_owned(), ENTRY.to_owned())],
        body: entry(id).into(),
    };
    let written = write_responses(
        &[Part::ChangeSet(vec![part(201, "1"), part(201, "2")]), Part::One(part(200, "3"))],
        Ids::Inner,
        "r",
    );
    let body = String::from_utf8(written.body).unwrap();
    let fake =
        Fake::start([Answer::new(202, body).header("content-type", written.content_type)]).await;
    let service = speaking_atom(&fake);
    let products = service.set::<Product>("Products");
    let mut batch = service.batch();
    let mut changes = batch.change_set();
    let whole = changes.add(products.create().set(Product::NAME, "a"));
    let inner = whole.entity().follow(Product::PARTS).create().set(Product::NAME, "b");
    let part = changes.add(inner);
    let read = batch.add(products.by_key("3").get());
    let results = batch.send().await.unwrap();
    let id = |handle: &BatchHandle<Product>| results.get(handle).unwrap().id;
    assert_eq!([id(&whole), id(&part), id(&read)], ["1", "2", "3"]);

    let seen = &fake.seen()[0];
    let content_type = seen.header("content-type").unwrap();
    let parts = read_requests(content_type, seen.body.as_bytes()).unwrap();
    let [Part::ChangeSet(changes), Part::One(_)] = &parts[..] else { panic!("{parts:?}") };
    for (request, (url, name)) in changes.iter().zip([("Products", "a"), ("$1/Parts", "b")]) {
        let header = |name: &str| {
            let found = request.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.as_str())
        };
        assert_eq!(request.url, format!("{}{url}", fake.root));
        assert_eq!(header("content-type"), Some("application/atom+xml"));
        assert_eq!(header("accept"), Some("application/atom+xml,application/xml"));
        let body = String::from_utf8(request.body.clone()).unwrap();
        assert!(body.contains(&format!("<d:Name>{name}</d:Name>")), "{body}");
    }
}

#[tokio::test]
async fn services_of_v4_do_not_speak_it() {
    let fake = Fake::start([]).await;
    let service = fake.builder().format(Format::Atom).version(Version::V4).build().unwrap();
    let error = service.set::<Product>("Products").by_key("1").get().await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Usage(_)), "{error:?}");
    assert!(fake.seen().is_empty());
}
