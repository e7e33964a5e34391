//! The process of PgBouncer and its files.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::Signal;
use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::certificates::ServerCertificate;
use crate::output::Output;
use crate::process::Process;
use crate::scratch;
use crate::unprivileged_user::unprivileged_user;

/// Where distributions install PgBouncer.
const PROGRAMS: [&str; 4] =
    ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"];

/// The files of a pooler that listens on 127.0.0.1.
#[derive(Debug)]
pub(crate) struct PoolerFiles<'a> {
    /// The port of 127.0.0.1 that it listens on.
    pub(crate) port: u16,
    /// A line of the section `[databases]`.
    pub(crate) database: String,
    /// The roles and their passwords, in clear text because the pooler logs in to the server with them.
    pub(crate) users: &'a [(String, String)],
    /// The certificate for TLS, which clients may use or not; `None` for no TLS.
    pub(crate) certificate: Option<&'a ServerCertificate>,
    /// Other files, by name.
    pub(crate) others: &'a [(&'a str, String)],
    /// The settings beyond those for the address, the file of users and TLS.
    pub(crate) settings: &'a [(String, String)],
}

/// A running PgBouncer. Dropping it stops it and removes its files.
#[derive(Debug)]
pub(crate) struct PoolerProcess {
    process: Process,
    _folder: TempDir,
}

impl PoolerProcess {
    /// Starts PgBouncer and waits until it listens.
    ///
    /// # Errors
    /// Fails if PgBouncer is not installed (the error names the command that installs it) or does not start.
    pub(crate) async fn start(files: &PoolerFiles<'_>) -> Result<Self> {
        let program = PROGRAMS
            .into_iter()
            .find(|program| Path::new(program).exists())
            .context("PgBouncer is not installed. On Debian: apt-get install pgbouncer")?;
        let folder = scratch::folder("pgbouncer")?;
        let user = unprivileged_user()?;
        if let Some((uid, gid)) = user {
            chown(folder.path(), Some(uid), Some(gid))?;
        }
        for (name, text) in files.all() {
            let path = folder.path().join(name);
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
            if let Some((uid, gid)) = user {
                chown(&path, Some(uid), Some(gid))?;
            }
        }
        let mut command = Command::new(program);
        command.arg("pgbouncer.ini").env_clear().current_dir(folder.path());
        if let Some((uid, gid)) = user {
            command.uid(uid).gid(gid);
        }
        let pooler = Self { process: Process::start(&mut command, Signal::QUIT)?, _folder: folder };
        pooler.wait_until_ready(files.port).await?;
        Ok(pooler)
    }

    /// Returns its output.
    pub(crate) fn output(&self) -> &Output {
        self.process.output()
    }

    async fn wait_until_ready(&self, port: u16) -> Result<()> {
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            if self.process.has_exited() || start.elapsed() > Duration::from_secs(10) {
                bail!("PgBouncer does not start:\n{}", self.process.output().tail());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }
}

impl PoolerFiles<'_> {
    fn all(&self) -> Vec<(&str, String)> {
        let users = self.users.iter().map(|(name, password)| format!("\"{name}\" \"{password}\"\n"));
        let mut all = vec![("users.txt", users.collect()), ("pgbouncer.ini", self.configuration())];
        if let Some(certificate) = self.certificate {
            all.push(("server.crt", certificate.certificate.clone()));
            all.push(("server.key", certificate.key.clone()));
        }
        all.extend(self.others.iter().cloned());
        all
    }

    fn configuration(&self) -> String {
        let mut text = format!(
            "[databases]\n{}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {}\nunix_socket_dir =\n\
             auth_file = users.txt\nmax_client_conn = 500\n",
            self.database, self.port,
        );
        // `allow`, because devstack itself and pgbench connect without TLS.
        if self.certificate.is_some() {
            text.push_str(
                "client_tls_sslmode = allow\nclient_tls_cert_file = server.crt\n\
                 client_tls_key_file = server.key\n",
            );
        }
        text.extend(self.settings.iter().map(|(name, value)| format!("{name} = {value}\n")));
        text
    }
}
