//! Printing expressions.

use std::fmt;

use super::{BinaryOp, Expr, PRIMARY, Step, UNARY};
use crate::Value;
use crate::literal::Literal;
use crate::version::Version;

/// An expression and the version it is printed for.
pub(super) struct Shown<'a> {
    pub(super) expr: &'a Expr,
    pub(super) version: Version,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Printer { f, version: self.version }.expr(self.expr, 0)
    }
}

impl Expr {
    const fn precedence(&self) -> u8 {
        match self {
            Expr::Binary(op, ..) => op.precedence(),
            Expr::Not(_) | Expr::Negate(_) => UNARY,
            _ => PRIMARY,
        }
    }
}

fn is_not(path: &[String]) -> bool {
    matches!(path, [name] if name.eq_ignore_ascii_case("not"))
}

struct Printer<'a, 'f> {
    f: &'a mut fmt::Formatter<'f>,
    version: Version,
}

impl Printer<'_, '_> {
    /// Prints, in parentheses if the context binds tighter.
    fn expr(&mut self, expr: &Expr, context: u8) -> fmt::Result {
        if let Expr::Binary(BinaryOp::In, left, right) = expr
            && let Expr::List(items) = &**right
            && self.version < Version::V401
        {
            return self.chain(left, items, context);
        }
        if expr.precedence() < context {
            self.f.write_str("(")?;
            self.expr(expr, 0)?;
            return self.f.write_str(")");
        }
        match expr {
            Expr::Literal(literal) => write!(self.f, "{}", literal.display(self.version)),
            // A property of this name would be read as the operator.
            Expr::Property(path) if is_not(path) => write!(self.f, "({})", path.join("/")),
            Expr::Property(path) => self.f.write_str(&path.join("/")),
            Expr::Path(steps) => self.path(steps),
            Expr::Binary(op, left, right) => self.binary(*op, left, right),
            Expr::Not(operand) => {
                self.f.write_str("not ")?;
                // Services differ in what `not A in (1,2)` means.
                let is_binary = matches!(**operand, Expr::Binary(..));
                self.expr(operand, if is_binary { PRIMARY } else { UNARY })
            }
            Expr::Negate(operand) => self.negate(operand),
            Expr::Call(name, arguments) => self.call(name, arguments),
            Expr::Type(function, operand, ty) => {
                write!(self.f, "{}(", function.keyword())?;
                if let Some(operand) = operand {
                    self.expr(operand, 0)?;
                    self.f.write_str(",")?;
                }
                let quote = if self.version.is_v4() { "" } else { "'" };
                write!(self.f, "{quote}{ty}{quote})")
            }
            Expr::List(items) => {
                self.f.write_str("(")?;
                self.separated(items, |this, item| this.expr(item, 0))?;
                self.f.write_str(")")
            }
            Expr::Array(_) | Expr::Object(_) => self.json(expr),
            Expr::Case(branches) => {
                self.f.write_str("case(")?;
                self.separated(branches, |this, (condition, value)| {
                    this.expr(condition, 0)?;
                    this.f.write_str(":")?;
                    this.expr(value, 0)
                })?;
                self.f.write_str(")")
            }
        }
    }

    fn separated<T>(
        &mut self,
        items: &[T],
        print: impl Fn(&mut Self, &T) -> fmt::Result,
    ) -> fmt::Result {
        for (position, item) in items.iter().enumerate() {
            if position > 0 {
                self.f.write_str(",")?;
            }
            print(self, item)?;
        }
        Ok(())
    }

