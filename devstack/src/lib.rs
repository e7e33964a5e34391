//! Real parts and emulators around the extractor, for demo, tests and benchmarks.
//!
//! Everything starts in seconds on free ports of 127.0.0.1, several side by side, and ends with the process
//! that started it: data in temporary folders, processes in groups of their own.

mod background;
mod certificates;
mod http;
mod output;
mod postgres;
mod process;
mod runtime_api;
mod scratch;

pub use anyhow::{Error, Result};
pub use certificates::{Authority, ServerCertificate};
pub use http::Answer;
pub use output::Output;
pub use postgres::{Postgres, PostgresOptions, Tls};
pub use process::Process;
pub use runtime_api::{Function, FunctionError, Invocation, InvokeOptions, RuntimeApi};
pub use rustix::process::Signal;
