//! What a service reads and writes, over a model of its own.

use edm::json::{self, Body, DateStyle, Dialect, Format, Layout, Metadata, Sink, Writer};
use edm::model::{
    Access, Allow, EntitySet, Model, Navigation, Operation, Parameter, Primitive, Property,
    StructuredType, Type,
};
use edm::version::Version;
use edm::{DateTime, Insert, Record, Structured, Update, Value};
use serde_json::{Value as Json, json};

const fn row(name: &'static str, ty: Type, nullable: bool, access: Access) -> Property {
    Property { nullable, access, ..Property::new(name, ty) }
}
const STRING: Type = Type::Primitive(Primitive::String);
const fn primitive(primitive: Primitive) -> Type {
    Type::Primitive(primitive)
}

static NOTE: StructuredType = StructuredType {
    name: "Note",
    namespace: "Demo",
    properties: &[
        row("Text", STRING, true, Access::Update),
        row("Weight", primitive(Primitive::Int64), true, Access::Update),
    ],
    ..StructuredType::NEW
};
static JOB: StructuredType = StructuredType {
    name: "Job",
    namespace: "Demo",
    key: &["Id"],
    properties: &[
        row("Id", STRING, false, Access::ReadOnly),
        row("Name", STRING, true, Access::Update),
        row("Created", primitive(Primitive::DateTime), false, Access::ReadOnly),
        row("Size", primitive(Primitive::Int64), false, Access::Update),
        row("Minutes", primitive(Primitive::Double), false, Access::Update),
        row("Notes", Type::Collection(&Type::Complex(&NOTE)), false, Access::Create),
        row("First", Type::Complex(&NOTE), true, Access::Create),
    ],
    navigation: &[
        Navigation { links: false, ..Navigation::many("Tasks", &TASK) },
        Navigation { links: false, ..Navigation::many("Inputs", &JOB) },
    ],
    operations: &[&Operation { name: "Publish", ..Operation::NEW }],
    ..StructuredType::NEW
};
static TASK: StructuredType = StructuredType {
    name: "Task",
    namespace: "Demo",
    key: &["Id"],
    properties: &[
        row("Id", STRING, false, Access::ReadOnly),
        row("Body", STRING, false, Access::Create),
    ],
    ..StructuredType::NEW
};
static MODEL: Model = Model {
    namespace: "Demo",
    container: "Container",
    entity_types: &[&JOB, &TASK],
    complex_types: &[&NOTE],
    entity_sets: &[EntitySet { name: "Jobs", entity_type: &JOB, allow: Allow::ALL, since: None }],
    ..Model::NEW
};

struct Records {
    ty: &'static StructuredType,
    items: Vec<Record>,
}
impl Records {
    fn new(ty: &'static StructuredType) -> Self {
        Self { ty, items: Vec::new() }
    }
}
impl Sink for Records {
    fn add(&mut self) -> &mut dyn Structured {
        self.items.push(Record::new(self.ty));
        self.items.last_mut().unwrap()
    }
    fn remove(&mut self) {
        self.items.pop();
    }
    fn discard(&mut self) {
        self.items.pop();
    }
}

fn job() -> Record {
    let mut job = Record::new(&JOB);
    job.put("Id", "nb:1");
    job.put("Created", DateTime::parse("2015-01-18T22:06:40.6010903Z").unwrap());
    job.put("Size", 1_186_540_i64);
    job.put("Minutes", 440.0);
    let note = vec![("Text".into(), Value::from("hi")), ("Weight".into(), Value::Integer(5))];
    job.put("Notes", Value::Collection(vec![Value::Complex(note.clone())]));
    job.put("First", Value::Complex(note));
    job
}

fn write(layout: Layout, dates: DateStyle) -> Json {
    let writer = Writer { model: &MODEL, root: "http://h/api/", layout, dates };
    writer.entity(&job(), &MODEL.entity_sets[0], "Jobs('nb%3A1')", &[])
}

#[test]
fn light_entities_have_the_shape_of_wcf() {
    let text = json::to_text(&write(Layout::Light(Metadata::Minimal), DateStyle::Exact));
    assert_eq!(
        text,
        "{\"odata.metadata\":\"http://h/api/$metadata#Jobs/@Element\",\"Id\":\"nb:1\",\
         \"Name\":null,\"Created\":\"2015-01-18T22:06:40.6010903Z\",\"Size\":\"1186540\",\
         \"Minutes\":440.0,\"Notes\":[{\"Text\":\"hi\",\"Weight\":\"5\"}],\
         \"First\":{\"Text\":\"hi\",\"Weight\":\"5\"}}"
    );
}

