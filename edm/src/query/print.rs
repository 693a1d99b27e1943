//! Printing query options.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Compute, Expand, Expanded, Levels, OrderBy, QueryOptions, Select, apply};
use crate::version::Version;

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
    .remove(b':')
    .remove(b';')
    .remove(b'=')
    .remove(b'*')
    .remove(b'@');

/// What a name keeps as it is.
const NAME: &AsciiSet = &VALUE.add(b'=');

type Pair<'a> = (Cow<'a, str>, String);

pub(super) fn query(options: &QueryOptions, version: Version) -> String {
    let encode = |(name, value): &Pair<'_>| {
        let name = utf8_percent_encode(name, NAME);
        format!("{name}={}", utf8_percent_encode(value, VALUE))
    };
    pairs(options, version).iter().map(encode).collect::<Vec<_>>().join("&")
}

impl QueryOptions {
    /// The options as they stand in parentheses: `$select=Name;$top=2`, not percent-encoded.
    pub(crate) fn nested(&self, version: Version) -> impl fmt::Display + '_ {
        fmt::from_fn(move |f| {
            for (position, (name, value)) in pairs(self, version).iter().enumerate() {
                let separator = if position > 0 { ";" } else { "" };
                write!(f, "{separator}{name}={value}")?;
            }
            Ok(())
        })
    }
}

fn pairs(options: &QueryOptions, version: Version) -> Vec<Pair<'_>> {
    let mut pairs: Vec<Pair<'_>> =
        options.custom.iter().map(|(name, value)| (name.into(), value.clone())).collect();
    let mut add = |name: &'static str, value: Option<String>| {
        pairs.extend(value.map(|value| (Cow::Borrowed(name), value)));
    };
    let (select, expand) = match version.is_v4() {
        true => (list(&options.select, version), list(&options.expand, version)),
        false => flat(options, version),
    };
    let number = |number: Option<u64>| number.map(|number| number.to_string());
    add("$filter", options.filter.as_ref().map(|filter| filter.display(version).to_string()));
    add("$orderby", list(&options.order_by, version));
    add("$top", number(options.top));
    add("$skip", number(options.skip));
    add("$select", select);
    add("$expand", expand);
    match version.is_v4() {
        true => add("$count", options.inline_count.then(|| "true".to_owned())),
        false => add("$inlinecount", options.inline_count.then(|| "allpages".to_owned())),
    }
    add("$skiptoken", options.skip_token.clone());
    add("$format", options.format.clone());
    add("$deltatoken", options.delta_token.clone());
    let apply = apply::sequence(&options.apply, version);
    add("$apply", (!apply.is_empty()).then_some(apply));
    add("$search", options.search.as_ref().map(ToString::to_string));
    add("$compute", list(&options.compute, version));
    add("$levels", options.levels.map(|levels| levels.to_string()));
    add("$index", options.index.map(|index| index.to_string()));
    add("$id", options.id.clone());
    add("$schemaversion", options.schema_version.clone());
    for (name, value) in &options.aliases {
        pairs.push((format!("@{name}").into(), value.display(version).to_string()));
    }
    pairs
}

/// What is printed into a list, for a version.
pub(super) trait Item {
    fn text(&self, version: Version) -> String;
}

pub(super) fn list<T: Item>(items: &[T], version: Version) -> Option<String> {
    let texts: Vec<_> = items.iter().map(|item| item.text(version)).collect();
    (!texts.is_empty()).then(|| texts.join(","))
}

fn in_parentheses(options: &QueryOptions, version: Version) -> String {
    match options.nested(version).to_string() {
        text if text.is_empty() => text,
        text => format!("({text})"),
    }
}

impl Item for Select {
    fn text(&self, version: Version) -> String {
        self.path.join("/") + &in_parentheses(&self.options, version)
    }
}

impl Item for Expand {
    fn text(&self, version: Version) -> String {
        let what = match self.what {
            Expanded::Entities => "",
            Expanded::References => "/$ref",
            Expanded::Count => "/$count",
        };
        format!("{}{what}{}", self.path.join("/"), in_parentheses(&self.options, version))
    }
}

impl Item for OrderBy {
    fn text(&self, version: Version) -> String {
        let direction = if self.descending { " desc" } else { "" };
        format!("{}{direction}", self.expr.display(version))
    }
}

impl Item for Compute {
    fn text(&self, version: Version) -> String {
        format!("{} as {}", self.expr.display(version), self.name)
    }
}

impl fmt::Display for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Max => f.write_str("max"),
        }
    }
}

/// `$select` and `$expand` of V3: paths, nested ones included.
fn flat(options: &QueryOptions, version: Version) -> (Option<String>, Option<String>) {
    let (mut select, mut expand) = (Vec::new(), Vec::new());
    if selects(options) {
        flat_select(options, "", version, &mut select);
    }
    flat_expand(options, "", &mut expand);
    let join = |items: Vec<String>| (!items.is_empty()).then(|| items.join(","));
    (join(select), join(expand))
}

/// Whether there is a `$select` on any level.
fn selects(options: &QueryOptions) -> bool {
    !options.select.is_empty() || options.expand.iter().any(|item| selects(&item.options))
}

/// A selection of V3 is one for all levels: it must name the expanded navigation properties, too,
/// and all of a level of which only others select.
fn flat_select(options: &QueryOptions, prefix: &str, version: Version, paths: &mut Vec<String>) {
    let mut push = |path: String| {
        if !paths.contains(&path) {
            paths.push(path);
        }
    };
    if options.select.is_empty() {
        push(format!("{prefix}*"));
    }
    options.select.iter().for_each(|item| push(format!("{prefix}{}", item.text(version))));
    for item in &options.expand {
        let path = format!("{prefix}{}", item.path.join("/"));
        match selects(&item.options) {
            true => flat_select(&item.options, &format!("{path}/"), version, paths),
            false if paths.contains(&path) => {}
            false => paths.push(path),
        }
    }
}

fn flat_expand(options: &QueryOptions, prefix: &str, paths: &mut Vec<String>) {
    for item in &options.expand {
        let QueryOptions { select, expand, .. } = &item.options;
        let paths_only = QueryOptions {
            select: select.clone(),
            expand: expand.clone(),
            ..QueryOptions::default()
        };
        let is_flat = item.what == Expanded::Entities && item.options == paths_only;
        if !is_flat {
            // V3 has no words for this: those of V4, so that the service says so.
            paths.push(format!("{prefix}{}", item.text(Version::V4)));
        } else if expand.is_empty() {
            paths.push(format!("{prefix}{}", item.path.join("/")));
        } else {
            let prefix = format!("{prefix}{}/", item.path.join("/"));
            flat_expand(&item.options, &prefix, paths);
        }
    }
}
