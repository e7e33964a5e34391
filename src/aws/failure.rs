//! An SDK error, taken apart into what a person needs.

use std::error::Error as _;
use std::fmt::Debug;

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// Why a call to AWS failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsFailure {
    /// The service's error code, if it answered.
    pub code: Option<String>,
    /// The service's words, or what happened on the way to it.
    pub message: String,
}

impl AwsFailure {
    /// Takes an error of any operation apart.
    pub fn of<E, R>(error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: Debug,
    {
        if let Some(service) = error.as_service_error() {
            return Self {
                code: service.code().map(str::to_owned),
                message: service.message().map_or_else(|| "no message".to_owned(), str::to_owned),
            };
        }
        let way = match error {
            SdkError::TimeoutError(_) => "no answer in time",
            SdkError::DispatchFailure(failure) if failure.is_timeout() => "no connection in time",
            SdkError::DispatchFailure(failure) if failure.is_io() => "no connection",
            SdkError::ConstructionFailure(_) => "the request could not be made",
            SdkError::ResponseError(_) => "the answer could not be read",
            _ => "the request could not be sent",
        };
        let mut cause = None;
        let mut source = match error {
            SdkError::DispatchFailure(failure) => {
                failure.as_connector_error().and_then(|error| error.source())
            }
            SdkError::ConstructionFailure(_) => error.source(),
            _ => None,
        };
        while let Some(inner) = source {
            cause = Some(inner.to_string());
            source = inner.source();
        }
        Self { code: None, message: cause.map_or_else(|| way.to_owned(), |cause| format!("{way}: {cause}")) }
    }

    /// Whether the service refused for lack of permission.
    pub fn is_denied(&self) -> bool {
        matches!(
            self.code.as_deref(),
            Some("AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "NotAuthorized")
        )
    }

    /// Whether the service has a code that is one of `codes`.
    pub fn is(&self, codes: &[&str]) -> bool {
        self.code.as_deref().is_some_and(|code| codes.contains(&code))
    }
}

impl std::fmt::Display for AwsFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.code {
            Some(code) => write!(f, "{code}: {}", self.message.trim_end_matches('.')),
            None => f.write_str(self.message.trim_end_matches('.')),
        }
    }
}
