//! What was done when Microsoft's client was recorded, in the same order: the same twice, told to
//! use JSON light and told to use Atom.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use edm::{DateTime, Decimal, Edm as _, Geo, Guid, Update, Value};
use http::{Request, Response};
use odata_client::{
    Body, Collection, Create, EntityRequest, Format, Merge, Service, ServiceBuilder, Transport,
    TransportError,
};

use crate::log::Sent;
use crate::model::{
    Advertisement, AllTypes, Category, DISCOUNT, ECHO_ALL, ECHO_DATE_TIME, ECHO_DECIMAL, ECHO_GUID,
    ECHO_INT64, ECHO_STRING, Featured, Product, RATE,
};

/// What differs between the two runs that were recorded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ids {
    /// The keys of the entities that a run makes are above it.
    above: i32,
    /// The key that the service has given to the media entity, and the one that the client gives.
    media: [&'static str; 2],
}

/// The run in JSON light.
pub(crate) const LIGHT: Ids = Ids {
    above: 1000,
    media: ["fabeea38-fd32-4f93-9a92-b4a6dca1d2e1", "f306a2ac-b584-4f10-bdcb-3b27cd26375f"],
};

/// The run in Atom.
pub(crate) const ATOM: Ids = Ids {
    above: 2000,
    media: ["4cacb51b-b1d1-460b-ab3c-a6ef5dc34ea4", "422edab2-2351-4f38-b424-6c854d4cacfc"],
};

/// Answers like a service, in no more words than the client needs, and remembers the requests. It
/// answers in JSON light whatever is asked for: a client reads what an answer says to be.
#[derive(Clone, Debug)]
struct Recorder {
    ids: Ids,
    sent: Arc<Mutex<Vec<Sent>>>,
    /// The ETag of the product that was read most lately.
    version: Arc<Mutex<u32>>,
}

#[async_trait]
impl Transport for Recorder {
    async fn send(&self, request: Request<Body>) -> Result<Response<Body>, TransportError> {
        let (head, body) = request.into_parts();
        let body = body.collect(usize::MAX).await?;
        let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            (name.to_string(), value.to_str().unwrap().to_owned())
        };
        let sent = Sent {
            scenario: String::new(),
            method: head.method.to_string(),
            target: head.uri.path_and_query().unwrap().to_string(),
            headers: head.headers.iter().map(header).collect(),
            body: String::from_utf8(body.to_vec()).unwrap().trim().to_owned(),
        };
        let (status, content_type, body) = self.answer(&sent);
        self.sent.lock().unwrap().push(sent);
        let response = Response::builder().status(status).header("content-type", content_type);
        Ok(response.body(body.into()).unwrap())
    }
}

