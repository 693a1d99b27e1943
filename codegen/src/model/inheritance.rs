//! What types have from their base types.

use std::collections::BTreeMap;

use crate::csdl;
use crate::model::index::Declared;
use crate::model::resolve::Scope;
use crate::model::{Property, StructuredType, keys};

/// How many members all types may have together, those of base types included. A hostile document
/// can have a long chain of wide types; the largest known one comes to 150,000.
const MOST: usize = 2_000_000;

/// A type on its way into the model.
pub(crate) struct Member {
    /// The type, without properties.
    pub(crate) ty: StructuredType,
    /// Its properties, each with whether somebody says who sets it.
    pub(crate) properties: Vec<(Property, bool)>,
}

/// Gives every type the members of its base type, before its own, and the key.
pub(crate) fn flatten(
    scope: &mut Scope<'_, '_>,
    declared: &[Declared<'_, csdl::StructuredType>],
    own: Vec<Member>,
    mut bases: Vec<Option<usize>>,
) -> Vec<StructuredType> {
    let order = order(scope, declared, &mut bases);
    let mut open: Vec<Option<Member>> = own.into_iter().map(Some).collect();
    let mut total = 0;
    for at in order {
        let Some(mut member) = open[at].take() else { continue };
        if let Some(base) = bases[at] {
            // A base type comes before what is derived from it.
            if let Some(base_member) = open.get_mut(base).and_then(Option::as_mut) {
                base_member.ty.has_derived = true;
                inherit(scope, &declared[at], &mut member, base_member);
                member.ty.base = Some(base);
            }
        }
        total += member.properties.len() + member.ty.navigation.len();
        if total > MOST {
            let message =
                format!("the types have more than {MOST} members, those of base types included");
            let span = member.ty.label.span;
            scope.findings.error("csdl::too-large", span, message);
            return Vec::new();
        }
        scope.keys(&declared[at], &mut member);
        open[at] = Some(member);
    }
    let finish = |member: Member| StructuredType {
        properties: member.properties.into_iter().map(|(property, _)| property).collect(),
        ..member.ty
    };
    open.into_iter().flatten().map(finish).collect()
}

/// The types in an order in which base types come first. Types that are derived from themselves
/// lose their base type.
fn order(
    scope: &mut Scope<'_, '_>,
    declared: &[Declared<'_, csdl::StructuredType>],
    bases: &mut [Option<usize>],
) -> Vec<usize> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut states = vec![State::New; bases.len()];
    let mut order = Vec::with_capacity(bases.len());
    for start in 0..bases.len() {
        let mut chain = Vec::new();
        let mut next = Some(start);
        while let Some(at) = next.filter(|at| states[*at] != State::Done) {
            if states[at] == State::Open {
                let node = declared[at].node;
                let message = format!("the type `{}` is derived from itself", node.name.value);
                let span = node.base.as_ref().map_or(node.name.span, |base| base.span);
                scope.findings.error("csdl::cyclic-inheritance", span, message);
                bases[at] = None;
                break;
            }
            states[at] = State::Open;
            chain.push(at);
            next = bases[at];
        }
        for at in chain.into_iter().rev() {
            states[at] = State::Done;
            order.push(at);
        }
    }
    order
}

/// Puts the members of the base type before those of a type.
fn inherit(
    scope: &mut Scope<'_, '_>,
    declared: &Declared<'_, csdl::StructuredType>,
    member: &mut Member,
    base: &Member,
) {
    let ty = &mut member.ty;
    ty.is_open |= base.ty.is_open;
    ty.has_stream |= base.ty.has_stream;
    ty.has_etag |= base.ty.has_etag;
    ty.key.clone_from(&base.ty.key);
    ty.alternate_keys.clone_from(&base.ty.alternate_keys);

    let own = std::mem::take(&mut member.properties);
    let own_navigation = std::mem::take(&mut ty.navigation);
    let mut properties = Vec::with_capacity(base.properties.len() + own.len());
    for (property, given) in &base.properties {
        properties.push((Property { is_inherited: true, ..property.clone() }, *given));
    }
    ty.navigation = Vec::with_capacity(base.ty.navigation.len() + own_navigation.len());
    for navigation in &base.ty.navigation {
        let mut navigation = navigation.clone();
        navigation.is_inherited = true;
        ty.navigation.push(navigation);
    }
    amend(scope, declared.node, &mut properties, ty);

    let inherited: BTreeMap<String, Option<usize>> = {
        let names = properties.iter().enumerate().map(|(at, (p, _))| (&p.label.name, Some(at)));
        let navigation = ty.navigation.iter().map(|n| (&n.label.name, None));
        match own.is_empty() && own_navigation.is_empty() {
            true => BTreeMap::new(),
            false => names.chain(navigation).map(|(name, at)| (name.clone(), at)).collect(),
        }
    };
    let mut redeclared = |label: &crate::model::Label| {
        let found = inherited.get(&label.name).copied()?;
        let message =
            format!("`{}` declares `{}`, which it inherits", declared.node.name.value, label.name);
        scope.findings.repair("csdl::redeclared", label.span, message);
        Some(found)
    };
    for (property, given) in own {
        match redeclared(&property.label) {
            // What the derived type says is what its values have.
            Some(Some(at)) => {
                let ty = &properties[at].0;
                let is_inherited = ty.is_inherited;
                properties[at] = (Property { is_inherited, ..property }, given);
            }
            Some(None) => {}
            None => properties.push((property, given)),
        }
    }
    for navigation in own_navigation {
        if redeclared(&navigation.label).is_none() {
            ty.navigation.push(navigation);
        }
    }
    member.properties = properties;
    keys::mark(member);
}

/// Applies what amendments say of inherited members.
fn amend(
    scope: &mut Scope<'_, '_>,
    declared: &csdl::StructuredType,
    properties: &mut [(Property, bool)],
    ty: &mut StructuredType,
) {
    for (name, facts) in &declared.inherited.properties {
        let found = properties.iter_mut().find(|(property, _)| property.label.name == *name);
        let Some((property, given)) = found else { continue };
        property.label.amend(&facts.common);
        if let Some(better) = &facts.ty {
            let amended = scope.amended_type(&property.declared, better);
            property.ty = amended.unwrap_or(property.ty.clone());
        }
        *given |= facts.access.is_some();
        property.access = facts.access.unwrap_or(property.access);
        property.required = facts.required.unwrap_or(property.required);
        property.nullable = facts.nullable.unwrap_or(property.nullable);
        property.max_length = facts.max_length.or(property.max_length);
    }
    for (name, facts) in &declared.inherited.navigation {
        let found = ty.navigation.iter_mut().find(|navigation| navigation.label.name == *name);
        let Some(navigation) = found else { continue };
        navigation.label.amend(&facts.common);
        navigation.access = facts.access.unwrap_or(navigation.access);
        navigation.links = facts.links.unwrap_or(navigation.links);
    }
}

impl crate::model::Label {
    /// Takes what an amendment says.
    fn amend(&mut self, facts: &csdl::Facts) {
        if facts.name.is_some() {
            self.rust_name.clone_from(&facts.name);
        }
        if facts.doc.is_some() {
            self.doc.clone_from(&facts.doc);
        }
        if facts.since.is_some() {
            self.since.clone_from(&facts.since);
        }
    }
}
