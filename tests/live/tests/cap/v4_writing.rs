//! What V4 creates, changes and removes.

use futures_util::TryStreamExt as _;
use live::CAP;
use live::clients::cap_v4::{Authors, Books, OrderItems, Orders, Prices, PricesKey};
use odata_client::{Body, ErrorKind};

use super::v4;

#[tokio::test]
async fn an_update_leaves_alone_what_it_does_not_set() {
    let Some(server) = CAP.server() else { return };
    let authors = v4(&server).authors();
    let born = edm::Date::new(1922, 11, 16).unwrap();
    let made = authors
        .create()
        .set(Authors::ID, 101)
        .set(Authors::NAME, "Saramago")
        .set(Authors::BORN, born);
    assert_eq!(made.await.unwrap().born, Some(born));
    let author = authors.by_key(101);
    author.update().set(Authors::NAME, "José Saramago").await.unwrap();
    let read = author.get().await.unwrap();
    assert_eq!((read.name.as_str(), read.born), ("José Saramago", Some(born)));
    author.update().clear(Authors::BORN).await.unwrap();
    let read = author.get().await.unwrap();
    assert_eq!((read.name.as_str(), read.born), ("José Saramago", None));
    author.property(Authors::BORN).set(born).await.unwrap();
    assert_eq!(author.read(Authors::BORN).await.unwrap(), Some(born));
    author.delete().await.unwrap();
    let gone = author.get().await.unwrap_err();
    assert!(gone.is_not_found(), "{gone}");
}

