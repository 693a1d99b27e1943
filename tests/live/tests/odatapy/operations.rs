//! Actions and functions of V4.01.

use live::ODATAPY;
use live::clients::odatapy::{
    Colour, EchoParameters, Permits, Place, Vessel, VesselCollectionExt as _,
};
use odata_client::ErrorKind;

use super::harbour;

#[tokio::test]
async fn actions_take_and_return_complex_values() {
    let Some(server) = ODATAPY.server() else { return };
    let harbour = harbour(&server);
    harbour.sound().await.unwrap();
    let amount: edm::Decimal = "12.50".parse().unwrap();
    let mut place = Place::default();
    place.town = Some("Hull".to_owned());
    let lines = vec!["one".to_owned(), "two".to_owned()];
    let receipt = harbour.pay(amount, Some(place), lines.clone()).await.unwrap();
    assert_eq!((receipt.total, &receipt.lines), (Some(amount), &lines));
    assert_eq!(receipt.number, edm::Guid::from_u128(2));
    assert_eq!(receipt.at.unwrap().town.as_deref(), Some("Hull"));
    let nothing = harbour.pay(edm::Decimal::ZERO, None, Vec::new()).await.unwrap_err();
    let ErrorKind::Service { status, error, .. } = nothing.kind else { panic!() };
    assert_eq!((status, error.code.as_str()), (422, "NoAmount"));
    assert_eq!(error.message, "0 is no amount to pay.");
}

#[tokio::test]
async fn functions_have_overloads_and_compose() {
    let Some(server) = ODATAPY.server() else { return };
    let harbour = harbour(&server);
    assert_eq!(harbour.fee(4.5).await.unwrap(), Some("1.125".parse().unwrap()));
    let fee = harbour.fee_by_tonnes_and_permits(4.5, Permits::LOAD | Permits::FUEL).await.unwrap();
    assert_eq!(fee, Some("2.25".parse().unwrap()));
    let text = "it's 100% / & more ☃";
    let id = edm::Guid::from_u128(1);
    let day = edm::Date::new(2020, 2, 29).unwrap();
    let moment = edm::DateTimeOffset::parse("2020-01-02T03:04:05+05:30").unwrap();
    let span = edm::Duration::parse("PT1H").unwrap();
    let echo = harbour
        .echo(EchoParameters { text: text.to_owned(), day, moment, id, span })
        .await
        .unwrap();
    let expected = [text, "2020-02-29", "2020-01-02 03:04:05+05:30", &id.to_string(), "1:00:00"];
    assert_eq!(echo, expected);

    let built = edm::Date::new(2000, 6, 1).unwrap();
    for (id, hull, tonnage) in
        [(1301, Colour::Red, 9_000_001), (1302, Colour::White, 9_000_002), (1303, Colour::White, 1)]
    {
        let vessel = harbour.vessels().create().set(Vessel::ID, id).set(Vessel::NAME, "Large");
        let vessel = vessel.set(Vessel::HULL, hull).set(Vessel::BUILT, built);
        vessel.set(Vessel::TONNAGE, edm::Decimal::from(tonnage)).await.unwrap();
    }
    let largest = harbour.largest(2).all().await.unwrap();
    assert_eq!(largest.iter().map(|vessel| vessel.id).collect::<Vec<_>>(), [1302, 1301]);
    let red = harbour.largest(2).filter(Vessel::HULL.eq(Colour::Red)).all().await.unwrap();
    assert_eq!(red.iter().map(|vessel| vessel.id).collect::<Vec<_>>(), [1301]);
    assert_eq!(harbour.largest(2).count().await.unwrap(), 2);
    let age = harbour.vessels().by_key(1301).age(edm::Date::new(2021, 1, 1).unwrap());
    assert_eq!(age.await.unwrap(), Some(21));
}

#[tokio::test]
async fn operations_are_bound_to_one_or_to_many() {
    let Some(server) = ODATAPY.server() else { return };
    let vessels = harbour(&server).vessels();
    let made = vessels.create().set(Vessel::ID, 1311).set(Vessel::NAME, "Grey").await.unwrap();
    let vessel = vessels.by_key(1311);
    let painted = vessel.if_match(&made).paint(Colour::Blue).await.unwrap();
    assert_eq!((painted.id, painted.hull), (1311, Some(Colour::Blue)));
    let unguarded = vessel.paint(Colour::Red).await.unwrap_err();
    assert_eq!(unguarded.status(), Some(428), "{unguarded}");
    assert_eq!(vessel.get().await.unwrap().hull, Some(Colour::Blue));
    let mine = vessels.painted(Colour::Blue).filter(Vessel::ID.eq(1311)).all().await.unwrap();
    assert_eq!(mine[0].name, "Grey");
}
