//! Reading query options.

use percent_encoding::percent_decode_str;

use super::{
    Compute, Expand, Expanded, Levels, OrderBy, QueryError, QueryOptions, Search, Select,
    apply_parse,
};
use crate::filter::{Expr, ParseFilterError, Parser};
use crate::version::Version;

type Parsed<T> = Result<T, ParseFilterError>;

/// The system query options of V4. `$inlinecount` and `$links` of V3 are not among them.
const OPTIONS: [&str; 17] = [
    "$filter",
    "$orderby",
    "$top",
    "$skip",
    "$select",
    "$expand",
    "$count",
    "$skiptoken",
    "$deltatoken",
    "$format",
    "$search",
    "$compute",
    "$levels",
    "$index",
    "$id",
    "$schemaversion",
    "$apply",
];

pub(super) fn query(query: &str, version: Version) -> Result<QueryOptions, QueryError> {
    let mut options = QueryOptions::default();
    let mut seen = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decode(name, version)?, decode(value, version)?);
        let name = canonical(name, version);
        if version.is_v4() && name.starts_with('@') {
            let alias = name.trim_start_matches('@').to_owned();
            let value = complete(&name, &value, version, |parser| parser.json_value())?;
            options.aliases.push((alias, value));
        } else if name.starts_with('$') {
            if seen.contains(&name) {
                return Err(QueryError::Repeated(name));
            }
            match version.is_v4() {
                true => options.take_v4(&name, &value, version)?,
                false => options.take_v3(&name, &value, version)?,
            }
            seen.push(name);
        } else {
            options.custom.push((name, value));
        }
    }
    Ok(options)
}

fn decode(text: &str, version: Version) -> Result<String, QueryError> {
    let spaced = if version.is_v4() { text.to_owned() } else { text.replace('+', " ") };
    match percent_decode_str(&spaced).decode_utf8() {
        Ok(decoded) => Ok(decoded.into_owned()),
        Err(_) => Err(QueryError::Value {
            option: "query".to_owned(),
            value: crate::value::shorten(text),
            expected: "UTF-8",
        }),
    }
}

/// The name of an option with its `$`, which V4.01 lets clients leave out, and in lower case.
fn canonical(name: String, version: Version) -> String {
    if version != Version::V401 {
        return name;
    }
    let bare = name.trim_start_matches('$');
    let known = OPTIONS.iter().find(|option| option[1..].eq_ignore_ascii_case(bare));
    known.map_or(name, |option| (*option).to_owned())
}

