//! Names of properties, navigation properties and streams.

use crate::model::{Label, Primitive, Property, StructuredType, Type};
use crate::names::scope::{Claim, Scope};
use crate::names::{
    AlternateKeyNames, Decider, MemberNames, TypeNames, case, chosen, plain, qualified, rank,
    reserved, signature,
};

/// Where the members of a type are named; derived types go on from there.
#[derive(Clone)]
pub(crate) struct Scopes {
    pub(crate) fields: Scope,
    pub(crate) constants: Scope,
    pub(crate) methods: Scope,
}

/// The names that a derived type takes over.
pub(crate) struct Inherited {
    properties: Vec<MemberNames>,
    navigation: Vec<MemberNames>,
    streams: Vec<String>,
}

/// Names that the lock has given to members which are named later: the operations of a type, and
/// all that types derived from it have of their own.
#[derive(Clone, Default)]
pub(crate) struct Held {
    pub(crate) fields: Vec<String>,
    pub(crate) methods: Vec<String>,
}

/// The names of the members of a type.
pub(crate) struct Members {
    pub(crate) properties: Vec<MemberNames>,
    pub(crate) navigation: Vec<MemberNames>,
    pub(crate) streams: Vec<String>,
    pub(crate) scopes: Scopes,
}

impl TypeNames {
    /// The names of members, for a derived type.
    pub(crate) fn clone_members(&self) -> Inherited {
        Inherited {
            properties: self.properties.clone(),
            navigation: self.navigation.clone(),
            streams: self.streams.clone(),
        }
    }
}

/// Whether a property is a stream: it has a method, not a field.
fn is_stream(property: &Property) -> bool {
    property.ty == Type::Primitive(Primitive::Stream)
}

