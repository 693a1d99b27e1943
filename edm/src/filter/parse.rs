//! The parser of `$filter`: precedence climbing over a text that is scanned in place.

use super::{BinaryOp, Expr, UNARY};
use crate::literal;

/// Deeper nesting is refused: a URL of a few kilobytes must not overflow the stack.
const MAX_DEPTH: usize = 64;

/// A `$filter` that does not follow the grammar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("$filter, position {position}: {problem}")]
pub struct ParseFilterError {
    /// Bytes before the place.
    pub position: usize,
    /// What is wrong there.
    pub problem: String,
}

pub(super) fn parse(text: &str) -> Result<Expr, ParseFilterError> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    let expr = parser.expression(0)?;
    parser.skip_spaces();
    if parser.rest().is_empty() {
        Ok(expr)
    } else {
        Err(parser.error(format!("unexpected '{}'", crate::value::shorten(parser.rest()))))
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn error(&self, problem: impl Into<String>) -> ParseFilterError {
        ParseFilterError { position: self.at, problem: problem.into() }
    }

    fn skip_spaces(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.skip_spaces();
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn expect(&mut self, token: &str) -> Result<(), ParseFilterError> {
        if self.eat(token) { Ok(()) } else { Err(self.error(format!("expected '{token}'"))) }
    }

    /// Takes a keyword that is followed by a space, a parenthesis or the end.
    fn eat_keyword(&mut self, keyword: &str) -> bool {
        self.skip_spaces();
        let ends = |rest: &str| rest.is_empty() || rest.starts_with([' ', '(', '\t']);
        let found = self.rest().strip_prefix(keyword).is_some_and(ends);
        if found {
            self.at += keyword.len();
        }
        found
    }

    fn operator(&mut self, at_least: u8) -> Option<BinaryOp> {
        BinaryOp::ALL
            .into_iter()
            .find(|op| op.precedence() >= at_least && self.eat_keyword(op.keyword()))
    }

    fn expression(&mut self, at_least: u8) -> Result<Expr, ParseFilterError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        let mut left = self.operand()?;
        while let Some(op) = self.operator(at_least) {
            let right = self.expression(op.precedence() + 1)?;
            left = Expr::binary(op, left, right);
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operand(&mut self) -> Result<Expr, ParseFilterError> {
        if self.eat_keyword("not") {
            return Ok(Expr::Not(Box::new(self.expression(UNARY)?)));
        }
        if self.eat("(") {
            let inner = self.expression(0)?;
            self.expect(")")?;
            return Ok(inner);
        }
        if let Ok((literal, rest)) = literal::scan(self.rest()) {
            // `nullable` is a property that starts like a literal.
            if !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '/') {
                self.at = self.text.len() - rest.len();
                return Ok(Expr::Literal(literal));
            }
        }
        if self.eat("-") {
            return Ok(Expr::Negate(Box::new(self.expression(UNARY)?)));
        }
        self.name()
    }

    /// A property path or a function call.
    fn name(&mut self) -> Result<Expr, ParseFilterError> {
        let mut path = vec![self.identifier()?];
        if path.len() == 1 && self.rest().starts_with('(') {
            self.expect("(")?;
            let name = path.remove(0);
            return Ok(Expr::Call(name, self.arguments()?));
        }
        while self.rest().starts_with('/') {
            self.expect("/")?;
            path.push(self.identifier()?);
        }
        Ok(Expr::Property(path))
    }

    fn arguments(&mut self) -> Result<Vec<Expr>, ParseFilterError> {
        let mut arguments = Vec::new();
        if self.eat(")") {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression(0)?);
            if !self.eat(",") {
                self.expect(")")?;
                return Ok(arguments);
            }
        }
    }

    fn identifier(&mut self) -> Result<String, ParseFilterError> {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let name = &rest[..end];
        if name.is_empty() || name.starts_with(|c: char| c.is_numeric()) {
            return Err(self.error(match rest {
                "" => "expected an operand, found the end".to_owned(),
                _ => format!("expected an operand, found '{}'", crate::value::shorten(rest)),
            }));
        }
        self.at += end;
        Ok(name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::literal::Literal;
    use proptest::prelude::*;

    #[test]
    fn filters_of_real_clients_are_read() {
        for (text, printed) in [
            ("Name eq 'Media Encoder Standard'", "Name eq 'Media Encoder Standard'"),
            ("(Id eq 'a') or (Id eq 'b')", "Id eq 'a' or Id eq 'b'"),
            ("startswith(Name,'x') eq true", "startswith(Name,'x') eq true"),
            ("substringof('x', Name)", "substringof('x',Name)"),
            (
                "ParentAssetId eq 'nb:cid:UUID:1' and (State eq 1 or State eq 2)",
                "ParentAssetId eq 'nb:cid:UUID:1' and (State eq 1 or State eq 2)",
            ),
            ("not(IsDefault eq true)", "not (IsDefault eq true)"),
            ("Size gt 5L and Size lt -5L", "Size gt 5L and Size lt -5L"),
            ("Created ge datetime'2014-01-01'", "Created ge datetime'2014-01-01T00:00:00Z'"),
            ("Address/City eq 'x'", "Address/City eq 'x'"),
            ("A add 1 mul 2 eq 3", "A add 1 mul 2 eq 3"),
            ("(A add 1) mul 2 eq 3", "(A add 1) mul 2 eq 3"),
            ("nullable eq null", "nullable eq null"),
            ("-(A) eq 1", "-(A) eq 1"),
        ] {
            assert_eq!(Expr::parse(text).unwrap().to_string(), printed, "{text}");
        }
    }

    #[test]
    fn mistakes_are_placed() {
        let problem = |text: &str| Expr::parse(text).unwrap_err().to_string();
        assert_eq!(problem("Name eq"), "$filter, position 7: expected an operand, found the end");
        assert_eq!(problem("Name eq 'x"), "$filter, position 8: expected an operand, found ''x'");
        assert_eq!(problem("(Name eq 'x'"), "$filter, position 12: expected ')'");
        assert_eq!(problem("A eq 1 B"), "$filter, position 7: unexpected 'B'");
        let deep = format!("{}A{}", "(".repeat(100_000), ")".repeat(100_000));
        assert!(problem(&deep).contains("nested deeper"));
        assert!(problem(&"not ".repeat(100_000)).contains("nested deeper"));
    }

    fn exprs() -> impl Strategy<Value = Expr> {
        let leaf = prop_oneof![
            any::<String>().prop_map(|text| Expr::Literal(Literal::text(text))),
            "[A-Z][a-z]{3,8}".prop_map(|name| Expr::property(&name)),
        ];
        leaf.prop_recursive(4, 32, 3, |inner| {
            prop_oneof![
                (0..BinaryOp::ALL.len(), inner.clone(), inner.clone())
                    .prop_map(|(op, l, r)| Expr::binary(BinaryOp::ALL[op], l, r)),
                inner.clone().prop_map(|e| Expr::Not(Box::new(e))),
                inner.clone().prop_map(|e| Expr::Negate(Box::new(e))),
                prop::collection::vec(inner, 0..3).prop_map(|args| Expr::call("f", args)),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_a_client_prints_a_service_parses(expr in exprs()) {
            prop_assert_eq!(Expr::parse(&expr.to_string()).unwrap(), expr);
        }

        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            let _ = Expr::parse(&text);
        }
    }
}
