//! A service that says it has moved.

use odata_client::ErrorKind;

use crate::fake::{Answer, Fake};
use crate::model::Product;

fn moved(to: &str) -> Answer {
    Answer::new(301, "<head><title>Object moved</title></head>").header("location", to)
}

#[tokio::test]
async fn a_call_is_repeated_whole_and_the_new_root_is_kept() {
    let created = || Answer::light(201, r#"{"Id":"1","Name":"a","Size":"5"}"#);
    let new = Fake::start([created(), created()]).await;
    let old = Fake::start([moved(&new.root)]).await;
    let client = old.client();
    for _ in 0..2 {
        client.set::<Product>("Products").create().set(Product::NAME, "a").await.unwrap();
    }
    assert_eq!(old.lines(), ["POST /api/Products"]);
    assert_eq!(new.lines(), ["POST /api/Products", "POST /api/Products"]);
    let again = &new.seen()[0];
    assert_eq!(again.body, r#"{"Name":"a"}"#);
    assert_eq!(again.header("authorization"), Some("Bearer s3cret-token"));
    assert_eq!(client.root().as_str(), new.root);
}

#[tokio::test]
async fn links_in_a_repeated_body_name_the_new_root() {
    let new = Fake::start([Answer::light(201, r#"{"Id":"1"}"#)]).await;
    let old = Fake::start([moved(&new.root)]).await;
    let products = old.products();
    products.create().bind(Product::PARTS, &products.by_key("p").path()).await.unwrap();
    let link = format!(r#"{{"Parts@odata.bind":["{}Products('p')"]}}"#, new.root);
    assert_eq!(new.seen()[0].body, link);
}

#[tokio::test]
async fn a_foreign_host_is_refused_unless_it_is_allowed() {
    let new = Fake::start([Answer::light(200, r#"{"value":[]}"#)]).await;
    // The same service by another name: nothing but the name decides.
    let foreign = new.root.replace("127.0.0.1", "localhost");
    let old = Fake::start([moved(&foreign), moved(&foreign)]).await;
    let error = old.products().list().await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Redirect { .. }), "{error}");
    assert!(new.seen().is_empty(), "the token has gone to a foreign host");

    let client = old.builder().redirect_host("localhost").build().unwrap();
    client.set::<Product>("Products").list().await.unwrap();
    assert_eq!(new.seen()[0].header("authorization"), Some("Bearer s3cret-token"));
}

#[tokio::test]
async fn a_domain_allows_what_is_below_it_and_nothing_else() {
    for (location, allowed) in [
        ("https://cluster.cloudapp.test/api/", true),
        ("https://cloudapp.test/api/", false),
        ("https://evilcloudapp.test/api/", false),
        ("https://cloudapp.test.evil.test/api/", false),
        ("ftp://cluster.cloudapp.test/", false),
    ] {
        let old = Fake::start([moved(location)]).await;
        let client = old.builder().redirect_host(".cloudapp.test").build().unwrap();
        let error = client.set::<Product>("Products").list().await.unwrap_err();
        let refused = matches!(error.kind, ErrorKind::Redirect { .. });
        assert_eq!(refused, !allowed, "{location}: {error}");
    }
}

#[tokio::test]
async fn going_in_circles_ends() {
    let fake = Fake::start([moved("{root}")]).await;
    let error = fake.products().list().await.unwrap_err();
    assert!(error.to_string().contains("where it was called"), "{error}");
    let (a, b) = ("{root}a/", "{root}b/");
    let fake = Fake::start([a, b, a, b, a, b].map(moved)).await;
    assert_eq!(fake.products().list().await.unwrap_err().status(), Some(301));
    assert_eq!(fake.seen().len(), 4);
}

#[tokio::test]
async fn only_the_service_itself_can_move_it() {
    let home = Fake::start([]).await;
    let other = Fake::start([moved(&format!("{}elsewhere/", home.root))]).await;
    let client = home.client();
    let call = odata_client::Call::get(format!("{}Products?$skiptoken=2", other.root));
    assert_eq!(client.send(&call).await.unwrap_err().status(), Some(301));
    assert_eq!(client.root().as_str(), home.root);
}
