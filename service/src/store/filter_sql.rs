//! `$filter` and `$orderby` → SQL, checked against the model.
//!
//! The messages are those of Microsoft's library, which clients of the service have seen before.

use std::fmt::Write as _;

use edm::filter::BinaryOp;
use edm::literal::Literal;
use edm::model::{Primitive, Property, StructuredType, Type};
use edm::query::OrderBy;
use edm::{Expr, Value};
use sqlx::Arguments as _;
use sqlx::sqlite::SqliteArguments;

use super::StoreError;
use super::row::bind;
use super::schema::quote;

/// A condition or operand in SQL, and its type; no type is that of `null`.
struct Typed {
    sql: String,
    ty: Option<Primitive>,
}

/// A statement under construction: text, and the arguments of its question marks.
#[derive(Default)]
pub(super) struct Sql {
    pub(super) text: String,
    pub(super) arguments: SqliteArguments,
    /// Whether what is written is within a `not`: a comparison with null, which is false to
    /// clients, must not be null there.
    negated: bool,
}

impl Sql {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Appends text and, behind it, the place of an argument.
    pub(super) fn push_bind(&mut self, text: &str, value: &Value, ty: &Type) {
        self.push(text);
        bind(&mut self.arguments, value, ty);
        let _ = write!(self.text, "?{}", self.arguments.len());
    }

    /// Appends text and, behind it, the place of a string.
    pub(super) fn push_text(&mut self, text: &str, value: &str) {
        self.push_bind(text, &Value::from(value), &Type::Primitive(Primitive::String));
    }

    /// Appends text and, behind it, the place of a number.
    pub(super) fn push_number(&mut self, text: &str, value: i64) {
        self.push_bind(text, &Value::Integer(value), &Type::Primitive(Primitive::Int32));
    }

    /// Appends a filter as a condition.
    pub(super) fn push_filter(
        &mut self,
        filter: &Expr,
        ty: &'static StructuredType,
    ) -> Result<(), StoreError> {
        let condition = self.expression(filter, ty)?;
        if condition.ty != Some(Primitive::Boolean) {
            return Err(StoreError::Query(
                "The $filter expression must evaluate to a single boolean value.".to_owned(),
            ));
        }
        self.push(&condition.sql);
        Ok(())
    }

    fn literal(&mut self, literal: &Literal) -> Typed {
        bind(&mut self.arguments, &literal.value, &Type::Primitive(Primitive::String));
        // Numbered, so that the text may repeat and move an operand.
        Typed { sql: format!("?{}", self.arguments.len()), ty: literal.primitive }
    }

    fn expression(
        &mut self,
        expr: &Expr,
        ty: &'static StructuredType,
    ) -> Result<Typed, StoreError> {
        match expr {
            Expr::Literal(literal) if literal.value.is_null() => {
                Ok(Typed { sql: "NULL".to_owned(), ty: None })
            }
            Expr::Literal(literal) => Ok(self.literal(literal)),
            Expr::Property(path) => {
                let (sql, property) = property(path, ty)?;
                Ok(Typed { sql, ty: property.ty.primitive() })
            }
            Expr::Not(operand) => {
                let outside = std::mem::replace(&mut self.negated, true);
                let operand = self.expression(operand, ty);
                self.negated = outside;
                let operand = operand?;
                expect(&operand, Primitive::Boolean)?;
                Ok(Typed { sql: format!("(NOT {})", operand.sql), ty: operand.ty })
            }
            Expr::Negate(operand) => {
                let operand = self.expression(operand, ty)?;
                Ok(Typed { sql: format!("(- {})", operand.sql), ty: operand.ty })
            }
            Expr::Binary(..) => self.operators(expr, ty),
            Expr::Call(name, arguments) => {
                let arguments: Vec<_> = arguments
                    .iter()
                    .map(|argument| self.expression(argument, ty))
                    .collect::<Result<_, _>>()?;
                call(name, &arguments)
            }
            // Casts, lambdas and their kin: the grammar has them, the model no use for them.
            other => Err(StoreError::Query(format!("The expression '{other}' is not supported."))),
        }
    }
}

impl Sql {
    /// Operators in a row, which lean to the left: hundreds of them must not be hundreds of calls
    /// deep.
    fn operators(&mut self, expr: &Expr, ty: &'static StructuredType) -> Result<Typed, StoreError> {
        let (mut first, mut rest) = (expr, Vec::new());
        while let Expr::Binary(op, left, right) = first {
            rest.push((*op, right));
            first = left;
        }
        let mut left = self.expression(first, ty)?;
        for (op, right) in rest.into_iter().rev() {
            let right = self.expression(right, ty)?;
            left = binary(op, &left, &right, self.negated)?;
        }
        Ok(left)
    }
}

