//! Differences between entity types and complex types.

use super::change::{Aspect, Direction, Subject};
use super::compare::{At, Comparison, pair};
use crate::model::{Access, Model, Multiplicity, Navigation, Property, StructuredType};
use crate::outline::text::{access_text, key_text, multiplicity_text, structured_name};

/// A structured type and the model that it is in.
#[derive(Clone, Copy)]
struct In<'a> {
    model: &'a Model,
    /// All types of its kind.
    siblings: &'a [StructuredType],
    ty: &'a StructuredType,
}

impl In<'_> {
    fn base(&self) -> Option<Self> {
        let ty = self.siblings.get(self.ty.base?)?;
        Some(Self { ty, ..*self })
    }

    fn key(&self) -> String {
        key_text(self.model, self.ty, &self.ty.key)
    }

    fn alternate_keys(&self) -> Vec<String> {
        let keys = self.ty.alternate_keys.iter();
        keys.map(|key| key_text(self.model, self.ty, key)).collect()
    }
}

impl<'a> Comparison<'a> {
    pub(super) fn structured_types(&mut self) {
        let (old, new) = (self.old, self.new);
        self.structured(Subject::ComplexType, &old.complex_types, &new.complex_types);
        self.structured(Subject::EntityType, &old.entity_types, &new.entity_types);
    }

    fn structured(
        &mut self,
        subject: Subject,
        old_types: &'a [StructuredType],
        new_types: &'a [StructuredType],
    ) {
        let paired = pair(old_types, new_types, structured_name);
        for (path, ty) in paired.removed {
            self.removed(subject, path, ty.label.span);
        }
        for (path, old, new) in paired.both {
            let at = At { subject, path, old: &old.label, new: &new.label };
            let old = In { model: self.old, siblings: old_types, ty: old };
            let new = In { model: self.new, siblings: new_types, ty: new };
            self.one(&at, old, new);
        }
        for (path, ty) in paired.added {
            self.added(subject, path, &ty.label);
        }
    }

    fn one(&mut self, at: &At<'_>, old: In<'a>, new: In<'a>) {
        self.base(at, old, new);
        self.permission(at, Aspect::Abstract, !old.ty.is_abstract, !new.ty.is_abstract);
        self.permission(at, Aspect::Open, old.ty.is_open, new.ty.is_open);
        self.permission(at, Aspect::MediaStream, old.ty.has_stream, new.ty.has_stream);
        self.demand(at, Aspect::ConcurrencyControl, old.ty.has_etag, new.ty.has_etag);
        // A key that is that of the base type is compared there.
        let is_inherited = |of: In<'_>| of.base().is_some_and(|base| base.key() == of.key());
        if !(is_inherited(old) && is_inherited(new)) {
            self.changed(at, Aspect::Key, Direction::Other, old.key(), new.key());
        }
        self.alternate_keys(at, &old.alternate_keys(), &new.alternate_keys());
        self.properties(&at.path, old.ty, new.ty);
        self.navigation(&at.path, old.ty, new.ty);
        self.bound(&at.path, &old.ty.operations, &new.ty.operations);
        self.bound(&at.path, &old.ty.collection_operations, &new.ty.collection_operations);
        self.label(at);
    }

