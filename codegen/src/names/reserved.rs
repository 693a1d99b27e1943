//! Names that emitted text and the run time use themselves; a name of a document gets a `_`.

/// Modules that a generated module may have, and crates that it names.
pub(crate) const MODULES: &[&str] = &[
    "aliases",
    "alloc",
    "container",
    "core",
    "edm",
    "enums",
    "ids",
    "lib",
    "mod",
    "odata_client",
    "requests",
    "std",
    "tables",
    "types",
];

/// A type that would have the name of its own constructor.
pub(crate) const TYPES: &[&str] = &["New"];

/// Statics that a generated model has.
pub(crate) const TABLES: &[&str] = &["MODEL"];

/// The methods of a request for one entity that generated ones would hide, that of every generated
/// handle, and those of traits that a method of the same name would be mistaken for.
pub(crate) const REQUEST_METHODS: &[&str] = &[
    "as_mut",
    "as_ref",
    "as_type",
    "borrow",
    "borrow_mut",
    "clone",
    "cmp",
    "compose_entities",
    "compose_entity",
    "compose_stream",
    "delete",
    "deref",
    "eq",
    "expand",
    "find",
    "follow",
    "follow_one",
    "from",
    "get",
    "get_if_changed",
    "hash",
    "if_match",
    "if_match_any",
    "into",
    "invoke",
    "invoke_entities",
    "invoke_entity",
    "invoke_stream",
    "link",
    "links",
    "media",
    "new",
    "partial_cmp",
    "path",
    "property",
    "read",
    "select",
    "stream",
    "to_owned",
    "try_from",
    "try_into",
    "type_id",
    "update",
    "update_with",
];

/// The methods that every generated container has, and those of traits. It does not lend those of
/// the service.
pub(crate) const CONTAINER_METHODS: &[&str] = &[
    "as_mut",
    "as_ref",
    "borrow",
    "borrow_mut",
    "clone",
    "cmp",
    "deref",
    "eq",
    "from",
    "hash",
    "into",
    "new",
    "partial_cmp",
    "service",
    "to_owned",
    "try_from",
    "try_into",
    "type_id",
];

/// The methods of a collection, which those of an extension trait would never be called instead of.
pub(crate) const COLLECTION_METHODS: &[&str] = &[
    "all",
    "apply",
    "as_mut",
    "as_ref",
    "borrow",
    "borrow_mut",
    "by_alternate_key",
    "by_key",
    "clone",
    "cmp",
    "compose_entities",
    "compose_entity",
    "compose_stream",
    "compute",
    "count",
    "create",
    "create_as",
    "create_media",
    "deref",
    "entity",
    "eq",
    "expand",
    "filter",
    "first",
    "from",
    "hash",
    "insert",
    "into",
    "invoke",
    "invoke_entities",
    "invoke_entity",
    "invoke_stream",
    "list",
    "of_type",
    "option",
    "order_by",
    "page_size",
    "pages",
    "partial_cmp",
    "search",
    "select",
    "skip",
    "to_owned",
    "top",
    "track_changes",
    "try_from",
    "try_into",
    "type_id",
    "with_count",
];

/// The field that every struct has for what its table has no row for.
pub(crate) const FIELDS: &[&str] = &["extra"];

