//! Differences between operations, which may have overloads.

use super::change::{Aspect, Direction, Subject};
use super::compare::{At, Comparison, pair};
use crate::model::{Model, Operation};
use crate::outline::text::{operation_kind_text, result_text, signature, type_text};

impl<'a> Comparison<'a> {
    /// Compares operations that are bound to the same, or to nothing. Those of one name are
    /// overloads: what has the same parameters as before is the same; if one of each is left, it
    /// has changed.
    pub(super) fn bound(&mut self, path: &str, old: &'a [Operation], new: &'a [Operation]) {
        let names: indexmap::IndexSet<&str> =
            old.iter().chain(new).map(|operation| operation.label.name.as_str()).collect();
        for name in names {
            let named = |list: &'a [Operation]| {
                list.iter().filter(|operation| operation.label.name == name).collect::<Vec<_>>()
            };
            self.overloads(path, &named(old), &named(new));
        }
    }

    fn overloads(&mut self, path: &str, old: &[&'a Operation], new: &[&'a Operation]) {
        // A model may hold an operation twice, so the same parameters do not tell which it is.
        let identity = |model: &'a Model| {
            move |operation: &&Operation| {
                let parameters = operation.parameters.iter();
                let types = parameters.map(|it| (&*it.label.name, type_text(model, &it.ty)));
                let mut types: Vec<_> = types.map(|(name, ty)| format!("{name}: {ty}")).collect();
                types.sort();
                types.join(", ")
            }
        };
        let (old_identity, new_identity) = (identity(self.old), identity(self.new));
        let mut rest: Vec<&Operation> = new.to_vec();
        let mut gone = Vec::new();
        for &operation in old {
            let same = old_identity(&operation);
            match rest.iter().position(|other| new_identity(other) == same) {
                Some(at) => self.operation(path, operation, rest.remove(at)),
                None => gone.push(operation),
            }
        }
        if let ([old], [new]) = (&gone[..], &rest[..]) {
            return self.operation(path, old, new);
        }
        for operation in gone {
            let path = format!("{path}/{}", signature(self.old, operation));
            self.removed(Subject::Operation, path, operation.label.span);
        }
        for operation in rest {
            let path = format!("{path}/{}", signature(self.new, operation));
            self.added(Subject::Operation, path, &operation.label);
        }
    }

    fn operation(&mut self, path: &str, old: &Operation, new: &Operation) {
        let path = format!("{path}/{}", old.label.name);
        let at = At { subject: Subject::Operation, path, old: &old.label, new: &new.label };
        let kinds = (operation_kind_text(old.kind), operation_kind_text(new.kind));
        self.changed(&at, Aspect::Kind, Direction::Other, kinds.0, kinds.1);
        self.changed(&at, Aspect::Method, Direction::Other, old.method, new.method);
        self.permission(&at, Aspect::Composable, old.is_composable, new.is_composable);
        self.parameters(&at.path, old, new);
        match (&old.result, &new.result) {
            (Some(old_type), Some(new_type)) => {
                self.ty(&at, Aspect::Result, old_type, new_type);
                let nullable = (old.result_nullable, new.result_nullable);
                self.permission(&at, Aspect::Nullable, nullable.0, nullable.1);
            }
            _ => {
                let results = (result_text(self.old, old), result_text(self.new, new));
                self.changed(&at, Aspect::Result, Direction::Other, results.0, results.1);
            }
        }
        self.label(&at);
    }

    fn parameters(&mut self, path: &str, old: &Operation, new: &Operation) {
        let paired = pair(&old.parameters, &new.parameters, |it| it.label.name.clone());
        let subject = Subject::Parameter;
        let names = |operation: &Operation| {
            let names = operation.parameters.iter().map(|it| it.label.name.clone());
            names.collect::<Vec<_>>()
        };
        let is_complete = paired.removed.is_empty() && paired.added.is_empty();
        for (name, parameter) in paired.removed {
            self.removed(subject, format!("{path}/{name}"), parameter.label.span);
        }
        for (name, old, new) in paired.both {
            let path = format!("{path}/{name}");
            let at = At { subject, path, old: &old.label, new: &new.label };
            self.ty(&at, Aspect::Type, &old.ty, &new.ty);
            self.permission(&at, Aspect::Nullable, old.nullable, new.nullable);
        }
        for (name, parameter) in paired.added {
            let required = !parameter.nullable;
            self.added_as(subject, format!("{path}/{name}"), parameter.label.span, required);
        }
        if is_complete {
            let path = path.to_owned();
            let at = At { subject: Subject::Operation, path, old: &old.label, new: &new.label };
            let order = (names(old).join(", "), names(new).join(", "));
            self.changed(&at, Aspect::ParameterOrder, Direction::Other, order.0, order.1);
        }
    }
}