    fn base(&mut self, at: &At<'_>, old: In<'_>, new: In<'_>) {
        let chain = |mut of: In<'_>| {
            let mut names = Vec::new();
            // A chain is at most as long as there are types.
            while let Some(base) = of.base().filter(|_| names.len() < of.siblings.len()) {
                names.push(structured_name(base.ty));
                of = base;
            }
            names
        };
        let (old, new) = (chain(old), chain(new));
        let direction = match old.iter().all(|name| new.contains(name)) {
            true => Direction::Wider,
            false => Direction::Other,
        };
        let nearest = |names: Vec<String>| names.into_iter().next().unwrap_or_default();
        self.changed(at, Aspect::BaseType, direction, nearest(old), nearest(new));
    }

    fn alternate_keys(&mut self, at: &At<'_>, old: &[String], new: &[String]) {
        let direction = match old.iter().all(|key| new.contains(key)) {
            true => Direction::Wider,
            false => Direction::Narrower,
        };
        self.changed(at, Aspect::AlternateKeys, direction, old.join("; "), new.join("; "));
    }

    fn properties(&mut self, path: &str, old: &'a StructuredType, new: &'a StructuredType) {
        let paired = pair(&old.properties, &new.properties, |property| property.label.name.clone());
        let subject = Subject::Property;
        for (name, property) in paired.removed.into_iter().filter(|(_, it)| !it.is_inherited) {
            self.removed(subject, format!("{path}/{name}"), property.label.span);
        }
        for (name, old, new) in paired.both {
            if !(old.is_inherited && new.is_inherited) {
                let path = format!("{path}/{name}");
                let at = At { subject, path, old: &old.label, new: &new.label };
                self.property(&at, old, new);
            }
        }
        for (name, property) in paired.added.into_iter().filter(|(_, it)| !it.is_inherited) {
            let path = format!("{path}/{name}");
            self.added_as(subject, path, property.label.span, property.required);
        }
    }

    fn property(&mut self, at: &At<'_>, old: &Property, new: &Property) {
        self.ty(at, Aspect::Type, &old.ty, &new.ty);
        self.permission(at, Aspect::Nullable, old.nullable, new.nullable);
        self.facets(at, (old.max_length, &old.facets), (new.max_length, &new.facets));
        self.access(at, old.access, new.access);
        self.demand(at, Aspect::Required, old.required, new.required);
        self.label(at);
    }

    fn access(&mut self, at: &At<'_>, old: Access, new: Access) {
        let rank = |access| match access {
            Access::ReadOnly => 0,
            Access::Create => 1,
            Access::Update => 2,
        };
        let direction = Direction::of_permission(rank(new) > rank(old));
        self.changed(at, Aspect::Access, direction, access_text(old), access_text(new));
    }

    fn navigation(&mut self, path: &str, old: &'a StructuredType, new: &'a StructuredType) {
        let paired = pair(&old.navigation, &new.navigation, |it| it.label.name.clone());
        let subject = Subject::Navigation;
        for (name, navigation) in paired.removed.into_iter().filter(|(_, it)| !it.is_inherited) {
            self.removed(subject, format!("{path}/{name}"), navigation.label.span);
        }
        for (name, old, new) in paired.both {
            if !(old.is_inherited && new.is_inherited) {
                let path = format!("{path}/{name}");
                let at = At { subject, path, old: &old.label, new: &new.label };
                self.one_navigation(&at, old, new);
            }
        }
        for (name, navigation) in paired.added.into_iter().filter(|(_, it)| !it.is_inherited) {
            self.added(subject, format!("{path}/{name}"), &navigation.label);
        }
    }

    fn one_navigation(&mut self, at: &At<'_>, old: &Navigation, new: &Navigation) {
        let target = |model: &Model, it: &Navigation| structured_name(model.entity_type(it.target));
        let (old_target, new_target) = (target(self.old, old), target(self.new, new));
        self.changed(at, Aspect::EntityType, Direction::Other, old_target, new_target);
        let direction = match (old.multiplicity, new.multiplicity) {
            (Multiplicity::One, Multiplicity::ZeroOrOne) => Direction::Wider,
            (Multiplicity::ZeroOrOne, Multiplicity::One) => Direction::Narrower,
            _ => Direction::Other,
        };
        let many = (multiplicity_text(old.multiplicity), multiplicity_text(new.multiplicity));
        self.changed(at, Aspect::Multiplicity, direction, many.0, many.1);
        let is_contained = (old.contains_target, new.contains_target);
        self.permission(at, Aspect::Containment, is_contained.0, is_contained.1);
        self.access(at, old.access, new.access);
        self.permission(at, Aspect::Links, old.links, new.links);
        let partner = |it: &Navigation| it.partner.clone().unwrap_or_default();
        self.changed(at, Aspect::Partner, Direction::Other, partner(old), partner(new));
        self.label(at);
    }
}
