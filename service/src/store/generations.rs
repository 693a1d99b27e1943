//! What has changed of which entity set.

use std::sync::Arc;

use azure_media::v2_19::tables::MODEL;
use edm::model::EntitySet;

use super::Change;
use super::sqlite::key_of;
use crate::generation::{self, Generations, Mark};

/// Numbers for the entities of a set, beside that of the set.
const SLOTS: usize = 256;

/// A number for each entity set, and numbers that its entities share.
#[derive(Clone, Debug)]
pub(crate) struct EntityGenerations(Arc<Generations>);

/// Numbers that a commit bumps.
#[derive(Debug, Default)]
pub(super) struct Touched(Vec<usize>);

impl EntityGenerations {
    pub(super) fn new() -> Self {
        Self(Generations::new(MODEL.entity_sets.len() * (SLOTS + 1)))
    }

    /// For who reads several entities of a set, links from them included.
    pub(crate) fn set(&self, set: &EntitySet) -> Mark {
        self.0.mark(number(set.name))
    }

    /// For who reads one entity, links from it included, or that it is not there.
    pub(crate) fn entity(&self, set: &EntitySet, key: &str) -> Mark {
        self.0.mark(entity(set.name, key))
    }

    /// Says that what a commit has touched has changed.
    pub(super) fn bump(&self, touched: &Touched) {
        touched.0.iter().for_each(|at| self.0.bump(*at));
    }
}

impl Touched {
    /// Takes note of a change.
    pub(super) fn note(&mut self, change: &Change) {
        match change {
            Change::Insert(set, record) => self.entity(set.name, &key_of(record)),
            Change::Set(set, key, _) | Change::Delete(set, key) => self.entity(set.name, key),
            Change::DeleteUnlinked(set, key) => self.entity(set.name, key),
            Change::Link(source, ..) | Change::Unlink(source, _) => {
                self.entity(source.set, &source.key);
            }
            Change::DeleteWhere(set, _) => {
                let first = number(set.name);
                self.0.extend(first..=first + SLOTS);
            }
            Change::AtMost { .. }
            | Change::Within { .. }
            | Change::AtMostLinked { .. }
            | Change::Require { .. } => {}
        }
    }

    fn entity(&mut self, set: &str, key: &str) {
        self.0.extend([number(set), entity(set, key)]);
    }
}

/// Where the number of a set is; those of its entities follow.
fn number(set: &str) -> usize {
    let position = MODEL.entity_sets.iter().position(|known| known.name == set);
    // A set that the model does not have has no entities either.
    position.unwrap_or(MODEL.entity_sets.len()) * (SLOTS + 1)
}

fn entity(set: &str, key: &str) -> usize {
    number(set) + 1 + generation::slot(key, SLOTS)
}
