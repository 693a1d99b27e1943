//! `$filter` and its kin as a tree: printed by clients, parsed and evaluated by services.
//!
//! The grammar is that of OData V1 to V3 (the protocol's URI conventions, section 10.2.3.1) and
//! that of V4 and V4.01 (the ABNF of OASIS, `commonExpr`). One tree serves them all: what the
//! versions write differently is decided when it is printed.

mod parse;
mod path;
mod print;
mod scan;

use std::fmt;

use crate::literal::Literal;
use crate::version::Version;
pub use parse::ParseFilterError;
pub(crate) use parse::Parser;
pub use path::{Quantifier, Step};

/// A node of a `$filter`.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A literal.
    Literal(Literal),
    /// A property, or a path through complex and navigation properties. A step may also be a
    /// qualified type (a cast), `$count`, `$it`, `$this`, `$root`, the variable of a lambda, an
    /// annotation or parameter alias (`@name`).
    Property(Vec<String>),
    /// A path in which a step is more than a name; see [`Expr::path`].
    Path(Vec<Step>),
    /// Two operands and what connects them.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `not`.
    Not(Box<Expr>),
    /// A minus sign.
    Negate(Box<Expr>),
    /// A function, such as `startswith`, with arguments by position.
    ///
    /// `contains(text,part)` of V4 and `substringof(part,text)` of V3 are the same function: each
    /// version is printed its own.
    Call(String, Vec<Expr>),
    /// `isof` or `cast` of an operand, or of the entity itself, and a type.
    Type(TypeFunction, Option<Box<Expr>>, String),
    /// `(1,2,3)`: what `in` takes; V4.01.
    List(Vec<Expr>),
    /// A JSON array; V4.
    Array(Vec<Expr>),
    /// A JSON object; V4.
    Object(Vec<(String, Expr)>),
    /// `case(condition:value,…)`; V4.01.
    Case(Vec<(Expr, Expr)>),
}

/// A function over a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeFunction {
    /// Whether the operand is of the type.
    IsOf,
    /// The operand as a value of the type.
    Cast,
}

impl TypeFunction {
    /// The keyword.
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::IsOf => "isof",
            Self::Cast => "cast",
        }
    }
}

/// A binary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the protocol")]
pub enum BinaryOp {
    Or,
    And,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Add,
    Sub,
    Mul,
    Div,
    /// Division that keeps the fraction; V4.01.
    DivBy,
    Mod,
    /// Whether flags are set; V4.
    Has,
    /// Whether a value is in a collection; V4.01.
    In,
}

impl BinaryOp {
    pub(crate) const ALL: [Self; 16] = [
        Self::Or,
        Self::And,
        Self::Eq,
        Self::Ne,
        Self::Lt,
        Self::Le,
        Self::Gt,
        Self::Ge,
        Self::Add,
        Self::Sub,
        Self::Mul,
        Self::Div,
        Self::DivBy,
        Self::Mod,
        Self::Has,
        Self::In,
    ];

    /// The keyword.
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Lt => "lt",
            Self::Le => "le",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Add => "add",
            Self::Sub => "sub",
            Self::Mul => "mul",
            Self::Div => "div",
            Self::DivBy => "divby",
            Self::Mod => "mod",
            Self::Has => "has",
            Self::In => "in",
        }
    }

    /// Operators of a higher number bind tighter; those of one number group from the left.
    const fn precedence(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Eq | Self::Ne => 3,
            Self::Lt | Self::Le | Self::Gt | Self::Ge => 4,
            Self::Add | Self::Sub => 5,
            Self::Mul | Self::Div | Self::DivBy | Self::Mod => 6,
            Self::Has | Self::In => UNARY + 1,
        }
    }

    /// Whether a version has it. `in` and `divby` came with V4.01, but services of V4 have them.
    const fn is_of(self, version: Version) -> bool {
        version.is_v4() || !matches!(self, Self::DivBy | Self::Has | Self::In)
    }
}

/// The precedence of `not` and the minus sign.
const UNARY: u8 = 7;

/// The precedence of what never needs parentheses.
const PRIMARY: u8 = u8::MAX;

impl Expr {
    /// Connects two operands.
    pub fn binary(op: BinaryOp, left: Expr, right: Expr) -> Self {
        Expr::Binary(op, Box::new(left), Box::new(right))
    }

    /// Calls a function.
    pub fn call(name: &str, arguments: impl IntoIterator<Item = Expr>) -> Self {
        Expr::Call(name.to_owned(), arguments.into_iter().collect())
    }

    /// A path: [`Expr::Property`] where every step is a name.
    pub fn path(steps: Vec<Step>) -> Self {
        if !steps.iter().all(|step| matches!(step, Step::Name(_))) {
            return Expr::Path(steps);
        }
        let name = |step| if let Step::Name(name) = step { Some(name) } else { None };
        Expr::Property(steps.into_iter().filter_map(name).collect())
    }

    /// A string literal.
    pub fn text(text: &str) -> Self {
        Expr::Literal(Literal::text(text))
    }

    /// A property by its name.
    pub fn property(name: &str) -> Self {
        Expr::Property(vec![name.to_owned()])
    }

    /// `null`.
    pub const fn null() -> Self {
        Expr::Literal(Literal::NULL)
    }

    /// Reads a `$filter` of V3, percent-encoding already undone.
    ///
    /// # Errors
    ///
    /// The text does not follow the grammar, or nests deeper than a service should follow.
    pub fn parse(text: &str) -> Result<Self, ParseFilterError> {
        Self::parse_for(text, Version::V3)
    }

    /// Reads an expression of a version, percent-encoding already undone.
    ///
    /// # Errors
    ///
    /// The text does not follow the grammar, or nests deeper than a service should follow.
    pub fn parse_for(text: &str, version: Version) -> Result<Self, ParseFilterError> {
        let mut parser = Parser::new(text, version);
        let expr = parser.expression()?;
        parser.finish()?;
        Ok(expr)
    }

    /// The text of this expression in a version, with no more parentheses than it needs.
    ///
    /// What the version does not have is printed all the same, in the words of the one that has
    /// it: a service refuses it, and nothing is dropped.
    pub fn display(&self, version: Version) -> impl fmt::Display + '_ {
        print::Shown { expr: self, version }
    }
}

/// The form of V3.
impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.display(Version::V3).fmt(f)
    }
}

#[cfg(test)]
mod tests;
