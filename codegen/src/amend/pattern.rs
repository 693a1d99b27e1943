//! Names with `*` for any letters.

/// A name, or a pattern of names.
#[derive(Debug)]
pub(crate) struct Pattern(String);

impl Pattern {
    /// The pattern of a text.
    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// As written.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// Whether several names may match.
    pub(crate) fn is_wide(&self) -> bool {
        self.0.contains('*')
    }

    /// Whether a name matches.
    pub(crate) fn is(&self, name: &str) -> bool {
        let mut parts = self.0.split('*');
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = name.strip_prefix(first) else { return false };
        let Some(last) = parts.next_back() else { return rest.is_empty() };
        for part in parts {
            let Some(at) = rest.find(part) else { return false };
            rest = &rest[at + part.len()..];
        }
        rest.ends_with(last)
    }

    /// Whether a name matches, with its namespace if the pattern has one.
    pub(crate) fn is_qualified(&self, namespace: &str, name: &str) -> bool {
        match self.0.contains('.') {
            true => self.is(&format!("{namespace}.{name}")),
            false => self.is(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn stars_stand_for_any_letters() {
        for (pattern, name, matches) in [
            ("Asset", "Asset", true),
            ("Asset", "AssetFile", false),
            ("Asset*", "AssetFile", true),
            ("*File", "AssetFile", true),
            ("*t*F*e", "AssetFile", true),
            ("A*A", "A", false),
            ("*", "", true),
            ("*a*", "b", false),
        ] {
            assert_eq!(Pattern::new(pattern).is(name), matches, "{pattern} {name}");
        }
        assert!(Pattern::new("S.*").is_qualified("S", "Asset"));
        assert!(!Pattern::new("T.*").is_qualified("S", "Asset"));
    }
}
