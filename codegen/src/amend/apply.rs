//! Amendments to a document. Each must find its target.

use crate::amend::{Amendment, Member};
use crate::csdl::{
    Edmx, Facts, FunctionImport, NavigationFacts, OperationFacts, ParameterFacts, PropertyFacts,
    SetFacts, StructuredType, Text,
};
use crate::diagnostic::Findings;

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
            Amendment::Type(key, facts) => {
                if let Some(ty) = find_type(edmx, &key.value, &key, findings) {
                    merge(&mut ty.amended, &facts);
                }
            }
            Amendment::Property(member, facts) => property(edmx, &member, &facts, findings),
            Amendment::Navigation(member, facts) => navigation(edmx, &member, &facts, findings),
            Amendment::Operation(key, facts, parameters) => {
                operation(edmx, &key, facts, parameters, findings);
            }
            Amendment::Set(key, facts) => set(edmx, &key, facts, findings),
            Amendment::Container(key, facts) => {
                let containers = edmx.schemas.iter_mut().flat_map(|schema| &mut schema.containers);
                let mut found = false;
                for container in containers {
                    found = true;
                    merge(&mut container.amended, &facts);
                }
                if !found {
                    does_not_apply(&key, "there is no entity container", findings, []);
                }
            }
        }
    }
}

/// What comes later wins: `*.*`, then `*.Name`, then the rest.
fn specificity(amendment: &Amendment) -> u8 {
    match amendment {
        Amendment::Property(member, _) | Amendment::Navigation(member, _) => {
            match (&member.owner, &member.name) {
                (None, None) => 0,
                (None, Some(_)) => 1,
                (Some(_), _) => 2,
            }
        }
        _ => 2,
    }
}

/// Sets the namespace that unqualified names refer to: the one the amendments name, else the
/// first that holds types.
fn home(edmx: &mut Edmx, amendments: &[Amendment], findings: &mut Findings) {
    let first = edmx.namespaces_of_types().next().map(|namespace| namespace.value.clone());
    edmx.home = first.unwrap_or_default();
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

fn does_not_apply<'a>(
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
fn qualify(edmx: &Edmx, name: &str) -> (String, String) {
    match name.rsplit_once('.') {
        Some((namespace, name)) => (namespace.to_owned(), name.to_owned()),
        None => (edmx.home.clone(), name.to_owned()),
    }
}

fn find_type<'e>(
    edmx: &'e mut Edmx,
    name: &str,
    key: &Text,
    findings: &mut Findings,
) -> Option<&'e mut StructuredType> {
    let (namespace, short) = qualify(edmx, name);
    let mut names = Vec::new();
    for schema in &mut edmx.schemas {
        let is_here = schema.namespace.value == namespace;
        for ty in &mut schema.types {
            if is_here && ty.name.value == short {
                return Some(ty);
            }
            names.push(ty.name.value.as_str());
        }
    }
    let key = Text::new(name.to_owned(), key.span);
    does_not_apply(&key, format!("there is no type `{name}`"), findings, names);
    None
}

fn property(edmx: &mut Edmx, member: &Member, facts: &PropertyFacts, findings: &mut Findings) {
    let apply = |ty: &mut StructuredType| {
        let properties = ty.properties.iter_mut().filter(|p| member.is(&p.name.value));
        properties.map(|property| merge_property(&mut property.amended, facts)).count() > 0
    };
    let names = |ty: &StructuredType| ty.properties.iter().map(|p| p.name.value.clone()).collect();
    to_member(edmx, member, "property", apply, names, findings);
}

fn navigation(edmx: &mut Edmx, member: &Member, facts: &NavigationFacts, findings: &mut Findings) {
    let apply = |ty: &mut StructuredType| {
        let navigation = ty.navigation.iter_mut().filter(|n| member.is(&n.name.value));
        navigation.map(|navigation| merge_navigation(&mut navigation.amended, facts)).count() > 0
    };
    let names = |ty: &StructuredType| ty.navigation.iter().map(|n| n.name.value.clone()).collect();
    to_member(edmx, member, "navigation property", apply, names, findings);
}

/// Applies to members of one type, or of every type that has them; there must be at least one.
fn to_member(
    edmx: &mut Edmx,
    member: &Member,
    what: &str,
    mut apply: impl FnMut(&mut StructuredType) -> bool,
    names: impl Fn(&StructuredType) -> Vec<String>,
    findings: &mut Findings,
) {
    let name = member.name.as_deref().unwrap_or("*");
    let (message, candidates) = match &member.owner {
        Some(owner) => {
            let Some(ty) = find_type(edmx, owner, &member.key, findings) else { return };
            if apply(ty) {
                return;
            }
            (format!("`{owner}` has no {what} `{name}`"), names(ty))
        }
        None => {
            let types = edmx.schemas.iter_mut().flat_map(|schema| &mut schema.types);
            let (mut applied, mut candidates) = (false, Vec::new());
            for ty in types {
                applied |= apply(ty);
                candidates.extend(names(ty));
            }
            if applied {
                return;
            }
            (format!("no type has a {what} `{name}`"), candidates)
        }
    };
    let key = Text::new(name.to_owned(), member.key.span);
    does_not_apply(&key, message, findings, candidates.iter().map(String::as_str));
}