impl Decider<'_> {
    /// What each of the types must leave to members that are named later, in the order of types.
    pub(crate) fn held(&self, types: &[StructuredType]) -> Vec<Held> {
        let mut held = vec![Held::default(); types.len()];
        for (at, ty) in types.iter().enumerate() {
            let parent = qualified(ty);
            let locked = |key: String| self.lock.name(&key).map(str::to_owned);
            let operations = ty.operations.iter().map(signature);
            let methods: Vec<String> =
                operations.filter_map(|name| locked(format!("{parent}/{name}"))).collect();
            held[at].methods.extend(methods.iter().cloned());
            let Some(base) = ty.base.and_then(|base| types.get(base)) else { continue };
            let own = || ty.properties.iter().skip(base.properties.len());
            let streams = own().filter(|property| is_stream(property)).map(|p| &p.label);
            let navigation = ty.navigation.iter().skip(base.navigation.len()).map(|n| &n.label);
            let named = |label: &Label| locked(member_key(&parent, label));
            let fields: Vec<String> = own().filter_map(|p| named(&p.label)).collect();
            let others = streams.chain(navigation).filter_map(named);
            let methods: Vec<String> = methods.into_iter().chain(others).collect();
            let (mut above, mut steps) = (ty.base, 0);
            while let Some(base) = above.filter(|base| *base < types.len() && steps < types.len()) {
                held[base].fields.extend(fields.iter().cloned());
                held[base].methods.extend(methods.iter().cloned());
                (above, steps) = (types[base].base, steps + 1);
            }
        }
        held
    }

    /// Names the members of a type. Properties and navigation properties run parallel to those of
    /// the type; a stream has a place among the properties, and a method.
    pub(crate) fn members(
        &mut self,
        ty: &StructuredType,
        parent: &str,
        name: &str,
        inherited: Option<(Inherited, Scopes)>,
        held: &Held,
    ) -> Members {
        let (inherited, mut scopes) = match inherited {
            Some((inherited, scopes)) => (inherited, scopes.inherit(name)),
            None => (
                Inherited { properties: Vec::new(), navigation: Vec::new(), streams: Vec::new() },
                Scopes::new(name),
            ),
        };
        held.fields.iter().for_each(|name| scopes.fields.hold(name));
        held.methods.iter().for_each(|name| scopes.methods.hold(name));
        // Those of the base type come first, and are called what they are called there.
        let skip = inherited.properties.len().min(ty.properties.len());
        let skip_navigation = inherited.navigation.len().min(ty.navigation.len());
        let own = &ty.properties[skip..];
        let own_navigation = &ty.navigation[skip_navigation..];
        let claims =
            own.iter().map(|property| claim(parent, &property.label, &["field"])).collect();
        let fields = self.settle(&mut scopes.fields, claims);
        let mut labels: Vec<(&Label, &[&str])> = Vec::new();
        labels.extend(
            own_navigation.iter().map(|navigation| (&navigation.label, &["navigation"][..])),
        );
        labels.extend(own.iter().filter(|p| is_stream(p)).map(|p| (&p.label, &["stream"][..])));
        let claims = labels.iter().map(|(label, words)| claim(parent, label, words)).collect();
        let mut methods = self.settle(&mut scopes.methods, claims);
        let own_streams = methods.split_off(own_navigation.len());
        let members = own.iter().map(|p| &p.label).zip(&fields);
        let members = members.chain(own_navigation.iter().map(|n| &n.label).zip(&methods));
        let constants = self.constants(parent, members.collect(), &mut scopes.constants);
        let pair = |(member, constant): (String, String)| MemberNames { member, constant };
        let mut constants = constants.into_iter();
        let mut properties = inherited.properties;
        properties.truncate(skip);
        properties.extend(fields.into_iter().zip(constants.by_ref()).map(pair));
        let mut navigation = inherited.navigation;
        navigation.truncate(skip_navigation);
        navigation.extend(methods.into_iter().zip(constants).map(pair));
        let mut streams = inherited.streams;
        streams.extend(own_streams);
        Members { properties, navigation, streams, scopes }
    }

    /// Names constants after members; a lock lists only those that are not.
    fn constants(
        &mut self,
        parent: &str,
        members: Vec<(&Label, &String)>,
        scope: &mut Scope,
    ) -> Vec<String> {
        let mut claims = Vec::new();
        let mut naturals = Vec::new();
        for (label, member) in members {
            let natural = case::shouty(plain(member).trim_end_matches('_'));
            let natural = if natural.is_empty() { "UNNAMED".to_owned() } else { natural };
            let is_locked = self.lock.name(&member_key(parent, label)).is_some();
            claims.push(Claim {
                key: format!("{parent}/{}#constant", label.name),
                candidates: vec![natural.clone()],
                rank: rank(label),
                amended: None,
                kept: is_locked.then(|| natural.clone()),
            });
            naturals.push(natural);
        }
        let keys: Vec<String> = claims.iter().map(|claim| claim.key.clone()).collect();
        let names = scope.settle(claims, self.lock, self.findings);
        for ((key, natural), name) in keys.iter().zip(&naturals).zip(&names) {
            if name != natural {
                self.pins.pin(key, name);
            }
        }
        names
    }

    /// Names the fields of the struct of a key: after the properties, or their aliases.
    pub(crate) fn key_parts(
        &mut self,
        ty: &StructuredType,
        properties: &[MemberNames],
    ) -> Vec<String> {
        let claims = ty.key.iter().map(|part| {
            let property = part.path.first().and_then(|at| properties.get(*at));
            let text = match (&part.alias, property) {
                (Some(alias), _) => case::snake(alias),
                (None, Some(names)) => plain(&names.member).to_owned(),
                (None, None) => String::new(),
            };
            Claim { key: text.clone(), candidates: vec![text], ..Claim::default() }
        });
        let claims = claims.collect();
        Scope::new("the parts of a key", &[]).settle(claims, &super::Lock::default(), self.findings)
    }

    /// Names the methods that address an entity by one of its alternate keys.
    pub(crate) fn alternate_keys(
        &mut self,
        ty: &StructuredType,
        parent: &str,
        scope: &mut Scope,
    ) -> Vec<AlternateKeyNames> {
        let mut claims = Vec::new();
        let mut parameters = Vec::new();
        for key in &ty.alternate_keys {
            let words = key
                .iter()
                .map(|part| part.alias.clone().unwrap_or_else(|| path_name(ty, &part.path)));
            let words: Vec<String> = words.collect();
            let snakes: Vec<String> = words.iter().map(|word| case::snake(word)).collect();
            claims.push(Claim {
                key: format!("{parent}/{{{}}}", words.join(",")),
                candidates: vec![format!("by_{}", snakes.join("_and_"))],
                ..Claim::default()
            });
            let named = words.iter().map(|word| Claim {
                key: String::new(),
                candidates: vec![case::snake(word)],
                ..Claim::default()
            });
            parameters.push(Scope::new("parameters", &["self"]).settle(
                named.collect(),
                self.lock,
                self.findings,
            ));
        }
        let methods = self.settle(scope, claims);
        let named = methods.into_iter().zip(parameters);
        named.map(|(method, parameters)| AlternateKeyNames { method, parameters }).collect()
    }
}

/// The name of the property that a path begins with.
fn path_name(ty: &StructuredType, path: &[usize]) -> String {
    let first = path.first().and_then(|at| ty.properties.get(*at));
    first.map(|property| property.label.name.clone()).unwrap_or_default()
}

fn member_key(parent: &str, label: &Label) -> String {
    format!("{parent}/{}", label.name)
}

fn claim(parent: &str, label: &Label, words: &[&str]) -> Claim {
    let text = chosen(label, case::snake);
    let mut candidates = vec![text.clone()];
    candidates
        .extend(words.iter().filter(|word| **word != "field").map(|word| format!("{text}_{word}")));
    if candidates.len() > 1 {
        candidates.push(text);
    }
    Claim {
        key: member_key(parent, label),
        candidates,
        rank: rank(label),
        amended: label.rust_name.clone(),
        kept: None,
    }
}

impl Scopes {
    fn new(name: &str) -> Self {
        Self {
            fields: Scope::new(format!("the fields of `{name}`"), reserved::FIELDS),
            constants: Scope::new(format!("the constants of `{name}`"), &[]),
            methods: Scope::new(
                format!("the methods of `{name}Request`"),
                reserved::REQUEST_METHODS,
            ),
        }
    }

    fn inherit(&self, name: &str) -> Self {
        Self {
            fields: self.fields.inherit(format!("the fields of `{name}`")),
            constants: self.constants.inherit(format!("the constants of `{name}`")),
            methods: self.methods.inherit(format!("the methods of `{name}Request`")),
        }
    }
}