#[test]
fn verbose_entities_have_the_shape_of_wcf() {
    let text = json::to_text(&write(Layout::Verbose, DateStyle::Epoch));
    assert_eq!(
        text,
        "{\"d\":{\"__metadata\":{\"id\":\"http://h/api/Jobs('nb%3A1')\",\
         \"uri\":\"http://h/api/Jobs('nb%3A1')\",\"type\":\"Demo.Job\",\"actions\":\
         {\"http://h/api/$metadata#Container.Publish\":[{\"title\":\"Publish\",\
         \"target\":\"http://h/api/Jobs('nb%3A1')/Publish\"}]}},\
         \"Tasks\":{\"__deferred\":{\"uri\":\"http://h/api/Jobs('nb%3A1')/Tasks\"}},\
         \"Inputs\":{\"__deferred\":{\"uri\":\"http://h/api/Jobs('nb%3A1')/Inputs\"}},\
         \"Id\":\"nb:1\",\"Name\":null,\"Created\":\"\\/Date(1421618800601)\\/\",\
         \"Size\":\"1186540\",\"Minutes\":440,\
         \"Notes\":{\"__metadata\":{\"type\":\"Collection(Demo.Note)\"},\
         \"results\":[{\"Text\":\"hi\",\"Weight\":\"5\"}]},\
         \"First\":{\"__metadata\":{\"type\":\"Demo.Note\"},\"Text\":\"hi\",\"Weight\":\"5\"}}}"
    );
}

#[test]
fn what_a_service_writes_a_client_reads() {
    for (layout, dates) in [
        (Layout::Light(Metadata::Full), DateStyle::Exact),
        (Layout::Light(Metadata::None), DateStyle::Stored),
        (Layout::Verbose, DateStyle::Epoch),
        (Layout::Verbose, DateStyle::Stored),
    ] {
        let body = write(layout, dates).to_string();
        let mut read = Record::new(&JOB);
        Body::new(&body, layout.format()).entity(&mut read).unwrap();
        for (index, row) in JOB.properties.iter().enumerate() {
            let expected = match job().get(index) {
                Value::DateTime(time) if dates != DateStyle::Exact => {
                    Value::DateTime(time.truncated_to_millis())
                }
                value => value,
            };
            assert_eq!(read.get(index), expected, "{} {layout:?} {dates:?}", row.name);
        }
    }
}

#[test]
fn feeds_values_and_links_round_trip() {
    for layout in [Layout::Light(Metadata::Minimal), Layout::Verbose] {
        let (format, root) = (layout.format(), "http://h/api/");
        let writer = Writer { model: &MODEL, root, layout, dates: DateStyle::Stored };
        let set = &MODEL.entity_sets[0];
        let entry = Json::Object(writer.entry(&job(), "Jobs('nb%3A1')", &[]));
        let feed = writer.feed(vec![entry], set, &[], Some(7), Some("Jobs?$skip=1"));
        let mut jobs = Records::new(&JOB);
        let info = Body::new(&feed.to_string(), format).page(&mut jobs).unwrap();
        assert_eq!((jobs.items.len(), info.count), (1, Some(7)));
        assert_eq!(jobs.items[0].value("Notes"), job().value("Notes"));
        assert!(info.next.unwrap().ends_with("Jobs?$skip=1"));

        for (value, ty) in [
            (Value::Integer(2), primitive(Primitive::Int32)),
            (Value::Null, STRING),
            (Value::Collection(vec![Value::from("a")]), Type::Collection(&STRING)),
        ] {
            let body = writer.value("State", &value, &ty).to_string();
            assert_eq!(Body::new(&body, format).value(&ty).unwrap(), value, "{format:?}");
        }

        let paths = vec!["Tasks('1')".to_owned(), "Tasks('2')".to_owned()];
        let links = |body: Json| Body::new(&body.to_string(), format).links().unwrap().0;
        assert_eq!(links(writer.links(&paths, true, "Jobs/$links/Tasks")).len(), 2);
        let one = writer.links(&paths[..1], false, "Jobs/$links/Tasks");
        assert_eq!(links(one), ["http://h/api/Tasks('1')"]);
    }
}

