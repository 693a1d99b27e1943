//! What it takes to have an entity of each set.

use acceptance::{Api, ENCODER, crypto, id_of, key, new_id, percent, task_body};
use edm::Record;
use edm::model::EntitySet;
use serde_json::{Value as Json, json};

/// How to come by an entity.
pub(crate) enum Recipe {
    /// It is made from this body, in light JSON.
    Create(Json),
    /// It is there, or has been made along with others: where it is.
    Find(String),
    /// The service does not make one, and says so.
    Refused(Json),
}

/// A text with all that a format might trip over.
const NAME: &str = "<a> & 'b' \"c\" ]]> \u{e9}\u{65e5}\u{1f600} ";

/// The entity of a set that is listed first.
fn first(api: &Api, set: &str) -> Json {
    api.get(set).send().expect(200).feed().remove(0)
}

fn made(api: &Api, set: &str, body: Json) -> Json {
    let post = api.post(set, body).header("dataserviceversion", "3.0");
    post.send().expect(201).json()
}

fn job(api: &Api) -> Json {
    let asset = api.asset("without a film");
    api.file(&asset, "film.mp4");
    json!({
        "Name": NAME, "InputMediaAssets@odata.bind": [api.uri("Assets", &asset)],
        "Tasks": [{
            "Name": NAME, "Configuration": "AAC Audio", "MediaProcessorId": ENCODER,
            "TaskBody": task_body("JobInputAsset(0)", "JobOutputAsset(0)"),
        }],
    })
}

fn job_template() -> Json {
    let id = new_id("ttid");
    json!({
        "Name": NAME, "TemplateType": 1,
        "JobTemplateBody": format!(
            "<?xml version=\"1.0\" encoding=\"utf-16\"?><jobTemplate><taskBody taskTemplateId=\"{id}\">\
             <inputAsset>JobInputAsset(0)</inputAsset><outputAsset>JobOutputAsset(0)</outputAsset>\
             </taskBody></jobTemplate>"
        ),
        "TaskTemplates": [{
            "Id": id, "Configuration": "AAC Audio", "MediaProcessorId": ENCODER,
            "NumberofInputAssets": 1, "NumberofOutputAssets": 1,
        }],
    })
}

/// A manifest, with an asset of it.
fn manifest(api: &Api) -> (Json, Json) {
    let manifest = made(api, "IngestManifests", json!({ "Name": "bulk" }));
    let body = json!({
        "ParentIngestManifestId": id_of(&manifest), "Asset": { "Id": api.asset("to fill") },
    });
    let asset = api.post("IngestManifestAssets", body).verbose().send().expect(201);
    let asset = asset.json()["d"].clone();
    (manifest, asset)
}

fn range() -> Json {
    json!({ "StartTimestamp": "0", "EndTimestamp": "9007199254740993", "Timescale": "10000000" })
}

fn tracks() -> Json {
    json!([{ "PropertyConditions": [{ "Property": "Type", "Operator": "Equal", "Value": "video" }] }])
}

/// Waits until an entity that has just been made is what it will be.
pub(crate) fn settle(api: &Api, set: &EntitySet, made: &Record) {
    if set.name == "Jobs" {
        api.finish(made.text("Id"));
    }
}

