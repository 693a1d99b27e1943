//! Names of types and of what belongs to one.

use std::collections::BTreeMap;

use crate::model::{EntityTypeId, KeyPart, MemberValue, StructuredType, Type};
use crate::names::members::{Held, Inherited, Scopes};
use crate::names::scope::{Claim, Scope};
use crate::names::{
    Decider, EnumNames, IdNames, Kind, Place, TypeNames, case, chosen, modules, plain, qualified,
    rank, reserved,
};

/// The names of all types, before anything that is named after them.
pub(crate) struct Primary {
    pub(crate) entity_types: Vec<Place>,
    pub(crate) complex_types: Vec<Place>,
    pub(crate) enum_types: Vec<Place>,
    pub(crate) id_types: Vec<Place>,
    pub(crate) type_definitions: Vec<Place>,
    pub(crate) containers: Vec<Place>,
}

/// One type that wants a name.
struct Wanted<'a> {
    label: &'a crate::model::Label,
    namespace: &'a str,
    /// What tells kinds of types apart.
    suffix: &'static str,
    /// The key in the lock, if it is not the qualified name.
    key: Option<String>,
}

impl Decider<'_> {
    /// Names all types of all modules.
    pub(crate) fn primary(&mut self) -> Primary {
        let model = self.model;
        let wanted = |label, namespace, suffix| Wanted { label, namespace, suffix, key: None };
        let lists: [Vec<Wanted<'_>>; 6] = [
            model.entity_types.iter().map(|ty| wanted(&ty.label, &ty.namespace, "Type")).collect(),
            model.complex_types.iter().map(|ty| wanted(&ty.label, &ty.namespace, "Type")).collect(),
            model.enum_types.iter().map(|ty| wanted(&ty.label, &ty.namespace, "Enum")).collect(),
            model.id_types.iter().map(|ty| wanted(&ty.label, "", "Id")).collect(),
            model
                .type_definitions
                .iter()
                .map(|ty| wanted(&ty.label, &ty.namespace, "Value"))
                .collect(),
            (model.containers.iter())
                .map(|container| Wanted {
                    // A container of V3 may have the name of a type.
                    key: Some(format!("{}.{}{{}}", container.namespace, container.label.name)),
                    ..wanted(&container.label, "", "Container")
                })
                .collect(),
        ];
        let index = modules::index_of(self.modules);
        let mut claims: Vec<Vec<Claim>> = self.modules.iter().map(|_| Vec::new()).collect();
        let mut homes: Vec<Vec<(usize, usize)>> = Vec::new();
        for list in &lists {
            let mut places = Vec::new();
            for wanted in list {
                let module = index.get(wanted.namespace).copied().unwrap_or(0);
                places.push((module, claims[module].len()));
                claims[module].push(self.type_claim(wanted));
            }
            homes.push(places);
        }
        self.hold_derived(&model.entity_types, &index);
        let mut names = Vec::new();
        for (module, claims) in claims.into_iter().enumerate() {
            let mut scope = std::mem::replace(&mut self.types[module], Scope::new("", &[]));
            names.push(self.settle(&mut scope, claims));
            self.types[module] = scope;
            // Types and modules share names; `_1st` would be both.
            names[module].iter().for_each(|name| self.files[module].occupy(name));
        }
        let mut placed = homes.into_iter().map(|places| {
            let place =
                |(module, at): (usize, usize)| Place { module, name: names[module][at].clone() };
            places.into_iter().map(place).collect::<Vec<Place>>()
        });
        let mut next = || placed.next().unwrap_or_default();
        Primary {
            entity_types: next(),
            complex_types: next(),
            enum_types: next(),
            id_types: next(),
            type_definitions: next(),
            containers: next(),
        }
    }

    /// Keeps the names that follow from those of locked types for them.
    fn hold_derived(&mut self, types: &[StructuredType], modules: &BTreeMap<&str, usize>) {
        for ty in types {
            let key = qualified(ty);
            let Some(name) = self.lock.name(&key) else { continue };
            let module = modules.get(ty.namespace.as_str()).copied().unwrap_or(0);
            for suffix in derived_of(ty, true) {
                let derived = self.lock.name(&format!("{key}#{suffix}")).map(str::to_owned);
                let derived = derived.unwrap_or_else(|| format!("{name}{suffix}"));
                self.types[module].hold(&derived);
            }
        }
    }

    fn type_claim(&self, wanted: &Wanted<'_>) -> Claim {
        let Wanted { label, namespace, suffix, .. } = wanted;
        let name = match case::camel(&label.name) {
            name if name.is_empty() => "Unnamed".to_owned(),
            name => name,
        };
        let is_home = namespace.is_empty() || *namespace == self.model.namespace;
        let mut candidates = vec![name.clone()];
        if !is_home {
            let last = namespace.rsplit('.').next().unwrap_or_default();
            candidates.push(format!("{}{name}", case::camel(&case::snake(last))));
            candidates.push(format!("{}{name}", case::camel(&case::snake(namespace))));
        }
        candidates.push(format!("{name}{suffix}"));
        let key = wanted.key.clone().unwrap_or_else(|| match namespace.is_empty() {
            true => label.name.clone(),
            false => format!("{namespace}.{}", label.name),
        });
        let rank = rank(label) + if is_home { 0 } else { 2 };
        Claim { key, candidates, rank, amended: label.rust_name.clone(), kept: None }
    }

    /// Names everything of structured types: base types first, because derived types inherit.
    pub(crate) fn structured_types(
        &mut self,
        types: &[StructuredType],
        places: &[Place],
        is_entity: bool,
    ) -> Vec<TypeNames> {
        let mut done: Vec<Option<(TypeNames, Scopes)>> = types.iter().map(|_| None).collect();
        let held = self.held(types);
        // What is locked comes first, then names decide: never the order of the document.
        let mut order: Vec<usize> = (0..types.len()).collect();
        order.sort_by_cached_key(|at| {
            let key = qualified(&types[*at]);
            (self.lock.name(&key).is_none(), key)
        });
        for start in order {
            // From the type up to a base that is done, then down again.
            let mut chain = vec![start];
            while let Some(base) = chain.last().and_then(|at| types[*at].base) {
                if done[base].is_some() || chain.contains(&base) {
                    break;
                }
                chain.push(base);
            }
            for at in chain.into_iter().rev().filter(|at| *at < types.len()) {
                if done[at].is_none() {
                    let base = types[at].base.and_then(|base| done[base].as_ref());
                    let inherited =
                        base.map(|(names, scopes)| (names.clone_members(), scopes.clone()));
                    let members = (inherited, &held[at]);
                    done[at] =
                        Some(self.structured_type(types, at, &places[at], is_entity, members));
                }
            }
        }
        done.into_iter().flatten().map(|(names, _)| names).collect()
    }

    fn structured_type(
        &mut self,
        types: &[StructuredType],
        at: usize,
        place: &Place,
        is_entity: bool,
        (inherited, held): (Option<(Inherited, Scopes)>, &Held),
    ) -> (TypeNames, Scopes) {
        let ty = &types[at];
        let parent = qualified(ty);
        let name = &place.name;
        let module = place.module;
        let bare = plain(name).trim_end_matches('_').to_owned();
        let mut members = self.members(ty, &parent, name, inherited, held);
        let table = vec![case::shouty(&bare), format!("{}_TABLE", case::shouty(&bare))];
        let table = self.derived(Kind::Table, module, &parent, format!("{parent}#table"), table);
        let file = case::snake(&bare);
        let is_ascii = file.is_ascii();
        let file = is_ascii.then(|| {
            let candidates = vec![file.clone(), format!("{file}_type")];
            self.derived(Kind::File, module, &parent, format!("{parent}#file"), candidates)
        });
        let named = |decider: &mut Self, suffix: &str, other: &str| {
            let candidates = vec![format!("{bare}{suffix}"), format!("{bare}{other}")];
            decider.derived(Kind::Type, module, &parent, format!("{parent}#{suffix}"), candidates)
        };
        let has_own_key = ty.key.len() > 1 && !has_same_key(types, at);
        let key = has_own_key.then(|| named(self, "Key", "EntityKey"));
        let key_parts = self.key_parts(ty, &members.properties);
        let request = is_entity.then(|| named(self, "Request", "EntityRequest"));
        let has_collection = derived_of(ty, is_entity).contains(&"CollectionExt");
        let collection =
            has_collection.then(|| named(self, "CollectionExt", "EntityCollectionExt"));
        let operations = self.operations(
            &ty.operations,
            module,
            &parent,
            name,
            Some(name),
            &mut members.scopes.methods,
        );
        let mut scope = Scope::new(
            format!("the methods of collections of `{name}`"),
            reserved::COLLECTION_METHODS,
        );
        let alternate_keys = self.alternate_keys(ty, &parent, &mut scope);
        let owner = format!("{bare}Collection");
        let collection_operations = self.operations(
            &ty.collection_operations,
            module,
            &parent,
            &owner,
            Some(&owner),
            &mut scope,
        );
        let super::members::Members { properties, navigation, streams, scopes } = members;
        let names = TypeNames {
            module,
            ty: name.clone(),
            file,
            table,
            key,
            key_parts,
            request,
            collection,
            properties,
            navigation,
            streams,
            alternate_keys,
            operations,
            collection_operations,
        };
        (names, scopes)
    }

    pub(crate) fn enum_types(&mut self, places: &[Place]) -> Vec<EnumNames> {
        let model = self.model;
        let mut list: Vec<Option<EnumNames>> = model.enum_types.iter().map(|_| None).collect();
        let mut order: Vec<usize> = (0..list.len()).collect();
        order.sort_by_cached_key(|at| {
            let ty = &model.enum_types[*at];
            (
                self.lock.name(&format!("{}.{}", ty.namespace, ty.label.name)).is_none(),
                &ty.namespace,
                &ty.label.name,
            )
        });
        for at in order {
            let (ty, place) = (&model.enum_types[at], &places[at]);
            let key = match ty.namespace.is_empty() {
                true => ty.label.name.clone(),
                false => format!("{}.{}", ty.namespace, ty.label.name),
            };
            let reserved = if ty.is_flags { &[] } else { reserved::VARIANTS };
            let mut scope = Scope::new(format!("the members of `{}`", place.name), reserved);
            let claims = ty.members.iter().map(|member| {
                let text = match ty.is_flags {
                    true => case::shouty(&member.name),
                    false => case::camel(&member.name),
                };
                let value = match &member.value {
                    MemberValue::Integer(value) if *value < 0 => {
                        format!("Minus{}", value.unsigned_abs())
                    }
                    MemberValue::Integer(value) => value.to_string(),
                    MemberValue::Text(_) => String::new(),
                };
                let text = if text.is_empty() { format!("Value{value}") } else { text };
                Claim {
                    key: format!("{key}/{}", member.name),
                    candidates: vec![text],
                    rank: u8::from(!case::is_regular(&member.name)),
                    ..Claim::default()
                }
            });
            let claims = claims.collect();
            let members = self.settle(&mut scope, claims);
            let bare = plain(&place.name).trim_end_matches('_');
            let table = vec![case::shouty(bare), format!("{}_TABLE", case::shouty(bare))];
            let table =
                self.derived(Kind::Table, place.module, &key, format!("{key}#table"), table);
            list[at] =
                Some(EnumNames { module: place.module, ty: place.name.clone(), table, members });
        }
        list.into_iter().flatten().collect()
    }

    pub(crate) fn id_types(&mut self, places: &[Place]) -> Vec<IdNames> {
        let model = self.model;
        let mut list = Vec::new();
        for (ty, place) in model.id_types.iter().zip(places) {
            let key = &ty.label.name;
            let bare = plain(&place.name).trim_end_matches('_');
            let table = vec![case::shouty(bare), format!("{}_TABLE", case::shouty(bare))];
            let table = self.derived(Kind::Table, place.module, key, format!("{key}#table"), table);
            list.push(IdNames { ty: place.name.clone(), table });
        }
        list
    }

    /// What a method that gives one entity of a type is called.
    pub(crate) fn entity_word(&self, id: EntityTypeId) -> String {
        case::snake(&chosen(&self.model.entity_type(id).label, case::camel))
    }
}

/// What is named after a type, at most.
fn derived_of(ty: &StructuredType, is_entity: bool) -> Vec<&'static str> {
    let mut suffixes = Vec::new();
    if is_entity {
        suffixes.push("Request");
        if ty.key.len() > 1 {
            suffixes.push("Key");
        }
        if !ty.collection_operations.is_empty() || !ty.alternate_keys.is_empty() {
            suffixes.push("CollectionExt");
        }
    }
    suffixes
}

/// Whether the base type has the same key.
fn has_same_key(types: &[StructuredType], at: usize) -> bool {
    let key = |at: usize| types.get(at).map(|ty| ty.key.as_slice()).unwrap_or_default();
    let Some(base) = types[at].base else { return false };
    let names = |at: usize| -> Vec<&KeyPart> { key(at).iter().collect() };
    names(base) == names(at) && is_plain(&types[base]) == is_plain(&types[at])
}

/// Whether all parts of the key are properties of a type with literals.
fn is_plain(ty: &StructuredType) -> bool {
    ty.key.iter().all(|part| match part.path.as_slice() {
        [at] => !matches!(ty.properties[*at].ty, Type::Collection(_) | Type::Complex(_)),
        _ => true,
    })
}
