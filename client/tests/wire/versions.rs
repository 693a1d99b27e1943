//! What requests of each version say, and that answers are read by what they declare.

use edm::Insert;
use futures_util::TryStreamExt as _;
use odata_client::{Format, Metadata, Service, Version};

use crate::fake::{Answer, Fake, Seen};
use crate::model::Product;

fn headers<'a>(seen: &'a Seen, names: &[&str]) -> Vec<Option<&'a str>> {
    names.iter().map(|name| seen.header(name)).collect()
}

#[tokio::test]
async fn every_version_says_the_least_that_it_must() {
    let said = ["accept", "content-type", "dataserviceversion", "maxdataserviceversion"];
    for (version, media_type, read, count, written) in [
        (Version::V1, "application/json", "1.0", "1.0", "1.0"),
        (Version::V2, "application/json", "1.0", "2.0", "2.0"),
        (Version::V3, "application/json;odata=minimalmetadata", "1.0", "2.0", "3.0"),
    ] {
        let fake = Fake::start([
            Answer::new(200, r#"{"d":[]}"#).header("content-type", "application/json"),
            Answer::verbose(200, r#"{"d":{"results":[],"__count":"0"}}"#),
            Answer::new(204, ""),
        ])
        .await;
        let products = fake.products_in(version);
        products.list().await.unwrap();
        assert_eq!(products.clone().with_count().list().await.unwrap().count, Some(0));
        products.by_key("1").update().set(Product::NAME, "a").await.unwrap();
        let seen = fake.seen();
        let max = version.to_string();
        let expect = |content_type, version| {
            vec![Some(media_type), content_type, Some(version), Some(max.as_str())]
        };
        assert_eq!(headers(&seen[0], &said), expect(None, read), "{version}");
        assert_eq!(headers(&seen[1], &said), expect(None, count), "{version}");
        assert_eq!(headers(&seen[2], &said), expect(Some(media_type), written), "{version}");
        assert_eq!(seen[2].method, "MERGE");
        assert_eq!(seen[2].header("odata-version"), None);
    }
}

#[tokio::test]
async fn v4_has_headers_of_its_own() {
    let said =
        ["accept", "content-type", "odata-version", "odata-maxversion", "dataserviceversion"];
    for version in [Version::V4, Version::V401] {
        let fake = Fake::start([Answer::v4(200, r#"{"value":[]}"#), Answer::new(204, "")]).await;
        let products = fake.products_in(version);
        products.list().await.unwrap();
        products.by_key("1").update().set(Product::SIZE, 5_i64).await.unwrap();
        let json = Some("application/json;odata.metadata=minimal");
        let version = version.to_string();
        let version = Some(version.as_str());
        let seen = fake.seen();
        assert_eq!(headers(&seen[0], &said), [json, None, None, version, None]);
        assert_eq!(headers(&seen[1], &said), [json, json, version, version, None]);
        assert_eq!((seen[1].method.as_str(), seen[1].body.as_str()), ("PATCH", r#"{"Size":5}"#));
    }
}

#[tokio::test]
async fn bodies_that_bind_are_of_v4_0() {
    let made = || Answer::v4(201, r#"{"Id":"1"}"#);
    let fake = Fake::start([made(), made()]).await;
    let products = fake.products_in(Version::V401);
    let part = products.by_key("a").path();
    products.create().bind(Product::PARTS, &part).await.unwrap();
    let along = Insert::new().bind(Product::PARTS, &part);
    products.create().with(Product::PARTS, along).await.unwrap();
    let bound = format!(r#"{{"Parts@odata.bind":["{}Products('a')"]}}"#, fake.root);
    let seen = fake.seen();
    assert_eq!(seen[0].body, bound);
    assert_eq!(seen[1].body, format!(r#"{{"Parts":[{bound}]}}"#));
    for seen in &seen {
        let said = headers(seen, &["odata-version", "odata-maxversion"]);
        assert_eq!(said, [Some("4.0"), Some("4.01")]);
    }
}

#[tokio::test]
async fn long_numbers_are_texts_where_that_is_asked_for() {
    let body = r#"{"Id":"1","Size":"9007199254740993"}"#;
    let fake = Fake::start([Answer::v4(201, body)]).await;
    let builder = fake.builder().version(Version::V4).ieee754_compatible().metadata(Metadata::Full);
    let products = builder.build().unwrap().set::<Product>("Products");
    let made = products.create().set(Product::SIZE, 9_007_199_254_740_993_i64).await.unwrap();
    assert_eq!(made.size, 9_007_199_254_740_993);
    let seen = &fake.seen()[0];
    assert_eq!(seen.body, r#"{"Size":"9007199254740993"}"#);
    let json = "application/json;odata.metadata=full;IEEE754Compatible=true";
    assert_eq!(headers(seen, &["accept", "content-type"]), [Some(json), Some(json)]);
}

#[tokio::test]
async fn answers_are_read_by_what_they_declare() {
    let name = || r#"{"Id":"1","Name":"n"}"#.to_owned();
    let wrapped = || r#"{"d":{"Id":"1","Name":"n"}}"#.to_owned();
    let plain = |body: String| Answer::new(200, body).header("content-type", "application/json");
    for (answer, format) in [
        (Answer::verbose(200, wrapped()), Format::Verbose),
        (plain(wrapped()).header("DataServiceVersion", "1.0;"), Format::Verbose),
        (plain(wrapped()), Format::Verbose),
        (Answer::light(200, name()), Format::Light),
        (plain(name()).header("DataServiceVersion", "3.0;"), Format::Light),
        (Answer::v4(200, name()), Format::V4),
        (plain(name()).header("OData-Version", "4.01"), Format::V4),
    ] {
        for version in [Version::V2, Version::V3, Version::V4] {
            let fake = Fake::start([answer.clone()]).await;
            let product = fake.products_in(version).by_key("1");
            let (read, reply) = product.get().with_reply().await.unwrap();
            assert_eq!((read.name.as_deref(), reply.format), (Some("n"), format), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn pages_of_v4_are_relative_to_the_context_or_the_request() {
    let page = |context: &str, next: &str| {
        let body =
            format!(r#"{{"@odata.context":"{context}","@odata.nextLink":"{next}","value":[]}}"#);
        Answer::v4(200, body)
    };
    let fake = Fake::start([
        page("../$metadata#Products", "Products('1')/Parts?$skiptoken=1"),
        page("http://proxied.test/api/$metadata#Products", "Parts?$skiptoken=2%2A'x',1"),
        page("{root}$metadata#Products", "{root}Products('1')/Parts?$skiptoken=3"),
        Answer::v4(200, r#"{"@context":"$metadata#Products","value":[]}"#),
    ])
    .await;
    let parts = fake.products_in(Version::V4).by_key("1").follow(Product::PARTS);
    let pages: Vec<_> = parts.page_size(7).pages().try_collect().await.unwrap();
    assert_eq!(pages.len(), 4);
    let lines: Vec<_> = fake.lines().iter().map(|line| line.replace("%27", "'")).collect();
    assert_eq!(
        lines,
        [
            "GET /api/Products('1')/Parts",
            "GET /api/Products('1')/Parts?$skiptoken=1",
            "GET /api/Products('1')/Parts?$skiptoken=2%2A'x',1",
            "GET /api/Products('1')/Parts?$skiptoken=3",
        ]
    );
    // What is wished for is wished for on every page, in the words of the version.
    for seen in fake.seen() {
        assert_eq!(seen.header("prefer"), Some("odata.maxpagesize=7"));
    }
}

#[tokio::test]
async fn a_model_says_which_version_is_spoken_unless_the_builder_does() {
    use edm::model::Model;
    static V2: Model = Model { version: Version::V2, ..Model::NEW };
    let build = |builder: odata_client::ServiceBuilder| builder.build().unwrap().with_model(&V2);
    let root = "http://h/api/";
    assert_eq!(build(Service::builder(root)).version(), Version::V2);
    assert_eq!(build(Service::builder(root).version(Version::V3)).version(), Version::V3);
    let fake = Fake::start([Answer::verbose(200, r#"{"d":{"results":[]}}"#)]).await;
    let service = build(fake.builder().format(Format::Verbose).version(Version::V3));
    service.set::<Product>("Products").list().await.unwrap();
    assert_eq!(fake.seen()[0].header("accept"), Some("application/json;odata=verbose"));
}
