//! Reading `$apply`.

use super::Search;
use super::apply::{Aggregate, Grouping, Rank, Transformation};
use super::parse::{compute, list, number, orders};
use crate::filter::{Expr, ParseFilterError, Parser};

type Parsed<T> = Result<T, ParseFilterError>;

/// Reads steps between slashes.
pub(super) fn sequence(parser: &mut Parser<'_>) -> Parsed<Vec<Transformation>> {
    parser.nested(|parser| {
        let mut steps = vec![step(parser)?];
        while parser.rest().starts_with('/') {
            parser.eat("/");
            steps.push(step(parser)?);
        }
        Ok(steps)
    })
}

fn step(parser: &mut Parser<'_>) -> Parsed<Transformation> {
    parser.skip_spaces();
    let start = parser.rest();
    let name = parser.name("a transformation")?;
    if name == "identity" {
        return Ok(Transformation::Identity);
    }
    parser.expect("(")?;
    let step = match name {
        "aggregate" => Transformation::Aggregate(list(parser, |parser| aggregate(parser, true))?),
        "groupby" => {
            parser.expect("(")?;
            let groupings = list(parser, grouping)?;
            parser.expect(")")?;
            let steps = if parser.eat(",") { sequence(parser)? } else { Vec::new() };
            Transformation::GroupBy(groupings, steps)
        }
        "filter" => Transformation::Filter(parser.expression()?),
        "compute" => Transformation::Compute(list(parser, compute)?),
        "search" => Transformation::Search(Search::parse(parser)?),
        "orderby" => Transformation::OrderBy(orders(parser)?),
        "top" => Transformation::Top(number(parser)?),
        "skip" => Transformation::Skip(number(parser)?),
        "concat" => {
            let sequences = list(parser, sequence)?;
            if sequences.len() < 2 {
                return Err(parser.error("concat takes several sequences"));
            }
            Transformation::Concat(sequences)
        }
        name => {
            if let Some(rank) = Rank::ALL.into_iter().find(|rank| rank.keyword() == name) {
                let number = parser.expression()?;
                parser.expect(",")?;
                Transformation::Rank(rank, number, parser.expression()?)
            } else {
                skip_parenthesised(parser)?;
                let end = start.len() - parser.rest().len();
                return Ok(Transformation::Other(start[..end].to_owned()));
            }
        }
    };
    parser.expect(")")?;
    Ok(step)
}

/// Goes behind the parenthesis that closes the one just opened.
fn skip_parenthesised(parser: &mut Parser<'_>) -> Parsed<()> {
    let text = parser.rest();
    let (mut depth, mut quoted) = (1usize, false);
    for (at, c) in text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            parser.go_to(&text[at + 1..]);
            return Ok(());
        }
    }
    Err(parser.error("the closing parenthesis is missing"))
}

/// Reads one value of `aggregate`; where it gets a name, only a custom aggregate can do without.
pub(crate) fn aggregate(parser: &mut Parser<'_>, named: bool) -> Parsed<Aggregate> {
    let expr = parser.expression()?;
    let path = if let Expr::Property(path) = &expr { Some(path) } else { None };
    let is_count = path.is_some_and(|path| path.last().is_some_and(|name| name == "$count"));
    let is_path = path.is_some() && !is_count;
    let method = method(parser)?;
    if method.is_some() && is_count {
        return Err(parser.error("$count has no method"));
    }
    if method.is_none() && !is_count && !is_path {
        return Err(parser.unexpected("'with' and a method"));
    }
    let is_custom = method.is_none() && is_path;
    let mut from = Vec::new();
    while parser.eat_keyword("from") {
        let groupings = list(parser, grouping)?;
        let method = self::method(parser)?;
        if method.is_none() && !is_custom {
            return Err(parser.unexpected("'with' and a method"));
        }
        from.push((groupings, method));
    }
    let mut alias = None;
    if named && parser.eat_keyword("as") {
        parser.skip_spaces();
        alias = Some(parser.name("a name")?.to_owned());
    } else if named && (!is_custom || !from.is_empty()) {
        return Err(parser.unexpected("'as' and a name"));
    }
    Ok(Aggregate { expr, method, from, alias })
}

fn method(parser: &mut Parser<'_>) -> Parsed<Option<String>> {
    if !parser.eat_keyword("with") {
        return Ok(None);
    }
    parser.skip_spaces();
    let method = parser.name("a method")?;
    let known = ["sum", "min", "max", "average", "countdistinct"];
    if known.contains(&method) || method.contains('.') {
        Ok(Some(method.to_owned()))
    } else {
        Err(parser.error(format!("there is no method '{method}'")))
    }
}

fn grouping(parser: &mut Parser<'_>) -> Parsed<Grouping> {
    parser.skip_spaces();
    let start = parser.rest();
    let path = grouping_path(parser)?;
    if !parser.rest().starts_with('(') {
        return Ok(Grouping::Property(path));
    }
    parser.eat("(");
    match path.join("/").as_str() {
        "rollup" => {
            let paths = list(parser, grouping_path)?;
            parser.expect(")")?;
            Ok(Grouping::Rollup(paths))
        }
        "rolluprecursive" => {
            skip_parenthesised(parser)?;
            Ok(Grouping::Other(start[..start.len() - parser.rest().len()].to_owned()))
        }
        _ => Err(parser.error("a property has no parentheses here")),
    }
}

fn grouping_path(parser: &mut Parser<'_>) -> Parsed<Vec<String>> {
    parser.skip_spaces();
    let mut path = vec![parser.name("a property")?.to_owned()];
    while parser.rest().starts_with('/') {
        parser.eat("/");
        path.push(parser.name("a property")?.to_owned());
    }
    Ok(path)
}