#[test]
fn what_a_client_sends_a_service_reads() {
    const BODY: edm::Property<Task, String, edm::access::Create> = edm::Property::new("Body");
    const NAME: edm::Property<Job, Option<String>> = edm::Property::new("Name");
    const SIZE: edm::Property<Job, i64> = edm::Property::new("Size");
    const TASKS: edm::Navigation<Job, edm::Many<Task>, edm::access::Create> =
        edm::Navigation::new("Tasks");
    const INPUTS: edm::Navigation<Job, edm::Many<Job>, edm::access::Create> =
        edm::Navigation::new("Inputs");
    // Any entity type will do: the body is written by the table.
    type Job = crate::model::Being;
    type Task = crate::model::Being;

    let input = edm::EntityPath::new("Jobs('nb%3A1')");
    let insert = Insert::<Job>::new()
        .set(NAME, "first")
        .set(SIZE, 5_000_000_000_i64)
        .clear(NAME)
        .bind(INPUTS, &input)
        .bind(INPUTS, &input)
        .with(TASKS, Insert::new().set(BODY, "<taskBody/>"));
    let mut sent = insert.into_draft();
    assert_eq!(sent.get("Name"), Some(&Value::Null));
    for format in [Format::Light, Format::Verbose] {
        let body = Dialect::new(format, Version::V3).draft(&sent, &JOB, "http://h/api/");
        let body: Json = serde_json::from_str(&body).unwrap();
        let read = json::read_draft(&body, &JOB).unwrap();
        for urls in sent.bindings.iter_mut().map(|binding| &mut binding.urls) {
            *urls = vec!["http://h/api/Jobs('nb%3A1')".to_owned(); 2];
        }
        assert_eq!(read, sent, "{format:?}");
    }
    let empty = Update::<Job>::new().into_draft();
    assert_eq!(Dialect::new(Format::Light, Version::V3).draft(&empty, &JOB, ""), "{}");
}

#[test]
fn forms_of_real_clients_are_read() {
    let body = json!({
        "Name": "NewTestJob",
        "Size": "12",
        "InputMediaAssets@odata.context": "ignored",
        "Inputs": [{ "__metadata": { "uri": "https://host/api/Jobs('nb%3A1')" } }],
        "Tasks": { "results": [{ "Body": "<taskBody/>" }] },
        "Notes": { "results": [] },
    });
    let draft = json::read_draft(&body, &JOB).unwrap();
    assert_eq!(draft.bindings[0].urls, ["https://host/api/Jobs('nb%3A1')"]);
    assert_eq!(draft.inline[0].entities[0].get("Body").unwrap().as_str(), Some("<taskBody/>"));
}

#[test]
fn mistakes_name_the_place() {
    let problem = |body: Json| json::read_draft(&body, &JOB).unwrap_err().to_string();
    assert_eq!(problem(json!({ "Size": true })), "Size: expected Edm.Int64, found true");
    assert_eq!(
        problem(json!({ "Notes": [{ "Weight": "x" }] })),
        "Notes[0].Weight: expected Edm.Int64, found \"x\""
    );
    assert!(problem(json!({ "Nope": 1 })).contains("'Nope' does not exist on type 'Demo.Job'"));
    assert!(problem(json!({ "Tasks": [{ "X": 1 }] })).starts_with("Tasks[0]: "));
    assert_eq!(problem(json!([])), "expected a JSON object");
    let mut deep = json!({});
    for _ in 0..100 {
        deep = json!({ "Inputs": [deep] });
    }
    assert!(problem(deep).ends_with("nested deeper than 8 levels"));
}

#[test]
fn parameters_are_read_in_any_case() {
    static PARAMETERS: &[Parameter] = &[
        Parameter { name: "scaleUnits", ty: Type::Primitive(Primitive::Int32), nullable: false },
        Parameter { name: "name", ty: STRING, nullable: true },
    ];
    let read = json::read_parameters(&json!({ "ScaleUnits": "2" }), PARAMETERS).unwrap();
    assert_eq!(read, [("scaleUnits", Value::Integer(2)), ("name", Value::Null)]);
    let sent = Dialect::new(Format::Light, Version::V3).parameters(&read, PARAMETERS);
    assert_eq!(sent, r#"{"scaleUnits":2,"name":null}"#);
    assert!(json::read_parameters(&json!({ "x": 1 }), PARAMETERS).is_err());
}
