//! LocalStack from PyPI: S3, Parameter Store, STS, Secrets Manager, IAM and KMS.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use hyper::{Method, Request};
use rustix::process::Signal;
use serde_json::json;
use tempfile::TempDir;

use crate::aws::{ACCOUNT_A, Aws};
use crate::background;
use crate::http::{full, send};
use crate::process::{Process, free_port};
use crate::python::{Environment, Packages};
use crate::scratch;

pub(crate) const PACKAGES: Packages =
    Packages { name: "localstack", requirements: include_str!("../python/localstack.txt") };

const SERVICES: &str = "s3,ssm,sts,secretsmanager,iam,kms";

/// A running LocalStack. Dropping it ends it and removes its data.
#[derive(Debug)]
pub struct LocalStack {
    // Before the folder: the server stops first.
    process: Process,
    _folder: TempDir,
    port: u16,
}

impl LocalStack {
    /// Starts LocalStack, in a few seconds once it is installed. Every service has answered once when this
    /// returns, so that the first call of a test is not slow.
    ///
    /// # Errors
    /// When Python or the network is missing at the first time, or when it does not start.
    pub async fn start() -> Result<Self> {
        let stack = background::blocking(Self::launch).await?;
        wait_until_healthy("LocalStack", &stack.authority(), "/_localstack/health", &stack.process).await?;
        stack.warm_up().await?;
        Ok(stack)
    }

    fn launch() -> Result<Self> {
        let environment = Environment::of(PACKAGES)?;
        let folder = scratch::folder("localstack")?;
        // What it computes once stays from run to run.
        let cache = folder.path().join("var/lib/localstack");
        let kept = environment.home().join("cache");
        fs::create_dir_all(&cache)?;
        fs::create_dir_all(&kept)?;
        symlink(&kept, cache.join("cache"))?;
        let port = free_port()?;
        let mut command = environment.module("localstack.runtime.main");
        command
            .env("TMPDIR", folder.path())
            .env("FILESYSTEM_ROOT", folder.path())
            .env("GATEWAY_LISTEN", format!("127.0.0.1:{port}"))
            .env("SERVICES", SERVICES)
            .envs([("OVERRIDE_IN_DOCKER", "0"), ("SKIP_SSL_CERT_DOWNLOAD", "1"), ("DISABLE_EVENTS", "1")])
            .envs([("DNS_ADDRESS", "0"), ("LS_LOG", "warn")])
            .current_dir(folder.path());
        let process = Process::start(&mut command, Signal::KILL)?;
        Ok(Self { process, _folder: folder, port })
    }

    /// `127.0.0.1:port`.
    pub fn authority(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The endpoint for every service.
    pub fn url(&self) -> String {
        format!("http://{}", self.authority())
    }

    /// LocalStack as this account sees it.
    pub fn account(&self, account: &str) -> Aws {
        Aws::new(self.authority(), account)
    }

    /// What it has logged.
    pub fn log(&self) -> Vec<String> {
        self.process.output().lines()
    }

    async fn warm_up(&self) -> Result<()> {
        let aws = self.account(ACCOUNT_A);
        aws.s3(Method::GET, "/", b"").await?.success()?;
        aws.query("sts", "GetCallerIdentity", &[]).await?;
        aws.json("ssm", "AmazonSSM.DescribeParameters", &json!({})).await?;
        aws.json("secretsmanager", "secretsmanager.ListSecrets", &json!({})).await?;
        Ok(())
    }
}

/// Asks until the server answers 200.
pub(crate) async fn wait_until_healthy(
    name: &str,
    authority: &str,
    path: &str,
    process: &Process,
) -> Result<()> {
    let start = Instant::now();
    loop {
        let request = Request::builder().uri(path).body(full(""))?;
        match send(authority, request).await {
            Ok(answer) if answer.status == 200 => return Ok(()),
            _ if process.has_exited() => bail!("{name} stopped while starting:\n{}", process.output().tail()),
            Ok(answer) if start.elapsed() > Duration::from_secs(90) => {
                bail!("{name} answers HTTP {}:\n{}", answer.status, process.output().tail())
            }
            Err(error) if start.elapsed() > Duration::from_secs(90) => {
                return Err(error)
                    .with_context(|| format!("{name} is not ready:\n{}", process.output().tail()));
            }
            _ => tokio::time::sleep(Duration::from_millis(30)).await,
        }
    }
}
