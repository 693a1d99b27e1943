//! Differences between entity containers.

use super::change::{Aspect, Direction, Subject};
use super::compare::{At, Comparison, pair};
use crate::model::{Container, EntityTypeId, Model};
use crate::outline::text::{qualified, structured_name};
use crate::outline::verbs;

impl<'a> Comparison<'a> {
    pub(super) fn containers(&mut self) {
        let paired = pair(&self.old.containers, &self.new.containers, |container| {
            qualified(&container.namespace, &container.label.name)
        });
        let subject = Subject::Container;
        for (path, container) in paired.removed {
            self.removed(subject, path, container.label.span);
        }
        for (path, old, new) in paired.both {
            let at = At { subject, path, old: &old.label, new: &new.label };
            self.permission(&at, Aspect::DefaultContainer, old.is_default, new.is_default);
            self.entity_sets(&at.path, old, new);
            self.singletons(&at.path, old, new);
            self.bound(&at.path, &old.operations, &new.operations);
            self.label(&at);
        }
        for (path, container) in paired.added {
            self.added(subject, path, &container.label);
        }
    }

    fn entity_sets(&mut self, path: &str, old: &'a Container, new: &'a Container) {
        let paired = pair(&old.entity_sets, &new.entity_sets, |set| set.label.name.clone());
        let subject = Subject::EntitySet;
        for (name, set) in paired.removed {
            self.removed(subject, format!("{path}/{name}"), set.label.span);
        }
        for (name, old, new) in paired.both {
            let path = format!("{path}/{name}");
            let at = At { subject, path, old: &old.label, new: &new.label };
            self.entity_type(&at, old.entity_type, new.entity_type);
            for ((verb, old), (_, new)) in verbs(old.allow).into_iter().zip(verbs(new.allow)) {
                self.permission(&at, Aspect::Verb(verb), old, new);
            }
            self.label(&at);
        }
        for (name, set) in paired.added {
            self.added(subject, format!("{path}/{name}"), &set.label);
        }
    }

    fn singletons(&mut self, path: &str, old: &'a Container, new: &'a Container) {
        let paired = pair(&old.singletons, &new.singletons, |it| it.label.name.clone());
        let subject = Subject::Singleton;
        for (name, singleton) in paired.removed {
            self.removed(subject, format!("{path}/{name}"), singleton.label.span);
        }
        for (name, old, new) in paired.both {
            let path = format!("{path}/{name}");
            let at = At { subject, path, old: &old.label, new: &new.label };
            self.entity_type(&at, old.entity_type, new.entity_type);
            self.label(&at);
        }
        for (name, singleton) in paired.added {
            self.added(subject, format!("{path}/{name}"), &singleton.label);
        }
    }

    fn entity_type(&mut self, at: &At<'_>, old: EntityTypeId, new: EntityTypeId) {
        let name = |model: &Model, id| structured_name(model.entity_type(id));
        let (old, new) = (name(self.old, old), name(self.new, new));
        self.changed(at, Aspect::EntityType, Direction::Other, old, new);
    }
}
