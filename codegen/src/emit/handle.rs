//! Structs that address one entity, traits of collections, and the methods that call operations.

use crate::emit::Emitter;
use crate::plan::{
    AlternateKey, Arguments, Call, CallResult, CollectionExt, Follow, Handle, Parameter, Passing,
    Stream,
};
use crate::print::{Text, literal};

impl Emitter<'_> {
    /// A struct that addresses one entity, and what it lends from the run time's.
    pub(crate) fn handle(&self, text: &mut Text, handle: &Handle) {
        let Handle { name, record, .. } = handle;
        text.blank();
        text.docs(&handle.docs);
        text.line("#[derive(Clone, Debug)]");
        text.line(&format!("pub struct {name}(odata_client::EntityRequest<{record}>);"));
        text.blank();
        text.open(&format!("impl {name} {{"));
        text.line("/// Gives a request the methods of this type.");
        text.open(&format!(
            "pub fn new(request: odata_client::EntityRequest<{record}>) -> Self {{"
        ));
        text.line("Self(request)");
        text.close("}");
        handle.follows.iter().for_each(|link| follow(text, record, link));
        handle.streams.iter().for_each(|one| stream(text, one));
        handle.calls.iter().for_each(|call| self.call(text, call, "self.0", "pub "));
        text.close("}");
        let from = self.spelling.from;
        text.blank();
        text.open(&format!("impl {from}<odata_client::EntityRequest<{record}>> for {name} {{"));
        text.open(&format!("fn from(request: odata_client::EntityRequest<{record}>) -> Self {{"));
        text.line("Self(request)");
        text.close("}");
        text.close("}");
        text.blank();
        text.open(&format!("impl ::core::ops::Deref for {name} {{"));
        text.line(&format!("type Target = odata_client::EntityRequest<{record}>;"));
        text.blank();
        text.open("fn deref(&self) -> &Self::Target {");
        text.line("&self.0");
        text.close("}");
        text.close("}");
        text.blank();
        text.open(&format!("impl odata_client::Addressed for {record} {{"));
        text.line(&format!("type Request = {name};"));
        text.close("}");
        if let Some(collection) = &handle.collection {
            self.collection(text, record, collection);
        }
        handle.arguments.iter().for_each(|arguments| parameters(text, arguments));
    }

    /// The trait of what can be done with a collection, and its implementation.
    fn collection(&self, text: &mut Text, record: &str, collection: &CollectionExt) {
        let name = &collection.name;
        text.blank();
        text.docs(&collection.docs);
        text.open(&format!("pub trait {name} {{"));
        for key in &collection.alternate_keys {
            text.blank();
            text.docs(&key.docs);
            self.alternate_key(text, record, key, ";");
        }
        for call in &collection.calls {
            text.blank();
            text.docs(&call.docs);
            text.maybe(call.gate.as_deref());
            text.deprecated(call.deprecated.as_deref());
            self.signature(text, call, "", ";");
        }
        text.close("}");
        text.blank();
        text.open(&format!("impl {name} for odata_client::Collection<{record}> {{"));
        for key in &collection.alternate_keys {
            text.blank();
            self.alternate_key(text, record, key, " {");
            text.deepen();
            let names = key.parts.iter().map(|(wire, _, _)| literal(wire)).collect::<Vec<_>>();
            let literals = key.parts.iter().map(|(_, parameter, ty)| {
                format!(
                    "edm::Scalar::to_literal(&{}::<{ty}>::into({parameter}))",
                    self.spelling.into
                )
            });
            let names = format!("&[{}]", names.join(", "));
            let literals = format!("vec![{}]", literals.collect::<Vec<_>>().join(", "));
            text.list("self.by_alternate_key(", &[names, literals], ")");
            text.close("}");
        }
        for call in &collection.calls {
            let bare = Call { docs: Vec::new(), deprecated: None, ..call.clone() };
            self.call(text, &bare, "self", "");
        }
        text.close("}");
    }

    fn alternate_key(&self, text: &mut Text, record: &str, key: &AlternateKey, end: &str) {
        let mut inputs = vec!["&self".to_owned()];
        let into = self.spelling.into;
        inputs.extend(
            key.parts.iter().map(|(_, parameter, ty)| format!("{parameter}: impl {into}<{ty}>")),
        );
        let result = format!("<{record} as odata_client::Addressed>::Request");
        text.list(&format!("fn {}(", key.method), &inputs, &format!(") -> {result}{end}"));
    }

    /// A method that calls an operation of `this`.
    pub(crate) fn call(&self, text: &mut Text, call: &Call, this: &str, visibility: &str) {
        text.blank();
        text.docs(&call.docs);
        text.maybe(call.gate.as_deref());
        text.deprecated(call.deprecated.as_deref());
        self.signature(text, call, visibility, " {");
        text.deepen();
        let values = match call.parameters.is_empty() {
            true => format!("{}::new()", self.spelling.vec),
            false => {
                let holder = if call.arguments.is_some() { "parameters." } else { "" };
                let values = call
                    .parameters
                    .iter()
                    .map(|p| format!("({}, {})", literal(&p.wire), self.value(p, holder)));
                text.list("let values = vec![", &values.collect::<Vec<_>>(), "];");
                "values".to_owned()
            }
        };
        let mut inputs = vec![format!("&{}", call.table), values];
        let (method, end) = match &call.result {
            CallResult::Nothing => ("invoke", ")"),
            CallResult::Value(_) => ("invoke", ")"),
            CallResult::Stream => ("invoke_stream", ")"),
            CallResult::Entity(_) => ("invoke_entity", ")"),
            CallResult::Entities(_) => ("invoke_entities", ")"),
            CallResult::ComposeEntity(_) => ("compose_entity", "))"),
            CallResult::ComposeEntities(_) => ("compose_entities", ")"),
            CallResult::ComposeStream => ("compose_stream", ")"),
        };
        match &call.result {
            CallResult::Nothing => inputs.push("odata_client::nothing".to_owned()),
            CallResult::Value(_) => inputs.push("edm::Edm::from_value".to_owned()),
            _ => {}
        }
        let head = match &call.result {
            CallResult::ComposeEntity(request) => format!("{request}::new({this}.{method}("),
            _ => format!("{this}.{method}("),
        };
        text.list(&head, &inputs, end);
        text.close("}");
    }

    fn signature(&self, text: &mut Text, call: &Call, visibility: &str, end: &str) {
        let mut inputs = vec!["&self".to_owned()];
        match &call.arguments {
            Some(arguments) => inputs.push(format!("parameters: {arguments}")),
            None => inputs.extend(call.parameters.iter().map(|parameter| self.input(parameter))),
        }
        let result = match &call.result {
            CallResult::Nothing => "odata_client::Request<()>".to_owned(),
            CallResult::Value(ty) | CallResult::Entity(ty) => {
                format!("odata_client::Request<{ty}>")
            }
            CallResult::Stream => "odata_client::Request<odata_client::Bytes>".to_owned(),
            CallResult::Entities(ty) => format!("odata_client::Request<odata_client::Page<{ty}>>"),
            CallResult::ComposeEntity(request) => request.clone(),
            CallResult::ComposeEntities(ty) => format!("odata_client::Collection<{ty}>"),
            CallResult::ComposeStream => "odata_client::StreamRequest".to_owned(),
        };
        let head = format!("{visibility}fn {}(", call.method);
        text.list(&head, &inputs, &format!(") -> {result}{end}"));
    }

    fn input(&self, parameter: &Parameter) -> String {
        let Parameter { name, ty, .. } = parameter;
        match parameter.how {
            Passing::Into => format!("{name}: impl {}<{ty}>", self.spelling.into),
            Passing::Entity => format!("{name}: &{ty}"),
            Passing::Value | Passing::OptionalEntity | Passing::Entities => format!("{name}: {ty}"),
        }
    }

    fn value(&self, parameter: &Parameter, holder: &str) -> String {
        let Parameter { name, ty, .. } = parameter;
        match parameter.how {
            Passing::Value => format!("edm::Edm::to_value(&{holder}{name})"),
            Passing::Into => format!("<{ty} as edm::Edm>::to_value(&{name}.into())"),
            Passing::Entity if holder.is_empty() => format!("edm::entity_to_value({name})"),
            Passing::Entity => format!("edm::entity_to_value(&{holder}{name})"),
            Passing::OptionalEntity => format!("edm::nullable_entity_to_value(&{holder}{name})"),
            Passing::Entities => format!("edm::entities_to_value(&{holder}{name})"),
        }
    }
}

