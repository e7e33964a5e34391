//! The tokio runtime of everything that devstack serves. It lives as long as the process, so that servers and
//! connections that several tests share do not end with the runtime of the test that created them.

use std::sync::OnceLock;

use anyhow::{Context, Result};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("devstack")
            .enable_all()
            .build()
            .expect("a tokio runtime can be built")
    })
}

/// Runs a future in the background. It continues when the caller is dropped.
pub(crate) fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    runtime().spawn(future)
}

/// Runs a future in the background and waits for it.
pub(crate) async fn run<T, F>(future: F) -> Result<T>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    runtime().spawn(future).await.context("a task of devstack panicked")?
}

/// Waits for a future on a thread that belongs to no runtime.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    runtime().block_on(future)
}

/// Runs blocking work on a thread of its own and waits for it.
pub(crate) async fn blocking<T, F>(work: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T> + Send + 'static,
{
    runtime().spawn_blocking(work).await.context("a task of devstack panicked")?
}

/// A background task. Dropping it aborts the task.
#[derive(Debug)]
pub(crate) struct Task(JoinHandle<()>);

impl Task {
    pub(crate) fn start(future: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(spawn(future))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
