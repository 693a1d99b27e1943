//! Types and paths, as text that fits the file they are in.

use crate::model::{Model, Primitive, Type};
use crate::names::{Names, Place};
use crate::plan::features::Features;
use crate::plan::{RustType, recursion::Cycles};

/// How names of the prelude are written: in full where a type of the document has such a name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spelling {
    pub(crate) option: &'static str,
    pub(crate) some: &'static str,
    pub(crate) ok: &'static str,
    pub(crate) result: &'static str,
    pub(crate) string: &'static str,
    pub(crate) vec: &'static str,
    pub(crate) boxed: &'static str,
    pub(crate) into: &'static str,
    pub(crate) from: &'static str,
}

impl Spelling {
    const SHORT: Self = Self {
        option: "Option",
        some: "Some",
        ok: "Ok",
        result: "Result",
        string: "String",
        vec: "Vec",
        boxed: "Box",
        into: "Into",
        from: "From",
    };
    const FULL: Self = Self {
        option: "::core::option::Option",
        some: "::core::option::Option::Some",
        ok: "::core::result::Result::Ok",
        result: "::core::result::Result",
        string: "::std::string::String",
        vec: "::std::vec::Vec",
        boxed: "::std::boxed::Box",
        into: "::core::convert::Into",
        from: "::core::convert::From",
    };
    /// What a type of a document may be called that the emitted text means something else by.
    const PRELUDE: &[&str] = &[
        "Option",
        "Some",
        "None",
        "Ok",
        "Err",
        "Result",
        "String",
        "Vec",
        "Box",
        "Into",
        "From",
        "Default",
        "Clone",
        "Debug",
        "PartialEq",
    ];

    /// The shortest spelling that no name of a model is in the way of.
    pub(crate) fn of(names: &Names) -> Self {
        let structured =
            names.entity_types.iter().chain(&names.complex_types).map(|names| &names.ty);
        let all = structured
            .chain(names.enum_types.iter().map(|names| &names.ty))
            .chain(names.id_types.iter().map(|names| &names.ty))
            .chain(names.type_definitions.iter().map(|place| &place.name))
            .chain(names.containers.iter().map(|names| &names.ty));
        let mut all = all;
        if all.any(|name| Self::PRELUDE.contains(&name.as_str())) {
            Self::FULL
        } else {
            Self::SHORT
        }
    }
}

/// What planning looks things up in, and where what it plans will stand.
#[derive(Clone, Copy)]
pub(crate) struct Planner<'a> {
    pub(crate) model: &'a Model,
    pub(crate) names: &'a Names,
    pub(crate) spelling: Spelling,
    pub(crate) features: &'a Features,
    pub(crate) cycles: &'a Cycles,
    /// The module that the file is in.
    pub(crate) module: usize,
    /// How deep the file is within its module.
    pub(crate) depth: usize,
}

