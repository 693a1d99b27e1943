//! Steps of the workflow that many tests need, each checked as far as its answer goes.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

use crate::crypto;
use crate::http::{Api, Reply};
use crate::process::eventually;

/// The id of Media Encoder Standard.
pub const ENCODER: &str = "nb:mpid:UUID:ff4df607-d419-42f0-bc17-a481b1331e56";

/// How long a short encode may take on a busy machine.
const ENCODE: Duration = Duration::from_secs(120);

/// An asset with a file.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The asset's id.
    pub asset: String,
    /// The file's id.
    pub file: String,
}

impl Api {
    /// Makes an asset; returns its id.
    #[track_caller]
    pub fn asset(&self, name: &str) -> String {
        made(&self.post("Assets", json!({ "Name": name, "Options": "0" })).send().expect(201))
    }

    /// Makes a file of an asset; returns its id.
    #[track_caller]
    pub fn file(&self, asset: &str, name: &str) -> String {
        let body = json!({ "Name": name, "ParentAssetId": asset, "MimeType": "video/mp4" });
        made(&self.post("Files", body).send().expect(201))
    }

    /// Makes an access policy; returns its id.
    #[track_caller]
    pub fn policy(&self, permissions: u32) -> String {
        let body =
            json!({ "Name": "policy", "DurationInMinutes": "60", "Permissions": permissions });
        made(&self.post("AccessPolicies", body).send().expect(201))
    }

    /// Makes a SAS locator of an asset with these permissions.
    #[track_caller]
    pub fn sas(&self, asset: &str, permissions: u32) -> Json {
        let policy = self.policy(permissions);
        self.post("Locators", locator(&policy, asset, 1)).send().expect(201).json()
    }

    /// Makes an origin locator of an asset.
    #[track_caller]
    pub fn origin(&self, asset: &str) -> Json {
        let policy = self.policy(1);
        self.post("Locators", locator(&policy, asset, 2)).send().expect(201).json()
    }

    /// The certificate that content keys are encrypted to: base64 of DER.
    #[track_caller]
    pub fn certificate(&self) -> String {
        let id = value(&self.get("GetProtectionKeyId?contentKeyType=1").send().expect(200));
        let path = format!("GetProtectionKey?ProtectionKeyId='{id}'");
        value(&self.get(&path).send().expect(200))
    }

    /// Makes a content key of a type; returns its id.
    #[track_caller]
    pub fn content_key(&self, ty: i32, key: &[u8]) -> String {
        let id = new_id("kid");
        let wrapped = crypto::wrap(&self.certificate(), key);
        let body = json!({ "Id": id, "ContentKeyType": ty, "EncryptedContentKey": wrapped });
        made(&self.post("ContentKeys", body).send().expect(201))
    }

    /// Links an entity to another by a navigation property: `what` is such as `ContentKeys`.
    #[track_caller]
    pub fn link(&self, from: &str, navigation: &str, set: &str, id: &str) -> Reply {
        let body = json!({ "url": self.uri(set, id) });
        let path = format!("{from}/$links/{navigation}");
        self.post(&path, body).header("dataserviceversion", "3.0").send()
    }

    /// Makes an asset with one file and uploads the file in one piece.
    #[track_caller]
    pub fn upload(&self, name: &str, content: &[u8]) -> Upload {
        let asset = self.asset(name);
        let file = self.file(&asset, name);
        self.put(&asset, name, content);
        Upload { asset, file }
    }

    /// Makes a job of one task; returns the job.
    #[track_caller]
    pub fn job(&self, asset: &str, preset: &str) -> Json {
        let body = json!({
            "Name": "job",
            "InputMediaAssets": [{ "__metadata": { "uri": self.uri("Assets", asset) } }],
            "Tasks": [{
                "Configuration": preset,
                "MediaProcessorId": ENCODER,
                "TaskBody": task_body("JobInputAsset(0)", "JobOutputAsset(0)"),
            }],
        });
        self.post("Jobs", body).verbose().send().expect(201).json()["d"].clone()
    }

    /// The URL of an entity.
    pub fn uri(&self, set: &str, id: &str) -> String {
        format!("https://elsewhere.example/api/{set}('{}')", percent(id))
    }

    /// The state of a job.
    #[track_caller]
    pub fn state(&self, job: &str) -> i64 {
        let path = format!("Jobs('{}')/State", percent(job));
        let json = self.get(&path).verbose().send().expect(200).json();
        json["d"]["State"].as_i64().expect("a state")
    }

    /// Waits until a job is over; returns its state.
    #[track_caller]
    pub fn finish(&self, job: &str) -> i64 {
        let over = |state: &i64| matches!(state, 3..=5);
        eventually(ENCODE, "the job is over", || Some(self.state(job)).filter(over))
    }

