//! The plan to Rust: one file per structured type, and one each for enumerations, ids, tables and
//! the container. Emitted text is data and thin calls; all behaviour is in the run time.

mod container;
mod docs;
mod enumeration;
mod handle;
mod record;
mod table;
mod types;

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::model::Model;
use crate::names::Names;
use crate::plan::{Block, Key, Plan};

pub(crate) use docs::lines as doc_lines;

/// A file before it is printed.
#[derive(Debug, Default)]
pub(crate) struct File {
    /// The lines of the module's doc comment.
    pub(crate) docs: Vec<String>,
    /// The items, in order.
    pub(crate) items: Vec<Item>,
}

/// An item of a file.
#[derive(Debug)]
pub(crate) enum Item {
    /// To be formatted.
    Tokens(TokenStream),
    /// Formatted already: invocations of macros that have a syntax of their own.
    Text(String),
    /// To be formatted, on the line after the item before it.
    Follows(TokenStream),
}

/// All files of a module, by name; requests are behind the feature.
pub(crate) fn files(
    plan: &Plan,
    model: &Model,
    names: &Names,
    client_feature: Option<&str>,
) -> BTreeMap<String, File> {
    let mut files = BTreeMap::new();
    for record in &plan.records {
        let docs = doc_lines(&vec![Block::Own(format!("`{}`.", record.name))]);
        let items = record::items(record);
        files.insert(format!("{}.rs", file_name(&record.module)), File { docs, items });
    }
    let file = |docs: &str, items| File { docs: vec![docs.to_owned()], items };
    if !plan.enumerations.is_empty() {
        let items = plan.enumerations.iter().map(enumeration::enumeration).collect();
        files.insert("enums.rs".to_owned(), file("Enumerations.", items));
    }
    if !plan.ids.is_empty() {
        let items = plan.ids.iter().map(enumeration::id).collect();
        files.insert("ids.rs".to_owned(), file("Typed identifiers.", items));
    }
    let tables = file("The model as tables.", table::items(model, names));
    files.insert("tables.rs".to_owned(), tables);
    let container =
        file("The entity container, and requests for one entity.", container::items(plan));
    files.insert("container.rs".to_owned(), container);
    files.insert("mod.rs".to_owned(), module(plan, client_feature));
    files
}

/// The name of a module's file: of `r#type` it is `type`.
fn file_name(module: &Ident) -> String {
    let name = module.to_string();
    name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
}

/// `mod.rs`: modules, and what they export.
fn module(plan: &Plan, client_feature: Option<&str>) -> File {
    let mut items = vec![Item::Tokens(quote!(
        pub mod tables;
    ))];
    let mut exports: BTreeMap<String, TokenStream> = BTreeMap::new();
    for record in &plan.records {
        let (module, name) = (&record.module, &record.name);
        let key = match &record.key {
            Some(Key::Composite(key, _)) => Some(quote!(, #key)),
            _ => None,
        };
        let names = match &key {
            Some(key) => quote!({#name #key}),
            None => quote!(#name),
        };
        exports.insert(module.to_string(), quote!(mod #module; pub use self::#module::#names;));
    }
    let enums = plan.enumerations.iter().map(|enumeration| &enumeration.name);
    let ids = plan.ids.iter().map(|id| &id.name);
    let handles = plan.handles.iter().map(|handle| &handle.name);
    let handles = handles.chain(plan.arguments.iter().map(|arguments| &arguments.name));
    let handles = handles.chain(std::iter::once(&plan.container.name));
    let mut list = |module: &str, names: Vec<&Ident>, feature: Option<TokenStream>| {
        if !names.is_empty() {
            let ident = Ident::new(module, proc_macro2::Span::call_site());
            let tokens = quote!(#feature mod #ident; #feature pub use self::#ident::{#(#names),*};);
            exports.insert(module.to_owned(), tokens);
        }
    };
    list("enums", enums.collect(), None);
    list("ids", ids.collect(), None);
    list(
        "container",
        handles.collect(),
        client_feature.map(|name| quote!(#[cfg(feature = #name)])),
    );
    let mut uses = Vec::new();
    for tokens in exports.into_values() {
        match syn::parse2::<syn::File>(tokens) {
            Ok(file) => {
                for item in file.items {
                    match item {
                        syn::Item::Mod(item) => items.push(Item::Follows(quote!(#item))),
                        item => uses.push(item),
                    }
                }
            }
            // The printer reports what cannot be parsed.
            Err(error) => items.push(Item::Tokens(error.to_compile_error())),
        }
    }
    for (at, item) in uses.into_iter().enumerate() {
        items.push(match at {
            0 => Item::Tokens(quote!(#item)),
            _ => Item::Follows(quote!(#item)),
        });
    }
    File { docs: doc_lines(&plan.docs), items }
}
