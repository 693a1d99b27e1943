use super::Expr;
use crate::path::KeyPredicate;
use crate::query::{Aggregate, QueryOptions};

/// A step of a path in an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A name: see [`Expr::Property`].
    Name(String),
    /// The key of one entity of the collection that comes before: `$root/People('russell')`.
    Key(KeyPredicate),
    /// A function of the model, with arguments by name: `Sales.Tax(rate=0.1)`.
    Call(String, Vec<(String, Expr)>),
    /// `any()`, or `any` or `all` with a variable and what is asked of it: `any(t:t/Cost gt 5)`.
    Lambda(Quantifier, Option<(String, Box<Expr>)>),
    /// `aggregate(…)`: one value made of all items; V4.
    Aggregate(Box<Aggregate>),
    /// `$filter(…)`: the items of a collection for which this holds; V4.01.
    Filter(Box<Expr>),
    /// `$count($filter=…;$search=…)`: how many items of a collection match; V4.01. A `$count`
    /// without options is a name.
    Count(Box<QueryOptions>),
}

/// How many items of a collection must match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// At least one.
    Any,
    /// Each.
    All,
}

impl Quantifier {
    /// The keyword.
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::All => "all",
        }
    }
}
