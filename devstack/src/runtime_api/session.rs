//! A process of the function, with a Runtime API of its own.

use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail};
use hyper::body::Bytes;
use rustix::process::Signal;
use tokio::time::{sleep, timeout};

use super::dispatcher::{Answer, Dispatcher, Work};
use super::function::{Function, FunctionError};
use super::invocation::Invocation;
use super::log_filter::LogFilter;
use super::runtime::serve;
use crate::http::Server;
use crate::output::Output;
use crate::process::Process;

/// Lambda's time limit for the start of a process, which is not part of the invocation's time.
pub(super) const INIT_LIMIT: Duration = Duration::from_secs(10);

/// The request of an invocation.
#[derive(Debug)]
pub(super) struct InvocationRequest {
    pub(super) request_id: String,
    /// The deadline to tell the function instead of the true one.
    pub(super) told_deadline_ms: Option<u64>,
    pub(super) arn: String,
    pub(super) event: Bytes,
    pub(super) limit: Duration,
}

#[derive(Debug)]
pub(super) struct Session {
    process: Mutex<Process>,
    dispatcher: Arc<Dispatcher>,
    /// Whether no caller has waited for the first poll yet.
    cold: AtomicBool,
    started: Instant,
    output: Output,
    lines_seen: AtomicUsize,
    filter: LogFilter,
    /// Whether the process handles several invocations at a time. Lambda does not kill it then when one is
    /// late.
    concurrent: bool,
    _server: Server,
}

impl Session {
    pub(super) async fn start(function: &Function, output: &Output) -> Result<Self> {
        let dispatcher = Arc::<Dispatcher>::default();
        let server = serve(&dispatcher).await?;
        if !function.bootstrap.exists() {
            bail!("no function at {}: build it first", function.bootstrap.display());
        }
        let mut command = Command::new(&function.bootstrap);
        command.env_clear().envs(function.environment());
        command.env("AWS_LAMBDA_RUNTIME_API", server.address.to_string());
        let lines_seen = AtomicUsize::new(output.count());
        let started = Instant::now();
        let process = Process::start_into(&mut command, Signal::KILL, output)?;
        Ok(Self {
            process: Mutex::new(process),
            dispatcher,
            cold: AtomicBool::new(true),
            started,
            output: output.clone(),
            lines_seen,
            filter: LogFilter::new(function),
            concurrent: function.concurrency > 1,
            _server: server,
        })
    }

    pub(super) fn pid(&self) -> u32 {
        self.process(|process| process.pid())
    }

    pub(super) fn is_alive(&self) -> bool {
        !self.process(|process| process.has_exited())
    }

    /// Waits until the process asks for work. The first call returns the time since the start of the process.
    pub(super) async fn ready(&self, limit: Duration) -> Result<Option<Duration>, FunctionError> {
        let cold = self.cold.swap(false, Ordering::Relaxed);
        let exited = self.process(|process| process.exited());
        tokio::select! {
            biased;
            polled = self.dispatcher.polled() => polled?,
            () = exited => return Err(self.exit_error()),
            () = sleep(limit) => return Err(timed_out(limit)),
        }
        Ok(cold.then(|| self.started.elapsed()))
    }

    /// Runs an invocation. Returns also whether the process can handle another one.
    pub(super) async fn run(&self, request: InvocationRequest) -> (Invocation, bool) {
        let InvocationRequest { request_id, limit, .. } = &request;
        let (request_id, limit) = (request_id.clone(), *limit);
        let first_line = self.lines_seen.load(Ordering::Relaxed);
        let mut measured = Measurements { request_id, first_line, ..Measurements::default() };
        measured.init = match self.ready(INIT_LIMIT).await {
            Ok(init) => init,
            Err(error) => return (self.finish(measured, Err(error)), false),
        };
        let cpu_before = self.process(|process| process.cpu_seconds());
        let start = Instant::now();
        let deadline_ms = request.told_deadline_ms.unwrap_or_else(|| since_1970(SystemTime::now() + limit));
        let InvocationRequest { request_id, arn, event, .. } = request;
        let exited = self.process(|process| process.exited());
        let result = tokio::select! {
            biased;
            answer = self.dispatcher.dispatch(Work { request_id, deadline_ms, arn, event }) => Some(answer),
            () = exited => None,
            () = sleep(limit) => {
                let seconds = limit.as_secs_f64();
                self.say(format!("{} Task timed out after {seconds:.2} seconds", measured.request_id));
                None
            }
        };
        measured.duration = start.elapsed();
        let (result, survives) = match result {
            Some(result) if self.concurrent => (result, self.is_alive()),
            // Lambda freezes the process when it polls again. What it does until then belongs to this
            // invocation.
            Some(result) => {
                let remaining = limit.saturating_sub(measured.duration).max(Duration::from_millis(100));
                (result, matches!(timeout(remaining, self.ready(remaining)).await, Ok(Ok(_))))
            }
            None => {
                let alive = self.is_alive();
                let error = if alive { timed_out(limit) } else { self.exit_error() };
                self.say(format!("REPORT RequestId: {} Error: {}", measured.request_id, error.error_message));
                (Err(error), alive && self.concurrent)
            }
        };
        measured.cpu_seconds = (self.process(|process| process.cpu_seconds()) - cpu_before).max(0.0);
        (self.finish(measured, result), survives)
    }

    /// Logs a line of Lambda itself.
    fn say(&self, line: String) {
        self.filter.is_of_lambda(&line);
        self.output.push(line);
    }

    fn finish(&self, measured: Measurements, result: Answer) -> Invocation {
        let written = self.output.lines_from(measured.first_line);
        self.lines_seen.fetch_max(measured.first_line + written.len(), Ordering::Relaxed);
        Invocation {
            result,
            request_id: measured.request_id,
            logs: written.into_iter().filter(|line| self.filter.passes(line)).collect(),
            duration: measured.duration,
            init: measured.init,
            peak_rss: self.process(|process| process.peak_rss()),
            cpu_seconds: measured.cpu_seconds,
        }
    }

    fn exit_error(&self) -> FunctionError {
        let exit = self.process(Process::describe_exit);
        let error_message = format!("Error: Runtime exited with error: {exit}");
        FunctionError { error_type: "Runtime.ExitError".into(), error_message }
    }

    fn process<T>(&self, work: impl FnOnce(&mut Process) -> T) -> T {
        work(&mut self.process.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The measurements of an invocation.
#[derive(Default)]
struct Measurements {
    request_id: String,
    first_line: usize,
    init: Option<Duration>,
    duration: Duration,
    cpu_seconds: f64,
}

fn since_1970(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64
}

fn timed_out(limit: Duration) -> FunctionError {
    let error_message = format!("Error: Task timed out after {:.2} seconds", limit.as_secs_f64());
    FunctionError { error_type: "Sandbox.Timedout".into(), error_message }
}
