//! `GetMetricData` of CloudWatch.
//!
//! The SDK's own crate for CloudWatch would bring a second generation of the HTTP crates and a codec for CBOR along, for
//! one call. So the call is made of the SDK's parts: its orchestrator (retries, time limits), its signer, its
//! configuration of endpoints. CloudWatch speaks JSON 1.0 too.

use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::ProvideCredentials;
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
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::AwsFailure;

/// The most metrics that one call takes.
const MOST: usize = 500;
/// How far back the last figure may lie. RDS writes one a minute.
const BACK: Duration = Duration::from_secs(15 * 60);
const PERIOD_SECONDS: u32 = 60;
const TARGET: &str = "GraniteServiceVersion20100801.GetMetricData";
const CONTENT_TYPE: &str = "application/x-amz-json-1.0";
/// As CloudWatch's signatures name it.
const SERVICE: &str = "monitoring";

/// A metric with one dimension, and how its figures of a minute are put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metric {
    /// Such as `AWS/RDS`.
    pub namespace: &'static str,
    /// Such as `CPUUtilization`.
    pub name: &'static str,
    /// `Average`, `Maximum`, `Minimum`.
    pub statistic: &'static str,
    /// The dimension's name and value.
    pub dimension: (&'static str, String),
}

/// The last figure of each metric in the 15 minutes before `now`, in the order of `metrics`; `None` where there is none.
///
/// # Errors
/// What CloudWatch says, or why it was not reached.
pub async fn last_figures(
    aws: &SdkConfig,
    metrics: &[Metric],
    now: SystemTime,
) -> Result<Vec<Option<f64>>, AwsFailure> {
    let mut figures = vec![None; metrics.len()];
    for (chunk, figures) in metrics.chunks(MOST).zip(figures.chunks_mut(MOST)) {
        let mut token = None;
        loop {
            let page = call(aws, &request(chunk, now, token.as_deref())).await?;
            for result in page.results {
                let index = result.id.strip_prefix('m').and_then(|index| index.parse::<usize>().ok());
                let Some(figure) = index.and_then(|index| figures.get_mut(index)) else { continue };
                // A metric may be spread over pages; the newest value comes first.
                *figure = figure.or(result.values.first().copied());
            }
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
    }
    Ok(figures)
}

#[derive(Deserialize, Debug)]
struct Page {
    #[serde(rename = "MetricDataResults", default)]
    results: Vec<Series>,
    #[serde(rename = "NextToken")]
    next_token: Option<String>,
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "PascalCase")]
struct Series {
    id: String,
    #[serde(default)]
    values: Vec<f64>,
}

/// In the form that the service takes: seconds since 1970.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Request<'a> {
    metric_data_queries: Vec<serde_json::Value>,
    start_time: u64,
    end_time: u64,
    scan_by: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<&'a str>,
}

fn request(metrics: &[Metric], now: SystemTime, next_token: Option<&str>) -> String {
    let seconds =
        |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |past| past.as_secs());
    let queries = metrics.iter().enumerate().map(|(index, metric)| {
        let (name, value) = &metric.dimension;
        json!({
            "Id": format!("m{index}"),
            "MetricStat": {
                "Metric": {
                    "Namespace": metric.namespace, "MetricName": metric.name,
                    "Dimensions": [{"Name": name, "Value": value}],
                },
                "Period": PERIOD_SECONDS, "Stat": metric.statistic,
            },
        })
    });
    let request = Request {
        metric_data_queries: queries.collect(),
        start_time: seconds(now - BACK),
        end_time: seconds(now),
        scan_by: "TimestampDescending",
        next_token,
    };
    json!(request).to_string()
}

async fn call(aws: &SdkConfig, body: &str) -> Result<Page, AwsFailure> {
    let url = endpoint(aws).ok_or_else(|| AwsFailure::before("no region is known; set AWS_REGION"))?;
    let headers = signed_headers(aws, &url, body).await?;
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
    let mut operation = Operation::builder()
        .service_name("CloudWatch")
        .operation_name("GetMetricData")
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(&url)
        .no_auth()
        .retry_classifier(HttpStatusCodeClassifier::default())
        .retry_classifier(TransientErrorClassifier::<ErrorMetadata>::new());
    if let Some(client) = aws.http_client() {
        operation = operation.http_client(client);
    }
    if let Some(retry) = aws.retry_config() {
        operation = operation.standard_retry(retry);
    }
    if let Some(timeout) = aws.timeout_config() {
        operation = operation.timeout_config(timeout.clone());
    }
    let operation = operation.serializer(request).deserializer(page).build();
    operation.invoke(()).await.map_err(|error| AwsFailure::of(&error))
}

