//! Schemas and what is in them.

use std::borrow::Cow;

use crate::csdl::json::{Names, get, inner, is, items, scalar, unexpected};
use crate::diagnostic::{Findings, Span};
use crate::json::{Member, Node, Value};
use crate::xml::Element;

/// Members that are no attributes by themselves, but part of the type or an element.
const APART: [&str; 10] = [
    "$Kind",
    "$Key",
    "$Type",
    "$Collection",
    "$Nullable",
    "$Parameter",
    "$ReturnType",
    "$NavigationPropertyBinding",
    "$ReferentialConstraint",
    "$OnDelete",
];

impl Names {
    pub(super) fn schema<'d>(
        &self,
        member: &Member<'d>,
        contents: &[Member<'d>],
        findings: &mut Findings,
    ) -> Element<'d> {
        let mut schema = self.edm("Schema", member.span);
        let name = member.name.clone();
        schema.attributes.push(self.text("Namespace", name, member.span, member.span));
        for member in contents {
            match (&*member.name, &member.node.value) {
                ("$Alias", _) => schema.attributes.extend(self.attribute("Alias", member)),
                ("$Annotations", Value::Object(targets)) => {
                    schema.children.extend(targets.iter().map(|target| self.target(target)));
                }
                (name, _) if name.starts_with('@') => {}
                (name, Value::Object(_)) if !name.starts_with('$') => {
                    schema.children.extend(self.declaration(member, findings));
                }
                // The overloads of a function or an action.
                (name, Value::Array(overloads)) if !name.starts_with('$') => {
                    for node in overloads {
                        schema.children.push(self.operation(member, node));
                    }
                }
                _ => unexpected(member, "a schema", findings),
            }
        }
        schema
    }

    /// `Annotations` for a target.
    fn target<'d>(&self, member: &Member<'d>) -> Element<'d> {
        let mut element = self.edm("Annotations", member.span);
        let target = member.name.clone();
        element.attributes.push(self.text("Target", target, member.span, member.span));
        if let Value::Object(members) = &member.node.value {
            let annotations = members.iter().filter_map(|m| self.annotation(&m.name, m));
            element.children.extend(annotations);
        }
        element
    }

    /// An element with the name of a member, and the attributes and annotations of its value.
    fn named<'d>(&self, kind: &str, member: &Member<'d>, node: &Node<'d>) -> Element<'d> {
        let mut element = self.plain(kind, member.span, node);
        let name = member.name.clone();
        element.attributes.push(self.text("Name", name, member.span, member.span));
        element
    }

    /// An element with the attributes and annotations of a value.
    fn plain<'d>(&self, kind: &str, span: Span, node: &Node<'d>) -> Element<'d> {
        let mut element = self.edm(kind.to_owned(), span);
        let Value::Object(members) = &node.value else { return element };
        for member in members {
            if member.name.starts_with('@') {
                element.children.extend(self.annotation(&member.name, member));
            } else if let Some(name) = member.name.strip_prefix('$')
                && !APART.contains(&&*member.name)
                && !name.contains('@')
            {
                element.attributes.extend(self.attribute(name.to_owned(), member));
            }
        }
        element
    }

    /// Gives an element the type of a value. What JSON leaves out has other defaults than in XML.
    fn typed<'d>(&self, element: &mut Element<'d>, node: &Node<'d>, default: Option<&'static str>) {
        let written = get(node, "$Type");
        let ty = written.and_then(|member| scalar(&member.node));
        let Some(ty) = ty.or(default.map(Cow::Borrowed)) else { return };
        let span = written.map_or(element.span, |member| inner(&member.node));
        let ty = match is(node, "$Collection") {
            true => Cow::Owned(format!("Collection({ty})")),
            false => ty,
        };
        element.attributes.push(self.text("Type", ty, span, span));
        let nullable = if is(node, "$Nullable") { "true" } else { "false" };
        element.attributes.push(self.text("Nullable", nullable, span, span));
    }

    fn declaration<'d>(&self, member: &Member<'d>, findings: &mut Findings) -> Option<Element<'d>> {
        let node = &member.node;
        let kind = get(node, "$Kind").and_then(|kind| scalar(&kind.node));
        let mut element = self.named(kind.as_deref().unwrap_or_default(), member, node);
        let Value::Object(members) = &node.value else { return None };
        let own = members.iter().filter(|member| !member.name.starts_with(['$', '@']));
        match kind.as_deref() {
            Some("EntityType" | "ComplexType") => {
                element.children.extend(self.key(node));
                element.children.extend(own.map(|member| self.property(member)));
            }
            Some("EnumType") => {
                let values = || own.clone().filter(|member| !member.name.contains('@'));
                element.children.extend(values().map(|member| self.enum_member(member, members)));
            }
            Some("EntityContainer") => {
                element.children.extend(own.map(|member| self.resource(member)));
            }
            Some("TypeDefinition" | "Term") => {}
            _ => {
                let message = format!("`{}` has no `$Kind` of a schema", member.name);
                findings.repair("json::unknown-member", member.span, message);
                return None;
            }
        }
        Some(element)
    }

    fn key<'d>(&self, node: &Node<'d>) -> Option<Element<'d>> {
        let parts = items(node, "$Key");
        let mut key = self.edm("Key", parts.first()?.span);
        for part in parts {
            let mut reference = self.edm("PropertyRef", part.span);
            match &part.value {
                Value::Object(aliases) => {
                    for member in aliases {
                        let alias = member.name.clone();
                        let alias = self.text("Alias", alias, member.span, member.span);
                        reference.attributes.push(alias);
                        reference.attributes.extend(self.attribute("Name", member));
                    }
                }
                _ => {
                    let name = scalar(part).unwrap_or_default();
                    reference.attributes.push(self.text("Name", name, part.span, inner(part)));
                }
            }
            key.children.push(reference);
        }
        Some(key)
    }

    fn property<'d>(&self, member: &Member<'d>) -> Element<'d> {
        let node = &member.node;
        let kind = get(node, "$Kind").and_then(|kind| scalar(&kind.node));
        let kind = kind.unwrap_or(Cow::Borrowed("Property"));
        let mut element = self.named(&kind, member, node);
        let default = (kind == "Property").then_some("Edm.String");
        self.typed(&mut element, node, default);
        element
    }

    /// A member of an enumeration, and the annotations beside it.
    fn enum_member<'d>(&self, member: &Member<'d>, all: &[Member<'d>]) -> Element<'d> {
        let mut element = self.edm("Member", member.span);
        let name = member.name.clone();
        element.attributes.push(self.text("Name", name, member.span, member.span));
        element.attributes.extend(self.attribute("Value", member));
        let beside = all.iter().filter_map(|other| {
            let term = other.name.strip_prefix(&*member.name)?;
            self.annotation(term, other)
        });
        element.children.extend(beside);
        element
    }

    /// What a container holds.
    fn resource<'d>(&self, member: &Member<'d>) -> Element<'d> {
        let node = &member.node;
        if get(node, "$Function").is_some() {
            return self.named("FunctionImport", member, node);
        }
        if get(node, "$Action").is_some() {
            return self.named("ActionImport", member, node);
        }
        let (kind, attribute) = match is(node, "$Collection") {
            true => ("EntitySet", "EntityType"),
            false => ("Singleton", "Type"),
        };
        let mut element = self.named(kind, member, node);
        let ty = get(node, "$Type");
        element.attributes.extend(ty.and_then(|member| self.attribute(attribute, member)));
        if let Some(Value::Object(bindings)) =
            get(node, "$NavigationPropertyBinding").map(|member| &member.node.value)
        {
            for member in bindings {
                let mut binding = self.edm("NavigationPropertyBinding", member.span);
                let path = member.name.clone();
                binding.attributes.push(self.text("Path", path, member.span, member.span));
                binding.attributes.extend(self.attribute("Target", member));
                element.children.push(binding);
            }
        }
        element
    }

    /// An overload of a function or an action.
    fn operation<'d>(&self, member: &Member<'d>, node: &Node<'d>) -> Element<'d> {
        let kind = get(node, "$Kind").and_then(|kind| scalar(&kind.node));
        let mut element = self.named(kind.as_deref().unwrap_or("Function"), member, node);
        for parameter in items(node, "$Parameter") {
            let mut child = self.plain("Parameter", parameter.span, parameter);
            self.typed(&mut child, parameter, Some("Edm.String"));
            element.children.push(child);
        }
        if let Some(result) = get(node, "$ReturnType") {
            let mut child = self.plain("ReturnType", result.span, &result.node);
            self.typed(&mut child, &result.node, Some("Edm.String"));
            element.children.push(child);
        }
        element
    }
}
