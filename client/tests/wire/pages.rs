//! Reading: pages, counts, single properties, in both formats.

use futures_util::TryStreamExt as _;
use odata_client::Format;

use crate::fake::{Answer, Fake};
use crate::model::Product;

fn ids(products: &[Product]) -> Vec<&str> {
    products.iter().map(|product| product.id.as_str()).collect()
}

#[tokio::test]
async fn light_pages_are_followed_by_a_relative_link() {
    let fake = Fake::start([
        Answer::light(
            200,
            r#"{"value":[{"Id":"1","Size":"5"}],"odata.nextLink":"Products?$skiptoken=1"}"#,
        ),
        Answer::light(200, r#"{"value":[{"Id":"2"},{"Id":"3"}]}"#),
    ])
    .await;
    let all = fake.products().filter(Product::SIZE.gt(4_i64)).all().await.unwrap();
    assert_eq!(ids(&all), ["1", "2", "3"]);
    assert_eq!(all[0].size, 5);
    assert_eq!(
        fake.lines(),
        ["GET /api/Products?$filter=Size%20gt%204L", "GET /api/Products?$skiptoken=1"]
    );
}

#[tokio::test]
async fn verbose_pages_are_followed_by_an_absolute_link() {
    let fake = Fake::start([
        Answer::verbose(
            200,
            r#"{"d":{"results":[{"Id":"1"}],"__count":"2","__next":"{root}Products?$skip=1"}}"#,
        ),
        Answer::verbose(200, r#"{"d":{"results":[{"Id":"2"}]}}"#),
    ])
    .await;
    let client = fake.builder().format(Format::Verbose).build().unwrap();
    let products = client.set::<Product>("Products").with_count();
    let pages: Vec<_> = products.pages().try_collect().await.unwrap();
    assert_eq!(pages.len(), 2);
    assert_eq!(pages[0].count, Some(2));
    assert_eq!(
        fake.lines(),
        ["GET /api/Products?$inlinecount=allpages", "GET /api/Products?$skip=1"]
    );
    let second = &fake.seen()[1];
    assert_eq!(second.header("accept"), Some("application/json;odata=verbose"));
    assert_eq!(second.header("authorization"), Some("Bearer s3cret-token"));
}

#[tokio::test]
async fn what_the_service_declares_counts() {
    let fake = Fake::start([Answer::verbose(200, r#"{"d":{"Id":"1","Name":"n"}}"#)]).await;
    let product = fake.products().by_key("1").get().await.unwrap();
    assert_eq!(product.name.as_deref(), Some("n"));
}

#[tokio::test]
async fn one_property_and_a_count() {
    let fake = Fake::start([
        Answer::light(200, r#"{"odata.metadata":"x","value":"7"}"#),
        Answer::new(200, "\u{feff}12").header("content-type", "text/plain"),
        Answer::light(200, r#"{"value":[{"Id":"1"}]}"#),
    ])
    .await;
    let products = fake.products();
    assert_eq!(products.by_key("it's").read(Product::SIZE).await.unwrap(), 7);
    assert_eq!(products.clone().filter(Product::NAME.is_null()).count().await.unwrap(), 12);
    assert_eq!(products.first().await.unwrap().map(|product| product.id), Some("1".to_owned()));
    assert_eq!(
        fake.lines(),
        [
            "GET /api/Products('it''s')/Size",
            "GET /api/Products/$count?$filter=Name%20eq%20null",
            "GET /api/Products?$top=1",
        ]
    );
    assert_eq!(fake.seen()[1].header("accept"), Some("text/plain"));
}

#[tokio::test]
async fn options_add_up() {
    let fake = Fake::start([Answer::light(200, r#"{"value":[]}"#)]).await;
    let query = fake
        .products()
        .filter(Product::NAME.starts_with("a&b"))
        .filter(Product::ID.ne("1"))
        .order_by(Product::SIZE.desc())
        .order_by(Product::NAME.asc())
        .select(Product::ID)
        .skip(2)
        .top(3);
    assert!(query.list().await.unwrap().items.is_empty());
    let target = &fake.seen()[0].target;
    let query = edm::query::QueryOptions::parse(target.split_once('?').unwrap().1).unwrap();
    let filter = query.filter.as_ref().unwrap().to_string();
    assert_eq!(filter, "startswith(Name,'a&b') and Id ne '1'");
    assert_eq!((query.top, query.skip), (Some(3), Some(2)));
    assert_eq!(query.select_names(), ["Id"]);
    let order: Vec<_> =
        query.order_by.iter().map(|term| (term.expr.to_string(), term.descending)).collect();
    assert_eq!(order, [("Size".to_owned(), true), ("Name".to_owned(), false)]);
}

#[tokio::test]
async fn an_entity_that_is_not_there_is_none_where_that_is_asked() {
    let fake = Fake::start([
        Answer::light(404, r#"{"odata.error":{"code":"","message":{"value":"no such"}}}"#),
        Answer::new(204, ""),
        Answer::light(200, r#"{"Id":"1"}"#),
        Answer::new(404, ""),
    ])
    .await;
    let product = fake.products().by_key("1");
    assert_eq!(product.find().await.unwrap(), None);
    assert_eq!(product.follow_one(Product::WHOLE).find().await.unwrap(), None);
    assert_eq!(product.find().await.unwrap().map(|product| product.id), Some("1".to_owned()));
    assert!(product.get().await.unwrap_err().is_not_found());
}
