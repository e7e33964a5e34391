//! Errors of requests to S3.

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use super::key::Key;
use super::throttling;
use crate::aws::AwsFailure;
use crate::error::{AwsCause, Cause, Denial, Error, ErrorType, Stage};

/// The codes of refusals that are transient.
const PASSING: [&str; 7] = [
    "BadDigest",
    "ExpiredToken",
    "InvalidPart",
    "NoSuchUpload",
    "RequestTimeTooSkewed",
    "RequestTimeout",
    "XAmzContentChecksumMismatch",
];

/// The permissions that write options need, with the variables that set the options.
const OF_OPTIONS: [(&str, &str); 2] = [("s3:PutObjectTagging", "S3_TAGS"), ("s3:PutObjectAcl", "S3_ACL")];

/// A failed request, whatever its operation.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    operation: &'static str,
    cause: AwsCause,
    message: String,
    request_id: Option<String>,
    /// The region of the bucket according to S3.
    pub(super) region: Option<String>,
}

impl Failure {
    pub(super) fn new<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let response = error.raw_response();
        let header = |name| response.and_then(|r| r.headers().get(name)).map(str::to_owned);
        let AwsFailure { cause, message } = AwsFailure::of(error);
        Self {
            operation,
            cause,
            message,
            request_id: header("x-amz-request-id"),
            region: header("x-amz-bucket-region"),
        }
    }

    /// Returns the failure of a request whose response was cut off.
    pub(super) fn cut(operation: &'static str, cause: &impl std::fmt::Display) -> Self {
        let message = cause.to_string();
        Self { operation, cause: AwsCause::default(), message, request_id: None, region: None }
    }

    /// Returns the failure that a response reports for one of several objects.
    pub(super) fn reported(operation: &'static str, code: &str, message: &str) -> Self {
        let denied = code == "AccessDenied";
        let cause = AwsCause {
            status: Some(if denied { 403 } else { 500 }),
            code: Some(code.to_owned()),
            denial: Denial::read(message),
            lacks_credentials: false,
        };
        Self { operation, cause, message: message.to_owned(), request_id: None, region: None }
    }

    pub(super) fn is(&self, status: u16) -> bool {
        self.cause.status == Some(status)
    }

    pub(super) fn has_code(&self, code: &str) -> bool {
        self.cause.is(&[code])
    }

    /// Returns whether the conditional write was refused because the object exists.
    pub(super) fn refused(&self) -> bool {
        self.is(412) || self.has_code("PreconditionFailed")
    }

    /// Returns whether another conditional write of the same key was in progress.
    pub(super) fn conflicted(&self) -> bool {
        self.is(409)
    }

    /// Returns whether the outcome is unknown: there was no response, or one that reports a failure on the
    /// way.
    pub(super) fn unanswered(&self) -> bool {
        self.cause.status.is_none_or(|status| status >= 500 || status == 408 || (200..300).contains(&status))
    }

    /// Returns whether the request was throttled, by S3 or by KMS behind it, and so not carried out.
    pub(super) fn throttled(&self) -> bool {
        self.is(429) || self.cause.is_throttled() || throttling::says_so(&self.message)
    }

    /// Converts the failure into an error about an object, or about the set to which the object belongs.
    pub(super) fn about(mut self, bucket: &str, key: &Key) -> Error {
        self.message = key.hide(self.message);
        self.into_error(bucket, key.shown())
    }

    /// Converts the failure into an error about the object `bucket`/`key`.
    pub(super) fn into_error(self, bucket: &str, key: &str) -> Error {
        let operation = self.operation;
        let error = |message| {
            Error::new(self.error_type(), Stage::Upload, sentence(message))
                .caused_by(Cause::Aws(self.cause.clone()))
        };
        let Some(status) = self.cause.status.filter(|status| *status >= 300) else {
            return error(format!(
                "S3 gave no answer to {operation} of s3://{bucket}/{key}: {}",
                self.message
            ));
        };
        let code = self.cause.code.as_deref().unwrap_or("no code");
        let mut message = format!("S3 refused {operation} of s3://{bucket}/{key} with {status} {code}");
        if !self.message.is_empty() {
            message.push_str(": ");
            message.extend(self.message.chars().take(300));
        }
        if let Some(id) = &self.request_id {
            message.push_str(" (S3's request id ");
            message.push_str(id);
            message.push(')');
        }
        let error = error(message);
        if let Some((action, variable)) = self.denied_option() {
            return error.with_hint(format!(
                "{variable} needs {action}: allow it to the function's role, or leave {variable} out."
            ));
        }
        // CreateMultipartUpload needs the same permission and was allowed just before.
        let refuses_parts = operation == "UploadPart" && !self.cause.denies_key();
        if error.error_type == ErrorType::BucketAccessDenied && refuses_parts {
            return error.with_hint(
                "S3 has let the upload be opened and refuses its parts, as with a bucket policy that denies \
                 UNSIGNED-PAYLOAD: set S3_PAYLOAD_SIGNING=true.",
            );
        }
        if error.error_type != ErrorType::UploadFailed {
            return error;
        }
        let passes =
            status >= 500 || matches!(status, 408 | 409) || self.throttled() || self.cause.is(&PASSING);
        let error = error.with_retryable(passes);
        if self.throttled() && status == 400 {
            return error.with_hint(
                "KMS gets more requests than its quota: turn on the bucket's S3 Bucket Key, which makes fewer of them, or \
                 raise the quota; run it again later.",
            );
        }
        error
    }

    /// Returns the missing permission, and the variable that requires it.
    fn denied_option(&self) -> Option<(&'static str, &'static str)> {
        let denied = self.cause.denial.action.as_deref();
        OF_OPTIONS.into_iter().find(|(action, _)| denied == Some(action))
    }

    fn error_type(&self) -> ErrorType {
        match (self.cause.status, self.cause.code.as_deref().unwrap_or_default()) {
            (_, "NoSuchBucket" | "InvalidBucketName" | "NoSuchAccessPoint") => ErrorType::BucketNotFound,
            (_, "RequestTimeTooSkewed") => ErrorType::UploadFailed,
            (_, "AccessDenied" | "AllAccessDisabled") | (Some(403), _) => ErrorType::BucketAccessDenied,
            _ => ErrorType::UploadFailed,
        }
    }
}