fn follow(text: &mut Text, record: &str, follow: &Follow) {
    let Follow { method, constant, target, .. } = follow;
    text.blank();
    text.docs(&follow.docs);
    text.maybe(follow.gate.as_deref());
    text.deprecated(follow.deprecated.as_deref());
    if follow.many {
        text.open(&format!("pub fn {method}(&self) -> odata_client::Collection<{target}> {{"));
        text.line(&format!("self.0.follow({record}::{constant})"));
    } else {
        text.open(&format!("pub fn {method}(&self) -> {target} {{"));
        text.line(&format!("{target}::new(self.0.follow_one({record}::{constant}))"));
    }
    text.close("}");
}

fn stream(text: &mut Text, stream: &Stream) {
    text.blank();
    text.docs(&stream.docs);
    text.open(&format!("pub fn {}(&self) -> odata_client::StreamRequest {{", stream.method));
    text.line(&format!("self.0.stream({})", literal(&stream.wire)));
    text.close("}");
}

/// A struct of parameters.
pub(crate) fn parameters(text: &mut Text, arguments: &Arguments) {
    text.blank();
    text.docs(&arguments.docs);
    text.line("#[derive(Clone, Debug, Default, PartialEq)]");
    text.open(&format!("pub struct {} {{", arguments.name));
    for parameter in &arguments.parameters {
        text.docs(&parameter.docs);
        text.line(&format!("pub {}: {},", parameter.name, parameter.ty));
    }
    text.close("}");
}
