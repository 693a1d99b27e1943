//! The same entities in a batch.

use acceptance::{Api, BatchPart, ENCODER, Service, batch_parts, id_of, key, new_id, percent};
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
