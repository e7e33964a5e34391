//! A call to an AWS service without its SDK crate: one POST request, built from parts of the SDK.
//!
//! The SDK crate of a service would add a second generation of the HTTP crates, and megabytes, for a single
//! call. The orchestrator (retries, time limits), the signer and the endpoint configuration are those of the
//! SDK.

use std::time::SystemTime;

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::ProvideCredentials;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningParams, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use aws_types::service_config::ServiceConfigKey;

use super::AwsFailure;

/// An AWS service.
#[derive(Debug)]
pub(super) struct Service {
    /// The name in environment variables and profiles: `CloudWatch`.
    pub(super) id: &'static str,
    /// The name in endpoints and signatures: `monitoring`.
    pub(super) name: &'static str,
    /// Parses the body of an error response.
    pub(super) error: fn(&[u8]) -> ErrorMetadata,
}

/// Posts `body` to the service and returns the body of its answer.
pub(super) async fn post(
    aws: &SdkConfig,
    service: &'static Service,
    operation: &'static str,
    own: &[(&'static str, &'static str)],
    body: &str,
) -> Result<Vec<u8>, AwsFailure> {
    let url =
        endpoint(aws, service).ok_or_else(|| AwsFailure::before("no region is known; set AWS_REGION"))?;
    let headers = signed_headers(aws, service, own, &url, body).await?;
    let request = {
        let body = body.to_owned();
        move |()| -> Result<HttpRequest, BoxError> {
            let mut request = HttpRequest::new(SdkBody::from(body.as_str()));
            request.set_method("POST")?;
            request.set_uri("/")?;
            for (name, value) in &headers {
                request.headers_mut().try_insert(name.clone(), value.clone())?;
            }
            Ok(request)
        }
    };
    let mut call = Operation::builder()
        .service_name(service.id)
        .operation_name(operation)
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(&url)
        .no_auth()
        .retry_classifier(HttpStatusCodeClassifier::default())
        .retry_classifier(TransientErrorClassifier::<ErrorMetadata>::new())
        .retry_classifier(AwsErrorCodeClassifier::<ErrorMetadata>::new());
    if let Some(client) = aws.http_client() {
        call = call.http_client(client);
    }
    if let Some(retry) = aws.retry_config() {
        call = call.standard_retry(retry);
    }
    if let Some(timeout) = aws.timeout_config() {
        call = call.timeout_config(timeout.clone());
    }
    let answer = move |response: &HttpResponse| {
        let body = response.body().bytes().unwrap_or_default();
        if response.status().is_success() {
            return Ok(body.to_vec());
        }
        Err(OrchestratorError::operation((service.error)(body)))
    };
    let call = call.serializer(request).deserializer(answer).build();
    call.invoke(()).await.map_err(|error| AwsFailure::of(&error))
}

/// Returns the configured endpoint URL, as the SDK resolves it for every service, otherwise the one of AWS.
fn endpoint(aws: &SdkConfig, service: &Service) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id(service.id)
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok()?;
    let configured = aws.service_config().and_then(|config| config.load_config(key));
    if let Some(url) = configured.or_else(|| aws.endpoint_url().map(str::to_owned)) {
        return Some(url);
    }
    let region = aws.region()?.as_ref();
    let (domain, dual_stack) = domains(region);
    let (fips, domain) = match (aws.use_fips() == Some(true), aws.use_dual_stack() == Some(true)) {
        // The usual endpoints of GovCloud are FIPS endpoints.
        (true, false) if region.starts_with("us-gov-") => ("", domain),
        (fips, dual) => (if fips { "-fips" } else { "" }, if dual { dual_stack } else { domain }),
    };
    Some(format!("https://{}{fips}.{region}.{domain}", service.name))
}

/// Returns the domains of the endpoints of a region: of the usual ones and of the dual-stack ones. A partition without
/// dual-stack endpoints has its usual domain twice.
fn domains(region: &str) -> (&'static str, &'static str) {
    const DOMAINS: [(&str, &str, &str); 6] = [
        ("cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
        ("us-isob-", "sc2s.sgov.gov", "sc2s.sgov.gov"),
        ("us-isof-", "csp.hci.ic.gov", "csp.hci.ic.gov"),
        ("us-iso-", "c2s.ic.gov", "c2s.ic.gov"),
        ("eu-isoe-", "cloud.adc-e.uk", "cloud.adc-e.uk"),
        ("eusc-", "amazonaws.eu", "api.amazonwebservices.eu"),
    ];
    DOMAINS
        .iter()
        .find(|(prefix, ..)| region.starts_with(prefix))
        .map_or(("amazonaws.com", "api.aws"), |&(_, domain, dual_stack)| (domain, dual_stack))
}

async fn signed_headers(
    aws: &SdkConfig,
    service: &Service,
    own: &[(&'static str, &'static str)],
    url: &str,
    body: &str,
) -> Result<Vec<(String, String)>, AwsFailure> {
    let provider =
        aws.credentials_provider().ok_or_else(|| AwsFailure::before("there are no credentials"))?;
    let credentials =
        provider.provide_credentials().await.map_err(|error| AwsFailure::without_credentials(&error))?;
    let identity: Identity = credentials.into();
    let params: SigningParams<'_> = v4::SigningParams::builder()
        .identity(&identity)
        .region(aws.region().map_or("", AsRef::as_ref))
        .name(service.name)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| AwsFailure::before(error.to_string()))?
        .into();
    let url = format!("{}/", url.trim_end_matches('/'));
    let (instructions, _) =
        SignableRequest::new("POST", url, own.iter().copied(), SignableBody::Bytes(body.as_bytes()))
            .and_then(|request| sign(request, &params))
            .map_err(|error| AwsFailure::before(error.to_string()))?
            .into_parts();
    let (signature, _) = instructions.into_parts();
    let signature = signature.iter().map(|header| (header.name().to_owned(), header.value().to_owned()));
    Ok(own.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).chain(signature).collect())
}

#[cfg(test)]
mod tests {
    use aws_config::Region;

    use super::*;

    static SERVICE: Service =
        Service { id: "CloudWatch", name: "monitoring", error: |_| ErrorMetadata::default() };

    #[test]
    fn endpoints_are_those_of_the_partition() {
        let endpoint = |region: &'static str, fips: bool, dual_stack: bool| {
            let aws = SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new(region))
                .use_fips(fips)
                .use_dual_stack(dual_stack);
            endpoint(&aws.build(), &SERVICE).unwrap()
        };
        for (region, fips, dual_stack, host) in [
            ("eu-central-1", false, false, "monitoring.eu-central-1.amazonaws.com"),
            ("eu-central-1", true, false, "monitoring-fips.eu-central-1.amazonaws.com"),
            ("eu-central-1", false, true, "monitoring.eu-central-1.api.aws"),
            ("eu-central-1", true, true, "monitoring-fips.eu-central-1.api.aws"),
            ("us-gov-west-1", true, false, "monitoring.us-gov-west-1.amazonaws.com"),
            ("us-gov-west-1", true, true, "monitoring-fips.us-gov-west-1.api.aws"),
            ("cn-north-1", false, false, "monitoring.cn-north-1.amazonaws.com.cn"),
            ("cn-north-1", false, true, "monitoring.cn-north-1.api.amazonwebservices.com.cn"),
            ("us-iso-east-1", false, true, "monitoring.us-iso-east-1.c2s.ic.gov"),
        ] {
            assert_eq!(endpoint(region, fips, dual_stack), format!("https://{host}"));
        }
    }
}
