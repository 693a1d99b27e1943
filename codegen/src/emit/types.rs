//! Rust types and literals as tokens, with full paths, so that no name of a document can get in
//! their way.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::{Access, Primitive};
use crate::plan::RustType;

/// A type, as seen from a module of the generated one.
pub(crate) fn tokens(ty: &RustType) -> TokenStream {
    match ty {
        RustType::Primitive(primitive) => primitive_tokens(*primitive),
        RustType::Generated(name, _) => quote!(super::#name),
        RustType::Vec(item) => {
            let item = tokens(item);
            quote!(::std::vec::Vec<#item>)
        }
        RustType::Option(item) => {
            let item = tokens(item);
            quote!(::core::option::Option<#item>)
        }
    }
}

/// The Rust type of a primitive.
pub(crate) fn primitive_tokens(primitive: Primitive) -> TokenStream {
    match primitive {
        Primitive::Boolean => quote!(bool),
        Primitive::Byte => quote!(u8),
        Primitive::SByte => quote!(i8),
        Primitive::Int16 => quote!(i16),
        Primitive::Int32 => quote!(i32),
        Primitive::Int64 => quote!(i64),
        Primitive::Single => quote!(f32),
        Primitive::Double => quote!(f64),
        Primitive::String => quote!(::std::string::String),
        Primitive::DateTime => quote!(edm::DateTime),
        Primitive::DateTimeOffset => quote!(edm::DateTimeOffset),
        Primitive::Decimal => quote!(edm::Decimal),
        Primitive::Guid => quote!(edm::Guid),
        Primitive::Time | Primitive::Duration => quote!(edm::Duration),
        Primitive::Binary => quote!(edm::Binary),
        Primitive::Date => quote!(edm::Date),
        Primitive::TimeOfDay => quote!(edm::TimeOfDay),
        Primitive::Stream | Primitive::Untyped => quote!(edm::Untyped),
        _ => quote!(edm::Geo),
    }
}

/// The marker type of an access.
pub(crate) fn access(access: Access) -> TokenStream {
    match access {
        Access::ReadOnly => quote!(edm::access::ReadOnly),
        Access::Create => quote!(edm::access::Create),
        Access::Update => quote!(edm::access::Update),
    }
}

/// `Option` of something that has tokens.
pub(crate) fn option(value: Option<impl quote::ToTokens>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}