/// Where the user has put it, as for every service of the SDK, else AWS's own.
fn endpoint(aws: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id("CloudWatch")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok()?;
    let configured = aws.service_config().and_then(|config| config.load_config(key));
    if let Some(url) = configured.or_else(|| aws.endpoint_url().map(str::to_owned)) {
        return Some(url);
    }
    let region = aws.region()?.as_ref();
    let fips = if aws.use_fips() == Some(true) { "-fips" } else { "" };
    Some(format!("https://{SERVICE}{fips}.{region}.{}", domain(region)))
}

/// What the names of a region's endpoints end in.
fn domain(region: &str) -> &'static str {
    const DOMAINS: [(&str, &str); 6] = [
        ("cn-", "amazonaws.com.cn"),
        ("us-isob-", "sc2s.sgov.gov"),
        ("us-isof-", "csp.hci.ic.gov"),
        ("us-iso-", "c2s.ic.gov"),
        ("eu-isoe-", "cloud.adc-e.uk"),
        ("eusc-", "amazonaws.eu"),
    ];
    DOMAINS
        .iter()
        .find(|(prefix, _)| region.starts_with(prefix))
        .map_or("amazonaws.com", |&(_, domain)| domain)
}

async fn signed_headers(aws: &SdkConfig, url: &str, body: &str) -> Result<Vec<(String, String)>, AwsFailure> {
    let provider =
        aws.credentials_provider().ok_or_else(|| AwsFailure::before("there are no credentials"))?;
    let credentials =
        provider.provide_credentials().await.map_err(|error| AwsFailure::before(error.to_string()))?;
    let identity: Identity = credentials.into();
    let params: SigningParams<'_> = v4::SigningParams::builder()
        .identity(&identity)
        .region(aws.region().map_or("", AsRef::as_ref))
        .name(SERVICE)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| AwsFailure::before(error.to_string()))?
        .into();
    let own = [("content-type", CONTENT_TYPE), ("x-amz-target", TARGET)];
    let url = format!("{}/", url.trim_end_matches('/'));
    let (instructions, _) =
        SignableRequest::new("POST", url, own.into_iter(), SignableBody::Bytes(body.as_bytes()))
            .and_then(|request| sign(request, &params))
            .map_err(|error| AwsFailure::before(error.to_string()))?
            .into_parts();
    let (signature, _) = instructions.into_parts();
    let signature = signature.iter().map(|header| (header.name().to_owned(), header.value().to_owned()));
    Ok(own.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).chain(signature).collect())
}

fn page(response: &HttpResponse) -> Result<Page, OrchestratorError<ErrorMetadata>> {
    let body = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        return serde_json::from_slice(body).map_err(|error| OrchestratorError::response(error.into()));
    }
    Err(OrchestratorError::operation(error(body)))
}

/// The code comes as `namespace#Code` or as `Code:words`.
fn error(body: &[u8]) -> ErrorMetadata {
    let json: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| json[name].as_str().unwrap_or_default();
    let code = text("__type");
    let code = code.rsplit('#').next().unwrap_or_default().split(':').next().unwrap_or_default();
    let message = if text("message").is_empty() { text("Message") } else { text("message") };
    ErrorMetadata::builder().code(code).message(message).build()
}

#[cfg(test)]
mod tests {
    use aws_config::Region;

    use super::*;

    fn metric() -> Metric {
        Metric {
            namespace: "AWS/RDS",
            name: "CPUUtilization",
            statistic: "Average",
            dimension: ("DBInstanceIdentifier", "shop".to_owned()),
        }
    }

    #[test]
    fn a_request_asks_for_the_last_quarter_of_an_hour_newest_first() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(10_000);
        let request: serde_json::Value =
            serde_json::from_str(&request(&[metric()], now, Some("next"))).unwrap();
        assert_eq!(request["StartTime"], 9_100);
        assert_eq!(request["EndTime"], 10_000);
        assert_eq!(request["ScanBy"], "TimestampDescending");
        assert_eq!(request["NextToken"], "next");
        let stat = &request["MetricDataQueries"][0]["MetricStat"];
        assert_eq!(stat["Metric"]["Dimensions"][0]["Value"], "shop");
    }

    #[test]
    fn an_error_is_named_without_its_namespace() {
        let error = error(br#"{"__type": "com.amazonaws#AccessDeniedException", "Message": "no"}"#);
        assert_eq!((error.code(), error.message()), (Some("AccessDeniedException"), Some("no")));
        assert_eq!(super::error(b"<html>").code(), Some(""));
    }

    #[test]
    fn endpoints_are_those_of_the_partition() {
        let aws = |region: &'static str| {
            SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new(region))
                .build()
        };
        assert_eq!(
            endpoint(&aws("eu-central-1")).as_deref(),
            Some("https://monitoring.eu-central-1.amazonaws.com")
        );
        assert_eq!(
            endpoint(&aws("cn-north-1")).as_deref(),
            Some("https://monitoring.cn-north-1.amazonaws.com.cn")
        );
    }
}
