//! Real parts and emulators around the extractor, for demo, tests and benchmarks.
//!
//! Everything starts in seconds on free ports of 127.0.0.1, several side by side, and ends with the process
//! that started it, however that ends: data in temporary folders, processes in groups of their own.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`Postgres`] | a real server with TLS and an authority of its own |
//! | [`PgBouncer`] | a pooler before it |
//! | [`LocalStack`] | S3, Parameter Store, STS, Secrets Manager, IAM, KMS |
//! | [`Moto`] | the RDS API, CloudWatch and SNS, which show the real server to account B's credentials only |
//! | [`Stack`] | these three fitted together, as accounts A and B |
//! | [`RuntimeApi`] | Lambda's Runtime API and Invoke API around the real `bootstrap` |
//! | [`DiscardS3`] | an S3 endpoint that costs a benchmark nothing |
//! | [`HttpProxy`], [`TcpProxy`] | faults before the AWS endpoints and before PostgreSQL |
//! | [`Browser`] | Chromium with its driver, and axe-core |
//! | [`IamProxy`] | the server's side of IAM database authentication |
//!
//! | variable | meaning |
//! | --- | --- |
//! | `DEVSTACK` | `process`, `containers`, or `auto` (default): what is installed runs as a process, else in a container |
//! | `DEVSTACK_CACHE` | where the Python packages are kept; `~/.cache/rds-data-extractor` |
//! | `DEVSTACK_PYTHON` | the interpreter for the emulators, 3.11 or later; `python3` |
//! | `DEVSTACK_POSTGRES_IMAGE` | `postgres:16` |
//! | `DEVSTACK_LOCALSTACK_IMAGE` | `localstack/localstack:4.9.2` |
//! | `DEVSTACK_MOTO_IMAGE` | `motoserver/moto:5.2.5` |
//!
//! ```no_run
//! use std::time::Duration;
//! use devstack::{Function, RuntimeApi, Stack, StackOptions};
//!
//! # async fn example() -> devstack::Result<()> {
//! let stack = Stack::start(StackOptions::default()).await?;
//! stack.account_a().create_bucket("data").await?;
//! let function = Function::new("target/debug/rds-data-extractor").env(stack.function_env());
//! let lambda = RuntimeApi::start(function).await?;
//! let invocation = lambda.invoke(r#"{"bucket": "data"}"#, Duration::from_secs(30)).await?;
//! println!("{:?} after {:?}", invocation.result, invocation.duration);
//! # Ok(())
//! # }
//! ```

mod aws;
mod background;
mod browser;
mod build_images;
mod certificates;
mod container;
mod demo;
mod discard_s3;
mod http;
mod http_proxy;
mod iam_proxy;
mod image;
mod localstack;
mod measure;
mod moto;
mod output;
mod pgbouncer;
mod postgres;
mod process;
mod python;
mod reset;
mod runtime_api;
mod s3;
mod scratch;
mod server;
mod stack;
mod tcp_proxy;
mod where_to_run;

pub use anyhow::{Error, Result};
pub use aws::{ACCOUNT_A, ACCOUNT_B, Aws, REGION};
pub use browser::Browser;
pub use certificates::{Authority, ServerCertificate};
pub use demo::Demo;
pub use discard_s3::{DiscardS3, DiscardStats};
pub use http::Answer;
pub use http_proxy::{Call, HttpFault, HttpProxy, Rule};
pub use hyper::Method;
pub use iam_proxy::{IamProxy, Login};
pub use localstack::LocalStack;
pub use measure::{Measured, measure};
pub use moto::Moto;
pub use output::Output;
pub use pgbouncer::{PgBouncer, PgBouncerOptions, PoolMode};
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

/// Builds the images of the containers from Debian's and Python's packages, as far as they are missing, for
/// machines on which no registry of images answers. Needs root, a Docker daemon and debootstrap.
///
/// # Errors
/// When one of them is missing; the error says what to do.
pub async fn build_images() -> Result<()> {
    background::blocking(build_images::build).await
}
