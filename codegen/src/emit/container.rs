//! The struct for the entity container: entity sets and unbound operations.

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::{Item, docs, handle, types};
use crate::plan::{Plan, Set};

/// The container, then a struct per entity type that addresses one entity.
pub(crate) fn items(plan: &Plan) -> Vec<Item> {
    let container = &plan.container;
    let name = &container.name;
    let docs = docs::attributes(&container.docs);
    let sets = container.sets.iter().map(set);
    let calls = container.calls.iter().map(handle::call);
    let mut items = vec![
        quote! {
            #docs
            #[derive(Clone, Debug)]
            pub struct #name(odata_client::Service);
        },
        quote! {
            impl #name {
                /// The entity container of a service.
                pub fn new(service: odata_client::Service) -> Self { Self(service) }
                /// The service.
                pub fn service(&self) -> &odata_client::Service { &self.0 }
                #(#sets)*
                #(#calls)*
            }
        },
    ];
    items.extend(plan.arguments.iter().map(handle::arguments));
    items.extend(plan.handles.iter().flat_map(handle::items));
    items.into_iter().map(Item::Tokens).collect()
}

fn set(set: &Set) -> TokenStream {
    let Set { wire, many, one, record, handle, .. } = set;
    let (docs, one_docs) = (docs::attributes(&set.docs), docs::attributes(&set.one_docs));
    let key = types::tokens(&set.key);
    quote! {
        #docs
        pub fn #many(&self) -> odata_client::Collection<super::#record> { self.0.set(#wire) }
        #one_docs
        pub fn #one(&self, key: impl ::core::convert::Into<#key>) -> #handle {
            self.#many().by_key(key)
        }
    }
}
