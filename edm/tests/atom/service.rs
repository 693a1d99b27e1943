//! What a service reads and writes.

use edm::atom::{Body, Layout, Writer, read_draft, read_property, read_uri};
use edm::json::{DateStyle, Entities};
use edm::model::Type;
use edm::{DateTime, Draft, Record, Structured, Value};

use crate::model::{JOB, Job, MODEL, NOTE, TASK, TEXT};
use crate::xml::{entry, properties};

const RELATED: &str = "http://schemas.microsoft.com/ado/2007/08/dataservices/related/";

fn read(text: &str) -> Draft {
    read_draft(text.as_bytes(), &JOB).unwrap()
}

fn refused(text: &str) -> String {
    read_draft(text.as_bytes(), &JOB).unwrap_err().to_string()
}

#[test]
fn properties_are_read_as_clients_write_them() {
    let draft = read(&properties(
        "<d:Id m:null='true'/><d:Name></d:Name>
         <d:Created m:type='Edm.DateTime'>2015-01-18T22:06:40.6010903Z</d:Created>
         <d:Size m:type='Edm.Int64'> 12 </d:Size><d:Minutes>INF</d:Minutes><d:Done>1</d:Done>
         <d:Notes><d:element><d:Text>a &lt;b&gt; &#x26; <![CDATA[<c>]]></d:Text></d:element>
           <d:element m:null='true'/></d:Notes>
         <d:Tags/><d:First><d:Weight>-9223372036854775808</d:Weight></d:First>",
    ));
    let note = Value::Complex(vec![("Text".into(), "a <b> & <c>".into())]);
    let first = Value::Complex(vec![("Weight".into(), Value::Integer(i64::MIN))]);
    let time = DateTime::parse("2015-01-18T22:06:40.6010903Z").unwrap();
    assert_eq!(
        draft.members,
        [
            ("Id".into(), Value::Null),
            ("Name".into(), "".into()),
            ("Created".into(), time.into()),
            ("Size".into(), Value::Integer(12)),
            ("Minutes".into(), Value::Double(f64::INFINITY)),
            ("Done".into(), Value::Boolean(true)),
            ("Notes".into(), Value::Collection(vec![note, Value::Null])),
            ("Tags".into(), Value::Collection(Vec::new())),
            ("First".into(), first),
        ]
    );
}

#[test]
fn prefixes_encodings_and_comments_do_not_matter() {
    let text = "<?xml version=\"1.0\" encoding=\"utf-16\"?><!-- a --><ns2:entry \
        xmlns:ns2='http://www.w3.org/2005/Atom' \
        xmlns:ns3='http://schemas.microsoft.com/ado/2007/08/dataservices' \
        xmlns:ns4='http://schemas.microsoft.com/ado/2007/08/dataservices/metadata'>\
        <ns2:content type='application/xml'><?pi x?><ns4:properties><!-- b -->\
        <ns3:Name>\u{e4}<!-- c -->\u{1f600}</ns3:Name><ns3:Done>false</ns3:Done>\
        </ns4:properties></ns2:content></ns2:entry><!-- d -->\r\n";
    let expected = read(&properties("<d:Name>\u{e4}\u{1f600}</d:Name><d:Done>false</d:Done>"));
    assert_eq!(read(text), expected);
    assert_eq!(read(&format!("\u{feff}{text}")), expected);
    let wide: Vec<u8> =
        format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read_draft(&wide, &JOB).unwrap(), expected);
    let wide: Vec<u8> =
        format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(read_draft(&wide, &JOB).unwrap(), expected);
}

#[test]
fn properties_of_media_stand_beside_the_content() {
    let text = entry("<content src='x'/><m:properties><d:Name>a</d:Name></m:properties>");
    assert_eq!(read(&text).get("Name"), Some(&"a".into()));
    assert_eq!(read(&entry("<id/><title/><content type='application/xml'/>")), Draft::default());
}

