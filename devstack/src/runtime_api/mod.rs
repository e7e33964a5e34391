//! A Lambda Runtime API of our own: it starts the real `bootstrap` and drives it as Lambda does.

mod invoke_api;
mod session;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::background;
use crate::http::Server;
use crate::output::Output;
use session::{INIT_LIMIT, Session, Work};

/// A function as it would be configured in Lambda.
#[derive(Clone, Debug)]
pub struct Function {
    /// The executable that Lambda would start as `bootstrap`.
    pub bootstrap: PathBuf,
    /// The function's name.
    pub name: String,
    /// The memory setting in MB, told to the function only.
    pub memory_mb: u32,
    /// The time limit of an invocation that names none itself.
    pub timeout: Duration,
    /// The function's environment, beside what Lambda sets. Nothing else is passed on.
    pub env: Vec<(String, String)>,
}

impl Function {
    /// A function of 512 MB and 60 seconds.
    pub fn new(bootstrap: impl Into<PathBuf>) -> Self {
        Self {
            bootstrap: bootstrap.into(),
            name: "rds-data-extractor".into(),
            memory_mb: 512,
            timeout: Duration::from_mins(1),
            env: Vec::new(),
        }
    }

    /// Sets variables of the function's environment; a later one wins.
    #[must_use]
    pub fn env(
        mut self,
        variables: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Self {
        self.env.extend(variables.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }
}

/// The error of an invocation, in Lambda's form.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub struct FunctionError {
    /// The error's type, such as `Sandbox.Timedout` or one of the function's own.
    pub error_type: String,
    /// The error in words.
    pub error_message: String,
}

impl Default for FunctionError {
    fn default() -> Self {
        Self { error_type: "Unhandled".into(), error_message: String::new() }
    }
}

/// One invocation and what it took.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The function's response, or the error of the invocation.
    pub result: Result<Value, FunctionError>,
    /// The request id.
    pub request_id: String,
    /// The lines the function wrote meanwhile, to standard output and standard error.
    pub logs: Vec<String>,
    /// From handing the event over to the answer.
    pub duration: Duration,
    /// From starting the process to its first poll, if this invocation started one.
    pub init: Option<Duration>,
    /// The process's peak resident set so far, in bytes; 0 when it has ended.
    pub peak_rss: u64,
    /// CPU seconds that the process spent on this invocation.
    pub cpu_seconds: f64,
}

/// How one invocation differs from the usual.
#[derive(Clone, Debug, Default)]
pub struct InvokeOptions {
    /// The time limit instead of the function's.
    pub timeout: Option<Duration>,
    /// The request id instead of a new one.
    pub request_id: Option<String>,
    /// The deadline that the function is told (milliseconds since 1970) instead of the true one.
    pub told_deadline_ms: Option<u64>,
}

/// A Runtime API with one function behind it. Dropping it ends the function's process.
#[derive(Clone, Debug)]
pub struct RuntimeApi {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    function: Function,
    session: Mutex<Option<Session>>,
    output: Output,
    sequence: AtomicU64,
    invoke_api: std::sync::OnceLock<Server>,
}

impl RuntimeApi {
    /// Serves the Invoke API for this function; its process is started by the first invocation.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(function: Function) -> Result<Self> {
        Self::start_on(function, 0).await
    }

    /// The same with the Invoke API on a port of the caller's choice.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start_on(function: Function, port: u16) -> Result<Self> {
        let inner = Arc::new(Inner {
            function,
            session: Mutex::new(None),
            output: Output::default(),
            sequence: AtomicU64::new(1),
            invoke_api: std::sync::OnceLock::new(),
        });
        // Weak: the server is a part of what it serves.
        let server = invoke_api::serve(Arc::downgrade(&inner), port).await?;
        inner.invoke_api.get_or_init(|| server);
        Ok(Self { inner })
    }

    /// The endpoint for `aws lambda invoke --endpoint-url`.
    pub fn invoke_url(&self) -> String {
        self.inner.invoke_api.get().map(|server| format!("http://{}", server.address)).unwrap_or_default()
    }

    /// The function's configuration.
    pub fn function(&self) -> &Function {
        &self.inner.function
    }

    /// Everything that the function's processes have written.
    pub fn output(&self) -> &Output {
        &self.inner.output
    }

    /// Invokes the function with a JSON event (text or [`Value`]), one invocation at a time. The process is
    /// started when there is none; it is killed when the time is up, as Lambda does.
    ///
    /// # Errors
    /// When the process cannot be started. An error of the function is in [`Invocation::result`].
    pub async fn invoke(&self, event: impl ToString, timeout: Duration) -> Result<Invocation> {
        self.invoke_with(event, InvokeOptions { timeout: Some(timeout), ..InvokeOptions::default() }).await
    }

    /// The same with options.
    ///
    /// # Errors
    /// When the process cannot be started.
    pub async fn invoke_with(&self, event: impl ToString, options: InvokeOptions) -> Result<Invocation> {
        let (inner, event) = (Arc::clone(&self.inner), event.to_string());
        background::run(async move { inner.invoke(event.into(), options).await }).await
    }

    /// Starts the function's process if there is none, and gives the time from its start to its first poll.
    ///
    /// # Errors
    /// When the process cannot be started, or ends before it polls.
    pub async fn warm_up(&self) -> Result<Duration> {
        let inner = Arc::clone(&self.inner);
        background::run(async move {
            let mut slot = inner.session.lock().await;
            let mut session = Session::start(&inner.function, &inner.output).await?;
            let init = session.wait_for_poll(INIT_LIMIT).await;
            *slot = Some(session);
            init.map_err(|error| anyhow::anyhow!("{}: {}", error.error_type, error.error_message))
        })
        .await
    }

    /// The id of the function's process, if one is there and no invocation is under way.
    pub fn pid(&self) -> Option<u32> {
        self.inner.session.try_lock().ok()?.as_ref().map(Session::pid)
    }

    /// Ends the function's process; the next invocation starts cold. Waits for an invocation under way.
    pub async fn restart(&self) {
        *self.inner.session.lock().await = None;
    }
}

impl Inner {
    async fn invoke(&self, event: hyper::body::Bytes, options: InvokeOptions) -> Result<Invocation> {
        let mut slot = self.session.lock().await;
        let mut session = match slot.take().filter(Session::is_alive) {
            Some(session) => session,
            None => Session::start(&self.function, &self.output).await?,
        };
        let timeout = options.timeout.unwrap_or(self.function.timeout);
        let request_id = options.request_id.unwrap_or_else(|| self.request_id());
        let work = Work {
            request_id,
            told_deadline_ms: options.told_deadline_ms,
            arn: format!(
                "arn:aws:lambda:{}:111111111111:function:{}",
                self.function.region(),
                self.function.name
            ),
            event,
        };
        let (invocation, survives) = session.run(work, timeout).await;
        if survives {
            *slot = Some(session);
        }
        Ok(invocation)
    }

    /// A version 4 UUID in form; unique within this run, which is what it is for.
    fn request_id(&self) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as u64;
        let number = self.sequence.fetch_add(1, Ordering::Relaxed);
        let node = u64::from(std::process::id()) << 20 | (number & 0xF_FFFF);
        format!("{:08x}-{:04x}-4{:03x}-8000-{:012x}", now >> 32, now >> 16 & 0xFFFF, now & 0xFFF, node)
    }
}

impl Function {
    fn region(&self) -> &str {
        let set =
            self.env.iter().rev().find(|(name, _)| name == "AWS_REGION" || name == "AWS_DEFAULT_REGION");
        set.map_or("eu-central-1", |(_, region)| region)
    }
}