/// The recipe of a set; `label` keeps names that must be unique apart.
pub(crate) fn recipe(api: &Api, set: &EntitySet, label: &str) -> Recipe {
    let unique = label.replace(' ', "");
    Recipe::Create(match set.name {
        "Assets" => json!({ "Name": NAME, "AlternateId": "x" }),
        "Files" => {
            json!({ "Name": format!("\u{e9} {unique}.mp4"), "ParentAssetId": api.asset("of files") })
        }
        "AccessPolicies" => json!({ "Name": NAME, "DurationInMinutes": 440.5, "Permissions": 1 }),
        "Locators" => json!({
            "AccessPolicyId": api.policy(1), "AssetId": api.asset("to locate"), "Type": 2,
            "StartTime": "2150-01-18T22:06:40.601Z",
        }),
        "ContentKeys" => json!({
            "Id": new_id("kid"), "Name": NAME, "ContentKeyType": 4,
            "EncryptedContentKey": crypto::wrap(&api.certificate(), &[7; 16]),
        }),
        "ContentKeyAuthorizationPolicies" => json!({ "Name": NAME }),
        "ContentKeyAuthorizationPolicyOptions" => json!({
            "Name": NAME, "KeyDeliveryType": 2, "KeyDeliveryConfiguration": "",
            "Restrictions": [{ "Name": NAME, "KeyRestrictionType": 0, "Requirements": null }],
        }),
        "AssetDeliveryPolicies" => {
            json!({ "Name": NAME, "AssetDeliveryPolicyType": 2, "AssetDeliveryProtocol": 16 })
        }
        "IngestManifests" => json!({ "Name": NAME }),
        "IngestManifestAssets" => {
            let (manifest, _) = manifest(api);
            let asset = api.uri("Assets", &api.asset("to fill"));
            json!({ "ParentIngestManifestId": id_of(&manifest), "Asset@odata.bind": asset })
        }
        "IngestManifestFiles" => {
            let (manifest, asset) = manifest(api);
            json!({
                "Name": format!("{unique}.mp4"), "ParentIngestManifestId": id_of(&manifest),
                "ParentIngestManifestAssetId": id_of(&asset), "MimeType": "video/mp4",
            })
        }
        "NotificationEndPoints" => json!({
            "Name": NAME, "EndPointType": 3, "EndPointAddress": "https://hooks.example/a?b=c&d=e",
        }),
        "Jobs" => job(api),
        "JobTemplates" => job_template(),
        "StreamingEndpoints" => json!({ "Name": unique, "Description": NAME, "ScaleUnits": 1 }),
        "Filters" => json!({
            "Name": unique, "PresentationTimeRange": range(), "Tracks": tracks(),
            "FirstQuality": { "Bitrate": 2_147_483_647 },
        }),
        "AssetFilters" => json!({
            "Name": unique, "ParentAssetId": api.asset("to filter"),
            "PresentationTimeRange": range(), "Tracks": tracks(),
        }),
        "MonitoringConfigurations" => {
            json!({ "Settings": [
                { "Component": "Channel", "Level": "Normal" },
                { "Component": "StreamingEndpoint", "Level": "Disabled" },
            ] })
        }
        "Channels" | "Programs" => return Recipe::Refused(json!({ "Name": unique })),
        "Tasks" => {
            let job = made(api, "Jobs", job(api));
            api.finish(&id_of(&job));
            return Recipe::Find(key("Tasks", &api.tasks(&id_of(&job))[0]));
        }
        "TaskTemplates" => {
            let template = made(api, "JobTemplates", job_template());
            let path = format!("{}/TaskTemplates", key("JobTemplates", &template));
            return Recipe::Find(key("TaskTemplates", &first(api, &path)));
        }
        "StorageAccounts" => {
            let account = first(api, "StorageAccounts");
            let name = account["Name"].as_str().expect("an account has a name");
            return Recipe::Find(format!("StorageAccounts('{}')", percent(name)));
        }
        "MediaProcessors" => return Recipe::Find(key(set.name, &first(api, set.name))),
        "EncodingReservedUnitTypes" => {
            let unit = first(api, set.name);
            let account = unit["AccountId"].as_str().expect("units are of an account");
            return Recipe::Find(format!("{}(guid'{account}')", set.name));
        }
        "Operations" => {
            let endpoint = key("StreamingEndpoints", &first(api, "StreamingEndpoints"));
            let scale =
                api.call("POST", &format!("{endpoint}/Scale")).json(json!({ "scaleUnits": 1 }));
            let operation = scale.send().expect(202).header("operation-id").to_owned();
            return Recipe::Find(format!("Operations('{}')", percent(&operation)));
        }
        name => panic!("there is no recipe for {name}"),
    })
}
