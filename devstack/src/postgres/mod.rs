//! A real PostgreSQL server with TLS, as a local process or in a container.

mod container;
mod files;
mod in_front;
mod local;
pub(crate) mod login;
mod standby;
mod transaction_ids;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use tokio_postgres::{Client, Row};

use crate::background;
use crate::certificates::{Authority, ServerCertificate};
use crate::scratch;
use crate::where_to_run::Where;
use container::InContainer;
use files::{Files, SUPERUSER, random_hex};
use in_front::{HAS_CLIENT, InFront};
use local::Local;

/// Whether a server offers TLS, and with which certificate.
#[derive(Clone, Debug, Default)]
pub enum Tls {
    /// TLS with a certificate for `localhost` and 127.0.0.1, issued by the server's authority.
    #[default]
    On,
    /// No TLS.
    Off,
    /// TLS with this certificate.
    With(ServerCertificate),
}

/// The options of a server.
#[derive(Clone, Debug, Default)]
pub struct PostgresOptions {
    /// Whether it offers TLS, and with which certificate.
    pub tls: Tls,
    /// Server settings in addition to devstack's own, such as `("max_connections", "5")`.
    pub settings: Vec<(String, String)>,
    /// Lines of `pg_hba.conf` before devstack's own line, which requires a SCRAM password from all users.
    pub hba: Vec<String>,
}

impl PostgresOptions {
    /// Returns the options of a server from which standbys stream.
    pub fn replicating() -> Self {
        let settings = [("wal_level", "replica"), ("max_wal_senders", "10")];
        Self {
            settings: settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            hba: vec![format!("host replication {SUPERUSER} all scram-sha-256")],
            ..Self::default()
        }
    }
}

/// A session of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The role that has logged in.
    pub user: String,
    /// The name that the client has given itself.
    pub application_name: String,
    /// Whether a statement runs.
    pub is_active: bool,
    /// The statement that runs or that has run last.
    pub statement: String,
}

impl Session {
    /// Returns whether a statement with this text runs.
    pub fn runs(&self, text: &str) -> bool {
        self.is_active && self.statement.contains(text)
    }
}

/// A running server, behind a pooler if `DEVSTACK_POOLER` says so. Dropping it stops the server and removes its data.
#[derive(Debug)]
pub struct Postgres {
    in_front: Option<InFront>,
    server: Server,
    files: Files,
    folder: TempDir,
    authority: Arc<Authority>,
}

/// A server as a local process or in a container.
#[derive(Debug)]
enum Server {
    Local(Arc<Local>),
    Container(InContainer),
}

impl Postgres {
    /// Creates a database cluster and starts its server, which takes one to two seconds.
    ///
    /// # Errors
    /// Fails if PostgreSQL is not installed (the error names the command that installs it) or does not start.
    pub async fn start(options: PostgresOptions) -> Result<Self> {
        let authority = Authority::new("devstack test authority")?;
        let folder = scratch::folder("postgres")?;
        std::fs::write(folder.path().join("ca.pem"), authority.pem())?;
        let files = Files { password: random_hex()?, hba: options.hba, settings: options.settings };
        let server = match Where::choose(local::is_installed, local::MISSING)? {
            Where::Process => {
                let (files, folder) = (files.clone(), folder.path().to_owned());
                let local = background::blocking(move || Local::create(&folder, &files)).await?;
                Server::Local(Arc::new(local))
            }
            Where::Container => Server::Container(InContainer::create(&files).await?),
        };
        let in_front = InFront::choose()?;
        let server = Self { in_front, server, files, folder, authority: Arc::new(authority) };
        server.launch(&options.tls).await?;
        Ok(server)
    }

