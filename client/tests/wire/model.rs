//! A small model, written by hand the way the generator writes it.

use std::ops::Deref;

use edm::model::{
    Access, Navigation as NavigationRow, Operation, OperationKind, Parameter, Primitive,
    Property as Row, StructuredType, Type,
};
use edm::{Edm as _, Extra, Many, Navigation, One, Property, TypeError, Value, access, assign};
use odata_client::{Addressed, EntityRequest, Request};

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Product {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) size: i64,
    pub(crate) extra: Extra,
}

impl Product {
    pub(crate) const ID: Property<Self, String, access::ReadOnly> = Property::new("Id");
    pub(crate) const NAME: Property<Self, Option<String>> = Property::new("Name");
    pub(crate) const SIZE: Property<Self, i64> = Property::new("Size");
    pub(crate) const WHOLE: Navigation<Self, One<Self>, access::Create> = Navigation::new("Whole");
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
    has_etag: true,
    streams: &["Photo"],
    navigation: &[NavigationRow::many("Parts", &PRODUCT), NavigationRow::one("Whole", &PRODUCT)],
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

/// A function of V4 that returns products, bound to one or not.
pub(crate) static SIMILAR: Operation = Operation {
    name: "Demo.Similar",
    kind: OperationKind::Function,
    method: "GET",
    parameters: &[
        parameter("to", STRING),
        parameter("sizes", Type::Collection(&Type::Primitive(Primitive::Int64))),
    ],
    result: Some(Type::Collection(&Type::Entity(&PRODUCT))),
    ..Operation::NEW
};

/// A function of V4 that returns a stream.
pub(crate) static REPORT: Operation = Operation {
    name: "Demo.Report",
    kind: OperationKind::Function,
    method: "GET",
    parameters: &[parameter("period", STRING)],
    result: Some(Type::Primitive(Primitive::Stream)),
    ..Operation::NEW
};

/// An action of V4 that returns a stream.
pub(crate) static EXPORT: Operation = Operation {
    name: "Demo.Export",
    parameters: &[parameter("period", STRING)],
    result: Some(Type::Primitive(Primitive::Stream)),
    ..Operation::NEW
};

/// An action of V4 without parameters that returns a product, or null.
pub(crate) static RENEW: Operation =
    Operation { name: "Demo.Renew", result: Some(Type::Entity(&PRODUCT)), ..Operation::NEW };

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
    fn extra(&self) -> Option<&Extra> {
        Some(&self.extra)
    }
    fn extra_mut(&mut self) -> Option<&mut Extra> {
        Some(&mut self.extra)
    }
}

impl edm::Keyed for Product {
    fn key(&self) -> String {
        self.id.clone()
    }
}

impl edm::EntityType for Product {
    type Key = String;
    const TYPE: &'static StructuredType = &PRODUCT;
}

/// A product that can be addressed, with the action that is bound to it.
#[derive(Clone, Debug)]
pub(crate) struct ProductRequest(EntityRequest<Product>);

impl ProductRequest {
    pub(crate) fn scale(&self, units: i32) -> Request<()> {
        self.invoke(&SCALE, vec![("units", units.to_value())], odata_client::nothing)
    }
}

impl From<EntityRequest<Product>> for ProductRequest {
    fn from(request: EntityRequest<Product>) -> Self {
        Self(request)
    }
}

impl Deref for ProductRequest {
    type Target = EntityRequest<Product>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Addressed for Product {
    type Request = ProductRequest;
}
