//! The parser of expressions: precedence climbing over a text that is scanned in place.

use super::{BinaryOp, Expr, Quantifier, Step, TypeFunction, UNARY};
use crate::literal;
use crate::path::KeyPredicate;
use crate::query;
use crate::version::Version;

/// Deeper nesting is refused: a URL of a few kilobytes must not overflow the stack.
const MAX_DEPTH: usize = 64;

/// Higher trees are refused: operators in a row make one without nesting, and whoever walks it must
/// not overflow the stack. Microsoft's library has the same limit.
const MAX_HEIGHT: usize = 800;

/// A `$filter` that does not follow the grammar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("$filter, position {position}: {problem}")]
pub struct ParseFilterError {
    /// Bytes before the place.
    pub position: usize,
    /// What is wrong there.
    pub problem: String,
}

type Parsed<T> = Result<T, ParseFilterError>;

/// A text that is read from the left, and how deep the parser is in it.
pub(crate) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    pub(crate) version: Version,
    depth: usize,
    /// The height of the highest tree that was read at this level.
    height: usize,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(text: &'a str, version: Version) -> Self {
        Self { text, at: 0, version, depth: 0, height: 0 }
    }

    /// Reads an expression, up to what cannot belong to it.
    pub(crate) fn expression(&mut self) -> Parsed<Expr> {
        self.operators(0)
    }

    /// Whether the text around what is read goes on behind it.
    pub(crate) const fn is_nested(&self) -> bool {
        self.depth > 0
    }

    /// Goes one level down; refuses to where the bottom is reached.
    pub(crate) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        let inside = read(self)?;
        self.depth -= 1;
        Ok(inside)
    }

    fn operator(&mut self, at_least: u8) -> Option<BinaryOp> {
        BinaryOp::ALL.into_iter().find(|op| {
            op.precedence() >= at_least && op.is_of(self.version) && self.eat_keyword(op.keyword())
        })
    }

    fn operators(&mut self, at_least: u8) -> Parsed<Expr> {
        self.nested(|this| {
            let others = std::mem::take(&mut this.height);
            let mut left = this.operand()?;
            let mut height = std::mem::take(&mut this.height) + 1;
            while let Some(op) = this.operator(at_least) {
                let right = match op {
                    BinaryOp::In if this.sees("(") => this.list()?,
                    op => this.operators(op.precedence() + 1)?,
                };
                left = Expr::binary(op, left, right);
                height = height.max(std::mem::take(&mut this.height)) + 1;
                if height > MAX_HEIGHT {
                    return Err(this.error(format!("more than {MAX_HEIGHT} operators in a row")));
                }
            }
            this.height = others.max(height);
            Ok(left)
        })
    }

    /// What `in` has on its right: literals between commas, or another operand in parentheses.
    fn list(&mut self) -> Parsed<Expr> {
        self.expect("(")?;
        let start = self.at;
        let mut items = self.arguments()?;
        if items.iter().all(|item| matches!(item, Expr::Literal(_))) {
            return Ok(Expr::List(items));
        }
        match items.pop() {
            // Not read again: what is nested would be read twice on every level.
            Some(operand) if items.is_empty() => Ok(operand),
            _ => {
                self.at = start;
                Err(self.error("a list has literals only"))
            }
        }
    }

    fn operand(&mut self) -> Parsed<Expr> {
        if self.eat_keyword("not") {
            return Ok(Expr::Not(Box::new(self.operators(UNARY)?)));
        }
        if self.eat("(") {
            let inner = self.expression()?;
            self.expect(")")?;
            return Ok(inner);
        }
        if self.version.is_v4() && (self.sees("[") || self.sees("{")) {
            return self.json();
        }
        if let Ok((literal, rest)) = literal::scan(self.rest(), self.version) {
            // `nullable` is a property that starts like a literal.
            if !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '/') {
                self.go_to(rest);
                return Ok(Expr::Literal(literal));
            }
        }
        if self.eat("-") {
            return Ok(Expr::Negate(Box::new(self.operators(UNARY)?)));
        }
        self.call_or_path()
    }

    /// What starts with a name: a function of the protocol, or a path.
    fn call_or_path(&mut self) -> Parsed<Expr> {
        let rest = self.rest();
        let length = Self::name_length(rest);
        let name = &rest[..length];
        if length > 0 && rest[length..].starts_with('(') {
            self.at += length + 1;
            match name {
                "isof" => return self.type_function(TypeFunction::IsOf),
                "cast" => return self.type_function(TypeFunction::Cast),
                "case" if self.version.is_v4() => return self.case(),
                _ => {}
            }
            if !self.sees_named() && !self.sees_lambda(name) {
                let arguments = self.arguments()?;
                // With a path behind it, it is a function of the model, or the key of an entity.
                if !self.rest().starts_with('/') {
                    return Ok(Expr::Call(name.to_owned(), arguments));
                }
            }
            self.go_to(rest);
        }
        self.path().map(Expr::path)
    }

    fn path(&mut self) -> Parsed<Vec<Step>> {
        let mut steps = Vec::new();
        loop {
            self.step(&mut steps)?;
            if !self.rest().starts_with('/') {
                return Ok(steps);
            }
            self.at += 1;
        }
    }

    fn step(&mut self, steps: &mut Vec<Step>) -> Parsed<()> {
        let rest = self.rest();
        let sigil = match rest.chars().next() {
            Some('$') if self.version >= Version::V3 => 1,
            Some('@') if self.version.is_v4() => 1,
            _ => 0,
        };
        self.at += sigil;
        self.name("an operand")?;
        if rest.starts_with('@') && self.rest().starts_with('#') {
            self.at += 1;
            self.name("a qualifier")?;
        }
        let name = rest[..rest.len() - self.rest().len()].to_owned();
        if !self.rest().starts_with('(') {
            steps.push(Step::Name(name));
            return Ok(());
        }
        self.at += 1;
        let step = match name.as_str() {
            "$filter" => {
                let condition = self.expression()?;
                self.expect(")")?;
                steps.push(Step::Filter(Box::new(condition)));
                return self.key(steps);
            }
            "$count" => Step::Count(Box::new(self.nested(query::count_options)?)),
            "aggregate" if !steps.is_empty() && self.version.is_v4() => {
                let item = self.nested(|this| query::aggregate(this, false))?;
                self.expect(")")?;
                Step::Aggregate(Box::new(item))
            }
            name if self.sees_lambda(name) => {
                if steps.is_empty() {
                    return Err(self.error(format!("{name} stands behind a collection")));
                }
                self.lambda(name)?
            }
            _ if self.sees_named() || self.sees(")") => {
                steps.push(Step::Call(name, self.named_arguments()?));
                return self.key(steps);
            }
            _ => {
                steps.push(Step::Name(name));
                Step::Key(KeyPredicate::parse_inside(self)?)
            }
        };
        steps.push(step);
        Ok(())
    }

    /// Takes the key of one item, if it is next.
    fn key(&mut self, steps: &mut Vec<Step>) -> Parsed<()> {
        if self.rest().starts_with('(') {
            self.at += 1;
            steps.push(Step::Key(KeyPredicate::parse_inside(self)?));
        }
        Ok(())
    }

    /// Whether `name=` is next: an argument by name.
    pub(crate) fn sees_named(&mut self) -> bool {
        self.skip_spaces();
        let rest = self.rest();
        let behind = rest[Self::name_length(rest)..].trim_start_matches([' ', '\t']);
        behind.len() < rest.len() && behind.starts_with('=')
    }

    /// Whether the parentheses just opened are those of `any` or `all`: there is a variable with a
    /// colon in them, or nothing. Else it is a key, or a function that is called so.
    fn sees_lambda(&mut self, name: &str) -> bool {
        let is_either = self.is_word(name, "any") || self.is_word(name, "all");
        if self.version < Version::V3 || !is_either {
            return false;
        }
        self.skip_spaces();
        let rest = self.rest();
        let variable = Self::name_length(rest);
        match variable {
            0 => rest.starts_with(')'),
            _ => rest[variable..].trim_start_matches([' ', '\t']).starts_with(':'),
        }
    }

    fn lambda(&mut self, name: &str) -> Parsed<Step> {
        let is_any = self.is_word(name, "any");
        let quantifier = if is_any { Quantifier::Any } else { Quantifier::All };
        if is_any && self.eat(")") {
            return Ok(Step::Lambda(quantifier, None));
        }
        self.skip_spaces();
        let variable = self.name("a variable")?.to_owned();
        self.expect(":")?;
        let condition = self.expression()?;
        self.expect(")")?;
        Ok(Step::Lambda(quantifier, Some((variable, Box::new(condition)))))
    }

    /// Expressions between commas, up to the closing parenthesis.
    fn arguments(&mut self) -> Parsed<Vec<Expr>> {
        self.items(")", Self::expression)
    }

    /// `name=value` between commas, up to the closing parenthesis.
    fn named_arguments(&mut self) -> Parsed<Vec<(String, Expr)>> {
        self.items(")", |this| {
            this.skip_spaces();
            let name = this.name("a parameter")?.to_owned();
            this.expect("=")?;
            Ok((name, this.json_value()?))
        })
    }

    /// Items between commas, up to a closing token.
    pub(crate) fn items<T>(
        &mut self,
        close: &str,
        read: impl Fn(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        let mut items = Vec::new();
        if self.eat(close) {
            return Ok(items);
        }
        loop {
            items.push(read(self)?);
            if !self.eat(",") {
                self.expect(close)?;
                return Ok(items);
            }
        }
    }

    fn type_function(&mut self, function: TypeFunction) -> Parsed<Expr> {
        if let Some(ty) = self.eat_type() {
            return Ok(Expr::Type(function, None, ty));
        }
        let operand = self.expression()?;
        self.expect(",")?;
        match self.eat_type() {
            Some(ty) => Ok(Expr::Type(function, Some(Box::new(operand)), ty)),
            None => Err(self.unexpected("a type")),
        }
    }

    /// Takes a type and the closing parenthesis behind it. Up to V3 it is in quotes, which
    /// Microsoft's library writes in V4, too.
    fn eat_type(&mut self) -> Option<String> {
        let start = self.at;
        self.skip_spaces();
        let ty = if self.rest().starts_with('\'') {
            let (literal, rest) = literal::scan(self.rest(), self.version).ok()?;
            self.go_to(rest);
            let text = literal.value.as_str().unwrap_or_default();
            (Self::type_length(text) == text.len()).then(|| text.to_owned())
        } else if self.version.is_v4() {
            let from = self.rest();
            let length = Self::type_length(from);
            self.at += length;
            Some(from[..length].to_owned())
        } else {
            None
        };
        let ty = ty.filter(|ty| !ty.is_empty());
        let ty = ty.filter(|_| self.eat(")"));
        if ty.is_none() {
            self.at = start;
        }
        ty
    }

    /// The length of the type that a text begins with, `Ns.T` or `Collection(Ns.T)`; 0 for none.
    fn type_length(text: &str) -> usize {
        let length = Self::name_length(text);
        if &text[..length] != "Collection" || !text[length..].starts_with('(') {
            return length;
        }
        let inner = &text[length + 1..];
        let end = Self::name_length(inner);
        if inner[end..].starts_with(')') { length + end + 2 } else { 0 }
    }

    fn case(&mut self) -> Parsed<Expr> {
        let branches = self.items(")", |this| {
            let condition = this.expression()?;
            this.expect(":")?;
            Ok((condition, this.expression()?))
        })?;
        if branches.is_empty() {
            return Err(self.error("a case without conditions"));
        }
        Ok(Expr::Case(branches))
    }

    fn json(&mut self) -> Parsed<Expr> {
        if self.eat("[") {
            return self.items("]", Self::json_value).map(Expr::Array);
        }
        self.expect("{")?;
        let members = self.items("}", |this| {
            let name = this.json_string()?;
            this.expect(":")?;
            Ok((name, this.json_value()?))
        })?;
        Ok(Expr::Object(members))
    }

    /// A value inside of JSON: also a string in double quotes.
    pub(crate) fn json_value(&mut self) -> Parsed<Expr> {
        if self.sees("\"") {
            return self.json_string().map(|text| Expr::text(&text));
        }
        self.expression()
    }

    fn json_string(&mut self) -> Parsed<String> {
        self.skip_spaces();
        let rest = self.rest();
        let mut texts = serde_json::Deserializer::from_str(rest).into_iter::<String>();
        match texts.next() {
            Some(Ok(text)) => {
                let end = texts.byte_offset();
                self.at += end;
                Ok(text)
            }
            _ => Err(self.unexpected("a string in double quotes")),
        }
    }
}
