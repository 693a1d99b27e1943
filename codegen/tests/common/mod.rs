//! What tests of the reading half share: a model as compact text.

use std::fmt::Write;

use odata_codegen::model::{
    Access, Allow, Binding, Facets, KeyPart, Label, MemberValue, Model, Multiplicity, Operation,
    OperationKind, StructuredType, Type,
};

/// A model as text, one line per thing, with all that is not the default.
pub(crate) fn dump(model: &Model) -> String {
    let mut text = format!("{:?}\n", model.version);
    let dump = Dump { model };
    for ty in &model.enum_types {
        let name = format!("{}.{}", ty.namespace, ty.label.name);
        let flags = if ty.is_flags { " flags" } else { "" };
        let by = if ty.by_name { " by name" } else { "" };
        line(
            &mut text,
            0,
            format!("enum {name}: {:?}{flags}{by}{}", ty.underlying, about(&ty.label)),
        );
        for member in &ty.members {
            let value = match &member.value {
                MemberValue::Integer(value) => value.to_string(),
                MemberValue::Text(value) => format!("{value:?}"),
            };
            let doc = member.doc.as_ref().map(|doc| format!(" // {doc}")).unwrap_or_default();
            line(&mut text, 1, format!("{} = {value}{doc}", member.name));
        }
    }
    for ty in &model.id_types {
        line(&mut text, 0, format!("id {} {:?}{}", ty.label.name, ty.prefix, about(&ty.label)));
    }
    for ty in &model.type_definitions {
        let facets = facets(&ty.facets, ty.max_length);
        let name = format!("{}.{}", ty.namespace, ty.label.name);
        line(
            &mut text,
            0,
            format!("type {name} = {:?}{facets}{}", ty.underlying, about(&ty.label)),
        );
    }
    for ty in &model.complex_types {
        dump.structured_type(&mut text, "complex", ty, &model.complex_types);
    }
    for ty in &model.entity_types {
        dump.structured_type(&mut text, "entity", ty, &model.entity_types);
    }
    for container in &model.containers {
        let default = if container.is_default { "" } else { " (not default)" };
        let name = format!("{}.{}", container.namespace, container.label.name);
        line(&mut text, 0, format!("container {name}{default}{}", about(&container.label)));
        for set in &container.entity_sets {
            let ty = &model.entity_type(set.entity_type).label.name;
            let allow = if set.allow == Allow::ALL { String::new() } else { allow(set.allow) };
            line(&mut text, 1, format!("set {}: {ty}{allow}{}", set.label.name, about(&set.label)));
            for binding in &set.bindings {
                line(&mut text, 2, format!("{} -> {}", binding.path, binding.target));
            }
        }
        for one in &container.singletons {
            let ty = &model.entity_type(one.entity_type).label.name;
            line(&mut text, 1, format!("singleton {}: {ty}{}", one.label.name, about(&one.label)));
        }
        for operation in &container.operations {
            dump.operation(&mut text, operation);
        }
    }
    text
}

fn line(text: &mut String, depth: usize, line: String) {
    let line = line.replace('\n', "\\n");
    writeln!(text, "{}{line}", "  ".repeat(depth)).expect("a string grows");
}

fn about(label: &Label) -> String {
    let mut text = String::new();
    if let Some(name) = &label.rust_name {
        text += &format!(" as {}", name.value);
    }
    if let Some(since) = &label.since {
        text += &format!(" since {since}");
    }
    if let Some(why) = &label.deprecated {
        text += &format!(" deprecated({why})");
    }
    if let Some(doc) = &label.doc {
        text += &format!(" // {doc}");
    }
    text
}

fn facets(facets: &Facets, max_length: Option<u32>) -> String {
    let mut text = max_length.map(|length| format!(" max {length}")).unwrap_or_default();
    for (name, value) in [
        ("precision", &facets.precision),
        ("scale", &facets.scale),
        ("srid", &facets.srid),
        ("default", &facets.default),
    ] {
        if let Some(value) = value {
            text += &format!(" {name} {value}");
        }
    }
    text
}

fn allow(allow: Allow) -> String {
    let verbs = [
        ("list", allow.list),
        ("get", allow.get),
        ("create", allow.create),
        ("update", allow.update),
        ("delete", allow.delete),
    ];
    let verbs: Vec<&str> = verbs.iter().filter(|(_, may)| *may).map(|(verb, _)| *verb).collect();
    format!(" [{}]", verbs.join(" "))
}

struct Dump<'m> {
    model: &'m Model,
}

