//! What a client reads and writes.

use edm::atom::{Body, Layout, property, uri};
use edm::json::{Entities, PayloadErrorKind, Raw};
use edm::model::{Primitive, Type};
use edm::{Binding, DateTime, Draft, EntityType as _, Extra, Inline, Many, Navigation, One, Value};
use serde_json::json;

use crate::model::{JOB, Job, NOTE, TASK, TEXT, Task, of};
use crate::xml::properties;

const TASKS: Navigation<Job, Many<Task>> = Navigation::new("Tasks");
const WHOLE: Navigation<Task, One<Job>> = Navigation::new("Job");

const NAMES: &str = "xmlns='http://www.w3.org/2005/Atom' \
    xmlns:d='http://schemas.microsoft.com/ado/2007/08/dataservices' \
    xmlns:m='http://schemas.microsoft.com/ado/2007/08/dataservices/metadata'";
const RELATED: &str = "http://schemas.microsoft.com/ado/2007/08/dataservices/related";

fn job(text: &str) -> Job {
    let mut job = Job::default();
    Body::new(text).entity(&mut job).unwrap();
    job
}

#[test]
fn control_information_is_kept() {
    let text = format!(
        "<entry {NAMES} m:etag='W/&quot;1&quot;'><id>http://h/Jobs('1')</id>
         <category term='Demo.Special' scheme='x'/><link rel='edit' href=\"Jobs('1')\"/>
         <link rel='{RELATED}/Tasks' href=\"Jobs('1')/Tasks\"/>
         <link rel='{RELATED}links/Tasks' href=\"Jobs('1')/$links/Tasks\"/>
         <link rel='edit-media' href='m' m:etag='e'/>
         <link rel='http://schemas.microsoft.com/ado/2007/08/dataservices/mediaresource/Thumb'
           type='image/png' href='t'/>
         <link rel='http://schemas.microsoft.com/ado/2007/08/dataservices/edit-media/Thumb'
           type='image/png' href='et' m:etag='te'/>
         <title>a title</title><summary/><updated>2014-01-01T00:00:00Z</updated>
         <author><name>someone</name></author>
         <m:action metadata='http://h/$metadata#C.Publish' title='Publish' target='http://h/p'/>
         <content type='image/gif' src='r'/>
         <m:properties><d:Id>1</d:Id></m:properties></entry>"
    );
    let job = job(&text);
    assert_eq!(job.record.text("Id"), "1");
    let payload = job.extra.payload().unwrap();
    assert_eq!(payload.type_name.as_deref(), Some("Demo.Special"));
    assert_eq!(payload.id.as_deref(), Some("http://h/Jobs('1')"));
    assert_eq!(payload.etag.as_deref(), Some("W/\"1\""));
    assert_eq!(payload.edit_link.as_deref(), Some("Jobs('1')"));
    let said: Vec<_> =
        payload.annotations.iter().map(|(name, raw)| (name.as_str(), raw.to_json())).collect();
    assert_eq!(
        said,
        [
            ("Tasks@odata.navigationLinkUrl", json!("Jobs('1')/Tasks")),
            ("Tasks@odata.associationLinkUrl", json!("Jobs('1')/$links/Tasks")),
            ("odata.mediaEditLink", json!("m")),
            ("odata.mediaETag", json!("e")),
            ("Thumb@odata.mediaReadLink", json!("t")),
            ("Thumb@odata.mediaContentType", json!("image/png")),
            ("Thumb@odata.mediaEditLink", json!("et")),
            ("Thumb@odata.mediaETag", json!("te")),
            ("@atom.title", json!("a title")),
            ("@atom.updated", json!("2014-01-01T00:00:00Z")),
            ("@atom.author", json!("someone")),
            ("#C.Publish", json!({ "title": "Publish", "target": "http://h/p" })),
            ("odata.mediaReadLink", json!("r")),
            ("odata.mediaContentType", json!("image/gif")),
        ]
    );
}

const UNDECLARED: &str = "<d:Text>a</d:Text><d:Empty/><d:Nothing m:null='true'/>
    <d:Whole m:type='Edm.Int32'>7</d:Whole><d:Long m:type='Edm.Int64'>9007199254740993</d:Long>
    <d:When m:type='Edm.DateTime'>2014-01-02T03:04:05</d:When>
    <d:Yes m:type='Edm.Boolean'>true</d:Yes><d:Half m:type='Edm.Double'>0.5</d:Half>
    <d:Part m:type='Demo.Part'><d:Size m:type='Edm.Int64'>1</d:Size></d:Part>
    <d:Bare><d:A>1</d:A></d:Bare>
    <d:List m:type='Collection(Edm.Int32)'><d:element>1</d:element></d:List>
    <d:Spot m:type='Edm.GeographyPoint'><g:Point xmlns:g='http://www.opengis.net/gml'>
      <g:pos>47.5 -122.25</g:pos></g:Point></d:Spot>";

