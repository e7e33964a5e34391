//! Real PostgreSQL, AWS emulators and a Lambda Runtime API for the demo, tests and benchmarks of the
//! extractor.
//!
//! Everything starts in seconds on free ports of 127.0.0.1, several times at once if needed, and stops with
//! the process that started it, however that ends. Data is in temporary folders.
//!
//! | part | description |
//! | --- | --- |
//! | [`Postgres`] | a real server with TLS and its own certificate authority |
//! | [`PgBouncer`] | a pooler in front of it |
//! | [`LocalStack`] | S3, Parameter Store, STS, Secrets Manager, IAM, KMS |
//! | [`Moto`] | the RDS API, CloudWatch and SNS; each account sees only its own databases |
//! | [`Stack`] | `Postgres`, `LocalStack` and `Moto` together, as accounts A and B |
//! | [`RuntimeApi`] | Lambda's Runtime API and Invoke API around the real `bootstrap` |
//! | [`DiscardS3`] | an S3 endpoint for benchmarks that discards what it receives |
//! | [`HttpProxy`], [`TcpProxy`] | proxies that inject faults, in front of the AWS endpoints and of PostgreSQL |
//! | [`LoadBalancer`] | a target group whose targets have AWS's states, in front of moto |
//! | [`NameServer`] | a DNS server for names whose addresses change |
//! | [`Browser`] | Chromium with its driver, and axe-core |
//! | [`IamProxy`] | the server's side of IAM database authentication |
//! | [`Leftovers`] | what a run has left behind: objects, uploads, sessions, files |
//! | [`SourceNames`], [`misplaced`] | the variables, fields and keys that the sources of a program name, and secrets in wrong forms to put there |
//!
//! | variable | meaning |
//! | --- | --- |
//! | `DEVSTACK` | `process`, `containers`, or `auto` (default): a process if the program is installed, otherwise a container |
//! | `DEVSTACK_POOLER` | `session`: a PgBouncer in session mode is in front of every PostgreSQL server |
//! | `DEVSTACK_CACHE` | the folder of the Python packages, by default `~/.cache/rds-data-extractor` |
//! | `DEVSTACK_PYTHON` | the interpreter for the emulators, 3.11 or later, by default `python3` |
//! | `DEVSTACK_POSTGRES_IMAGE` | the image of PostgreSQL, by default `postgres:16` |
//! | `DEVSTACK_LOCALSTACK_IMAGE` | the image of LocalStack, by default `localstack/localstack:4.9.2` |
//! | `DEVSTACK_MOTO_IMAGE` | the image of moto, by default `motoserver/moto:5.2.5` |
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
mod free_port;
mod http;
mod http_proxy;
mod iam_proxy;
mod image;
mod leftovers;
mod load_balancer;
mod localstack;
mod measure;
mod misplaced;
mod moto;
mod name_server;
mod output;
mod own_network;
mod pgbouncer;
mod pooler_process;
mod postgres;
mod process;
mod python;
mod reset;
mod runtime_api;
mod s3;
mod scratch;
mod server;
mod source_names;
mod stack;
mod tcp_proxy;
mod unprivileged_user;
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
pub use leftovers::Leftovers;
pub use load_balancer::LoadBalancer;
pub use localstack::LocalStack;
pub use measure::{Measured, measure};
pub use misplaced::misplaced;
pub use moto::Moto;
pub use name_server::NameServer;
pub use output::Output;
pub use own_network::in_own_network;
pub use pgbouncer::{PgBouncer, PgBouncerOptions, PoolMode};
pub use postgres::{Postgres, PostgresOptions, Session, Tls};
pub use process::Process;
pub use runtime_api::{Function, FunctionError, Invocation, InvokeOptions, RuntimeApi};
pub use rustix::process::Signal;
pub use s3::{Object, OpenUpload};
pub use source_names::SourceNames;
pub use stack::{Stack, StackOptions};
pub use tcp_proxy::{TcpFault, TcpProxy};

/// Installs the emulators' Python packages into the cache folder (`DEVSTACK_CACHE`, by default
/// `~/.cache/rds-data-extractor`), if they are not installed yet.
///
/// # Errors
/// Fails if Python or the network is missing. The error says what to do.
pub async fn install() -> Result<()> {
    for packages in [localstack::PACKAGES, moto::PACKAGES] {
        background::blocking(move || python::Environment::of(packages).map(|_| ())).await?;
    }
    Ok(())
}

/// Builds the missing images of the containers from Debian's and Python's packages, for machines without
/// access to an image registry. Needs root, a Docker daemon and debootstrap.
///
/// # Errors
/// Fails if one of them is missing. The error says what to do.
pub async fn build_images() -> Result<()> {
    background::blocking(build_images::build).await
}
