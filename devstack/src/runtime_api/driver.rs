//! Starts the function's process and invokes it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, anyhow};
use tokio::sync::{Mutex, Semaphore};

use super::function::Function;
use super::invocation::{Invocation, InvokeOptions};
use super::session::{INIT_LIMIT, InvocationRequest, Session};
use crate::http::Server;
use crate::output::Output;

#[derive(Debug)]
pub(super) struct Driver {
    pub(super) function: Function,
    session: Mutex<Option<Arc<Session>>>,
    /// One permit for each invocation that the process may have at a time.
    free: Semaphore,
    pub(super) output: Output,
    sequence: AtomicU64,
    pub(super) invoke_api: OnceLock<Server>,
}

impl Driver {
    pub(super) fn new(function: Function) -> Self {
        Self {
            free: Semaphore::new(function.concurrency),
            function,
            session: Mutex::new(None),
            output: Output::default(),
            sequence: AtomicU64::new(1),
            invoke_api: OnceLock::new(),
        }
    }

    pub(super) async fn invoke(
        &self,
        event: hyper::body::Bytes,
        options: InvokeOptions,
    ) -> Result<Invocation> {
        let _free = self.free.acquire().await?;
        let session = self.session().await?;
        let request = InvocationRequest {
            request_id: options.request_id.unwrap_or_else(|| self.request_id()),
            told_deadline_ms: options.told_deadline_ms,
            arn: format!(
                "arn:aws:lambda:{}:111111111111:function:{}",
                self.function.region(),
                self.function.name
            ),
            event,
            limit: options.timeout.unwrap_or(self.function.timeout),
        };
        let (invocation, survives) = session.run(request).await;
        if !survives {
            let mut slot = self.session.lock().await;
            if slot.as_ref().is_some_and(|current| Arc::ptr_eq(current, &session)) {
                *slot = None;
            }
        }
        Ok(invocation)
    }

    /// Returns the session of the running process, or starts a new one.
    async fn session(&self) -> Result<Arc<Session>> {
        let mut slot = self.session.lock().await;
        if let Some(session) = slot.as_ref().filter(|session| session.is_alive()) {
            return Ok(Arc::clone(session));
        }
        *slot = None;
        let session = Session::start(&self.function, &self.output).await?;
        Ok(Arc::clone(slot.insert(Arc::new(session))))
    }

    /// Starts the process if it is not running. Returns the time from its start to its first poll.
    pub(super) async fn warm_up(&self) -> Result<Duration> {
        let init = self.session().await?.ready(INIT_LIMIT).await;
        let init = init.map_err(|error| anyhow!("{}: {}", error.error_type, error.error_message))?;
        Ok(init.unwrap_or_default())
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.session.try_lock().ok()?.as_ref().map(|session| session.pid())
    }

    /// Stops the process as soon as no invocation is running.
    pub(super) async fn restart(&self) {
        let all = self.function.concurrency as u32;
        let _none_under_way = self.free.acquire_many(all).await;
        *self.session.lock().await = None;
    }

    /// Returns a request id in the form of a version 4 UUID, which is unique within this run.
    fn request_id(&self) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as u64;
        let number = self.sequence.fetch_add(1, Ordering::Relaxed);
        let node = u64::from(std::process::id()) << 20 | (number & 0xF_FFFF);
        format!("{:08x}-{:04x}-4{:03x}-8000-{:012x}", now >> 32, now >> 16 & 0xFFFF, now & 0xFFF, node)
    }
}
