//! Structs of entity and complex types, with their constants and the traits that codecs drive.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

use crate::emit::{Item, docs, types};
use crate::plan::{Block, Field, Key, Record, RustType};

/// Everything of a structured type.
pub(crate) fn items(record: &Record) -> Vec<Item> {
    let mut items = vec![structure(record)];
    items.extend(constants(record));
    items.push(structured(record));
    items.extend(entity_type(record));
    let mut items: Vec<Item> = items.into_iter().map(Item::Tokens).collect();
    if record.key.is_none() {
        let Record { name, table, .. } = record;
        items.push(Item::Text(format!("edm::complex_type!({name}, &super::tables::{table});")));
    }
    items
}

fn structure(record: &Record) -> TokenStream {
    let name = &record.name;
    let docs = docs::attributes(&record.docs);
    let fields = record.fields.iter().map(|field| {
        let docs = docs::attributes(&field.docs);
        let (name, ty) = (&field.name, types::tokens(&field.ty));
        quote!(#docs pub #name: #ty)
    });
    quote! {
        #docs
        #[derive(Clone, Debug, Default, PartialEq)]
        #[non_exhaustive]
        pub struct #name {
            #(#fields,)*
            /// What a payload said beside the declared properties.
            pub extra: edm::Extra,
        }
    }
}

/// The names of properties and navigation properties, typed; there is no code behind them.
fn constants(record: &Record) -> Option<TokenStream> {
    let name = &record.name;
    let properties = record.fields.iter().map(|field| {
        let docs = docs::attributes(&field.constant_docs);
        let (constant, wire) = (&field.constant, &field.wire);
        let (ty, access) = (types::tokens(&field.ty), types::access(field.access));
        quote! {
            #docs
            pub const #constant: edm::Property<Self, #ty, #access> = edm::Property::new(#wire);
        }
    });
    let links = record.links.iter().map(|link| {
        let docs = docs::attributes(&link.docs);
        let (constant, wire, target) = (&link.constant, &link.wire, &link.target);
        let access = types::access(link.access);
        let end = if link.many { quote!(edm::Many) } else { quote!(edm::One) };
        quote! {
            #docs
            pub const #constant: edm::Navigation<Self, #end<super::#target>, #access> =
                edm::Navigation::new(#wire);
        }
    });
    let constants: Vec<TokenStream> = properties.chain(links).collect();
    (!constants.is_empty()).then(|| quote!(impl #name { #(#constants)* }))
}

/// `edm::Structured`: properties by index.
fn structured(record: &Record) -> TokenStream {
    let (name, table) = (&record.name, &record.table);
    let mut gets = Vec::new();
    let mut sets = Vec::new();
    for (at, field) in record.fields.iter().enumerate() {
        let (index, field_name) = (Literal::usize_unsuffixed(at), &field.name);
        gets.push(quote!(#index => edm::Edm::to_value(&self.#field_name)));
        let set = match field.ty {
            RustType::Option(_) => quote!(self.#field_name = edm::from_nullable(value)?),
            _ => quote!(edm::assign(&mut self.#field_name, value)?),
        };
        sets.push((index, set));
    }
    // Names that are not used would be warned about, and so would a match with one arm.
    let (index, value) = match record.fields.is_empty() {
        true => (quote!(_), quote!(_)),
        false => (quote!(index), quote!(value)),
    };
    let get = match gets.as_slice() {
        [] => quote!(edm::Value::Null),
        gets => quote!(match index { #(#gets,)* _ => edm::Value::Null }),
    };
    let set = match sets.as_slice() {
        [] => quote!(),
        [(at, set)] => quote!(if index == #at { #set; }),
        sets => {
            let arms = sets.iter().map(|(at, set)| quote!(#at => #set));
            quote!(match index { #(#arms,)* _ => {} })
        }
    };
    quote! {
        impl edm::Structured for #name {
            fn structured_type(&self) -> &'static edm::model::StructuredType {
                &super::tables::#table
            }
            fn get(&self, #index: usize) -> edm::Value { #get }
            fn set(
                &mut self,
                #index: usize,
                #value: edm::Value,
            ) -> ::core::result::Result<(), edm::TypeError> {
                #set
                ::core::result::Result::Ok(())
            }
            fn extra(&self) -> ::core::option::Option<&edm::Extra> {
                ::core::option::Option::Some(&self.extra)
            }
            fn extra_mut(&mut self) -> ::core::option::Option<&mut edm::Extra> {
                ::core::option::Option::Some(&mut self.extra)
            }
        }
    }
}

/// `edm::EntityType` with its key; nothing for a complex type.
fn entity_type(record: &Record) -> Vec<TokenStream> {
    let (name, table) = (&record.name, &record.table);
    let field = |at: &usize| record.fields.get(*at);
    let (key_type, key, key_struct) = match &record.key {
        None => return Vec::new(),
        Some(Key::Single(at)) => {
            let Some(field) = field(at) else { return Vec::new() };
            (types::tokens(&field.ty), value_of(field), Vec::new())
        }
        Some(Key::Composite(key, parts)) => {
            let parts: Vec<&Field> = parts.iter().filter_map(field).collect();
            let values = parts.iter().map(|field| {
                let (name, value) = (&field.name, value_of(field));
                quote!(#name: #value)
            });
            (quote!(#key), quote!(#key { #(#values,)* }), composite_key(name, key, &parts))
        }
    };
    let mut items = vec![
        quote! {
            impl edm::EntityType for #name {
                type Key = #key_type;
                const TYPE: &'static edm::model::StructuredType = &super::tables::#table;
            }
        },
        quote! {
            impl edm::Keyed for #name {
                fn key(&self) -> Self::Key { #key }
            }
        },
    ];
    items.extend(key_struct);
    items
}

/// The value of a field, to keep.
fn value_of(field: &Field) -> TokenStream {
    let name = &field.name;
    if field.ty.is_copy() { quote!(self.#name) } else { quote!(self.#name.clone()) }
}

fn composite_key(record: &Ident, key: &Ident, parts: &[&Field]) -> Vec<TokenStream> {
    let head = docs::attributes(&vec![Block::Own(format!("The key of `{record}`."))]);
    let fields = parts.iter().map(|field| {
        let docs = docs::attributes(&field.constant_docs);
        let (name, ty) = (&field.name, types::tokens(&field.ty));
        quote!(#docs pub #name: #ty)
    });
    let names = parts.iter().map(|field| &field.name);
    vec![
        quote! {
            #head
            #[derive(Clone, Debug, Default, PartialEq)]
            pub struct #key { #(#fields,)* }
        },
        quote! {
            impl edm::Key for #key {
                fn literals(&self) -> ::std::vec::Vec<edm::literal::Literal> {
                    ::std::vec::Vec::from([#(edm::Scalar::to_literal(&self.#names)),*])
                }
            }
        },
    ]
}
