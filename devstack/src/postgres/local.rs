//! The server as a local process in a temporary folder.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use rustix::process::Signal;

use super::files::{Files, INITDB};
use crate::certificates::ServerCertificate;
use crate::process::{Process, free_port, run};

#[derive(Debug)]
pub(super) struct Local {
    process: Mutex<Option<Process>>,
    folder: PathBuf,
    binaries: PathBuf,
    user: Option<(u32, u32)>,
    port: u16,
}

impl Local {
    /// Makes a cluster below the folder.
    pub(super) fn create(folder: &Path, files: &Files) -> Result<Self> {
        let user = unprivileged_user()?;
        if let Some((uid, gid)) = user {
            chown(folder, Some(uid), Some(gid))?;
        }
        let (binaries, port) = (binaries()?, free_port()?);
        let local = Self { process: Mutex::new(None), folder: folder.to_owned(), binaries, user, port };
        let password = local.write("password", &files.password)?;
        let mut initdb = local.command("initdb");
        initdb.args(INITDB).arg("--pwfile").arg(password).arg("--pgdata").arg(local.folder.join("data"));
        run(&mut initdb).context("cannot make a PostgreSQL cluster")?;
        local.write("data/pg_hba.conf", &files.hba())?;
        let conf = local.folder.join("data/postgresql.conf");
        let usual = fs::read_to_string(&conf)?;
        fs::write(conf, usual + "\ninclude 'devstack.conf'\n")?;
        Ok(local)
    }

    pub(super) fn launch(&self, files: &Files, certificate: Option<&ServerCertificate>) -> Result<()> {
        if let Some(certificate) = certificate {
            self.write("server.crt", &certificate.certificate)?;
            self.write("server.key", &certificate.key)?;
        }
        let tls = certificate.map(|_| self.folder.as_path());
        self.write("data/devstack.conf", &files.settings("127.0.0.1", self.port, tls))?;
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.folder.join("data"));
        // Immediate shutdown: every backend ends at once and shared memory is given back.
        *self.lock() = Some(Process::start(&mut command, Signal::QUIT)?);
        Ok(())
    }

    pub(super) fn become_standby(&self) -> Result<()> {
        self.write("data/standby.signal", "").map(|_| ())
    }

    /// In good order, so that the data is complete when it starts again.
    pub(super) fn stop(&self) {
        if let Some(process) = self.lock().take() {
            // An error means that it has ended by itself.
            let _ = process.signal(Signal::INT);
            process.wait(Duration::from_secs(10));
        }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.lock().as_ref().map(Process::pid)
    }

    /// The end of the log, if it has ended by itself.
    pub(super) fn has_stopped(&self) -> Option<String> {
        self.lock().as_ref().filter(|process| process.has_exited()).map(|process| process.output().tail())
    }

    fn lock(&self) -> MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.join(program));
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8").current_dir(&self.folder);
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        if let Some((uid, gid)) = self.user {
            chown(&path, Some(uid), Some(gid))?;
        }
        Ok(path)
    }
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
/// What to do where it is not installed.
pub(super) const MISSING: &str = "PostgreSQL is not installed. On Debian: apt-get install postgresql";

pub(super) fn is_installed() -> bool {
    binaries().is_ok()
}

/// PostgreSQL and PgBouncer refuse to run as root: then the user `postgres`, else `nobody`.
pub(crate) fn unprivileged_user() -> Result<Option<(u32, u32)>> {
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