#[test]
fn what_the_type_does_not_have_is_kept_and_sent_back() {
    let job = job(&properties(UNDECLARED));
    let get = |name: &str| job.extra.get(name);
    assert_eq!(get("Text"), Some(json!("a")));
    assert_eq!(get("Empty"), Some(json!("")));
    assert_eq!(get("Nothing"), Some(json!(null)));
    assert_eq!(get("Whole"), Some(json!(7)));
    assert_eq!(get("Yes"), Some(json!(true)));
    assert_eq!(get("Half"), Some(json!(0.5)));
    assert_eq!(
        get("Part"),
        Some(json!({
            "odata.type": "Demo.Part", "Size@odata.type": "Edm.Int64", "Size": "1",
        }))
    );
    assert_eq!(get("Bare"), Some(json!({ "A": "1" })));
    assert_eq!(get("List"), Some(json!([1])));
    assert_eq!(get("Spot").unwrap()["coordinates"], json!([-122.25, 47.5]));
    assert_eq!(job.extra.dynamic::<i64>("Long").unwrap(), Some(9_007_199_254_740_993));
    let when = DateTime::parse("2014-01-02T03:04:05").unwrap();
    assert_eq!(job.extra.dynamic::<DateTime>("When").unwrap(), Some(when));

    let draft = Draft { members: edm::to_members(&job), ..Draft::default() };
    let again = self::job(&layout().draft(&draft, &JOB));
    let members = |job: &Job| job.extra.payload().unwrap().members.clone();
    assert_eq!(members(&again), members(&job));
}

#[test]
fn expanded_entities_are_read() {
    let entry = |id: &str| {
        format!(
            "<entry><content type='application/xml'><m:properties>\
        <d:Id>{id}</d:Id><d:Body>b</d:Body></m:properties></content></entry>"
        )
    };
    let job = job(&format!(
        "<entry {NAMES}><link rel='{RELATED}/Tasks' href='x'><m:inline><feed><m:count>9</m:count>{}{}\
         <link rel='next' href='n'/></feed></m:inline></link></entry>",
        entry("1"),
        entry("2"),
    ));
    let tasks = job.extra.many(TASKS).unwrap().unwrap();
    assert_eq!(tasks.iter().map(|task| task.record.text("Id")).collect::<Vec<_>>(), ["1", "2"]);
    let said = |name: &str| job.extra.annotation(name).and_then(Raw::to_text);
    assert_eq!(said("Tasks@odata.count").as_deref(), Some("9"));
    assert_eq!(said("Tasks@odata.nextLink").as_deref(), Some("n"));

    let task = |inline: &str| {
        let mut task = Task::default();
        let text = format!(
            "<entry {NAMES}><link rel='{RELATED}/Job' href='x'><m:inline>{inline}</m:inline></link>\
             </entry>"
        );
        Body::new(&text).entity(&mut task).unwrap();
        task.extra.one(WHOLE).unwrap()
    };
    let whole = task(&properties("<d:Id>j</d:Id><d:Size m:type='Edm.Int64'>5</d:Size>"));
    assert_eq!(whole.unwrap().record.value("Size"), &Value::Integer(5));
    assert!(task("").is_none());
}

#[test]
fn values_links_and_service_documents_are_read() {
    let value = |text: &str, ty: &Type| Body::new(text).value(ty);
    let long = of(Primitive::Int64);
    assert_eq!(value("<Size>7</Size>", &long).unwrap(), Value::Integer(7));
    assert_eq!(value(&format!("<Size {NAMES} m:null='true'/>"), &long).unwrap(), Value::Null);
    let list = "<x><element>a</element><element/></x>";
    let texts = Value::Collection(vec!["a".into(), "".into()]);
    assert_eq!(value(list, &Type::Collection(&TEXT)).unwrap(), texts);
    let notes = format!(
        "<feed {NAMES}><entry><content type='application/xml'><m:properties>\
        <d:Text>n</d:Text></m:properties></content></entry></feed>"
    );
    let note = Value::Complex(vec![("Text".into(), "n".into())]);
    let ty = Type::Entity(&NOTE);
    // A table that lives as long as the type of an operation does.
    let many = Type::Collection(Box::leak(Box::new(ty)));
    assert_eq!(value(&notes, &many).unwrap(), Value::Collection(vec![note]));
    assert!(value(&notes, &long).is_err());

    let links = |text: &str| Body::new(text).links().unwrap();
    assert_eq!(links("<uri>a</uri>").0, ["a"]);
    let (urls, info) = links(
        "<links><m:count xmlns:m='m'>2</m:count><uri>a</uri><uri>b</uri><next>n</next></links>",
    );
    assert_eq!(
        (urls, info.count, info.next.as_deref()),
        (vec!["a".into(), "b".into()], Some(2), Some("n"))
    );

    let document = "<service xmlns='http://www.w3.org/2007/app' xmlns:a='http://www.w3.org/2005/Atom'>\
        <workspace><a:title>Default</a:title><collection href='jobs'><a:title>Jobs</a:title></collection>\
        <collection href='Tasks'/></workspace></service>";
    let resources = Body::new(document).resources().unwrap();
    let names: Vec<_> = resources.iter().map(|r| (r.name.as_str(), r.url.as_str())).collect();
    assert_eq!(names, [("Jobs", "jobs"), ("Tasks", "Tasks")]);
}

