//! Every entity type of the model, in every format that the service speaks: what one side writes
//! the other reads, to the last digit. The types come from the tables, so that one that is new in
//! the metadata is covered by being there.
#![allow(clippy::unwrap_used, missing_docs)]

use azure_media::v2_19::tables::MODEL;
use edm::model::{EntitySet, EnumType, Members, Primitive, StructuredType, Type};
use edm::version::Version;
use edm::{
    Binding, DateTime, DateTimeOffset, Decimal, Draft, Duration, Guid, Inline, Record, Structured,
    Value, atom, json,
};

const ROOT: &str = "https://host/api/";

/// Which value a property gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sample {
    Typical,
    Lowest,
    Highest,
    /// Null where there may be null, and nothing in collections.
    Absent,
}

const SAMPLES: [Sample; 4] = [Sample::Typical, Sample::Lowest, Sample::Highest, Sample::Absent];

impl Sample {
    /// One of three.
    fn of<T>(self, typical: T, lowest: T, highest: T) -> T {
        match self {
            Self::Typical => typical,
            Self::Lowest | Self::Absent => lowest,
            Self::Highest => highest,
        }
    }

    fn value(self, ty: &Type) -> Value {
        match ty {
            Type::Collection(_) if self == Self::Absent => Value::Collection(Vec::new()),
            Type::Collection(item) => {
                let all = [Self::Typical, Self::Lowest, Self::Highest];
                Value::Collection(all.map(|sample| sample.value(item)).into())
            }
            Type::Complex(ty) | Type::Entity(ty) => Value::Complex(self.members(ty)),
            Type::Enum(ty) => self.member(ty),
            Type::Id(id) => {
                let prefix = id.prefix.unwrap_or_default();
                let guid = "0cad1d97-4a7b-4a6c-8c3a-0a1b2c3d4e5f";
                Value::String(self.of(format!("{prefix}{guid}"), String::new(), "'&<\u{e9}".into()))
            }
            Type::Primitive(primitive) => self.primitive(*primitive),
        }
    }

    fn members(self, ty: &StructuredType) -> edm::Members {
        let value = |row: &edm::model::Property| match self {
            Self::Absent if row.nullable && !matches!(row.ty, Type::Collection(_)) => Value::Null,
            sample => sample.value(&row.ty),
        };
        ty.properties.iter().map(|row| (row.name.into(), value(row))).collect()
    }

    fn member(self, ty: &EnumType) -> Value {
        match ty.members {
            Members::Integer(members) => {
                let values = members.iter().map(|(_, value)| *value);
                let highest = values.clone().max().unwrap_or_default();
                let lowest = values.min().unwrap_or_default();
                // One that a later version of the service may bring.
                Value::Integer(self.of(lowest, highest, i32::MAX.into()))
            }
            Members::Text(members) => {
                let first = members.first().map_or("", |(_, text)| *text);
                Value::from(self.of(first, "", "of a later version"))
            }
        }
    }

    fn primitive(self, primitive: Primitive) -> Value {
        use Primitive as P;
        let integer = |lowest: i64, highest| Value::Integer(self.of(42, lowest, highest));
        match primitive {
            P::Boolean => Value::Boolean(self.of(true, false, true)),
            P::Byte => integer(0, u8::MAX.into()),
            P::SByte => integer(i8::MIN.into(), i8::MAX.into()),
            P::Int16 => integer(i16::MIN.into(), i16::MAX.into()),
            P::Int32 => integer(i32::MIN.into(), i32::MAX.into()),
            P::Int64 => integer(i64::MIN, i64::MAX),
            P::Double => Value::Double(self.of(440.0, f64::MIN, f64::INFINITY)),
            P::Single => Value::Double(self.of(0.5, -0.25, f64::INFINITY)),
            P::Decimal => {
                Value::Decimal(self.of("1.10".parse().unwrap(), Decimal::MIN, Decimal::MAX))
            }
            P::String => Value::from(self.of(
                "a film",
                "",
                " <a> & \"b\" ']]>\r\n\t\u{1}\u{7f}\u{85}\u{e9}\u{65e5}\u{1f600} ",
            )),
            P::Binary => Value::Binary(self.of(b"bytes".to_vec(), Vec::new(), (0..=255).collect())),
            P::Guid => Value::Guid(self.of(
                "61318ce3-1a2b-3c4d-5e6f-708192a3b4c5".parse().unwrap(),
                Guid::nil(),
                Guid::max(),
            )),
            P::DateTime => Value::DateTime(self.of(
                DateTime::parse("2015-01-18T22:06:40.6010903Z").unwrap(),
                DateTime::MIN,
                DateTime::MAX,
            )),
            P::DateTimeOffset => Value::DateTimeOffset(self.of(
                DateTimeOffset::parse("2015-01-18T22:06:40.601+05:30").unwrap(),
                DateTimeOffset::from_utc(DateTime::MIN),
                DateTimeOffset::from_utc(DateTime::MAX),
            )),
            P::Time | P::Duration => Value::Duration(self.of(
                Duration::parse("PT1H30M15.25S").unwrap(),
                Duration::from_ticks(i64::MIN),
                Duration::from_ticks(i64::MAX),
            )),
            other => panic!("there is no sample of {}", other.name()),
        }
    }

