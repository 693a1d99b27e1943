use super::QueryOptions;

/// One item of `$expand`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expand {
    /// Names of complex properties, types and the navigation property; `*` is all of them.
    pub path: Vec<String>,
    /// What to bring of each entity.
    pub what: Expanded,
    /// What to bring of the entities; V4.
    pub options: QueryOptions,
}

/// What `$expand` brings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expanded {
    /// The entities.
    #[default]
    Entities,
    /// `/$ref`: their ids; V4.
    References,
    /// `/$count`: how many there are; V4.
    Count,
}

/// How far a recursive `$expand` goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Levels {
    /// So many levels.
    Number(u32),
    /// As far as the service goes.
    Max,
}

/// One item of `$select`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Select {
    /// Names of complex properties, types, and the property or operation; `*` is all properties.
    pub path: Vec<String>,
    /// What to bring of a complex property; V4.01.
    pub options: QueryOptions,
}

impl Expand {
    /// Brings the entities that a navigation property leads to.
    pub fn new(navigation: &str) -> Self {
        Self { path: vec![navigation.to_owned()], ..Self::default() }
    }
}

impl Select {
    /// Brings a property; the names of a path are separated by slashes.
    pub fn new(path: &str) -> Self {
        Self { path: path.split('/').map(str::to_owned).collect(), ..Self::default() }
    }
}
