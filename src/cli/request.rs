//! Prepares and runs the request of a command.

use std::io::IsTerminal;
use std::time::Duration;

use super::arguments::AwsArguments;
use super::event_source::{self, EventSource};
use super::interrupt::Interrupts;
use crate::answer::Answer;
use crate::aws;
use crate::environment::Environment;
use crate::error::{Error, ErrorType, Result, Stage};
use crate::form;
use crate::handler;
use crate::job::{Request, WriteOptions};
use crate::pipeline::{Process, Run};
use crate::s3::Store;
use crate::telemetry::{self, Output, RequestContext};

/// The variable by which ECS names the metadata endpoint of the task that the program runs in.
const TASK_METADATA: &str = "ECS_CONTAINER_METADATA_URI_V4";
/// The variables that name the region.
const REGION: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// When a command writes the log; an ECS task always does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Log {
    /// Only if `LOG_LEVEL` is set, since the answer says the same.
    Asked,
    /// Also if standard error is not a terminal.
    Unwatched,
}

/// A command that has begun: it can be interrupted, and has a request id.
pub(super) struct Begun {
    pub(super) run: Run,
    /// Where the log goes, and the metrics of an extraction.
    pub(super) log: Output,
    /// Whether this is a task of ECS.
    pub(super) is_task: bool,
    process: Process,
    aws: AwsArguments,
    interrupts: Interrupts,
}

impl Begun {
    /// Begins a command.
    pub(super) async fn new(
        aws: &AwsArguments,
        environment: Environment,
        timeout: Option<u64>,
        log: Log,
    ) -> Self {
        let metadata = environment.get(TASK_METADATA).map(str::to_owned);
        let is_task = metadata.is_some();
        let unwatched = log == Log::Unwatched && !std::io::stderr().is_terminal();
        let log = if unwatched || is_task || environment.get("LOG_LEVEL").is_some() {
            telemetry::init(&environment, Output::Stderr);
            Output::Stderr
        } else {
            Output::Nowhere
        };
        let interrupts = Interrupts::new(log == Output::Nowhere);
        // What is still to be read needs no cleaning up, so a signal may end the program; but it does not end the first
        // process of a container, for which nothing has been arranged.
        if is_task || std::process::id() == 1 {
            interrupts.watch();
        }
        let task = match &metadata {
            Some(uri) => aws::task(uri).await,
            None => None,
        };
        let is_unknown = is_task && task.is_none();
        let request_id = task.as_ref().map_or_else(random_id, |task| task.id.clone());
        let run = Run::by_hand(request_id, timeout.map(Duration::from_secs), interrupts.once.clone());
        let region = aws.region.clone().or_else(|| {
            // The SDK asks the variables and the profile, which come first.
            let is_given = aws.profile.is_some() || REGION.iter().any(|name| environment.get(name).is_some());
            task.filter(|_| !is_given).map(|task| task.region)
        });
        let process = Process::new(environment).with_profile(aws.profile.clone(), region);
        let begun = Self { run, log, is_task, process, aws: aws.clone(), interrupts };
        if is_unknown {
            let warn = async {
                tracing::warn!("the task's metadata gave no answer; the request id is a random one");
            };
            begun.in_context(warn).await;
        }
        begun
    }

    pub(super) fn environment(&self) -> &Environment {
        &self.process.environment
    }

    /// Refuses malformed names of AWS, before the SDK puts them into a host name or repeats them in an error.
    pub(super) fn check(&self) -> Result<()> {
        self.aws.check(self.environment())
    }

    /// Reads the event, if one is given.
    pub(super) async fn read(&self, source: Option<EventSource>) -> Result<Option<String>> {
        let Some(source) = source else { return Ok(None) };
        let read = async {
            match source {
                EventSource::Text(text) => Ok(text),
                EventSource::File(path) => event_source::of_file(path).await,
                EventSource::Object(name, url) => {
                    let store = self.store(&url.bucket, WriteOptions::default()).await?;
                    event_source::of_object(name, &url, &store).await
                }
            }
        };
        tokio::select! {
            text = read => text.map(Some),
            () = self.run.interruption() => {
                let message = "The run was interrupted before it had its event.";
                Err(Error::new(ErrorType::Cancelled, Stage::Event, message))
            }
        }
    }

    /// Returns a bucket of the operator's for small objects, written with these options.
    ///
    /// # Errors
    /// `InvalidRequest` if the names of AWS are malformed, so that AWS cannot be called.
    pub(super) async fn store(&self, bucket: &str, options: WriteOptions) -> Result<Store> {
        self.check()?;
        self.aws.check_profile(self.environment()).await?;
        // The owner is that of the operator's usual bucket.
        let is_usual = self.environment().get("S3_BUCKET_NAME") == Some(bucket);
        let owner = self.environment().get("S3_BUCKET_OWNER").filter(|_| is_usual);
        let owner = owner.and_then(|owner| form::account(owner).ok());
        Ok(Store::new(self.process.s3().await.clone(), bucket, owner, options))
    }

    /// Runs the request and returns the answer. A request that could not be read is answered with its error.
    pub(super) async fn answer(&self, request: Result<Request>) -> Answer {
        let request = match request {
            Ok(request) if request.action.calls_aws() => {
                self.aws.check_profile(self.environment()).await.map(|()| request)
            }
            request => request,
        };
        let request = match request {
            Ok(request) => request,
            Err(error) => return Answer::Failed(error).for_shell(),
        };
        self.interrupts.watch();
        let interruption = async {
            self.run.interruption().await;
            tracing::warn!("interrupted, cancelling");
            std::future::pending::<()>().await;
        };
        let answer = async {
            tokio::select! {
                // In this order: the answer may be ready at once, and the log says first that it is an interruption.
                biased;
                () = interruption => unreachable!("it never ends"),
                answer = handler::answer(&self.process, request, &self.run, Vec::new(), self.log) => answer,
            }
        };
        self.unless_twice(self.in_context(answer)).await
    }

    /// Runs `work`, which the second signal ends together with the program.
    pub(super) async fn unless_twice<T>(&self, work: impl Future<Output = T>) -> T {
        self.interrupts.clone().unless_twice(work).await
    }

    /// Runs `work`, whose log lines get the request id and the trace of `TRACEPARENT`.
    pub(super) fn in_context<T>(&self, work: impl Future<Output = T>) -> impl Future<Output = T> {
        RequestContext::new(&self.run.request_id, self.environment().get("TRACEPARENT")).run(work)
    }
}

/// Returns an id for a request that nothing else names.
pub(super) fn random_id() -> String {
    format!("{:032x}", fastrand::u128(..))
}