/// The `ORDER BY` of a query, without the keyword: it ends with the order of creation.
pub(super) fn order_by(
    terms: &[OrderBy],
    ty: &'static StructuredType,
) -> Result<String, StoreError> {
    let mut sql = String::new();
    for term in terms {
        let Expr::Property(path) = &term.expr else {
            let text = format!("$orderby by '{}' is not supported.", term.expr);
            return Err(StoreError::Query(text));
        };
        sql.push_str(&property(path, ty)?.0);
        sql.push_str(if term.descending { " DESC, " } else { ", " });
    }
    sql.push_str("seq");
    Ok(sql)
}

/// The column of a property; through complex properties, what is at the path in its JSON.
fn property(
    path: &[String],
    ty: &'static StructuredType,
) -> Result<(String, &'static Property), StoreError> {
    let unknown = |name: &str, ty: &StructuredType| {
        let ty = ty.qualified_name();
        StoreError::Query(format!("Could not find a property named '{name}' on type '{ty}'."))
    };
    let (first, rest) = path.split_first().ok_or_else(|| unknown("", ty))?;
    let (_, mut property) = ty.property(first).ok_or_else(|| unknown(first, ty))?;
    let mut json_path = String::from("$");
    for name in rest {
        let Type::Complex(inner) = property.ty else {
            return Err(unknown(name, ty));
        };
        property = inner.property(name).ok_or_else(|| unknown(name, inner))?.1;
        json_path.push('.');
        json_path.push_str(property.name);
    }
    let column = quote(first);
    Ok(match rest {
        [] => (column, property),
        // A name of the model: it has no quote in it.
        _ => (format!("json_extract({column}, '{json_path}')"), property),
    })
}

/// Types that compare with each other.
#[derive(PartialEq, Eq)]
enum Class {
    Number,
    Other(Primitive),
}

fn class(primitive: Primitive) -> Class {
    use Primitive as P;
    match primitive {
        P::Byte
        | P::SByte
        | P::Int16
        | P::Int32
        | P::Int64
        | P::Single
        | P::Double
        | P::Decimal => Class::Number,
        other => Class::Other(other),
    }
}

fn expect(operand: &Typed, primitive: Primitive) -> Result<(), StoreError> {
    match operand.ty {
        Some(found) if class(found) != class(primitive) => Err(StoreError::Query(format!(
            "Found an operand of type '{}' where '{}' was expected.",
            found.name(),
            primitive.name()
        ))),
        _ => Ok(()),
    }
}

fn binary(op: BinaryOp, left: &Typed, right: &Typed, negated: bool) -> Result<Typed, StoreError> {
    let incompatible = || {
        let name = |ty: Option<Primitive>| ty.map_or("null", Primitive::name);
        StoreError::Query(format!(
            "A binary operator with incompatible types was detected. Found operand types '{}' and \
             '{}' for operator kind '{}'.",
            name(left.ty),
            name(right.ty),
            operator_kind(op)
        ))
    };
    if let (Some(l), Some(r)) = (left.ty, right.ty)
        && class(l) != class(r)
    {
        return Err(incompatible());
    }
    let (l, r) = (&left.sql, &right.sql);
    let boolean = |sql| Ok(Typed { sql, ty: Some(Primitive::Boolean) });
    let arithmetic = |operator: &str| {
        let numbers = [left.ty, right.ty].into_iter().flatten();
        if numbers.into_iter().any(|ty| class(ty) != Class::Number) {
            return Err(incompatible());
        }
        Ok(Typed { sql: format!("({l} {operator} {r})"), ty: left.ty.or(right.ty) })
    };
    let connect = |operator: &str| boolean(format!("({l} {operator} {r})"));
    let compare = |operator: &str| match negated {
        true => boolean(format!("coalesce({l} {operator} {r}, 0)")),
        false => connect(operator),
    };
    match op {
        BinaryOp::Or | BinaryOp::And => {
            expect(left, Primitive::Boolean)?;
            expect(right, Primitive::Boolean)?;
            connect(if op == BinaryOp::Or { "OR" } else { "AND" })
        }
        // `=` where it can be: only that one is sure to use an index.
        BinaryOp::Eq if left.ty.is_none() || right.ty.is_none() => connect("IS"),
        BinaryOp::Eq => compare("="),
        // Null is not equal to anything but null.
        BinaryOp::Ne => connect("IS NOT"),
        BinaryOp::Lt => compare("<"),
        BinaryOp::Le => compare("<="),
        BinaryOp::Gt => compare(">"),
        BinaryOp::Ge => compare(">="),
        BinaryOp::Add => arithmetic("+"),
        BinaryOp::Sub => arithmetic("-"),
        BinaryOp::Mul => arithmetic("*"),
        BinaryOp::Div => arithmetic("/"),
        BinaryOp::Mod => arithmetic("%"),
        // Of V4: the parser refuses them.
        BinaryOp::DivBy | BinaryOp::Has | BinaryOp::In => Err(incompatible()),
    }
}