#[test]
fn errors_of_the_service_are_found() {
    let error = "<m:error xmlns:m='http://schemas.microsoft.com/ado/2007/08/dataservices/metadata'>\
        <m:code>c</m:code><m:message xml:lang='en-US'>no &amp; no</m:message></m:error>";
    let found = |kind: PayloadErrorKind| match kind {
        PayloadErrorKind::Service(error) => (error.code, error.message),
        other => panic!("{other:?}"),
    };
    let expected = ("c".to_owned(), "no & no".to_owned());
    let body = Body::new(error);
    assert_eq!(found(body.entity(&mut Job::default()).unwrap_err().kind), expected);
    assert_eq!(found(body.value(&TEXT).unwrap_err().kind), expected);
    assert_eq!(found(body.links().unwrap_err().kind), expected);
    assert_eq!(found(body.resources().unwrap_err().kind), expected);
    // Behind the start of a page, which may be cut there.
    for text in [
        format!("<feed {NAMES}><entry/>{error}</feed>"),
        format!("<feed {NAMES}><entry><content>{error}"),
    ] {
        let mut page = Entities::<Job>::default();
        assert_eq!(found(Body::new(&text).page(&mut page).unwrap_err().kind), expected, "{text}");
    }
    let json = r#"{"error":{"code":"c","message":{"lang":"en-US","value":"no & no"}}}"#;
    assert_eq!(found(Body::new(json).entity(&mut Job::default()).unwrap_err().kind), expected);
    let mut page = Entities::<Job>::default();
    let text = format!("<feed {NAMES}>{}</feed>", properties("<d:Size>x</d:Size>"));
    let problem = Body::new(&text).page(&mut page).unwrap_err().to_string();
    assert_eq!(problem, "[0].Size: expected Edm.Int64, found \"x\"");
    assert!(!Body::new("").nullable_entity(&mut Job::default()).unwrap());
}

fn layout() -> Layout<'static> {
    Layout { root: "http://h/api/", updated: DateTime::parse("2015-01-18T22:06:41.5Z").unwrap() }
}

