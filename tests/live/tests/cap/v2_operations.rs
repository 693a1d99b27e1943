//! Service operations and batches of V2.

use live::CAP;
use live::clients::cap_v2::{Authors, Books, EchoParameters};

use super::v2;

#[tokio::test]
async fn operations_are_called_with_typed_values() {
    let Some(server) = CAP.server() else { return };
    let shop = v2(&server);
    assert_eq!(shop.books_left(3, 33).await.unwrap(), 300);
    let day = edm::DateTime::parse("2020-02-29T00:00:00").unwrap();
    let amount: edm::Decimal = "1.5".parse().unwrap();
    let id: edm::Guid = "aaaaaaaa-0000-4000-8000-000000000001".parse().unwrap();
    let text = "it's 100% / & more ☃";
    let parameters = EchoParameters {
        text: Some(text.to_owned()),
        day: Some(day),
        amount: Some(amount),
        id: Some(id),
        big: Some(9_007_199_254_740_992),
    };
    let echo = shop.echo(parameters).await.unwrap();
    assert_eq!(echo, format!("{text}|2020-02-29|1.5|{id}|9007199254740992"));
    let cheapest = shop.cheapest(1).await.unwrap();
    assert_eq!(cheapest.items[0].id, 2);
}

#[tokio::test]
async fn operations_change_what_is_stored() {
    let Some(server) = CAP.server() else { return };
    let shop = v2(&server);
    shop.ping().await.unwrap();
    let price: edm::Decimal = "12.50".parse().unwrap();
    let book = shop.books().create().set(Books::ID, 221).set(Books::TITLE, "Sold");
    book.set(Books::PRICE, price).set(Books::STOCK, 4).await.unwrap();
    let receipt = shop.sell(221, 3).await.unwrap();
    assert_eq!((receipt.number.as_deref(), receipt.copies), (Some("R-221"), Some(3)));
    assert_eq!(receipt.total, Some("37.5".parse().unwrap()));
    assert_eq!(shop.books().by_key(221).read(Books::STOCK).await.unwrap(), Some(1));
    let sold_out = shop.sell(221, 3).await.unwrap_err();
    assert!(sold_out.is_conflict(), "{sold_out}");
    let cheaper = shop.books_discount(221, 20).if_match_any().await.unwrap();
    assert_eq!(cheaper.price, Some("10".parse().unwrap()));
}

#[tokio::test]
async fn calls_of_a_batch_refer_to_each_other() {
    let Some(server) = CAP.server() else { return };
    let shop = v2(&server);
    let mut batch = shop.service().batch();
    let author = batch.add(shop.authors().by_key(1).get());
    let mut changes = batch.change_set();
    let made = changes.add(shop.authors().create().set(Authors::ID, 321).set(Authors::NAME, "New"));
    let book = made.entity().books().create();
    let book = changes.add(book.set(Books::ID, 321).set(Books::TITLE, "By the new one"));
    // Last: the adapter stops there, which services of V2 do not.
    let missing = batch.add(shop.authors().by_key(999).get());
    let results = batch.send().await.unwrap();
    assert_eq!(results.get(&author).unwrap().name, "Emily Brontë");
    assert!(results.get(&missing).unwrap_err().is_not_found());
    assert_eq!(results.get(&made).unwrap().name, "New");
    assert_eq!(results.get(&book).unwrap().author_id, Some(321));

    let mut batch = shop.service().batch();
    let mut changes = batch.change_set();
    let good = changes.add(shop.authors().create().set(Authors::ID, 322).set(Authors::NAME, "x"));
    let genre =
        shop.books().create().set(Books::ID, 322).set(Books::TITLE, "x").set(Books::GENRE, "y");
    let bad = changes.add(genre);
    let results = batch.send().await.unwrap();
    let error = results.get(&bad).unwrap_err();
    assert!(error.to_string().contains("Enter one of the allowed values"), "{error}");
    assert!(results.get(&good).is_err());
    assert!(shop.authors().by_key(322).get().await.unwrap_err().is_not_found());
}
