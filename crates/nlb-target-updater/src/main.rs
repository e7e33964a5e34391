//! The Lambda function.

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use nlb_target_updater::event::Watch;
use nlb_target_updater::report::{self, Context};
use nlb_target_updater::run::{Done, Updater};
use nlb_target_updater::settings::Settings;
use serde_json::Value;

/// What an invocation needs at most after it has stopped watching.
const LAST_STEP: Duration = Duration::from_secs(60);

/// What the invocations of this process share.
struct Function {
    aws: SdkConfig,
    name: String,
    /// Since when the group has not been seen as wanted.
    disagrees_since: Mutex<Option<Instant>>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let function = Arc::new(Function {
        aws: load_aws().await,
        name: std::env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default(),
        disagrees_since: Mutex::default(),
    });
    let invoked = service_fn(move |event| {
        let function = Arc::clone(&function);
        // Boxed, since the compiler's layout of the whole future is too deep otherwise.
        async move { Box::pin(function.invoke(event)).await }
    });
    match lambda_runtime::run(invoked).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the Runtime API failed: {error}");
            ExitCode::FAILURE
        }
    }
}

impl Function {
    async fn invoke(&self, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
        let done = match Settings::read(|name| std::env::var(name).ok()) {
            Ok(settings) => self.update(&event, settings).await,
            Err(failure) => Done::failed(failure),
        };
        let agrees = done.last.as_ref().is_ok_and(|seen| seen.agrees);
        let context = Context {
            function: &self.name,
            request_id: &event.context.request_id,
            now: SystemTime::now(),
            disagrees_for: self.disagrees_for(agrees),
        };
        println!("{}", report::line(&done, &context));
        match &done.last {
            Ok(seen) => Ok(report::answer(&done, seen)),
            Err(failure) => Err(failure.clone().into()),
        }
    }

    async fn update(&self, event: &LambdaEvent<Value>, settings: Settings) -> Done {
        // Lambda would end a run that watches too long before it has reported anything.
        let watch = Watch::of(&event.payload, settings.watch, SystemTime::now());
        let watch = watch.ends_by(event.context.deadline() - LAST_STEP);
        Updater::new(&self.aws, settings).run(watch).await
    }

    /// Returns for how long the group has not been seen as wanted.
    fn disagrees_for(&self, agrees: bool) -> Duration {
        let mut since = self.disagrees_since.lock().unwrap_or_else(PoisonError::into_inner);
        if agrees {
            *since = None;
        } else {
            since.get_or_insert_with(Instant::now);
        }
        since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}

/// Loads credentials, region and endpoints from the environment.
async fn load_aws() -> SdkConfig {
    let client = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .operation_attempt_timeout(Duration::from_secs(10));
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(client)
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .timeout_config(timeouts.build())
        .load()
        .await
}
