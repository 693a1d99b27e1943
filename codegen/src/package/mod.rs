//! Complete crates: a manifest, the module as the root, and a README with a first call.

mod manifest;
mod readme;

use std::collections::BTreeMap;

use crate::model::Model;
use crate::names::{Names, plain};
use crate::plan::Features;

/// The crate that is generated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The name, such as `northwind-client`.
    pub name: String,
    /// Where the run time comes from.
    pub runtime: Runtime,
}

/// Where the run time, the crates `edm` and `odata-client`, comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Runtime {
    /// A version from the registry.
    Version(String),
    /// A directory that holds both, relative to that of the crate or absolute.
    Path(String),
}

/// The first call that documentation shows.
pub(crate) struct FirstCall {
    /// What the container is called.
    pub(crate) container: String,
    /// The entity set that is read, and the method for it.
    pub(crate) set: String,
    pub(crate) method: String,
}

impl FirstCall {
    /// Reads the first entity set that is compiled in every case.
    pub(crate) fn of(model: &Model, names: &Names) -> Option<Self> {
        let containers = model.containers.iter().zip(&names.containers);
        for (container, container_names) in containers {
            for (set, set_names) in container.entity_sets.iter().zip(&container_names.sets) {
                let entity = names.entity_types.get(set.entity_type.0)?;
                if entity.module == 0 && set.allow.list {
                    return Some(Self {
                        container: container_names.ty.clone(),
                        set: set.label.name.clone(),
                        method: set_names.many.clone(),
                    });
                }
            }
        }
        None
    }

    /// The call, in an async function of the crate's user; hidden lines make it compile as it is.
    pub(crate) fn lines(&self, package: &Package) -> Vec<String> {
        let krate = package.name.replace('-', "_");
        let Self { container, method, .. } = self;
        vec![
            "# async fn first_call() -> Result<(), odata_client::Error> {".to_owned(),
            "let service = odata_client::Service::builder(\"https://HOST/SERVICE/\").build()?;"
                .to_owned(),
            format!("let service = {krate}::{container}::new(service);"),
            format!("for entity in service.{method}().top(10).list().await? {{"),
            "    println!(\"{entity:?}\");".to_owned(),
            "}".to_owned(),
            "# Ok(()) }".to_owned(),
        ]
    }
}

/// The files of a crate beside its sources.
pub(crate) fn files(
    package: &Package,
    model: &Model,
    names: &Names,
    features: &Features,
    header: &str,
) -> BTreeMap<String, String> {
    let call = FirstCall::of(model, names);
    BTreeMap::from([
        ("Cargo.toml".to_owned(), manifest::text(package, features, header)),
        ("README.md".to_owned(), readme::text(package, model, features, call.as_ref(), header)),
    ])
}

/// Whether a text can be the name of a crate.
pub(crate) fn is_crate_name(name: &str) -> bool {
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let ident = crate::names::identifier(&name.replace('-', "_"));
    let is_other = ["edm", "odata_client", "std", "core", "alloc"].contains(&plain(&ident));
    is_plain && ident == name.replace('-', "_") && !is_other
}

#[cfg(test)]
mod tests {
    use super::is_crate_name;

    #[test]
    fn crates_have_names_that_can_be_written() {
        for (name, expected) in [
            ("northwind-client", true),
            ("a_b", true),
            ("", false),
            ("1st", false),
            ("type", false),
            ("a b", false),
            ("größe", false),
            ("edm", false),
        ] {
            assert_eq!(is_crate_name(name), expected, "{name}");
        }
    }
}
