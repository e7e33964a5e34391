//! The log and the metrics of a run: JSON lines and one EMF record.
//!
//! A line has `timestamp`, `level`, `message`, `requestId`, in a trace `traceId`, and the event's own fields;
//! docs/observability.md lists them. Only this crate's events are written, since those of libraries can hold
//! a secret at debug level.

mod level;
mod lines;
mod metrics;
mod output;
mod request;

use tracing_subscriber::layer::SubscriberExt;

use crate::environment::Environment;
pub(crate) use level::level_of_metrics;
pub(crate) use metrics::{RunMetrics, write_metrics};
pub use output::Output;
pub(crate) use request::{RequestContext, for_current, spawn, trace_header};

/// Writes this process's events as JSON lines, from the level of `LOG_LEVEL` or `AWS_LAMBDA_LOG_LEVEL`
/// upwards (`INFO` by default).
pub fn init(environment: &Environment, output: Output) {
    let layer = lines::JsonLines { output, level: level::of_lines(environment) };
    // This fails if a test has already set a subscriber, which is just as good.
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer));
}
