//! A real PostgreSQL server with TLS, as a local process or in a container.

mod container;
mod files;
mod local;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use tokio_postgres::{Client, Config, NoTls};

use crate::background;
use crate::certificates::{Authority, ServerCertificate};
use crate::scratch;
use crate::where_to_run::Where;
use container::InContainer;
use files::{Files, SUPERUSER, random_hex};
use local::Local;

pub(crate) use local::unprivileged_user;

/// What the server offers a client that asks for TLS.
#[derive(Clone, Debug, Default)]
pub enum Tls {
    /// A certificate for `localhost` and 127.0.0.1, issued by the server's own authority.
    #[default]
    On,
    /// No TLS at all.
    Off,
    /// This certificate.
    With(ServerCertificate),
}

/// How a server is to be started.
#[derive(Clone, Debug, Default)]
pub struct PostgresOptions {
    /// What it offers a client that asks for TLS.
    pub tls: Tls,
    /// Server settings beside devstack's own, such as `("max_connections", "5")`.
    pub settings: Vec<(String, String)>,
    /// Lines of `pg_hba.conf` that stand before devstack's own, which ask everybody for a SCRAM password.
    pub hba: Vec<String>,
}

/// A running server. Dropping it stops it and removes its data.
#[derive(Debug)]
pub struct Postgres {
    server: Server,
    files: Files,
    folder: TempDir,
    authority: Authority,
}

/// The same server in two places.
#[derive(Debug)]
enum Server {
    Local(Arc<Local>),
    Container(InContainer),
}

impl Postgres {
    /// Makes a cluster and starts its server, in one to two seconds.
    ///
    /// # Errors
    /// When PostgreSQL is not installed (the error names the command that installs it) or does not start.
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
        let server = Self { server, files, folder, authority };
        server.launch(&options.tls).await?;
        Ok(server)
    }

    /// The host name that the server's certificate is for.
    pub fn host(&self) -> &'static str {
        "localhost"
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.server.port()
    }

    /// The superuser's name.
    pub fn superuser(&self) -> &'static str {
        SUPERUSER
    }

    /// The superuser's password, new in every run.
    pub fn password(&self) -> &str {
        &self.files.password
    }

    /// The authority that issued the server's certificate, as PEM.
    pub fn ca_pem(&self) -> &str {
        self.authority.pem()
    }

    /// The same as a file, as long as the server lives.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The authority itself, to issue other certificates.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The process id of the postmaster; `None` when it is stopped or in a container.
    pub fn pid(&self) -> Option<u32> {
        match &self.server {
            Server::Local(local) => local.pid(),
            Server::Container(_) => None,
        }
    }

    /// Connects the superuser to database `postgres`, without TLS.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn connect(&self) -> Result<Client> {
        self.connect_to("postgres").await
    }

    /// Connects the superuser to a database, without TLS.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn connect_to(&self, database: &str) -> Result<Client> {
        let mut config = Config::new();
        config
            .host("127.0.0.1")
            .port(self.port())
            .user(SUPERUSER)
            .password(self.password())
            .dbname(database)
            .application_name("devstack")
            .connect_timeout(Duration::from_secs(10));
        background::run(async move {
            let (client, connection) = config.connect(NoTls).await?;
            background::spawn(connection);
            Ok(client)
        })
        .await
    }

    /// Runs statements as superuser in a database.
    ///
    /// # Errors
    /// When the server refuses one.
    pub async fn execute(&self, database: &str, sql: &str) -> Result<()> {
        let client = self.connect_to(database).await?;
        client.batch_execute(sql).await.with_context(|| format!("PostgreSQL refused: {sql}"))
    }

    /// Makes an empty database.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn create_database(&self, name: &str) -> Result<()> {
        self.execute("postgres", &format!("CREATE DATABASE \"{name}\"")).await
    }

    /// Makes a role that logs in by password.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn create_role(&self, name: &str, password: &str) -> Result<()> {
        self.execute("postgres", &format!("CREATE ROLE \"{name}\" LOGIN PASSWORD '{password}'")).await
    }

    /// How many sessions other than devstack's own the server has.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn client_sessions(&self) -> Result<i64> {
        let client = self.connect().await?;
        let sql = "SELECT count(*) FROM pg_stat_activity \
                   WHERE backend_type = 'client backend' AND application_name <> 'devstack'";
        Ok(client.query_one(sql, &[]).await?.get(0))
    }

    /// Ends every session other than devstack's own, and says how many there were.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn terminate_clients(&self) -> Result<i64> {
        let client = self.connect().await?;
        let sql = "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity \
                   WHERE backend_type = 'client backend' AND application_name <> 'devstack'";
        Ok(client.query_one(sql, &[]).await?.get(0))
    }

    /// Restarts the server on the same port and data, offering this from now on. Every session ends.
    ///
    /// # Errors
    /// When the server does not start again.
    pub async fn set_tls(&self, tls: Tls) -> Result<()> {
        self.stop().await?;
        self.launch(&tls).await
    }

    /// Restarts the server as a hot standby to which nothing new comes. It needs the setting `wal_level` `replica`.
    ///
    /// # Errors
    /// When the server does not start again.
    pub async fn become_standby(&self) -> Result<()> {
        self.stop().await?;
        match &self.server {
            Server::Local(local) => local.become_standby()?,
            Server::Container(container) => container.become_standby().await?,
        }
        self.launch(&Tls::On).await
    }

    /// Stops the server and keeps its data; [`Postgres::set_tls`] starts it again.
    ///
    /// # Errors
    /// When the server cannot be reached to be stopped.
    pub async fn stop(&self) -> Result<()> {
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
                let (local, files) = (Arc::clone(local), self.files.clone());
                background::blocking(move || local.launch(&files, certificate.as_ref())).await?;
            }
            Server::Container(container) => container.launch(&self.files, certificate.as_ref()).await?,
        }
        self.wait_until_ready().await
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

    /// The end of the log, if it has ended by itself.
    fn has_stopped(&self) -> Option<String> {
        match self {
            Self::Local(local) => local.has_stopped(),
            // Its start waits until the server answers or says why not.
            Self::Container(_) => None,
        }
    }
}
