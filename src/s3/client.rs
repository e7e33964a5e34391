//! The S3 client: timeouts, retries, and one client per bucket, since buckets may be in different regions.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Region, RequestChecksumCalculation, ResponseChecksumValidation};
use http::Uri;

use super::throttling::KmsThrottling;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The timeout of one attempt of a request without a large body; the others set their own.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);
const ATTEMPTS: u32 = 5;

/// A client of S3. Clones share connections and the regions of buckets that have been learned.
#[derive(Debug, Clone)]
pub struct S3 {
    clients: Arc<Clients>,
}

/// The client in the configured region, and those for buckets in other regions.
#[derive(Debug)]
struct Clients {
    config: aws_sdk_s3::config::Builder,
    client: Client,
    elsewhere: Mutex<HashMap<String, Client>>,
}

impl S3 {
    /// Creates a client with the credentials, region and endpoint of `config`.
    ///
    /// An endpoint at an IP address or a bare host name is addressed path-style, as emulators require.
    pub fn new(config: &SdkConfig) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .build();
        Self::with_limits(config, timeouts, RetryConfig::standard().with_max_attempts(ATTEMPTS))
    }

    /// Creates a client with the timeouts and retries of `config`, for calls that a person waits for;
    /// otherwise see [`Self::new`].
    pub fn impatient(config: &SdkConfig) -> Self {
        let timeouts = config.timeout_config().cloned().unwrap_or_else(TimeoutConfig::disabled);
        let retries = config.retry_config().cloned().unwrap_or_else(RetryConfig::standard);
        Self::with_limits(config, timeouts, retries)
    }

    fn with_limits(config: &SdkConfig, timeouts: TimeoutConfig, retries: RetryConfig) -> Self {
        let endpoint = std::env::var("AWS_ENDPOINT_URL_S3").ok().filter(|url| !url.is_empty());
        let endpoint = endpoint.or_else(|| config.endpoint_url().map(str::to_owned));
        // Checksums are computed while the blocks are filled; the SDK would read every byte again.
        let config = aws_sdk_s3::config::Builder::from(config)
            .force_path_style(endpoint.is_some_and(|url| wants_path_style(&url)))
            .timeout_config(timeouts)
            .retry_config(retries)
            .retry_classifier(KmsThrottling)
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        let client = Client::from_conf(config.clone().build());
        Self { clients: Arc::new(Clients { config, client, elsewhere: Mutex::default() }) }
    }

    /// Returns the client for `bucket`, in the bucket's region if that has been learned.
    pub(super) fn client(&self, bucket: &str) -> Client {
        let elsewhere = self.clients.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
        elsewhere.get(bucket).unwrap_or(&self.clients.client).clone()
    }

    /// Returns the function's region, to which the first request for a bucket is sent.
    pub(super) fn region(&self) -> Option<String> {
        self.clients.client.config().region().map(ToString::to_string)
    }

    /// Records that `bucket` is in `region` and returns its client.
    pub(super) fn learn_region(&self, bucket: &str, region: &str) -> Client {
        let config = self.clients.config.clone().region(Region::new(region.to_owned()));
        let client = Client::from_conf(config.build());
        let mut elsewhere = self.clients.elsewhere.lock().unwrap_or_else(PoisonError::into_inner);
        elsewhere.insert(bucket.to_owned(), client.clone());
        client
    }
}

fn wants_path_style(url: &str) -> bool {
    let url: Uri = url.parse().unwrap_or_default();
    let host = url.host().unwrap_or_default().trim_matches(['[', ']']);
    host.parse::<IpAddr>().is_ok() || !host.contains('.')
}

#[cfg(test)]
mod tests {
    use super::wants_path_style;

    #[test]
    fn emulators_are_addressed_path_style() {
        for url in
            ["http://127.0.0.1:4566", "http://localhost:4566/", "http://[::1]:9000", "http://localstack:4566"]
        {
            assert!(wants_path_style(url), "{url}");
        }
        for url in
            ["https://s3.eu-central-1.amazonaws.com", "https://bucket.vpce-1.s3.eu-west-1.vpce.amazonaws.com"]
        {
            assert!(!wants_path_style(url), "{url}");
        }
    }
}
