//! Enumerations whose values travel by name: names to numbers and back.

use crate::literal::Literal;
use crate::model::{EnumType, Members};
use crate::{TypeError, Value};

impl EnumType {
    fn numbers(&self) -> &'static [(&'static str, i64)] {
        match self.members {
            Members::Integer(members) => members,
            Members::Text(_) => &[],
        }
    }

    /// The number of a member, by its name or as a number.
    pub fn number_of(&self, text: &str) -> Option<i64> {
        let named = self.numbers().iter().find(|(name, _)| *name == text);
        named.map(|(_, number)| *number).or_else(|| text.parse().ok())
    }

    /// The name of a member that a text gives as a number; any other text as it is.
    pub fn name_of<'t>(&self, text: &'t str) -> &'t str {
        if !text.starts_with(|first: char| first.is_ascii_digit() || first == '-') {
            return text;
        }
        let Ok(number) = text.parse::<i64>() else { return text };
        self.numbers().iter().find(|(_, value)| *value == number).map_or(text, |(name, _)| name)
    }

    /// The names of the members that make up a sum, with commas; the number if that is not all.
    fn names_of_sum(&self, sum: i64) -> Vec<String> {
        if let Some((name, _)) = self.numbers().iter().find(|(_, value)| *value == sum) {
            return vec![(*name).to_owned()];
        }
        let mut members: Vec<&(&str, i64)> = self.numbers().iter().collect();
        // The largest first: one name for several bits says more.
        members.sort_by_key(|(_, value)| std::cmp::Reverse(value.count_ones()));
        let mut rest = sum;
        let mut names = Vec::new();
        for (name, value) in members {
            if *value != 0 && rest & value == *value {
                rest &= !value;
                names.push((*value, (*name).to_owned()));
            }
        }
        if rest != 0 || names.is_empty() {
            return vec![sum.to_string()];
        }
        names.sort_by_key(|(value, _)| value.cast_unsigned());
        names.into_iter().map(|(_, name)| name).collect()
    }
}

/// What a generated set of flags wraps: a sum of members, and the names that the model does not
/// know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FlagSet {
    sum: i64,
    unknown: Vec<String>,
}

impl FlagSet {
    /// A sum of members.
    pub const fn of(sum: i64) -> Self {
        Self { sum, unknown: Vec::new() }
    }

    /// The sum of the members that the model knows.
    pub const fn number(&self) -> i64 {
        self.sum
    }

    /// Names or numbers, with commas.
    pub fn parse(text: &str, ty: &EnumType) -> Self {
        let mut set = Self::default();
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match ty.number_of(name) {
                Some(number) => set.sum |= number,
                None => set.unknown.push(name.to_owned()),
            }
        }
        set
    }

    /// The names, with commas; a number where bits have no name.
    pub fn print(&self, ty: &EnumType) -> String {
        if self.sum == 0 && !self.unknown.is_empty() {
            return self.unknown.join(",");
        }
        let mut names = ty.names_of_sum(self.sum);
        names.extend(self.unknown.iter().cloned());
        names.join(",")
    }

    /// Whether all members of the other are here, too.
    pub fn contains(&self, other: &Self) -> bool {
        self.sum & other.sum == other.sum
            && other.unknown.iter().all(|name| self.unknown.contains(name))
    }

    /// The members of both.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.sum |= other.sum;
        for name in other.unknown {
            if !self.unknown.contains(&name) {
                self.unknown.push(name);
            }
        }
        self
    }
}

/// The literal of members of an enumeration; generated code calls this.
pub fn enum_literal(ty: &'static EnumType, members: String) -> Literal {
    Literal::enumeration(format!("{}.{}", ty.namespace, ty.name), members)
}

/// The error of a value that is no member of an enumeration; generated code calls this.
pub fn not_a_member(ty: &EnumType, value: &Value) -> TypeError {
    TypeError::new(format!("a member of {}", ty.name), value)
}

#[cfg(test)]
mod tests {
    use super::*;

    static MODES: EnumType = EnumType {
        name: "Modes",
        is_flags: true,
        members: Members::Integer(&[
            ("None", 0),
            ("Read", 1),
            ("Write", 2),
            ("All", 3),
            ("Far", 8),
        ]),
        ..EnumType::NEW
    };

    fn again(text: &str) -> String {
        FlagSet::parse(text, &MODES).print(&MODES)
    }

    #[test]
    fn flags_survive_a_round_trip() {
        for (text, expected) in [
            ("Read", "Read"),
            ("Read, Far", "Read,Far"),
            ("Far,Write,Read", "All,Far"),
            ("None", "None"),
            ("", "None"),
            ("9", "Read,Far"),
            ("Read,New", "Read,New"),
            ("New", "New"),
            ("17", "17"),
        ] {
            assert_eq!(again(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_are_members_too() {
        assert_eq!(MODES.name_of("2"), "Write");
        assert_eq!(MODES.name_of("64"), "64");
        assert_eq!(MODES.name_of("Write"), "Write");
        assert_eq!(MODES.number_of("Far"), Some(8));
        assert_eq!(MODES.number_of("x"), None);
    }

    #[test]
    fn sets_are_joined() {
        let both = FlagSet::of(1).with(FlagSet::parse("New", &MODES));
        assert!(both.contains(&FlagSet::of(1)) && !both.contains(&FlagSet::of(2)));
        assert!(both.contains(&FlagSet::parse("New", &MODES)));
    }
}
