//! TOML to amendments.

use toml::Spanned as Located;
use toml::de::{DeTable, DeValue};

use crate::amend::fields::{Entry, Fields, choose, entries, span, table, wrong_type};
use crate::amend::{Amendment, Member, Pattern};
use crate::csdl::{
    AddedEnumType, AddedMember, EnumFacts, Facts, IdType, NavigationFacts, OperationFacts,
    ParameterFacts, PropertyFacts, SetFacts, Text, is_identifier,
};
use crate::diagnostic::{Findings, Span, Spanned};
use crate::model::{Access, Allow, MemberValue, Primitive};
use crate::source::Source;

/// The words of `access`.
const ACCESS: [(&str, Access); 3] =
    [("read-only", Access::ReadOnly), ("create", Access::Create), ("update", Access::Update)];

/// The integer types and the one text type that an enumeration can be over.
const UNDERLYING: [(&str, Primitive); 6] = [
    ("Edm.Int32", Primitive::Int32),
    ("Edm.String", Primitive::String),
    ("Edm.Byte", Primitive::Byte),
    ("Edm.SByte", Primitive::SByte),
    ("Edm.Int16", Primitive::Int16),
    ("Edm.Int64", Primitive::Int64),
];

/// Reads a file of amendments, in the order of the file.
pub(crate) fn read(index: usize, source: &Source, findings: &mut Findings) -> Vec<Amendment> {
    let document = match DeTable::parse(&source.text) {
        Ok(document) => document,
        Err(error) => {
            let range = error.span().unwrap_or_default();
            let at = Span { source: index, start: range.start, end: range.end };
            let message = format!("this is not TOML: {}", error.message());
            findings.error("amend::syntax", at, message);
            return Vec::new();
        }
    };
    let mut reader = Reader { source: index, amendments: Vec::new() };
    reader.document(document.get_ref(), findings);
    reader.amendments
}

struct Reader {
    source: usize,
    amendments: Vec<Amendment>,
}

