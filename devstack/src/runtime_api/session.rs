//! One process of the function and the Runtime API that serves it alone.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Result, bail};
use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request, Response};
use rustix::process::Signal;
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep_until;

use super::function::{Function, FunctionError};
use super::invocation::Invocation;
use crate::http::{Body, Server, full};
use crate::output::Output;
use crate::process::Process;

/// Lambda's limit for the start of a process, which does not count as time of the invocation.
pub(super) const INIT_LIMIT: Duration = Duration::from_secs(10);

/// Lambda's limit for a response.
const LARGEST_RESPONSE: usize = 6 * 1024 * 1024 + 100 * 1024;

/// What one invocation hands to the process.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) request_id: String,
    /// Instead of the true one.
    pub(super) told_deadline_ms: Option<u64>,
    pub(super) arn: String,
    pub(super) event: Bytes,
}

/// Work and the deadline that it is told.
type Poll = oneshot::Sender<(Work, u64)>;

#[derive(Debug)]
enum Message {
    /// `GET invocation/next`, answered through the sender.
    Poll(Poll),
    Response(String, Bytes),
    Error(String, FunctionError),
    InitError(FunctionError),
}

#[derive(Debug)]
pub(super) struct Session {
    process: Process,
    messages: mpsc::UnboundedReceiver<Message>,
    poll: Option<Poll>,
    started: Instant,
    output: Output,
    lines_seen: usize,
    _server: Server,
}

impl Session {
    pub(super) async fn start(function: &Function, output: &Output) -> Result<Self> {
        let (sender, messages) = mpsc::unbounded_channel();
        let sender = Arc::new(sender);
        let server = Server::start(0, move |request| {
            let sender = Arc::clone(&sender);
            async move { answer(&sender, request).await }
        })
        .await?;
        if !function.bootstrap.exists() {
            bail!("no function at {}: build it first", function.bootstrap.display());
        }
        let mut command = Command::new(&function.bootstrap);
        command.env_clear().envs(lambda_environment(function)).envs(function.env.iter().cloned());
        command.env("AWS_LAMBDA_RUNTIME_API", server.address.to_string());
        let lines_seen = output.count();
        let started = Instant::now();
        let process = Process::start_into(&mut command, Signal::KILL, output)?;
        Ok(Self {
            process,
            messages,
            poll: None,
            started,
            output: output.clone(),
            lines_seen,
            _server: server,
        })
    }

    pub(super) fn pid(&self) -> u32 {
        self.process.pid()
    }

    pub(super) fn is_alive(&self) -> bool {
        !self.process.has_exited()
    }

    /// Waits until the process asks for work; gives the time since its start.
    pub(super) async fn wait_for_poll(&mut self, limit: Duration) -> Result<Duration, FunctionError> {
        let exited = self.process.exited();
        tokio::pin!(exited);
        let deadline = tokio::time::Instant::now() + limit;
        while self.poll.is_none() {
            tokio::select! {
                biased;
                message = self.messages.recv() => match message {
                    Some(Message::Poll(poll)) => self.poll = Some(poll),
                    Some(Message::InitError(error)) => return Err(error),
                    _ => {}
                },
                () = &mut exited => return Err(self.exit_error()),
                () = sleep_until(deadline) => return Err(timed_out(limit)),
            }
        }
        Ok(self.started.elapsed())
    }

    /// Runs one invocation, and says whether the process can take another.
    pub(super) async fn run(&mut self, work: Work, limit: Duration) -> (Invocation, bool) {
        let request_id = work.request_id.clone();
        let cold = self.poll.is_none();
        let init = match self.wait_for_poll(INIT_LIMIT).await {
            Ok(init) => cold.then_some(init),
            Err(error) => {
                let invocation = self.finish(request_id, Err(error), Duration::ZERO, None, 0.0);
                return (invocation, false);
            }
        };
        let cpu_before = self.process.cpu_seconds();
        let start = Instant::now();
        let deadline = tokio::time::Instant::now() + limit;
        let deadline_ms = work.told_deadline_ms.unwrap_or_else(|| since_1970(SystemTime::now() + limit));
        let handed_over = self.poll.take().is_some_and(|poll| poll.send((work, deadline_ms)).is_ok());
        let result =
            if handed_over { self.wait_for_result(&request_id, deadline, limit).await } else { None };
        let duration = start.elapsed();
        let Some(result) = result else {
            let error = if self.process.has_exited() { self.exit_error() } else { timed_out(limit) };
            let cpu = self.process.cpu_seconds() - cpu_before;
            self.output.push(format!("REPORT RequestId: {request_id} Error: {}", error.error_message));
            return (self.finish(request_id, Err(error), duration, init, cpu.max(0.0)), false);
        };
        // Lambda freezes the process when it polls again; what it still does before belongs to this invocation.
        let remaining = deadline.duration_since(tokio::time::Instant::now());
        let survives = self.wait_for_poll(remaining.max(Duration::from_millis(100))).await.is_ok();
        let cpu = self.process.cpu_seconds() - cpu_before;
        (self.finish(request_id, result, duration, init, cpu.max(0.0)), survives)
    }

