//! Queries of V4.

use edm::query::{Search, Transformation};
use futures_util::TryStreamExt as _;
use live::CAP;
use live::clients::cap_v4::{Authors, Books, Numbers, Samples};
use serde_json::json;

use super::v4;

#[tokio::test]
async fn an_entity_is_read_by_its_key() {
    let Some(server) = CAP.server() else { return };
    let book = v4(&server).books().by_key(3).get().await.unwrap();
    assert_eq!(book.id, 3);
    assert_eq!(book.title, "At Swim-Two-Birds");
    assert_eq!(book.summary, None);
    assert_eq!(book.price, Some("14".parse().unwrap()));
    assert_eq!((book.stock, book.weight, book.author_id), (Some(333), Some(1.25), Some(2)));
    assert!(book.extra.etag().unwrap().starts_with("W/\""), "{:?}", book.extra);
    let born = v4(&server).authors().by_key(1).read(Authors::BORN).await.unwrap();
    assert_eq!(born, edm::Date::new(1818, 7, 30));
}

#[tokio::test]
async fn filters_find_what_they_say() {
    let Some(server) = CAP.server() else { return };
    let books = v4(&server).books();
    let price = |text: &str| text.parse::<edm::Decimal>().unwrap();
    let cases = [
        (Books::TITLE.eq("The Poor Mouth & Co. 'An Béal Bocht'"), vec![2]),
        (Books::TITLE.eq("100% of 50/50 = ?#+"), vec![4]),
        (Books::TITLE.contains("'An"), vec![2]),
        (Books::TITLE.starts_with("At "), vec![3]),
        (Books::TITLE.ends_with("+"), vec![4]),
        (Books::PRICE.gt(price("9.50")), vec![1, 3]),
        (Books::PRICE.eq(price("11.11")), vec![1]),
        (Books::PRICE.is_null(), vec![4]),
        (Books::WEIGHT.lt(1.0).or(Books::STOCK.eq(5)), vec![1, 4]),
        (Books::GENRE.eq("fiction").and(!Books::STOCK.eq(0)), vec![1, 3]),
        (Books::ID.in_([1, 4, 77]), vec![1, 4]),
        (Books::TITLE.to_lower().contains("wuthering"), vec![1]),
        (Books::TITLE.length().gt(30), vec![2]),
        (Books::AUTHOR.then(Authors::NAME).starts_with("Flann"), vec![2, 3]),
        (Books::AUTHOR.then(Authors::BORN).year().eq(1818), vec![1]),
        (
            Books::CHANGED.gt(edm::DateTimeOffset::parse("2020-01-01T00:00:00+05:30").unwrap()),
            vec![1, 2, 3, 4],
        ),
    ];
    for (filter, expected) in cases {
        // Other tests make books with greater ids.
        let shown = filter.to_string();
        let found = books.clone().filter(Books::ID.le(4)).filter(filter).order_by(Books::ID.asc());
        let found: Vec<_> = found.all().await.unwrap().iter().map(|book| book.id).collect();
        assert_eq!(found, expected, "{shown}");
    }
    let popular = v4(&server).authors().filter(Authors::BOOKS.any(Books::STOCK.gt(300)));
    let popular = popular.all().await.unwrap();
    assert_eq!(popular.iter().map(|author| author.id).collect::<Vec<_>>(), [2]);
    let oldest =
        v4(&server).authors().filter(Authors::BORN.lt(edm::Date::new(1900, 1, 1).unwrap()));
    assert_eq!(oldest.all().await.unwrap()[0].name, "Emily Brontë");
}

