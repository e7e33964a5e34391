//! The answer, in the shape that callers of the Java function know.

use serde_json::{Map, Value, json};

use crate::error::Error;

/// What a run that did not fail has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// One sentence.
    pub message: String,
    /// Rows in the file.
    pub records_processed: u64,
    /// `s3://bucket/key`; `None` where `onEmpty: skip` wrote nothing.
    pub s3_location: Option<String>,
    /// The path of the file; `None` where nothing was written to a file of this machine.
    pub file: Option<String>,
    /// Bytes in S3 or in the file.
    pub bytes_written: u64,
    /// Bytes of CSV before compression.
    pub bytes_uncompressed: u64,
    /// Columns of the file.
    pub columns: usize,
    /// What the caller should know although nothing failed.
    pub warnings: Vec<String>,
}

/// What an action other than an extraction has to say.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Whether all is well; the command line's exit status follows it.
    pub ok: bool,
    /// One sentence for the log.
    pub message: String,
    /// The answer's body, without the request id.
    pub body: Map<String, Value>,
}

/// What every answer says beside its outcome.
#[derive(Debug, Clone)]
pub struct Circumstances {
    /// Lambda's request id, or what stands for it.
    pub request_id: String,
    /// Seconds of the whole run.
    pub seconds: f64,
    /// Milliseconds by stage.
    pub timings: Vec<(&'static str, u64)>,
}

/// The answer of statusCode 200.
pub fn success(outcome: &Outcome, about: &Circumstances) -> Value {
    let timings: Map<_, _> = about.timings.iter().map(|(name, ms)| ((*name).to_owned(), json!(ms))).collect();
    let mut answer = json!({
        "statusCode": 200,
        "body": {
            "message": outcome.message,
            "recordsProcessed": outcome.records_processed,
            "s3Location": outcome.s3_location,
            "executionTime": format!("{:.1} seconds", about.seconds),
            "requestId": about.request_id,
            "bytesWritten": outcome.bytes_written,
            "bytesUncompressed": outcome.bytes_uncompressed,
            "columns": outcome.columns,
            "warnings": outcome.warnings,
            "timings": timings,
        },
    });
    // No field of Lambda's answer.
    if let Some(file) = &outcome.file {
        answer["body"]["file"] = json!(file);
    }
    answer
}

/// The answer of an action other than an extraction: statusCode 200, whatever was found.
pub fn report(report: &Report, request_id: &str) -> Value {
    let mut body = report.body.clone();
    body.insert("requestId".to_owned(), request_id.into());
    json!({ "statusCode": 200, "body": body })
}

/// The answer of a failure.
pub fn failure(error: &Error, request_id: &str) -> Value {
    json!({
        "statusCode": error.error_type.status_code(),
        "body": {
            "error": error.message,
            "errorType": error.error_type.as_str(),
            "stage": error.stage.as_str(),
            "hint": error.advice(),
            "retryable": error.retryable,
            "requestId": request_id,
        },
    })
}

/// The answer to SQS: the messages that shall come again.
pub fn batch(failed: &[String]) -> Value {
    let items: Vec<_> = failed.iter().map(|id| json!({ "itemIdentifier": id })).collect();
    json!({ "batchItemFailures": items })
}
