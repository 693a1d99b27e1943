//! Webhooks: what jobs and tasks tell, to whom, in which order, and how surely.

use std::net::TcpListener;
use std::time::Duration;

use acceptance::{
    Api, ENCODER, Service, crypto, error_message, eventually, id_of, key, new_id, not_a_video,
    percent, task_body, video,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use crate::receiver::{Delivery, Receiver};

const OK: &str = "200 OK";

fn end_point(url: &str) -> Json {
    json!({ "Name": "hook", "EndPointType": 3, "EndPointAddress": url })
}

fn register(api: &Api, body: &Json) -> Json {
    api.post("NotificationEndPoints", body).send().expect(201).json()
}

/// A job with subscriptions, of the job and of its task.
fn job(api: &Api, asset: &str, job: Json, task: Json) -> String {
    let body = json!({
        "Name": "told",
        "InputMediaAssets": [{ "__metadata": { "uri": api.uri("Assets", asset) } }],
        "JobNotificationSubscriptions": { "results": job },
        "Tasks": [{
            "Configuration": "AAC Audio", "MediaProcessorId": ENCODER,
            "TaskBody": task_body("JobInputAsset(0)", "JobOutputAsset(0)"),
            "TaskNotificationSubscriptions": { "results": task },
        }],
    });
    id_of(&api.post("Jobs", body).verbose().send().expect(201).json()["d"])
}

fn states(deliveries: &[Delivery], event: &str) -> Vec<(String, String)> {
    let of_event = deliveries.iter().filter(|delivery| delivery.event() == event);
    of_event.map(|d| (d.property("OldState"), d.property("NewState"))).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(old, new)| ((*old).to_owned(), (*new).to_owned())).collect()
}

const COURSE: &[(&str, &str)] =
    &[("Queued", "Scheduled"), ("Scheduled", "Processing"), ("Processing", "Finished")];

