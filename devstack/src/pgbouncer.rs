//! PgBouncer in front of a real server, in each of its pool modes.

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
use crate::certificates::ServerCertificate;
use crate::free_port::free_port;
use crate::postgres::{Postgres, unprivileged_user};
use crate::process::Process;
use crate::scratch;

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
    process: Process,
    _folder: TempDir,
    port: u16,
    superuser: &'static str,
    password: String,
}

/// Where distributions install PgBouncer.
const PROGRAMS: [&str; 4] =
    ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"];

impl PgBouncer {
    /// Starts a pooler in front of a server.
    ///
    /// # Errors
    /// Fails if PgBouncer is not installed (the error names the command that installs it) or does not start.
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
            let certificate = match &options.certificate {
                Some(certificate) => certificate.clone(),
                None => postgres.authority().issue(&["localhost", "127.0.0.1"])?,
            };
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

/// Returns the file of users. The passwords are in clear text, because the pooler logs in to the server with
/// them.
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
    // `allow`, because devstack itself and pgbench connect without TLS.
    if options.tls {
        text.push_str(
            "client_tls_sslmode = allow\nclient_tls_cert_file = server.crt\nclient_tls_key_file = server.key\n",
        );
    }
    text.extend(options.settings.iter().map(|(name, value)| format!("{name} = {value}\n")));
    text
}
