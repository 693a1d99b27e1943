//! Amendments to a document. Each must find its target.

use crate::amend::operations;
use crate::amend::{Amendment, Member, Pattern};
use crate::csdl::{
    Edmx, EnumFacts, Facts, NavigationFacts, PropertyFacts, SetFacts, StructuredType, Text,
};
use crate::diagnostic::Findings;

/// How many base types are looked through for a member. No known chain is longer than 60.
const DEEPEST: usize = 1_000;

/// Applies amendments: first the namespace that names refer to, then the wider patterns, then the
/// narrower ones, then what is said of one thing only.
pub(crate) fn apply(edmx: &mut Edmx, mut amendments: Vec<Amendment>, findings: &mut Findings) {
    home(edmx, &amendments, findings);
    amendments.sort_by_key(specificity);
    for amendment in amendments {
        match amendment {
            Amendment::Namespace(_) => {}
            Amendment::Enum(ty) => edmx.enum_types.push(ty),
            Amendment::Id(ty) => edmx.id_types.push(ty),
            Amendment::EnumFacts(key, facts) => enumeration(edmx, &key, &facts, findings),
            Amendment::Type(key, facts) => named_type(edmx, &key, &facts, findings),
            Amendment::Property(member, facts) => property(edmx, &member, &facts, findings),
            Amendment::Navigation(member, facts) => navigation(edmx, &member, &facts, findings),
            Amendment::Operation(key, facts, parameters) => {
                operations::apply(edmx, &key, &facts, &parameters, findings);
            }
            Amendment::Set(key, facts) => set(edmx, &key, &facts, findings),
            Amendment::Singleton(key, facts) => singleton(edmx, &key, &facts, findings),
            Amendment::Container(key, facts) => {
                let containers = edmx.schemas.iter_mut().flat_map(|schema| &mut schema.containers);
                let mut found = false;
                for container in containers {
                    found = true;
                    container.amended.merge(&facts);
                }
                if !found {
                    does_not_apply(&key, "there is no entity container", findings, []);
                }
            }
        }
    }
}

/// What comes later wins: `*.*`, then `*.Name`, then `Type.*`, then the rest.
fn specificity(amendment: &Amendment) -> u8 {
    match amendment {
        Amendment::Property(member, _) | Amendment::Navigation(member, _) => {
            match (member.owner.is_wide(), member.name.is_wide()) {
                (true, true) => 0,
                (true, false) => 1,
                (false, true) => 2,
                (false, false) => 3,
            }
        }
        Amendment::Set(key, _) => u8::from(!Pattern::new(&key.value).is_wide()) * 3,
        _ => 3,
    }
}

/// Sets the namespace that unqualified names refer to: the one the amendments name, else the one
/// with the most structured types.
fn home(edmx: &mut Edmx, amendments: &[Amendment], findings: &mut Findings) {
    edmx.home = edmx.largest_namespace();
    for amendment in amendments {
        let Amendment::Namespace(namespace) = amendment else { continue };
        let known: Vec<String> =
            edmx.schemas.iter().map(|schema| schema.namespace.value.clone()).collect();
        if known.contains(&namespace.value) {
            edmx.home.clone_from(&namespace.value);
        } else {
            let message = format!("there is no schema `{}`", namespace.value);
            does_not_apply(namespace, message, findings, known.iter().map(String::as_str));
        }
    }
}

/// Reports an amendment without target.
pub(crate) fn does_not_apply<'a>(
    key: &Text,
    message: impl Into<String>,
    findings: &mut Findings,
    candidates: impl IntoIterator<Item = &'a str>,
) {
    let written = key.value.clone();
    findings
        .error("amend::does-not-apply", key.span, message)
        .help("the document may have changed: correct or remove the amendment")
        .suggest(&written, candidates);
}

/// Splits `Ns.Type` and gives unqualified names their namespace.
pub(crate) fn qualify(edmx: &Edmx, name: &str) -> (String, String) {
    match name.rsplit_once('.') {
        Some((namespace, name)) => (namespace.to_owned(), name.to_owned()),
        None => (edmx.home.clone(), name.to_owned()),
    }
}

