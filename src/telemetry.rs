//! What a run leaves behind: JSON lines, one EMF record, and counters that whoever watches can read.
//!
//! A line has `timestamp`, `level`, `message`, `requestId`, in a trace `traceId`, and the event's own fields; the list is in
//! docs/observability.md. Only this crate's events are
//! written: what the libraries say at debug level can hold a secret.

use std::fmt;
use std::io::Write;
use std::sync::{PoisonError, RwLock};

use chrono::{SecondsFormat, Utc};
use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::environment::Environment;

/// Lambda runs one invocation at a time in a process, so the request in hand is the process's.
static REQUEST_ID: RwLock<String> = RwLock::new(String::new());

/// Names the request that the following lines belong to.
pub fn begin_request(request_id: &str) {
    request_id.clone_into(&mut REQUEST_ID.write().unwrap_or_else(PoisonError::into_inner));
}

fn request_id() -> String {
    REQUEST_ID.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The trace of the lines that follow, where there is one.
static TRACE_ID: RwLock<Option<String>> = RwLock::new(None);

/// Names the trace that the following lines belong to, out of X-Ray's header or a W3C `traceparent`.
pub fn begin_trace(header: Option<&str>) {
    *TRACE_ID.write().unwrap_or_else(PoisonError::into_inner) = header.and_then(trace_id);
}

fn trace_id(header: &str) -> Option<String> {
    let of_xray = header.split(';').find_map(|part| part.trim().strip_prefix("Root="));
    let of_w3c = || header.split('-').nth(1).filter(|id| id.len() == 32);
    let id = of_xray.or_else(of_w3c)?;
    let is_id = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    (!id.is_empty() && id.bytes().all(is_id)).then(|| id.to_owned())
}

/// Where lines go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Lambda's log.
    Stdout,
    /// The command line's, where stdout has the response.
    Stderr,
    /// Nobody asked for a log: a person watches the command line.
    Nowhere,
}

impl Output {
    fn write(self, line: &str) {
        // A log that cannot be written is no reason to fail an extraction.
        let _ = match self {
            Self::Stdout => writeln!(std::io::stdout().lock(), "{line}"),
            Self::Stderr => writeln!(std::io::stderr().lock(), "{line}"),
            Self::Nowhere => Ok(()),
        };
    }
}

/// Writes this process's events as JSON lines, from the level of `LOG_LEVEL` or `AWS_LAMBDA_LOG_LEVEL` (`INFO`) up.
pub fn init(environment: &Environment, output: Output) {
    begin_trace(environment.get("TRACEPARENT"));
    let level = environment.get("LOG_LEVEL").or_else(|| environment.get("AWS_LAMBDA_LOG_LEVEL"));
    let level = level.and_then(|text| text.parse().ok()).unwrap_or(Level::INFO);
    let subscriber = tracing_subscriber::registry().with(JsonLines { output, level });
    // It fails where a test has set one already; that one is as good.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

struct JsonLines {
    output: Output,
    level: Level,
}

impl<S: Subscriber> Layer<S> for JsonLines {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        *metadata.level() <= self.level && metadata.target().starts_with(env!("CARGO_CRATE_NAME"))
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.output.write(&line(event));
    }
}

fn line(event: &Event<'_>) -> String {
    let mut fields = Fields(Map::new());
    fields.0.insert("timestamp".into(), Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true).into());
    fields.0.insert("level".into(), event.metadata().level().as_str().into());
    fields.0.insert("requestId".into(), request_id().into());
    if let Some(trace) = &*TRACE_ID.read().unwrap_or_else(PoisonError::into_inner) {
        fields.0.insert("traceId".into(), trace.as_str().into());
    }
    event.record(&mut fields);
    Value::Object(fields.0).to_string()
}

struct Fields(Map<String, Value>);

impl Fields {
    fn set(&mut self, field: &Field, value: Value) {
        self.0.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value.into());
    }
}

