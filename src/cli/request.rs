//! One request from a shell.

use serde_json::Value;

use crate::error::Result;
use crate::handler::{self, Answered};
use crate::job::Request;
use crate::pipeline::{Run, Shared};
use crate::telemetry::{Output, RequestContext};

/// Does what the request asks for; its lines in the log name it, and the trace of `TRACEPARENT`.
pub(super) async fn answer(
    shared: &Shared,
    request: Request,
    run: &Run,
    output: Output,
) -> (Value, Result<Answered>) {
    let context = RequestContext::new(&run.request_id, shared.environment.get("TRACEPARENT"));
    context.run(handler::answer(shared, request, run, Vec::new(), output)).await
}
