//! The plan to Rust: per module one file per structured type and request, and one each for
//! enumerations, ids, tables and the container. Emitted text is data and thin calls; all behaviour
//! is in the run time.

mod container;
pub(crate) mod docs;
mod enumeration;
mod handle;
mod record;
mod table;

use std::collections::BTreeMap;

use crate::model::Model;
use crate::names::{Names, plain};
use crate::plan::Key;
use crate::plan::{Block, Docs, Features, Handle, Module, Plan, Record, RecordKind, Spelling};
use crate::print::Text;

/// Files by their paths.
pub(crate) type Files = BTreeMap<String, String>;

/// What emitting looks things up in.
pub(crate) struct Emitter<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) model: &'a Model,
    pub(crate) names: &'a Names,
    pub(crate) features: &'a Features,
    pub(crate) spelling: Spelling,
    /// What every file begins with.
    pub(crate) header: &'a str,
    /// The feature that requests are behind.
    pub(crate) client_feature: Option<&'a str>,
    /// The file of the root module, and what it says before the modules.
    pub(crate) root: Root<'a>,
}

/// The file of the root module.
#[derive(Clone, Copy)]
pub(crate) struct Root<'a> {
    /// Its path.
    pub(crate) file: &'a str,
    /// The directory of all others, with a slash; empty for the same one.
    pub(crate) directory: &'a str,
    /// Whether it is a crate's: lints of the whole crate can be allowed there.
    pub(crate) is_crate: bool,
}

impl Root<'_> {
    /// A module of somebody's crate.
    pub(crate) const MODULE: Self = Self { file: "mod.rs", directory: "", is_crate: false };
    /// A crate.
    pub(crate) const CRATE: Self = Self { file: "lib.rs", directory: "src/", is_crate: true };
}

