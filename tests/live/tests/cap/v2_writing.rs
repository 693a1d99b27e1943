//! What V2 creates, changes and removes.

use live::CAP;
use live::clients::cap_v2::{Authors, Books, OrderItems, Orders, Prices, PricesKey};
use odata_client::ErrorKind;

use super::v2;

#[tokio::test]
async fn an_update_leaves_alone_what_it_does_not_set() {
    let Some(server) = CAP.server() else { return };
    let authors = v2(&server).authors();
    let born = edm::DateTime::parse("1922-11-16T00:00:00").unwrap();
    let made = authors
        .create()
        .set(Authors::ID, 121)
        .set(Authors::NAME, "Saramago")
        .set(Authors::BORN, born);
    assert_eq!(made.await.unwrap().born, Some(born));
    let author = authors.by_key(121);
    author.update().set(Authors::NAME, "José Saramago").await.unwrap();
    let read = author.get().await.unwrap();
    assert_eq!((read.name.as_str(), read.born), ("José Saramago", Some(born)));
    author.update().clear(Authors::BORN).await.unwrap();
    let read = author.get().await.unwrap();
    assert_eq!((read.name.as_str(), read.born), ("José Saramago", None));
    author.delete().await.unwrap();
    assert!(author.get().await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_change_needs_the_state_that_it_is_for() {
    let Some(server) = CAP.server() else { return };
    let books = v2(&server).books();
    let made = books.create().set(Books::ID, 122).set(Books::TITLE, "Blindness").await.unwrap();
    let book = books.by_key(122);
    let unguarded = book.update().set(Books::STOCK, 1).await.unwrap_err();
    assert_eq!(unguarded.status(), Some(428), "{unguarded}");
    book.if_match(&made).update().set(Books::STOCK, 2).await.unwrap();
    let stale = book.if_match(&made).update().set(Books::STOCK, 3).await.unwrap_err();
    assert!(stale.is_precondition_failed(), "{stale}");
    let read = book.get().await.unwrap();
    assert_eq!(read.stock, Some(2));
    book.if_match(&read).delete().await.unwrap();
    assert!(book.get().await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn methods_can_be_tunnelled() {
    let Some(server) = CAP.server() else { return };
    let service = odata_client::Service::builder(server.root("v2")).tunnel_methods();
    let shop = live::clients::cap_v2::EntityContainer::new(service.build().unwrap());
    shop.authors().create().set(Authors::ID, 123).set(Authors::NAME, "In a tunnel").await.unwrap();
    let author = shop.authors().by_key(123);
    author.update().set(Authors::NAME, "Through it").await.unwrap();
    assert_eq!(author.get().await.unwrap().name, "Through it");
    author.delete().await.unwrap();
    assert!(author.get().await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn an_order_is_made_with_its_items() {
    let Some(server) = CAP.server() else { return };
    let shop = v2(&server);
    let placed = edm::DateTimeOffset::parse("2020-01-02T03:04:05Z").unwrap();
    let item = |position, amount: &str| {
        edm::Insert::new()
            .set(OrderItems::POSITION, position)
            .set(OrderItems::BOOK_ID, 1)
            .set(OrderItems::AMOUNT, amount.parse::<edm::Decimal>().unwrap())
    };
    let made = shop
        .orders()
        .create()
        .set(Orders::NUMBER, "deep V2")
        .set(Orders::PLACED, placed)
        .with(Orders::ITEMS, item(1, "11.11"))
        .with(Orders::ITEMS, item(2, "28"))
        .await
        .unwrap();
    let order = shop.orders().by_key(made.id);
    let read = order.expand(Orders::ITEMS).get().await.unwrap();
    assert_eq!(read.placed, Some(placed));
    let mut items = read.extra.many(Orders::ITEMS).unwrap().unwrap();
    items.sort_by_key(|item| item.position);
    let amounts: Vec<_> = items.iter().map(|item| item.amount.unwrap().normalize()).collect();
    assert_eq!(amounts, ["11.11".parse().unwrap(), "28".parse().unwrap()]);
    assert_eq!(order.items().by_key(items[0].id).get().await.unwrap().position, 1);
}

#[tokio::test]
async fn a_key_of_several_parts_is_escaped() {
    let Some(server) = CAP.server() else { return };
    let prices = v2(&server).prices();
    let since = edm::DateTime::parse("2020-01-01T00:00:00").unwrap();
    for currency in ["a b/c", "d'e", "ü+ 1"] {
        let amount: edm::Decimal = "1.25".parse().unwrap();
        let made = prices
            .create()
            .set(Prices::BOOK, 2)
            .set(Prices::CURRENCY, currency)
            .set(Prices::SINCE, since)
            .set(Prices::AMOUNT, amount);
        made.await.unwrap();
        let price = prices.by_key(PricesKey { book: 2, currency: currency.to_owned(), since });
        let read = price.get().await.unwrap();
        assert_eq!((read.currency.as_str(), read.amount), (currency, Some(amount)));
        price.delete().await.unwrap();
    }
}

#[tokio::test]
async fn a_media_entity_has_its_bytes() {
    let Some(server) = CAP.server() else { return };
    let books = v2(&server).books();
    books.create().set(Books::ID, 124).set(Books::TITLE, "With a cover").await.unwrap();
    let book = books.by_key(124);
    let picture: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    book.media().put("image/png", picture.clone()).if_match_etag("*").await.unwrap();
    assert_eq!(book.get().await.unwrap().cover_type.as_deref(), Some("image/png"));
    assert_eq!(book.media().get().await.unwrap(), picture);
}

#[tokio::test]
async fn errors_say_what_the_service_says() {
    let Some(server) = CAP.server() else { return };
    let shop = v2(&server);
    let genre =
        shop.books().create().set(Books::ID, 125).set(Books::TITLE, "x").set(Books::GENRE, "y");
    let error = genre.await.unwrap_err();
    let ErrorKind::Service { status, error, .. } = error.kind else { panic!("{error}") };
    assert_eq!((status, error.code.as_str()), (400, "ASSERT_ENUM"));
    assert_eq!(error.message, "Enter one of the allowed values: fiction, science, history.");
    let missing = shop.books().by_key(999).get().await.unwrap_err();
    assert!(missing.is_not_found() && missing.to_string().ends_with("404: Not Found"), "{missing}");
}