impl Recorder {
    fn answer(&self, sent: &Sent) -> (u16, &'static str, String) {
        let light = "application/json;odata=minimalmetadata";
        let path = sent.target.strip_prefix("/odata.svc/").unwrap().split('?').next().unwrap();
        let product = format!("Products({})", self.ids.above + 1);
        match (sent.method.as_str(), path) {
            ("GET", path) if path == product => {
                let version = *self.version.lock().unwrap();
                let etag = format!(r#""odata.etag":"W/\"{version}\"""#);
                (200, light, format!(r#"{{{etag},"ID":{}}}"#, self.ids.above + 1))
            }
            ("GET", "Products/$count") => (200, "text/plain", "11".to_owned()),
            ("GET", "Products" | "Categories(2)/Products") => {
                (200, light, r#"{"value":[]}"#.to_owned())
            }
            ("GET", path) if path.starts_with("Echo") => {
                (200, light, r#"{"odata.null":true}"#.to_owned())
            }
            ("POST", "$batch") => (202, "multipart/mixed; boundary=b", "--b--".to_owned()),
            ("POST", path) if path == format!("{product}/Discount") => (204, "", String::new()),
            ("POST", "Advertisements") => {
                (201, light, format!(r#"{{"ID":"{}"}}"#, self.ids.media[0]))
            }
            ("POST", "EchoAll") => (200, light, r#"{"value":"c"}"#.to_owned()),
            ("GET" | "POST", _) => (200, light, r#"{"ID":2}"#.to_owned()),
            _ => (204, "", String::new()),
        }
    }
}

fn time(text: &str) -> DateTime {
    DateTime::parse(text).unwrap()
}

/// A service that is recorded.
struct Session {
    recorder: Recorder,
    service: Service,
    products: Collection<Product>,
    categories: Collection<Category>,
}

impl Session {
    fn new(change: impl FnOnce(ServiceBuilder) -> ServiceBuilder, recorder: &Recorder) -> Self {
        let builder = Service::builder("http://127.0.0.1:8102/odata.svc/");
        let service = change(builder.transport(recorder.clone())).build().unwrap();
        let (products, categories) = (service.set("Products"), service.set("Categories"));
        Self { recorder: recorder.clone(), service, products, categories }
    }

    /// Reads the first product, which has this version then.
    async fn read(&self, version: u32) -> EntityRequest<Product> {
        *self.recorder.version.lock().unwrap() = version;
        let product = self.products.by_key(self.id(1)).get().await.unwrap();
        self.products.entity(&product)
    }

    fn category(&self) -> EntityRequest<Category> {
        self.categories.by_key(2)
    }

    /// The key of an entity that this run makes.
    fn id(&self, number: i32) -> i32 {
        self.recorder.ids.above + number
    }

    /// An insert of a product in which all is said that Microsoft's client says.
    fn insert(&self, create: Create<Product>, id: i32, name: &str, price: i64) -> Create<Product> {
        create
            .set(Product::ID, self.id(id))
            .set(Product::NAME, name)
            .clear(Product::DESCRIPTION)
            .clear(Product::DISCONTINUED)
            .set(Product::RELEASED, time("2026-11-22T00:00:00Z"))
            .set(Product::PRICE, Decimal::from(price))
            .set(Product::RATING, 0_i16)
            .set(Product::TAGS, Vec::new())
            .set(Product::VERSION, 0)
    }

    /// An update of the first product in which all is said that Microsoft's client says.
    fn update(&self, name: &str, price: &str, rating: i16, version: i32) -> Update<Product> {
        Update::new()
            .set(Product::ID, self.id(1))
            .set(Product::NAME, name)
            .clear(Product::DESCRIPTION)
            .clear(Product::DISCONTINUED)
            .set(Product::RELEASED, time("2014-01-02T03:04:05"))
            .set(Product::PRICE, price.parse::<Decimal>().unwrap())
            .set(Product::RATING, rating)
            .set(Product::TAGS, vec!["a".to_owned(), "b".to_owned()])
            .set(Product::VERSION, version)
    }
}

/// Does all of it, and returns the requests.
pub(crate) async fn run(ids: Ids, format: Format) -> Vec<Sent> {
    let recorder = Recorder { ids, sent: Arc::default(), version: Arc::default() };
    let session = Session::new(|builder| builder.format(format), &recorder);
    queries_and_inserts(&session).await;
    updates(&session).await;
    links(&session).await;
    batches(&session).await;
    operations(&session).await;
    streams(&session).await;
    let tunnel = Session::new(|builder| builder.format(format).tunnel_methods(), &recorder);
    let tunnelled = tunnel.read(8).await.update_with(session.update("tun", "9.99", 4, 8));
    tunnelled.await.unwrap();
    session.read(9).await.delete().await.unwrap();
    let category =
        session.categories.create().set(Category::ID, session.id(8)).set(Category::NAME, "pref");
    category.minimal().await.unwrap();
    session.category().get().await.unwrap();
    session.category().follow(Category::PRODUCTS).list().await.unwrap();
    assert_eq!(session.products.count().await.unwrap(), 11);
    session.products.clone().with_count().list().await.unwrap();
    let wrong = edm::Property::<Product, i32>::new("Nope").eq(1);
    session.products.clone().filter(wrong).list().await.unwrap();
    let sent = recorder.sent.lock().unwrap();
    sent.clone()
}

async fn queries_and_inserts(session: &Session) {
    let products = &session.products;
    let dear = Product::PRICE.gt("1.5".parse::<Decimal>().unwrap());
    products.clone().filter(dear).list().await.unwrap();
    let tags = vec!["a".to_owned(), "b".to_owned()];
    session
        .insert(products.create(), 1, "n", 0)
        .set(Product::PRICE, "1.5".parse::<Decimal>().unwrap())
        .set(Product::RELEASED, time("2014-01-02T03:04:05"))
        .set(Product::RATING, 2_i16)
        .set(Product::TAGS, tags)
        .await
        .unwrap();
    products
        .create_as::<Featured>()
        .set(Featured::ID, session.id(2))
        .set(Featured::NAME, "f")
        .clear(Featured::DESCRIPTION)
        .clear(Featured::DISCONTINUED)
        .set(Featured::RELEASED, time("2014-01-02T03:04:05Z"))
        .set(Featured::PRICE, Decimal::ONE)
        .set(Featured::RATING, 0_i16)
        .set(Featured::TAGS, Vec::new())
        .set(Featured::VERSION, 0)
        .set(Featured::SLOGAN, "s")
        .await
        .unwrap();
    let point = serde_json::json!({
        "type": "Point",
        "coordinates": [-122.25, 47.5],
        "crs": { "type": "name", "properties": { "name": "EPSG:4326" } },
    });
    let all = session.service.set::<AllTypes>("AllTypes").create();
    all.set(AllTypes::ID, i64::from(session.id(3)))
        .set(AllTypes::BIN, vec![1, 2, 255])
        .set(AllTypes::BOOL, true)
        .set(AllTypes::BYTE, 200_u8)
        .set(AllTypes::DATES, vec![time("2014-01-02T00:00:00")])
        .set(AllTypes::DATE_TIME, time("2014-01-02T03:04:05.678"))
        .set(AllTypes::OFFSET, edm::DateTimeOffset::parse("2014-01-02T03:04:05+05:30").unwrap())
        .set(AllTypes::DECIMAL, "1.10".parse::<Decimal>().unwrap())
        .set(AllTypes::DOUBLE, f64::NAN)
        .set(AllTypes::GUID, "abcdef01-2345-6789-abcd-ef0123456789".parse::<Guid>().unwrap())
        .set(AllTypes::INT16, 1_i16)
        .set(AllTypes::INT32, 2)
        .set(AllTypes::INT64, 9_007_199_254_740_993_i64)
        .set(AllTypes::INTS, vec![1])
        .set(AllTypes::LONGS, vec![5])
        .clear(AllTypes::NULLABLE)
        .set(AllTypes::POINT, Geo::from_geojson(point))
        .set(AllTypes::SBYTE, -5_i8)
        .set(AllTypes::SINGLE, 1.5_f32)
        .set(AllTypes::STRING, "O'Neil \"q\" \u{65e5}")
        .set(AllTypes::TIME, edm::Duration::parse("PT1H2M3S").unwrap())
        .await
        .unwrap();
}

async fn updates(session: &Session) {
    let of = |product: &EntityRequest<Product>, name: &str, version: i32| -> Merge<Product> {
        product.update_with(session.update(name, "1.5", 2, version))
    };
    of(&session.read(0).await, "upd", 0).await.unwrap();
    of(&session.read(1).await, "upd2", 1).by_patch().await.unwrap();
    of(&session.read(2).await, "upd3", 2).replace().await.unwrap();
}

async fn links(session: &Session) {
    let product = session.read(3).await;
    let category = session.category();
    category.get().await.unwrap();
    category.links(Category::PRODUCTS).add(&product.path()).await.unwrap();
    product.link(Product::CATEGORY).set(&category.path()).await.unwrap();
    product.link(Product::CATEGORY).remove().await.unwrap();
    category.links(Category::PRODUCTS).remove(session.id(1)).await.unwrap();
    category.get().await.unwrap();
    session.insert(category.follow(Category::PRODUCTS).create(), 4, "rel", 2).await.unwrap();
    let bound = session.insert(session.products.create(), 5, "bind", 2);
    bound.bind_one(Product::CATEGORY, &category.path()).await.unwrap();
}

async fn batches(session: &Session) {
    let mut batch = session.service.batch();
    batch.add(session.products.clone().top(1).list());
    batch.add(session.category().get());
    batch.send().await.unwrap();
    let product = session.read(5).await;
    let mut batch = session.service.batch();
    let mut changes = batch.change_set();
    let category =
        session.categories.create().set(Category::ID, session.id(6)).set(Category::NAME, "bc");
    let made = changes.add(category);
    let products = made.entity().follow(Category::PRODUCTS);
    changes.add(session.insert(products.create(), 7, "bp", 3));
    changes.add(product.update_with(session.update("batched", "1.5", 2, 5)));
    batch.send().await.unwrap();
}

async fn operations(session: &Session) {
    let Session { service, products, .. } = session;
    let product = products.by_key(session.id(1));
    let price: Decimal = "9.99".parse().unwrap();
    product
        .invoke(&DISCOUNT, vec![("price", price.to_value())], odata_client::nothing)
        .await
        .unwrap();
    product.invoke_entity::<Product>(&RATE, vec![("rating", 4.to_value())]).await.unwrap();
    let place = serde_json::json!({
        "type": "Point",
        "coordinates": [2.0, 1.0],
        "crs": { "type": "name", "properties": { "name": "EPSG:4326" } },
    });
    let info = Value::Complex(vec![
        ("Elevation".into(), Value::Double(1.5)),
        ("Where".into(), Geo::from_geojson(place).to_value()),
    ]);
    let address = Value::Complex(vec![
        ("City".into(), "c".into()),
        ("Geo".into(), info),
        ("Street".into(), "s".into()),
    ]);
    let values = vec![
        ("addr", address),
        ("nums", vec![1, 2].to_value()),
        ("when", time("2014-01-02T00:00:00").to_value()),
        ("big", 9_007_199_254_740_993_i64.to_value()),
    ];
    service.invoke(&ECHO_ALL, values, String::from_value).await.unwrap();
    let echo = |operation, value: Value| {
        service.invoke(operation, vec![("value", value)], Option::<String>::from_value)
    };
    echo(&ECHO_STRING, "O'Neil & Co+1".into()).await.unwrap();
    echo(&ECHO_DATE_TIME, time("2014-01-02T03:04:05").into()).await.unwrap();
    echo(&ECHO_GUID, Guid::nil().into()).await.unwrap();
    echo(&ECHO_DECIMAL, "1.5".parse::<Decimal>().unwrap().to_value()).await.unwrap();
    echo(&ECHO_INT64, 5_i64.into()).await.unwrap();
}

async fn streams(session: &Session) {
    let ads = session.service.set::<Advertisement>("Advertisements");
    let bytes = || Body::stream(futures_util::stream::iter([Ok::<_, std::io::Error>("AB")]));
    // What the service answers names the entity; the properties are set in a second step.
    ads.create_media("image/png", bytes()).slug("slug value").await.unwrap();
    let [id, own] = session.recorder.ids.media.map(|id| id.parse::<Guid>().unwrap());
    ads.by_key(id)
        .update()
        .set(Advertisement::AIR_DATE, time("2014-01-02T00:00:00"))
        .set(Advertisement::ID, own)
        .set(Advertisement::NAME, "ad")
        .await
        .unwrap();
    let product = session.read(7).await;
    product.stream("Thumb").put("image/gif", "C").if_match_etag("W/\"s1\"").await.unwrap();
}
