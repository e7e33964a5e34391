//! Requests that KMS throttles. S3 answers them with status 400, and not always with a code that the SDK
//! retries.

use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::operation::put_object::PutObjectError;
use aws_sdk_s3::operation::upload_part::UploadPartError;
use aws_smithy_runtime_api::client::interceptors::context::{Error, InterceptorContext};
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::error::AwsCause;

/// Returns whether a message is the one with which KMS throttles.
pub(super) fn says_so(message: &str) -> bool {
    message.contains("Rate exceeded")
}

/// Makes the SDK retry throttled requests, if their retries are left to the SDK.
#[derive(Debug)]
pub(super) struct KmsThrottling;

impl ClassifyRetry for KmsThrottling {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let error = context.output_or_error().and_then(Result::err);
        match error.and_then(OrchestratorError::as_operation_error).and_then(metadata) {
            Some(error) if is_throttled(error) => RetryAction::throttling_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "KmsThrottling"
    }
}

fn is_throttled(error: &ErrorMetadata) -> bool {
    let cause = AwsCause { code: error.code().map(str::to_owned), ..AwsCause::default() };
    cause.is_throttled() || error.message().is_some_and(says_so)
}

fn metadata(error: &Error) -> Option<&ErrorMetadata> {
    let put = || error.downcast_ref::<PutObjectError>().map(ProvideErrorMetadata::meta);
    let part = || error.downcast_ref::<UploadPartError>().map(ProvideErrorMetadata::meta);
    let get = || error.downcast_ref::<GetObjectError>().map(ProvideErrorMetadata::meta);
    put().or_else(part).or_else(get)
}
