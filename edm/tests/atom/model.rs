//! A small model with what Atom treats in ways of its own.

use edm::model::{
    Access, Allow, EntitySet, Model, Navigation, Operation, Primitive, Property, StructuredType,
    Type,
};
use edm::{EntityType, Extra, Record, Structured, TypeError, Value};

const fn row(name: &'static str, ty: Type, nullable: bool) -> Property {
    Property { nullable, access: Access::Update, ..Property::new(name, ty) }
}
pub(crate) const TEXT: Type = Type::Primitive(Primitive::String);
pub(crate) const fn of(primitive: Primitive) -> Type {
    Type::Primitive(primitive)
}

pub(crate) static NOTE: StructuredType = StructuredType {
    name: "Note",
    namespace: "Demo",
    properties: &[row("Text", TEXT, true), row("Weight", of(Primitive::Int64), true)],
    ..StructuredType::NEW
};
pub(crate) static JOB: StructuredType = StructuredType {
    name: "Job",
    namespace: "Demo",
    key: &["Id"],
    properties: &[
        row("Id", TEXT, false),
        row("Name", TEXT, true),
        row("Created", of(Primitive::DateTime), false),
        row("Size", of(Primitive::Int64), false),
        row("Minutes", of(Primitive::Double), false),
        row("Done", of(Primitive::Boolean), false),
        row("Notes", Type::Collection(&Type::Complex(&NOTE)), false),
        row("Tags", Type::Collection(&TEXT), false),
        row("First", Type::Complex(&NOTE), true),
    ],
    navigation: &[Navigation::many("Tasks", &TASK), Navigation::many("Inputs", &JOB)],
    operations: &[&Operation { name: "Publish", ..Operation::NEW }],
    ..StructuredType::NEW
};
pub(crate) static TASK: StructuredType = StructuredType {
    name: "Task",
    namespace: "Demo",
    key: &["Id"],
    properties: &[row("Id", TEXT, false), row("Body", TEXT, false)],
    navigation: &[Navigation::one("Job", &JOB)],
    ..StructuredType::NEW
};
pub(crate) static MODEL: Model = Model {
    namespace: "Demo",
    container: "Service",
    entity_types: &[&JOB, &TASK],
    complex_types: &[&NOTE],
    entity_sets: &[
        EntitySet { name: "Jobs", entity_type: &JOB, allow: Allow::ALL, since: None },
        EntitySet { name: "Tasks", entity_type: &TASK, allow: Allow::ALL, since: None },
    ],
    ..Model::NEW
};

/// An entity of a type of the model, with what generated types keep.
macro_rules! entity {
    ($name:ident, $table:expr) => {
        #[derive(Clone, Debug)]
        pub(crate) struct $name {
            pub(crate) record: Record,
            pub(crate) extra: Extra,
        }
        impl Default for $name {
            fn default() -> Self {
                Self { record: Record::new($table), extra: Extra::default() }
            }
        }
        impl Structured for $name {
            fn structured_type(&self) -> &'static StructuredType {
                $table
            }
            fn get(&self, index: usize) -> Value {
                self.record.get(index)
            }
            fn set(&mut self, index: usize, value: Value) -> Result<(), TypeError> {
                self.record.set(index, value)
            }
            fn extra(&self) -> Option<&Extra> {
                Some(&self.extra)
            }
            fn extra_mut(&mut self) -> Option<&mut Extra> {
                Some(&mut self.extra)
            }
        }
        impl EntityType for $name {
            type Key = String;
            const TYPE: &'static StructuredType = $table;
        }
    };
}
entity!(Job, &JOB);
entity!(Task, &TASK);