fn enumeration(edmx: &mut Edmx, key: &Text, facts: &EnumFacts, findings: &mut Findings) {
    let (namespace, short) = qualify(edmx, &key.value);
    let mut names = Vec::new();
    for schema in &mut edmx.schemas {
        let is_here = schema.namespace.value == namespace;
        for ty in &mut schema.enum_types {
            if !is_here || ty.name.value != short {
                names.push(ty.name.value.as_str());
                continue;
            }
            ty.amended.merge(facts);
            for (member, _) in &facts.docs {
                if !ty.members.iter().any(|known| known.name.value == member.value) {
                    let message = format!("`{}` has no member `{}`", key.value, member.value);
                    let names = ty.members.iter().map(|member| member.name.value.as_str());
                    does_not_apply(member, message, findings, names);
                }
            }
            return;
        }
    }
    let message = format!("there is no enumeration `{}` to amend", key.value);
    findings
        .error("amend::does-not-apply", key.span, message)
        .help("to add one, give it `underlying` and `members`")
        .suggest(&key.value, names);
}

/// Applies to a type of any kind.
fn named_type(edmx: &mut Edmx, key: &Text, facts: &Facts, findings: &mut Findings) {
    let (namespace, short) = qualify(edmx, &key.value);
    let mut names = Vec::new();
    for schema in &mut edmx.schemas {
        let is_here = schema.namespace.value == namespace;
        let types = schema.types.iter_mut().map(|ty| (&ty.name, &mut ty.amended));
        let enums = schema.enum_types.iter_mut().map(|ty| (&ty.name, &mut ty.amended.common));
        let definitions = schema.type_definitions.iter_mut().map(|ty| (&ty.name, &mut ty.amended));
        for (name, amended) in types.chain(enums).chain(definitions) {
            if is_here && name.value == short {
                return amended.merge(facts);
            }
            names.push(name.value.as_str());
        }
    }
    does_not_apply(key, format!("there is no type `{}`", key.value), findings, names);
}

fn property(edmx: &mut Edmx, member: &Member, facts: &PropertyFacts, findings: &mut Findings) {
    let access = Access {
        what: "property",
        declared: |ty: &mut StructuredType, name: &Pattern| {
            let properties = ty.properties.iter_mut().filter(|p| name.is(&p.name.value));
            properties.map(|property| property.amended.merge(facts)).count() > 0
        },
        inherited: |ty: &mut StructuredType, name: &str| {
            ty.inherited.properties.push((name.to_owned(), facts.clone()))
        },
        names: |ty: &StructuredType| ty.properties.iter().map(|p| p.name.value.clone()).collect(),
    };
    access.apply(edmx, member, findings);
}

fn navigation(edmx: &mut Edmx, member: &Member, facts: &NavigationFacts, findings: &mut Findings) {
    let access = Access {
        what: "navigation property",
        declared: |ty: &mut StructuredType, name: &Pattern| {
            let navigation = ty.navigation.iter_mut().filter(|n| name.is(&n.name.value));
            navigation.map(|navigation| navigation.amended.merge(facts)).count() > 0
        },
        inherited: |ty: &mut StructuredType, name: &str| {
            ty.inherited.navigation.push((name.to_owned(), facts.clone()))
        },
        names: |ty: &StructuredType| ty.navigation.iter().map(|n| n.name.value.clone()).collect(),
    };
    access.apply(edmx, member, findings);
}

/// How one kind of member is amended.
struct Access<D, I, N> {
    /// What it is called.
    what: &'static str,
    /// Amends what a type declares; whether there is anything.
    declared: D,
    /// Amends what a type inherits.
    inherited: I,
    /// The names that a type declares.
    names: N,
}