impl Emitter<'_> {
    /// All files.
    pub(crate) fn files(&self) -> Files {
        let mut files = Files::new();
        for (at, module) in self.plan.modules.iter().enumerate() {
            let directory = match &module.name {
                Some(name) => format!("{}{}/", self.root.directory, plain(name)),
                None => self.root.directory.to_owned(),
            };
            self.module(at, module, &directory, &mut files);
        }
        files
    }

    fn module(&self, at: usize, module: &Module, directory: &str, files: &mut Files) {
        let file = |name: &str| format!("{directory}{name}.rs");
        let mut shared = Vec::new();
        for record in &module.records {
            match &record.file {
                Some(name) => {
                    let mut text = self.begin(&own(format!("`{}`.", record.name)));
                    self.record(&mut text, record);
                    files.insert(file(name), text.finish());
                }
                None => shared.push(record),
            }
        }
        if !shared.is_empty() {
            let mut text = self.begin(&own("Types whose names are no names of files."));
            shared.iter().for_each(|record| self.record(&mut text, record));
            files.insert(file("types"), text.finish());
        }
        if !module.enumerations.is_empty() {
            let mut text = self.begin(&own("Enumerations."));
            module.enumerations.iter().for_each(|ty| enumeration::enumeration(&mut text, ty));
            files.insert(file("enums"), text.finish());
        }
        if !module.ids.is_empty() {
            let mut text = self.begin(&own("Typed identifiers."));
            module.ids.iter().for_each(|id| enumeration::id(&mut text, id));
            files.insert(file("ids"), text.finish());
        }
        if !module.aliases.is_empty() {
            let mut text = self.begin(&own("Names for primitive types."));
            module.aliases.iter().for_each(|alias| enumeration::alias(&mut text, alias));
            files.insert(file("aliases"), text.finish());
        }
        let mut text = self.begin(&own("The model as tables."));
        text.line("// What a later version of the tables adds has a default.");
        text.line("#![allow(clippy::needless_update)]");
        self.tables(&mut text, at);
        files.insert(file("tables"), text.finish());
        if !module.containers.is_empty() {
            let mut text = self.begin(&own("Entity containers."));
            module.containers.iter().for_each(|container| self.container(&mut text, container, at));
            files.insert(file("container"), text.finish());
        }
        self.requests(module, directory, files);
        let (name, text) = match module.name {
            None => (format!("{directory}{}", self.root.file), self.root_module(module)),
            Some(_) => {
                let mut text = self.begin(&module.docs);
                self.modules(&mut text, module);
                (file("mod"), text.finish())
            }
        };
        files.insert(name, text);
    }

    fn requests(&self, module: &Module, directory: &str, files: &mut Files) {
        if module.handles.is_empty() {
            return;
        }
        let file = |name: &str| format!("{directory}requests/{name}.rs");
        let mut index = self.begin(&own("Requests for one entity."));
        index.blank();
        let mut shared = Vec::new();
        let mut exports: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for handle in &module.handles {
            let name = handle.file.as_deref().unwrap_or("types");
            let exported = exports.entry(name).or_default();
            exported.push(&handle.name);
            exported.extend(handle.collection.as_ref().map(|collection| collection.name.as_str()));
            exported.extend(handle.arguments.iter().map(|arguments| arguments.name.as_str()));
            match &handle.file {
                Some(name) => {
                    let mut text =
                        self.begin(&own(format!("Requests for one `{}`.", record_name(handle))));
                    self.handle(&mut text, handle);
                    files.insert(file(name), text.finish());
                }
                None => shared.push(handle),
            }
        }
        if !shared.is_empty() {
            let mut text =
                self.begin(&own("Requests for types whose names are no names of files."));
            shared.iter().for_each(|handle| self.handle(&mut text, handle));
            files.insert(file("types"), text.finish());
        }
        for name in exports.keys() {
            index.line(&format!("mod {};", raw(name)));
        }
        index.blank();
        for (name, items) in exports {
            export(&mut index, &raw(name), items);
        }
        files.insert(file("mod"), index.finish());
    }

    /// The modules of a module, and what they export.
    fn modules(&self, text: &mut Text, module: &Module) {
        let client = self.client_feature.map(|name| format!("#[cfg(feature = \"{name}\")]"));
        let mut records: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for record in &module.records {
            let names = records.entry(record.file.as_deref().unwrap_or("types")).or_default();
            names.push(&record.name);
            if let RecordKind::Entity(Key::Composite { name, .. }) = &record.kind {
                names.push(name);
            }
        }
        let mut all: Vec<(&str, Vec<&str>, Option<&str>)> = Vec::new();
        all.extend(records.into_iter().map(|(file, names)| (file, names, None)));
        all.push(("enums", module.enumerations.iter().map(|ty| ty.name.as_str()).collect(), None));
        all.push(("ids", module.ids.iter().map(|id| id.name.as_str()).collect(), None));
        all.push((
            "aliases",
            module.aliases.iter().map(|alias| alias.name.as_str()).collect(),
            None,
        ));
        let containers = module.containers.iter().flat_map(|container| {
            let arguments = container.arguments.iter().map(|arguments| arguments.name.as_str());
            std::iter::once(container.name.as_str()).chain(arguments)
        });
        all.push(("container", containers.collect(), client.as_deref()));
        all.retain(|(_, names, _)| !names.is_empty());
        all.sort_unstable();
        text.blank();
        for (file, _, gate) in &all {
            text.maybe(*gate);
            text.line(&format!("mod {};", raw(file)));
        }
        let has_requests = !module.handles.is_empty();
        if has_requests {
            text.maybe(client.as_deref());
            text.line("mod requests;");
        }
        text.line("pub mod tables;");
        text.blank();
        for (file, names, gate) in all {
            text.maybe(gate);
            export(text, &raw(file), names);
        }
        if has_requests {
            text.maybe(client.as_deref());
            text.line("pub use self::requests::*;");
        }
    }

    /// The file of the root: documentation, the modules of namespaces, and its own.
    fn root_module(&self, module: &Module) -> String {
        let mut text = self.begin(&self.plan.docs);
        self.allow_lints(&mut text);
        let below: Vec<(usize, &str)> = (self.plan.modules.iter().enumerate())
            .filter_map(|(at, module)| Some((at, module.name.as_deref()?)))
            .collect();
        if !below.is_empty() {
            text.blank();
        }
        for (at, name) in below {
            text.maybe(self.features.of_module(at).as_deref());
            text.line(&format!("pub mod {name};"));
        }
        self.modules(&mut text, module);
        text.finish()
    }

    /// Lints that names and texts of documents would trigger.
    fn allow_lints(&self, text: &mut Text) {
        if self.root.is_crate {
            text.line("#![forbid(unsafe_code)]");
        }
        if self.plan.has_deprecated || self.plan.has_foreign_names {
            text.blank();
        }
        if self.plan.has_deprecated {
            text.line("// What is deprecated is named here all the same.");
            text.line("#![allow(deprecated)]");
        }
        if self.plan.has_foreign_names {
            text.line("// Names are as the documents have them.");
            text.line("#![allow(nonstandard_style)]");
            if self.root.is_crate {
                text.line(
                    "#![allow(confusable_idents, mixed_script_confusables, uncommon_codepoints)]",
                );
            }
        }
    }

    /// The beginning of a file.
    pub(crate) fn begin(&self, docs: &Docs) -> Text {
        let mut text = Text::default();
        self.header.lines().for_each(|line| text.line(line));
        text.blank();
        text.inner_docs(docs);
        text
    }
}

/// A text of the generator's own.
pub(crate) fn own(text: impl Into<String>) -> Docs {
    vec![Block::Own(text.into())]
}

/// `pub use` of what a file has.
fn export(text: &mut Text, file: &str, mut names: Vec<&str>) {
    names.sort_unstable();
    match names.as_slice() {
        [only] => text.line(&format!("pub use self::{file}::{only};")),
        names => {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            text.list(&format!("pub use self::{file}::{{"), &names, "};");
        }
    }
}

/// The identifier of a module, whose file has a plain name.
fn raw(file: &str) -> String {
    crate::names::identifier(file)
}

/// The name of the entity type of a request.
fn record_name(handle: &Handle) -> &str {
    handle.record.rsplit("::").next().unwrap_or_default()
}

/// The path of the table of a record.
pub(crate) fn table(record: &Record) -> String {
    format!("super::tables::{}", record.table)
}