impl Reader {
    fn document(&mut self, document: &DeTable<'_>, findings: &mut Findings) {
        let mut top = Fields::new(self.source, "a file of amendments", document);
        if let Some(namespace) = top.text("namespace", findings) {
            self.amendments.push(Amendment::Namespace(namespace));
        }
        type Section = fn(&mut Reader, Text, Fields<'_>, &mut Findings);
        const SECTIONS: [(&str, Section); 8] = [
            ("enum", Reader::enumeration),
            ("id", Reader::id),
            ("type", Reader::structured_type),
            ("property", Reader::property),
            ("navigation", Reader::navigation),
            ("operation", Reader::operation),
            ("set", Reader::set),
            ("singleton", Reader::singleton),
        ];
        for (section, read) in SECTIONS {
            let Some(value) = top.value(section) else { continue };
            for (key, value) in self.entries(&format!("`{section}`"), value, findings) {
                let what = format!("[{section}.{}]", quoted(&key.value));
                if let Some(found) = table(self.source, &what, value, findings) {
                    read(self, key, Fields::new(self.source, what, found), findings);
                }
            }
        }
        if let Some(value) = top.value("container") {
            let what = "[container]";
            if let Some(found) = table(self.source, what, value, findings) {
                let mut fields = Fields::new(self.source, what, found);
                let key = Spanned::new("container".to_owned(), span(self.source, value));
                let facts = Facts { since: None, ..self.facts(&mut fields, findings) };
                fields.finish(findings);
                self.amendments.push(Amendment::Container(key, facts));
            }
        }
        top.finish(findings);
    }

    fn entries<'t>(
        &self,
        what: &str,
        value: &'t Located<DeValue<'t>>,
        findings: &mut Findings,
    ) -> Vec<Entry<'t>> {
        table(self.source, what, value, findings)
            .map(|table| entries(self.source, table))
            .unwrap_or_default()
    }

    /// What may be said of anything that has a name in the document.
    fn facts(&self, fields: &mut Fields<'_>, findings: &mut Findings) -> Facts {
        Facts {
            name: fields.text("name", findings).filter(|name| checked_name(name, findings)),
            doc: fields.string("doc", findings),
            since: fields.string("since", findings),
        }
    }

    /// What may be said of something that the amendment itself names.
    fn own_facts(&self, fields: &mut Fields<'_>, findings: &mut Findings) -> Facts {
        Facts {
            name: None,
            doc: fields.string("doc", findings),
            since: fields.string("since", findings),
        }
    }

    fn enumeration(&mut self, name: Text, mut fields: Fields<'_>, findings: &mut Findings) {
        let amended = self.facts(&mut fields, findings);
        let underlying = fields.word("underlying", &UNDERLYING, findings);
        let is_flags = fields.boolean("flags", findings);
        let is_standalone = fields.boolean("standalone", findings);
        let members = fields.value("members");
        let docs = fields.value("docs");
        fields.finish(findings);
        let docs = docs.map(|docs| self.entries("`docs`", docs, findings)).unwrap_or_default();
        let is_added =
            underlying.is_some() || members.is_some() || is_flags.or(is_standalone).is_some();
        if !is_added {
            let docs = docs.into_iter().filter_map(|(member, value)| {
                let doc = value.get_ref().as_str().map(str::to_owned);
                if doc.is_none() {
                    let what = "the text of a member";
                    wrong_type(self.source, what, "a string", value, findings);
                }
                Some((member, doc?))
            });
            let facts = EnumFacts { docs: docs.collect(), common: amended };
            return self.amendments.push(Amendment::EnumFacts(name, facts));
        }
        let mut list = Vec::new();
        match members {
            Some(members) => {
                for (member, value) in self.entries("`members`", members, findings) {
                    list.extend(self.member(member, value, findings));
                }
            }
            None => {
                let message = format!("the enumeration `{}` needs `members`", name.value);
                findings.error("amend::missing-key", name.span, message);
            }
        }
        for (member, value) in docs {
            self.member_doc(&member, value, &mut list, findings);
        }
        if let Some(own) = &amended.name {
            let message = format!("`{}` is named by its amendment already", name.value);
            findings.error("amend::bad-name", own.span, message);
        }
        let Some(underlying) = underlying else {
            let message = format!("the enumeration `{}` needs `underlying`", name.value);
            findings
                .error("amend::missing-key", name.span, message)
                .help("what is sent: `Edm.Int32` or `Edm.String`");
            return;
        };
        let is_flags = is_flags.unwrap_or(false);
        check_values(&name, underlying, is_flags, &list, findings);
        if checked_name(&name, findings) {
            self.amendments.push(Amendment::Enum(AddedEnumType {
                name,
                underlying,
                is_flags,
                is_standalone: is_standalone.unwrap_or(false),
                members: list,
                amended,
            }));
        }
    }

    fn member(
        &self,
        name: Text,
        value: &Located<DeValue<'_>>,
        findings: &mut Findings,
    ) -> Option<AddedMember> {
        let found = match value.get_ref() {
            DeValue::Integer(number) => {
                i64::from_str_radix(number.as_str(), number.radix()).ok().map(MemberValue::Integer)
            }
            DeValue::String(text) => Some(MemberValue::Text(text.to_string())),
            _ => None,
        };
        let Some(found) = found else {
            wrong_type(self.source, "a member", "an integer or a string", value, findings);
            return None;
        };
        let value = Spanned::new(found, span(self.source, value));
        checked_name(&name, findings).then_some(AddedMember { name, value, doc: None })
    }

    fn member_doc(
        &self,
        name: &Text,
        value: &Located<DeValue<'_>>,
        members: &mut [AddedMember],
        findings: &mut Findings,
    ) {
        let Some(doc) = value.get_ref().as_str() else {
            return wrong_type(self.source, "the text of a member", "a string", value, findings);
        };
        match members.iter_mut().find(|member| member.name.value == name.value) {
            Some(member) => member.doc = Some(doc.to_owned()),
            None => {
                let message = format!("there is no member `{}`", name.value);
                let names = members.iter().map(|member| member.name.value.as_str());
                findings
                    .error("amend::does-not-apply", name.span, message)
                    .suggest(&name.value, names);
            }
        }
    }

    fn id(&mut self, name: Text, mut fields: Fields<'_>, findings: &mut Findings) {
        let amended = self.own_facts(&mut fields, findings);
        let prefix = fields.string("prefix", findings);
        fields.finish(findings);
        if checked_name(&name, findings) {
            self.amendments.push(Amendment::Id(IdType { name, prefix, amended }));
        }
    }

    fn structured_type(&mut self, key: Text, mut fields: Fields<'_>, findings: &mut Findings) {
        let facts = self.facts(&mut fields, findings);
        fields.finish(findings);
        self.amendments.push(Amendment::Type(key, facts));
    }

    fn property(&mut self, key: Text, mut fields: Fields<'_>, findings: &mut Findings) {
        let facts = PropertyFacts {
            common: self.facts(&mut fields, findings),
            ty: fields.text("type", findings),
            access: fields.word("access", &ACCESS, findings),
            required: fields.boolean("required", findings),
            nullable: fields.boolean("nullable", findings),
            max_length: fields.count("max_length", findings),
        };
        fields.finish(findings);
        if let Some(member) = member(key, findings) {
            self.amendments.push(Amendment::Property(member, facts));
        }
    }

    fn navigation(&mut self, key: Text, mut fields: Fields<'_>, findings: &mut Findings) {
        let facts = NavigationFacts {
            common: self.facts(&mut fields, findings),
            access: fields.word("access", &ACCESS, findings),
            links: fields.boolean("links", findings),
        };
        fields.finish(findings);
        if let Some(member) = member(key, findings) {
            self.amendments.push(Amendment::Navigation(member, facts));
        }
    }

    fn operation(&mut self, key: Text, mut fields: Fields<'_>, findings: &mut Findings) {
        let facts = OperationFacts {
            common: self.facts(&mut fields, findings),
            result: fields.text("result", findings),
        };
        let mut parameters = Vec::new();
        if let Some(value) = fields.value("parameters") {
            for (name, value) in self.entries("`parameters`", value, findings) {
                let what = format!("the parameter `{}`", name.value);
                let Some(found) = table(self.source, &what, value, findings) else { continue };
                let mut fields = Fields::new(self.source, what, found);
                let facts = ParameterFacts {
                    common: self.facts(&mut fields, findings),
                    ty: fields.text("type", findings),
                    nullable: fields.boolean("nullable", findings),
                };
                fields.finish(findings);
                parameters.push((name, facts));
            }
        }
        fields.finish(findings);
        self.amendments.push(Amendment::Operation(key, facts, parameters));
    }

    fn set(&mut self, key: Text, mut fields: Fields<'_>, findings: &mut Findings) {
        let common = self.facts(&mut fields, findings);
        let allow = fields.value("allow").and_then(|value| self.allow(value, findings));
        fields.finish(findings);
        self.amendments.push(Amendment::Set(key, SetFacts { common, allow }));
    }

    fn singleton(&mut self, key: Text, mut fields: Fields<'_>, findings: &mut Findings) {
        let facts = self.facts(&mut fields, findings);
        fields.finish(findings);
        self.amendments.push(Amendment::Singleton(key, facts));
    }

    fn allow(&self, value: &Located<DeValue<'_>>, findings: &mut Findings) -> Option<Allow> {
        let Some(items) = value.get_ref().as_array() else {
            wrong_type(self.source, "`allow`", "an array", value, findings);
            return None;
        };
        let mut allow = Allow::NONE;
        for item in items.iter() {
            let Some(word) = item.get_ref().as_str() else {
                wrong_type(self.source, "a verb", "a string", item, findings);
                continue;
            };
            let word = Spanned::new(word.to_owned(), span(self.source, item));
            type Verb = fn(&mut Allow) -> &mut bool;
            const VERBS: [(&str, Verb); 5] = [
                ("list", |allow| &mut allow.list),
                ("get", |allow| &mut allow.get),
                ("create", |allow| &mut allow.create),
                ("update", |allow| &mut allow.update),
                ("delete", |allow| &mut allow.delete),
            ];
            if let Some(verb) = choose("allow", &word, &VERBS, findings) {
                *verb(&mut allow) = true;
            }
        }
        Some(allow)
    }
}

