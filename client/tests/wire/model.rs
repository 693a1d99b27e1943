//! A small model, written by hand the way the generator writes it.

use edm::model::{
    Access, Navigation as NavigationRow, Operation, OperationKind, Parameter, Primitive,
    Property as Row, StructuredType, Type,
};
use edm::{Edm as _, Many, Navigation, Property, TypeError, Value, access, assign};

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Product {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) size: i64,
}

impl Product {
    pub(crate) const ID: Property<Self, String, access::ReadOnly> = Property::new("Id");
    pub(crate) const NAME: Property<Self, Option<String>> = Property::new("Name");
    pub(crate) const SIZE: Property<Self, i64> = Property::new("Size");
    pub(crate) const PARTS: Navigation<Self, Many<Self>, access::Create> = Navigation::new("Parts");
}

const STRING: Type = Type::Primitive(Primitive::String);

const fn row(name: &'static str, ty: Type, nullable: bool, access: Access) -> Row {
    Row { name, ty, nullable, access, required: false, max_length: None, since: None }
}

static PRODUCT: StructuredType = StructuredType {
    name: "Product",
    namespace: "Demo",
    key: &["Id"],
    properties: &[
        row("Id", STRING, false, Access::ReadOnly),
        row("Name", STRING, true, Access::Update),
        row("Size", Type::Primitive(Primitive::Int64), false, Access::Update),
    ],
    navigation: &[NavigationRow {
        name: "Parts",
        target: &PRODUCT,
        many: true,
        access: Access::Create,
        links: true,
        since: None,
    }],
    operations: &[&SCALE],
    ..StructuredType::NEW
};

const fn parameter(name: &'static str, ty: Type) -> Parameter {
    Parameter { name, ty, nullable: true }
}

/// A function that changes something although it is called by GET.
pub(crate) static CANCEL: Operation = Operation {
    name: "Cancel",
    kind: OperationKind::Service,
    method: "GET",
    parameters: &[parameter("id", STRING), parameter("reason", STRING)],
    ..Operation::NEW
};

/// The same, called by POST.
pub(crate) static REJECT: Operation = Operation { name: "Reject", method: "POST", ..CANCEL };

/// A function that returns a text.
pub(crate) static LABEL: Operation = Operation {
    name: "Label",
    kind: OperationKind::Service,
    method: "GET",
    parameters: &[parameter("kind", Type::Primitive(Primitive::Int32))],
    result: Some(STRING),
    ..Operation::NEW
};

/// An action bound to a product.
pub(crate) static SCALE: Operation = Operation {
    name: "Scale",
    parameters: &[parameter("units", Type::Primitive(Primitive::Int32))],
    ..Operation::NEW
};

impl edm::Structured for Product {
    fn structured_type(&self) -> &'static StructuredType {
        &PRODUCT
    }
    fn get(&self, index: usize) -> Value {
        match index {
            0 => self.id.to_value(),
            1 => self.name.to_value(),
            2 => self.size.to_value(),
            _ => Value::Null,
        }
    }
    fn set(&mut self, index: usize, value: Value) -> Result<(), TypeError> {
        match index {
            0 => assign(&mut self.id, value),
            1 => assign(&mut self.name, value),
            2 => assign(&mut self.size, value),
            _ => Ok(()),
        }
    }
}

impl edm::EntityType for Product {
    type Key = String;
    const TYPE: &'static StructuredType = &PRODUCT;
}

impl odata_client::Addressed for Product {
    type Request = odata_client::EntityRequest<Self>;
}
