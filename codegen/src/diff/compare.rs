//! The comparison as a whole: what is told of every kind of thing.

use super::change::{Aspect, Change, Direction, Subject, What};
use crate::diagnostic::Span;
use crate::model::{EnumType, Facets, Label, Model, Primitive, Type};
use crate::outline::text::{enum_name, member_text, qualified, type_text, version_text};

/// A comparison under way.
pub(super) struct Comparison<'a> {
    pub(super) old: &'a Model,
    pub(super) new: &'a Model,
    pub(super) changes: Vec<Change>,
}

/// A thing that both models have.
pub(super) struct At<'a> {
    pub(super) subject: Subject,
    pub(super) path: String,
    pub(super) old: &'a Label,
    pub(super) new: &'a Label,
}

/// Things of both models, put together by name.
pub(super) struct Paired<'a, T> {
    pub(super) removed: Vec<(String, &'a T)>,
    pub(super) both: Vec<(String, &'a T, &'a T)>,
    pub(super) added: Vec<(String, &'a T)>,
}

/// Puts things together by name: those of the old model in its order, then new ones.
pub(super) fn pair<'a, T>(
    old: impl IntoIterator<Item = &'a T>,
    new: impl IntoIterator<Item = &'a T>,
    name: impl Fn(&T) -> String,
) -> Paired<'a, T> {
    let mut rest: indexmap::IndexMap<String, &T> =
        new.into_iter().map(|item| (name(item), item)).collect();
    let mut paired = Paired { removed: Vec::new(), both: Vec::new(), added: Vec::new() };
    for item in old {
        let key = name(item);
        match rest.shift_remove(&key) {
            Some(new) => paired.both.push((key, item, new)),
            None => paired.removed.push((key, item)),
        }
    }
    paired.added.extend(rest);
    paired
}

impl<'a> Comparison<'a> {
    pub(super) fn new(old: &'a Model, new: &'a Model) -> Self {
        Self { old, new, changes: Vec::new() }
    }

    pub(super) fn added(&mut self, subject: Subject, path: String, label: &Label) {
        self.added_as(subject, path, label.span, false);
    }

    pub(super) fn added_as(&mut self, subject: Subject, path: String, span: Span, required: bool) {
        let what = What::Added { required };
        self.changes.push(Change::new(subject, path, what, (None, Some(span))));
    }

    pub(super) fn removed(&mut self, subject: Subject, path: String, span: Span) {
        self.changes.push(Change::new(subject, path, What::Removed, (Some(span), None)));
    }

    /// Notes that something has changed, if it has.
    pub(super) fn changed(
        &mut self,
        at: &At<'_>,
        aspect: Aspect,
        direction: Direction,
        old: impl Into<String>,
        new: impl Into<String>,
    ) {
        let (old, new) = (old.into(), new.into());
        if old != new {
            let what = What::Changed { aspect, old, new, direction };
            let spans = (Some(at.old.span), Some(at.new.span));
            self.changes.push(Change::new(at.subject, at.path.clone(), what, spans));
        }
    }

    /// Notes that a permission has been given or taken, if it has.
    pub(super) fn permission(&mut self, at: &At<'_>, aspect: Aspect, old: bool, new: bool) {
        self.changed(at, aspect, Direction::of_permission(new), yes_or_no(old), yes_or_no(new));
    }

    /// Notes that a demand has been made or dropped, if it has.
    pub(super) fn demand(&mut self, at: &At<'_>, aspect: Aspect, old: bool, new: bool) {
        self.changed(at, aspect, Direction::of_permission(!new), yes_or_no(old), yes_or_no(new));
    }

    /// What is known of everything that has a name.
    pub(super) fn label(&mut self, at: &At<'_>) {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let (old, new) = (&at.old.deprecated, &at.new.deprecated);
        self.changed(at, Aspect::Deprecation, Direction::Other, text(old), text(new));
        let (old, new) = (&at.old.doc, &at.new.doc);
        self.changed(at, Aspect::Documentation, Direction::Other, text(old), text(new));
    }

    pub(super) fn service(&mut self) {
        if self.old.version != self.new.version {
            let text = |version| version_text(version).to_owned();
            let (old, new) = (text(self.old.version), text(self.new.version));
            let what =
                What::Changed { aspect: Aspect::Version, old, new, direction: Direction::Other };
            let path = self.new.namespace.clone();
            self.changes.push(Change::new(Subject::Service, path, what, (None, None)));
        }
    }

    pub(super) fn type_definitions(&mut self) {
        let paired = pair(&self.old.type_definitions, &self.new.type_definitions, |ty| {
            qualified(&ty.namespace, &ty.label.name)
        });
        let subject = Subject::TypeDefinition;
        for (path, ty) in paired.removed {
            self.removed(subject, path, ty.label.span);
        }
        for (path, old, new) in paired.both {
            let at = At { subject, path, old: &old.label, new: &new.label };
            self.underlying(&at, old.underlying, new.underlying);
            self.facets(&at, (old.max_length, &old.facets), (new.max_length, &new.facets));
            self.label(&at);
        }
        for (path, ty) in paired.added {
            self.added(subject, path, &ty.label);
        }
    }

