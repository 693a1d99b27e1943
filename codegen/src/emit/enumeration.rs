//! Enumerations, typed ids and names for primitives: what macros of the run time expand.

use crate::model::MemberValue;
use crate::plan::{Alias, Enumeration, Id};
use crate::print::{Text, literal};

/// An enumeration over integers, texts or names, or a set of flags.
pub(crate) fn enumeration(text: &mut Text, ty: &Enumeration) {
    let Enumeration { name, table, repr, is_flags, by_name, .. } = ty;
    let (invocation, head) = match (by_name, is_flags) {
        (true, true) => ("named_flags!", format!("pub struct {name}: super::tables::{table} {{")),
        (true, false) => ("named_enum!", format!("pub enum {name}: super::tables::{table} {{")),
        (false, true) => ("flags_enum!", format!("pub struct {name}: {repr} {{")),
        (false, false) if repr.is_empty() => ("text_enum!", format!("pub enum {name} {{")),
        (false, false) => ("int_enum!", format!("pub enum {name}: {repr} {{")),
    };
    text.blank();
    text.open(&format!("edm::{invocation} {{"));
    text.docs(&ty.docs);
    text.deprecated(ty.deprecated.as_deref());
    text.open(&head);
    for member in &ty.members {
        text.docs(&member.docs);
        let value = match &member.value {
            _ if *by_name && !is_flags => literal(&member.wire),
            MemberValue::Integer(value) => value.to_string(),
            MemberValue::Text(value) => literal(value),
        };
        match is_flags {
            true => text.line(&format!("const {} = {value};", member.name)),
            false => text.line(&format!("{} = {value},", member.name)),
        }
    }
    text.close("}");
    text.close("}");
}

/// A newtype over a string.
pub(crate) fn id(text: &mut Text, id: &Id) {
    text.blank();
    text.open("edm::id_type! {");
    text.docs(&id.docs);
    text.line(&format!("pub struct {};", id.name));
    text.close("}");
}

/// Another name for a primitive.
pub(crate) fn alias(text: &mut Text, alias: &Alias) {
    text.blank();
    text.docs(&alias.docs);
    text.line(&format!("pub type {} = {};", alias.name, alias.ty));
}
