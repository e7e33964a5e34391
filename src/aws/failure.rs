//! The failure of a call to AWS: its cause for decisions, its message for people.

use std::error::Error as _;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::error::{AwsCause, Cause, Denial, Error, ErrorType, Stage};
use crate::form;

/// Why a call to AWS failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsFailure {
    /// The status, code and kind of denial, on which decisions are based.
    pub(crate) cause: AwsCause,
    /// The message of the service, or why the service could not be reached.
    pub message: String,
}

impl AwsFailure {
    /// Reads the error of any operation of the SDK.
    pub fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        if let Some(service) = error.as_service_error() {
            let words = service.message();
            let cause = AwsCause {
                status,
                code: service.code().map(str::to_owned),
                denial: words.map(Denial::read).unwrap_or_default(),
                lacks_credentials: false,
            };
            return Self { cause, message: words.unwrap_or("no message").to_owned() };
        }
        let way = match error {
            SdkError::TimeoutError(_) => "no answer in time",
            SdkError::DispatchFailure(failure) if failure.is_timeout() => "no connection in time",
            SdkError::DispatchFailure(failure) if failure.is_io() => "no connection",
            SdkError::ConstructionFailure(_) => "the request could not be made",
            SdkError::ResponseError(_) => "the answer could not be read",
            _ => "the request could not be sent",
        };
        let (mut cause, mut lacks_credentials) = (None, false);
        let mut source = match error {
            SdkError::DispatchFailure(failure) => {
                failure.as_connector_error().and_then(|error| error.source())
            }
            SdkError::ConstructionFailure(_) => error.source(),
            _ => None,
        };
        while let Some(inner) = source {
            cause = Some(inner.to_string());
            lacks_credentials |= inner.downcast_ref().is_some_and(is_lasting);
            source = inner.source();
        }
        // The cause may repeat an endpoint or a profile of the environment.
        let cause = cause.map(|cause| form::without_values(&cause));
        Self {
            cause: AwsCause { status, lacks_credentials, ..AwsCause::default() },
            message: cause.map_or_else(|| way.to_owned(), |cause| format!("{way}: {cause}")),
        }
    }

    /// Creates a failure that occurred without an error response of the service.
    pub fn before(message: impl Into<String>) -> Self {
        Self { cause: AwsCause::default(), message: message.into() }
    }

    /// Creates the failure of a call for which there are no credentials.
    pub(super) fn without_credentials(error: &CredentialsError) -> Self {
        let cause = AwsCause { lacks_credentials: is_lasting(error), ..AwsCause::default() };
        Self { cause, message: error.to_string() }
    }

    /// Returns whether the service refused the call for lack of permission.
    pub fn is_denied(&self) -> bool {
        self.cause.is_denied()
    }

    /// Returns whether the error code of the service is one of `codes`.
    pub fn is(&self, codes: &[&str]) -> bool {
        self.cause.is(codes)
    }

    /// Converts the failure to an [`Error`] that keeps its cause.
    pub fn to_error(&self, error_type: ErrorType, stage: Stage, message: impl Into<String>) -> Error {
        Error::new(error_type, stage, message).caused_by(Cause::Aws(self.cause.clone()))
    }
}

/// Returns whether credentials are missing because nothing gives any, or because what is to give them is configured wrongly: a
/// profile that does not exist, a file that is malformed. The rest, such as an endpoint of credentials that does not answer, passes.
fn is_lasting(error: &CredentialsError) -> bool {
    matches!(error, CredentialsError::CredentialsNotLoaded(_) | CredentialsError::InvalidConfiguration(_))
}

impl std::fmt::Display for AwsFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.cause.code {
            Some(code) => write!(f, "{code}: {}", self.message.trim_end_matches('.')),
            None => f.write_str(self.message.trim_end_matches('.')),
        }
    }
}
