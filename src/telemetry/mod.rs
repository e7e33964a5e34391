//! What a run leaves behind: JSON lines and one EMF record.
//!
//! A line has `timestamp`, `level`, `message`, `requestId`, in a trace `traceId`, and the event's own fields; the list is in
//! docs/observability.md. Only this crate's events are
//! written: what the libraries say at debug level can hold a secret.

mod level;
mod lines;
mod metrics;
mod output;
mod request;

use tracing_subscriber::layer::SubscriberExt;

use crate::environment::Environment;
pub use level::level_of_metrics;
pub use metrics::{RunMetrics, write_metrics};
pub use output::Output;
pub use request::{RequestContext, for_current, spawn, trace_header};

/// Writes this process's events as JSON lines, from the level of `LOG_LEVEL` or `AWS_LAMBDA_LOG_LEVEL` (`INFO`) up.
pub fn init(environment: &Environment, output: Output) {
    let layer = lines::JsonLines { output, level: level::of_lines(environment) };
    // It fails where a test has set one already; that one is as good.
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer));
}
