//! `GetMetricData` and `ListMetrics` of CloudWatch, by its JSON 1.0 protocol.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_smithy_types::error::ErrorMetadata;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::AwsFailure;
use super::signed::{Service, post};

/// The maximum number of metrics in one call.
const MOST: usize = 500;
/// The maximum number of figures that one call returns.
const MOST_FIGURES: usize = 100_800;
/// The maximum number of pages read for one call; CloudWatch returns all figures of a call on one or two.
const MOST_PAGES: usize = 100;
/// The maximum age of the last figure. RDS writes one every minute.
const BACK: Duration = Duration::from_secs(15 * 60);
const MINUTE: u32 = 60;
const CONTENT_TYPE: (&str, &str) = ("content-type", "application/x-amz-json-1.0");

static CLOUDWATCH: Service = Service { id: "CloudWatch", name: "monitoring", error };

/// A metric, and the statistic by which its figures of one period are aggregated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metric {
    /// The namespace, such as `AWS/RDS`.
    pub namespace: &'static str,
    /// The name, such as `CPUUtilization`.
    pub name: &'static str,
    /// The statistic: `Average`, `Maximum`, `Minimum` or `Sum`.
    pub statistic: &'static str,
    /// The names and values of the dimensions.
    pub dimensions: Vec<(&'static str, String)>,
}

/// A time range of whole periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The start of the first period, in seconds since 1970.
    pub start: u64,
    /// The length of a period in seconds.
    pub period: u32,
    /// The number of periods.
    pub periods: u32,
}

impl Window {
    /// Returns the window of the last `periods`, including the current one, which is incomplete.
    pub fn until(now: SystemTime, period: u32, periods: u32) -> Self {
        let end = (seconds(now) / u64::from(period) + 1) * u64::from(period);
        Self { start: end - u64::from(period) * u64::from(periods), period, periods }
    }

    fn end(&self) -> u64 {
        self.start + u64::from(self.period) * u64::from(self.periods)
    }
}

/// Returns the last figure of each metric in the 15 minutes before `now`, in the order of `metrics`, or
/// `None` for a metric without figures.
///
/// # Errors
/// The error that CloudWatch returned, or why it could not be reached.
pub async fn last_figures(
    aws: &SdkConfig,
    metrics: &[Metric],
    now: SystemTime,
) -> Result<Vec<Option<f64>>, AwsFailure> {
    let range = (seconds(now - BACK), seconds(now));
    let mut figures = vec![None; metrics.len()];
    for (metrics, figures) in metrics.chunks(MOST).zip(figures.chunks_mut(MOST)) {
        pages(aws, metrics, range, MINUTE, |index, series| {
            // A metric may be spread over pages; the newest value comes first.
            figures[index] = figures[index].or(series.values.first().copied());
        })
        .await?;
    }
    Ok(figures)
}

/// Returns the figures of each metric, one per period, in the order of `metrics`, and the number of calls.
///
/// # Errors
/// The error that CloudWatch returned, or why it could not be reached.
pub async fn series(
    aws: &SdkConfig,
    metrics: &[Metric],
    window: Window,
) -> Result<(Vec<Vec<Option<f64>>>, u32), AwsFailure> {
    let most = (MOST_FIGURES / window.periods.max(1) as usize).clamp(1, MOST);
    let mut all = vec![vec![None; window.periods as usize]; metrics.len()];
    let mut calls = 0;
    for (metrics, all) in metrics.chunks(most).zip(all.chunks_mut(most)) {
        calls += pages(aws, metrics, (window.start, window.end()), window.period, |index, series| {
            for (time, value) in series.timestamps.iter().zip(series.values) {
                let period =
                    (*time as u64).checked_sub(window.start).map(|past| past / u64::from(window.period));
                if let Some(figure) = period.and_then(|period| all[index].get_mut(period as usize)) {
                    *figure = Some(value);
                }
            }
        })
        .await?;
    }
    Ok((all, calls))
}

/// Reads all pages and returns the number of calls made.
async fn pages(
    aws: &SdkConfig,
    metrics: &[Metric],
    range: (u64, u64),
    period: u32,
    mut take: impl FnMut(usize, Series),
) -> Result<u32, AwsFailure> {
    let mut token = None;
    for calls in 1..=MOST_PAGES {
        let body = request(metrics, range, period, token.as_deref());
        let page: Page = call(aws, "GetMetricData", &body).await?;
        for series in page.results {
            let index = series.id.strip_prefix('m').and_then(|index| index.parse::<usize>().ok());
            if let Some(index) = index.filter(|index| *index < metrics.len()) {
                take(index, series);
            }
        }
        token = page.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(calls as u32);
        }
    }
    Err(AwsFailure::before("the answer has no end"))
}

