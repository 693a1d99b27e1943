//! `README.md`.

use crate::model::Model;
use crate::package::{FirstCall, Package};
use crate::plan::Features;

/// The README of a crate.
pub(crate) fn text(
    package: &Package,
    model: &Model,
    features: &Features,
    call: Option<&FirstCall>,
    header: &str,
) -> String {
    let mut text = format!(
        "<!--\n{}-->\n\n# {}\n",
        header.replace("// ", "").replace("--", "- -"),
        package.name
    );
    let types = model.entity_types.len() + model.complex_types.len();
    let sets: usize = model.containers.iter().map(|container| container.entity_sets.len()).sum();
    text.push_str(&format!(
        "\nA typed client of the OData service whose model is `{}`: {types} types, {sets} entity sets.\n",
        model.namespace.replace('`', "'")
    ));
    if let Some(call) = call {
        text.push_str(&format!(
            "\nThe first call, which reads `{}`:\n\n```rust\n",
            call.set.replace('`', "'")
        ));
        for line in call.lines(package).iter().filter(|line| !line.starts_with('#')) {
            text.push_str(line);
            text.push('\n');
        }
        text.push_str("```\n");
    }
    let list = features.list();
    if !list.is_empty() {
        text.push_str(
            "\nEvery namespace is behind a feature, and all of them are on by default. To compile less, \
             say `default-features = false`\nand list what is needed:\n\n",
        );
        for (name, needs) in list {
            let needs = match needs.as_slice() {
                [] => String::new(),
                needs => format!(" (with {})", needs.join(", ")),
            };
            text.push_str(&format!("- `{name}`{needs}\n"));
        }
    }
    text
}