impl Planner<'_> {
    /// The path of something in a module.
    pub(crate) fn path(self, module: usize, name: &str) -> String {
        if module == self.module {
            return format!("{}{name}", "super::".repeat(self.depth));
        }
        let up = "super::".repeat(self.depth + usize::from(self.module != 0));
        match self.names.modules.get(module).and_then(|module| module.name.as_deref()) {
            Some(other) => format!("{up}{other}::{name}"),
            None => format!("{up}{name}"),
        }
    }

    /// The path of a named type.
    pub(crate) fn place(self, place: &Place) -> String {
        self.path(place.module, &place.name)
    }

    /// What something needs to be compiled beside this module.
    pub(crate) fn gate(self, module: usize) -> Option<String> {
        self.features.gate(self.module, module)
    }

    /// What an operation needs: the modules of its parameters and result.
    pub(crate) fn gate_of<'t>(self, types: impl Iterator<Item = &'t Type>) -> Option<String> {
        let modules = types.filter_map(|ty| self.module_of(ty));
        self.features.gate_all(self.module, modules)
    }

    /// The module of a type; primitives have none.
    pub(crate) fn module_of(self, ty: &Type) -> Option<usize> {
        match ty {
            Type::Primitive(_) => None,
            Type::Id(_) => Some(0),
            Type::Enum(id) => self.names.enum_types.get(id.0).map(|names| names.module),
            Type::Complex(id) => self.names.complex_types.get(id.0).map(|names| names.module),
            Type::Entity(id) => self.names.entity_types.get(id.0).map(|names| names.module),
            Type::Definition(id) => self.names.type_definitions.get(id.0).map(|place| place.module),
            Type::Collection(item) => self.module_of(item),
        }
    }

    /// The Rust type of a type that is not null.
    pub(crate) fn rust_type(self, ty: &Type) -> RustType {
        let (text, is_copy) = match ty {
            Type::Primitive(primitive) => self.primitive(*primitive),
            Type::Id(id) => (self.path(0, &self.names.id_types[id.0].ty), false),
            Type::Enum(id) => {
                let names = &self.names.enum_types[id.0];
                let ty = self.model.enum_type(*id);
                let is_copy = !ty.by_name && ty.underlying != Primitive::String;
                (self.path(names.module, &names.ty), is_copy)
            }
            Type::Complex(id) => {
                let names = &self.names.complex_types[id.0];
                (self.path(names.module, &names.ty), false)
            }
            Type::Entity(id) => {
                let names = &self.names.entity_types[id.0];
                (self.path(names.module, &names.ty), false)
            }
            Type::Definition(id) => {
                let is_copy = self.primitive(self.model.type_definition(*id).underlying).1;
                (self.place(&self.names.type_definitions[id.0]), is_copy)
            }
            Type::Collection(item) => {
                (format!("{}<{}>", self.spelling.vec, self.rust_type(item).text), false)
            }
        };
        RustType { text, is_copy, is_option: false }
    }

    /// The Rust type of a type that may be null.
    pub(crate) fn nullable_type(self, ty: &Type, nullable: bool) -> RustType {
        let inner = self.rust_type(ty);
        match nullable {
            true => self.optional(inner),
            false => inner,
        }
    }

    /// `Option` of a type.
    pub(crate) fn optional(self, inner: RustType) -> RustType {
        let text = format!("{}<{}>", self.spelling.option, inner.text);
        RustType { text, is_copy: inner.is_copy, is_option: true }
    }

    /// The Rust type of a primitive, and whether it is `Copy`.
    pub(crate) fn primitive(self, primitive: Primitive) -> (String, bool) {
        match primitive {
            Primitive::String => (self.spelling.string.to_owned(), false),
            primitive => {
                let text = primitive_text(primitive);
                let owns = ["edm::Binary", "edm::Geo", "edm::Geometry", "edm::Untyped"];
                (text.to_owned(), !owns.contains(&text))
            }
        }
    }
}

/// The Rust type of a primitive that is not a string.
pub(crate) fn primitive_text(primitive: Primitive) -> &'static str {
    match primitive {
        Primitive::Boolean => "bool",
        Primitive::Byte => "u8",
        Primitive::SByte => "i8",
        Primitive::Int16 => "i16",
        Primitive::Int32 => "i32",
        Primitive::Int64 => "i64",
        Primitive::Single => "f32",
        Primitive::Double => "f64",
        Primitive::String => "::std::string::String",
        Primitive::DateTime => "edm::DateTime",
        Primitive::DateTimeOffset => "edm::DateTimeOffset",
        Primitive::Decimal => "edm::Decimal",
        Primitive::Guid => "edm::Guid",
        Primitive::Time | Primitive::Duration => "edm::Duration",
        Primitive::Binary => "edm::Binary",
        Primitive::Date => "edm::Date",
        Primitive::TimeOfDay => "edm::TimeOfDay",
        Primitive::Stream | Primitive::Untyped => "edm::Untyped",
        shape if shape.short_name().starts_with("Geometry") => "edm::Geometry",
        _ => "edm::Geo",
    }
}
