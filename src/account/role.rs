//! Assumes roles in account B and caches their credentials across warm invocations.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use tokio::sync::Mutex;

use crate::aws::AwsFailure;
use crate::error::{Error, ErrorType, Result, Stage};
use crate::job::Role;

/// The duration of a session in seconds; role chaining allows no more than an hour.
const SESSION: i32 = 3_600;
/// Credentials with less time left are replaced, so that none expires during the calls of a run.
const RENEW_BEFORE: Duration = Duration::from_secs(300);

/// A cache of the credentials of assumed roles.
#[derive(Default)]
pub struct AssumedRoles(Mutex<HashMap<(Role, Option<String>), Credentials>>);

impl AssumedRoles {
    /// Returns the role's credentials: cached ones if they are still valid, otherwise new ones from STS. STS
    /// is called in the region of `aws`, which is the function's, and not in that of the database, since an
    /// interface endpoint of a VPC serves only its own region. `region` is used if `aws` has none.
    ///
    /// # Errors
    /// `AssumeRoleDenied` or `AssumeRoleFailed`, stage `credentials`.
    pub async fn credentials(
        &self,
        aws: &SdkConfig,
        region: Option<&str>,
        role: &Role,
        session_name: &str,
        now: SystemTime,
    ) -> Result<SharedCredentialsProvider> {
        let aws = &crate::aws::with(aws, region.filter(|_| aws.region().is_none()), None);
        let key = (role.clone(), aws.region().map(ToString::to_string));
        // The lock is not held during the call to STS, so that a role that hangs does not block the others.
        let known = self.0.lock().await.get(&key).filter(|credentials| lasts(credentials, now)).cloned();
        if let Some(credentials) = known {
            return Ok(SharedCredentialsProvider::new(credentials));
        }
        let credentials = assume(aws, role, session_name).await?;
        self.0.lock().await.insert(key, credentials.clone());
        Ok(SharedCredentialsProvider::new(credentials))
    }
}

fn lasts(credentials: &Credentials, now: SystemTime) -> bool {
    credentials.expiry().is_some_and(|expiry| expiry > now + RENEW_BEFORE)
}

async fn assume(aws: &SdkConfig, role: &Role, session_name: &str) -> Result<Credentials> {
    let answer = aws_sdk_sts::Client::new(aws)
        .assume_role()
        .role_arn(&role.arn)
        .set_external_id(role.external_id.clone())
        .role_session_name(session_name)
        .duration_seconds(SESSION)
        .send()
        .await
        .map_err(|error| of_sts(&AwsFailure::of(&error), role))?;
    let credentials = answer.credentials.ok_or_else(|| {
        Error::new(ErrorType::AssumeRoleFailed, Stage::Credentials, "STS answered without credentials.")
    })?;
    let expiry = SystemTime::try_from(credentials.expiration).ok();
    Ok(Credentials::new(
        credentials.access_key_id,
        credentials.secret_access_key,
        Some(credentials.session_token),
        expiry,
        "AssumeRole",
    ))
}

fn of_sts(failure: &AwsFailure, role: &Role) -> Error {
    let with =
        if role.external_id.is_some() { "with the external id given" } else { "without an external id" };
    if failure.is_denied() {
        let message = format!("The role {} may not be assumed {with}: {failure}.", role.arn);
        return failure.to_error(ErrorType::AssumeRoleDenied, Stage::Credentials, message);
    }
    let message = format!("The role {} could not be assumed: {failure}.", role.arn);
    let error = failure.to_error(ErrorType::AssumeRoleFailed, Stage::Credentials, message);
    // These errors do not go away by retrying.
    if failure.cause.refuses_credentials() || failure.is(&["RegionDisabledException", "ValidationError"]) {
        return error.with_retryable(false).with_hint(
            "Check the function's own credentials (aws sts get-caller-identity) and the clock, the role's ARN, and that \
             the region is enabled in both accounts.",
        );
    }
    error
}

/// Returns `LambdaDataExtraction-{requestId}`, cut to the 64 characters of `[A-Za-z0-9_+=,.@-]` that STS
/// allows.
pub fn session_name(request_id: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "_+=,.@-".contains(c) { c } else { '-' };
    "LambdaDataExtraction-".chars().chain(request_id.chars().map(allowed)).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::AwsCause;

    #[test]
    fn a_refusal_of_sts_names_the_role_and_says_whether_trying_again_can_help() {
        let role = Role { arn: "arn:aws:iam::222222222222:role/R".to_owned(), external_id: None };
        for (code, error_type, retryable) in [
            ("AccessDenied", ErrorType::AssumeRoleDenied, false),
            ("Throttling", ErrorType::AssumeRoleFailed, true),
            ("InternalFailure", ErrorType::AssumeRoleFailed, true),
            ("InvalidClientTokenId", ErrorType::AssumeRoleFailed, false),
            ("ExpiredToken", ErrorType::AssumeRoleFailed, false),
            ("ValidationError", ErrorType::AssumeRoleFailed, false),
            ("RegionDisabledException", ErrorType::AssumeRoleFailed, false),
        ] {
            let cause = AwsCause { status: Some(400), code: Some(code.to_owned()), ..AwsCause::default() };
            let error = of_sts(&AwsFailure { cause, message: "Not so".to_owned() }, &role);
            assert_eq!((error.error_type, error.retryable), (error_type, retryable), "{code}");
            let words = [role.arn.as_str(), "be assumed", code, "Not so"];
            assert!(words.iter().all(|word| error.message.contains(word)), "{error}");
        }
    }

    #[test]
    fn a_session_name_follows_the_rules_of_sts() {
        assert_eq!(session_name("a b/c"), "LambdaDataExtraction-a-b-c");
        assert_eq!(session_name(&"é".repeat(90)).len(), 64);
    }

    #[test]
    fn credentials_are_renewed_before_they_expire() {
        let expiry = SystemTime::UNIX_EPOCH + Duration::from_secs(3_600);
        let credentials = Credentials::new("a", "b", None, Some(expiry), "test");
        assert!(lasts(&credentials, SystemTime::UNIX_EPOCH + Duration::from_secs(3_299)));
        assert!(!lasts(&credentials, SystemTime::UNIX_EPOCH + Duration::from_secs(3_300)));
    }
}
