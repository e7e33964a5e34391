//! LocalStack from PyPI: S3, Parameter Store, STS, Secrets Manager, IAM and KMS.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use hyper::Method;
use rustix::process::Signal;
use serde_json::json;

use crate::aws::{ACCOUNT_A, Aws};
use crate::background;
use crate::container::Container;
use crate::free_port::free_port;
use crate::image::Image;
use crate::process::Process;
use crate::python::{self, Environment, Packages};
use crate::scratch;
use crate::server::Server;
use crate::where_to_run::Where;

pub(crate) const PACKAGES: Packages =
    Packages { name: "localstack", requirements: include_str!("../python/localstack.txt") };

/// The settings of LocalStack as a process and in a container.
const SETTINGS: [(&str, &str); 5] = [
    ("SERVICES", "s3,ssm,sts,secretsmanager,iam,kms"),
    ("SKIP_SSL_CERT_DOWNLOAD", "1"),
    ("DISABLE_EVENTS", "1"),
    ("DNS_ADDRESS", "0"),
    ("LS_LOG", "warn"),
];

/// Sets the folder of S3's objects. By default all instances of a machine use the same folder of /tmp, and do
/// not clean it up.
const PROGRAM: &str = r#"
import runpy, sys
from localstack.services.s3 import provider
provider.DEFAULT_S3_TMP_DIR = sys.argv.pop(1)
runpy.run_module("localstack.runtime.main", run_name="__main__", alter_sys=True)
"#;

/// A running LocalStack. Dropping it stops it and removes its data.
#[derive(Debug)]
pub struct LocalStack {
    server: Server,
    /// The accounts that were used.
    accounts: Mutex<BTreeSet<String>>,
}

impl LocalStack {
    /// Starts LocalStack, which takes a few seconds once it is installed. It calls the main services once, so
    /// that the first call of a test is not slow.
    ///
    /// # Errors
    /// Fails if LocalStack does not start, or if Python or the network is missing for its installation.
    pub async fn start() -> Result<Self> {
        let server = match Where::choose(python::is_installed, python::MISSING)? {
            Where::Process => background::blocking(launch).await?,
            Where::Container => Server::Container(contain().await?),
        };
        server.wait_until_healthy("LocalStack", "/_localstack/health").await?;
        let stack = Self { server, accounts: Mutex::default() };
        stack.warm_up().await?;
        Ok(stack)
    }

    /// Returns its address, `127.0.0.1:port`.
    pub fn authority(&self) -> String {
        self.server.authority()
    }

    /// Returns the endpoint URL for every service.
    pub fn url(&self) -> String {
        format!("http://{}", self.authority())
    }

    /// Returns a client for this account.
    pub fn account(&self, account: &str) -> Aws {
        self.accounts().insert(account.to_owned());
        Aws::new(self.authority(), account)
    }

    /// Returns the lines that it has logged.
    pub async fn log(&self) -> Vec<String> {
        self.server.log().await
    }

    fn accounts(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Deletes all buckets, parameters, secrets and roles of every account that [`LocalStack::account`] was
    /// called for.
    ///
    /// # Errors
    /// Fails if LocalStack refuses a deletion.
    pub async fn reset(&self) -> Result<()> {
        let accounts = self.accounts().clone();
        for account in accounts {
            Aws::new(self.authority(), &account).delete_everything().await?;
        }
        Ok(())
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

fn launch() -> Result<Server> {
    let environment = Environment::of(PACKAGES)?;
    let folder = scratch::folder("localstack")?;
    // LocalStack's own cache is kept between runs.
    let data = folder.path().join("var/lib/localstack");
    let kept = environment.home().join("cache");
    fs::create_dir_all(&data)?;
    fs::create_dir_all(&kept)?;
    symlink(&kept, data.join("cache"))?;
    let port = free_port()?;
    let mut command = environment.program(PROGRAM);
    command
        .arg(folder.path().join("s3"))
        .envs(SETTINGS)
        .env("GATEWAY_LISTEN", format!("127.0.0.1:{port}"))
        .env("OVERRIDE_IN_DOCKER", "0")
        .env("TMPDIR", folder.path())
        .env("FILESYSTEM_ROOT", folder.path())
        // Not in the cache, where one instance could read the certificate while another one is writing it.
        .env("CUSTOM_SSL_CERT_PATH", folder.path().join("certificate.pem"))
        .current_dir(folder.path());
    let process = Process::start(&mut command, Signal::KILL)?;
    Ok(Server::Process { process, _folder: folder, port })
}

async fn contain() -> Result<Container> {
    let image = Image::localstack()?;
    let mut settings = SETTINGS.to_vec();
    settings.push(("GATEWAY_LISTEN", "0.0.0.0:4566"));
    let own = image.own.then_some("/opt/localstack/bin/python");
    let module: &[&str] = if image.own { &["-m", "localstack.runtime.main"] } else { &[] };
    Container::start(&image, own, module, &settings, 4566).await
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};
    use std::time::SystemTime;

    use super::*;

    fn files(folder: &Path) -> BTreeMap<PathBuf, SystemTime> {
        let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
        entries
            .map(|entry| (entry.path(), entry.metadata().expect("times").modified().expect("a time")))
            .collect()
    }

    #[tokio::test]
    async fn what_instances_share_is_not_written_again() {
        let environment = Environment::of(PACKAGES).expect("the packages");
        let shared = environment.home().join("cache");
        drop(LocalStack::start().await.expect("LocalStack"));
        let before = files(&shared);
        drop(LocalStack::start().await.expect("LocalStack"));
        assert_eq!(files(&shared), before);
    }
}
