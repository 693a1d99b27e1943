//! Every entity type of the model, created, read, changed and listed over HTTP in each format that
//! clients speak. The sets come from the generated tables: one that is new there has no recipe in
//! `recipes.rs`, and fails until it has one.
#![allow(clippy::unwrap_used, missing_docs)]

mod client;
mod recipes;
mod speaker;

use acceptance::{Reply, Service, poll};
use azure_media::v2_19::tables::MODEL;
use edm::literal::Literal;
use edm::model::{Access, EntitySet, Type};
use edm::path::KeyPredicate;
use edm::{Draft, Record, Structured as _, Value};

use recipes::Recipe;
use speaker::{FORMATS, Speaker};

/// Where an entity is.
fn path_of(set: &EntitySet, entity: &Record) -> String {
    let ty = set.entity_type;
    let literal = |name: &&'static str| {
        let (_, row) = ty.property(name).unwrap();
        Literal::of(entity.value(name).clone(), &row.ty)
    };
    let key = KeyPredicate::new(ty.key, ty.key.iter().map(literal).collect());
    format!("{}({key})", set.name)
}

/// The answer to a write that is done, or that an operation has done in the meantime.
fn done(reply: Reply, status: u16) -> Reply {
    if reply.status == 202 {
        poll(&Service::shared().api, &reply);
        return reply;
    }
    reply.expect(status)
}

fn same(left: &Record, right: &Record, at: &str) {
    for (index, row) in left.structured_type().properties.iter().enumerate() {
        assert_eq!(left.get(index), right.get(index), "{at}: {}", row.name);
    }
}

/// Whether what is read is what was sent: members of complex values that were not sent are null.
fn holds(read: &Value, sent: &Value) -> bool {
    match (read, sent) {
        (Value::Complex(read), Value::Complex(sent)) => sent.iter().all(|(name, sent)| {
            read.iter().any(|(other, read)| other == name && holds(read, sent))
        }),
        (Value::Collection(read), Value::Collection(sent)) => {
            read.len() == sent.len() && read.iter().zip(sent).all(|(read, sent)| holds(read, sent))
        }
        (read, sent) => read == sent,
    }
}

/// The entity in all formats, which must tell the same.
fn read(set: &'static EntitySet, path: &str, at: &str) -> Record {
    let mut all = FORMATS.iter().map(|speaker| match set.allow.get {
        true => speaker.get(path, set.entity_type),
        false => speaker.list(set).into_iter().find(|one| path_of(set, one) == path).unwrap(),
    });
    let first = all.next().unwrap();
    all.for_each(|other| same(&first, &other, at));
    first
}

/// Sends back what clients may change, as many of them do.
fn change(speaker: &Speaker, set: &'static EntitySet, path: &str, at: &str) {
    let before = read(set, path, at);
    let rows = set.entity_type.properties.iter().filter(|row| row.access == Access::Update);
    let value = |row: &edm::model::Property| match row.name {
        "Name" => Value::from("changed"),
        name => before.value(name).clone(),
    };
    let members = rows.map(|row| (row.name.into(), value(row))).collect();
    let draft = Draft { members, ..Draft::default() };
    done(speaker.write("MERGE", path, &draft, set.entity_type), 204);
    let after = read(set, path, at);
    for (name, sent) in &draft.members {
        assert!(holds(after.value(name), sent), "{at}: {name}: {:?}", after.value(name));
    }
}

#[test]
fn every_entity_type_makes_the_round_trip_in_every_format() {
    let api = &Service::shared().api;
    for set in MODEL.entity_sets {
        for speaker in FORMATS {
            let at = format!("{} in {}", set.name, speaker.name);
            match recipes::recipe(api, set, speaker.name) {
                Recipe::Create(body) => {
                    let draft = edm::json::read_draft(&body, set.entity_type).unwrap();
                    let reply = speaker.write("POST", set.name, &draft, set.entity_type);
                    let made = speaker.entity(&done(reply, 201), set.entity_type);
                    for (name, sent) in &draft.members {
                        assert!(
                            holds(made.value(name), sent),
                            "{at}: {name}: {:?}",
                            made.value(name)
                        );
                    }
                    recipes::settle(api, set, &made);
                    let path = path_of(set, &made);
                    read(set, &path, &at);
                    if set.allow.list {
                        let all = speaker.list(set);
                        assert!(
                            all.iter().any(|one| path_of(set, one) == path),
                            "{at} is not listed"
                        );
                    }
                    if set.allow.update {
                        change(speaker, set, &path, &at);
                    }
                    done(speaker.write_nothing("DELETE", &path), 204);
                }
                Recipe::Find(path) => {
                    read(set, &path, &at);
                    if set.allow.update {
                        change(speaker, set, &path, &at);
                    }
                }
                Recipe::Refused(body) => {
                    let draft = edm::json::read_draft(&body, set.entity_type).unwrap();
                    let reply = speaker.write("POST", set.name, &draft, set.entity_type);
                    assert!(matches!(reply.status, 400..=501), "{at}: {reply}");
                    assert!(!speaker.error(&reply).message.is_empty(), "{at}: {reply}");
                    assert!(speaker.list(set).is_empty(), "{at}");
                }
            }
        }
    }
}

#[test]
fn properties_are_read_by_themselves_in_every_format() {
    let api = &Service::shared().api;
    let asset = format!("Assets('{}')", acceptance::percent(&api.asset("<by> & 'itself'")));
    let ty = MODEL.entity_set("Assets").unwrap().entity_type;
    for speaker in FORMATS {
        let whole = speaker.get(&asset, ty);
        for (index, row) in ty.properties.iter().enumerate() {
            let value = speaker.value(&format!("{asset}/{}", row.name), &row.ty);
            assert_eq!(value, whole.get(index), "{} in {}", row.name, speaker.name);
        }
        let text = Type::Primitive(edm::model::Primitive::String);
        let id = speaker.value("GetProtectionKeyId?contentKeyType=1", &text);
        assert_eq!(id.as_str().map(str::len), Some(40), "in {}", speaker.name);
    }
}