#[test]
fn links_bind_wherever_they_stand() {
    let link = |name: &str, rest: &str| format!("<link rel='{RELATED}{name}' {rest}/>");
    let draft = read(&entry(&format!(
        "<link rel='edit' href='Jobs(1)'/>{}<content type='application/xml'><m:properties>\
         <d:Name>a</d:Name></m:properties></content>{}{}{}",
        link("Inputs", "type='application/atom+xml;type=feed' title='InputAssets' href='Jobs(2)'"),
        link(
            "Inputs",
            "type='application/atom+xml;type=entry' href='http://h/api//Jobs(&apos;a:b&apos;)'"
        ),
        // What an entry has that was read, and is sent back.
        link("Tasks", "href=\"Jobs('1')/Tasks\""),
        link("Tasks", "href=\"Tasks('3')\""),
    )));
    let bound: Vec<_> = draft.bindings.iter().map(|b| (&*b.navigation, b.many, &b.urls)).collect();
    let inputs = vec!["Jobs(2)".to_owned(), "http://h/api//Jobs('a:b')".to_owned()];
    assert_eq!(bound, [("Inputs", true, &inputs), ("Tasks", true, &vec!["Tasks('3')".to_owned()])]);
    assert!(refused(&entry(&link("Nope", "href='x'"))).contains("'Nope' does not exist"));
    assert!(refused(&entry(&link("Tasks", ""))).contains("Tasks: a link needs a URL"));
}

#[test]
fn entities_come_along() {
    let task = |body: &str| {
        format!(
            "<entry><content type='application/xml'><m:properties><d:Body>{body}</d:Body>\
             </m:properties></content></entry>"
        )
    };
    let draft = read(&entry(&format!(
        "<link rel='{RELATED}Tasks' href='x'><m:inline><feed><title/>{}{}</feed></m:inline></link>\
         <link rel='{RELATED}Inputs'><m:inline/></link>",
        task("a"),
        task("b"),
    )));
    let [tasks] = &draft.inline[..] else { panic!("{draft:?}") };
    assert!(tasks.many && tasks.navigation == "Tasks");
    let bodies: Vec<_> = tasks.entities.iter().map(|e| e.get("Body").unwrap().as_str()).collect();
    assert_eq!(bodies, [Some("a"), Some("b")]);
    let inner = format!(
        "<link rel='{RELATED}Tasks'><m:inline>{}</m:inline></link>",
        task("").replace("<d:Body>", "<d:Bodi>").replace("</d:Body>", "</d:Bodi>")
    );
    let problem = refused(&entry(&inner));
    assert!(problem.starts_with("Tasks[0]: The property 'Bodi' does not exist"), "{problem}");
}

#[test]
fn what_is_not_of_the_type_is_refused() {
    for (properties_, problem) in [
        ("<d:Nope>1</d:Nope>", "The property 'Nope' does not exist on type 'Demo.Job'"),
        ("<d:First><d:Nope/></d:First>", "First: The property 'Nope' does not exist"),
        ("<d:Size>1.0</d:Size>", "Size: expected Edm.Int64, found \"1.0\""),
        ("<d:Done>2</d:Done>", "Done: expected Edm.Boolean"),
        ("<d:Name><d:x/></d:Name>", "Name: expected Edm.String, found the element 'x'"),
        ("<d:Created>yesterday</d:Created>", "Created: expected Edm.DateTime"),
        ("<d:Notes>text</d:Notes>", "Notes: expected a collection"),
        ("<d:Notes><d:item/></d:Notes>", "Notes: expected elements of a collection"),
        ("<d:Notes m:null='true'/>", "Notes: a collection cannot be null"),
        ("<d:First>text</d:First>", "First: expected Note"),
    ] {
        let error = refused(&properties(properties_));
        assert!(error.starts_with(problem), "{properties_}: {error}");
    }
}

#[test]
fn links_and_properties_of_their_own_are_read() {
    let uri = "<uri xmlns='http://schemas.microsoft.com/ado/2007/08/dataservices'> http://h/Jobs(1)\n</uri>";
    assert_eq!(read_uri(uri.as_bytes()).unwrap(), "http://h/Jobs(1)");
    assert_eq!(read_uri(b"<uri>x</uri>").unwrap(), "x");
    for broken in ["<uri/>", "<url>x</url>", "x", "<uri>x<b/></uri>", "{\"uri\":\"x\"}"] {
        assert!(read_uri(broken.as_bytes()).is_err(), "{broken}");
    }
    let (_, row) = JOB.property("Size").unwrap();
    let value = |text: &str| read_property(text.as_bytes(), row);
    assert_eq!(value("<Size>7</Size>").unwrap(), Value::Integer(7));
    assert!(value("<Sise>7</Sise>").is_err() && value("<Size>x</Size>").is_err());
}

fn job() -> Record {
    let mut job = Record::new(&JOB);
    job.put("Id", "nb:jid:1");
    job.put("Created", DateTime::parse("2015-01-18T22:06:40.6010903Z").unwrap());
    job.put("Minutes", 720.0);
    let note = Value::Complex(vec![
        ("Text".into(), "a & \"b\"".into()),
        ("Weight".into(), Value::Integer(7)),
    ]);
    job.put("Notes", Value::Collection(vec![note]));
    job
}