#[tokio::test]
async fn results_are_ordered_counted_selected_and_cut() {
    let Some(server) = CAP.server() else { return };
    let books = v4(&server).books().filter(Books::ID.le(4));
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
    let shop = v4(&server);
    let author = shop.authors().by_key(2).expand(Authors::BOOKS).get().await.unwrap();
    let mut titles: Vec<_> = author
        .extra
        .many(Authors::BOOKS)
        .unwrap()
        .unwrap()
        .into_iter()
        .map(|book| book.title)
        .collect();
    titles.sort();
    assert_eq!(titles, ["At Swim-Two-Birds", "The Poor Mouth & Co. 'An Béal Bocht'"]);
    let books =
        shop.books().filter(Books::ID.le(4)).order_by(Books::ID.asc()).expand(Books::AUTHOR);
    let names: Vec<_> = books
        .all()
        .await
        .unwrap()
        .iter()
        .map(|book| book.extra.one(Books::AUTHOR).unwrap().map(|author| author.name))
        .collect();
    let named = |name: &str| Some(name.to_owned());
    let flann = "Flann O'Brien";
    assert_eq!(names, [named("Emily Brontë"), named(flann), named(flann), None]);
    // The same by its own path.
    assert_eq!(shop.books().by_key(2).author().get().await.unwrap().name, flann);
    assert!(shop.books().by_key(4).author().find().await.unwrap().is_none());
}

#[tokio::test]
async fn what_is_expanded_has_a_query_of_its_own() {
    let Some(server) = CAP.server() else { return };
    let shop = v4(&server);
    let few = Authors::BOOKS.expand().select(Books::TITLE).filter(Books::ID.le(4));
    let few = few.order_by(Books::STOCK.desc()).top(1);
    let authors = shop.authors().filter(Authors::ID.le(3)).order_by(Authors::ID.asc()).expand(few);
    let titles: Vec<_> = authors
        .all()
        .await
        .unwrap()
        .iter()
        .map(|author| author.extra.many(Authors::BOOKS).unwrap().unwrap())
        .map(|books| books.into_iter().map(|book| (book.title, book.stock)).collect::<Vec<_>>())
        .collect();
    let only = |title: &str| vec![(title.to_owned(), None)];
    assert_eq!(titles[..2], [only("Wuthering Heights"), only("At Swim-Two-Birds")]);
    let nested = Authors::BOOKS.expand().expand(Books::AUTHOR.expand().select(Authors::NAME));
    let author = shop.authors().by_key(1).expand(nested).get().await.unwrap();
    let books = author.extra.many(Authors::BOOKS).unwrap().unwrap();
    assert_eq!(books[0].extra.one(Books::AUTHOR).unwrap().unwrap().name, "Emily Brontë");
}

#[tokio::test]
async fn books_are_searched_and_grouped() {
    let Some(server) = CAP.server() else { return };
    let books = v4(&server).books();
    let found = books.clone().search(Search::term("heights")).all().await.unwrap();
    assert_eq!(found.iter().map(|book| book.id).collect::<Vec<_>>(), [1]);
    let groups = "groupby((genre),aggregate($count as books,stock with sum as all))";
    let groups = books
        .apply(Transformation::Filter(Books::ID.le(4).into_expr()))
        .apply(Transformation::Other(groups.to_owned()));
    let groups = groups.order_by(Books::GENRE.asc()).all().await.unwrap();
    let found: Vec<_> = groups
        .iter()
        .map(|group| (group.genre.as_deref().unwrap(), group.extra.get("all").unwrap()))
        .collect();
    assert_eq!(found, [("fiction", json!(345)), ("science", json!(5))]);
    assert_eq!(groups[0].extra.get("books"), Some(json!(3)));
}

#[tokio::test]
async fn pages_of_the_server_are_followed() {
    let Some(server) = CAP.server() else { return };
    let numbers = v4(&server).numbers().order_by(Numbers::ID.asc());
    let first = numbers.clone().with_count().list().await.unwrap();
    assert_eq!((first.items.len(), first.count, first.has_next()), (5, Some(23), true));
    let pages: Vec<_> = numbers.pages().try_collect().await.unwrap();
    let sizes: Vec<_> = pages.iter().map(|page| page.items.len()).collect();
    assert_eq!(sizes, [5, 5, 5, 5, 3]);
    let names: Vec<_> = pages.into_iter().flatten().map(|number| number.name.unwrap()).collect();
    assert_eq!(names, (1..=23).map(|number| format!("number {number}")).collect::<Vec<_>>());
    // At most so many, over all pages.
    assert_eq!(numbers.clone().top(7).all().await.unwrap().len(), 7);
    let from = numbers.filter(Numbers::NAME.contains("2")).skip(1).all().await.unwrap();
    assert_eq!(from.iter().map(|number| number.id).collect::<Vec<_>>(), [12, 20, 21, 22, 23]);
}

