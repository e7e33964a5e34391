//! An emulated Lambda Runtime API, which starts the real `bootstrap` and invokes it as Lambda does.

mod dispatcher;
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

/// A Runtime API with one function. Dropping it stops the function's process.
#[derive(Clone, Debug)]
pub struct RuntimeApi {
    driver: Arc<Driver>,
}

impl RuntimeApi {
    /// Serves the Invoke API for this function. The first invocation starts its process.
    ///
    /// # Errors
    /// Fails if no port is free.
    pub async fn start(function: Function) -> Result<Self> {
        Self::start_on(function, 0).await
    }

    /// Serves the Invoke API for this function on the port given. The first invocation starts its process.
    ///
    /// # Errors
    /// Fails if the port is taken.
    pub async fn start_on(function: Function, port: u16) -> Result<Self> {
        let driver = Arc::new(Driver::new(function));
        // A weak reference, because the driver owns the server.
        let server = invoke_api::serve(Arc::downgrade(&driver), port).await?;
        driver.invoke_api.get_or_init(|| server);
        Ok(Self { driver })
    }

    /// Returns the endpoint URL for `aws lambda invoke --endpoint-url`.
    pub fn invoke_url(&self) -> String {
        self.driver.invoke_api.get().map(|server| format!("http://{}", server.address)).unwrap_or_default()
    }

    /// Returns the function's configuration.
    pub fn function(&self) -> &Function {
        &self.driver.function
    }

    /// Returns everything that the function's processes have written, at all levels.
    pub fn output(&self) -> &Output {
        &self.driver.output
    }

    /// Invokes the function with a JSON event (text or [`serde_json::Value`]).
    ///
    /// Starts the process if it is not running, and waits if the process handles as many invocations as it
    /// can. As in Lambda, a process that handles one invocation at a time is killed when the time is up.
    ///
    /// # Errors
    /// Fails if the process cannot be started. An error of the function is in [`Invocation::result`].
    pub async fn invoke(&self, event: impl ToString, timeout: Duration) -> Result<Invocation> {
        self.invoke_with(event, InvokeOptions { timeout: Some(timeout), ..InvokeOptions::default() }).await
    }

    /// Invokes the function with a JSON event and options; see [`Self::invoke`].
    ///
    /// # Errors
    /// Fails if the process cannot be started.
    pub async fn invoke_with(&self, event: impl ToString, options: InvokeOptions) -> Result<Invocation> {
        let (driver, event) = (Arc::clone(&self.driver), event.to_string());
        background::run(async move { driver.invoke(event.into(), options).await }).await
    }

    /// Starts the function's process if it is not running. Returns the time from its start to its first poll.
    ///
    /// # Errors
    /// Fails if the process cannot be started, or ends before it polls.
    pub async fn warm_up(&self) -> Result<Duration> {
        let driver = Arc::clone(&self.driver);
        background::run(async move { driver.warm_up().await }).await
    }

    /// Returns the id of the function's process, if it is running.
    pub fn pid(&self) -> Option<u32> {
        self.driver.pid()
    }

    /// Waits for running invocations and stops the function's process, so that the next invocation is a cold
    /// start.
    pub async fn restart(&self) {
        self.driver.restart().await;
    }
}
