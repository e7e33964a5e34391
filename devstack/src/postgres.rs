//! A real PostgreSQL server with TLS, as a local process in a temporary folder.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use rustix::process::Signal;
use tempfile::TempDir;
use tokio_postgres::{Client, Config, NoTls};

use crate::background;
use crate::certificates::{Authority, ServerCertificate};
use crate::output::Output;
use crate::process::{Process, free_port, run};
use crate::scratch;

const SUPERUSER: &str = "postgres";

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
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    // Before the folder: the server stops first.
    process: Mutex<Option<Process>>,
    folder: TempDir,
    binaries: PathBuf,
    user: Option<(u32, u32)>,
    port: u16,
    password: String,
    authority: Authority,
    settings: Vec<(String, String)>,
}

impl Postgres {
    /// Makes a cluster and starts its server, in one to two seconds.
    ///
    /// # Errors
    /// When PostgreSQL is not installed (the error names the command that installs it) or does not start.
    pub async fn start(options: PostgresOptions) -> Result<Self> {
        let inner = background::blocking(move || Inner::create(&options)).await?;
        let server = Self { inner: Arc::new(inner) };
        server.wait_until_ready().await?;
        Ok(server)
    }

    /// The host name that the server's certificate is for.
    pub fn host(&self) -> &'static str {
        "localhost"
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.inner.port
    }

    /// The superuser's name.
    pub fn superuser(&self) -> &'static str {
        SUPERUSER
    }

    /// The superuser's password, new in every run.
    pub fn password(&self) -> &str {
        &self.inner.password
    }

    /// The authority that issued the server's certificate, as PEM.
    pub fn ca_pem(&self) -> &str {
        self.inner.authority.pem()
    }

    /// The same as a file, as long as the server lives.
    pub fn ca_file(&self) -> PathBuf {
        self.inner.path("ca.pem")
    }

    /// The authority itself, to issue other certificates.
    pub fn authority(&self) -> &Authority {
        &self.inner.authority
    }

    /// The server's log, empty while it is stopped.
    pub fn log(&self) -> Vec<String> {
        self.inner.output().lines()
    }

    /// The process id of the postmaster, if it runs.
    pub fn pid(&self) -> Option<u32> {
        self.inner.lock().as_ref().map(Process::pid)
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
        let inner = Arc::clone(&self.inner);
        background::blocking(move || {
            inner.stop();
            inner.launch(&tls)
        })
        .await?;
        self.wait_until_ready().await
    }

    /// Stops the server and keeps its data; [`Postgres::set_tls`] starts it again.
    ///
    /// # Errors
    /// Never at present.
    pub async fn stop(&self) -> Result<()> {
        let inner = Arc::clone(&self.inner);
        background::blocking(move || {
            inner.stop();
            Ok(())
        })
        .await
    }

    async fn wait_until_ready(&self) -> Result<()> {
        let start = Instant::now();
        loop {
            let Err(error) = self.connect().await else { return Ok(()) };
            if self.inner.lock().as_ref().is_none_or(Process::has_exited) {
                bail!("PostgreSQL stopped while starting:\n{}", self.inner.output().tail());
            }
            if start.elapsed() > Duration::from_secs(60) {
                return Err(
                    error.context(format!("PostgreSQL is not ready:\n{}", self.inner.output().tail()))
                );
            }
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
    }
}