    /// What a service below V4.01 has in place of `in`: a chain of `eq`.
    fn chain(&mut self, left: &Expr, items: &[Expr], context: u8) -> fmt::Result {
        let parentheses = items.len() > 1 && context > BinaryOp::Or.precedence();
        let parentheses = parentheses || (items.len() == 1 && context > BinaryOp::Eq.precedence());
        if items.is_empty() {
            return self.f.write_str("false");
        }
        self.f.write_str(if parentheses { "(" } else { "" })?;
        for (position, item) in items.iter().enumerate() {
            self.f.write_str(if position > 0 { " or " } else { "" })?;
            self.binary(BinaryOp::Eq, left, item)?;
        }
        self.f.write_str(if parentheses { ")" } else { "" })
    }

    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr) -> fmt::Result {
        let (left_context, right_context) = match op {
            BinaryOp::Has | BinaryOp::In => (PRIMARY, PRIMARY),
            op => (op.precedence(), op.precedence() + 1),
        };
        self.expr(left, left_context)?;
        write!(self.f, " {} ", op.keyword())?;
        self.expr(right, right_context)
    }

    /// The minus sign: `-5` would be read as a literal, and so would `-INF`.
    fn negate(&mut self, operand: &Expr) -> fmt::Result {
        let is_plain = match operand {
            Expr::Property(path) => path.first().is_some_and(|name| !name.starts_with("INF")),
            Expr::Call(..) | Expr::Negate(_) => true,
            _ => false,
        };
        self.f.write_str(if is_plain { "-" } else { "-(" })?;
        self.expr(operand, 0)?;
        self.f.write_str(if is_plain { "" } else { ")" })
    }

    fn call(&mut self, name: &str, arguments: &[Expr]) -> fmt::Result {
        let (name, arguments) = match (name, arguments) {
            ("substringof", [part, text]) if self.version.is_v4() => ("contains", vec![text, part]),
            ("contains", [text, part]) if !self.version.is_v4() => {
                ("substringof", vec![part, text])
            }
            (name, arguments) => (name, arguments.iter().collect()),
        };
        write!(self.f, "{name}(")?;
        self.separated(&arguments, |this, argument| this.expr(argument, 0))?;
        self.f.write_str(")")
    }

    fn path(&mut self, steps: &[Step]) -> fmt::Result {
        for (position, step) in steps.iter().enumerate() {
            if position > 0 && !matches!(step, Step::Key(_)) {
                self.f.write_str("/")?;
            }
            match step {
                Step::Name(name) => self.f.write_str(name)?,
                Step::Key(key) => write!(self.f, "({})", key.plain(self.version))?,
                Step::Call(name, arguments) => {
                    write!(self.f, "{name}(")?;
                    self.separated(arguments, |this, (name, value)| {
                        write!(this.f, "{name}=")?;
                        this.expr(value, 0)
                    })?;
                    self.f.write_str(")")?;
                }
                Step::Lambda(quantifier, body) => {
                    write!(self.f, "{}(", quantifier.keyword())?;
                    if let Some((variable, condition)) = body {
                        write!(self.f, "{variable}:")?;
                        self.expr(condition, 0)?;
                    }
                    self.f.write_str(")")?;
                }
                Step::Filter(condition) => {
                    self.f.write_str("$filter(")?;
                    self.expr(condition, 0)?;
                    self.f.write_str(")")?;
                }
                Step::Aggregate(item) => {
                    write!(self.f, "aggregate({})", item.display(self.version))?;
                }
                Step::Count(options) => {
                    write!(self.f, "$count({})", options.nested(self.version))?;
                }
            }
        }
        Ok(())
    }

    /// A value inside of JSON: strings are in double quotes.
    fn json(&mut self, expr: &Expr) -> fmt::Result {
        match expr {
            Expr::Literal(Literal { value: Value::String(text), enum_type: None, .. }) => {
                self.quoted(text)
            }
            Expr::Array(items) => {
                self.f.write_str("[")?;
                self.separated(items, Self::json)?;
                self.f.write_str("]")
            }
            Expr::Object(members) => {
                self.f.write_str("{")?;
                self.separated(members, |this, (name, value)| {
                    this.quoted(name)?;
                    this.f.write_str(":")?;
                    this.json(value)
                })?;
                self.f.write_str("}")
            }
            other => self.expr(other, 0),
        }
    }

    fn quoted(&mut self, text: &str) -> fmt::Result {
        write!(self.f, "{}", serde_json::Value::from(text))
    }
}
