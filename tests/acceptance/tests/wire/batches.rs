//! `$batch`: what clients send, and what is made of it.

use acceptance::task_body;
use acceptance::{BatchPart, ENCODER, Reply, Service, batch_parts, id_of, key, new_id, percent};
use serde_json::{Value as Json, json};

/// A request as a part of a batch, with bare line feeds.
pub(crate) fn part(method: &str, url: &str, id: &str, body: &str) -> String {
    let content_type =
        if body.is_empty() { "" } else { "Content-Type: application/json;odata=verbose\n" };
    format!(
        "Content-Type: application/http\nContent-Transfer-Encoding: binary\n\n\
         {method} {url} HTTP/1.1\nContent-ID: {id}\n{content_type}Accept: application/json\n\
         DataServiceVersion: 1.0\nMaxDataServiceVersion: 3.0\n\n{body}\n"
    )
}

/// A batch of one change set.
pub(crate) fn change_set(parts: &[String]) -> String {
    let parts: String = parts.iter().map(|part| format!("--changeset_1\n{part}")).collect();
    format!(
        "--batch_1\nContent-Type: multipart/mixed; boundary=changeset_1\n\n{parts}\
         --changeset_1--\n--batch_1--\n"
    )
}

/// Sends a batch whose boundary is `batch_1`.
#[track_caller]
pub(crate) fn send(service: &Service, body: &str) -> Reply {
    let call = service.api.call("POST", "$batch").header("accept", "multipart/mixed");
    call.header("content-type", "multipart/mixed; boundary=batch_1").body(body).send()
}

/// The answers of a batch.
#[track_caller]
pub(crate) fn answers(service: &Service, body: &str) -> Vec<BatchPart> {
    batch_parts(&send(service, body).expect(202).expect_header("dataserviceversion", "1.0;"))
}

/// The body of a job without tasks.
pub(crate) fn job(service: &Service, asset: &str, name: &str) -> String {
    let link = service.api.uri("Assets", asset);
    json!({ "Name": name, "InputMediaAssets": [{ "__metadata": { "uri": link } }] }).to_string()
}

/// The body of a task.
pub(crate) fn task(input: &str, output: usize) -> String {
    json!({
        "Configuration": "H264 Multiple Bitrate 720p",
        "MediaProcessorId": ENCODER,
        "TaskBody": task_body(input, &format!("JobOutputAsset({output})")),
    })
    .to_string()
}

fn count(service: &Service, set: &str) -> u64 {
    let reply = service.api.get(&format!("{set}/$count")).header("accept", "*/*").send();
    reply.expect(200).text().parse().unwrap()
}

#[test]
fn a_job_and_its_tasks_in_every_way_to_say_so() {
    let service = Service::shared();
    let asset = service.api.upload("batch.mp4", b"not a video").asset;
    let job = job(service, &asset, "batch");
    for (jobs, tasks) in [
        ("https://media.windows.net/api/Jobs", "https://media.windows.net/api/$1/Tasks"),
        ("http://host/api//Jobs", "http://host/api//$1/Tasks"),
        ("/api/Jobs", "/api/$1/Tasks"),
        ("/API/Jobs()", "/API/%241/Tasks()"),
        ("Jobs", "$1/Tasks"),
        ("https://media.windows.net/Jobs", "/$1/Tasks"),
    ] {
        let answers = answers(
            service,
            &change_set(&[
                part("POST", jobs, "1", &job),
                part("POST", tasks, "2", &task("JobInputAsset(0)", 0)),
                part("POST", tasks, "3", &task("JobOutputAsset(0)", 1)),
            ]),
        );
        let [made, first, second] = answers.as_slice() else { panic!("{answers:?}") };
        for (answer, id) in answers.iter().zip(["1", "2", "3"]) {
            assert_eq!((answer.status, answer.header("content-id")), (201, id), "{jobs}");
            assert_eq!(answer.header("dataserviceversion"), "3.0;");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert!(answer.within.starts_with("changesetresponse_"), "{answer:?}");
        }
        let id = id_of(&made.json());
        let location = format!("{}Jobs('{}')", service.info.api, percent(&id));
        assert_eq!(made.header("location"), location);
        assert_eq!(made.json()["Created"], "0001-01-01T00:00:00", "{made:?}");
        let tasks = service.api.tasks(&id);
        assert_eq!(
            tasks.iter().map(id_of).collect::<Vec<_>>(),
            [id_of(&first.json()), id_of(&second.json())]
        );
        assert!(first.header("location").ends_with(&key("Tasks", &tasks[0])), "{first:?}");
        let outputs = service.api.outputs(&id);
        assert_eq!(outputs.len(), 2);
        let stored = service.api.get(&key("Jobs", &made.json())).send().expect(200).json();
        assert!(stored["Created"].as_str().unwrap().starts_with("20"), "{stored}");
    }
}

