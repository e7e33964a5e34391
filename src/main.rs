//! Chooses between Lambda and the command line, and builds what invocations share.

use std::process::ExitCode;

use lambda_runtime::{LambdaEvent, service_fn};
use rds_data_extractor::event::Environment;
use rds_data_extractor::pipeline::Shared;
use rds_data_extractor::telemetry::{self, Output};
use rds_data_extractor::{cli, handler};
use serde_json::value::RawValue;

#[tokio::main]
async fn main() -> ExitCode {
    let environment = Environment::of_process();
    if environment.get("AWS_LAMBDA_RUNTIME_API").is_none() {
        return cli::run(environment).await;
    }
    telemetry::init(&environment, Output::Stdout);
    let shared = Shared::new(environment);
    let function = service_fn(|event: LambdaEvent<Box<RawValue>>| handler::invoke(&shared, event));
    match lambda_runtime::run(function).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("the Runtime API failed: {error}");
            ExitCode::FAILURE
        }
    }
}