/// Returns the dimensions of all metrics of this name that had figures in the last two weeks, and the number
/// of calls made.
///
/// # Errors
/// The error that CloudWatch returned, or why it could not be reached.
pub async fn list_metrics(
    aws: &SdkConfig,
    namespace: &str,
    name: &str,
) -> Result<(Vec<Vec<(String, String)>>, u32), AwsFailure> {
    let (mut found, mut token) = (Vec::new(), None::<String>);
    for calls in 1..=MOST_PAGES {
        let mut body = json!({"Namespace": namespace, "MetricName": name});
        if let Some(token) = token {
            body["NextToken"] = token.into();
        }
        let page: MetricsPage = call(aws, "ListMetrics", &body.to_string()).await?;
        found.extend(page.metrics.into_iter().map(|metric| {
            metric.dimensions.into_iter().map(|dimension| (dimension.name, dimension.value)).collect()
        }));
        token = page.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok((found, calls as u32));
        }
    }
    Err(AwsFailure::before("the answer has no end"))
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
    timestamps: Vec<f64>,
    #[serde(default)]
    values: Vec<f64>,
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "PascalCase")]
struct MetricsPage {
    #[serde(default)]
    metrics: Vec<Listed>,
    next_token: Option<String>,
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    #[serde(default)]
    dimensions: Vec<Dimension>,
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "PascalCase")]
struct Dimension {
    name: String,
    value: String,
}

/// The body of a `GetMetricData` request; times are in seconds since 1970.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Request<'a> {
    metric_data_queries: Vec<Value>,
    start_time: u64,
    end_time: u64,
    scan_by: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<&'a str>,
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |past| past.as_secs())
}

fn request(metrics: &[Metric], (start, end): (u64, u64), period: u32, next_token: Option<&str>) -> String {
    let queries = metrics.iter().enumerate().map(|(index, metric)| {
        let dimensions: Vec<Value> =
            metric.dimensions.iter().map(|(name, value)| json!({"Name": name, "Value": value})).collect();
        json!({
            "Id": format!("m{index}"),
            "MetricStat": {
                "Metric": {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions},
                "Period": period, "Stat": metric.statistic,
            },
        })
    });
    let request = Request {
        metric_data_queries: queries.collect(),
        start_time: start,
        end_time: end,
        scan_by: "TimestampDescending",
        next_token,
    };
    json!(request).to_string()
}

async fn call<T: serde::de::DeserializeOwned>(
    aws: &SdkConfig,
    operation: &'static str,
    body: &str,
) -> Result<T, AwsFailure> {
    let target = match operation {
        "ListMetrics" => "GraniteServiceVersion20100801.ListMetrics",
        _ => "GraniteServiceVersion20100801.GetMetricData",
    };
    let answer = post(aws, &CLOUDWATCH, operation, &[CONTENT_TYPE, ("x-amz-target", target)], body).await?;
    serde_json::from_slice(&answer).map_err(|_| AwsFailure::before("the answer could not be read"))
}

/// Reads an error response, whose code is given as `namespace#Code` or as `Code:message`.
fn error(body: &[u8]) -> ErrorMetadata {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| json[name].as_str().unwrap_or_default();
    let code = text("__type");
    let code = code.rsplit('#').next().unwrap_or_default().split(':').next().unwrap_or_default();
    let message = if text("message").is_empty() { text("Message") } else { text("message") };
    ErrorMetadata::builder().code(code).message(message).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric() -> Metric {
        Metric {
            namespace: "AWS/RDS",
            name: "CPUUtilization",
            statistic: "Average",
            dimensions: vec![("DBInstanceIdentifier", "shop".to_owned())],
        }
    }

    #[test]
    fn a_request_asks_for_the_newest_first() {
        let request: Value =
            serde_json::from_str(&request(&[metric()], (9_100, 10_000), 60, Some("next"))).unwrap();
        assert_eq!(request["StartTime"], 9_100);
        assert_eq!(request["EndTime"], 10_000);
        assert_eq!(request["ScanBy"], "TimestampDescending");
        assert_eq!(request["NextToken"], "next");
        let stat = &request["MetricDataQueries"][0]["MetricStat"];
        assert_eq!(stat["Metric"]["Dimensions"][0]["Value"], "shop");
    }

    #[test]
    fn a_window_has_whole_periods_and_includes_the_current_one() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(100_000);
        let window = Window::until(now, 1800, 48);
        assert_eq!((window.end(), window.start), (100_800, 100_800 - 86_400));
        assert_eq!(window.start % 1800, 0);
    }

    #[test]
    fn an_error_is_named_without_its_namespace() {
        let error = error(br#"{"__type": "com.amazonaws#AccessDeniedException", "Message": "no"}"#);
        assert_eq!((error.code(), error.message()), (Some("AccessDeniedException"), Some("no")));
        assert_eq!(super::error(b"<html>").code(), Some(""));
    }
}