#[test]
fn references_lead_to_what_was_made() {
    let service = Service::shared();
    let file = |name: &str| json!({ "Name": name }).to_string();
    let answers = answers(
        service,
        &change_set(&[
            part("POST", "Assets", "a", r#"{"Name":"referenced"}"#),
            part("POST", "$a/Files", "f", &file("one.mp4")),
            part("MERGE", "$f", "m", r#"{"IsPrimary":"true"}"#),
            part("POST", "AccessPolicies", "p", r#"{"Name":"p","DurationInMinutes":1}"#),
            part(
                "POST",
                "Locators",
                "l",
                r#"{"Type":1,"Asset":{"__metadata":{"uri":"$a"}},
                    "AccessPolicy":{"__metadata":{"uri":"http://host/api/$p"}}}"#,
            ),
            part("DELETE", "$l", "d", ""),
        ]),
    );
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [201, 201, 204, 201, 201, 204], "{answers:?}");
    let (asset, locator) = (answers[0].json(), answers[4].json());
    assert_eq!(locator["AssetId"], asset["Id"]);
    assert_eq!(locator["AccessPolicyId"], answers[3].json()["Id"]);
    let files = service.api.get(&format!("{}/Files", key("Assets", &asset))).send().feed();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0]["IsPrimary"], true);
    service.api.get(&key("Locators", &locator)).send().expect(404);
}

