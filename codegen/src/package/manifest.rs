//! `Cargo.toml`.

use crate::package::{Package, Runtime};
use crate::plan::Features;
use crate::print::literal;

/// The manifest of a crate.
pub(crate) fn text(package: &Package, features: &Features, header: &str) -> String {
    let mut text = header.replace("// ", "# ");
    text.push_str("\n[package]\n");
    text.push_str(&format!("name = {}\n", literal(&package.name)));
    text.push_str("version = \"0.1.0\"\nedition = \"2024\"\nrust-version = \"1.94\"\n");
    text.push_str("description = \"A typed client of an OData service\"\n");
    let list = features.list();
    if !list.is_empty() {
        text.push_str("\n# A namespace each; navigation and operations between them are there where both are.\n");
        text.push_str("[features]\n");
        let all: Vec<String> = list.iter().map(|(name, _)| literal(name)).collect();
        text.push_str(&format!("default = [{}]\n", all.join(", ")));
        for (name, needs) in list {
            let needs: Vec<String> = needs.into_iter().map(literal).collect();
            text.push_str(&format!("{name} = [{}]\n", needs.join(", ")));
        }
    }
    text.push_str("\n[dependencies]\n");
    for (name, folder) in [("edm", "edm"), ("odata-client", "client")] {
        let source = match &package.runtime {
            Runtime::Version(version) => literal(version),
            Runtime::Path(path) => {
                format!(
                    "{{ path = {} }}",
                    literal(&format!("{}/{folder}", path.trim_end_matches('/')))
                )
            }
        };
        text.push_str(&format!("{name} = {source}\n"));
    }
    text
}
