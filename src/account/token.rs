//! The token that replaces the password if the database authenticates by IAM.

use std::fmt::Write as _;

use aws_config::SdkConfig;
use aws_sdk_rds::auth_token::{AuthTokenGenerator, Config};

use crate::config::Endpoint;
use crate::error::{Error, ErrorType, Result, Stage};
use crate::form;
use crate::secret::Secret;

/// Signs a token, valid for 15 minutes, with the credentials and for the region of `aws`.
///
/// `database` is the name and port of the database in RDS, even if the connection uses others (NLB, PrivateLink): RDS
/// validates the token against its own.
///
/// # Errors
/// `AssumeRoleFailed`, stage `credentials`, if there is no region or there are no credentials to sign with.
pub async fn iam_token(aws: &SdkConfig, database: &Endpoint, username: &str) -> Result<Secret> {
    let failed = |reason: String| {
        Error::new(
            ErrorType::AssumeRoleFailed,
            Stage::Credentials,
            format!("No IAM token for user {} could be signed: {reason}.", form::shown(username)),
        )
    };
    // Without a region the generator would silently sign for us-east-1.
    let region = aws.region().ok_or_else(|| failed("no region is known; set AWS_REGION".to_owned()))?;
    let config = Config::builder()
        .hostname(&database.host)
        .port(u64::from(database.port))
        .username(percent_encode(username))
        .region(region.clone())
        .build()
        .map_err(|error| failed(error.to_string()))?;
    let token =
        AuthTokenGenerator::new(config).auth_token(aws).await.map_err(|error| failed(error.to_string()))?;
    Ok(Secret::new(token.as_str()))
}

/// Percent-encodes the user name, which the generator puts into a URL unchanged.
fn percent_encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, Region};
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;

    use super::*;

    fn database() -> Endpoint {
        Endpoint { host: "shop.rds".into(), port: 5433 }
    }

    #[tokio::test]
    async fn a_token_names_the_database_the_user_and_the_region() {
        let aws = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .time_source(aws_smithy_async::time::SystemTimeSource::new())
            .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
            .build();
        let token = iam_token(&aws, &database(), "odd user").await.unwrap();
        let text = token.reveal();
        assert!(text.starts_with("shop.rds:5433/?Action=connect&DBUser=odd%20user&"), "{text}");
        assert!(text.contains("eu-central-1%2Frds-db%2Faws4_request"), "{text}");
    }

    #[tokio::test]
    async fn without_a_region_no_token_is_signed() {
        let aws = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
        let error = iam_token(&aws, &database(), "u").await.unwrap_err();
        assert!(error.message.contains("AWS_REGION"), "{error}");
    }
}
