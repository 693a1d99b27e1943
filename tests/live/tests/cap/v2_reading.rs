//! Queries of V2: verbose JSON, literals with suffixes.

use futures_util::TryStreamExt as _;
use live::CAP;
use live::clients::cap_v2::{Authors, Books, Numbers, OrderItems, Orders, Samples};

use super::v2;

#[tokio::test]
async fn an_entity_is_read_by_its_key() {
    let Some(server) = CAP.server() else { return };
    let shop = v2(&server);
    let book = shop.books().by_key(3).get().await.unwrap();
    assert_eq!((book.id, book.title.as_str()), (3, "At Swim-Two-Birds"));
    assert_eq!((book.stock, book.weight, book.author_id), (Some(333), Some(1.25), Some(2)));
    assert_eq!(book.price, Some("14".parse().unwrap()));
    assert!(book.extra.etag().unwrap().starts_with("W/\""), "{:?}", book.extra);
    let born = shop.authors().by_key(1).read(Authors::BORN).await.unwrap();
    assert_eq!(born, Some(edm::DateTime::parse("1818-07-30T00:00:00").unwrap()));
}

#[tokio::test]
async fn filters_find_what_they_say() {
    let Some(server) = CAP.server() else { return };
    let books = v2(&server).books();
    let price = |text: &str| text.parse::<edm::Decimal>().unwrap();
    let cases = [
        (Books::TITLE.eq("The Poor Mouth & Co. 'An Béal Bocht'"), vec![2]),
        (Books::TITLE.eq("100% of 50/50 = ?#+"), vec![4]),
        (Books::TITLE.contains("'An"), vec![2]),
        (Books::TITLE.starts_with("At "), vec![3]),
        (Books::TITLE.ends_with("+"), vec![4]),
        (Books::PRICE.gt(price("9.50")), vec![1, 3]),
        (Books::PRICE.is_null(), vec![4]),
        (Books::WEIGHT.lt(1.0).or(Books::STOCK.eq(5)), vec![1, 4]),
        (Books::GENRE.eq("fiction").and(!Books::STOCK.eq(0)), vec![1, 3]),
    ];
    for (filter, expected) in cases {
        // Other tests make books with greater ids.
        let shown = filter.to_string();
        let found = books.clone().filter(Books::ID.le(4)).filter(filter).order_by(Books::ID.asc());
        let found: Vec<_> = found.all().await.unwrap().iter().map(|book| book.id).collect();
        assert_eq!(found, expected, "{shown}");
    }
}

#[tokio::test]
async fn results_are_ordered_counted_selected_and_cut() {
    let Some(server) = CAP.server() else { return };
    let books = v2(&server).books().filter(Books::ID.le(4));
    assert_eq!(books.count().await.unwrap(), 4);
    let page = books
        .clone()
        .order_by(Books::GENRE.desc())
        .order_by(Books::STOCK.asc())
        .select(Books::ID)
        .select(Books::TITLE)
        .skip(1)
        .top(2)
        .with_count()
        .list()
        .await
        .unwrap();
    assert_eq!(page.count, Some(4));
    let found: Vec<_> = page.items.iter().map(|book| (book.id, book.stock)).collect();
    // What is not selected keeps its default.
    assert_eq!(found, [(2, None), (1, None)]);
    assert_eq!(page.items[1].title, "Wuthering Heights");
}

#[tokio::test]
async fn what_is_expanded_is_typed() {
    let Some(server) = CAP.server() else { return };
    let shop = v2(&server);
    let author = shop.authors().by_key(2).expand(Authors::BOOKS).get().await.unwrap();
    let mut ids: Vec<_> = author
        .extra
        .many(Authors::BOOKS)
        .unwrap()
        .unwrap()
        .into_iter()
        .map(|book| book.id)
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, [2, 3]);
    let book = shop.books().by_key(1).expand(Books::AUTHOR).get().await.unwrap();
    assert_eq!(book.extra.one(Books::AUTHOR).unwrap().unwrap().name, "Emily Brontë");
    assert_eq!(shop.books().by_key(2).author().get().await.unwrap().name, "Flann O'Brien");
    assert_eq!(shop.authors().by_key(2).books().count().await.unwrap(), 2);
}

#[tokio::test]
async fn what_is_expanded_may_be_expanded() {
    let Some(server) = CAP.server() else { return };
    let shop = v2(&server);
    let item = edm::Insert::new().set(OrderItems::POSITION, 1).set(OrderItems::BOOK_ID, 3);
    let made = shop.orders().create().set(Orders::NUMBER, "nested V2").with(Orders::ITEMS, item);
    let order = shop.orders().by_key(made.await.unwrap().id);
    let read = order.expand(Orders::ITEMS.expand().expand(OrderItems::BOOK)).get().await.unwrap();
    let items = read.extra.many(Orders::ITEMS).unwrap().unwrap();
    let book = items[0].extra.one(OrderItems::BOOK).unwrap().unwrap();
    assert_eq!(book.title, "At Swim-Two-Birds");
    assert_eq!(shop.authors().by_key(2).read(Authors::NAME).await.unwrap(), "Flann O'Brien");
}