    /// The tasks of a job.
    #[track_caller]
    pub fn tasks(&self, job: &str) -> Vec<Json> {
        self.get(&format!("Jobs('{}')/Tasks", percent(job))).send().expect(200).feed()
    }

    /// The output assets of a job.
    #[track_caller]
    pub fn outputs(&self, job: &str) -> Vec<Json> {
        let path = format!("Jobs('{}')/OutputMediaAssets()", percent(job));
        self.get(&path).send().expect(200).feed()
    }

    /// Uploads a video and encodes it; returns the output asset's id.
    #[track_caller]
    pub fn encoded(&self, name: &str, content: &[u8]) -> String {
        let upload = self.upload(name, content);
        let job = id_of(&self.job(&upload.asset, "Adaptive Streaming"));
        assert_eq!(self.finish(&job), 3, "{:?}", self.tasks(&job));
        id_of(&self.outputs(&job)[0])
    }

    /// Brings the default streaming endpoint to `Running` or `Stopped`.
    #[track_caller]
    pub fn endpoint(&self, state: &str) {
        let endpoint = self.get("StreamingEndpoints").send().expect(200).feed()[0].clone();
        if endpoint["State"] != state {
            let action = if state == "Running" { "Start" } else { "Stop" };
            let path = format!("{}/{action}", key("StreamingEndpoints", &endpoint));
            poll(self, &self.call("POST", &path).send().expect(202));
        }
    }
}

/// Waits for the operation that an answer names.
#[track_caller]
pub fn poll(api: &Api, accepted: &Reply) {
    let id = accepted.header("operation-id");
    assert!(id.starts_with("nb:opid:UUID:"), "{accepted}");
    eventually(Duration::from_secs(30), "the operation is over", || {
        let operation = api.get(&format!("Operations('{id}')")).send().expect(200).json();
        match operation["State"].as_str() {
            Some("InProgress") => None,
            Some("Succeeded") => Some(()),
            other => panic!("{other:?}: {operation}"),
        }
    });
}

/// The URL of a blob in the container of a SAS locator, as the article has clients build it.
pub fn blob_url(locator: &Json, name: &str) -> String {
    let (base, access) = (&locator["BaseUri"], &locator["ContentAccessComponent"]);
    let text = |json: &Json| json.as_str().expect("a text").to_owned();
    format!("{}/{}{}", text(base), percent(name), text(access))
}

/// The body of a locator that starts five minutes ago.
pub fn locator(policy: &str, asset: &str, ty: i32) -> Json {
    json!({ "AccessPolicyId": policy, "AssetId": asset, "StartTime": ago(5), "Type": ty })
}

/// A time some minutes ago, to the second, as the article writes it.
pub fn ago(minutes: i64) -> String {
    let then = Timestamp::now() - SignedDuration::from_mins(minutes);
    then.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A task body with one input and one output.
pub fn task_body(input: &str, output: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><taskBody><inputAsset>{input}</inputAsset>\
         <outputAsset>{output}</outputAsset></taskBody>"
    )
}

/// The whole id of an entity.
#[track_caller]
pub fn id_of(entity: &Json) -> String {
    entity["Id"].as_str().unwrap_or_else(|| panic!("no Id: {entity}")).to_owned()
}

/// The path of an entity.
#[track_caller]
pub fn key(set: &str, entity: &Json) -> String {
    format!("{set}('{}')", percent(&id_of(entity)))
}

/// An id that nobody has.
pub fn new_id(prefix: &str) -> String {
    format!("nb:{prefix}:UUID:{}", uuid::Uuid::new_v4())
}

#[track_caller]
fn made(reply: &Reply) -> String {
    id_of(&reply.json())
}

/// Percent-encodes all but what never needs it.
pub fn percent(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// The message of an error, which must be in JSON, light or verbose as its content type says, with
/// the service's empty code.
#[track_caller]
pub fn error_message(reply: &Reply) -> String {
    let json = reply.json();
    let verbose = reply.header("content-type").contains("odata=verbose");
    let error = &json[if verbose { "error" } else { "odata.error" }];
    assert_eq!(error["code"], "", "{reply}");
    assert_eq!(error["message"]["lang"], "en-US", "{reply}");
    error["message"]["value"].as_str().unwrap_or_else(|| panic!("{reply}")).to_owned()
}

/// The value that a function or action has answered, light.
#[track_caller]
pub fn value(reply: &Reply) -> String {
    reply.json()["value"].as_str().unwrap_or_else(|| panic!("no text\n{reply}")).to_owned()
}
