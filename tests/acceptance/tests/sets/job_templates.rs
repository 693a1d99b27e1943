//! Job templates: what they must be like, and the jobs that are made from them.

use acceptance::{ENCODER, Service, error_message, id_of, key, new_id, video};
use serde_json::{Value as Json, json};

fn task(template: &str, input: &str, output: &str) -> String {
    format!(
        "<taskBody taskTemplateId=\"{template}\"><inputAsset>{input}</inputAsset>\
         <outputAsset assetName=\"from {template}\">{output}</outputAsset></taskBody>"
    )
}

fn body(tasks: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"utf-16\"?><jobTemplate>{tasks}</jobTemplate>")
}

fn task_template(id: &str, preset: &str) -> Json {
    json!({
        "Id": id, "Name": format!("task {preset}"), "Configuration": preset,
        "MediaProcessorId": ENCODER, "NumberofInputAssets": 1, "NumberofOutputAssets": 1,
    })
}

/// A template of two tasks, the second of which works on what the first has made.
fn chained() -> (Json, [String; 2]) {
    let ids = [new_id("ttid"), new_id("ttid")];
    let tasks = [
        task(&ids[0], "JobInputAsset(0)", "JobOutputAsset(0)"),
        task(&ids[1], "JobOutputAsset(0)", "JobOutputAsset(1)"),
    ];
    let template = json!({
        "Name": "chained", "TemplateType": 1, "JobTemplateBody": body(&tasks.concat()),
        // In another order than in the body, which is the one that counts.
        "TaskTemplates": [task_template(&ids[1], "AAC Audio"), task_template(&ids[0], "AAC Audio")],
    });
    (template, ids)
}

#[test]
fn a_job_from_a_template_runs_its_tasks() {
    let service = Service::shared();
    let api = &service.api;
    let (template, ids) = chained();
    let reply = api.post("JobTemplates", template).verbose().send().expect(201);
    let template = reply.json()["d"].clone();
    assert_eq!(
        (&template["NumberofInputAssets"], &template["TemplateType"]),
        (&json!(1), &json!(1))
    );
    let path = key("JobTemplates", &template);
    let tasks = api.get(&format!("{path}/TaskTemplates")).send().expect(200).feed();
    assert_eq!(tasks.len(), 2);
    assert!(tasks.iter().all(|task| task["Created"].is_string()));

    let upload = api.upload("film.mp4", &video("128x72", 1));
    let job = json!({
        "Name": "from template", "TemplateId": id_of(&template),
        "InputMediaAssets": [{ "__metadata": { "uri": api.uri("Assets", &upload.asset) } }],
    });
    let job = api.post("Jobs", job).verbose().send().expect(201).json()["d"].clone();
    assert_eq!(job["TemplateId"], template["Id"]);
    let outputs = api.outputs(&id_of(&job));
    let names: Vec<_> = outputs.iter().map(|asset| asset["Name"].as_str().unwrap()).collect();
    assert_eq!(names, [format!("from {}", ids[0]), format!("from {}", ids[1])]);
    assert_eq!(api.finish(&id_of(&job)), 3, "{:?}", api.tasks(&id_of(&job)));
    let tasks = api.tasks(&id_of(&job));
    assert_eq!(tasks.len(), 2);
    assert!(tasks.iter().all(|task| task["Name"] == "task AAC Audio" && task["State"] == 3));
    for output in &outputs {
        let files = api.get(&format!("{}/Files", key("Assets", output))).send().expect(200).feed();
        assert!(files.iter().any(|file| file["Name"].as_str().unwrap().ends_with(".mp4")));
    }

    // The template goes with its tasks; the job that was made from it stays.
    api.delete(&path).send().expect(204);
    api.get(&path).send().expect(404);
    for id in &ids {
        let path = format!("TaskTemplates('{}')", acceptance::percent(id));
        api.get(&path).send().expect(404);
    }
    assert_eq!(api.state(&id_of(&job)), 3);
}

#[test]
fn the_documented_sample_leaves_the_type_out() {
    let api = &Service::shared().api;
    let id = new_id("ttid");
    let template = json!({
        "Name": "NewJobTemplate25",
        "JobTemplateBody": body(&task(&id, "JobInputAsset(0)", "JobOutputAsset(0)")),
        "TaskTemplates": [task_template(&id, "Adaptive Streaming")],
    });
    for body in [template.clone(), template] {
        let first = body["TaskTemplates"][0]["Id"].clone();
        let reply = api.post("JobTemplates", body).send();
        match reply.status {
            201 => assert_eq!(reply.json()["TemplateType"], 1),
            // The second time, the id of the task template is taken.
            409 => assert!(error_message(&reply).contains(first.as_str().unwrap()), "{reply}"),
            _ => panic!("{reply}"),
        }
    }
    api.get(&format!("TaskTemplates('{}')", acceptance::percent(&id))).send().expect(200);
}