/// Reads the whole value of an option.
fn complete<T>(
    option: &str,
    value: &str,
    version: Version,
    read: impl FnOnce(&mut Parser<'_>) -> Parsed<T>,
) -> Result<T, QueryError> {
    let mut parser = Parser::new(value, version);
    read(&mut parser).and_then(|read| parser.finish().map(|()| read)).map_err(
        |error| match option {
            "$filter" => QueryError::Filter(error),
            option => QueryError::Option {
                option: option.to_owned(),
                position: error.position,
                problem: error.problem,
            },
        },
    )
}

impl QueryOptions {
    fn take_v3(&mut self, option: &str, value: &str, version: Version) -> Result<(), QueryError> {
        let error = |expected| QueryError::Value {
            option: option.to_owned(),
            value: crate::value::shorten(value),
            expected,
        };
        let number = || value.trim().parse().map_err(|_| error("a number from 0"));
        let names = || value.split(',').map(str::trim);
        match option {
            "$filter" => self.filter = Some(Expr::parse_for(value, version)?),
            "$orderby" => {
                self.order_by = complete(option, value, version, orders)
                    .map_err(|_| error("a list of properties with asc or desc"))?;
            }
            "$top" => self.top = Some(number()?),
            "$skip" => self.skip = Some(number()?),
            "$select" => self.select = names().map(Select::new).collect(),
            "$expand" => {
                let path = |name: &str| name.split('/').map(str::to_owned).collect();
                self.expand = names()
                    .filter(|name| !name.is_empty())
                    .map(|name| Expand { path: path(name), ..Expand::default() })
                    .collect();
            }
            "$inlinecount" => {
                self.inline_count = match value {
                    "allpages" => true,
                    "none" => false,
                    _ => return Err(error("'allpages' or 'none'")),
                }
            }
            "$skiptoken" => self.skip_token = Some(value.to_owned()),
            "$format" => self.format = Some(value.to_owned()),
            _ => return Err(QueryError::Unknown(option.to_owned())),
        }
        Ok(())
    }

    fn take_v4(&mut self, option: &str, value: &str, version: Version) -> Result<(), QueryError> {
        match option {
            "$skiptoken" => self.skip_token = Some(value.to_owned()),
            "$deltatoken" => self.delta_token = Some(value.to_owned()),
            "$format" => self.format = Some(value.to_owned()),
            "$id" => self.id = Some(value.to_owned()),
            "$schemaversion" => self.schema_version = Some(value.to_owned()),
            option if OPTIONS.contains(&option) && option != "$levels" => {
                complete(option, value, version, |parser| self.take_nested(option, parser))?;
            }
            _ => return Err(QueryError::Unknown(option.to_owned())),
        }
        Ok(())
    }

    /// Reads the value of an option that may also stand in parentheses.
    fn take_nested(&mut self, option: &str, parser: &mut Parser<'_>) -> Parsed<()> {
        match option {
            "$filter" => self.filter = Some(parser.expression()?),
            "$orderby" => self.order_by = orders(parser)?,
            "$top" => self.top = Some(number(parser)?),
            "$skip" => self.skip = Some(number(parser)?),
            "$select" => self.select = list(parser, select)?,
            "$expand" => self.expand = list(parser, expand)?,
            "$search" => self.search = Some(Search::parse(parser)?),
            "$apply" => self.apply = apply_parse::sequence(parser)?,
            "$compute" => self.compute = list(parser, compute)?,
            "$count" => {
                parser.skip_spaces();
                let word = parser.name("true or false")?;
                self.inline_count = match word.to_ascii_lowercase().as_str() {
                    "true" => true,
                    "false" => false,
                    _ => return Err(parser.error("expected true or false")),
                };
            }
            "$levels" => {
                self.levels = Some(match parser.eat("max") {
                    true => Levels::Max,
                    false if parser.sees("0") => {
                        return Err(parser.error("expected a number from 1"));
                    }
                    false => Levels::Number(number(parser)?),
                });
            }
            "$index" => {
                let sign = if parser.eat("-") { -1 } else { 1 };
                self.index = Some(sign * number::<i64>(parser)?);
            }
            _ => return Err(parser.error(format!("{option} cannot be here"))),
        }
        Ok(())
    }
}

/// The options of `$count(…)`.
const COUNT: &[&str] = &["$filter", "$search"];
/// The options of `$ref(…)`.
const REFERENCES: &[&str] = &["$filter", "$search", "$orderby", "$skip", "$top", "$count"];
/// The options of an item of `$select`.
const SELECT: &[&str] =
    &["$filter", "$search", "$orderby", "$skip", "$top", "$count", "$select", "$compute"];
/// The options of an item of `$expand`.
const EXPAND: &[&str] = &[
    "$filter", "$search", "$orderby", "$skip", "$top", "$count", "$select", "$compute", "$expand",
    "$levels", "$apply",
];

/// Reads the options of `$count(…)` in an expression, up to the closing parenthesis.
pub(crate) fn count_options(parser: &mut Parser<'_>) -> Parsed<QueryOptions> {
    nested_options(parser, COUNT)
}

/// Reads options between semicolons, up to the closing parenthesis.
fn nested_options(parser: &mut Parser<'_>, allowed: &[&str]) -> Parsed<QueryOptions> {
    let mut options = QueryOptions::default();
    let mut seen = Vec::new();
    loop {
        parser.skip_spaces();
        let end = parser.rest().find(['=', ';', ')', '(']).unwrap_or(parser.rest().len());
        let name = parser.rest()[..end].to_owned();
        parser.go_to(&parser.rest()[end..]);
        parser.expect("=")?;
        let option = canonical(name, parser.version);
        if let Some(alias) = option.strip_prefix('@') {
            options.aliases.push((alias.to_owned(), parser.json_value()?));
        } else {
            if !allowed.contains(&option.as_str()) {
                return Err(parser.error(format!("{option} cannot be here")));
            }
            if seen.contains(&option) {
                return Err(parser.error(format!("{option} is there more than once")));
            }
            options.take_nested(&option, parser)?;
            seen.push(option);
        }
        if !parser.eat(";") {
            parser.expect(")")?;
            return Ok(options);
        }
    }
}

/// Items between commas.
pub(super) fn list<T>(
    parser: &mut Parser<'_>,
    read: impl Fn(&mut Parser<'_>) -> Parsed<T>,
) -> Parsed<Vec<T>> {
    let mut items = vec![read(parser)?];
    while parser.eat(",") {
        items.push(read(parser)?);
    }
    Ok(items)
}

pub(super) fn number<T: std::str::FromStr>(parser: &mut Parser<'_>) -> Parsed<T> {
    parser.skip_spaces();
    let rest = parser.rest();
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let number = rest[..end].parse().map_err(|_| parser.unexpected("a number from 0"))?;
    parser.go_to(&rest[end..]);
    Ok(number)
}

pub(super) fn orders(parser: &mut Parser<'_>) -> Parsed<Vec<OrderBy>> {
    list(parser, |parser| {
        let expr = parser.expression()?;
        let descending = parser.eat_direction("desc");
        if !descending {
            parser.eat_direction("asc");
        }
        Ok(OrderBy { expr, descending })
    })
}

pub(super) fn compute(parser: &mut Parser<'_>) -> Parsed<Compute> {
    let expr = parser.expression()?;
    if !parser.eat_keyword("as") {
        return Err(parser.unexpected("'as' and a name"));
    }
    parser.skip_spaces();
    let name = parser.name("a name")?.to_owned();
    Ok(Compute { expr, name })
}

/// A name in the path of `$select` or `$expand`, with the parameters of an overload behind it.
fn path_name(parser: &mut Parser<'_>) -> Parsed<String> {
    parser.skip_spaces();
    let start = parser.rest();
    if parser.eat("*") {
        return Ok("*".to_owned());
    }
    let sigil = if parser.eat("@") { "@" } else { "" };
    let mut name = sigil.to_owned() + parser.name("a name")?;
    if parser.rest().starts_with(".*") {
        parser.go_to(&parser.rest()[2..]);
        name.push_str(".*");
    } else if !sigil.is_empty() && parser.rest().starts_with('#') {
        parser.eat("#");
        parser.name("a qualifier")?;
        name = start[..start.len() - parser.rest().len()].to_owned();
    }
    Ok(name)
}

fn select(parser: &mut Parser<'_>) -> Parsed<Select> {
    let mut item = Select { path: vec![path_name(parser)?], ..Select::default() };
    while parser.rest().starts_with('/') {
        parser.eat("/");
        item.path.push(path_name(parser)?);
    }
    if parser.rest().starts_with('(') {
        parser.eat("(");
        match overload(parser) {
            Some(parameters) => {
                let name = item.path.pop().unwrap_or_default();
                item.path.push(format!("{name}({parameters})"));
            }
            None => item.options = parser.nested(|parser| nested_options(parser, SELECT))?,
        }
    }
    Ok(item)
}

/// The names of the parameters of an overload and the closing parenthesis, if they are next.
fn overload<'a>(parser: &mut Parser<'a>) -> Option<&'a str> {
    let (inside, rest) = parser.rest().split_once(')')?;
    let is_name = |name: &str| {
        let name = name.trim();
        !name.is_empty() && Parser::name_length(name) == name.len()
    };
    inside.split(',').all(is_name).then(|| {
        parser.go_to(rest);
        inside
    })
}

fn expand(parser: &mut Parser<'_>) -> Parsed<Expand> {
    let mut item = Expand::default();
    loop {
        if parser.eat("$ref") {
            item.what = Expanded::References;
        } else if parser.eat("$count") {
            item.what = Expanded::Count;
        } else if item.path.is_empty() && parser.eat("$value") {
            // The bytes of a media entity.
            item.path.push("$value".to_owned());
            return Ok(item);
        } else {
            item.path.push(path_name(parser)?);
        }
        let is_end = item.what != Expanded::Entities;
        if is_end || !parser.rest().starts_with('/') {
            break;
        }
        parser.eat("/");
    }
    if item.path.is_empty() {
        return Err(parser.error("expected a navigation property"));
    }
    if parser.rest().starts_with('(') {
        parser.eat("(");
        let allowed = match item.what {
            Expanded::Entities => EXPAND,
            Expanded::References => REFERENCES,
            Expanded::Count => COUNT,
        };
        item.options = parser.nested(|parser| nested_options(parser, allowed))?;
    }
    Ok(item)
}
