//! Enumerations and typed ids: invocations of macros of the run time, which have a syntax of
//! their own and so are printed here, not by the formatter.

use std::fmt::Write;

use quote::ToTokens;

use crate::emit::{Item, docs, types};
use crate::model::MemberValue;
use crate::plan::{Docs, Enumeration, Id};

/// An enumeration over integers or texts, or a set of flags.
pub(crate) fn enumeration(enumeration: &Enumeration) -> Item {
    let Enumeration { name, underlying, is_flags, members, .. } = enumeration;
    let is_text = underlying.range().is_none();
    let repr = types::primitive_tokens(*underlying).to_token_stream();
    let (open, keyword, end) = match (is_flags, is_text) {
        (true, _) => (format!("flags_enum! {{\n    pub struct {name}: {repr} {{"), "const ", ';'),
        (false, true) => (format!("text_enum! {{\n    pub enum {name} {{"), "", ','),
        (false, false) => (format!("int_enum! {{\n    pub enum {name}: {repr} {{"), "", ','),
    };
    let (invocation, header) = open.split_once('\n').unwrap_or((&open, ""));
    let mut text = format!("edm::{invocation}\n");
    comment(&enumeration.docs, "    ", &mut text);
    text.push_str(header);
    text.push('\n');
    for member in members {
        comment(&member.docs, "        ", &mut text);
        let value = match &member.value {
            MemberValue::Integer(value) => value.to_string(),
            MemberValue::Text(value) => proc_macro2::Literal::string(value).to_string(),
        };
        // Writing to a string does not fail.
        let _ = writeln!(text, "        {keyword}{} = {value}{end}", member.name);
    }
    text.push_str("    }\n}");
    Item::Text(text)
}

/// A newtype over a string.
pub(crate) fn id(id: &Id) -> Item {
    let mut text = "edm::id_type! {\n".to_owned();
    comment(&id.docs, "    ", &mut text);
    let _ = write!(text, "    pub struct {};\n}}", id.name);
    Item::Text(text)
}

fn comment(docs: &Docs, indent: &str, text: &mut String) {
    for line in docs::lines(docs) {
        let line = format!("{indent}/// {line}");
        text.push_str(line.trim_end());
        text.push('\n');
    }
}