#[test]
fn templates_that_do_not_fit_their_body_are_refused() {
    let api = &Service::shared().api;
    let refuse = |change: &dyn Fn(&mut Json), status: u16, expected: &str| {
        let (mut template, ids) = chained();
        change(&mut template);
        let reply = api.post("JobTemplates", &template).send().expect(status);
        assert!(error_message(&reply).contains(expected), "{expected}: {reply}");
        // Nothing is half-created.
        let path = format!("TaskTemplates('{}')", acceptance::percent(&ids[0]));
        api.get(&path).send().expect(404);
    };
    let one = new_id("ttid");
    let single = body(&task(&one, "JobInputAsset(0)", "JobOutputAsset(0)"));
    refuse(&|t| t["TemplateType"] = json!(0), 403, "TemplateType");
    refuse(&|t| t["TemplateType"] = json!(7), 400, "TemplateType");
    refuse(&|t| t["JobTemplateBody"] = json!(single), 400, "not the Id of one");
    refuse(&|t| t["JobTemplateBody"] = Json::Null, 400, "JobTemplateBody");
    refuse(&|t| t["JobTemplateBody"] = json!("<jobTemplate/>"), 400, "taskBody");
    refuse(&|t| t["JobTemplateBody"] = json!("<jobTemplate>"), 400, "cut short");
    let external =
        "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><jobTemplate>&e;</jobTemplate>";
    refuse(&|t| t["JobTemplateBody"] = json!(external), 400, "document type");
    refuse(&|t| t["TaskTemplates"] = json!([]), 400, "TaskTemplates");
    refuse(
        &|t| t["TaskTemplates"][1]["NumberofInputAssets"] = json!(2),
        400,
        "NumberofInputAssets",
    );
    refuse(&|t| t["TaskTemplates"][0]["NumberofOutputAssets"] = Json::Null, 400, "Numberof");
    refuse(&|t| t["TaskTemplates"][1]["Id"] = t["TaskTemplates"][0]["Id"].clone(), 400, "Id");
    refuse(&|t| t["TaskTemplates"][0]["Id"] = json!("nb:ttid:UUID:x"), 400, "id");
    refuse(
        &|t| t["TaskTemplates"][1].as_object_mut().unwrap().remove("Id").map(drop).unwrap(),
        400,
        "Id",
    );
    refuse(
        &|t| t["TaskTemplates"][1]["MediaProcessorId"] = json!(new_id("mpid")),
        400,
        "processor",
    );
    refuse(&|t| t["Nope"] = json!(1), 400, "Nope");
    let cycle = |t: &mut Json| {
        let body = t["JobTemplateBody"].as_str().unwrap();
        t["JobTemplateBody"] = json!(body.replace("JobInputAsset(0)", "JobOutputAsset(1)"));
    };
    refuse(&cycle, 400, "cycle");
    let twice = |t: &mut Json| {
        let body = t["JobTemplateBody"].as_str().unwrap();
        let ids: Vec<_> =
            [1, 0].iter().map(|n| t["TaskTemplates"][*n]["Id"].as_str().unwrap()).collect();
        t["JobTemplateBody"] = json!(body.replace(ids[1], ids[0]));
    };
    refuse(&twice, 400, "two taskBody");

    let (template, _) = chained();
    let template = api.post("JobTemplates", template).send().expect(201).json();
    let path = key("JobTemplates", &template);
    api.merge(&path, json!({ "Name": "other" })).send().expect(405);
    api.post("TaskTemplates", task_template(&one, "AAC Audio")).send().expect(405);
    api.delete("JobTemplates('notAValidId')").send().expect(400);
    api.delete(&format!("JobTemplates('{}')", acceptance::percent(&new_id("jtid"))))
        .send()
        .expect(404);
}

#[test]
fn jobs_that_do_not_fit_their_template_are_refused() {
    let api = &Service::shared().api;
    let (template, _) = chained();
    let template = id_of(&api.post("JobTemplates", template).send().expect(201).json());
    let asset = api.upload("a.mp4", b"x").asset;
    let job = |template: &str, inputs: usize| {
        let uri = json!({ "__metadata": { "uri": api.uri("Assets", &asset) } });
        json!({ "Name": "x", "TemplateId": template, "InputMediaAssets": vec![uri; inputs] })
    };
    let refuse = |job: Json, status: u16| {
        error_message(&api.post("Jobs", job).verbose().send().expect(status))
    };
    assert!(refuse(job(&template, 2), 400).contains("takes 1"));
    assert!(refuse(job(&new_id("jtid"), 1), 404).contains("JobTemplate"));
    assert!(refuse(job("notAValidId", 1), 400).contains("TemplateId"));
    let mut both = job(&template, 1);
    both["Tasks"] = json!([{
        "Configuration": "AAC Audio", "MediaProcessorId": ENCODER,
        "TaskBody": acceptance::task_body("JobInputAsset(0)", "JobOutputAsset(0)"),
    }]);
    assert!(refuse(both, 400).contains("either"));
}