impl Dump<'_> {
    fn structured_type(
        &self,
        text: &mut String,
        kind: &str,
        ty: &StructuredType,
        all: &[StructuredType],
    ) {
        let mut head = format!("{kind} {}.{}", ty.namespace, ty.label.name);
        if let Some(base) = ty.base {
            head += &format!(" : {}", all[base].label.name);
        }
        for (flag, word) in [
            (ty.is_abstract, "abstract"),
            (ty.is_open, "open"),
            (ty.has_stream, "stream"),
            (ty.has_etag, "etag"),
            (ty.has_derived, "derived"),
        ] {
            if flag {
                head += &format!(" {word}");
            }
        }
        line(text, 0, head + &about(&ty.label));
        for (word, key) in
            std::iter::once(("key", &ty.key)).chain(ty.alternate_keys.iter().map(|key| ("or", key)))
        {
            if !key.is_empty() {
                let parts: Vec<String> = key.iter().map(|part| self.key_part(ty, part)).collect();
                line(text, 1, format!("{word} {}", parts.join(", ")));
            }
        }
        for property in &ty.properties {
            let inherited = if property.is_inherited { "^" } else { "" };
            let mut row = format!("{inherited}{}: {}", property.label.name, self.ty(&property.ty));
            if property.ty != property.declared {
                row += &format!(" ({})", self.ty(&property.declared));
            }
            row += if property.nullable { "?" } else { "" };
            row += match property.access {
                Access::Update => "",
                Access::Create => " create",
                Access::ReadOnly => " read-only",
            };
            row += if property.required { " required" } else { "" };
            row += if property.is_concurrency_token { " token" } else { "" };
            row += &facets(&property.facets, property.max_length);
            line(text, 1, row + &about(&property.label));
        }
        for navigation in &ty.navigation {
            let inherited = if navigation.is_inherited { "^" } else { "" };
            let target = &self.model.entity_type(navigation.target).label.name;
            let many = match navigation.multiplicity {
                Multiplicity::Many => "*",
                Multiplicity::One => "",
                Multiplicity::ZeroOrOne => "?",
            };
            let mut row = format!("{inherited}{} -> {target}{many}", navigation.label.name);
            row += if navigation.contains_target { " contained" } else { "" };
            row += match navigation.access {
                Access::Update => " update",
                Access::Create => "",
                Access::ReadOnly => " read-only",
            };
            row += if navigation.links { "" } else { " no links" };
            if let Some(partner) = &navigation.partner {
                row += &format!(" <- {partner}");
            }
            line(text, 1, row + &about(&navigation.label));
        }
        for operation in ty.operations.iter().chain(&ty.collection_operations) {
            self.operation(text, operation);
        }
    }

    fn key_part(&self, ty: &StructuredType, part: &KeyPart) -> String {
        let mut names = Vec::new();
        let mut properties = &ty.properties;
        for at in &part.path {
            let property = &properties[*at];
            names.push(property.label.name.as_str());
            if let Type::Complex(id) = property.ty {
                properties = &self.model.complex_type(id).properties;
            }
        }
        let alias = part.alias.as_ref().map(|alias| format!(" as {alias}")).unwrap_or_default();
        format!("{}{alias}", names.join("/"))
    }

    fn operation(&self, text: &mut String, operation: &Operation) {
        let kind = match operation.kind {
            OperationKind::Service => "service operation",
            OperationKind::Function => "function",
            OperationKind::Action => "action",
        };
        let binding = match operation.binding {
            Binding::Unbound => "",
            Binding::One => " of one",
            Binding::Collection => " of many",
        };
        let namespace =
            operation.namespace.as_ref().map(|name| format!("{name}.")).unwrap_or_default();
        let parameters: Vec<String> = (operation.parameters.iter())
            .map(|parameter| {
                let nullable = if parameter.nullable { "?" } else { "" };
                let label = &parameter.label;
                format!("{}: {}{nullable}{}", label.name, self.ty(&parameter.ty), about(label))
            })
            .collect();
        let mut row = format!(
            "{kind}{binding} {} {namespace}{}({})",
            operation.method,
            operation.label.name,
            parameters.join(", ")
        );
        if let Some(result) = &operation.result {
            let nullable = if operation.result_nullable { "?" } else { "" };
            row += &format!(" -> {}{nullable}", self.ty(result));
        }
        row += if operation.is_composable { " composable" } else { "" };
        line(text, 1, row + &about(&operation.label));
    }

    fn ty(&self, ty: &Type) -> String {
        match ty {
            Type::Primitive(primitive) => primitive.short_name().to_owned(),
            Type::Collection(item) => format!("[{}]", self.ty(item)),
            ty => self.model.type_name(ty),
        }
    }
}
