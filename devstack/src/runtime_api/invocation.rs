//! What is asked of the function and what it answers.

use std::time::Duration;

use serde_json::Value;

use super::function::FunctionError;

/// One invocation and what it took.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The function's response, or the error of the invocation.
    pub result: Result<Value, FunctionError>,
    /// The request id.
    pub request_id: String,
    /// The lines the function wrote meanwhile, to standard output and standard error, and that its log level lets pass. With
    /// several invocations at a time also those of the others.
    pub logs: Vec<String>,
    /// From handing the event over to the answer.
    pub duration: Duration,
    /// From starting the process to its first poll, if this invocation started one.
    pub init: Option<Duration>,
    /// The process's peak resident set so far, in bytes; 0 when it has ended.
    pub peak_rss: u64,
    /// CPU seconds that the process spent on this invocation.
    pub cpu_seconds: f64,
}

/// How one invocation differs from the usual.
#[derive(Clone, Debug, Default)]
pub struct InvokeOptions {
    /// The time limit instead of the function's.
    pub timeout: Option<Duration>,
    /// The request id instead of a new one.
    pub request_id: Option<String>,
    /// The deadline that the function is told (milliseconds since 1970) instead of the true one.
    pub told_deadline_ms: Option<u64>,
}
