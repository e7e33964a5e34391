//! PgBouncer before a real server: the pooler that runs everywhere, in each of its modes.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::Signal;
use tempfile::TempDir;
use tokio_postgres::{Client, Config, NoTls};

use crate::background;
use crate::postgres::{Postgres, unprivileged_user};
use crate::process::{Process, free_port};
use crate::scratch;

/// When the server's connection goes back to the pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PoolMode {
    /// When the client leaves.
    Session,
    /// At the end of each transaction.
    #[default]
    Transaction,
    /// After each statement; transactions are refused.
    Statement,
}

/// How a pooler is to be started.
#[derive(Clone, Debug)]
pub struct PgBouncerOptions {
    /// When the server's connection goes back to the pool.
    pub mode: PoolMode,
    /// How many connections to the server each user and database get at most.
    pub pool_size: usize,
    /// Whether clients may use TLS, with a certificate of the server's own authority.
    pub tls: bool,
    /// Roles beside the superuser, and their passwords.
    pub users: Vec<(String, String)>,
    /// Settings beside devstack's own, such as `("query_wait_timeout", "1")`.
    pub settings: Vec<(String, String)>,
}

impl Default for PgBouncerOptions {
    fn default() -> Self {
        Self { mode: PoolMode::default(), pool_size: 5, tls: true, users: Vec::new(), settings: Vec::new() }
    }
}

/// A running pooler before database `postgres`. Dropping it stops it.
#[derive(Debug)]
pub struct PgBouncer {
    process: Process,
    _folder: TempDir,
    port: u16,
    superuser: &'static str,
    password: String,
}

/// Where Debian and others put it.
const PROGRAMS: [&str; 4] =
    ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"];

impl PgBouncer {
    /// Starts a pooler before a server.
    ///
    /// # Errors
    /// When PgBouncer is not installed (the error names the command that installs it) or does not start.
    pub async fn start(postgres: &Postgres, options: &PgBouncerOptions) -> Result<Self> {
        let program = PROGRAMS
            .into_iter()
            .find(|program| Path::new(program).exists())
            .context("PgBouncer is not installed. On Debian: apt-get install pgbouncer")?;
        let folder = scratch::folder("pgbouncer")?;
        let port = free_port()?;
        let user = unprivileged_user()?;
        let write = |name: &str, text: &str| -> Result<()> {
            let path = folder.path().join(name);
            fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
            if let Some((uid, gid)) = user {
                chown(&path, Some(uid), Some(gid))?;
            }
            Ok(())
        };
        if let Some((uid, gid)) = user {
            chown(folder.path(), Some(uid), Some(gid))?;
        }
        if options.tls {
            let certificate = postgres.authority().issue(&["localhost", "127.0.0.1"])?;
            write("server.crt", &certificate.certificate)?;
            write("server.key", &certificate.key)?;
        }
        write("users.txt", &users(postgres, options))?;
        write("pgbouncer.ini", &configuration(postgres, options, port))?;
        let mut command = Command::new(program);
        command.arg("pgbouncer.ini").env_clear().current_dir(folder.path());
        if let Some((uid, gid)) = user {
            command.uid(uid).gid(gid);
        }
        let process = Process::start(&mut command, Signal::QUIT)?;
        let (superuser, password) = (postgres.superuser(), postgres.password().to_owned());
        let pooler = Self { process, _folder: folder, port, superuser, password };
        pooler.wait_until_ready().await?;
        Ok(pooler)
    }

    /// The host name that its certificate is for.
    pub fn host(&self) -> &'static str {
        "localhost"
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it has logged.
    pub fn log(&self) -> Vec<String> {
        self.process.output().lines()
    }

    /// Connects the superuser to a database through the pool, without TLS, or to the pooler's own console,
    /// `pgbouncer`.
    ///
    /// # Errors
    /// When the pooler refuses.
    pub async fn connect_to(&self, database: &str) -> Result<Client> {
        let mut config = Config::new();
        config
            .host("127.0.0.1")
            .port(self.port)
            .user(self.superuser)
            .password(&self.password)
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

    async fn wait_until_ready(&self) -> Result<()> {
        let start = Instant::now();
        while tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            if self.process.has_exited() || start.elapsed() > Duration::from_secs(10) {
                bail!("PgBouncer does not start:\n{}", self.process.output().tail());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }
}

/// The file of users, with passwords in clear, since the pooler logs in to the server with them.
fn users(postgres: &Postgres, options: &PgBouncerOptions) -> String {
    let superuser = (postgres.superuser().to_owned(), postgres.password().to_owned());
    let lines = std::iter::once(&superuser)
        .chain(&options.users)
        .map(|(name, password)| format!("\"{name}\" \"{password}\"\n"));
    lines.collect()
}

fn configuration(postgres: &Postgres, options: &PgBouncerOptions, port: u16) -> String {
    let mode = match options.mode {
        PoolMode::Session => "session",
        PoolMode::Transaction => "transaction",
        PoolMode::Statement => "statement",
    };
    let superuser = postgres.superuser();
    let mut text = format!(
        "[databases]\npostgres = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
         listen_port = {port}\nunix_socket_dir =\nauth_type = scram-sha-256\nauth_file = users.txt\n\
         admin_users = {superuser}\npool_mode = {mode}\ndefault_pool_size = {}\nmax_client_conn = 500\n",
        postgres.port(),
        options.pool_size,
    );
    // Devstack itself and pgbench come without.
    if options.tls {
        text.push_str(
            "client_tls_sslmode = allow\nclient_tls_cert_file = server.crt\nclient_tls_key_file = server.key\n",
        );
    }
    text.extend(options.settings.iter().map(|(name, value)| format!("{name} = {value}\n")));
    text
}