/// What Microsoft's library calls the operators in its messages.
fn operator_kind(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Or => "Or",
        BinaryOp::And => "And",
        BinaryOp::Eq => "Equal",
        BinaryOp::Ne => "NotEqual",
        BinaryOp::Lt => "LessThan",
        BinaryOp::Le => "LessThanOrEqual",
        BinaryOp::Gt => "GreaterThan",
        BinaryOp::Ge => "GreaterThanOrEqual",
        BinaryOp::Add => "Add",
        BinaryOp::Sub => "Subtract",
        BinaryOp::Mul => "Multiply",
        BinaryOp::Div => "Divide",
        BinaryOp::Mod => "Modulo",
        BinaryOp::DivBy => "DivideBy",
        BinaryOp::Has => "Has",
        BinaryOp::In => "In",
    }
}

fn call(name: &str, arguments: &[Typed]) -> Result<Typed, StoreError> {
    use Primitive as P;
    let sql: Vec<_> = arguments.iter().map(|argument| argument.sql.as_str()).collect();
    // Seconds since 1970, which is what SQLite counts from.
    let part = |format: &str, time: &str| {
        let seconds = format!("({time} / 10000000 - 62135596800)");
        format!("CAST(strftime('{format}', {seconds}, 'unixepoch') AS INTEGER)")
    };
    let (wanted, ty, sql): (&[P], P, String) = match (name, sql.as_slice()) {
        ("substringof", [needle, text]) => {
            (&[P::String; 2], P::Boolean, format!("(instr({text}, {needle}) > 0)"))
        }
        ("startswith", [text, prefix]) => (
            &[P::String; 2],
            P::Boolean,
            format!("(substr({text}, 1, length({prefix})) = {prefix})"),
        ),
        ("endswith", [text, suffix]) => (
            &[P::String; 2],
            P::Boolean,
            format!(
                "(length({text}) >= length({suffix}) AND substr({text}, length({text}) - length({suffix}) + 1) = {suffix})"
            ),
        ),
        ("length", [text]) => (&[P::String], P::Int32, format!("length({text})")),
        ("indexof", [text, needle]) => {
            (&[P::String; 2], P::Int32, format!("(instr({text}, {needle}) - 1)"))
        }
        ("tolower", [text]) => (&[P::String], P::String, format!("lower({text})")),
        ("toupper", [text]) => (&[P::String], P::String, format!("upper({text})")),
        ("trim", [text]) => (&[P::String], P::String, format!("trim({text})")),
        ("concat", [first, second]) => {
            (&[P::String; 2], P::String, format!("({first} || {second})"))
        }
        ("substring", [text, start]) => {
            (&[P::String, P::Int32], P::String, format!("substr({text}, {start} + 1)"))
        }
        ("substring", [text, start, length]) => (
            &[P::String, P::Int32, P::Int32],
            P::String,
            format!("substr({text}, {start} + 1, {length})"),
        ),
        ("year", [time]) => (&[P::DateTime], P::Int32, part("%Y", time)),
        ("month", [time]) => (&[P::DateTime], P::Int32, part("%m", time)),
        ("day", [time]) => (&[P::DateTime], P::Int32, part("%d", time)),
        ("hour", [time]) => (&[P::DateTime], P::Int32, part("%H", time)),
        ("minute", [time]) => (&[P::DateTime], P::Int32, part("%M", time)),
        ("second", [time]) => (&[P::DateTime], P::Int32, part("%S", time)),
        ("round", [number]) => (&[P::Double], P::Double, format!("round({number})")),
        ("floor", [number]) => (&[P::Double], P::Double, format!("floor({number})")),
        ("ceiling", [number]) => (&[P::Double], P::Double, format!("ceil({number})")),
        _ => {
            let count = arguments.len();
            return Err(StoreError::Query(format!(
                "An unknown function with name '{name}' and {count} arguments was found."
            )));
        }
    };
    arguments.iter().zip(wanted).try_for_each(|(argument, wanted)| expect(argument, *wanted))?;
    Ok(Typed { sql, ty: Some(ty) })
}
