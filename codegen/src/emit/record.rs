//! Structs of entity and complex types, with their constants and the traits that codecs drive.

use crate::emit::{Emitter, table};
use crate::model::Access;
use crate::plan::{Field, Key, KeyField, Record, RecordKind};
use crate::print::{Text, literal};

impl Emitter<'_> {
    /// Everything of a structured type.
    pub(crate) fn record(&self, text: &mut Text, record: &Record) {
        structure(text, record);
        constants(text, record);
        self.structured(text, record);
        text.blank();
        text.line(&format!("edm::compared_by_table!({});", record.name));
        match &record.kind {
            RecordKind::Entity(key) => self.entity_type(text, record, key),
            RecordKind::Complex => {
                text.blank();
                text.line(&format!("edm::complex_type!({}, &{});", record.name, table(record)));
            }
        }
        for (gate, ancestor) in &record.ancestors {
            text.blank();
            text.maybe(gate.as_deref());
            text.line(&format!("impl edm::DerivedFrom<{ancestor}> for {} {{}}", record.name));
        }
    }

    /// `edm::Structured`: properties by index.
    fn structured(&self, text: &mut Text, record: &Record) {
        let Record { name, fields, .. } = record;
        let spelling = self.spelling;
        text.blank();
        text.open(&format!("impl edm::Structured for {name} {{"));
        text.open("fn structured_type(&self) -> &'static edm::model::StructuredType {");
        text.line(&format!("&{}", table(record)));
        text.close("}");
        // Names that are not used would be warned about, and so would a match with one arm.
        let (index, value) = if fields.is_empty() { ("_", "_") } else { ("index", "value") };
        text.blank();
        text.open(&format!("fn get(&self, {index}: usize) -> edm::Value {{"));
        if fields.is_empty() {
            text.line("edm::Value::Null");
        } else {
            text.open("match index {");
            for (at, field) in fields.iter().enumerate() {
                text.line(&format!("{at} => edm::Edm::to_value(&self.{}),", field.name));
            }
            text.line("_ => edm::Value::Null,");
            text.close("}");
        }
        text.close("}");
        text.blank();
        let parameters =
            ["&mut self".to_owned(), format!("{index}: usize"), format!("{value}: edm::Value")];
        let end = format!(") -> {}<(), edm::TypeError> {{", spelling.result);
        text.open_list("fn set(", &parameters, &end);
        if fields.is_empty() {
            text.line(&format!("{}(())", spelling.ok));
        } else {
            text.open("match index {");
            for (at, field) in fields.iter().enumerate() {
                text.line(&format!("{at} => {},", set(field)));
            }
            text.line(&format!("_ => {}(()),", spelling.ok));
            text.close("}");
        }
        text.close("}");
        for (method, this, result) in [("extra", "&self", "&"), ("extra_mut", "&mut self", "&mut ")]
        {
            text.blank();
            text.open(&format!(
                "fn {method}({this}) -> {}<{result}edm::Extra> {{",
                spelling.option
            ));
            text.line(&format!("{}({result}self.extra)", spelling.some));
            text.close("}");
        }
        text.close("}");
    }

    /// `edm::EntityType`, with its key.
    fn entity_type(&self, text: &mut Text, record: &Record, key: &Key) {
        let name = &record.name;
        let (ty, parts) = match key {
            Key::None => ("edm::NoKey", None),
            Key::Single { ty, .. } => (ty.as_str(), None),
            Key::Composite { name, parts } | Key::Inherited { path: name, parts } => {
                (name.as_str(), Some(parts))
            }
        };
        text.blank();
        text.open(&format!("impl edm::EntityType for {name} {{"));
        text.line(&format!("type Key = {ty};"));
        text.assign(
            "const TYPE: &'static edm::model::StructuredType",
            &format!("&{}", table(record)),
        );
        text.close("}");
        if !matches!(key, Key::None) {
            text.blank();
            text.open(&format!("impl edm::Keyed for {name} {{"));
            text.open("fn key(&self) -> Self::Key {");
            match (key, parts) {
                (Key::Single { value, .. }, _) => text.line(value),
                (_, Some(parts)) => {
                    let values = parts.iter().map(|part| format!("{}: {}", part.name, part.value));
                    text.list(&format!("{ty} {{ "), &values.collect::<Vec<_>>(), " }");
                }
                (_, None) => {}
            }
            text.close("}");
            text.close("}");
        }
        if let Key::Composite { name: key, parts } = key {
            self.composite_key(text, name, key, parts);
        }
    }

    fn composite_key(&self, text: &mut Text, record: &str, key: &str, parts: &[KeyField]) {
        text.blank();
        text.docs(&super::own(format!("The key of `{record}`.")));
        text.line("#[derive(Clone, Debug, Default, PartialEq)]");
        text.open(&format!("pub struct {key} {{"));
        for part in parts {
            text.docs(&part.docs);
            text.line(&format!("pub {}: {},", part.name, part.ty));
        }
        text.close("}");
        text.blank();
        text.open(&format!("impl edm::Key for {key} {{"));
        let vec = self.spelling.vec;
        text.open(&format!("fn literals(&self) -> {vec}<edm::literal::Literal> {{"));
        let literals =
            parts.iter().map(|part| format!("edm::Scalar::to_literal(&self.{})", part.name));
        text.list("vec![", &literals.collect::<Vec<_>>(), "]");
        text.close("}");
        text.close("}");
    }
}

