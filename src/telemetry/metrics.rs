//! The metrics of one run, in CloudWatch's embedded metric format.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::lines::rfc_3339;
use super::output::Output;
use super::request::RequestContext;

/// The metrics of one run, which CloudWatch extracts from the log (embedded metric format).
#[derive(Debug, Default)]
pub struct RunMetrics {
    /// The function's name, so that the functions of an account share no metrics; `None` on the command line.
    pub function: Option<String>,
    /// The number of rows read.
    pub rows: u64,
    /// The number of bytes in S3; 0 after a failure.
    pub bytes: u64,
    /// Milliseconds of the whole run.
    pub milliseconds: u64,
    /// Milliseconds by stage.
    pub stages: Vec<(&'static str, u64)>,
    /// The number of readers, if there are several.
    pub readers: usize,
    /// Of an incremental export: for how many seconds a running transaction has kept the window from moving, and how many
    /// transaction ids it holds back.
    pub window: Option<(u64, u64)>,
    /// `Success`, or the `errorType`.
    pub outcome: &'static str,
    /// Lambda's application log level, which the record needs in order to be kept; see
    /// [`level_of_metrics`](super::level_of_metrics).
    pub level: &'static str,
}

/// Writes the run's EMF record.
pub fn write_metrics(output: Output, metrics: &RunMetrics) {
    let record = emf(metrics, RequestContext::current().as_ref(), Utc::now());
    output.write(&record.to_string());
}

fn emf(run: &RunMetrics, request: Option<&RequestContext>, now: DateTime<Utc>) -> Value {
    let mut definitions = vec![
        json!({"Name": "Rows", "Unit": "Count"}),
        json!({"Name": "Bytes", "Unit": "Bytes"}),
        json!({"Name": "Duration", "Unit": "Milliseconds"}),
        json!({"Name": "Runs", "Unit": "Count"}),
    ];
    let mut record = json!({
        "timestamp": rfc_3339(now), "level": run.level, "outcome": run.outcome,
        "Rows": run.rows, "Bytes": run.bytes, "Duration": run.milliseconds, "Runs": 1,
    });
    let mut dimensions = json!([[], ["outcome"]]);
    if run.readers > 0 {
        definitions.push(json!({"Name": "Readers", "Unit": "Count"}));
        record["Readers"] = run.readers.into();
    }
    if let Some((age, held_back)) = run.window {
        definitions.push(json!({"Name": "WindowAgeSeconds", "Unit": "Seconds"}));
        definitions.push(json!({"Name": "HeldBackTransactions", "Unit": "Count"}));
        record["WindowAgeSeconds"] = age.into();
        record["HeldBackTransactions"] = held_back.into();
    }
    if let Some(name) = &run.function {
        record["FunctionName"] = name.as_str().into();
        dimensions = json!([["FunctionName"], ["FunctionName", "outcome"]]);
    }
    if let Some(request) = request {
        record["requestId"] = request.request_id().into();
        if let Some(trace) = request.trace_id() {
            record["traceId"] = trace.into();
        }
    }
    for (stage, milliseconds) in &run.stages {
        let name = format!("{stage}Duration");
        definitions.push(json!({"Name": name, "Unit": "Milliseconds"}));
        record[name] = (*milliseconds).into();
    }
    record["_aws"] = json!({
        "Timestamp": now.timestamp_millis(),
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
    fn the_emf_record_defines_every_metric_that_it_carries() {
        let run = RunMetrics {
            function: None,
            rows: 3,
            bytes: 4,
            milliseconds: 5,
            stages: vec![("rows", 6)],
            readers: 2,
            window: Some((7, 8)),
            outcome: "Success",
            level: "WARN",
        };
        let record = emf(&run, Some(&RequestContext::new("r", None)), DateTime::UNIX_EPOCH);
        for definition in record["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap() {
            assert!(record[definition["Name"].as_str().unwrap()].is_number(), "{definition}");
        }
        assert_eq!((&record["outcome"], &record["requestId"]), (&json!("Success"), &json!("r")));
        assert_eq!(record["_aws"]["Timestamp"], 0);
        assert_eq!(
            (&record["timestamp"], &record["level"]),
            (&json!("1970-01-01T00:00:00.000Z"), &json!("WARN"))
        );
    }

    #[test]
    fn a_function_s_metrics_carry_its_name() {
        let run =
            RunMetrics { function: Some("orders-export".into()), outcome: "Success", ..Default::default() };
        let record = emf(&run, None, DateTime::UNIX_EPOCH);
        let dimensions = &record["_aws"]["CloudWatchMetrics"][0]["Dimensions"];
        assert_eq!(*dimensions, json!([["FunctionName"], ["FunctionName", "outcome"]]));
        assert_eq!(record["FunctionName"], "orders-export");
    }
}
