//! Keys, and other properties that tell entities or their states apart.

use crate::csdl::{self, Kind, Text};
use crate::diagnostic::Spanned;
use crate::model::index::Declared;
use crate::model::inheritance::Member;
use crate::model::resolve::{Scope, unique};
use crate::model::{Access, KeyPart, Primitive, Property, Type};

impl Scope<'_, '_> {
    /// Resolves the keys of a type that has all its properties.
    pub(crate) fn keys(
        &mut self,
        declared: &Declared<'_, csdl::StructuredType>,
        member: &mut Member,
    ) {
        let node = declared.node;
        if node.kind == Kind::Complex {
            return;
        }
        if !node.key.is_empty() {
            self.own_key(node, member);
        }
        let target = self.index.targets.of(declared.namespace, &node.name.value);
        let notes = target.notes(&node.remarks);
        for parts in notes.alternate_keys() {
            let span = node.name.span;
            let resolve = |(path, alias): (&str, Option<&str>)| {
                let path = Spanned::new(path.to_owned(), span);
                let part = self.key_part(&node.name, &path, &member.properties, false)?;
                let is_name = alias.is_none_or(|alias| alias == path.value);
                Some(KeyPart { alias: alias.filter(|_| !is_name).map(str::to_owned), ..part })
            };
            if let Some(key) = parts.into_iter().map(resolve).collect() {
                member.ty.alternate_keys.push(key);
            }
        }
        for name in notes.concurrency().unwrap_or_default() {
            let found = member.properties.iter_mut().find(|(p, _)| p.label.name == name);
            if let Some((property, _)) = found {
                property.is_concurrency_token = true;
            }
        }
        member.ty.has_etag |= member.properties.iter().any(|(p, _)| p.is_concurrency_token);
    }

    /// The key that the type declares itself.
    fn own_key(&mut self, node: &csdl::StructuredType, member: &mut Member) {
        if !member.ty.key.is_empty() {
            let span = node.key.first().map_or(node.name.span, |part| part.path.span);
            let message = format!("`{}` declares a key, and inherits one", node.name.value);
            self.findings.repair("csdl::redeclared", span, message);
            return;
        }
        let first = unique("key property", node.key.iter().map(|part| &part.path), self.findings);
        let mut key = Vec::new();
        for (part, _) in node.key.iter().zip(first).filter(|(_, first)| *first) {
            let Some(found) = self.key_part(&node.name, &part.path, &member.properties, true)
            else {
                // A key without one of its parts addresses nothing.
                return;
            };
            let alias = part.alias.as_ref().filter(|alias| !alias.value.is_empty());
            let alias = alias.map(|alias| alias.value.clone());
            if found.path.len() > 1 && alias.is_none() {
                let message = format!("the key part `{}` needs an alias", part.path.value);
                self.findings.repair("csdl::key-alias", part.path.span, message);
            }
            let fallback = || (found.path.len() > 1).then(|| part.path.value.replace('/', "_"));
            key.push(KeyPart { alias: alias.or_else(fallback), ..found });
        }
        member.ty.key = key;
        mark(member);
    }

    /// The property that a part of a key leads to.
    fn key_part(
        &mut self,
        owner: &Text,
        path: &Text,
        properties: &[(Property, bool)],
        is_own: bool,
    ) -> Option<KeyPart> {
        let mut steps = Vec::new();
        let mut segments = path.value.split('/');
        let first = segments.next().unwrap_or_default();
        let found = properties.iter().position(|(property, _)| property.label.name == first);
        let Some(at) = found else {
            let names = properties.iter().map(|(property, _)| property.label.name.as_str());
            self.unknown_key_property(owner, path, names, is_own);
            return None;
        };
        steps.push(at);
        let mut ty = &properties.get(at)?.0.ty;
        for segment in segments {
            let Type::Complex(id) = ty else {
                self.unknown_key_property(owner, path, [], is_own);
                return None;
            };
            let inner = &self.model.complex_types.get(id.0)?.properties;
            let Some(at) = inner.iter().position(|property| property.label.name == segment) else {
                let names = inner.iter().map(|property| property.label.name.as_str());
                self.unknown_key_property(owner, path, names, is_own);
                return None;
            };
            steps.push(at);
            ty = &inner.get(at)?.ty;
        }
        let is_primitive = match ty {
            Type::Complex(_) | Type::Collection(_) | Type::Entity(_) => false,
            Type::Primitive(primitive) => {
                !matches!(primitive, Primitive::Stream | Primitive::Untyped)
            }
            Type::Id(_) | Type::Enum(_) | Type::Definition(_) => true,
        };
        if !is_primitive {
            let message = format!("the key property `{}` is not primitive", path.value);
            self.findings.repair("csdl::wrong-type", path.span, message);
            return None;
        }
        Some(KeyPart { path: steps, alias: None })
    }

    fn unknown_key_property<'n>(
        &mut self,
        owner: &Text,
        path: &Text,
        names: impl IntoIterator<Item = &'n str>,
        is_own: bool,
    ) {
        if !is_own {
            // Annotations are advice; one that is wrong does not make the document wrong.
            let message = format!(
                "an alternate key of `{}` is left out: there is no property `{}`",
                owner.value, path.value
            );
            self.findings.warning("csdl::alternate-key", path.span, message);
            return;
        }
        let message = format!(
            "the key of `{}` names the property `{}`, which the type does not declare",
            owner.value, path.value
        );
        let last = path.value.rsplit('/').next().unwrap_or_default();
        self.findings.repair("csdl::unknown-key-property", path.span, message).suggest(last, names);
    }
}

/// Properties of a key are never null, and are given at create if nothing else is said.
pub(crate) fn mark(member: &mut Member) {
    for part in &member.ty.key {
        let [at] = part.path.as_slice() else { continue };
        if let Some((property, access_given)) = member.properties.get_mut(*at) {
            property.nullable = false;
            if !*access_given {
                property.access = Access::Create;
            }
        }
    }
}
