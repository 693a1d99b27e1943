use std::sync::{Arc, Mutex};
use std::time::Duration;

use azure_media::{EncodeError, JobState, RunningJob};
use serde_json::json;

use crate::fake::Fake;

const EVERY: Duration = Duration::from_millis(5);

async fn service() -> Fake {
    let fake = Fake::start().await;
    for (id, version) in [("old", "1.9"), ("new", "1.10"), ("older", "1.1")] {
        let id = format!("nb:mpid:UUID:{id}");
        fake.put(
            "MediaProcessors",
            &id,
            json!({ "Name": "Media Encoder Standard", "Version": version }),
        );
    }
    fake
}

async fn start(fake: &Fake, states: &[(i32, f64)]) -> RunningJob {
    fake.contents().job_states = states.to_vec();
    let encode = fake.media().encode("nb:cid:UUID:in").job_name("j").output_name("a<b");
    encode.priority(3).await.unwrap()
}

#[tokio::test]
async fn a_job_is_created_and_waited_for() {
    let fake = service().await;
    let job = start(&fake, &[(0, 0.0), (2, 40.0), (2, 80.0), (3, 100.0)]).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let looks = Arc::clone(&seen);
    let wait = job.wait().every(EVERY).progress(move |state, percent| {
        looks.lock().unwrap().push((state, percent));
    });
    let encoded = wait.await.unwrap();
    assert_eq!(encoded.job.state, JobState::Finished);
    assert_eq!(encoded.outputs[0].name.as_deref(), Some("out"));
    let (processing, finished) = (JobState::Processing, JobState::Finished);
    let expected =
        [(JobState::Queued, 0.0), (processing, 40.0), (processing, 80.0), (finished, 100.0)];
    assert_eq!(*seen.lock().unwrap(), expected);

    let contents = fake.contents();
    let sent = contents.sets["Jobs"].values().next().unwrap();
    let task = &sent["Tasks"][0];
    assert_eq!((&sent["Name"], &sent["Priority"]), (&json!("j"), &json!(3)));
    let input = format!("{}/api/Assets('nb%3Acid%3AUUID%3Ain')", contents.base);
    assert_eq!(sent["InputMediaAssets@odata.bind"], json!([input]));
    assert_eq!(task["MediaProcessorId"], "nb:mpid:UUID:new");
    assert_eq!(task["Configuration"], "Adaptive Streaming");
    assert!(task["TaskBody"].as_str().unwrap().contains("assetName=\"a&lt;b\""));
}

#[tokio::test]
async fn a_failed_job_says_why() {
    let fake = service().await;
    let job = start(&fake, &[(2, 5.0), (4, 5.0)]).await;
    let error = job.wait().every(EVERY).await.unwrap_err();
    assert!(error.to_string().ends_with("failed: ErrorParsingConfiguration: no preset"), "{error}");
    let EncodeError::Failed { job, errors } = error else {
        panic!("{error:?}");
    };
    assert_eq!((job.state, errors.len()), (JobState::Error, 1));
}

#[tokio::test]
async fn a_job_can_be_cancelled() {
    let fake = service().await;
    let job = start(&fake, &[(2, 10.0)]).await;
    job.cancel().await.unwrap();
    let error = fake.media().running_job(job.id()).wait().every(EVERY).await.unwrap_err();
    assert!(matches!(error, EncodeError::Canceled { .. }), "{error:?}");
    let line = "GET /api/CancelJob?jobid=%27nb:jid:UUID:";
    assert_eq!(fake.requests(line), 1, "{:?}", fake.contents().lines);
}

#[tokio::test]
async fn an_outage_does_not_end_the_wait() {
    let fake = service().await;
    let job = start(&fake, &[(2, 10.0), (3, 100.0)]).await;
    // More often than one call is tried.
    fake.fail("GET /api/Jobs(", 503, 7);
    job.wait().every(EVERY).await.unwrap();

    let job = start(&fake, &[(2, 10.0), (3, 100.0)]).await;
    fake.fail("GET /api/Jobs(", 503, usize::MAX);
    let error = job.wait().every(EVERY).patience(Duration::ZERO).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot read the job");
}

#[tokio::test]
async fn a_job_that_is_gone_ends_the_wait() {
    let fake = service().await;
    let error = fake.media().running_job("nb:jid:UUID:none").wait().await.unwrap_err();
    let EncodeError::Api { source, .. } = error else {
        panic!("{error:?}");
    };
    assert!(source.is_not_found());
}

#[tokio::test]
async fn nothing_is_created_for_what_cannot_be() {
    let fake = Fake::start().await;
    let error = fake.media().encode("nb:cid:UUID:in").await.unwrap_err();
    assert!(matches!(error, EncodeError::NoProcessor { .. }), "{error:?}");
    let encode = fake.media().encode("nb:cid:UUID:in").output_name("a\u{1}");
    assert!(matches!(encode.await, Err(EncodeError::OutputName('\u{1}'))));
    assert_eq!(fake.count("Jobs"), 0);
}