impl Inner {
    fn create(options: &PostgresOptions) -> Result<Self> {
        let binaries = binaries()?;
        let folder = scratch::folder("postgres")?;
        let user = unprivileged_user()?;
        if let Some((uid, gid)) = user {
            chown(folder.path(), Some(uid), Some(gid))?;
        }
        let inner = Self {
            process: Mutex::new(None),
            folder,
            binaries,
            user,
            port: free_port()?,
            password: random_hex()?,
            authority: Authority::new("devstack test authority")?,
            settings: options.settings.clone(),
        };
        inner.write("ca.pem", inner.authority.pem())?;
        inner.initdb(&options.hba)?;
        inner.launch(&options.tls)?;
        Ok(inner)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn output(&self) -> Output {
        self.lock().as_ref().map(|process| process.output().clone()).unwrap_or_default()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.join(program));
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("LC_ALL", "C.UTF-8")
            .current_dir(self.folder.path());
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.path(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        if let Some((uid, gid)) = self.user {
            chown(&path, Some(uid), Some(gid))?;
        }
        Ok(path)
    }

    fn initdb(&self, hba: &[String]) -> Result<()> {
        let password = self.write("password", &self.password)?;
        let mut command = self.command("initdb");
        command
            .args(["--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256"])
            .args(["--username", SUPERUSER, "--pwfile"])
            .arg(password)
            .arg("--pgdata")
            .arg(self.path("data"));
        run(&mut command).context("cannot make a PostgreSQL cluster")?;
        let all = format!("host all {SUPERUSER} all scram-sha-256");
        let lines = [&[all], hba, &["host all all all scram-sha-256\n".to_owned()]].concat();
        self.write("data/pg_hba.conf", &lines.join("\n"))?;
        Ok(())
    }

    fn launch(&self, tls: &Tls) -> Result<()> {
        let certificate = match tls {
            Tls::Off => None,
            Tls::On => Some(self.authority.issue(&["localhost", "127.0.0.1"])?),
            Tls::With(certificate) => Some(certificate.clone()),
        };
        let mut settings = own_settings(self.port);
        settings.push(("ssl".into(), if certificate.is_some() { "on" } else { "off" }.into()));
        if let Some(certificate) = certificate {
            let file = self.write("server.crt", &certificate.certificate)?;
            settings.push(("ssl_cert_file".into(), file.display().to_string()));
            let file = self.write("server.key", &certificate.key)?;
            settings.push(("ssl_key_file".into(), file.display().to_string()));
        }
        settings.extend(self.settings.iter().cloned());
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.path("data"));
        for (name, value) in settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        // Immediate shutdown: every backend ends at once and shared memory is given back.
        *self.lock() = Some(Process::start(&mut command, Signal::QUIT)?);
        Ok(())
    }

    /// In good order, so that the data is complete when it starts again.
    fn stop(&self) {
        if let Some(process) = self.lock().take() {
            // An error means that it has ended by itself.
            let _ = process.signal(Signal::INT);
            process.wait(Duration::from_secs(10));
        }
    }
}

/// Quick rather than durable: the data lives as long as the test.
fn own_settings(port: u16) -> Vec<(String, String)> {
    [
        ("port", port.to_string().as_str()),
        ("listen_addresses", "127.0.0.1"),
        ("unix_socket_directories", ""),
        ("password_encryption", "scram-sha-256"),
        ("fsync", "off"),
        ("synchronous_commit", "off"),
        ("full_page_writes", "off"),
        ("wal_level", "minimal"),
        ("max_wal_senders", "0"),
        ("max_wal_size", "4GB"),
        ("log_min_messages", "warning"),
        ("timezone", "UTC"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

/// The folder of `initdb` and `postgres`, the newest version's.
fn binaries() -> Result<PathBuf> {
    let complete = |folder: &Path| folder.join("initdb").exists() && folder.join("postgres").exists();
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, folder)| complete(folder))
        .collect();
    versions.sort();
    if let Some((_, folder)) = versions.pop() {
        return Ok(folder);
    }
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .find(|folder| complete(folder))
        .ok_or_else(|| anyhow!("PostgreSQL is not installed. On Debian: apt-get install postgresql"))
}

/// Whether PostgreSQL is installed on this machine.
pub(crate) fn is_installed() -> bool {
    binaries().is_ok()
}

/// PostgreSQL refuses to run as root: then the user `postgres`, else `nobody`.
fn unprivileged_user() -> Result<Option<(u32, u32)>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
    ["postgres", "nobody"]
        .iter()
        .find_map(|name| {
            let mut fields =
                users.lines().find(|line| line.split(':').next() == Some(name))?.split(':').skip(2);
            Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
        })
        .map(Some)
        .ok_or_else(|| {
            anyhow!("no user to run PostgreSQL as, which refuses root. On Debian: adduser --system postgres")
        })
}

fn random_hex() -> Result<String> {
    use std::io::Read;
    let mut bytes = [0; 16];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
