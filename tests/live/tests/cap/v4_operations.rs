//! Actions and functions of V4.

use live::CAP;
use live::clients::cap_v4::{Books, EchoParameters};
use odata_client::ErrorKind;

use super::v4;

#[tokio::test]
async fn a_bound_action_changes_its_entity() {
    let Some(server) = CAP.server() else { return };
    let books = v4(&server).books();
    let price: edm::Decimal = "20".parse().unwrap();
    let made =
        books.create().set(Books::ID, 201).set(Books::TITLE, "Dear").set(Books::PRICE, price);
    let made = made.await.unwrap();
    let book = books.by_key(201);
    let cheaper = book.discount(25).if_match(&made).await.unwrap();
    assert_eq!((cheaper.id, cheaper.price), (201, Some("15".parse().unwrap())));
    assert_eq!(book.get().await.unwrap().price, cheaper.price);
    let stale = book.if_match(&made).discount(25).await.unwrap_err();
    assert!(stale.is_precondition_failed(), "{stale}");
    let refused = book.discount(101).if_match_any().await.unwrap_err();
    assert!(refused.to_string().ends_with("400: 101 percent is no discount"), "{refused}");
}

#[tokio::test]
async fn functions_are_called_with_typed_values() {
    let Some(server) = CAP.server() else { return };
    let shop = v4(&server);
    assert_eq!(shop.books().by_key(3).left(33).await.unwrap(), Some(300));
    let cheapest = shop.cheapest(1).all().await.unwrap();
    assert_eq!(cheapest[0].id, 2);
    let day = edm::Date::new(2020, 2, 29).unwrap();
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
    let expected = format!("{text}|2020-02-29|1.5|{id}|9007199254740992");
    assert_eq!(echo, Some(expected));
    let echo =
        shop.echo(EchoParameters { day: Some(day), ..EchoParameters::default() }).await.unwrap();
    assert_eq!(echo.as_deref(), Some("null|2020-02-29|null|null|null"));
}

#[tokio::test]
async fn an_action_returns_a_complex_value_or_nothing() {
    let Some(server) = CAP.server() else { return };
    let shop = v4(&server);
    shop.ping().await.unwrap();
    let price: edm::Decimal = "12.50".parse().unwrap();
    let book = shop.books().create().set(Books::ID, 202).set(Books::TITLE, "Sold");
    book.set(Books::PRICE, price).set(Books::STOCK, 4).await.unwrap();
    let receipt = shop.sell(202, 3).await.unwrap().unwrap();
    assert_eq!((receipt.number.as_deref(), receipt.copies), (Some("R-202"), Some(3)));
    assert_eq!(receipt.total, Some("37.5".parse().unwrap()));
    assert_eq!(shop.books().by_key(202).read(Books::STOCK).await.unwrap(), Some(1));
    let sold_out = shop.sell(202, 3).await.unwrap_err();
    assert!(sold_out.is_conflict(), "{sold_out}");
    let ErrorKind::Service { error, .. } = sold_out.kind else { panic!() };
    assert_eq!(error.message, "there are only 1 copies of 'Sold'");
}
