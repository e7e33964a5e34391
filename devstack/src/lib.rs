//! Real parts and emulators around the extractor, for demo, tests and benchmarks.
//!
//! Everything starts in seconds on free ports of 127.0.0.1, several side by side, and ends with the process
//! that started it: data in temporary folders, processes in groups of their own.

mod aws;
mod background;
mod certificates;
mod demo;
mod discard_s3;
mod http;
mod http_proxy;
mod localstack;
mod measure;
mod moto;
mod output;
mod postgres;
mod process;
mod python;
mod runtime_api;
mod s3;
mod scratch;
mod stack;
mod tcp_proxy;

pub use anyhow::{Error, Result};
pub use aws::{ACCOUNT_A, ACCOUNT_B, Aws, REGION};
pub use certificates::{Authority, ServerCertificate};
pub use demo::Demo;
pub use discard_s3::{DiscardS3, DiscardStats};
pub use http::Answer;
pub use http_proxy::{Call, HttpFault, HttpProxy, Rule};
pub use hyper::Method;
pub use localstack::LocalStack;
pub use measure::{Measured, measure};
pub use moto::Moto;
pub use output::Output;
pub use postgres::{Postgres, PostgresOptions, Tls};
pub use process::Process;
pub use runtime_api::{Function, FunctionError, Invocation, InvokeOptions, RuntimeApi};
pub use rustix::process::Signal;
pub use s3::{Object, OpenUpload};
pub use stack::{Stack, StackOptions};
pub use tcp_proxy::{TcpFault, TcpProxy};

/// Puts the emulators' Python packages into the cache folder (`DEVSTACK_CACHE`, else
/// `~/.cache/rds-data-extractor`), if they are not there yet.
///
/// # Errors
/// When Python or the network is missing; the error says what to do.
pub async fn install() -> Result<()> {
    for packages in [localstack::PACKAGES, moto::PACKAGES] {
        background::blocking(move || python::Environment::of(packages).map(|_| ())).await?;
    }
    Ok(())
}