fn operation(
    edmx: &mut Edmx,
    key: &Text,
    facts: OperationFacts,
    parameters: Vec<(Text, ParameterFacts)>,
    findings: &mut Findings,
) {
    let (owner, name) = match key.value.rsplit_once('.') {
        Some((owner, name)) => (Some(qualify(edmx, owner)), name.to_owned()),
        None => (None, key.value.clone()),
    };
    let owner = owner.map(|(namespace, name)| format!("{namespace}.{name}"));
    let aliases: Vec<(String, String)> = (edmx.schemas.iter())
        .filter_map(|schema| {
            Some((schema.alias.as_ref()?.value.clone(), schema.namespace.value.clone()))
        })
        .collect();
    // The type an operation is bound to, qualified.
    let bound_to = |import: &FunctionImport| {
        let ty = import.parameters.first().filter(|_| import.is_bindable)?.ty.value.clone();
        let alias = aliases.iter().find(|(alias, _)| {
            ty.strip_prefix(alias.as_str()).is_some_and(|rest| rest.rfind('.') == Some(0))
        });
        Some(match alias {
            Some((alias, namespace)) => ty.replacen(alias, namespace, 1),
            None => ty,
        })
    };
    let mut imports = (edmx.schemas.iter_mut())
        .flat_map(|schema| &mut schema.containers)
        .flat_map(|container| &mut container.function_imports);
    let mut names = Vec::new();
    let found = imports.find(|import| {
        let binding = bound_to(import);
        let short = binding.as_deref().map(|name| name.rsplit('.').next().unwrap_or(name));
        names.push(match short {
            Some(ty) => format!("{ty}.{}", import.name.value),
            None => import.name.value.clone(),
        });
        import.name.value == name && binding == owner
    });
    let Some(import) = found else {
        let message = format!("there is no operation `{}`", key.value);
        return does_not_apply(key, message, findings, names.iter().map(String::as_str));
    };
    merge(&mut import.amended.common, &facts.common);
    replace(&mut import.amended.result, &facts.result);
    amend_parameters(import, key, parameters, findings);
}

/// Applies to parameters, other than the one that an operation is bound to.
fn amend_parameters(
    import: &mut FunctionImport,
    key: &Text,
    parameters: Vec<(Text, ParameterFacts)>,
    findings: &mut Findings,
) {
    let own = import.parameters.iter_mut().skip(usize::from(import.is_bindable));
    let mut own: Vec<_> = own.collect();
    for (name, facts) in parameters {
        match own.iter_mut().find(|parameter| parameter.name.value == name.value) {
            Some(parameter) => {
                merge(&mut parameter.amended.common, &facts.common);
                replace(&mut parameter.amended.ty, &facts.ty);
                replace(&mut parameter.amended.nullable, &facts.nullable);
            }
            None => {
                let message = format!("`{}` has no parameter `{}`", key.value, name.value);
                let names = own.iter().map(|parameter| parameter.name.value.as_str());
                does_not_apply(&name, message, findings, names);
            }
        }
    }
}

fn set(edmx: &mut Edmx, key: &Text, facts: SetFacts, findings: &mut Findings) {
    let sets = edmx.schemas.iter_mut().flat_map(|schema| &mut schema.containers);
    let mut sets: Vec<_> = sets.flat_map(|container| &mut container.entity_sets).collect();
    match sets.iter_mut().find(|set| set.name.value == key.value) {
        Some(set) => {
            merge(&mut set.amended.common, &facts.common);
            replace(&mut set.amended.allow, &facts.allow);
        }
        None => {
            let message = format!("there is no entity set `{}`", key.value);
            let names = sets.iter().map(|set| set.name.value.as_str());
            does_not_apply(key, message, findings, names);
        }
    }
}

/// Later facts win over earlier ones, one by one.
fn merge(into: &mut Facts, facts: &Facts) {
    replace(&mut into.name, &facts.name);
    replace(&mut into.doc, &facts.doc);
    replace(&mut into.since, &facts.since);
}

fn merge_property(into: &mut PropertyFacts, facts: &PropertyFacts) {
    merge(&mut into.common, &facts.common);
    replace(&mut into.ty, &facts.ty);
    replace(&mut into.access, &facts.access);
    replace(&mut into.required, &facts.required);
    replace(&mut into.nullable, &facts.nullable);
    replace(&mut into.max_length, &facts.max_length);
}

fn merge_navigation(into: &mut NavigationFacts, facts: &NavigationFacts) {
    merge(&mut into.common, &facts.common);
    replace(&mut into.access, &facts.access);
    replace(&mut into.links, &facts.links);
}

fn replace<T: Clone>(slot: &mut Option<T>, fact: &Option<T>) {
    if fact.is_some() {
        slot.clone_from(fact);
    }
}