const ROOT: &str = "https://host/api/";

fn writer(dates: DateStyle) -> Writer<'static> {
    let updated = DateTime::parse("2015-01-18T22:06:41.5Z").unwrap();
    Writer { model: &MODEL, root: ROOT, dates, updated }
}

#[test]
fn entries_have_the_shape_of_the_original_service() {
    let entry = writer(DateStyle::Exact).entity(&job(), "Jobs('nb%3Ajid%3A1')", &[]);
    insta::assert_snapshot!(entry.replace("><", ">\n<"), @r##"
    <?xml version="1.0" encoding="utf-8"?>
    <entry xml:base="https://host/api/" xmlns="http://www.w3.org/2005/Atom" xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata" xmlns:georss="http://www.georss.org/georss" xmlns:gml="http://www.opengis.net/gml">
    <id>https://host/api/Jobs('nb%3Ajid%3A1')</id>
    <category term="Demo.Job" scheme="http://schemas.microsoft.com/ado/2007/08/dataservices/scheme" />
    <link rel="edit" title="Job" href="Jobs('nb%3Ajid%3A1')" />
    <link rel="http://schemas.microsoft.com/ado/2007/08/dataservices/related/Tasks" type="application/atom+xml;type=feed" title="Tasks" href="Jobs('nb%3Ajid%3A1')/Tasks" />
    <link rel="http://schemas.microsoft.com/ado/2007/08/dataservices/related/Inputs" type="application/atom+xml;type=feed" title="Inputs" href="Jobs('nb%3Ajid%3A1')/Inputs" />
    <title />
    <updated>2015-01-18T22:06:41Z</updated>
    <author>
    <name />
    </author>
    <m:action metadata="https://host/api/$metadata#Service.Publish" title="Publish" target="https://host/api/Jobs('nb%3Ajid%3A1')/Publish" />
    <content type="application/xml">
    <m:properties>
    <d:Id>nb:jid:1</d:Id>
    <d:Name m:null="true" />
    <d:Created m:type="Edm.DateTime">2015-01-18T22:06:40.6010903Z</d:Created>
    <d:Size m:type="Edm.Int64">0</d:Size>
    <d:Minutes m:type="Edm.Double">720</d:Minutes>
    <d:Done m:type="Edm.Boolean">false</d:Done>
    <d:Notes m:type="Collection(Demo.Note)">
    <d:element>
    <d:Text>a &amp; "b"</d:Text>
    <d:Weight m:type="Edm.Int64">7</d:Weight>
    </d:element>
    </d:Notes>
    <d:Tags m:type="Collection(Edm.String)" />
    <d:First m:type="Demo.Note" m:null="true" />
    </m:properties>
    </content>
    </entry>
    "##);
}

#[test]
fn selected_properties_are_all_there_is() {
    let select = ["Size".to_owned(), "Tasks".to_owned()];
    let entry = writer(DateStyle::Stored).entity(&job(), "Jobs('1')", &select);
    assert!(entry.contains("<m:properties><d:Size m:type=\"Edm.Int64\">0</d:Size></m:properties>"));
    assert!(entry.contains("related/Tasks\"") && !entry.contains("related/Inputs"));
    assert!(!entry.contains("m:action"));
}

#[test]
fn feeds_have_the_shape_of_the_original_service() {
    let writer = writer(DateStyle::Stored);
    let mut task = Record::new(&TASK);
    task.put("Id", "1");
    let entry = writer.entry(&task, "Tasks('1')", &[]);
    let next = Some("Tasks?$skiptoken='1'&$top=5");
    let feed = writer.feed(vec![entry], &TASK, "Jobs('1')/Tasks", Some(3), next);
    insta::assert_snapshot!(feed.replace("><", ">\n<"), @r##"
    <?xml version="1.0" encoding="utf-8"?>
    <feed xml:base="https://host/api/" xmlns="http://www.w3.org/2005/Atom" xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">
    <m:count>3</m:count>
    <id>https://host/api/Jobs('1')/Tasks</id>
    <title type="text">Tasks</title>
    <updated>2015-01-18T22:06:41Z</updated>
    <link rel="self" title="Tasks" href="Jobs('1')/Tasks" />
    <entry>
    <id>https://host/api/Tasks('1')</id>
    <category term="Demo.Task" scheme="http://schemas.microsoft.com/ado/2007/08/dataservices/scheme" />
    <link rel="edit" title="Task" href="Tasks('1')" />
    <link rel="http://schemas.microsoft.com/ado/2007/08/dataservices/related/Job" type="application/atom+xml;type=entry" title="Job" href="Tasks('1')/Job" />
    <title />
    <updated>2015-01-18T22:06:41Z</updated>
    <author>
    <name />
    </author>
    <content type="application/xml">
    <m:properties>
    <d:Id>1</d:Id>
    <d:Body m:null="true" />
    </m:properties>
    </content>
    </entry>
    <link rel="next" href="https://host/api/Tasks?$skiptoken='1'&amp;$top=5" />
    </feed>
    "##);
    let empty = writer.feed(Vec::new(), &TASK, "Tasks", None, None);
    insta::assert_snapshot!(empty.replace("><", ">\n<"), @r##"
    <?xml version="1.0" encoding="utf-8"?>
    <feed xml:base="https://host/api/" xmlns="http://www.w3.org/2005/Atom" xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">
    <id>https://host/api/Tasks</id>
    <title type="text">Tasks</title>
    <updated>2015-01-18T22:06:41Z</updated>
    <link rel="self" title="Tasks" href="Tasks" />
    <author>
    <name />
    </author>
    </feed>
    "##);
    let mut page = Entities::<Job>::default();
    let info = Body::new(&feed).page(&mut page).unwrap();
    assert_eq!((page.items.len(), info.count), (1, Some(3)));
    assert_eq!(info.next.as_deref(), Some("https://host/api/Tasks?$skiptoken='1'&$top=5"));
}

#[test]
fn values_links_and_the_service_document_have_their_shapes() {
    let writer = writer(DateStyle::Stored);
    let value = |value: Value, ty: &Type| writer.value("X", &value, ty);
    let text = [
        value(Value::Integer(2), &Type::Primitive(edm::model::Primitive::Int32)),
        value("a".into(), &TEXT),
        value(" a\n".into(), &TEXT),
        value(Value::Null, &Type::Primitive(edm::model::Primitive::DateTime)),
        value(Value::Collection(vec!["a".into()]), &Type::Collection(&TEXT)),
        value(Value::Complex(vec![("Weight".into(), Value::Integer(1))]), &Type::Complex(&NOTE)),
        writer.links(&["Jobs('1')".to_owned(), "Jobs('2')".to_owned()], true),
        writer.links(&["Jobs('1')".to_owned()], false),
        writer.service_document(),
    ];
    insta::assert_snapshot!(text.join("\n").replace("<?xml version=\"1.0\" encoding=\"utf-8\"?>", ""), @r##"
    <d:X xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata" m:type="Edm.Int32">2</d:X>
    <d:X xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">a</d:X>
    <d:X xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata" xml:space="preserve"> a
    </d:X>
    <d:X xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata" m:type="Edm.DateTime" m:null="true" />
    <d:X xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata" xmlns:georss="http://www.georss.org/georss" xmlns:gml="http://www.opengis.net/gml" m:type="Collection(Edm.String)"><d:element>a</d:element></d:X>
    <d:X xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata" m:type="Demo.Note"><d:Weight m:type="Edm.Int64">1</d:Weight></d:X>
    <links xmlns="http://schemas.microsoft.com/ado/2007/08/dataservices"><uri>https://host/api/Jobs('1')</uri><uri>https://host/api/Jobs('2')</uri></links>
    <uri xmlns="http://schemas.microsoft.com/ado/2007/08/dataservices">https://host/api/Jobs('1')</uri>
    <service xml:base="https://host/api/" xmlns="http://www.w3.org/2007/app" xmlns:atom="http://www.w3.org/2005/Atom"><workspace><atom:title>Default</atom:title><collection href="Jobs"><atom:title>Jobs</atom:title></collection><collection href="Tasks"><atom:title>Tasks</atom:title></collection></workspace></service>
    "##);
}

#[test]
fn what_a_service_writes_it_reads() {
    let job = job();
    let text = writer(DateStyle::Exact).entity(&job, "Jobs('1')", &[]);
    let draft = read(&text);
    assert!(draft.bindings.is_empty() && draft.inline.is_empty());
    for (index, (name, value)) in draft.members.iter().enumerate() {
        assert_eq!((name.as_ref(), value), (JOB.properties[index].name, &job.get(index)));
    }
    let layout = Layout { root: ROOT, updated: DateTime::MIN };
    assert_eq!(read(&layout.draft(&draft, &JOB)), draft);
}