#[test]
fn a_change_set_that_fails_leaves_nothing() {
    let service = &Service::start();
    let asset = service.api.upload("fails.mp4", b"not a video").asset;
    let before = ["Assets", "Jobs", "Tasks", "AccessPolicies"].map(|set| count(service, set));
    let (job, good) = (job(service, &asset, "fails"), task("JobInputAsset(0)", 0));
    let asset = |id| part("POST", "Assets", id, r#"{"Name":"x"}"#);
    let bad_task = task("JobInputAsset(7)", 1);
    let unknown = json!({ "Nope": 1 }).to_string();
    for (parts, blamed, status) in [
        (vec![asset("1"), part("POST", "Assets", "2", &unknown)], "2", 400),
        (vec![asset("1"), part("POST", "Nothing", "2", "{}")], "2", 404),
        (vec![asset("1"), part("DELETE", &missing(), "2", "")], "2", 404),
        (vec![asset("1"), part("POST", "AccessPolicies", "2", "{}")], "2", 500),
        (vec![asset("1"), part("POST", "$7/Tasks", "2", &good)], "2", 404),
        (vec![asset("1"), asset("1")], "1", 400),
        (vec![asset("1"), part("GET", "Assets", "2", "")], "2", 400),
        (vec![asset("1"), part("POST", "$batch", "2", "{}")], "2", 400),
        (vec![asset("1"), part("POST", "Assets('x')", "2", "{}")], "2", 400),
        (vec![asset("1"), part("POST", "Jobs", "2", &job)], "2", 400),
        (vec![asset("1"), part("POST", "Tasks", "2", &good)], "2", 405),
        (vec![part("POST", "$2/Tasks", "1", &good), part("POST", "Jobs", "2", &job)], "1", 404),
        (vec![part("POST", "Jobs", "1", &job), part("POST", "$1/Tasks", "2", "{")], "2", 400),
        (vec![part("POST", "Jobs", "1", &job), part("POST", "$1/Tasks", "2", &unknown)], "2", 400),
        (
            vec![
                part("POST", "Jobs", "1", &job),
                part("POST", "$1/Tasks", "2", &good),
                part("POST", "$1/Tasks", "3", &bad_task),
            ],
            "1",
            400,
        ),
        (
            vec![
                part("POST", "Jobs", "1", &job),
                part("POST", "$1/Tasks", "2", &good),
                part("POST", "Assets", "3", r#"{"Options":3}"#),
            ],
            "3",
            400,
        ),
    ] {
        let body = change_set(&parts);
        let answers = answers(service, &body);
        let [answer] = answers.as_slice() else { panic!("one answer: {answers:?}\n{body}") };
        assert_eq!((answer.status, answer.header("content-id")), (status, blamed), "{body}");
        let error = &answer.json()["odata.error"]["message"]["value"];
        assert!(error.as_str().is_some_and(|message| message.len() > 10), "{answer:?}");
        assert!(answer.within.starts_with("changesetresponse_"), "{answer:?}");
    }
    let after = ["Assets", "Jobs", "Tasks", "AccessPolicies"].map(|set| count(service, set));
    assert_eq!(before, after);
}

fn missing() -> String {
    format!("Assets('{}')", percent(&new_id("cid")))
}

#[test]
fn others_wait_for_a_change_set() {
    let service = Service::shared();
    let parts: Vec<_> =
        (1..=40).map(|id| part("POST", "Assets", &id.to_string(), r#"{"Name":"many"}"#)).collect();
    let body = change_set(&parts);
    std::thread::scope(|scope| {
        let batches: Vec<_> = (0..4).map(|_| scope.spawn(|| answers(service, &body))).collect();
        let singles: Vec<_> =
            (0..20).map(|_| scope.spawn(|| service.api.asset("single"))).collect();
        for batch in batches {
            let answers = batch.join().unwrap();
            assert_eq!(answers.len(), 40);
            assert!(answers.iter().all(|answer| answer.status == 201), "{answers:?}");
        }
        for single in singles {
            assert!(single.join().unwrap().starts_with("nb:cid"));
        }
    });
}

#[test]
fn requests_outside_of_change_sets_stand_alone() {
    let service = Service::shared();
    let asset = service.api.asset("alone");
    let path = format!("http://host/api/Assets('{}')", percent(&asset));
    let part =
        |method: &str, url: &str, body: &str| format!("--batch_1\n{}", part(method, url, "", body));
    let body = [
        part("GET", &path, ""),
        part("GET", &format!("{path}/$value"), ""),
        part("GET", "Assets?$filter=Name%20eq%20'alone'&$top=1", ""),
        part("GET", "Nothing", ""),
        part("GET", "Assets('x')", ""),
        part("POST", "Assets", r#"{"Name":"posted"}"#),
        part("MERGE", &path, r#"{"Name":"merged"}"#),
        part("GET", &path, ""),
        part("DELETE", &path, ""),
        part("BREW", &path, ""),
    ];
    let answers = answers(service, &format!("{}--batch_1--", body.concat()));
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 404, 200, 404, 400, 201, 204, 200, 204, 404], "{answers:?}");
    assert!(answers.iter().all(|answer| answer.within.starts_with("batchresponse_")));
    assert_eq!(answers[0].json()["Name"], "alone");
    assert_eq!(answers[2].json()["value"].as_array().map(Vec::len), Some(1));
    assert_eq!(answers[7].json()["Name"], "merged");
    let error: Json = answers[3].json();
    let message = "Resource not found for the segment 'Nothing'.";
    assert_eq!(error["odata.error"]["message"]["value"], message);
}

#[test]
fn a_version_may_be_said_once() {
    let service = Service::shared();
    let body = change_set(&[part("POST", "Assets", "1", "{}")]);
    let call = service.api.call("POST", "$batch?api-version=2.11").without("x-ms-version");
    let call = call.header("content-type", "multipart/mixed; boundary=batch_1").body(body);
    assert_eq!(batch_parts(&call.send())[0].status, 201);
}
