//! Processor, job, State, CancelJob, output asset and its files.

use std::time::Duration;

use acceptance::{Api, ENCODER, Service, decode, eventually, id_of, key, percent};
use serde_json::{Value as Json, json};

use super::answers::{VERBOSE, is_time, light, verbose};

pub(super) fn find_processor(api: &Api) -> String {
    let path = "MediaProcessors()?$filter=Name%20eq%20'Media%20Encoder%20Standard'";
    let found = light(api.get(path).send(), 200);
    let expected = json!([{
        "Id": ENCODER, "Description": "Media Encoder Standard", "Name": "Media Encoder Standard",
        "Sku": "", "Vendor": "Microsoft", "Version": "1.1",
    }]);
    assert_eq!(found["value"], expected);
    let none = light(api.get("MediaProcessors()?$filter=Name%20eq%20'Nobody'").send(), 200);
    assert_eq!(none["value"], json!([]));
    ENCODER.to_owned()
}

pub(super) fn create_job(service: &Service, asset: &Json, processor: &str) -> Json {
    let api = &service.api;
    let input = format!("{}Assets('{}')", service.info.api, percent(&id_of(asset)));
    let body = json!({
        "Name": "NewTestJob",
        "InputMediaAssets": [{ "__metadata": { "uri": input } }],
        "Tasks": [{
            "Configuration": "Adaptive Streaming",
            "MediaProcessorId": processor,
            "TaskBody": "<?xml version=\"1.0\" encoding=\"utf-8\"?><taskBody><inputAsset>\
                JobInputAsset(0)</inputAsset><outputAsset>JobOutputAsset(0)</outputAsset>\
                </taskBody>",
        }],
    });
    let call = api.post("Jobs", body).verbose().header("dataserviceversion", "1.0;NetFx");
    let reply = call.header("maxdataserviceversion", "3.0;NetFx").send();
    let location = reply.header("location").to_owned();
    let text = reply.text().to_owned();
    let job = verbose(reply, 201, "3.0;");
    let uri = format!("{}{}", service.info.api, key("Jobs", &job));
    assert_eq!(location, uri);
    assert_eq!(job["__metadata"]["uri"], uri);
    assert_eq!(job["__metadata"]["type"], "Microsoft.Cloud.Media.Vod.Rest.Data.Models.Job");
    for navigation in ["Tasks", "OutputMediaAssets", "InputMediaAssets"] {
        assert_eq!(job[navigation]["__deferred"]["uri"], format!("{uri}/{navigation}"));
    }
    assert!(id_of(&job).starts_with("nb:jid:UUID:"));
    assert!(is_time(&job["Created"], 7..=7, "Z"), "{job}");
    assert!(
        text.contains(r#""Priority":0,"RunningDuration":0,"StartTime":null,"State":0"#),
        "{text}"
    );
    let subscriptions = &job["JobNotificationSubscriptions"];
    assert_eq!(
        subscriptions["__metadata"]["type"],
        "Collection(Microsoft.Cloud.Media.Vod.Rest.Data.Models.JobNotificationSubscription)"
    );
    assert_eq!(subscriptions["results"], json!([]));
    job
}

pub(super) fn wait(api: &Api, job: &Json) {
    let path = format!("{}/State", key("Jobs", job));
    let mut seen = vec![0];
    eventually(Duration::from_secs(120), "the job is over", || {
        let reply = api.get(&path).verbose().send();
        assert_eq!(reply.text().len(), r#"{"d":{"State":2}}"#.len(), "{reply}");
        let state = verbose(reply, 200, "1.0;")["State"].as_i64().unwrap();
        if seen.last() != Some(&state) {
            seen.push(state);
        }
        (state > 2).then_some(())
    });
    assert_eq!(seen.last(), Some(&3), "{seen:?}: {:?}", api.tasks(&id_of(job)));
    assert!(seen.is_sorted(), "{seen:?}");
    let state = light(api.get(&path).send(), 200);
    assert!(state["odata.metadata"].as_str().unwrap().ends_with("$metadata#Edm.Int32"));
    assert_eq!(state["value"], 3);
    let over = light(api.get(&key("Jobs", job)).send(), 200);
    assert!(is_time(&over["StartTime"], 0..=3, ""), "{over}");
    assert!(is_time(&over["EndTime"], 0..=3, ""), "{over}");
    assert!(over["RunningDuration"].as_f64().unwrap() > 0.0, "{over}");
    let [task] = api.tasks(&id_of(job)).try_into().unwrap();
    assert_eq!(task["Progress"], 100.0);
    assert_eq!(task["ErrorDetails"], json!([]));
    let id = percent(&id_of(job)).replace("%3A", "%3a");
    let cancel = api.get(&format!("CancelJob?jobid='{id}'")).verbose().send();
    cancel.expect(400).expect_header("content-type", VERBOSE);
}

pub(super) fn output_asset(service: &Service, job: &Json) -> Json {
    let path = format!("{}/OutputMediaAssets()", key("Jobs", job));
    let outputs = light(service.api.get(&path).send(), 200);
    assert_eq!(outputs["odata.metadata"], format!("{}$metadata#Assets", service.info.api));
    let [output] = outputs["value"].as_array().unwrap().as_slice() else { panic!("{outputs}") };
    assert_eq!(output["Name"], "JobOutputAsset(0)_NewTestJob");
    assert_eq!(output["Options"], 0);
    output.clone()
}

/// Checks the files of the output; returns their names.
pub(super) fn output_files(api: &Api, output: &Json, content: &[u8]) -> Vec<String> {
    let path = format!("{}/Files", key("Assets", output));
    let files = api.get(&path).send().expect(200).feed();
    let names: Vec<_> =
        files.iter().map(|file| file["Name"].as_str().unwrap().to_owned()).collect();
    let primary: Vec<_> = files.iter().filter(|file| file["IsPrimary"] == true).collect();
    let [primary] = primary.as_slice() else { panic!("one primary file: {files:?}") };
    assert_eq!(primary["Name"], "BigBuckBunny.ism");
    assert!(names.iter().any(|name| name == "BigBuckBunny.ismc"), "{names:?}");
    assert!(names.iter().any(|name| name.ends_with("_metadata.xml")), "{names:?}");
    assert!(names.iter().any(|name| name.ends_with("_manifest.xml")), "{names:?}");
    let media: Vec<_> = names.iter().filter(|name| name.ends_with(".mp4")).collect();
    assert!(media.len() >= 2, "video and audio: {names:?}");
    assert!(media.iter().any(|name| name.starts_with("BigBuckBunny_640x360_")), "{names:?}");
    assert!(files.iter().all(|file| file["ContentFileSize"] != "0"), "{files:?}");
    assert_eq!(decode(content, "v").count, 200);
    names
}
