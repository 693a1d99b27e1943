//! The entity sets.

use axum::response::Response;
use edm::path::{KeyPredicate, ResourcePath};
use serde_json::{Value as Json, json};

use super::{Contents, respond};

pub(super) fn answer(contents: &mut Contents, method: &str, target: &str, body: &[u8]) -> Response {
    let path = ResourcePath::parse(target.split('?').next().unwrap()).unwrap();
    let names: Vec<_> = path.segments.iter().map(|segment| segment.name.as_str()).collect();
    let key = path.segments[0].key.as_ref().map(|key| match key {
        KeyPredicate::Single(key) => key.literal().unwrap().value.as_str().unwrap().to_owned(),
        _ => unreachable!("no such key in the model"),
    });
    let body = || serde_json::from_slice::<Json>(body).unwrap();
    match (method, names.as_slice(), key) {
        ("GET", ["CancelJob"], None) => {
            contents.job_states = vec![(6, 10.0), (5, 10.0)];
            respond(204, &[], "")
        }
        ("GET", ["GetProtectionKeyId"], None) => value(&contents.protection.thumbprint()),
        ("GET", ["GetProtectionKey"], None) => value(&contents.protection.certificate()),
        ("GET", ["RebindContentKey"], None) => {
            let id = super::argument(target, "id");
            let wrapped = contents.sets["ContentKeys"][&id]["EncryptedContentKey"].clone();
            value(&contents.protection.unwrap(wrapped.as_str().unwrap()))
        }
        ("POST", [_, "$links", navigation], Some(id)) => {
            let link = body()["url"].as_str().unwrap().to_owned();
            contents.links.push((id, (*navigation).to_owned(), link));
            respond(204, &[], "")
        }
        ("GET", [set], None) => {
            let all = contents.sets.get(*set).map(|set| set.values().cloned().collect());
            list(all.unwrap_or_default())
        }
        ("POST", [set], None) => create(contents, set, body()),
        ("GET", [set], Some(id)) => {
            let entity = contents.sets.get(*set).and_then(|set| set.get(&id)).cloned();
            let Some(mut entity) = entity else {
                return respond(404, &[], "");
            };
            if *set == "Jobs" {
                entity["State"] = contents.job_states.first().map_or(3, |state| state.0).into();
            }
            light(200, &entity)
        }
        ("MERGE", [set], Some(id)) => {
            let entity = contents.sets.get_mut(*set).and_then(|set| set.get_mut(&id)).unwrap();
            for (name, value) in body().as_object().unwrap() {
                entity[name] = value.clone();
            }
            respond(204, &[], "")
        }
        ("DELETE", [set], Some(id)) => {
            let gone = contents.sets.get_mut(*set).and_then(|set| set.remove(&id));
            respond(if gone.is_some() { 204 } else { 404 }, &[], "")
        }
        ("POST", ["StreamingEndpoints", "Start"], Some(id)) => {
            let endpoint = contents.sets.get_mut("StreamingEndpoints").unwrap().get_mut(&id);
            endpoint.unwrap()["State"] = "Running".into();
            respond(202, &[("operation-id", "nb:opid:UUID:1")], "")
        }
        ("GET", [_, navigation], Some(id)) => list(related(contents, navigation, &id)),
        _ => respond(501, &[], ""),
    }
}

fn create(contents: &mut Contents, set: &str, mut entity: Json) -> Response {
    let prefix = match set {
        "Locators" => "lid",
        "AccessPolicies" => "pid",
        "Jobs" => "jid",
        _ => "cid",
    };
    let id = match entity["Id"].as_str() {
        Some(chosen) => chosen.to_owned(),
        None => contents.new_id(prefix),
    };
    entity["Id"] = id.clone().into();
    if set == "Locators" {
        let path = match entity["Type"].as_i64() {
            Some(1) => format!("{}/asset-1?sv=2012-02-12&sig=s3cret%3D", contents.base),
            _ => format!("{}/origin-1/", contents.base),
        };
        entity["Path"] = path.into();
    }
    contents.sets.entry(set.to_owned()).or_default().insert(id, entity.clone());
    light(201, &entity)
}

fn related(contents: &mut Contents, navigation: &str, id: &str) -> Vec<Json> {
    match navigation {
        "Files" => {
            let files = contents.sets.get("Files").into_iter().flat_map(|set| set.values());
            files.filter(|file| file["ParentAssetId"] == id).cloned().collect()
        }
        "Tasks" => {
            // A look at the tasks ends a look at the job.
            let states = &mut contents.job_states;
            let (state, progress) = states.first().copied().unwrap_or((3, 100.0));
            if states.len() > 1 {
                states.remove(0);
            }
            let failed = json!([{ "Code": "ErrorParsingConfiguration", "Message": "no preset" }]);
            let errors = if state == 4 { failed } else { json!([]) };
            vec![json!({ "Id": "nb:tid:UUID:1", "Progress": progress, "ErrorDetails": errors })]
        }
        "ContentKeys" => {
            let keys = contents.sets.get("ContentKeys").into_iter().flat_map(|set| set.iter());
            let linked = |key: &str| {
                contents.links.iter().any(|(from, _, link)| from == id && link.contains(key))
            };
            let key = |id: &str| id.rsplit(':').next().unwrap().to_owned();
            keys.filter(|(id, _)| linked(&key(id))).map(|(_, key)| key.clone()).collect()
        }
        _ => vec![json!({ "Id": "nb:cid:UUID:out", "Name": "out" })],
    }
}

fn value(text: &str) -> Response {
    light(200, &json!({ "value": text }))
}

fn light(status: u16, json: &Json) -> Response {
    let headers = [("content-type", "application/json;odata=minimalmetadata")];
    respond(status, &headers, json.to_string())
}

fn list(entities: Vec<Json>) -> Response {
    light(200, &json!({ "value": entities }))
}
