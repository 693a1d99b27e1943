use azure_media::{EndpointError, StreamingEndpointState};
use serde_json::json;

use crate::fake::Fake;

async fn service(state: &str, operation: &str) -> Fake {
    let fake = Fake::start().await;
    let endpoint = json!({ "Name": "Default", "State": state, "HostName": "h" });
    fake.put("StreamingEndpoints", "nb:oid:UUID:1", endpoint);
    let operation =
        json!({ "State": operation, "ErrorCode": "Timeout", "ErrorMessage": "too slow" });
    fake.put("Operations", "nb:opid:UUID:1", operation);
    fake
}

#[tokio::test]
async fn a_stopped_endpoint_is_started() {
    let fake = service("Stopped", "Succeeded").await;
    let endpoint = fake.media().start_streaming_endpoint("default").await.unwrap();
    assert_eq!(endpoint.state, Some(StreamingEndpointState::Running));
    assert_eq!(fake.requests("/Start"), 1);
}

#[tokio::test]
async fn a_running_endpoint_is_left_alone() {
    let fake = service("Running", "Succeeded").await;
    fake.media().start_streaming_endpoint("default").await.unwrap();
    assert_eq!(fake.requests("/Start"), 0);
}

#[tokio::test]
async fn an_endpoint_that_does_not_start_says_why() {
    let fake = service("Stopped", "Failed").await;
    let error = fake.media().start_streaming_endpoint("default").await.unwrap_err();
    assert_eq!(error.to_string(), "the streaming endpoint did not start: Timeout: too slow");
    let fake = service("Deleting", "").await;
    let error = fake.media().start_streaming_endpoint("default").await.unwrap_err();
    assert_eq!(error.to_string(), "the streaming endpoint is Deleting");
    let error = fake.media().start_streaming_endpoint("other").await.unwrap_err();
    assert!(matches!(error, EndpointError::NotFound { .. }), "{error:?}");
}
