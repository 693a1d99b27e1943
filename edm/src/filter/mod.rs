//! `$filter` as a tree: printed by clients, parsed and evaluated by services.
//!
//! The grammar is that of OData V3 (`any` and `all` excepted): see the protocol's URI conventions,
//! section 10.2.3.1.

mod parse;

use std::fmt;

use crate::literal::Literal;
pub use parse::ParseFilterError;

/// A node of a `$filter`.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A literal.
    Literal(Literal),
    /// A property, or a path through complex properties.
    Property(Vec<String>),
    /// Two operands and what connects them.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `not`.
    Not(Box<Expr>),
    /// A minus sign.
    Negate(Box<Expr>),
    /// A function of the protocol, such as `startswith`.
    Call(String, Vec<Expr>),
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
    Mod,
}

impl BinaryOp {
    const ALL: [Self; 13] = [
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
        Self::Mod,
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
            Self::Mod => "mod",
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
            Self::Mul | Self::Div | Self::Mod => 6,
        }
    }
}

/// The precedence of `not` and the minus sign.
const UNARY: u8 = 7;

impl Expr {
    /// Connects two operands.
    pub fn binary(op: BinaryOp, left: Expr, right: Expr) -> Self {
        Expr::Binary(op, Box::new(left), Box::new(right))
    }

    /// Calls a function.
    pub fn call(name: &str, arguments: impl IntoIterator<Item = Expr>) -> Self {
        Expr::Call(name.to_owned(), arguments.into_iter().collect())
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

    /// Reads a `$filter`, percent-encoding already undone.
    ///
    /// # Errors
    ///
    /// The text does not follow the grammar, or nests deeper than a service should follow.
    pub fn parse(text: &str) -> Result<Self, ParseFilterError> {
        parse::parse(text)
    }

    const fn precedence(&self) -> u8 {
        match self {
            Expr::Binary(op, ..) => op.precedence(),
            Expr::Not(_) | Expr::Negate(_) => UNARY,
            Expr::Literal(_) | Expr::Property(_) | Expr::Call(..) => u8::MAX,
        }
    }

    /// Prints, in parentheses if the context binds tighter.
    fn write(&self, f: &mut fmt::Formatter<'_>, context: u8) -> fmt::Result {
        if self.precedence() < context {
            f.write_str("(")?;
            self.write(f, 0)?;
            return f.write_str(")");
        }
        match self {
            Expr::Literal(literal) => write!(f, "{literal}"),
            Expr::Property(path) => f.write_str(&path.join("/")),
            Expr::Binary(op, left, right) => {
                left.write(f, op.precedence())?;
                write!(f, " {} ", op.keyword())?;
                right.write(f, op.precedence() + 1)
            }
            Expr::Not(operand) => {
                f.write_str("not ")?;
                operand.write(f, UNARY)
            }
            // Always in parentheses: `-5` alone would be read as a literal.
            Expr::Negate(operand) => {
                f.write_str("-(")?;
                operand.write(f, 0)?;
                f.write_str(")")
            }
            Expr::Call(name, arguments) => {
                write!(f, "{name}(")?;
                for (position, argument) in arguments.iter().enumerate() {
                    if position > 0 {
                        f.write_str(",")?;
                    }
                    argument.write(f, 0)?;
                }
                f.write_str(")")
            }
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}