fn structure(text: &mut Text, record: &Record) {
    text.blank();
    text.docs(&record.docs);
    text.line("#[derive(Clone, Default)]");
    text.deprecated(record.deprecated.as_deref());
    text.line("#[non_exhaustive]");
    text.open(&format!("pub struct {} {{", record.name));
    for field in &record.fields {
        text.docs(&field.docs);
        text.deprecated(field.deprecated.as_deref());
        text.line(&format!("pub {}: {},", field.name, field.ty.text));
    }
    text.line("/// What a payload said beside the declared properties.");
    text.line("pub extra: edm::Extra,");
    text.close("}");
}

/// The names of properties and navigation properties, typed; there is no code behind them.
fn constants(text: &mut Text, record: &Record) {
    if record.fields.is_empty() && record.links.is_empty() {
        return;
    }
    text.blank();
    text.open(&format!("impl {} {{", record.name));
    for Field { wire, constant, constant_docs, deprecated, value, access, .. } in &record.fields {
        text.docs(constant_docs);
        text.deprecated(deprecated.as_deref());
        // What is the default is not written.
        let ty = match access {
            Access::Update => format!("edm::Property<Self, {value}>"),
            access => format!("edm::Property<Self, {value}, {}>", marker(*access)),
        };
        text.assign(
            &format!("pub const {constant}: {ty}"),
            &format!("edm::Property::new({})", literal(wire)),
        );
    }
    for link in &record.links {
        text.docs(&link.docs);
        text.maybe(link.gate.as_deref());
        text.deprecated(link.deprecated.as_deref());
        let end = if link.many { "edm::Many" } else { "edm::One" };
        let target = &link.target;
        let ty = match link.access {
            Access::ReadOnly => format!("edm::Navigation<Self, {end}<{target}>>"),
            access => format!("edm::Navigation<Self, {end}<{target}>, {}>", marker(access)),
        };
        let value = format!("edm::Navigation::new({})", literal(&link.wire));
        text.assign(&format!("pub const {}: {ty}", link.constant), &value);
    }
    text.close("}");
}

/// The marker type of an access.
fn marker(access: Access) -> &'static str {
    match access {
        Access::ReadOnly => "edm::access::ReadOnly",
        Access::Create => "edm::access::Create",
        Access::Update => "edm::access::Update",
    }
}

fn set(field: &Field) -> String {
    let assign = if field.ty.is_option { "assign_nullable" } else { "assign" };
    format!("edm::{assign}(&mut self.{}, value)", field.name)
}