/// Variants that the run time adds to enumerations.
pub(crate) const VARIANTS: &[&str] = &["Unknown"];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    /// Methods of traits that are in scope everywhere, or often.
    const OF_TRAITS: [&str; 16] = [
        "as_mut",
        "as_ref",
        "borrow",
        "borrow_mut",
        "clone",
        "cmp",
        "deref",
        "eq",
        "from",
        "hash",
        "into",
        "partial_cmp",
        "to_owned",
        "try_from",
        "try_into",
        "type_id",
    ];

    #[test]
    fn methods_of_the_run_time_are_reserved() {
        let sources = sources();
        for (owner, more, reserved) in [
            ("EntityRequest", &["new"][..], REQUEST_METHODS),
            ("Collection", &[], COLLECTION_METHODS),
        ] {
            let mut expected = methods(owner, &sources);
            assert!(expected.len() > 20, "{owner} has the methods {expected:?}");
            expected.extend(OF_TRAITS.iter().chain(more));
            let listed: BTreeSet<&str> = reserved.iter().copied().collect();
            let missing: Vec<_> = expected.difference(&listed).collect();
            let gone: Vec<_> = listed.difference(&expected).collect();
            assert!(missing.is_empty(), "not reserved, but methods of {owner}: {missing:?}");
            assert!(gone.is_empty(), "reserved, but no methods of {owner}: {gone:?}");
        }
    }

    #[test]
    fn methods_are_found_in_sources() {
        let sources = [
            "macro_rules! calls {\n    ($owner:ident) => {\n        impl $owner {\n            \
             pub fn by_macro(&self) {}\n        }\n    };\n}\n"
                .to_owned(),
            "crate::calls!(Thing<E>);\n\nimpl<E: Into<u8>> Thing<E> {\n    pub const fn one() {\n    }\n\n    \
             pub async fn two<T>() {}\n    pub(crate) fn inner() {}\n    fn own() {}\n}\n\n\
             impl<E> Clone for Thing<E> {\n    pub fn no() {}\n}\n\nimpl Things {\n    pub fn no() {}\n}\n"
                .to_owned(),
        ];
        assert_eq!(methods("Thing", &sources), BTreeSet::from(["by_macro", "one", "two"]));
    }

    /// The public methods of a type. Sources are formatted, so a block ends where its first line
    /// begins.
    fn methods<'s>(owner: &str, sources: &'s [String]) -> BTreeSet<&'s str> {
        let is_called = |name: &str| {
            let call = format!("{name}!({owner}");
            let ends = |rest: &str| rest.starts_with(['<', ',', ')']);
            sources.iter().any(|text| text.split(&call).skip(1).any(ends))
        };
        let mut found = BTreeSet::new();
        for text in sources {
            let mut is_inside = false;
            for line in text.lines() {
                if let Some(name) = line.strip_prefix("macro_rules! ") {
                    is_inside = is_called(name.trim_end_matches(" {"));
                } else if line.starts_with("impl") {
                    is_inside = implemented(line) == Some(owner);
                } else if line.starts_with('}') {
                    is_inside = false;
                } else if is_inside {
                    found.extend(method(line));
                }
            }
        }
        found
    }

    /// The type that a block of methods is for, if it is not that of a trait.
    fn implemented(line: &str) -> Option<&str> {
        let mut rest = line.strip_prefix("impl")?;
        if rest.starts_with('<') {
            let mut depth = 0;
            let end = rest.find(|char| {
                depth += i32::from(char == '<') - i32::from(char == '>');
                depth == 0
            })?;
            rest = &rest[end + 1..];
        }
        let rest = rest.trim_start();
        let name = rest.split(['<', ' ']).next()?;
        (!rest.contains(" for ")).then_some(name)
    }

    /// The name of the public method that begins on a line.
    fn method(line: &str) -> Option<&str> {
        let mut rest = line.trim_start().strip_prefix("pub ")?;
        for word in ["const ", "async ", "unsafe "] {
            rest = rest.strip_prefix(word).unwrap_or(rest);
        }
        rest.strip_prefix("fn ")?.split(['(', '<']).next()
    }

    fn sources() -> Vec<String> {
        let mut texts = Vec::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../client/src");
        let mut open: Vec<PathBuf> = vec![root];
        while let Some(path) = open.pop() {
            if path.is_dir() {
                let entries = fs::read_dir(&path).expect("a readable directory");
                open.extend(entries.map(|entry| entry.expect("a readable entry").path()));
            } else {
                texts.push(fs::read_to_string(&path).expect("a readable source"));
            }
        }
        texts
    }
}