    fn underlying(&mut self, at: &At<'_>, old: Primitive, new: Primitive) {
        let text = |primitive: Primitive| format!("Edm.{}", primitive.short_name());
        let aspect = Aspect::UnderlyingType;
        self.changed(at, aspect, primitive_direction(old, new), text(old), text(new));
    }

    pub(super) fn enum_types(&mut self) {
        let paired = pair(&self.old.enum_types, &self.new.enum_types, enum_name);
        let subject = Subject::EnumType;
        for (path, ty) in paired.removed {
            self.removed(subject, path, ty.label.span);
        }
        for (path, old, new) in paired.both {
            let at = At { subject, path, old: &old.label, new: &new.label };
            self.underlying(&at, old.underlying, new.underlying);
            let is_on = (yes_or_no(old.is_flags), yes_or_no(new.is_flags));
            self.changed(&at, Aspect::Flags, Direction::Other, is_on.0, is_on.1);
            self.members(&at.path, old, new);
            self.label(&at);
        }
        for (path, ty) in paired.added {
            self.added(subject, path, &ty.label);
        }
    }

    fn members(&mut self, path: &str, old: &EnumType, new: &EnumType) {
        let paired = pair(&old.members, &new.members, |member| member.name.clone());
        let subject = Subject::Member;
        for (name, member) in paired.removed {
            self.removed(subject, format!("{path}/{name}"), member.span);
        }
        let by_name = old.by_name && new.by_name;
        for (name, old, new) in paired.both {
            let aspect = if by_name { Aspect::NamedValue } else { Aspect::Value };
            let what = What::Changed {
                aspect,
                old: member_text(&old.value),
                new: member_text(&new.value),
                direction: Direction::Other,
            };
            if old.value != new.value {
                let path = format!("{path}/{name}");
                let spans = (Some(old.span), Some(new.span));
                self.changes.push(Change::new(subject, path, what, spans));
            }
        }
        for (name, member) in paired.added {
            self.added_as(subject, format!("{path}/{name}"), member.span, false);
        }
    }

    /// Notes that a type has changed, if it has.
    pub(super) fn ty(&mut self, at: &At<'_>, aspect: Aspect, old: &Type, new: &Type) {
        let direction = match (old, new) {
            (Type::Primitive(old), Type::Primitive(new)) => primitive_direction(*old, *new),
            _ => Direction::Other,
        };
        let (old, new) = (type_text(self.old, old), type_text(self.new, new));
        self.changed(at, aspect, direction, old, new);
    }

    /// Notes which limits of values have changed.
    pub(super) fn facets(
        &mut self,
        at: &At<'_>,
        old: (Option<u32>, &Facets),
        new: (Option<u32>, &Facets),
    ) {
        let length = |length: Option<u32>| length.map(|length| length.to_string());
        let (old_length, new_length) = (length(old.0), length(new.0));
        let limits = [
            ("MaxLength", &old_length, &new_length),
            ("Precision", &old.1.precision, &new.1.precision),
            ("Scale", &old.1.scale, &new.1.scale),
            ("SRID", &old.1.srid, &new.1.srid),
        ];
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        for (name, old, new) in limits {
            let direction = limit_direction(old.as_deref(), new.as_deref());
            self.changed(at, Aspect::Facet(name), direction, text(old), text(new));
        }
        let (old, new) = (text(&old.1.default), text(&new.1.default));
        self.changed(at, Aspect::Default, Direction::Other, old, new);
    }
}

pub(super) const fn yes_or_no(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

/// Whether one limit allows more than another. Without one there is no limit.
fn limit_direction(old: Option<&str>, new: Option<&str>) -> Direction {
    let number = |text: &str| text.parse::<u64>().ok();
    match (old, new) {
        (Some(_), None) => Direction::Wider,
        (None, Some(_)) => Direction::Narrower,
        (Some(old), Some(new)) => match (number(old), number(new)) {
            (Some(old), Some(new)) if new > old => Direction::Wider,
            (Some(old), Some(new)) if new < old => Direction::Narrower,
            // `variable` and `floating` allow what any number does.
            (Some(_), None) => Direction::Wider,
            (None, Some(_)) => Direction::Narrower,
            _ => Direction::Other,
        },
        (None, None) => Direction::Other,
    }
}

/// Whether every value of one type is one of the other.
fn primitive_direction(old: Primitive, new: Primitive) -> Direction {
    /// The numbers that each type holds all of those before.
    const LADDERS: [&[Primitive]; 3] = [
        &[Primitive::Byte, Primitive::Int16, Primitive::Int32, Primitive::Int64],
        &[Primitive::SByte, Primitive::Int16, Primitive::Int32, Primitive::Int64],
        &[Primitive::Single, Primitive::Double],
    ];
    for ladder in LADDERS {
        let place = |primitive| ladder.iter().position(|rung| *rung == primitive);
        if let (Some(old), Some(new)) = (place(old), place(new)) {
            return if new > old { Direction::Wider } else { Direction::Narrower };
        }
    }
    Direction::Other
}
