//! The ECS task that the program runs in, as the task metadata endpoint describes it.

use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use http::Uri;
use serde_json::Value;

use super::client::http_client_of_this_machine;
use crate::form;

/// The endpoint is on the same host.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
const TIMEOUT: Duration = Duration::from_secs(5);
const ATTEMPTS: u32 = 3;

/// A task of ECS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Task {
    /// Its id, the last part of its ARN.
    pub(crate) id: String,
    /// The region that it runs in.
    pub(crate) region: String,
}

/// Asks the metadata endpoint at `uri`, the value of `ECS_CONTAINER_METADATA_URI_V4`, which task this is. Returns `None`
/// if it does not say so within seconds.
pub(crate) async fn task(uri: &str) -> Option<Task> {
    // Plain HTTP is what ECS has there, and an address without a host would be another's.
    let parsed: Uri = uri.parse().ok()?;
    (parsed.scheme_str() == Some("http") && parsed.host().is_some()).then_some(())?;
    let request = |()| -> Result<HttpRequest, BoxError> {
        let mut request = HttpRequest::new(SdkBody::empty());
        request.set_uri("/task")?;
        Ok(request)
    };
    let answer = |response: &HttpResponse| {
        let body = response.body().bytes().unwrap_or_default();
        if response.status().is_success() {
            return Ok(body.to_vec());
        }
        Err(OrchestratorError::operation(ErrorMetadata::builder().build()))
    };
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(TIMEOUT)
        .build();
    let call = Operation::builder()
        .service_name("ECS")
        .operation_name("GetTaskMetadata")
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(uri)
        .no_auth()
        .http_client(http_client_of_this_machine())
        .timeout_config(timeouts)
        .standard_retry(&RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .retry_classifier(HttpStatusCodeClassifier::default())
        .retry_classifier(TransientErrorClassifier::<ErrorMetadata>::new())
        .serializer(request)
        .deserializer(answer)
        .build();
    of_metadata(&call.invoke(()).await.ok()?)
}

/// Reads the task from the endpoint's answer.
fn of_metadata(json: &[u8]) -> Option<Task> {
    let metadata: Value = serde_json::from_slice(json).ok()?;
    let arn = metadata["TaskARN"].as_str()?;
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, "ecs", region, _, resource] = parts[..] else { return None };
    let id = resource.strip_prefix("task/")?.rsplit('/').next()?;
    // It becomes part of object keys, session names and metadata.
    let is_id = (8..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    is_id.then(|| Some(Task { id: id.to_owned(), region: form::region(region).ok()? }))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_named_by_the_last_part_of_its_arn() {
        let of = |arn: &str| of_metadata(serde_json::json!({ "TaskARN": arn }).to_string().as_bytes());
        let id = "158d1c8083dd49d6b527399fd6414f5c";
        let task = Some(Task { id: id.to_owned(), region: "eu-central-1".to_owned() });
        assert_eq!(of(&format!("arn:aws:ecs:eu-central-1:111111111111:task/exports/{id}")), task);
        // The form of accounts that have not opted in to the longer one.
        assert_eq!(of(&format!("arn:aws:ecs:eu-central-1:111111111111:task/{id}")), task);
        for no_task in [
            "arn:aws:ecs:eu-central-1:111111111111:service/exports/one",
            "arn:aws:ecs:eu-central-1:111111111111:task/exports/..%2f..%2fx",
            "arn:aws:ecs:eu-central-1:111111111111:task/exports/",
            "",
        ] {
            assert_eq!(of(no_task), None, "{no_task}");
        }
        assert_eq!(of_metadata(b"<html>"), None);
    }
}
