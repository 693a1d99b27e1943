//! A model without what is not kept: indices are counted anew.

use crate::model::{
    ComplexTypeId, EntityTypeId, EnumTypeId, IdTypeId, KeyPart, Model, Operation, StructuredType,
    Type, TypeDefinitionId,
};
use crate::select::closure::{Closure, Extent};

/// New indices by old ones.
struct Map {
    entities: Vec<Option<usize>>,
    complexes: Vec<Option<usize>>,
    enums: Vec<Option<usize>>,
    ids: Vec<Option<usize>>,
    definitions: Vec<Option<usize>>,
}

/// Takes out of a model what a closure does not keep.
pub(crate) fn shrink(model: &Model, closure: &Closure<'_>) -> Model {
    let map = Map {
        entities: count(closure.entities.iter().map(Option::is_some)),
        complexes: count(closure.complexes.iter().copied()),
        enums: count(closure.enums.iter().copied()),
        ids: count(closure.ids.iter().copied()),
        definitions: count(closure.definitions.iter().copied()),
    };
    let mut small = model.clone();
    let mut extents = closure.entities.iter();
    small.entity_types.retain(|_| extents.next().is_some_and(Option::is_some));
    for (ty, extent) in small.entity_types.iter_mut().zip(closure.entities.iter().flatten()) {
        if *extent == Extent::Stub {
            stub(ty);
        }
        map.structured_type(ty, &map.entities, closure);
    }
    retain(&mut small.complex_types, &closure.complexes);
    for ty in &mut small.complex_types {
        map.structured_type(ty, &map.complexes, closure);
    }
    retain(&mut small.enum_types, &closure.enums);
    retain(&mut small.id_types, &closure.ids);
    retain(&mut small.type_definitions, &closure.definitions);
    for (container, [sets, singletons, operations]) in
        small.containers.iter_mut().zip(&closure.containers)
    {
        retain_at(&mut container.entity_sets, |at| sets.contains(&at));
        retain_at(&mut container.singletons, |at| singletons.contains(&at));
        retain_at(&mut container.operations, |at| operations.contains(&at));
        for set in &mut container.entity_sets {
            set.entity_type = EntityTypeId(at(&map.entities, set.entity_type.0));
        }
        for singleton in &mut container.singletons {
            singleton.entity_type = EntityTypeId(at(&map.entities, singleton.entity_type.0));
        }
        container.operations.iter_mut().for_each(|operation| map.operation(operation));
    }
    small
}

/// New indices of what is kept.
fn count(kept: impl Iterator<Item = bool>) -> Vec<Option<usize>> {
    let mut next = 0;
    kept.map(|is_kept| {
        is_kept.then(|| {
            next += 1;
            next - 1
        })
    })
    .collect()
}

fn retain<T>(list: &mut Vec<T>, kept: &[bool]) {
    retain_at(list, |at| kept.get(at).copied().unwrap_or(false));
}

fn retain_at<T>(list: &mut Vec<T>, kept: impl Fn(usize) -> bool) {
    let mut next = 0;
    list.retain(|_| {
        next += 1;
        kept(next - 1)
    });
}

/// A new index; everything that is referred to is kept.
fn at(map: &[Option<usize>], old: usize) -> usize {
    map.get(old).copied().flatten().unwrap_or_default()
}

/// Leaves only the key.
fn stub(ty: &mut StructuredType) {
    ty.is_stub = true;
    ty.base = None;
    ty.alternate_keys.clear();
    ty.navigation.clear();
    ty.operations.clear();
    ty.collection_operations.clear();
    let firsts: Vec<usize> = ty.key.iter().filter_map(|part| part.path.first().copied()).collect();
    let places = count((0..ty.properties.len()).map(|at| firsts.contains(&at)));
    retain_at(&mut ty.properties, |at| firsts.contains(&at));
    for property in &mut ty.properties {
        property.is_inherited = false;
    }
    for KeyPart { path, .. } in &mut ty.key {
        if let Some(first) = path.first_mut() {
            *first = at(&places, *first);
        }
    }
}

impl Map {
    fn structured_type(
        &self,
        ty: &mut StructuredType,
        own: &[Option<usize>],
        closure: &Closure<'_>,
    ) {
        ty.base = ty.base.and_then(|base| own.get(base).copied().flatten());
        for property in &mut ty.properties {
            self.ty(&mut property.ty);
            self.ty(&mut property.declared);
        }
        for navigation in &mut ty.navigation {
            navigation.target = EntityTypeId(at(&self.entities, navigation.target.0));
        }
        for list in [&mut ty.operations, &mut ty.collection_operations] {
            list.retain(|operation| closure.keeps(operation));
            list.iter_mut().for_each(|operation| self.operation(operation));
        }
    }

    fn operation(&self, operation: &mut Operation) {
        for parameter in &mut operation.parameters {
            self.ty(&mut parameter.ty);
        }
        operation.result.iter_mut().for_each(|result| self.ty(result));
    }

    fn ty(&self, ty: &mut Type) {
        match ty {
            Type::Primitive(_) => {}
            Type::Id(id) => *id = IdTypeId(at(&self.ids, id.0)),
            Type::Enum(id) => *id = EnumTypeId(at(&self.enums, id.0)),
            Type::Complex(id) => *id = ComplexTypeId(at(&self.complexes, id.0)),
            Type::Entity(id) => *id = EntityTypeId(at(&self.entities, id.0)),
            Type::Definition(id) => *id = TypeDefinitionId(at(&self.definitions, id.0)),
            Type::Collection(item) => self.ty(item),
        }
    }
}
