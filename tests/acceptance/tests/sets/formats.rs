//! The same entities in a batch, and in Atom as the .NET client writes it.

use acceptance::{
    Api, BatchPart, ENCODER, Reply, Service, batch_parts, error_message, id_of, key, new_id,
    percent,
};
use serde_json::{Value as Json, json};

/// Posts a job template, and its task templates by reference, in one change set.
fn post_in_batch(api: &Api, template: &Json, tasks: &[Json]) -> Vec<BatchPart> {
    let part = |number: usize, path: &str, body: &Json| {
        format!(
            "--changeset_1\nContent-Type: application/http\nContent-Transfer-Encoding: binary\n\n\
             POST https://media.windows.net/api/{path} HTTP/1.1\nContent-ID: {number}\n\
             Content-Type: application/json;odata=verbose\n\
             Accept: application/json;odata=verbose\nDataServiceVersion: 3.0\n\n{body}\n"
        )
    };
    let parts: String = tasks
        .iter()
        .enumerate()
        .map(|(number, task)| part(number + 2, "$1/TaskTemplates", task))
        .collect();
    let body = format!(
        "--batch_1\nContent-Type: multipart/mixed; boundary=changeset_1\n\n{}{parts}\
         --changeset_1--\n--batch_1--\n",
        part(1, "JobTemplates", template)
    );
    let call = api.call("POST", "$batch").header("accept", "multipart/mixed").body(body);
    batch_parts(&call.header("content-type", "multipart/mixed; boundary=batch_1").send())
}

#[test]
fn task_templates_come_in_a_batch() {
    let api = &Service::shared().api;
    let ids = [new_id("ttid"), new_id("ttid")];
    let bodies: String = ids
        .iter()
        .enumerate()
        .map(|(n, id)| {
            format!(
                "<taskBody taskTemplateId=\"{id}\"><inputAsset>JobInputAsset(0)</inputAsset>\
                 <outputAsset>JobOutputAsset({n})</outputAsset></taskBody>"
            )
        })
        .collect();
    let template = json!({
        "Name": "in a batch", "TemplateType": 1,
        "JobTemplateBody": format!("<jobTemplate>{bodies}</jobTemplate>"),
    });
    let tasks: Vec<_> = ids
        .iter()
        .map(|id| {
            json!({
                "Id": id, "Configuration": "AAC Audio", "MediaProcessorId": ENCODER,
                "NumberofInputAssets": 1, "NumberofOutputAssets": 1,
            })
        })
        .collect();
    // One is missing: all is refused, and none is made.
    let parts = post_in_batch(api, &template, &tasks[..1]);
    assert_eq!(parts.iter().map(|part| part.status).collect::<Vec<_>>(), [400]);
    assert!(parts[0].body.contains("JobTemplateBody"), "{parts:?}");
    api.get(&format!("TaskTemplates('{}')", percent(&ids[0]))).send().expect(404);

    let parts = post_in_batch(api, &template, &tasks);
    assert_eq!(parts.iter().map(|part| part.status).collect::<Vec<_>>(), [201; 3], "{parts:?}");
    for (part, id) in parts[1..].iter().zip(&ids) {
        assert_eq!(part.json()["d"]["Id"], json!(id));
        assert!(part.header("location").ends_with(&format!("TaskTemplates('{}')", percent(id))));
    }
    let path = key("JobTemplates", &parts[0].json()["d"]);
    let linked = api.get(&format!("{path}/TaskTemplates")).send().expect(200).feed();
    let linked: Vec<_> = linked.iter().map(id_of).collect();
    assert!(linked.len() == 2 && ids.iter().all(|id| linked.contains(id)), "{linked:?}");
}

const ATOM: &str = "application/atom+xml";

