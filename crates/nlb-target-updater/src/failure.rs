//! The errors of a run.

use std::error::Error;

use aws_sdk_rds::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use lambda_runtime::Diagnostic;

/// Why a run has changed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The kind of error, which Lambda reports as `errorType`.
    pub error_type: &'static str,
    /// What happened, and what to do about it.
    pub message: String,
}

impl Failure {
    /// Creates an error.
    pub fn new(error_type: &'static str, message: impl Into<String>) -> Self {
        Self { error_type, message: message.into() }
    }

    /// Creates an error of a call to AWS that has failed, with AWS's own words.
    pub(crate) fn of_call<E, R>(error_type: &'static str, what: &str, error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        let reason = match (error.code(), error.message()) {
            (Some(code), Some(message)) => format!("{code}: {message}"),
            (Some(code), None) => code.to_owned(),
            _ => DisplayErrorContext(error).to_string(),
        };
        Self::new(error_type, format!("{what}: {}", reason.trim_end_matches('.')) + ".")
    }
}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        Self { error_type: failure.error_type.to_owned(), error_message: failure.message }
    }
}
