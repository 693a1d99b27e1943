//! The struct of an entity container: entity sets, singletons and unbound operations.

use crate::emit::{Emitter, handle};
use crate::plan::{Container, Set, Single};
use crate::print::{Text, literal};

impl Emitter<'_> {
    /// The struct of a container of the module at a place; the first module has the model.
    pub(crate) fn container(&self, text: &mut Text, container: &Container, module: usize) {
        let name = &container.name;
        text.blank();
        text.docs(&container.docs);
        text.line("#[derive(Clone, Debug)]");
        text.line(&format!("pub struct {name}(odata_client::Service);"));
        text.blank();
        text.open(&format!("impl {name} {{"));
        text.line("/// The entity container of a service.");
        text.open("pub fn new(service: odata_client::Service) -> Self {");
        let up = if module == 0 { "super" } else { "super::super" };
        text.line(&format!("Self(service.with_model(&{up}::tables::MODEL))"));
        text.close("}");
        text.blank();
        text.line("/// The service.");
        text.open("pub fn service(&self) -> &odata_client::Service {");
        text.line("&self.0");
        text.close("}");
        container.sets.iter().for_each(|set| self.set(text, set));
        container.singletons.iter().for_each(|one| singleton(text, one));
        container.calls.iter().for_each(|call| self.call(text, call, "self.0", "pub "));
        text.close("}");
        container.arguments.iter().for_each(|arguments| handle::parameters(text, arguments));
    }

    fn set(&self, text: &mut Text, set: &Set) {
        let Set { many, record, .. } = set;
        text.blank();
        text.docs(&set.docs);
        text.maybe(set.gate.as_deref());
        text.deprecated(set.deprecated.as_deref());
        text.list(
            &format!("pub fn {many}("),
            &["&self".to_owned()],
            &format!(") -> odata_client::Collection<{record}> {{"),
        );
        text.deepen();
        text.line(&format!("self.0.set({})", literal(&set.wire)));
        text.close("}");
        let Some(one) = &set.one else { return };
        text.blank();
        text.docs(&one.docs);
        text.maybe(set.gate.as_deref());
        text.deprecated(set.deprecated.as_deref());
        let inputs = ["&self".to_owned(), format!("key: impl {}<{}>", self.spelling.into, one.key)];
        text.open_list(
            &format!("pub fn {}(", one.method),
            &inputs,
            &format!(") -> {} {{", one.handle),
        );
        text.line(&format!("self.{many}().by_key(key)"));
        text.close("}");
    }
}

fn singleton(text: &mut Text, singleton: &Single) {
    let Single { method, handle, .. } = singleton;
    text.blank();
    text.docs(&singleton.docs);
    text.maybe(singleton.gate.as_deref());
    text.deprecated(singleton.deprecated.as_deref());
    text.open(&format!("pub fn {method}(&self) -> {handle} {{"));
    text.line(&format!("{handle}::new(self.0.singleton({}))", literal(&singleton.wire)));
    text.close("}");
}