#[tokio::test]
async fn a_change_needs_the_state_that_it_is_for() {
    let Some(server) = CAP.server() else { return };
    let books = v4(&server).books();
    let made = books.create().set(Books::ID, 102).set(Books::TITLE, "Blindness").await.unwrap();
    let book = books.by_key(102);
    let unguarded = book.update().set(Books::STOCK, 1).await.unwrap_err();
    assert_eq!(unguarded.status(), Some(428), "{unguarded}");

    book.if_match(&made).update().set(Books::STOCK, 2).await.unwrap();
    let stale = book.if_match(&made).update().set(Books::STOCK, 3).await.unwrap_err();
    assert!(stale.is_precondition_failed(), "{stale}");
    let read = book.get().await.unwrap();
    assert_eq!(read.stock, Some(2));
    assert_ne!(read.extra.etag(), made.extra.etag());
    assert!(book.get_if_changed(&read).await.unwrap().is_none());
    assert_eq!(book.get_if_changed(&made).await.unwrap().unwrap().stock, Some(2));

    let stale = book.if_match(&made).delete().await.unwrap_err();
    assert!(stale.is_precondition_failed(), "{stale}");
    book.if_match(&read).delete().await.unwrap();
    assert!(book.get().await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn an_order_is_made_with_its_items() {
    let Some(server) = CAP.server() else { return };
    let shop = v4(&server);
    let item = |position, book, amount: &str| {
        edm::Insert::new()
            .set(OrderItems::POSITION, position)
            .set(OrderItems::BOOK_ID, book)
            .set(OrderItems::AMOUNT, amount.parse::<edm::Decimal>().unwrap())
    };
    let made = shop
        .orders()
        .create()
        .set(Orders::NUMBER, "deep")
        .with(Orders::ITEMS, item(1, 1, "11.110"))
        .with(Orders::ITEMS, item(2, 3, "28"))
        .await
        .unwrap();
    let order = shop.orders().by_key(made.id);
    let read = order.expand(Orders::ITEMS).get().await.unwrap();
    let mut items = read.extra.many(Orders::ITEMS).unwrap().unwrap();
    items.sort_by_key(|item| item.position);
    let found: Vec<_> = items
        .iter()
        .map(|item| (item.position, item.book_id.unwrap(), item.amount.unwrap().to_string()))
        .collect();
    assert_eq!(found, [(1, 1, "11.110".to_owned()), (2, 3, "28.000".to_owned())]);
    assert!(items.iter().all(|item| item.parent_id == Some(made.id)));

    // One more, by the path of the order; then what the items lead to.
    let third = order.items().create().set(OrderItems::POSITION, 3).set(OrderItems::BOOK_ID, 2);
    let third = third.await.unwrap();
    assert_eq!(third.parent_id, Some(made.id));
    assert_eq!(order.items().count().await.unwrap(), 3);
    let item = shop.order_items().by_key(third.id);
    assert_eq!(item.book().get().await.unwrap().id, 2);
    assert_eq!(item.parent().get().await.unwrap().number, "deep");

    // The items are the order's: they go with it.
    order.delete().await.unwrap();
    assert!(item.get().await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn an_existing_entity_is_bound() {
    let Some(server) = CAP.server() else { return };
    let shop = v4(&server);
    let author = shop.authors().by_key(3);
    let book = shop.books().create().set(Books::ID, 103).set(Books::TITLE, "Nothing");
    let made = book.bind_one(Books::AUTHOR, &author.path()).await.unwrap();
    assert_eq!(made.author_id, Some(3));
    let books = author.books().filter(Books::ID.eq(103)).all().await.unwrap();
    assert_eq!(books[0].title, "Nothing");
}

#[tokio::test]
async fn a_key_of_several_parts_is_escaped() {
    let Some(server) = CAP.server() else { return };
    let prices = v4(&server).prices();
    let since = edm::Date::new(2020, 1, 1).unwrap();
    for currency in ["a b/c", "d'e", "f%2F&", "ü+ 1"] {
        let amount: edm::Decimal = "1.25".parse().unwrap();
        let made = prices
            .create()
            .set(Prices::BOOK, 1)
            .set(Prices::CURRENCY, currency)
            .set(Prices::SINCE, since)
            .set(Prices::AMOUNT, amount);
        made.await.unwrap();
        let price = prices.by_key(PricesKey { book: 1, currency: currency.to_owned(), since });
        let read = price.get().await.unwrap();
        assert_eq!((read.currency.as_str(), read.amount), (currency, Some(amount)));
        price.delete().await.unwrap();
    }
}

#[tokio::test]
async fn an_update_may_create_what_is_not_there() {
    let Some(server) = CAP.server() else { return };
    let book = v4(&server).books().by_key(106);
    let update = |title| book.update().set(Books::TITLE, title).replace();
    let missing = update("Only changed").if_match_any().await.unwrap_err();
    assert!(missing.is_precondition_failed(), "{missing}");
    update("Created").if_absent().await.unwrap();
    let there = update("Only created").if_absent().await.unwrap_err();
    // CAP lets the database refuse what it inserts.
    assert!(there.to_string().ends_with("UNIQUE constraint failed: live_Books.ID"), "{there}");
    assert_eq!(book.get().await.unwrap().title, "Created");
}

#[tokio::test]
async fn a_stream_is_written_and_read() {
    let Some(server) = CAP.server() else { return };
    let books = v4(&server).books();
    books.create().set(Books::ID, 104).set(Books::TITLE, "With a cover").await.unwrap();
    let book = books.by_key(104);
    let picture: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    book.cover().put("image/png", picture.clone()).if_match_etag("*").await.unwrap();
    assert_eq!(book.get().await.unwrap().cover_type.as_deref(), Some("image/png"));
    assert_eq!(book.cover().get().await.unwrap(), picture);
    // The same, as it comes and goes.
    let chunks: Vec<_> = picture.chunks(4096).map(|chunk| Ok(chunk.to_vec())).collect();
    let body = Body::stream::<_, _, std::io::Error>(futures_util::stream::iter(chunks));
    book.cover().put("image/gif", body).if_match_etag("*").await.unwrap();
    let download = book.cover().open().await.unwrap();
    assert_eq!(download.content_type.as_deref(), Some("image/gif"));
    let chunks: Vec<_> = download.into_stream().try_collect().await.unwrap();
    assert_eq!(chunks.concat(), picture);
    book.cover().delete().if_match_any().await.unwrap();
    assert_eq!(book.get().await.unwrap().title, "With a cover");
}

#[tokio::test]
async fn errors_say_what_the_service_says() {
    let Some(server) = CAP.server() else { return };
    let shop = v4(&server);
    let told = |error: odata_client::Error| match error.kind {
        ErrorKind::Service { status, error, .. } => (status, error.code, error.message),
        other => panic!("{other}"),
    };
    let untitled = shop.books().create().set(Books::ID, 105).await.unwrap_err();
    let (status, code, message) = told(untitled);
    assert_eq!((status, code.as_str()), (400, "ASSERT_MANDATORY"), "{message}");

    let genre =
        shop.books().create().set(Books::ID, 105).set(Books::TITLE, "x").set(Books::GENRE, "y");
    let (status, code, message) = told(genre.await.unwrap_err());
    assert_eq!((status, code.as_str()), (400, "ASSERT_ENUM"));
    assert_eq!(message, "Enter one of the allowed values: fiction, science, history.");

    let missing = shop.books().by_key(999).get().await.unwrap_err();
    assert!(missing.is_not_found() && missing.to_string().contains("/Books(999)"), "{missing}");

    let readonly = shop.numbers().by_key(1).delete().await.unwrap_err();
    assert_eq!(readonly.status(), Some(405), "{readonly}");

    let nothing = shop.service().set::<Authors>("Nothing").list().await.unwrap_err();
    let (status, _, message) = told(nothing);
    assert_eq!((status, message.as_str()), (404, "Invalid resource path \"Shop.Nothing\""));

    let odd = shop.books().option("$filter", "nope eq 1").list().await.unwrap_err();
    let (status, _, message) = told(odd);
    assert_eq!(status, 400);
    assert!(message.contains("nope"), "{message}");
}