/// The figures of one run, as CloudWatch takes them out of the log (embedded metric format).
#[derive(Debug, Default)]
pub struct RunMetrics {
    /// The function's name, so that two functions of one account share no metric; none on the command line.
    pub function: Option<String>,
    /// Rows read.
    pub rows: u64,
    /// Bytes in S3; 0 after a failure.
    pub bytes: u64,
    /// Milliseconds of the whole run.
    pub milliseconds: u64,
    /// Milliseconds by stage.
    pub stages: Vec<(&'static str, u64)>,
    /// `Success`, or the `errorType`.
    pub outcome: &'static str,
}

/// Writes the run's EMF record.
pub fn write_metrics(output: Output, metrics: &RunMetrics) {
    output.write(&emf(metrics, Utc::now().timestamp_millis()).to_string());
}

fn emf(run: &RunMetrics, timestamp: i64) -> Value {
    let mut definitions = vec![
        json!({"Name": "Rows", "Unit": "Count"}),
        json!({"Name": "Bytes", "Unit": "Bytes"}),
        json!({"Name": "Duration", "Unit": "Milliseconds"}),
        json!({"Name": "Runs", "Unit": "Count"}),
    ];
    let mut record = json!({
        "requestId": request_id(), "outcome": run.outcome,
        "Rows": run.rows, "Bytes": run.bytes, "Duration": run.milliseconds, "Runs": 1,
    });
    let mut dimensions = json!([[], ["outcome"]]);
    if let Some(name) = &run.function {
        record["FunctionName"] = name.as_str().into();
        dimensions = json!([["FunctionName"], ["FunctionName", "outcome"]]);
    }
    if let Some(trace) = &*TRACE_ID.read().unwrap_or_else(PoisonError::into_inner) {
        record["traceId"] = trace.as_str().into();
    }
    for (stage, milliseconds) in &run.stages {
        let name = format!("{stage}Duration");
        definitions.push(json!({"Name": name, "Unit": "Milliseconds"}));
        record[name] = (*milliseconds).into();
    }
    record["_aws"] = json!({
        "Timestamp": timestamp,
        "CloudWatchMetrics": [{
            "Namespace": "RdsDataExtractor", "Dimensions": dimensions, "Metrics": definitions,
        }],
    });
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_named_by_x_ray_s_root_or_by_w3c_s_id() {
        let root = "1-5759e988-bd862e3fe1be46a994272793";
        assert_eq!(
            trace_id(&format!("Root={root};Parent=53995c3f42cd8ad8;Sampled=1")).as_deref(),
            Some(root)
        );
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(trace_id(&format!("00-{id}-00f067aa0ba902b7-01")).as_deref(), Some(id));
        for no_trace in ["", "Root=", "Root=\"x\"", "00-short-00f067aa0ba902b7-01"] {
            assert_eq!(trace_id(no_trace), None, "{no_trace}");
        }
    }

    #[test]
    fn the_emf_record_defines_every_metric_that_it_carries() {
        let run = RunMetrics {
            function: None,
            rows: 3,
            bytes: 4,
            milliseconds: 5,
            stages: vec![("rows", 6)],
            outcome: "Success",
        };
        let record = emf(&run, 7);
        for definition in record["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap() {
            assert!(record[definition["Name"].as_str().unwrap()].is_number(), "{definition}");
        }
        assert_eq!(record["outcome"], "Success");
        assert_eq!(record["_aws"]["Timestamp"], 7);
    }

    #[test]
    fn a_function_s_metrics_carry_its_name() {
        let run =
            RunMetrics { function: Some("orders-export".into()), outcome: "Success", ..Default::default() };
        let record = emf(&run, 7);
        let dimensions = &record["_aws"]["CloudWatchMetrics"][0]["Dimensions"];
        assert_eq!(*dimensions, json!([["FunctionName"], ["FunctionName", "outcome"]]));
        assert_eq!(record["FunctionName"], "orders-export");
    }
}
