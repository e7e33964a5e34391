//! Chooses between Lambda and the command line, and builds what invocations share.

use std::panic::resume_unwind;
use std::process::ExitCode;
use std::sync::Arc;

use futures_util::FutureExt;
use lambda_runtime::{LambdaEvent, service_fn};
use rds_data_extractor::environment::Environment;
use rds_data_extractor::pipeline::Process;
use rds_data_extractor::telemetry::{self, Output};
use rds_data_extractor::{cli, handler};
use serde_json::value::RawValue;

#[tokio::main]
async fn main() -> ExitCode {
    let environment = Environment::of_process();
    if environment.get("AWS_LAMBDA_RUNTIME_API").is_none() {
        return on_a_worker(cli::run(environment)).await;
    }
    telemetry::init(&environment, Output::Stdout);
    let process = Arc::new(Process::new(environment));
    let function = service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        let process = Arc::clone(&process);
        on_a_worker(async move { handler::invoke(&process, event).boxed().await })
    });
    match lambda_runtime::run_concurrent(function).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("the Runtime API failed: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a future on a worker of the runtime. Workers wait for the sockets themselves; they would have to wake
/// the main thread each time data arrives.
async fn on_a_worker<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    match tokio::spawn(work).await {
        Ok(done) => done,
        Err(error) => resume_unwind(error.into_panic()),
    }
}
