//! Structs that address one entity, and the methods that call operations.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::emit::{docs, types};
use crate::plan::{Arguments, Call, Follow, Handle, Parameter};

/// A struct that addresses one entity, and what it lends from the run time's.
pub(crate) fn items(handle: &Handle) -> Vec<TokenStream> {
    let Handle { name, record, .. } = handle;
    let docs = docs::attributes(&handle.docs);
    let follows = handle.follows.iter().map(|link| follow(record, link));
    let calls = handle.calls.iter().map(call);
    vec![
        quote! {
            #docs
            #[derive(Clone, Debug)]
            pub struct #name(odata_client::EntityRequest<super::#record>);
        },
        quote! {
            impl #name {
                #(#follows)*
                #(#calls)*
            }
        },
        quote! {
            impl odata_client::Addressed for super::#record {
                type Request = #name;
            }
        },
        quote! {
            impl ::core::convert::From<odata_client::EntityRequest<super::#record>> for #name {
                fn from(request: odata_client::EntityRequest<super::#record>) -> Self {
                    Self(request)
                }
            }
        },
        quote! {
            impl ::core::ops::Deref for #name {
                type Target = odata_client::EntityRequest<super::#record>;
                fn deref(&self) -> &Self::Target { &self.0 }
            }
        },
    ]
}

fn follow(record: &Ident, follow: &Follow) -> TokenStream {
    let Follow { method, constant, target, .. } = follow;
    let docs = docs::attributes(&follow.docs);
    match &follow.handle {
        None => quote! {
            #docs
            pub fn #method(&self) -> odata_client::Collection<super::#target> {
                self.0.follow(super::#record::#constant)
            }
        },
        Some(handle) => quote! {
            #docs
            pub fn #method(&self) -> #handle {
                self.0.follow_one(super::#record::#constant).into()
            }
        },
    }
}

/// A method that calls an operation.
pub(crate) fn call(call: &Call) -> TokenStream {
    let Call { method, table, .. } = call;
    let docs = docs::attributes(&call.docs);
    let result = call.result.as_ref().map(types::tokens).unwrap_or_else(|| quote!(()));
    let decode = match call.result {
        Some(_) => quote!(edm::Edm::from_value),
        None => quote!(odata_client::nothing),
    };
    let (inputs, values) = match &call.arguments {
        Some(arguments) => {
            let values = call.parameters.iter().map(|parameter| {
                let (wire, name) = (&parameter.wire, &parameter.name);
                quote!((#wire, edm::Edm::to_value(&parameters.#name)))
            });
            (quote!(parameters: #arguments), list(values))
        }
        None if call.parameters.is_empty() => (quote!(), quote!(::std::vec::Vec::new())),
        None => {
            let inputs = call.parameters.iter().map(input);
            let values = call.parameters.iter().map(value);
            (quote!(#(#inputs),*), list(values))
        }
    };
    quote! {
        #docs
        pub fn #method(&self, #inputs) -> odata_client::Request<#result> {
            self.0.invoke(&super::tables::#table, #values, #decode)
        }
    }
}

/// A `Vec` of values. The formatter does not look into macros, so this is not `vec!`.
fn list(values: impl Iterator<Item = TokenStream>) -> TokenStream {
    quote!(::std::vec::Vec::from([#(#values),*]))
}

fn input(parameter: &Parameter) -> TokenStream {
    let (name, ty) = (&parameter.name, types::tokens(&parameter.ty));
    match parameter.into {
        true => quote!(#name: impl ::core::convert::Into<#ty>),
        false => quote!(#name: #ty),
    }
}

fn value(parameter: &Parameter) -> TokenStream {
    let (wire, name, ty) = (&parameter.wire, &parameter.name, types::tokens(&parameter.ty));
    match parameter.into {
        true => quote!((#wire, <#ty as edm::Edm>::to_value(&#name.into()))),
        false => quote!((#wire, edm::Edm::to_value(&#name))),
    }
}

/// A struct of parameters.
pub(crate) fn arguments(arguments: &Arguments) -> TokenStream {
    let name = &arguments.name;
    let head = docs::attributes(&arguments.docs);
    let fields = arguments.parameters.iter().map(|parameter| {
        let docs = docs::attributes(&parameter.docs);
        let (name, ty) = (&parameter.name, types::tokens(&parameter.ty));
        quote!(#docs pub #name: #ty)
    });
    quote! {
        #head
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct #name { #(#fields,)* }
    }
}
