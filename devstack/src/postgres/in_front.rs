//! A pooler in session mode in front of every server, if `DEVSTACK_POOLER=session` asks for it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, bail};

use super::files::{Files, SUPERUSER};
use super::login;
use crate::certificates::ServerCertificate;
use crate::free_port::free_port;
use crate::pooler_process::{PoolerFiles, PoolerProcess};

/// The query by which the pooler asks for the password of a role that its file does not have.
const ROLE: &str = "SELECT usename, passwd FROM pg_shadow WHERE usename = $1";

/// Selects the sessions of `pg_stat_activity` that a client has. An idle connection that the pooler keeps was
/// never used, or has run only the pooler's own statements.
pub(super) const HAS_CLIENT: &str = "NOT (state = 'idle' AND (query IN ('', 'DISCARD ALL') \
     OR query LIKE 'SELECT usename, passwd FROM pg_shadow%'))";

/// The pooler's place, which stays the same when the server restarts.
#[derive(Debug)]
pub(super) struct InFront {
    port: u16,
    pooler: Mutex<Option<PoolerProcess>>,
}

impl InFront {
    /// Returns the place of a pooler, or `None` if clients connect to the server itself.
    pub(super) fn choose() -> Result<Option<Self>> {
        match std::env::var("DEVSTACK_POOLER").unwrap_or_default().as_str() {
            "" => Ok(None),
            "session" => Ok(Some(Self { port: free_port()?, pooler: Mutex::default() })),
            other => bail!("DEVSTACK_POOLER must be session or empty, not {other}"),
        }
    }

    /// Returns its port on 127.0.0.1.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Starts the pooler in front of the server on a port of 127.0.0.1, with the server's own certificate.
    pub(super) async fn start(
        &self,
        server: u16,
        files: &Files,
        certificate: Option<&ServerCertificate>,
    ) -> Result<()> {
        let settings = [
            ("pool_mode", "session"),
            ("admin_users", SUPERUSER),
            ("auth_type", "hba"),
            ("auth_hba_file", "hba.conf"),
            ("auth_query", ROLE),
            ("default_pool_size", "200"),
            // A server that restarts is back at once.
            ("server_login_retry", "1"),
        ];
        let process = PoolerProcess::start(&PoolerFiles {
            port: self.port,
            database: format!("* = host=127.0.0.1 port={server} auth_user={SUPERUSER}"),
            users: &[(SUPERUSER.to_owned(), files.password.clone())],
            certificate,
            others: &[("hba.conf", hba(files))],
            settings: &settings.map(|(name, value)| (name.to_owned(), value.to_owned())),
        })
        .await?;
        *self.lock() = Some(process);
        Ok(())
    }

    /// Has the pooler open new connections to the server from now on. Those that it has end with their clients.
    pub(super) async fn reconnect(&self, files: &Files) -> Result<()> {
        let Some(output) = self.lock().as_ref().map(|pooler| pooler.output().clone()) else { return Ok(()) };
        let console = login::as_superuser(self.port, &files.password, "pgbouncer")
            .await
            .with_context(|| format!("the pooler's console cannot be reached:\n{}", output.tail()))?;
        console.batch_execute("RECONNECT").await.context("RECONNECT")
    }

    /// Stops the pooler, so that its port refuses connections as that of a stopped server does.
    pub(super) fn stop(&self) {
        self.lock().take();
    }

    fn lock(&self) -> MutexGuard<'_, Option<PoolerProcess>> {
        self.pooler.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the pooler's own `hba.conf`. It trusts whom the server trusts; what else the server asks of a client, it
/// asks of the pooler.
fn hba(files: &Files) -> String {
    // PgBouncer does not know the address `all`.
    let trusted = files.hba.iter().filter_map(|line| line.strip_suffix(" all trust"));
    let lines = trusted.map(|client| format!("{client} 0.0.0.0/0 trust\n"));
    lines.chain(["host all all 0.0.0.0/0 scram-sha-256\n".to_owned()]).collect()
}
