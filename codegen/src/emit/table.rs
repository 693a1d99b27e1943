//! The model as static tables. They are cyclic, as the model is: tables refer to each other by
//! address. Rows say only what differs from the default, so that they compile fast.

use crate::emit::{Emitter, own};
use crate::model::{
    Access, Allow, Binding, Container, EnumType, MemberValue, Multiplicity, Navigation, Operation,
    OperationKind, Property, StructuredType, Type, Version,
};
use crate::names::{OperationNames, TypeNames};
use crate::plan::is_stream;
use crate::print::{Text, literal};

/// What tables are made of.
const PARTS: [&str; 17] = [
    "Access",
    "Allow",
    "EntitySet",
    "EnumType",
    "IdType",
    "Members",
    "Model",
    "Navigation",
    "Operation",
    "OperationKind",
    "Parameter",
    "Primitive",
    "Property",
    "Singleton",
    "StructuredType",
    "Type",
    "Version",
];

impl Emitter<'_> {
    /// Every table of a module; that of the root has `MODEL` first.
    pub(crate) fn tables(&self, text: &mut Text, module: usize) {
        let mut body = Text::default();
        let tables = Tables { emitter: self, module };
        if module == 0 {
            tables.model(&mut body);
        }
        let entities = self.model.entity_types.iter().zip(&self.names.entity_types);
        let complexes = self.model.complex_types.iter().zip(&self.names.complex_types);
        let here = |names: &TypeNames| names.module == module;
        for (ty, names) in entities.filter(|(_, names)| here(names)) {
            tables.structured_type(&mut body, ty, names, &self.names.entity_types);
        }
        for (ty, names) in complexes.filter(|(_, names)| here(names)) {
            tables.structured_type(&mut body, ty, names, &self.names.complex_types);
        }
        if module == 0 {
            for (container, names) in self.model.containers.iter().zip(&self.names.containers) {
                for (operation, names) in container.operations.iter().zip(&names.operations) {
                    tables.operation(&mut body, operation, names);
                }
            }
        }
        for (ty, names) in self.model.enum_types.iter().zip(&self.names.enum_types) {
            if names.module == module {
                tables.enum_type(&mut body, ty, &names.ty, &names.table);
            }
        }
        if module == 0 {
            for (ty, names) in self.model.id_types.iter().zip(&self.names.id_types) {
                tables.id_type(
                    &mut body,
                    &ty.label.name,
                    ty.prefix.as_deref(),
                    &names.ty,
                    &names.table,
                );
            }
        }
        let body = body.finish();
        let used: Vec<String> =
            PARTS.iter().filter(|part| uses(&body, part)).map(ToString::to_string).collect();
        if !used.is_empty() {
            text.blank();
            match used.as_slice() {
                [only] => text.line(&format!("use edm::model::{only};")),
                used => text.list("use edm::model::{", used, "};"),
            }
        }
        text.append(&body);
    }
}

/// Whether a text names a part as a path, a struct or a type.
fn uses(text: &str, part: &str) -> bool {
    text.match_indices(part).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = &text[at + part.len()..];
        let is_whole =
            before.is_none_or(|c| c == ' ' || c == '(' || c == '.' || c == '&' || c == '[');
        is_whole && (after.starts_with("::") || after.starts_with(" {") || after.starts_with(" = "))
    })
}

struct Tables<'a> {
    emitter: &'a Emitter<'a>,
    module: usize,
}