#[test]
fn bodies_have_the_shape_of_microsofts_client() {
    let task = Draft { members: vec![("Body".into(), "b".into())], ..Draft::default() };
    let draft = Draft {
        members: vec![("Name".into(), Value::Null), ("Size".into(), Value::Integer(1))],
        bindings: vec![Binding {
            navigation: "Inputs".into(),
            many: true,
            urls: vec!["http://h/api/Jobs('1')".to_owned(), "http://other/Jobs('2')".to_owned()],
        }],
        inline: vec![Inline { navigation: "Tasks".into(), many: true, entities: vec![task] }],
        ..Draft::default()
    };
    let mut relative = draft.clone();
    relative.bindings[0].urls[0] = "Jobs('1')".to_owned();
    let body = layout().draft(&relative, Job::TYPE);
    insta::assert_snapshot!(body.replace("><", ">\n<"), @r##"
    <?xml version="1.0" encoding="utf-8"?>
    <entry xmlns="http://www.w3.org/2005/Atom" xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">
    <category term="Demo.Job" scheme="http://schemas.microsoft.com/ado/2007/08/dataservices/scheme" />
    <link rel="http://schemas.microsoft.com/ado/2007/08/dataservices/related/Inputs" type="application/atom+xml;type=feed" title="Inputs" href="http://h/api/Jobs('1')" />
    <link rel="http://schemas.microsoft.com/ado/2007/08/dataservices/related/Inputs" type="application/atom+xml;type=feed" title="Inputs" href="http://other/Jobs('2')" />
    <link rel="http://schemas.microsoft.com/ado/2007/08/dataservices/related/Tasks" type="application/atom+xml;type=feed" title="Tasks">
    <m:inline>
    <feed>
    <entry>
    <category term="Demo.Task" scheme="http://schemas.microsoft.com/ado/2007/08/dataservices/scheme" />
    <id />
    <title />
    <updated>2015-01-18T22:06:41Z</updated>
    <author>
    <name />
    </author>
    <content type="application/xml">
    <m:properties>
    <d:Body>b</d:Body>
    </m:properties>
    </content>
    </entry>
    </feed>
    </m:inline>
    </link>
    <id />
    <title />
    <updated>2015-01-18T22:06:41Z</updated>
    <author>
    <name />
    </author>
    <content type="application/xml">
    <m:properties>
    <d:Name m:null="true" />
    <d:Size m:type="Edm.Int64">1</d:Size>
    </m:properties>
    </content>
    </entry>
    "##);
    assert_eq!(edm::atom::read_draft(body.as_bytes(), &JOB).unwrap(), draft);
    assert!(!edm::atom::needs_v3(&draft));
    let notes = Value::Collection(Vec::new());
    let member = Draft { members: vec![("Notes".into(), notes)], ..Draft::default() };
    assert!(edm::atom::needs_v3(&member));
    insta::assert_snapshot!(
        format!("{}\n{}", property("Size", &Value::Integer(7), &of(Primitive::Int64)), uri("http://h/x?a&b")),
        @r##"
    <?xml version="1.0" encoding="utf-8"?><d:Size xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata" xmlns:georss="http://www.georss.org/georss" xmlns:gml="http://www.opengis.net/gml" m:type="Edm.Int64">7</d:Size>
    <?xml version="1.0" encoding="utf-8"?><uri xmlns="http://schemas.microsoft.com/ado/2007/08/dataservices">http://h/x?a&amp;b</uri>
    "##
    );
}

#[test]
fn what_no_element_can_be_called_is_left_out() {
    let members = ["a b", "<x/>", "", "1", "x:y"].map(|name| (name.into(), Value::Null));
    let draft = Draft { members: members.into(), ..Draft::default() };
    assert!(layout().draft(&draft, &JOB).contains("<m:properties></m:properties>"));
}

#[test]
fn shapes_keep_their_form() {
    let point = json!([1.5, 2.0]);
    let ring = json!([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 0.0]]);
    let crs = json!({ "type": "name", "properties": { "name": "EPSG:4326" } });
    for (kind, coordinates) in [
        ("Point", point.clone()),
        ("Point", json!([])),
        ("LineString", ring.clone()),
        ("Polygon", json!([ring, ring])),
        ("MultiPoint", json!([point, point])),
        ("MultiLineString", json!([ring])),
        ("MultiPolygon", json!([[ring], [ring, ring]])),
    ] {
        for primitive in [Primitive::Geography, Primitive::Geometry] {
            let system = if primitive == Primitive::Geography { 4326 } else { 31468 };
            let crs = json!({ "type": "name", "properties": { "name": format!("EPSG:{system}") } });
            let shape = json!({ "type": kind, "coordinates": coordinates, "crs": crs });
            round_trip(shape, primitive);
        }
    }
    let inner = json!({ "type": "GeometryCollection", "geometries": [] });
    let place = json!({ "type": "Point", "coordinates": [3.0, 4.0] });
    let all = json!({ "type": "GeometryCollection", "geometries": [place, inner], "crs": crs });
    round_trip(all, Primitive::GeographyCollection);
}

fn round_trip(shape: serde_json::Value, primitive: Primitive) {
    let value = Value::Json(Box::new(shape));
    let text = property("Spot", &value, &of(primitive));
    assert_eq!(Body::new(&text).value(&of(primitive)).unwrap(), value, "{text}");
}

#[test]
fn shapes_that_are_none_are_refused() {
    let spot = |inside: &str| {
        let text = format!("<Spot xmlns:g='http://www.opengis.net/gml'>{inside}</Spot>");
        Body::new(&text).value(&of(Primitive::GeographyPoint))
    };
    assert!(spot("<g:Point><g:pos>1 2</g:pos></g:Point>").is_ok());
    for broken in [
        "",
        "<g:Square/>",
        "<g:Point><g:pos>1</g:pos></g:Point>",
        "<g:Point><g:pos>a b</g:pos></g:Point>",
        "<g:Point><g:pos>1 INF</g:pos></g:Point>",
    ] {
        assert!(spot(broken).is_err(), "{broken}");
    }
    let open = "<g:MultiGeometry><g:geometryMembers>".repeat(17);
    let close = "</g:geometryMembers></g:MultiGeometry>".repeat(17);
    assert!(spot(&format!("{open}{close}")).unwrap_err().to_string().contains("nested deeper"));
}

#[test]
fn extras_are_absent_where_nothing_keeps_them() {
    let mut record = edm::Record::new(&TASK);
    let text = properties("<d:Id>1</d:Id><d:Other>2</d:Other>");
    Body::new(&text).entity(&mut record).unwrap();
    assert_eq!(record.text("Id"), "1");
    assert!(edm::Structured::extra(&record).and_then(Extra::payload).is_none());
}