    /// Returns the host name of the server's certificate.
    pub fn host(&self) -> &'static str {
        "localhost"
    }

    /// Returns the port on 127.0.0.1 that clients connect to.
    pub fn port(&self) -> u16 {
        self.in_front.as_ref().map_or_else(|| self.own_port(), InFront::port)
    }

    /// Returns the server's own port on 127.0.0.1, which no pooler is in front of.
    pub fn own_port(&self) -> u16 {
        self.server.port()
    }

    /// Returns the superuser's name.
    pub fn superuser(&self) -> &'static str {
        SUPERUSER
    }

    /// Returns the superuser's password, which is random.
    pub fn password(&self) -> &str {
        &self.files.password
    }

    /// Returns the certificate of the server's authority as PEM.
    pub fn ca_pem(&self) -> &str {
        self.authority.pem()
    }

    /// Returns the file with the certificate of the server's authority, which exists as long as the server.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Returns the server's authority, which can issue other certificates.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Returns the process id of the postmaster, or `None` if it is stopped or in a container.
    pub fn pid(&self) -> Option<u32> {
        match &self.server {
            Server::Local(local) => local.pid(),
            Server::Container(_) => None,
        }
    }

    /// Returns the CPU seconds of the postmaster and of all its backends, or `None` if the server is in a
    /// container.
    pub fn cpu_seconds(&self) -> Option<f64> {
        match &self.server {
            Server::Local(local) => local.cpu_seconds(),
            Server::Container(_) => None,
        }
    }

    /// Connects to database `postgres` of the server itself as superuser, without TLS.
    ///
    /// # Errors
    /// Fails if the server refuses the connection.
    pub async fn connect(&self) -> Result<Client> {
        self.connect_to("postgres").await
    }

    /// Connects to a database of the server itself as superuser, without TLS.
    ///
    /// # Errors
    /// Fails if the server refuses the connection.
    pub async fn connect_to(&self, database: &str) -> Result<Client> {
        login::as_superuser(self.own_port(), self.password(), database).await
    }

    /// Runs statements in a database as superuser. What they set for a role or a database counts for every client that
    /// connects afterwards, behind a pooler, too.
    ///
    /// # Errors
    /// Fails if a statement fails.
    pub async fn execute(&self, database: &str, sql: &str) -> Result<()> {
        let client = self.connect_to(database).await?;
        client.batch_execute(sql).await.with_context(|| format!("PostgreSQL refused: {sql}"))?;
        match &self.in_front {
            Some(pooler) => pooler.reconnect(&self.files).await,
            None => Ok(()),
        }
    }

    /// Creates an empty database.
    ///
    /// # Errors
    /// Fails if the statement fails.
    pub async fn create_database(&self, name: &str) -> Result<()> {
        self.execute("postgres", &format!("CREATE DATABASE \"{name}\"")).await
    }

    /// Creates a role that logs in with a password.
    ///
    /// # Errors
    /// Fails if the statement fails.
    pub async fn create_role(&self, name: &str, password: &str) -> Result<()> {
        self.execute("postgres", &format!("CREATE ROLE \"{name}\" LOGIN PASSWORD '{password}'")).await
    }

    /// Returns the sessions other than devstack's own.
    ///
    /// # Errors
    /// Fails if the server refuses the connection.
    pub async fn sessions(&self) -> Result<Vec<Session>> {
        let client = self.connect().await?;
        let of_clients = if self.in_front.is_some() { HAS_CLIENT } else { "true" };
        let sql = format!(
            "SELECT coalesce(usename, ''), application_name, coalesce(state, '') = 'active', query \
             FROM pg_stat_activity \
             WHERE backend_type = 'client backend' AND application_name <> 'devstack' AND {of_clients}"
        );
        let session = |row: &Row| Session {
            user: row.get(0),
            application_name: row.get(1),
            is_active: row.get(2),
            statement: row.get(3),
        };
        Ok(client.query(&sql, &[]).await?.iter().map(session).collect())
    }

    /// Terminates all sessions other than devstack's own, and returns their number.
    ///
    /// # Errors
    /// Fails if the server refuses the connection.
    pub async fn terminate_clients(&self) -> Result<i64> {
        let client = self.connect().await?;
        let sql = "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity \
                   WHERE backend_type = 'client backend' AND application_name <> 'devstack'";
        Ok(client.query_one(sql, &[]).await?.get(0))
    }

    /// Restarts the server with other TLS, on the same port and with the same data. All sessions end.
    ///
    /// # Errors
    /// Fails if the server does not start again.
    pub async fn set_tls(&self, tls: Tls) -> Result<()> {
        self.stop().await?;
        self.launch(&tls).await
    }

    /// Restarts the server as a hot standby without a primary. The setting `wal_level` must be `replica`.
    ///
    /// # Errors
    /// Fails if the server does not start again.
    pub async fn become_standby(&self) -> Result<()> {
        self.stop().await?;
        match &self.server {
            Server::Local(local) => local.become_standby()?,
            Server::Container(container) => container.become_standby().await?,
        }
        self.launch(&Tls::On).await
    }

    /// Stops the server and keeps its data. [`Postgres::set_tls`] starts it again.
    ///
    /// # Errors
    /// Fails if the server in a container does not stop.
    pub async fn stop(&self) -> Result<()> {
        if let Some(pooler) = &self.in_front {
            pooler.stop();
        }
        match &self.server {
            Server::Local(local) => {
                let local = Arc::clone(local);
                background::blocking(move || {
                    local.stop();
                    Ok(())
                })
                .await
            }
            Server::Container(container) => container.stop().await,
        }
    }

    async fn launch(&self, tls: &Tls) -> Result<()> {
        let certificate = match tls {
            Tls::Off => None,
            Tls::On => Some(self.authority.issue(&["localhost", "127.0.0.1"])?),
            Tls::With(certificate) => Some(certificate.clone()),
        };
        match &self.server {
            Server::Local(local) => {
                let (local, files, certificate) =
                    (Arc::clone(local), self.files.clone(), certificate.clone());
                background::blocking(move || local.launch(&files, certificate.as_ref())).await?;
            }
            Server::Container(container) => container.launch(&self.files, certificate.as_ref()).await?,
        }
        self.wait_until_ready().await?;
        match &self.in_front {
            Some(pooler) => pooler.start(self.own_port(), &self.files, certificate.as_ref()).await,
            None => Ok(()),
        }
    }

    async fn wait_until_ready(&self) -> Result<()> {
        let start = Instant::now();
        loop {
            let Err(error) = self.connect().await else { return Ok(()) };
            if let Some(log) = self.server.has_stopped() {
                bail!("PostgreSQL stopped while starting:\n{log}");
            }
            if start.elapsed() > Duration::from_mins(1) {
                return Err(error.context("PostgreSQL is not ready after a minute"));
            }
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
    }
}

impl Server {
    fn port(&self) -> u16 {
        match self {
            Self::Local(local) => local.port(),
            Self::Container(container) => container.port(),
        }
    }

    /// Returns the end of the log if the server has stopped by itself.
    fn has_stopped(&self) -> Option<String> {
        match self {
            Self::Local(local) => local.has_stopped(),
            // `pg_ctl start` has waited until the server answers, or has failed.
            Self::Container(_) => None,
        }
    }
}