#[tokio::test]
async fn pages_of_the_server_are_followed() {
    let Some(server) = CAP.server() else { return };
    let numbers = v2(&server).numbers().order_by(Numbers::ID.asc());
    let first = numbers.clone().with_count().list().await.unwrap();
    assert_eq!((first.items.len(), first.count, first.has_next()), (5, Some(23), true));
    let pages: Vec<_> = numbers.pages().try_collect().await.unwrap();
    let sizes: Vec<_> = pages.iter().map(|page| page.items.len()).collect();
    assert_eq!(sizes, [5, 5, 5, 5, 3]);
    let ids: Vec<_> = pages.into_iter().flatten().map(|number| number.id).collect();
    assert_eq!(ids, (1..=23).collect::<Vec<_>>());
}

#[tokio::test]
async fn every_type_survives_and_can_be_compared() {
    let Some(server) = CAP.server() else { return };
    let samples = v2(&server).samples();
    let id = -9_007_199_254_740_993_i64;
    let guid: edm::Guid = "aaaaaaaa-0000-4000-8000-000000000002".parse().unwrap();
    let decimal: edm::Decimal = "-123456.7890123".parse().unwrap();
    let time = edm::Duration::parse("PT23H59M58S").unwrap();
    let moment = edm::DateTimeOffset::parse("2020-01-02T03:04:05Z").unwrap();
    let stamp = edm::DateTimeOffset::parse("2020-01-02T03:04:05.123Z").unwrap();
    let date = edm::DateTime::parse("2020-02-29T00:00:00").unwrap();
    let text = "O'Neil & co ☃ \"quoted\" \\ / 100%\n+";
    let binary = edm::Binary(vec![0, 1, 254, 255, 62, 63]);
    samples
        .create()
        .set(Samples::ID, id)
        .set(Samples::A_BOOLEAN, true)
        .set(Samples::A_BYTE, u8::MAX)
        .set(Samples::AN_INT16, i16::MIN)
        .set(Samples::AN_INT32, i32::MIN)
        .set(Samples::AN_INT64, i64::MIN)
        .set(Samples::A_DECIMAL, decimal)
        .set(Samples::A_DOUBLE, 0.1)
        .set(Samples::A_DATE, date)
        .set(Samples::A_TIME, time)
        .set(Samples::A_DATE_TIME, moment)
        .set(Samples::A_TIMESTAMP, stamp)
        .set(Samples::A_GUID, guid)
        .set(Samples::A_STRING, text)
        .set(Samples::A_BINARY, binary.clone())
        .await
        .unwrap();
    let sample = samples.by_key(id).get().await.unwrap();
    assert_eq!(sample.id, id);
    assert_eq!(sample.a_boolean, Some(true));
    assert_eq!(sample.a_byte, Some(u8::MAX));
    assert_eq!(sample.an_int16, Some(i16::MIN));
    assert_eq!(sample.an_int32, Some(i32::MIN));
    assert_eq!(sample.an_int64, Some(i64::MIN));
    assert_eq!(sample.a_decimal, Some(decimal));
    assert_eq!(sample.a_double, Some(0.1));
    assert_eq!(sample.a_date, Some(date));
    assert_eq!(sample.a_time, Some(time));
    assert_eq!(sample.a_date_time, Some(moment));
    assert_eq!(sample.a_timestamp, Some(stamp));
    assert_eq!(sample.a_guid, Some(guid));
    assert_eq!(sample.a_string.as_deref(), Some(text));
    assert_eq!(sample.a_binary, Some(binary));
    // Not the others: the adapter knows neither `X'00'` nor `1E+300D`.
    let cases = [
        Samples::A_BOOLEAN.eq(true),
        Samples::AN_INT64.eq(i64::MIN),
        Samples::A_DECIMAL.eq(decimal),
        Samples::A_DOUBLE.lt(0.2),
        Samples::A_DATE.eq(date),
        Samples::A_TIME.eq(time),
        Samples::A_DATE_TIME.eq(moment),
        Samples::A_TIMESTAMP.ge(stamp).and(Samples::A_TIMESTAMP.le(stamp)),
        Samples::A_GUID.eq(guid),
        Samples::A_STRING.eq(text),
    ];
    for filter in cases {
        let shown = filter.to_string();
        let found = samples.clone().filter(Samples::ID.eq(id)).filter(filter).all().await.unwrap();
        assert_eq!(found.len(), 1, "{shown}");
    }
}
