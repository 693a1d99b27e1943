//! The system query options of OData, V1 to V4.01, both ways.

mod apply;
mod apply_parse;
mod expand;
mod parse;
mod print;
mod search;

use crate::filter::{Expr, ParseFilterError};
use crate::version::Version;
pub use apply::{Aggregate, Grouping, Rank, Transformation};
pub(crate) use apply_parse::aggregate;
pub use expand::{Expand, Expanded, Levels, Select};
pub(crate) use parse::count_options;
pub use search::Search;

/// The options of one query, or of one item of `$expand` or `$select`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueryOptions {
    /// `$filter`.
    pub filter: Option<Expr>,
    /// `$orderby`.
    pub order_by: Vec<OrderBy>,
    /// `$top`.
    pub top: Option<u64>,
    /// `$skip`.
    pub skip: Option<u64>,
    /// `$select`.
    pub select: Vec<Select>,
    /// `$expand`.
    pub expand: Vec<Expand>,
    /// `$inlinecount=allpages`, `$count=true` since V4.
    pub inline_count: bool,
    /// `$skiptoken`: where the next page starts, in the words of the service.
    pub skip_token: Option<String>,
    /// `$deltatoken`: where the next changes start, in the words of the service; V4.
    pub delta_token: Option<String>,
    /// `$format`.
    pub format: Option<String>,
    /// `$search`; V4.
    pub search: Option<Search>,
    /// `$compute`; V4.01.
    pub compute: Vec<Compute>,
    /// `$apply`, step by step; V4.
    pub apply: Vec<Transformation>,
    /// `$levels`: how far a recursive `$expand` goes; only there.
    pub levels: Option<Levels>,
    /// `$index`: where an insert goes in an ordered collection; V4.01.
    pub index: Option<i64>,
    /// `$id`: the entity whose link a `DELETE` removes; V4.
    pub id: Option<String>,
    /// `$schemaversion`; V4.01.
    pub schema_version: Option<String>,
    /// Parameter aliases, without `@`, and what they stand for; V4.
    pub aliases: Vec<(String, Expr)>,
    /// Options without `$`: parameters of operations, `api-version`. Order is kept.
    pub custom: Vec<(String, String)>,
}

/// One term of `$orderby`.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderBy {
    /// What is compared.
    pub expr: Expr,
    /// Largest first.
    pub descending: bool,
}

impl OrderBy {
    /// Orders by a property.
    pub fn property(name: &str, descending: bool) -> Self {
        Self { expr: Expr::property(name), descending }
    }
}

/// One property of `$compute`.
#[derive(Clone, Debug, PartialEq)]
pub struct Compute {
    /// The value.
    pub expr: Expr,
    /// The name of the property that gets it.
    pub name: String,
}

/// A query that does not follow the grammar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// The `$filter` is malformed.
    #[error(transparent)]
    Filter(#[from] ParseFilterError),
    /// Another option is malformed.
    #[error("{option}, position {position}: {problem}")]
    Option {
        /// The option.
        option: String,
        /// Bytes of its value before the place.
        position: usize,
        /// What is wrong there.
        problem: String,
    },
    /// An option has a value it cannot have.
    #[error("{option}: '{value}' is not {expected}")]
    Value {
        /// The option.
        option: String,
        /// Its value, shortened.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
    /// An option that starts with `$` and is not of this protocol.
    #[error("the query option '{0}' is not supported")]
    Unknown(String),
    /// An option is there twice.
    #[error("the query option '{0}' is there more than once")]
    Repeated(String),
}

impl QueryOptions {
    /// Reads the query of a V3 URL, without its question mark. A plus sign is a space.
    ///
    /// # Errors
    ///
    /// An option is unknown, repeated or malformed.
    pub fn parse(query: &str) -> Result<Self, QueryError> {
        Self::parse_for(query, Version::V3)
    }

    /// Reads the query of a URL, without its question mark. A plus sign is a space up to V3, and
    /// a plus sign since V4. V4.01 knows the options without `$`, too.
    ///
    /// # Errors
    ///
    /// An option is unknown in this version, repeated or malformed.
    pub fn parse_for(query: &str, version: Version) -> Result<Self, QueryError> {
        parse::query(query, version)
    }

    /// The query of a URL in a version, percent-encoded, without a question mark.
    ///
    /// Up to V3 a nested `$expand` and `$select` is printed as paths: `$expand=A/B` and
    /// `$select=A/Name`. What a version does not have is printed all the same, in the words of the
    /// one that has it: a service refuses it, and nothing is dropped.
    pub fn to_query(&self, version: Version) -> String {
        print::query(self, version)
    }

    /// The paths of `$select`, each with slashes between its names; empty if there is no selection
    /// or all is selected.
    pub fn select_names(&self) -> Vec<String> {
        let names: Vec<_> = self.select.iter().map(|item| item.path.join("/")).collect();
        if names.iter().any(|name| name == "*") { Vec::new() } else { names }
    }

    /// The value of an option without `$`; names are not case-sensitive.
    pub fn custom(&self, name: &str) -> Option<&str> {
        let found = self.custom.iter().find(|(option, _)| option.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests;
