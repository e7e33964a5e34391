//! Starts the function's process and hands it one event after the other.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use tokio::sync::Mutex;

use super::function::Function;
use super::invocation::{Invocation, InvokeOptions};
use super::session::{Session, Work};
use crate::http::Server;
use crate::output::Output;

#[derive(Debug)]
pub(super) struct Driver {
    pub(super) function: Function,
    pub(super) session: Mutex<Option<Session>>,
    pub(super) output: Output,
    sequence: AtomicU64,
    pub(super) invoke_api: OnceLock<Server>,
}

impl Driver {
    pub(super) fn new(function: Function) -> Self {
        Self {
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
