//! What the stages that call AWS share: the SDK's configuration, loaded once per process, and its errors.

mod client;
mod cloudwatch;
mod failure;
mod observed;
mod signed;
mod sns;
mod task;
mod traced;

pub(crate) use client::ca_bundle_of_profile;
pub use client::http_client;
use client::{ca_bundle, http_client_trusting};
pub(crate) use cloudwatch::{Metric, Window, last_figures, list_metrics, series};
pub(crate) use failure::AwsFailure;
pub(crate) use observed::{Observer, observed};
pub(crate) use sns::{Message, publish};
pub(crate) use task::task;

use std::time::Duration;

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::profile::region::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;

/// A small API call that takes longer will not be answered: in a VPC the endpoint or the route is missing.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
const ATTEMPTS: u32 = 3;

/// Loads credentials, region and endpoints as every AWS tool does: environment, profile, container, instance.
///
/// `profile` and `region` come from the command line and take precedence over the environment.
pub(crate) async fn load(profile: Option<&str>, region: Option<&str>) -> SdkConfig {
    let client = http_client_trusting(ca_bundle(profile).await);
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(client.clone())
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                .build(),
        );
    let mut region = region.map(|region| Region::new(region.to_owned()));
    if let Some(profile) = profile {
        let provider = ProviderConfig::default().with_http_client(client);
        if region.is_none() {
            let of_profile = ProfileFileRegionProvider::builder().configure(&provider).profile_name(profile);
            let chain = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new());
            region = chain.or_else(of_profile.build()).region().await;
        }
        // As in the AWS CLI, an explicit profile takes precedence over the access keys of the environment.
        let credentials = ProfileFileCredentialsProvider::builder()
            .profile_name(profile)
            .configure(&provider.with_region(region.clone()))
            .build();
        loader = loader.profile_name(profile).credentials_provider(credentials);
    }
    if let Some(region) = region {
        loader = loader.region(region);
    }
    loader.load().await
}

/// Returns a copy of `config` with another region and other credentials, if they are given.
pub(crate) fn with(
    config: &SdkConfig,
    region: Option<&str>,
    credentials: Option<&SharedCredentialsProvider>,
) -> SdkConfig {
    let mut builder = config.to_builder();
    if let Some(region) = region {
        builder = builder.region(Region::new(region.to_owned()));
    }
    if let Some(credentials) = credentials {
        builder = builder.credentials_provider(credentials.clone());
    }
    builder.build()
}

/// Returns a copy of `config` for calls that a person waits for: at most one retry, and 5 seconds in total.
pub(crate) fn impatient(config: &SdkConfig) -> SdkConfig {
    const CONNECT: Duration = Duration::from_secs(2);
    const ATTEMPT: Duration = Duration::from_secs(3);
    const ALL: Duration = Duration::from_secs(5);
    let limits = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(ALL);
    config
        .to_builder()
        .retry_config(RetryConfig::standard().with_max_attempts(2))
        .timeout_config(limits.build())
        .build()
}