/// Adds the full stop that S3's message may lack.
fn sentence(mut text: String) -> String {
    if !text.ends_with('.') {
        text.push('.');
    }
    text
}

/// Returns the error for a bucket that does not exist.
pub(super) fn bucket_not_found(bucket: &str) -> Error {
    let noun = if bucket.starts_with("arn:") { "access point" } else { "bucket" };
    Error::new(ErrorType::BucketNotFound, Stage::Upload, format!("There is no {noun} {bucket}."))
}

/// Returns the error for a name that is taken.
pub(super) fn object_exists(bucket: &str, key: &str) -> Error {
    let message = format!("s3://{bucket}/{key} exists and is not overwritten.");
    Error::new(ErrorType::ObjectExists, Stage::Upload, message)
}

/// Returns an error of this stage that does not come from S3.
pub(super) fn upload_failed(message: impl Into<String>) -> Error {
    Error::new(ErrorType::UploadFailed, Stage::Upload, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(status: u16, code: &str, message: &str) -> Failure {
        let cause = AwsCause { status: Some(status), code: Some(code.to_owned()), ..AwsCause::default() };
        let message = message.to_owned();
        Failure { operation: "UploadPart", cause, message, request_id: None, region: None }
    }

    #[test]
    fn throttling_passes_and_that_of_kms_has_a_hint_of_its_own() {
        for (status, code, message, of_kms) in [
            (400, "ThrottlingException", "", true),
            (400, "KMS.ThrottlingException", "", true),
            (400, "BadRequest", "Rate exceeded", true),
            (503, "SlowDown", "Please reduce your request rate.", false),
            (429, "TooManyRequests", "", false),
        ] {
            let failure = failure(status, code, message);
            assert!(failure.throttled(), "{code}");
            let error = failure.into_error("b", "k");
            assert_eq!((error.error_type, error.retryable), (ErrorType::UploadFailed, true), "{code}");
            assert_eq!(error.hint.starts_with("KMS "), of_kms, "{code}: {}", error.hint);
        }
        assert!(!failure(400, "InvalidTag", "The tag is invalid.").into_error("b", "k").retryable);
    }

    #[test]
    fn a_refusal_has_its_type_and_the_words_of_s3() {
        for (status, code, error_type) in [
            (404, "NoSuchBucket", ErrorType::BucketNotFound),
            (403, "AllAccessDisabled", ErrorType::BucketAccessDenied),
            (400, "EntityTooLarge", ErrorType::UploadFailed),
            (400, "InvalidPart", ErrorType::UploadFailed),
        ] {
            let error = failure(status, code, "No, said S3.").into_error("b", "k");
            let words = format!("S3 refused UploadPart of s3://b/k with {status} {code}: No, said S3.");
            assert_eq!((error.error_type, error.message), (error_type, words));
        }
    }

    #[test]
    fn what_is_denied_names_its_variable() {
        for (action, hint) in [
            ("s3:PutObjectTagging", "S3_TAGS needs s3:PutObjectTagging: "),
            ("s3:PutObjectAcl", "S3_ACL needs s3:PutObjectAcl: "),
            ("s3:PutObject", "S3 has let the upload be opened and refuses its parts, "),
            ("kms:GenerateDataKey", "Grant s3:PutObject, "),
        ] {
            let words = format!("User: u is not authorized to perform: {action} on resource: r");
            let mut failure = failure(403, "AccessDenied", &words);
            failure.cause.denial = Denial::read(&words);
            let error = failure.into_error("b", "k");
            assert_eq!(error.error_type, ErrorType::BucketAccessDenied);
            assert!(error.hint.starts_with(hint), "{}", error.hint);
        }
    }
}
