//! Which requests of a change set are parts of an entity that another one makes.
//!
//! `POST Jobs` and then `POST $1/Tasks`, as Microsoft's clients send it, makes one job. A task
//! cannot be without its job, nor a job without its tasks: the rules of the set see one entity with
//! others inside, as in a body that has all of it.

use azure_media::v2_19::tables::MODEL;
use edm::model::{EntitySet, Navigation};
use edm::path::Segment;
use edm::{Draft, Inline};

use super::Embedded;
use super::references::referenced;
use crate::sets::relation::{Relation, relation, target_set};

/// A request that makes a part of an entity.
pub(super) struct Fold {
    /// The number of the request that makes the entity.
    pub(super) parent: usize,
    /// The entity set of the whole.
    pub(super) set: &'static EntitySet,
    /// The navigation property that leads to the part.
    pub(super) navigation: &'static Navigation,
    /// The entity set of the part.
    pub(super) part: &'static EntitySet,
}

impl Fold {
    /// Puts the part into the body of the whole; tells its position among those parts.
    pub(super) fn put(&self, whole: &mut Draft, part: Draft) -> u64 {
        let name = self.navigation.name;
        let at = match whole.inline.iter().position(|inline| inline.navigation == name) {
            Some(at) => at,
            None => {
                let inline = Inline { navigation: name.into(), many: true, entities: Vec::new() };
                whole.inline.push(inline);
                whole.inline.len() - 1
            }
        };
        let entities = &mut whole.inline[at].entities;
        entities.push(part);
        (entities.len() - 1) as u64
    }
}

/// Tells for each request whether it makes a part of what an earlier one makes.
pub(super) fn folds(requests: &[Embedded]) -> Vec<Option<Fold>> {
    requests.iter().enumerate().map(|(at, request)| fold(&requests[..at], request)).collect()
}

fn fold(earlier: &[Embedded], request: &Embedded) -> Option<Fold> {
    let [reference, Segment { name, key: None, .. }] = request.call.path.segments.as_slice() else {
        return None;
    };
    let id = referenced(reference).filter(|_| request.call.method == "POST")?;
    let parent = earlier.iter().position(|other| other.id.as_deref() == Some(id))?;
    let set = created_set(&earlier[parent])?;
    let navigation = set.entity_type.navigation(name).filter(|navigation| navigation.many)?;
    let part = target_set(navigation)?;
    // What can be made by itself is made by itself, and then linked.
    let folded = relation(set.name, navigation.name) == Relation::Links && !part.allow.create;
    folded.then_some(Fold { parent, set, navigation, part })
}

/// The entity set in which a request makes an entity.
fn created_set(request: &Embedded) -> Option<&'static EntitySet> {
    match request.call.path.segments.as_slice() {
        [Segment { name, key: None, .. }] if request.call.method == "POST" => {
            MODEL.entity_set(name)
        }
        _ => None,
    }
}