impl<D, I, N> Access<D, I, N>
where
    D: FnMut(&mut StructuredType, &Pattern) -> bool,
    I: Fn(&mut StructuredType, &str),
    N: Fn(&StructuredType) -> Vec<String>,
{
    /// Applies to members of one type, declared or inherited, or of every type that declares
    /// them; there must be at least one.
    fn apply(mut self, edmx: &mut Edmx, member: &Member, findings: &mut Findings) {
        let Member { key, owner, name } = member;
        let what = self.what;
        if !owner.is_wide() {
            let Some(place) = find_type(edmx, owner.text(), key, findings) else { return };
            if (self.declared)(type_at(edmx, place), name) {
                return;
            }
            let mut names = (self.names)(type_at(edmx, place));
            let mut at = place;
            // Base types may form a cycle, which is reported elsewhere.
            for _ in 0..DEEPEST {
                let Some(base) = base_of(edmx, at) else { break };
                let more = (self.names)(type_at(edmx, base));
                if more.iter().any(|known| known == name.text()) {
                    return (self.inherited)(type_at(edmx, place), name.text());
                }
                names.extend(more);
                at = base;
            }
            let message = format!("`{}` has no {what} `{}`", owner.text(), name.text());
            let key = Text::new(name.text().to_owned(), key.span);
            return does_not_apply(&key, message, findings, names.iter().map(String::as_str));
        }
        let (mut applied, mut names) = (false, Vec::new());
        for schema in &mut edmx.schemas {
            let namespace = schema.namespace.value.clone();
            for ty in &mut schema.types {
                if owner.is_qualified(&namespace, &ty.name.value) {
                    applied |= (self.declared)(ty, name);
                    names.extend((self.names)(ty));
                }
            }
        }
        if !applied {
            let owner = match owner.text() {
                "*" => "no type".to_owned(),
                owner => format!("no type `{owner}`"),
            };
            let message = format!("{owner} has a {what} `{}`", name.text());
            let key = Text::new(name.text().to_owned(), key.span);
            does_not_apply(&key, message, findings, names.iter().map(String::as_str));
        }
    }
}

/// Where a type is: the index of its schema, and its own.
type Place = (usize, usize);

fn type_at(edmx: &mut Edmx, (schema, ty): Place) -> &mut StructuredType {
    &mut edmx.schemas[schema].types[ty]
}

fn place(edmx: &Edmx, namespace: &str, name: &str) -> Option<Place> {
    edmx.schemas.iter().enumerate().find_map(|(at, schema)| {
        let is_here = schema.namespace.value == namespace;
        let found = schema.types.iter().position(|ty| is_here && ty.name.value == name)?;
        Some((at, found))
    })
}

fn base_of(edmx: &Edmx, (schema, ty): Place) -> Option<Place> {
    let base = edmx.schemas.get(schema)?.types.get(ty)?.base.as_ref()?;
    let qualified = edmx.expand(base.span.source, base.value.trim());
    let (namespace, name) = qualified.rsplit_once('.')?;
    place(edmx, namespace, name)
}

fn find_type(edmx: &Edmx, name: &str, key: &Text, findings: &mut Findings) -> Option<Place> {
    let (namespace, short) = qualify(edmx, name);
    let found = place(edmx, &namespace, &short);
    if found.is_none() {
        let types = edmx.schemas.iter().flat_map(|schema| &schema.types);
        let names = types.map(|ty| ty.name.value.as_str());
        let key = Text::new(name.to_owned(), key.span);
        does_not_apply(&key, format!("there is no type `{name}`"), findings, names);
    }
    found
}

fn set(edmx: &mut Edmx, key: &Text, facts: &SetFacts, findings: &mut Findings) {
    let pattern = Pattern::new(&key.value);
    let sets = edmx.schemas.iter_mut().flat_map(|schema| &mut schema.containers);
    let (mut applied, mut names) = (false, Vec::new());
    for set in sets.flat_map(|container| &mut container.entity_sets) {
        if pattern.is(&set.name.value) {
            set.amended.merge(facts);
            applied = true;
        }
        names.push(set.name.value.as_str());
    }
    if !applied {
        does_not_apply(key, format!("there is no entity set `{}`", key.value), findings, names);
    }
}

fn singleton(edmx: &mut Edmx, key: &Text, facts: &Facts, findings: &mut Findings) {
    let containers = edmx.schemas.iter_mut().flat_map(|schema| &mut schema.containers);
    let mut names = Vec::new();
    for singleton in containers.flat_map(|container| &mut container.singletons) {
        if singleton.name.value == key.value {
            return singleton.amended.merge(facts);
        }
        names.push(singleton.name.value.as_str());
    }
    does_not_apply(key, format!("there is no singleton `{}`", key.value), findings, names);
}
