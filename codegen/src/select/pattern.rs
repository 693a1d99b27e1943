//! Patterns over names.

use crate::model::Model;

/// A text with `*` and `?`.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    text: String,
    letters: Vec<char>,
}

impl Pattern {
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), letters: text.chars().collect() }
    }

    /// The pattern as it is written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether this names something: by its name, with its namespace, or by the namespace alone.
    pub(crate) fn matches(&self, namespace: &str, name: &str) -> bool {
        self.fits(name)
            || !namespace.is_empty()
                && (self.text == namespace || self.fits(&format!("{namespace}.{name}")))
    }

    /// Whether a text fits as a whole; in time of the product of both lengths at most.
    fn fits(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut at, mut from) = (0, 0);
        // Where the last `*` is, and how much of the text it has taken.
        let mut star: Option<(usize, usize)> = None;
        while from < text.len() {
            match (self.letters.get(at), star) {
                (Some('*'), _) => {
                    star = Some((at, from));
                    at += 1;
                }
                (Some(letter), _) if *letter == '?' || Some(letter) == text.get(from) => {
                    at += 1;
                    from += 1;
                }
                (_, Some((star_at, taken))) => {
                    star = Some((star_at, taken + 1));
                    at = star_at + 1;
                    from = taken + 1;
                }
                (_, None) => return false,
            }
        }
        self.letters.get(at..).is_some_and(|rest| rest.iter().all(|letter| *letter == '*'))
    }
}

/// Everything in a model that patterns name: namespace and name.
pub(crate) fn all_names(model: &Model) -> Vec<(&str, &str)> {
    let mut names = Vec::new();
    for ty in model.entity_types.iter().chain(&model.complex_types) {
        names.push((ty.namespace.as_str(), ty.label.name.as_str()));
        for operation in ty.operations.iter().chain(&ty.collection_operations) {
            names.push((operation.namespace.as_deref().unwrap_or_default(), &operation.label.name));
        }
    }
    names.extend(model.enum_types.iter().map(|ty| (ty.namespace.as_str(), ty.label.name.as_str())));
    let definitions = model.type_definitions.iter();
    names.extend(definitions.map(|ty| (ty.namespace.as_str(), ty.label.name.as_str())));
    for container in &model.containers {
        names.extend(container.entity_sets.iter().map(|set| ("", set.label.name.as_str())));
        names.extend(container.singletons.iter().map(|one| ("", one.label.name.as_str())));
        names.extend(container.operations.iter().map(|one| ("", one.label.name.as_str())));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_name_things() {
        for (pattern, namespace, name, expected) in [
            ("Person", "Ns", "Person", true),
            ("Ns.Person", "Ns", "Person", true),
            ("Ns", "Ns", "Person", true),
            ("Ns.*", "Ns", "Person", true),
            ("P*n", "Ns", "Person", true),
            ("P*x*n", "Ns", "Person", false),
            ("P?rson", "Ns", "Person", true),
            ("*", "", "", true),
            ("person", "Ns", "Person", false),
            ("Pers", "Ns", "Person", false),
            ("", "", "Person", false),
        ] {
            assert_eq!(Pattern::new(pattern).matches(namespace, name), expected, "{pattern}");
        }
    }

    #[test]
    fn hostile_patterns_end() {
        let pattern = Pattern::new(&"*a".repeat(200));
        assert!(!pattern.matches("", &"a".repeat(10_000).replace("aa", "ab")[..150]));
    }
}
