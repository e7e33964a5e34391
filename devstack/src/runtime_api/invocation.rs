//! Invocations of the function and their results.

use std::time::Duration;

use serde_json::Value;

use super::function::FunctionError;

/// A finished invocation.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The function's response, or the error of the invocation.
    pub result: Result<Value, FunctionError>,
    /// The request id.
    pub request_id: String,
    /// The lines that the function wrote to standard output and standard error during the invocation, and
    /// that its log level does not suppress. They include those of other invocations at the same time.
    pub logs: Vec<String>,
    /// The time from sending the event to the result.
    pub duration: Duration,
    /// The time from the start of the process to its first poll, if this invocation started the process.
    pub init: Option<Duration>,
    /// The process's peak resident set size so far in bytes, or 0 if the process has ended.
    pub peak_rss: u64,
    /// The CPU seconds that the process has used during this invocation.
    pub cpu_seconds: f64,
}

impl Invocation {
    /// Returns everything that the invocation has shown: its result, its log lines and its metrics.
    pub fn shown(&self) -> String {
        format!("{:?}\n{}", self.result, self.logs.join("\n"))
    }
}

/// The options of an invocation.
#[derive(Clone, Debug, Default)]
pub struct InvokeOptions {
    /// A time limit instead of the function's.
    pub timeout: Option<Duration>,
    /// A request id instead of a new one.
    pub request_id: Option<String>,
    /// A deadline to tell the function instead of the true one, in milliseconds since 1970.
    pub told_deadline_ms: Option<u64>,
}