/// A key as TOML writes it.
fn quoted(key: &str) -> String {
    match is_identifier(key) {
        true => key.to_owned(),
        false => format!("{key:?}"),
    }
}

fn checked_name(name: &Text, findings: &mut Findings) -> bool {
    let good = is_identifier(&name.value);
    if !good {
        let message = format!("`{}` is not a name", name.value);
        findings
            .error("amend::bad-name", name.span, message)
            .help("a name begins with a letter or `_`, and letters, digits and `_` follow");
    }
    good
}

/// `Type.Name`, where either may be a pattern.
fn member(key: Text, findings: &mut Findings) -> Option<Member> {
    let Some((owner, name)) = key.value.rsplit_once('.') else {
        let message = format!("`{}` does not say which type it is of", key.value);
        findings
            .error("amend::bad-name", key.span, message)
            .help("write \"Type.Name\", or \"*.Name\" for every type that has it");
        return None;
    };
    Some(Member { owner: Pattern::new(owner), name: Pattern::new(name), key })
}

fn check_values(
    name: &Text,
    underlying: Primitive,
    is_flags: bool,
    members: &[AddedMember],
    findings: &mut Findings,
) {
    let range = underlying.range();
    if is_flags && range.is_none() {
        let message = format!("the flags `{}` are not over integers", name.value);
        findings.error("amend::bad-value", name.span, message);
    }
    let mut seen: Vec<&AddedMember> = Vec::new();
    for member in members {
        let fits = match (&member.value.value, range) {
            (MemberValue::Integer(value), Some((least, most))) => (least..=most).contains(value),
            (MemberValue::Text(_), None) => true,
            _ => false,
        };
        if !fits {
            let message = format!(
                "the value of `{}` is not an `Edm.{}`",
                member.name.value,
                underlying.short_name()
            );
            findings.error("amend::bad-value", member.value.span, message);
        }
        if let Some(first) = seen.iter().find(|first| first.value.value == member.value.value) {
            let message =
                format!("`{}` has the same value as `{}`", member.name.value, first.name.value);
            findings
                .error("amend::bad-value", member.value.span, message)
                .related(first.value.span, "the value is given here first");
        }
        seen.push(member);
    }
}