    fn record(self, ty: &'static StructuredType) -> Record {
        let mut record = Record::new(ty);
        for (name, value) in self.members(ty) {
            assert!(record.put(&name, value));
        }
        record
    }
}

/// Each type with each sample. The types that no set holds are there, too.
fn each(mut check: impl FnMut(&Record, &str)) {
    assert!(MODEL.entity_types.len() > 20);
    for ty in MODEL.entity_types {
        for sample in SAMPLES {
            check(&sample.record(ty), &format!("{} {sample:?}", ty.name));
        }
    }
}

fn same(read: &Record, written: &Record, at: &str) {
    for (index, row) in written.structured_type().properties.iter().enumerate() {
        assert_eq!(read.get(index), written.get(index), "{at}: {}", row.name);
    }
}

/// The set of a type. No set has to hold it for it to be printed as of one.
fn set_of(ty: &'static StructuredType) -> EntitySet {
    let name = MODEL.set_of(ty).map_or(ty.name, |set| set.name);
    EntitySet { name, entity_type: ty, allow: edm::model::Allow::ALL, since: None }
}

#[test]
fn clients_read_what_services_write_in_json() {
    use json::{DateStyle, Layout, Metadata};
    each(|record, at| {
        let ty = record.structured_type();
        let (set, path) = (set_of(ty), format!("{}('1')", ty.name));
        for layout in [
            Layout::Light(Metadata::None),
            Layout::Light(Metadata::Minimal),
            Layout::Light(Metadata::Full),
            Layout::Verbose,
        ] {
            let at = format!("{at} {layout:?}");
            let writer =
                json::Writer { model: &MODEL, root: ROOT, layout, dates: DateStyle::Exact };
            let text = json::to_text(&writer.entity(record, &set, &path, &[]));
            let mut read = Record::new(ty);
            json::Body::new(&text, layout.format()).entity(&mut read).unwrap();
            same(&read, record, &at);
            let entry = serde_json::Value::Object(writer.entry(record, &path, &[]));
            let page = json::to_text(&writer.feed(vec![entry], &set, &[], Some(1), None));
            let mut read = Records { ty, items: Vec::new() };
            json::Body::new(&page, layout.format()).page(&mut read).unwrap();
            same(&read.items[0], record, &at);
        }
    });
}

#[test]
fn clients_read_what_services_write_in_atom() {
    each(|record, at| {
        let ty = record.structured_type();
        let path = format!("{}('1')", ty.name);
        let dates = json::DateStyle::Exact;
        let writer = atom::Writer { model: &MODEL, root: ROOT, dates, updated: DateTime::MIN };
        let text = writer.entity(record, &path, &[]);
        let mut read = Record::new(ty);
        atom::Body::new(&text).entity(&mut read).unwrap();
        same(&read, record, at);
        let page = writer.feed(vec![writer.entry(record, &path, &[])], ty, ty.name, Some(1), None);
        let mut read = Records { ty, items: Vec::new() };
        atom::Body::new(&page).page(&mut read).unwrap();
        same(&read.items[0], record, at);
        for (index, row) in ty.properties.iter().enumerate() {
            let value = record.get(index);
            let text = writer.value(row.name, &value, &row.ty);
            assert_eq!(atom::Body::new(&text).value(&row.ty).unwrap(), value, "{at}: {}", row.name);
        }
    });
}

#[test]
fn services_read_what_clients_write() {
    each(|record, at| {
        let ty = record.structured_type();
        let draft = draft(record);
        for format in [json::Format::Light, json::Format::Verbose] {
            let text = json::Dialect::new(format, Version::V3).draft(&draft, ty, ROOT);
            let body = serde_json::from_str(&text).unwrap();
            assert_eq!(json::read_draft(&body, ty).unwrap(), draft, "{at} {format:?}");
        }
        let layout = atom::Layout { root: ROOT, updated: DateTime::MIN };
        let text = layout.draft(&draft, ty);
        assert_eq!(atom::read_draft(text.as_bytes(), ty).unwrap(), draft, "{at} Atom");
    });
}

/// The body that creates an entity, with one link by each navigation property and one entity that
/// comes along with it.
fn draft(record: &Record) -> Draft {
    let ty = record.structured_type();
    let binding = |navigation: &edm::model::Navigation| Binding {
        navigation: navigation.name.into(),
        many: navigation.many,
        urls: vec![format!("{ROOT}Things('a%3Ab')")],
    };
    let inline = |navigation: &edm::model::Navigation| {
        let members = Sample::Typical.members(navigation.target);
        let (many, entity) = (navigation.many, Draft { members, ..Draft::default() });
        Inline { navigation: navigation.name.into(), many, entities: vec![entity] }
    };
    let (bound, along) = ty.navigation.split_at(ty.navigation.len() / 2);
    Draft {
        members: edm::to_members(record),
        bindings: bound.iter().map(binding).collect(),
        inline: along.iter().map(inline).collect(),
        ..Draft::default()
    }
}

/// The entities of a page, of a type that is known at run time.
struct Records {
    ty: &'static StructuredType,
    items: Vec<Record>,
}

impl json::Sink for Records {
    fn add(&mut self) -> &mut dyn Structured {
        let last = self.items.len();
        self.items.push(Record::new(self.ty));
        &mut self.items[last]
    }
    fn remove(&mut self) {
        self.items.pop();
    }
    fn discard(&mut self) {
        self.items.pop();
    }
}