#[tokio::test]
async fn every_type_survives_and_can_be_compared() {
    let Some(server) = CAP.server() else { return };
    let samples = v4(&server).samples();
    let id = 9_007_199_254_740_993_i64;
    let guid: edm::Guid = "aaaaaaaa-0000-4000-8000-000000000001".parse().unwrap();
    let decimal: edm::Decimal = "-123456.7890123".parse().unwrap();
    let floating: edm::Decimal = "1.5".parse().unwrap();
    let time = edm::TimeOfDay::parse("23:59:58").unwrap();
    let moment = edm::DateTimeOffset::parse("2020-01-02T03:04:05Z").unwrap();
    let stamp = edm::DateTimeOffset::parse("2020-01-02T03:04:05.123Z").unwrap();
    let date = edm::Date::new(2020, 2, 29).unwrap();
    let text = "O'Neil & co ☃ \"quoted\" \\ / 100%\n+";
    let binary = edm::Binary(vec![0, 1, 254, 255, 62, 63]);
    let made = samples
        .create()
        .set(Samples::ID, id)
        .set(Samples::A_BOOLEAN, true)
        .set(Samples::A_BYTE, u8::MAX)
        .set(Samples::AN_INT16, i16::MIN)
        .set(Samples::AN_INT32, i32::MIN)
        .set(Samples::AN_INT64, i64::MAX)
        .set(Samples::A_DECIMAL, decimal)
        .set(Samples::A_FLOATING, floating)
        .set(Samples::A_DOUBLE, -1e300)
        .set(Samples::A_DATE, date)
        .set(Samples::A_TIME, time)
        .set(Samples::A_DATE_TIME, moment)
        .set(Samples::A_TIMESTAMP, stamp)
        .set(Samples::A_GUID, guid)
        .set(Samples::A_STRING, text)
        .set(Samples::A_BINARY, binary.clone())
        .await
        .unwrap();
    let read = samples.by_key(id).get().await.unwrap();
    for sample in [made, read] {
        assert_eq!(sample.id, id);
        assert_eq!(sample.a_boolean, Some(true));
        assert_eq!(sample.a_byte, Some(u8::MAX));
        assert_eq!(sample.an_int16, Some(i16::MIN));
        assert_eq!(sample.an_int32, Some(i32::MIN));
        assert_eq!(sample.an_int64, Some(i64::MAX));
        assert_eq!(sample.a_decimal, Some(decimal));
        assert_eq!(sample.a_floating, Some(floating));
        assert_eq!(sample.a_double, Some(-1e300));
        assert_eq!(sample.a_date, Some(date));
        assert_eq!(sample.a_time, Some(time));
        assert_eq!(sample.a_date_time, Some(moment));
        assert_eq!(sample.a_timestamp, Some(stamp));
        assert_eq!(sample.a_guid, Some(guid));
        assert_eq!(sample.a_string.as_deref(), Some(text));
        assert_eq!(sample.a_binary, Some(binary.clone()));
    }
    let cases = [
        Samples::A_BOOLEAN.eq(true),
        Samples::A_BYTE.eq(u8::MAX),
        Samples::AN_INT16.eq(i16::MIN),
        Samples::AN_INT64.eq(i64::MAX),
        Samples::A_DECIMAL.eq(decimal),
        Samples::A_DOUBLE.eq(-1e300),
        Samples::A_DATE.eq(date),
        Samples::A_TIME.eq(time),
        Samples::A_DATE_TIME.eq(moment),
        Samples::A_TIMESTAMP.ge(stamp).and(Samples::A_TIMESTAMP.le(stamp)),
        Samples::A_GUID.eq(guid),
        Samples::A_STRING.eq(text),
        Samples::A_BINARY.eq(binary),
    ];
    for filter in cases {
        let shown = filter.to_string();
        let found = samples.clone().filter(Samples::ID.eq(id)).filter(filter).all().await.unwrap();
        assert_eq!(found.len(), 1, "{shown}");
    }
}