#[test]
fn jobs_and_tasks_tell_how_they_get_on() {
    let service = Service::start();
    let api = &service.api;
    let (all, last) = (Receiver::start(|_| OK), Receiver::start(|_| "202 Accepted"));

    // As the .NET client registers one: a signing key, encrypted to the service's certificate.
    let thumbprint = api.get("GetProtectionKeyId?contentKeyType=2").send().expect(200).json();
    let thumbprint = thumbprint["value"].as_str().unwrap().to_owned();
    let certificate = api.get(&format!("GetProtectionKey?protectionKeyId='{thumbprint}'"));
    let certificate = certificate.send().expect(200).json()["value"].as_str().unwrap().to_owned();
    let signing_key = crypto::random(64);
    let mut signed = end_point(&all.url);
    signed["CredentialType"] = json!(1);
    signed["EncryptedEndPointCredential"] = json!(crypto::wrap(&certificate, &signing_key));
    signed["ProtectionKeyId"] = json!(thumbprint);
    signed["ProtectionKeyType"] = json!(0);
    let signed = register(api, &signed);
    assert!(signed["Id"].as_str().unwrap().starts_with("nb:nepid:UUID:"));
    let plain = register(api, &end_point(&last.url));

    let asset = api.upload("film.mp4", &video("64x64", 20)).asset;
    let job = job(
        api,
        &asset,
        json!([
            { "NotificationEndPointId": signed["Id"], "TargetJobState": 2 },
            { "NotificationEndPointId": plain["Id"], "TargetJobState": 1 },
        ]),
        json!([{
            "NotificationEndPointId": signed["Id"], "TargetTaskState": 2,
            "IncludeTaskProgress": true,
        }]),
    );
    assert_eq!(api.finish(&job), 3, "{:?}", api.tasks(&job));
    let over = |event: &'static str| {
        move |all: &[Delivery]| states(all, event).last().is_some_and(|last| last.1 == "Finished")
    };
    let told = all.wait("the job has told its end", over("JobStateChange"));
    assert_eq!(states(&told, "JobStateChange"), pairs(COURSE));
    assert_eq!(states(&told, "TaskStateChange"), pairs(COURSE));
    let last_told = last.wait("the job has told its end", over("JobStateChange"));
    assert_eq!(states(&last_told, "JobStateChange"), pairs(&COURSE[2..]));

    let account = api.get("EncodingReservedUnitTypes").send().feed()[0]["AccountId"].clone();
    let task = id_of(&api.tasks(&job)[0]);
    for delivery in &told {
        assert_eq!(delivery.request, "POST /hook?code=secret HTTP/1.1");
        let mac = crypto::hmac(&signing_key, &delivery.body);
        let mac: String = mac.iter().map(|byte| format!("{byte:02X}")).collect();
        assert_eq!(delivery.header("ms-signature"), format!("sha256={mac}"));
        assert_eq!(delivery.header("ms-mediaservices-accountid"), account.as_str().unwrap());
        assert_eq!(delivery.property("AccountId"), account.as_str().unwrap());
        assert!(delivery.header("content-type").starts_with("application/json"));
        let (body, event) = (delivery.json(), delivery.event());
        assert_eq!(body["ETag"].as_str().unwrap().len(), 64);
        let time = body["TimeStamp"].as_str().unwrap();
        assert!(time.len() == 28 && time.ends_with('Z'), "{time}");
        if event != "NotificationEndPointRegistration" {
            assert_eq!(delivery.property("JobId"), job);
            assert_eq!(delivery.property("NotificationEndPointId"), id_of(&signed));
            assert_eq!(body["MessageVersion"], "1.1");
        }
        match event.as_str() {
            "JobStateChange" => assert_eq!(delivery.property("JobName"), "told"),
            "TaskStateChange" => assert_eq!(delivery.property("TaskId"), task),
            "TaskProgress" => {
                let percent: i64 = delivery.property("lastComputedProgress").parse().unwrap();
                assert!((0..=100).contains(&percent));
            }
            "NotificationEndPointRegistration" => {
                assert_eq!(body["MessageVersion"], "1.0");
                assert_eq!(delivery.property("State"), "Registered");
                assert_eq!(delivery.property("Name"), "hook");
                assert_eq!(delivery.property("NotificationEndPointId"), id_of(&signed));
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!(told[0].event(), "NotificationEndPointRegistration");
    assert!(last_told.iter().all(|delivery| delivery.header("ms-signature").is_empty()));

    // No client can read the signing key.
    let read = api.get(&key("NotificationEndPoints", &signed)).send().expect(200);
    assert!(!read.text().contains(&STANDARD.encode(&signing_key)));
}

#[test]
fn a_failure_and_a_cancellation_are_told() {
    let api = &Service::shared().api;
    let receiver = Receiver::start(|_| OK);
    let hook = register(api, &end_point(&receiver.url));
    let subscription = || json!([{ "NotificationEndPointId": hook["Id"], "TargetJobState": "1" }]);
    let asset = api.upload("text.mp4", &not_a_video()).asset;
    let failing = job(api, &asset, subscription(), json!([]));
    let told = receiver.wait("the failure was told", |all| all.len() > 1);
    assert_eq!(
        (told[1].property("JobId"), told[1].property("NewState")),
        (failing, "Error".into())
    );

    let asset = api.upload("film.mp4", &video("640x360", 30)).asset;
    let canceled = job(api, &asset, subscription(), json!([]));
    api.get(&format!("CancelJob?jobid='{canceled}'")).send().expect(204);
    let told = receiver.wait("the cancellation was told", |all| all.len() > 2);
    assert_eq!(told[2].property("NewState"), "Canceled");
    assert_eq!(told[2].property("JobId"), canceled);
}

#[test]
fn messages_are_delivered_again_in_order_until_they_are_taken() {
    let api = &Service::shared().api;
    // Redirects are not followed: they are failures like others.
    let receiver = Receiver::start(|n| match n {
        0 => OK,
        1 => "500 Internal Server Error",
        2 => "302 Found\r\nlocation: http://127.0.0.1:1/elsewhere",
        _ => OK,
    });
    let hook = register(api, &end_point(&receiver.url));
    receiver.wait("the registration was told", |all| !all.is_empty());
    let asset = api.upload("film.mp4", &video("64x64", 1)).asset;
    let all = json!([{ "NotificationEndPointId": hook["Id"], "TargetJobState": 2 }]);
    let job = job(api, &asset, all, json!([]));
    assert_eq!(api.finish(&job), 3);
    receiver.wait("the end was told", |all| {
        all.last().is_some_and(|last| last.property("NewState") == "Finished")
    });
    let told = receiver.attempts();
    let expected = [&COURSE[..1], &COURSE[..1], COURSE].concat();
    assert_eq!(states(&told, "JobStateChange"), pairs(&expected));
    // The same message, with a pause in between that grows.
    assert_eq!((&told[1].body, &told[2].body), (&told[2].body, &told[3].body));
    assert!(told[3].at - told[2].at > Duration::from_millis(1500));
}

#[test]
fn what_could_not_be_told_before_a_crash_is_told_after_it() {
    let reserved = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", reserved.local_addr().unwrap());
    let address = reserved.local_addr().unwrap();
    drop(reserved);
    let service = Service::start();
    let hook = register(&service.api, &end_point(&url));
    let asset = service.api.upload("film.mp4", &video("64x64", 1)).asset;
    let all = json!([{ "NotificationEndPointId": hook["Id"], "TargetJobState": 2 }]);
    let job = job(&service.api, &asset, all, json!([]));
    assert_eq!(service.api.finish(&job), 3);
    let service = service.kill().start();
    let receiver = Receiver::on(TcpListener::bind(address).unwrap(), |_| OK);
    let told = receiver.wait("the end was told", |all| {
        all.last().is_some_and(|last| last.property("NewState") == "Finished")
    });
    assert_eq!(states(&told, "JobStateChange"), pairs(COURSE));
    // The last that an end point hears is that it is gone.
    let path = key("NotificationEndPoints", &hook);
    service.api.delete(&path).send().expect(204);
    service.api.get(&path).send().expect(404);
    let told = receiver.wait("the removal was told", |all| all.len() > told.len());
    let last = told.last().unwrap();
    assert_eq!(last.event(), "NotificationEndPointUnregistration");
    assert_eq!(last.property("NotificationEndPointId"), id_of(&hook));
    assert_eq!(last.property("State"), "Unregistered");
}

#[test]
fn end_points_change_their_name_and_address() {
    let api = &Service::shared().api;
    let (old, new) = (Receiver::start(|_| OK), Receiver::start(|_| OK));
    let hook = register(api, &end_point(&old.url));
    old.wait("the registration was told", |all| all.len() == 1);
    let path = key("NotificationEndPoints", &hook);
    let change = json!({ "Name": "other", "EndPointAddress": new.url });
    api.merge(&path, change).send().expect(204);
    let read = api.get(&path).send().expect(200).json();
    assert_eq!((&read["Name"], &read["EndPointAddress"]), (&json!("other"), &json!(new.url)));
    let asset = api.upload("text.mp4", &not_a_video()).asset;
    let last = json!([{ "NotificationEndPointId": hook["Id"], "TargetJobState": 1 }]);
    job(api, &asset, last, json!([]));
    new.wait("the end was told", |all| all.len() == 1);
    assert_eq!(old.deliveries().len(), 1);
    for (body, expected) in [
        (json!({ "Name": "" }), "Name"),
        (json!({ "EndPointAddress": "queue1" }), "EndPointAddress"),
        (json!({ "EndPointType": 1 }), "EndPointType"),
        (json!({ "CredentialType": 1 }), "CredentialType"),
    ] {
        let reply = api.merge(&path, body).send().expect(400);
        assert!(error_message(&reply).contains(expected), "{expected}: {reply}");
    }
}

#[test]
fn what_is_no_webhook_is_refused() {
    let api = &Service::shared().api;
    let url = "https://hook.example/path?code=x";
    let refuse = |change: Json, status: u16, expected: &str| {
        let mut body = end_point(url);
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        let reply = api.post("NotificationEndPoints", body).send().expect(status);
        assert!(error_message(&reply).contains(expected), "{expected}: {reply}");
    };
    let queue = json!({ "EndPointType": 1, "EndPointAddress": "queue1" });
    refuse(queue, 501, "AzureQueue");
    refuse(json!({ "EndPointType": "2" }), 501, "AzureTable");
    refuse(json!({ "EndPointType": 0 }), 400, "EndPointType");
    refuse(json!({ "EndPointType": 9 }), 400, "EndPointType");
    refuse(json!({ "EndPointType": null }), 400, "EndPointType");
    refuse(json!({ "Name": null }), 400, "Name");
    refuse(json!({ "Name": " " }), 400, "Name");
    for address in ["", "queue1", "ftp://hook.example/", "file:///etc/passwd", "http://", "/hook"] {
        refuse(json!({ "EndPointAddress": address }), 400, "EndPointAddress");
    }
    refuse(json!({ "EndPointAddress": format!("{url}{}", "x".repeat(3000)) }), 400, "longer");
    refuse(json!({ "CredentialType": 1 }), 400, "EncryptedEndPointCredential");
    refuse(json!({ "CredentialType": 7 }), 400, "CredentialType");
    refuse(json!({ "EncryptedEndPointCredential": "AAAA" }), 400, "CredentialType");
    let thumbprint = api.get("GetProtectionKeyId?contentKeyType=2").send().expect(200).json();
    let credential = |credential: &str, thumbprint: &Json| {
        json!({
            "CredentialType": 1, "EncryptedEndPointCredential": credential,
            "ProtectionKeyId": thumbprint,
        })
    };
    let thumbprint = &thumbprint["value"];
    refuse(credential("AAAA", thumbprint), 400, "certificate");
    refuse(credential("not base64", thumbprint), 400, "base64");
    refuse(credential("AAAA", &json!("0".repeat(40))), 400, "ProtectionKeyId");
    api.delete("NotificationEndPoints('notAValidId')").send().expect(400);
    let unknown = format!("NotificationEndPoints('{}')", percent(&new_id("nepid")));
    api.merge(&unknown, json!({ "Name": "x" })).send().expect(404);
}

#[test]
fn subscriptions_that_nobody_could_hear_are_refused() {
    let api = &Service::shared().api;
    let receiver = Receiver::start(|_| OK);
    let hook = register(api, &end_point(&receiver.url));
    let asset = api.upload("a.mp4", b"x").asset;
    let refuse = |job: Json, task: Json, status: u16, expected: &str| {
        let body = json!({
            "Name": "refused",
            "InputMediaAssets": [{ "__metadata": { "uri": api.uri("Assets", &asset) } }],
            "JobNotificationSubscriptions": { "results": job },
            "Tasks": [{
                "Configuration": "AAC Audio", "MediaProcessorId": ENCODER,
                "TaskBody": task_body("JobInputAsset(0)", "JobOutputAsset(0)"),
                "TaskNotificationSubscriptions": { "results": task },
            }],
        });
        let reply = api.post("Jobs", body).verbose().send().expect(status);
        assert!(error_message(&reply).contains(expected), "{expected}: {reply}");
    };
    let of_job =
        |id: &Json, state: i32| json!([{ "NotificationEndPointId": id, "TargetJobState": state }]);
    let of_task =
        |id: &Json, state: i32| json!([{ "NotificationEndPointId": id, "TargetTaskState": state }]);
    let many = json!(vec![of_job(&hook["Id"], 2)[0].clone(); 101]);
    refuse(many, json!([]), 400, "100 elements");
    let (id, unknown) = (&hook["Id"], json!(new_id("nepid")));
    let none = || json!([]);
    refuse(of_job(id, 0), none(), 400, "JobNotificationSubscription.TargetJobState must not be 0");
    refuse(of_job(id, 3), none(), 400, "TargetJobState");
    refuse(of_job(&unknown, 2), none(), 404, "NotificationEndPoint");
    refuse(of_job(&json!("notAValidId"), 2), none(), 400, "id");
    refuse(
        none(),
        of_task(id, 0),
        400,
        "TaskNotificationSubscription.TargetTaskState must not be 0",
    );
    refuse(none(), of_task(&unknown, 1), 404, "NotificationEndPoint");
    assert!(api.get("Jobs?$filter=Name eq 'refused'").send().expect(200).feed().is_empty());
}

#[test]
fn a_service_can_be_told_to_deliver_to_the_public_only() {
    let service = Service::start_with(&["--x264-preset", "ultrafast", "--public-webhooks"]);
    let api = &service.api;
    for (address, expected) in [
        ("http://hook.example/", "https"),
        ("https://127.0.0.1/", "public"),
        ("https://[::1]:8080/", "public"),
        ("https://169.254.169.254/latest", "public"),
        ("https://2130706433/", "public"),
    ] {
        let reply = api.post("NotificationEndPoints", end_point(address)).send().expect(400);
        assert!(error_message(&reply).contains(expected), "{expected}: {reply}");
    }
    // A name that leads into the network is found out when it is resolved.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let receiver = Receiver::on(listener, |_| OK);
    register(api, &end_point(&format!("https://localhost:{port}/")));
    let log = service.data().with_file_name("log");
    eventually(Duration::from_secs(30), "the delivery has failed", || {
        let log = std::fs::read_to_string(&log).unwrap();
        log.contains("not notified").then_some(())
    });
    assert!(receiver.deliveries().is_empty());
}
