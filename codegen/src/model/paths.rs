//! Checks of what leads through navigation properties: partners and bindings. Generated code does
//! not need them, but one that contradicts the document is a mistake worth reporting.

use std::collections::BTreeMap;

use crate::diagnostic::Findings;
use crate::model::index::Index;
use crate::model::{EntityTypeId, Model, StructuredType, Type};

/// Removes partners that are not there.
pub(crate) fn check(model: &mut Model, index: &Index<'_>, findings: &mut Findings) {
    let mut members = Members::new(model, index);
    let mut unknown = Vec::new();
    let kinds = [&model.entity_types, &model.complex_types];
    for (kind, types) in kinds.into_iter().enumerate() {
        for (at, ty) in types.iter().enumerate() {
            for (place, navigation) in ty.navigation.iter().enumerate() {
                let Some(partner) = &navigation.partner else { continue };
                let start = Place::Entity(navigation.target);
                if !members.leads_on(start, partner, navigation.label.span.source) {
                    unknown.push((kind, at, place));
                }
            }
        }
    }
    for (kind, at, place) in unknown {
        let types = if kind == 0 { &mut model.entity_types } else { &mut model.complex_types };
        let Some(navigation) = types.get_mut(at).and_then(|ty| ty.navigation.get_mut(place)) else {
            continue;
        };
        let Some(partner) = navigation.partner.take() else { continue };
        if !navigation.is_inherited {
            let message = format!(
                "the partner of `{}` is `{partner}`, which is not a navigation property of its target",
                navigation.label.name
            );
            findings.repair("csdl::unknown-partner", navigation.label.span, message);
        }
    }
}

/// Where a path has come to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// At an entity.
    Entity(EntityTypeId),
    /// At a complex value, by the index of its type.
    Complex(usize),
}

/// What a member of a type leads to; `None` for a value that nothing follows.
type Step = Option<Place>;

/// The members of types by name, listed when a path first comes to the type.
pub(crate) struct Members<'m, 'i> {
    model: &'m Model,
    index: &'i Index<'i>,
    names: BTreeMap<Place, BTreeMap<&'m str, Step>>,
}

impl<'m, 'i> Members<'m, 'i> {
    /// No members listed yet.
    pub(crate) fn new(model: &'m Model, index: &'i Index<'i>) -> Self {
        Self { model, index, names: BTreeMap::new() }
    }

    fn ty(&self, place: Place) -> Option<&'m StructuredType> {
        match place {
            Place::Entity(id) => self.model.entity_types.get(id.0),
            Place::Complex(at) => self.model.complex_types.get(at),
        }
    }

    fn step(&mut self, place: Place, name: &str) -> Option<Step> {
        if !self.names.contains_key(&place) {
            let ty = self.ty(place)?;
            let properties = ty.properties.iter().map(|property| {
                let item = match &property.ty {
                    Type::Collection(item) => item,
                    ty => ty,
                };
                let step = match item {
                    Type::Complex(id) => Some(Place::Complex(id.0)),
                    _ => None,
                };
                (property.label.name.as_str(), step)
            });
            let navigation = ty.navigation.iter().map(|navigation| {
                (navigation.label.name.as_str(), Some(Place::Entity(navigation.target)))
            });
            self.names.insert(place, properties.chain(navigation).collect());
        }
        self.names.get(&place)?.get(name).copied()
    }

    /// Whether a path of a document leads somewhere: through members and type casts.
    pub(crate) fn leads_on(&mut self, start: Place, path: &str, source: usize) -> bool {
        let mut at = Some(start);
        for segment in path.split('/') {
            let Some(place) = at else { return false };
            at = match segment.contains('.') {
                true => match self.index.type_of(&self.index.expand_in(source, segment)) {
                    Some(Type::Entity(id)) => Some(Place::Entity(*id)),
                    Some(Type::Complex(id)) => Some(Place::Complex(id.0)),
                    _ => return false,
                },
                false => match self.step(place, segment) {
                    Some(step) => step,
                    None => return false,
                },
            };
        }
        true
    }
}
