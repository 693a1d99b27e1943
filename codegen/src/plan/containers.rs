//! Entity containers to structs.

use crate::model::Container as Declared;
use crate::names::ContainerNames;
use crate::plan::calls::Calls;
use crate::plan::types::Planner;
use crate::plan::{Block, Container, One, Set, Single, texts};

impl Planner<'_> {
    pub(crate) fn container(self, container: &Declared, names: &ContainerNames) -> Container {
        let mut sets = Vec::new();
        for (set, method) in container.entity_sets.iter().zip(&names.sets) {
            let at = set.entity_type.0;
            let record = &self.names.entity_types[at];
            let name = &record.ty;
            let path = self.path(record.module, name);
            let one_docs = vec![Block::Own(format!(
                "One `{name}` of the entity set `{}`, by its key.",
                set.label.name
            ))];
            let one = match (&method.one, self.key_type(at), &record.request) {
                (Some(method), Some(key), Some(request)) => Some(One {
                    method: method.clone(),
                    docs: one_docs,
                    handle: self.path(record.module, request),
                    key,
                }),
                _ => None,
            };
            sets.push(Set {
                gate: self.gate(record.module),
                wire: set.label.name.clone(),
                many: method.many.clone(),
                docs: texts::entity_set(self, set),
                deprecated: set.label.deprecated.clone(),
                record: path,
                one,
            });
        }
        let mut singletons = Vec::new();
        for (singleton, method) in container.singletons.iter().zip(&names.singletons) {
            let record = &self.names.entity_types[singleton.entity_type.0];
            let Some(request) = &record.request else { continue };
            singletons.push(Single {
                gate: self.gate(record.module),
                wire: singleton.label.name.clone(),
                method: method.clone(),
                docs: texts::singleton(self, singleton),
                deprecated: singleton.label.deprecated.clone(),
                handle: self.path(record.module, request),
            });
        }
        let calls = Calls { planner: self, owner: &container.label.name, module: 0 };
        let mut arguments = Vec::new();
        Container {
            name: names.ty.clone(),
            docs: texts::container(&container.label),
            sets,
            singletons,
            calls: (container.operations.iter().zip(&names.operations))
                .map(|(operation, names)| calls.call(operation, names, Some(&mut arguments)))
                .collect(),
            arguments,
        }
    }
}