fn post_atom(api: &Api, set: &str, links: &str, properties: &str) -> Reply {
    let entry = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
         <entry xmlns=\"http://www.w3.org/2005/Atom\" \
         xmlns:d=\"http://schemas.microsoft.com/ado/2007/08/dataservices\" \
         xmlns:m=\"http://schemas.microsoft.com/ado/2007/08/dataservices/metadata\">\
         {links}<id /><title /><updated>2026-11-26T00:00:00Z</updated><author><name /></author>\
         <content type=\"application/xml\"><m:properties>{properties}</m:properties></content></entry>"
    );
    let call = api.call("POST", set).header("accept", "application/atom+xml,application/xml");
    call.header("content-type", ATOM).header("dataserviceversion", "3.0;NetFx").body(entry).send()
}

/// The text of a property of an entry.
fn property(reply: &Reply, name: &str) -> String {
    let elements = acceptance::elements(reply.text());
    elements.iter().find(|element| element.name == name).unwrap().text.clone()
}

const UNSET: &str = "<d:Created m:type=\"Edm.DateTime\">0001-01-01T00:00:00</d:Created>\
    <d:LastModified m:type=\"Edm.DateTime\">0001-01-01T00:00:00</d:LastModified>";

#[test]
fn bulk_uploads_and_end_points_come_in_atom() {
    let api = &Service::shared().api;
    let asset = api.asset("atom");
    let properties = format!(
        "<d:BlobStorageUriForUpload m:null=\"true\" /><d:Id></d:Id><d:Name>from atom</d:Name>{UNSET}\
         <d:State m:type=\"Edm.Int32\">0</d:State><d:StorageAccountName m:null=\"true\" />\
         <d:Statistics m:null=\"true\" />"
    );
    let manifest = post_atom(api, "IngestManifests", "", &properties).expect(201);
    let manifest_id = property(&manifest, "Id");
    assert!(property(&manifest, "BlobStorageUriForUpload").contains("sig="));
    assert_eq!(property(&manifest, "PendingFilesCount"), "0");

    let link = |path: &str| {
        format!(
            "<link rel=\"http://schemas.microsoft.com/ado/2007/08/dataservices/related/Asset\" \
             type=\"application/atom+xml;type=entry\" title=\"Asset\" href=\"{path}\" />"
        )
    };
    let properties = format!(
        "<d:Id m:null=\"true\" />{UNSET}\
         <d:ParentIngestManifestId>{manifest_id}</d:ParentIngestManifestId>"
    );
    let set = "IngestManifestAssets";
    let made = post_atom(api, set, &link(&api.uri("Assets", &asset)), &properties).expect(201);
    let path = format!("{set}('{}')/Asset", percent(&property(&made, "Id")));
    assert_eq!(api.get(&path).send().expect(200).json()["Id"], json!(asset));
    post_atom(api, set, &link(&api.uri("Jobs", &new_id("jid"))), &properties).expect(400);
    post_atom(api, set, &link(&api.uri("Assets", &new_id("cid"))), &properties).expect(404);
    post_atom(api, set, "", &properties).expect(400);

    let queue = "<d:Name>hook</d:Name><d:EndPointAddress>queue1</d:EndPointAddress>\
        <d:EndPointType m:type=\"Edm.Int32\">1</d:EndPointType>";
    let refused = post_atom(api, "NotificationEndPoints", "", queue).expect(501);
    assert!(property(&refused, "message").contains("AzureQueue"), "{refused}");
}

#[test]
fn units_are_set_with_names_that_are_not_quoted() {
    let service = Service::start();
    let api = &service.api;
    let row = api.get("EncodingReservedUnitTypes").send().expect(200).feed()[0].clone();
    let id = row["AccountId"].as_str().unwrap();
    let path = format!("EncodingReservedUnitTypes(guid'{id}')");
    api.call("PUT", &path).json("{CurrentReservedUnits:1}").send().expect(204);
    let reply = api.call("PUT", &path).json("{CurrentReservedUnits:99}").send().expect(400);
    assert!(error_message(&reply).contains("only reserve up to 25"), "{reply}");
    let read = api.get(&path).verbose().send().expect(200).json();
    assert_eq!(read["d"]["CurrentReservedUnits"], 1);
}