impl Tables<'_> {
    /// The path of a table.
    fn path(&self, module: usize, table: &str) -> String {
        if module == self.module {
            return table.to_owned();
        }
        let up = if self.module == 0 { "super::" } else { "super::super::" };
        match self.emitter.names.modules.get(module).and_then(|module| module.name.as_deref()) {
            Some(other) => format!("{up}{other}::tables::{table}"),
            None => format!("{up}tables::{table}"),
        }
    }

    /// A table in a list of addresses, with what it needs to be compiled.
    fn address(&self, module: usize, table: &str) -> String {
        let gate = self.emitter.features.gate(self.module, module);
        let gate = gate.map(|gate| format!("{gate} ")).unwrap_or_default();
        format!("{gate}&{}", self.path(module, table))
    }

    fn model(&self, text: &mut Text) {
        let Emitter { model, names, .. } = self.emitter;
        let container = model.containers.first();
        let name = container.map_or("", |container| container.label.name.as_str());
        text.blank();
        text.docs(&own(format!("The model of `{}`.", name.replace('`', "'"))));
        text.open("pub static MODEL: Model = Model {");
        let version = match model.version {
            Version::V1 => "V1",
            Version::V2 => "V2",
            Version::V3 => "V3",
            Version::V4 => "V4",
            Version::V401 => "V401",
        };
        text.line(&format!("version: edm::version::Version::{version},"));
        text.line(&format!("namespace: {},", literal(&model.namespace)));
        text.line(&format!("container: {},", literal(name)));
        let types =
            |names: &[TypeNames]| names.iter().map(|n| self.address(n.module, &n.table)).collect();
        self.addresses(text, "entity_types", types(&names.entity_types));
        self.addresses(text, "complex_types", types(&names.complex_types));
        let enums = names.enum_types.iter().map(|n| self.address(n.module, &n.table)).collect();
        self.addresses(text, "enum_types", enums);
        self.entity_sets(text, &model.containers);
        let singletons = model.containers.iter().flat_map(|container| &container.singletons);
        let singletons = singletons.map(|singleton| {
            let entity = &names.entity_types[singleton.entity_type.0];
            let gate = self.emitter.features.gate(self.module, entity.module);
            let (name, table) =
                (literal(&singleton.label.name), self.path(entity.module, &entity.table));
            (gate, format!("Singleton {{ name: {name}, entity_type: &{table} }}"))
        });
        rows(text, "singletons", singletons.collect());
        let operations = names.containers.iter().flat_map(|container| &container.operations);
        self.addresses(
            text,
            "operations",
            operations.map(|names| format!("&{}", names.table)).collect(),
        );
        text.line("..Model::NEW");
        text.close("};");
    }

    fn entity_sets(&self, text: &mut Text, containers: &[Container]) {
        let sets = containers.iter().flat_map(|container| &container.entity_sets);
        let sets = sets.map(|set| {
            let entity = &self.emitter.names.entity_types[set.entity_type.0];
            let gate = self.emitter.features.gate(self.module, entity.module);
            let (name, table) = (literal(&set.label.name), self.path(entity.module, &entity.table));
            let since = option(set.label.since.as_deref());
            let allow = allow(set.allow);
            (gate, format!("EntitySet {{ name: {name}, entity_type: &{table}, allow: {allow}, since: {since} }}"))
        });
        rows(text, "entity_sets", sets.collect());
    }

    /// A field that lists addresses, unless there are none.
    fn addresses(&self, text: &mut Text, field: &str, addresses: Vec<String>) {
        if !addresses.is_empty() {
            text.list(&format!("{field}: &["), &addresses, "],");
        }
    }

    fn structured_type(
        &self,
        text: &mut Text,
        ty: &StructuredType,
        names: &TypeNames,
        all: &[TypeNames],
    ) {
        text.blank();
        text.docs(&own(format!("The table of `{}`.", names.ty)));
        text.open(&format!("pub static {}: StructuredType = StructuredType {{", names.table));
        text.line(&format!("name: {},", literal(&ty.label.name)));
        text.line(&format!("namespace: {},", literal(&ty.namespace)));
        if let Some(base) = ty.base.and_then(|base| all.get(base)) {
            text.line(&format!("base: Some(&{}),", self.path(base.module, &base.table)));
        }
        for (field, is_set) in [
            ("has_derived", ty.has_derived),
            ("is_abstract", ty.is_abstract),
            ("is_open", ty.is_open),
            ("has_stream", ty.has_stream),
            ("has_etag", ty.has_etag),
        ] {
            if is_set {
                text.line(&format!("{field}: true,"));
            }
        }
        let key = ty.key.iter().filter_map(|part| match &part.alias {
            Some(alias) => Some(literal(alias)),
            None => Some(literal(&ty.properties.get(*part.path.first()?)?.label.name)),
        });
        let key: Vec<String> = key.collect();
        if !key.is_empty() {
            text.list("key: &[", &key, "],");
        }
        let properties = ty.properties.iter().filter(|property| !is_stream(property));
        rows(
            text,
            "properties",
            properties.map(|property| (None, self.property(property))).collect(),
        );
        let streams = ty.properties.iter().filter(|property| is_stream(property));
        let streams: Vec<String> = streams.map(|property| literal(&property.label.name)).collect();
        if !streams.is_empty() {
            text.list("streams: &[", &streams, "],");
        }
        rows(
            text,
            "navigation",
            ty.navigation.iter().map(|navigation| self.navigation(navigation)).collect(),
        );
        let operations = names.operations.iter().map(|names| format!("&{}", names.table)).collect();
        self.addresses(text, "operations", operations);
        self.since(text, ty.label.since.as_deref());
        text.line("..StructuredType::NEW");
        text.close("};");
        let bound = ty.operations.iter().zip(&names.operations);
        let of_collection = ty.collection_operations.iter().zip(&names.collection_operations);
        bound
            .chain(of_collection)
            .for_each(|(operation, names)| self.operation(text, operation, names));
    }

    fn since(&self, text: &mut Text, since: Option<&str>) {
        if since.is_some() {
            text.line(&format!("since: {},", option(since)));
        }
    }

    fn property(&self, property: &Property) -> String {
        let row =
            format!("Property::new({}, {})", literal(&property.label.name), self.ty(&property.ty));
        let mut fields = Vec::new();
        if !property.nullable {
            fields.push("nullable: false".to_owned());
        }
        if property.access != Access::Update {
            fields.push(format!("access: {}", access(property.access)));
        }
        if property.required {
            fields.push("required: true".to_owned());
        }
        if let Some(most) = property.max_length {
            fields.push(format!("max_length: Some({most})"));
        }
        if let Some(since) = property.label.since.as_deref() {
            fields.push(format!("since: {}", option(Some(since))));
        }
        if fields.is_empty() {
            return row;
        }
        format!("Property {{ {}, ..{row} }}", fields.join(", "))
    }

    fn navigation(&self, navigation: &Navigation) -> (Option<String>, String) {
        let target = &self.emitter.names.entity_types[navigation.target.0];
        let end = if navigation.multiplicity == Multiplicity::Many { "many" } else { "one" };
        let (name, table) =
            (literal(&navigation.label.name), self.path(target.module, &target.table));
        let row = format!("Navigation::{end}({name}, &{table})");
        let mut fields = Vec::new();
        if navigation.access != Access::Create {
            fields.push(format!("access: {}", access(navigation.access)));
        }
        if !navigation.links {
            fields.push("links: false".to_owned());
        }
        if let Some(since) = navigation.label.since.as_deref() {
            fields.push(format!("since: {}", option(Some(since))));
        }
        let gate = self.emitter.features.gate(self.module, target.module);
        match fields.is_empty() {
            true => (gate, row),
            false => (gate, format!("Navigation {{ {}, ..{row} }}", fields.join(", "))),
        }
    }

    fn operation(&self, text: &mut Text, operation: &Operation, names: &OperationNames) {
        text.blank();
        let label = &operation.label;
        text.docs(&own(format!("The operation `{}`.", label.name.replace('`', "'"))));
        text.open(&format!("pub static {}: Operation = Operation {{", names.table));
        // Where it is bound, V4 qualifies the name with the namespace.
        let name = match (&operation.namespace, operation.binding) {
            (Some(namespace), Binding::One | Binding::Collection) => {
                format!("{namespace}.{}", label.name)
            }
            _ => label.name.clone(),
        };
        text.line(&format!("name: {},", literal(&name)));
        match operation.kind {
            OperationKind::Action => {}
            OperationKind::Function => text.line("kind: OperationKind::Function,"),
            OperationKind::Service => text.line("kind: OperationKind::Service,"),
        }
        if operation.method != "POST" {
            text.line(&format!("method: {},", literal(operation.method)));
        }
        let gate = |ty: &Type| {
            self.module_of(ty).and_then(|to| self.emitter.features.gate(self.module, to))
        };
        let parameters = operation.parameters.iter().map(|parameter| {
            let (name, ty, nullable) =
                (literal(&parameter.label.name), self.ty(&parameter.ty), parameter.nullable);
            (
                gate(&parameter.ty),
                format!("Parameter {{ name: {name}, ty: {ty}, nullable: {nullable} }}"),
            )
        });
        rows(text, "parameters", parameters.collect());
        if let Some(result) = &operation.result {
            text.maybe(gate(result).as_deref());
            text.line(&format!("result: Some({}),", self.ty(result)));
        }
        self.since(text, label.since.as_deref());
        text.line("..Operation::NEW");
        text.close("};");
    }

    fn module_of(&self, ty: &Type) -> Option<usize> {
        let names = self.emitter.names;
        match ty {
            Type::Primitive(_) | Type::Definition(_) => None,
            Type::Id(_) => Some(0),
            Type::Enum(id) => Some(names.enum_types[id.0].module),
            Type::Complex(id) => Some(names.complex_types[id.0].module),
            Type::Entity(id) => Some(names.entity_types[id.0].module),
            Type::Collection(item) => self.module_of(item),
        }
    }

    fn ty(&self, ty: &Type) -> String {
        let Emitter { model, names, .. } = self.emitter;
        match ty {
            Type::Primitive(primitive) => {
                format!("Type::Primitive(Primitive::{})", primitive.short_name())
            }
            Type::Definition(id) => {
                let underlying = model.type_definition(*id).underlying;
                format!("Type::Primitive(Primitive::{})", underlying.short_name())
            }
            Type::Id(id) => format!("Type::Id(&{})", self.path(0, &names.id_types[id.0].table)),
            Type::Enum(id) => {
                let names = &names.enum_types[id.0];
                format!("Type::Enum(&{})", self.path(names.module, &names.table))
            }
            Type::Complex(id) => {
                let names = &names.complex_types[id.0];
                format!("Type::Complex(&{})", self.path(names.module, &names.table))
            }
            Type::Entity(id) => {
                let names = &names.entity_types[id.0];
                format!("Type::Entity(&{})", self.path(names.module, &names.table))
            }
            Type::Collection(item) => format!("Type::Collection(&{})", self.ty(item)),
        }
    }

    fn enum_type(&self, text: &mut Text, ty: &EnumType, name: &str, table: &str) {
        text.blank();
        text.docs(&own(format!("The table of `{name}`.")));
        text.open(&format!("pub static {table}: EnumType = EnumType {{"));
        text.line(&format!("name: {},", literal(&ty.label.name)));
        if !ty.namespace.is_empty() {
            text.line(&format!("namespace: {},", literal(&ty.namespace)));
        }
        if !ty.by_name {
            text.line("by_name: false,");
        }
        if ty.underlying != crate::model::Primitive::Int32 {
            text.line(&format!("underlying: Primitive::{},", ty.underlying.short_name()));
        }
        if ty.is_flags {
            text.line("is_flags: true,");
        }
        let members = ty.members.iter().map(|member| {
            let name = literal(&member.name);
            match &member.value {
                MemberValue::Integer(value) => format!("({name}, {value})"),
                MemberValue::Text(value) => format!("({name}, {})", literal(value)),
            }
        });
        let kind = if ty.underlying.range().is_some() { "Integer" } else { "Text" };
        let members: Vec<String> = members.collect();
        if !members.is_empty() {
            text.list(&format!("members: Members::{kind}(&["), &members, "]),");
        }
        text.line("..EnumType::NEW");
        text.close("};");
    }

    fn id_type(&self, text: &mut Text, wire: &str, prefix: Option<&str>, name: &str, table: &str) {
        text.blank();
        text.docs(&own(format!("The table of `{name}`.")));
        let row = format!("IdType {{ name: {}, prefix: {} }}", literal(wire), option(prefix));
        text.assign(&format!("pub static {table}: IdType"), &row);
    }
}

/// A field that lists rows, unless there are none; what is gated is on a line of its own.
fn rows(text: &mut Text, field: &str, rows: Vec<(Option<String>, String)>) {
    if rows.is_empty() {
        return;
    }
    text.open(&format!("{field}: &["));
    for (gate, row) in rows {
        text.maybe(gate.as_deref());
        text.line(&format!("{row},"));
    }
    text.close("],");
}

fn access(access: Access) -> &'static str {
    match access {
        Access::ReadOnly => "Access::ReadOnly",
        Access::Create => "Access::Create",
        Access::Update => "Access::Update",
    }
}

fn allow(allow: Allow) -> String {
    if allow == Allow::ALL {
        return "Allow::ALL".to_owned();
    }
    let Allow { list, get, create, update, delete } = allow;
    format!(
        "Allow {{ list: {list}, get: {get}, create: {create}, update: {update}, delete: {delete} }}"
    )
}

fn option(text: Option<&str>) -> String {
    text.map_or("None".to_owned(), |text| format!("Some({})", literal(text)))
}
