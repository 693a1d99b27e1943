use std::fmt;

use super::print::{Item as _, list};
use super::{Compute, OrderBy, Search};
use crate::filter::Expr;
use crate::version::Version;

/// A step of `$apply`: what it makes of the entities is what the next step gets.
#[derive(Clone, Debug, PartialEq)]
pub enum Transformation {
    /// `aggregate(…)`.
    Aggregate(Vec<Aggregate>),
    /// `groupby((…),…)`: groups, and what is made of each.
    GroupBy(Vec<Grouping>, Vec<Transformation>),
    /// `filter(…)`.
    Filter(Expr),
    /// `compute(…)`.
    Compute(Vec<Compute>),
    /// `search(…)`.
    Search(Search),
    /// `orderby(…)`.
    OrderBy(Vec<OrderBy>),
    /// `top(…)`.
    Top(u64),
    /// `skip(…)`.
    Skip(u64),
    /// `identity`.
    Identity,
    /// `concat(…)`: the results of several sequences, one behind the other.
    Concat(Vec<Vec<Transformation>>),
    /// `topcount(number,value)` and its kin.
    Rank(Rank, Expr, Expr),
    /// Any other one, such as `join`, `nest` and functions of the model, as its text.
    Other(String),
}

/// Which of the entities that are largest or smallest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the protocol")]
pub enum Rank {
    TopCount,
    TopSum,
    TopPercent,
    BottomCount,
    BottomSum,
    BottomPercent,
}

impl Rank {
    pub(super) const ALL: [Self; 6] = [
        Self::TopCount,
        Self::TopSum,
        Self::TopPercent,
        Self::BottomCount,
        Self::BottomSum,
        Self::BottomPercent,
    ];

    /// The keyword.
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::TopCount => "topcount",
            Self::TopSum => "topsum",
            Self::TopPercent => "toppercent",
            Self::BottomCount => "bottomcount",
            Self::BottomSum => "bottomsum",
            Self::BottomPercent => "bottompercent",
        }
    }
}

/// What entities of a group have in common.
#[derive(Clone, Debug, PartialEq)]
pub enum Grouping {
    /// The value at a path.
    Property(Vec<String>),
    /// `rollup(…)`: the values at paths, from the coarsest to the finest, and the groups of each
    /// level.
    Rollup(Vec<Vec<String>>),
    /// `rolluprecursive(…)`, as its text.
    Other(String),
}

/// One value of `aggregate`.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// What is aggregated: an expression, a path that ends with `$count`, or the path of a custom
    /// aggregate.
    pub expr: Expr,
    /// How: `sum`, `min`, `max`, `average`, `countdistinct` or a method of the service. None for
    /// `$count` and custom aggregates.
    pub method: Option<String>,
    /// `from`: groups over which it is aggregated first, and how the results of those are.
    pub from: Vec<(Vec<Grouping>, Option<String>)>,
    /// The name of the property that gets the value.
    pub alias: Option<String>,
}

impl Aggregate {
    /// Aggregates a value by a method, such as `sum`.
    pub fn new(expr: Expr, method: &str, alias: &str) -> Self {
        let (method, alias) = (Some(method.to_owned()), Some(alias.to_owned()));
        Self { expr, method, from: Vec::new(), alias }
    }

    pub(crate) fn display(&self, version: Version) -> impl fmt::Display + '_ {
        fmt::from_fn(move |f| {
            write!(f, "{}", self.expr.display(version))?;
            let with = |f: &mut fmt::Formatter<'_>, method: &Option<String>| match method {
                Some(method) => write!(f, " with {method}"),
                None => Ok(()),
            };
            with(f, &self.method)?;
            for (groupings, method) in &self.from {
                write!(f, " from {}", joined(groupings))?;
                with(f, method)?;
            }
            match &self.alias {
                Some(alias) => write!(f, " as {alias}"),
                None => Ok(()),
            }
        })
    }
}

impl fmt::Display for Grouping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Property(path) => f.write_str(&path.join("/")),
            Self::Rollup(paths) => {
                let paths: Vec<_> = paths.iter().map(|path| path.join("/")).collect();
                write!(f, "rollup({})", paths.join(","))
            }
            Self::Other(text) => f.write_str(text),
        }
    }
}

fn joined<T: ToString>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// A sequence as `$apply` has it: with slashes between the steps.
pub(super) fn sequence(steps: &[Transformation], version: Version) -> String {
    let texts: Vec<_> = steps.iter().map(|step| step.display(version).to_string()).collect();
    texts.join("/")
}

impl Transformation {
    /// The text of this step in a version.
    pub fn display(&self, version: Version) -> impl fmt::Display + '_ {
        fmt::from_fn(move |f| match self {
            Self::Aggregate(items) => {
                let texts: Vec<_> =
                    items.iter().map(|item| item.display(version).to_string()).collect();
                write!(f, "aggregate({})", texts.join(","))
            }
            Self::GroupBy(groupings, steps) => {
                let comma = if steps.is_empty() { "" } else { "," };
                let steps = sequence(steps, version);
                write!(f, "groupby(({}){comma}{steps})", joined(groupings))
            }
            Self::Filter(condition) => write!(f, "filter({})", condition.display(version)),
            Self::Compute(items) => {
                let texts: Vec<_> = items.iter().map(|item| item.text(version)).collect();
                write!(f, "compute({})", texts.join(","))
            }
            Self::Search(search) => write!(f, "search({search})"),
            Self::OrderBy(orders) => {
                write!(f, "orderby({})", list(orders, version).unwrap_or_default())
            }
            Self::Top(number) => write!(f, "top({number})"),
            Self::Skip(number) => write!(f, "skip({number})"),
            Self::Identity => f.write_str("identity"),
            Self::Concat(sequences) => {
                let texts: Vec<_> =
                    sequences.iter().map(|steps| sequence(steps, version)).collect();
                write!(f, "concat({})", texts.join(","))
            }
            Self::Rank(rank, number, value) => {
                let (number, value) = (number.display(version), value.display(version));
                write!(f, "{}({number},{value})", rank.keyword())
            }
            Self::Other(text) => f.write_str(text),
        })
    }
}