    /// `None` when the time is up or the process has ended.
    async fn wait_for_result(
        &mut self,
        request_id: &str,
        deadline: tokio::time::Instant,
        limit: Duration,
    ) -> Option<Result<serde_json::Value, FunctionError>> {
        let exited = self.process.exited();
        tokio::pin!(exited);
        loop {
            tokio::select! {
                biased;
                message = self.messages.recv() => match message? {
                    Message::Response(id, body) if id == request_id => return Some(parse(&body)),
                    Message::Error(id, error) if id == request_id => return Some(Err(error)),
                    Message::InitError(error) => return Some(Err(error)),
                    Message::Poll(poll) => self.poll = Some(poll),
                    _ => {}
                },
                () = &mut exited => return None,
                () = sleep_until(deadline) => {
                    self.output.push(format!("{request_id} Task timed out after {:.2} seconds", limit.as_secs_f64()));
                    return None;
                }
            }
        }
    }

    fn finish(
        &mut self,
        request_id: String,
        result: Result<serde_json::Value, FunctionError>,
        duration: Duration,
        init: Option<Duration>,
        cpu_seconds: f64,
    ) -> Invocation {
        let logs = self.output.lines_from(self.lines_seen);
        self.lines_seen += logs.len();
        Invocation {
            result,
            request_id,
            logs,
            duration,
            init,
            peak_rss: self.process.peak_rss(),
            cpu_seconds,
        }
    }

    fn exit_error(&mut self) -> FunctionError {
        let error_message = format!("Error: Runtime exited with error: {}", self.process.describe_exit());
        FunctionError { error_type: "Runtime.ExitError".into(), error_message }
    }
}

fn since_1970(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64
}

fn timed_out(limit: Duration) -> FunctionError {
    let error_message = format!("Error: Task timed out after {:.2} seconds", limit.as_secs_f64());
    FunctionError { error_type: "Sandbox.Timedout".into(), error_message }
}

fn parse(body: &[u8]) -> Result<serde_json::Value, FunctionError> {
    if body.len() > LARGEST_RESPONSE {
        let error_message = format!("Response payload size ({} bytes) exceeded maximum allowed", body.len());
        return Err(FunctionError { error_type: "Function.ResponseSizeTooLarge".into(), error_message });
    }
    serde_json::from_slice(body).map_err(|error| FunctionError {
        error_type: "Function.InvalidResponse".into(),
        error_message: format!("the response is not JSON: {error}"),
    })
}

/// The Runtime API itself.
async fn answer(
    messages: &mpsc::UnboundedSender<Message>,
    request: Request<Incoming>,
) -> Result<Response<Body>> {
    const ROOT: &str = "/2018-06-01/runtime/";
    let path = request.uri().path().to_owned();
    let parts: Vec<&str> = path.strip_prefix(ROOT).unwrap_or_default().split('/').collect();
    let method = request.method().clone();
    match (method, parts.as_slice()) {
        (Method::GET, ["invocation", "next"]) => {
            let (sender, receiver) = oneshot::channel();
            messages.send(Message::Poll(sender))?;
            let (work, deadline_ms) = receiver.await?;
            Ok(Response::builder()
                .header("Content-Type", "application/json")
                .header("Lambda-Runtime-Aws-Request-Id", &work.request_id)
                .header("Lambda-Runtime-Deadline-Ms", deadline_ms)
                .header("Lambda-Runtime-Invoked-Function-Arn", &work.arn)
                .header("Lambda-Runtime-Trace-Id", trace_id(deadline_ms))
                .body(full(work.event))?)
        }
        (Method::POST, ["invocation", id, "response"]) => {
            let id = (*id).to_owned();
            let body = request.into_body().collect().await?.to_bytes();
            messages.send(Message::Response(id, body))?;
            accepted()
        }
        (Method::POST, ["invocation", id, "error"]) => {
            let id = (*id).to_owned();
            messages.send(Message::Error(id, error(request).await?))?;
            accepted()
        }
        (Method::POST, ["init", "error"]) => {
            messages.send(Message::InitError(error(request).await?))?;
            accepted()
        }
        _ => Ok(Response::builder().status(404).body(full("{}"))?),
    }
}

async fn error(request: Request<Incoming>) -> Result<FunctionError> {
    let body = request.into_body().collect().await?.to_bytes();
    Ok(serde_json::from_slice(&body).unwrap_or_else(|_| FunctionError {
        error_message: String::from_utf8_lossy(&body).into_owned(),
        ..FunctionError::default()
    }))
}

fn accepted() -> Result<Response<Body>> {
    Ok(Response::builder()
        .status(202)
        .header("Content-Type", "application/json")
        .body(full(r#"{"status":"OK"}"#))?)
}

fn trace_id(number: u64) -> String {
    format!("Root=1-{:08x}-{number:024x};Parent={number:016x};Sampled=0", number / 1000)
}

/// What Lambda sets for every function.
fn lambda_environment(function: &Function) -> Vec<(&'static str, String)> {
    let folder = function.bootstrap.parent().unwrap_or(&function.bootstrap).display().to_string();
    vec![
        ("_HANDLER", "bootstrap".into()),
        ("AWS_DEFAULT_REGION", function.region().into()),
        ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023".into()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory_mb.to_string()),
        ("AWS_LAMBDA_FUNCTION_NAME", function.name.clone()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".into()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".into()),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON".into()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", function.name)),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "devstack/[$LATEST]0".into()),
        ("AWS_REGION", function.region().into()),
        ("LAMBDA_RUNTIME_DIR", "/var/runtime".into()),
        ("LAMBDA_TASK_ROOT", folder),
        ("LANG", "en_US.UTF-8".into()),
        ("PATH", "/usr/local/bin:/usr/bin:/bin".into()),
        ("TZ", ":UTC".into()),
    ]
}
