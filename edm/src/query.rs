//! The system query options of OData up to V3, both ways.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::filter::{Expr, ParseFilterError};

/// What a value keeps as it is: what is harmless in a query and makes it readable.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b',')
    .remove(b'/')
    .remove(b'$')
    .remove(b':');

/// The options of one query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueryOptions {
    /// `$filter`.
    pub filter: Option<Expr>,
    /// `$orderby`.
    pub order_by: Vec<OrderBy>,
    /// `$top`.
    pub top: Option<u64>,
    /// `$skip`.
    pub skip: Option<u64>,
    /// `$select`: property names; `*` is no selection.
    pub select: Vec<String>,
    /// `$expand`: paths.
    pub expand: Vec<String>,
    /// `$inlinecount=allpages`.
    pub inline_count: bool,
    /// `$skiptoken`: where the next page starts, in the words of the service.
    pub skip_token: Option<String>,
    /// `$format`.
    pub format: Option<String>,
    /// Options without `$`: parameters of operations, `api-version`. Order is kept.
    pub custom: Vec<(String, String)>,
}

/// One term of `$orderby`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderBy {
    /// The property, or a path through complex properties with `/`.
    pub property: String,
    /// Largest first.
    pub descending: bool,
}

/// A query that does not follow the grammar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// The `$filter` is malformed.
    #[error(transparent)]
    Filter(#[from] ParseFilterError),
    /// An option has a value it cannot have.
    #[error("{option}: '{value}' is not {expected}")]
    Value {
        /// The option.
        option: String,
        /// Its value, shortened.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
    /// An option that starts with `$` and is not of this protocol.
    #[error("the query option '{0}' is not supported")]
    Unknown(String),
    /// An option is there twice.
    #[error("the query option '{0}' is there more than once")]
    Repeated(String),
}

impl QueryOptions {
    /// Reads the query of a URL, without its question mark. A plus sign is a space.
    ///
    /// # Errors
    ///
    /// An option is unknown, repeated or malformed.
    pub fn parse(query: &str) -> Result<Self, QueryError> {
        let mut options = Self::default();
        let mut seen = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            if name.starts_with('$') {
                if seen.contains(&name) {
                    return Err(QueryError::Repeated(name));
                }
                options.take(&name, &value)?;
                seen.push(name);
            } else {
                options.custom.push((name, value));
            }
        }
        Ok(options)
    }

    fn take(&mut self, option: &str, value: &str) -> Result<(), QueryError> {
        let error = |expected| QueryError::Value {
            option: option.to_owned(),
            value: crate::value::shorten(value),
            expected,
        };
        let number = || value.trim().parse().map_err(|_| error("a number from 0"));
        let names = || value.split(',').map(|name| name.trim().to_owned());
        match option {
            "$filter" => self.filter = Some(Expr::parse(value)?),
            "$orderby" => {
                self.order_by = value
                    .split(',')
                    .map(OrderBy::parse)
                    .collect::<Option<_>>()
                    .ok_or_else(|| error("a list of properties with asc or desc"))?;
            }
            "$top" => self.top = Some(number()?),
            "$skip" => self.skip = Some(number()?),
            "$select" => self.select = names().filter(|name| name != "*").collect(),
            "$expand" => self.expand = names().filter(|name| !name.is_empty()).collect(),
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

    /// The value of an option without `$`, by its name in any case.
    pub fn custom(&self, name: &str) -> Option<&str> {
        let mut pairs = self.custom.iter();
        pairs.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The query of a URL, percent-encoded, without question mark; empty without options.
    pub fn to_query(&self) -> String {
        let mut query = String::new();
        let mut add = |name: &str, value: &str| {
            let separator = if query.is_empty() { "" } else { "&" };
            let name = utf8_percent_encode(name, VALUE);
            let value = utf8_percent_encode(value, VALUE);
            // Writing to a String cannot fail.
            let _ = write!(query, "{separator}{name}={value}");
        };
        for (name, value) in &self.custom {
            add(name, value);
        }
        if let Some(filter) = &self.filter {
            add("$filter", &filter.to_string());
        }
        if !self.order_by.is_empty() {
            let terms: Vec<_> = self.order_by.iter().map(OrderBy::to_string).collect();
            add("$orderby", &terms.join(","));
        }
        let numbers = [("$top", self.top), ("$skip", self.skip)];
        for (name, number) in numbers.into_iter().filter_map(|(name, n)| Some((name, n?))) {
            add(name, &number.to_string());
        }
        for (name, list) in [("$select", &self.select), ("$expand", &self.expand)] {
            if !list.is_empty() {
                add(name, &list.join(","));
            }
        }
        if self.inline_count {
            add("$inlinecount", "allpages");
        }
        for (name, text) in [("$skiptoken", &self.skip_token), ("$format", &self.format)] {
            if let Some(text) = text {
                add(name, text);
            }
        }
        query
    }
}

fn decode(text: &str) -> Result<String, QueryError> {
    let spaced = text.replace('+', " ");
    match percent_decode_str(&spaced).decode_utf8() {
        Ok(decoded) => Ok(decoded.into_owned()),
        Err(_) => Err(QueryError::Value {
            option: "query".to_owned(),
            value: crate::value::shorten(text),
            expected: "UTF-8",
        }),
    }
}

impl OrderBy {
    fn parse(term: &str) -> Option<Self> {
        let mut words = term.split_whitespace();
        let property = words.next()?.to_owned();
        let named = property.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '/');
        let descending = match words.next() {
            None | Some("asc") => false,
            Some("desc") => true,
            Some(_) => return None,
        };
        (named && words.next().is_none()).then_some(Self { property, descending })
    }
}

impl std::fmt::Display for OrderBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.property)?;
        if self.descending { f.write_str(" desc") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn queries_of_real_clients_are_read() {
        let query = "$filter=Name+eq+'java+renamed'&%24orderby=Created%20desc,Name&$top=2&$skip=0\
                     &$select=Id,Name&$inlinecount=allpages&api-version=2.19";
        let options = QueryOptions::parse(query).unwrap();
        assert_eq!(options.filter.as_ref().unwrap().to_string(), "Name eq 'java renamed'");
        let created = OrderBy { property: "Created".to_owned(), descending: true };
        assert_eq!(options.order_by[0], created);
        assert_eq!((options.top, options.skip), (Some(2), Some(0)));
        assert_eq!(options.custom("API-Version"), Some("2.19"));
        assert_eq!(QueryOptions::parse(&options.to_query()).unwrap(), options);
    }

    #[test]
    fn values_are_encoded_once() {
        let filter = Expr::parse("Name eq 'a&b+c%d''e#ü'").unwrap();
        let options = QueryOptions { filter: Some(filter), ..QueryOptions::default() };
        let query = options.to_query();
        assert_eq!(query, "$filter=Name%20eq%20'a%26b%2Bc%25d''e%23%C3%BC'");
        assert_eq!(QueryOptions::parse(&query).unwrap(), options);
    }

    #[test]
    fn mistakes_name_the_option() {
        let problem = |query: &str| QueryOptions::parse(query).unwrap_err().to_string();
        assert_eq!(problem("$top=-1"), "$top: '-1' is not a number from 0");
        assert_eq!(problem("$nope=1"), "the query option '$nope' is not supported");
        assert_eq!(problem("$top=1&$top=2"), "the query option '$top' is there more than once");
        assert_eq!(
            problem("$orderby=A up"),
            "$orderby: 'A up' is not a list of properties with asc or desc"
        );
        assert_eq!(problem("$filter=%ff"), "query: '%ff' is not UTF-8");
    }
}
