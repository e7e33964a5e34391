//! PgBouncer in front of a real server, in each of its pool modes.

use anyhow::Result;
use tokio_postgres::Client;

use crate::certificates::ServerCertificate;
use crate::free_port::free_port;
use crate::pooler_process::{PoolerFiles, PoolerProcess};
use crate::postgres::{Postgres, login};

/// When a server connection returns to the pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PoolMode {
    /// When the client disconnects.
    Session,
    /// At the end of each transaction.
    #[default]
    Transaction,
    /// After each statement. Transactions of several statements are refused.
    Statement,
}

/// The options of a pooler.
#[derive(Clone, Debug)]
pub struct PgBouncerOptions {
    /// When a server connection returns to the pool.
    pub mode: PoolMode,
    /// The most server connections of a pair of user and database.
    pub pool_size: usize,
    /// Whether clients may use TLS.
    pub tls: bool,
    /// The certificate for TLS; `None` for one of the server's authority.
    pub certificate: Option<ServerCertificate>,
    /// The roles other than the superuser, and their passwords.
    pub users: Vec<(String, String)>,
    /// Settings in addition to devstack's own, such as `("query_wait_timeout", "1")`.
    pub settings: Vec<(String, String)>,
}

impl Default for PgBouncerOptions {
    fn default() -> Self {
        Self {
            mode: PoolMode::default(),
            pool_size: 5,
            tls: true,
            certificate: None,
            users: Vec::new(),
            settings: Vec::new(),
        }
    }
}

/// A running pooler in front of database `postgres`. Dropping it stops the pooler.
#[derive(Debug)]
pub struct PgBouncer {
    process: PoolerProcess,
    port: u16,
    password: String,
}

impl PgBouncer {
    /// Starts a pooler in front of a server.
    ///
    /// # Errors
    /// Fails if PgBouncer is not installed (the error names the command that installs it) or does not start.
    pub async fn start(postgres: &Postgres, options: &PgBouncerOptions) -> Result<Self> {
        let port = free_port()?;
        let (superuser, password) = (postgres.superuser(), postgres.password().to_owned());
        let issued = match (options.tls, &options.certificate) {
            (true, None) => Some(postgres.authority().issue(&["localhost", "127.0.0.1"])?),
            _ => None,
        };
        let mode = match options.mode {
            PoolMode::Session => "session",
            PoolMode::Transaction => "transaction",
            PoolMode::Statement => "statement",
        };
        let own = [
            ("auth_type", "scram-sha-256".to_owned()),
            ("admin_users", superuser.to_owned()),
            ("pool_mode", mode.to_owned()),
            ("default_pool_size", options.pool_size.to_string()),
        ];
        let mut settings: Vec<_> = own.map(|(name, value)| (name.to_owned(), value)).into();
        settings.extend_from_slice(&options.settings);
        let mut users = vec![(superuser.to_owned(), password.clone())];
        users.extend_from_slice(&options.users);
        let process = PoolerProcess::start(&PoolerFiles {
            port,
            database: format!("postgres = host=127.0.0.1 port={}", postgres.own_port()),
            users: &users,
            certificate: if options.tls { options.certificate.as_ref().or(issued.as_ref()) } else { None },
            others: &[],
            settings: &settings,
        })
        .await?;
        Ok(Self { process, port, password })
    }

    /// Returns the host name of its certificate.
    pub fn host(&self) -> &'static str {
        "localhost"
    }

    /// Returns its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the lines that it has logged.
    pub fn log(&self) -> Vec<String> {
        self.process.output().lines()
    }

    /// Connects to a database through the pooler as superuser, without TLS. The database `pgbouncer` is the
    /// pooler's console.
    ///
    /// # Errors
    /// Fails if the pooler refuses the connection.
    pub async fn connect_to(&self, database: &str) -> Result<Client> {
        login::as_superuser(self.port, &self.password, database).await
    }
}
