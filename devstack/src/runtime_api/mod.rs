//! A Lambda Runtime API of our own: it starts the real `bootstrap` and drives it as Lambda does.

mod desk;
mod driver;
mod function;
mod invocation;
mod invoke_api;
mod log_filter;
mod runtime;
mod session;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;

use crate::background;
use crate::output::Output;
use driver::Driver;

pub use function::{Function, FunctionError};
pub use invocation::{Invocation, InvokeOptions};

/// A Runtime API with one function behind it. Dropping it ends the function's process.
#[derive(Clone, Debug)]
pub struct RuntimeApi {
    driver: Arc<Driver>,
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
        let driver = Arc::new(Driver::new(function));
        // Weak: the server is a part of what it serves.
        let server = invoke_api::serve(Arc::downgrade(&driver), port).await?;
        driver.invoke_api.get_or_init(|| server);
        Ok(Self { driver })
    }

    /// The endpoint for `aws lambda invoke --endpoint-url`.
    pub fn invoke_url(&self) -> String {
        self.driver.invoke_api.get().map(|server| format!("http://{}", server.address)).unwrap_or_default()
    }

    /// The function's configuration.
    pub fn function(&self) -> &Function {
        &self.driver.function
    }

    /// Everything that the function's processes have written, at whatever level.
    pub fn output(&self) -> &Output {
        &self.driver.output
    }

    /// Invokes the function with a JSON event (text or [`serde_json::Value`]), as many invocations at a time as the
    /// function takes. The process is started when there is none; where it takes one at a time it is killed when the time is
    /// up, as Lambda does.
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
        let (driver, event) = (Arc::clone(&self.driver), event.to_string());
        background::run(async move { driver.invoke(event.into(), options).await }).await
    }

    /// Starts the function's process if there is none, and gives the time from its start to its first poll.
    ///
    /// # Errors
    /// When the process cannot be started, or ends before it polls.
    pub async fn warm_up(&self) -> Result<Duration> {
        let driver = Arc::clone(&self.driver);
        background::run(async move { driver.warm_up().await }).await
    }

    /// The id of the function's process, if one is there.
    pub fn pid(&self) -> Option<u32> {
        self.driver.pid()
    }

    /// Ends the function's process; the next invocation starts cold. Waits for an invocation under way.
    pub async fn restart(&self) {
        self.driver.restart().await;
    }
}
