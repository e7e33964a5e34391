//! A PostgreSQL server as a local process with a temporary folder.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::Signal;

use super::files::{Files, INITDB, SUPERUSER};
use crate::certificates::ServerCertificate;
use crate::free_port::free_port;
use crate::process::{Process, run};
use crate::unprivileged_user::unprivileged_user;

/// The size of a file of `pg_xact` in bytes, each of which has the status of four transactions.
const STATUS_FILE: u32 = 32 * 8192;

#[derive(Debug)]
pub(super) struct Local {
    process: Mutex<Option<Process>>,
    folder: PathBuf,
    binaries: PathBuf,
    user: Option<(u32, u32)>,
    port: u16,
}

impl Local {
    /// Creates a database cluster in the folder.
    pub(super) fn create(folder: &Path, files: &Files) -> Result<Self> {
        let local = Self::in_folder(folder)?;
        let password = local.write("password", &files.password)?;
        let mut initdb = local.command("initdb");
        initdb.args(INITDB).arg("--pwfile").arg(password).arg("--pgdata").arg(local.folder.join("data"));
        run(&mut initdb).context("cannot create a PostgreSQL cluster")?;
        local.write("data/pg_hba.conf", &files.hba())?;
        let conf = local.folder.join("data/postgresql.conf");
        let usual = fs::read_to_string(&conf)?;
        fs::write(conf, usual + "\ninclude 'devstack.conf'\n")?;
        Ok(local)
    }

    /// Copies the cluster of the server on a port of 127.0.0.1 into the folder, as a standby.
    pub(super) fn copy(folder: &Path, port: u16, password: &str) -> Result<Self> {
        let local = Self::in_folder(folder)?;
        let mut copy = local.command("pg_basebackup");
        copy.args([
            "--host=127.0.0.1",
            "--no-password",
            "--no-sync",
            "--checkpoint=fast",
            "--username",
            SUPERUSER,
        ])
        .arg(format!("--port={port}"))
        .arg("--pgdata")
        .arg(local.folder.join("data"))
        .env("PGPASSWORD", password);
        run(&mut copy).context("cannot copy the primary's cluster")?;
        local.become_standby()?;
        Ok(local)
    }

    /// Prepares a folder for the user that PostgreSQL runs as.
    fn in_folder(folder: &Path) -> Result<Self> {
        let user = unprivileged_user()?;
        if let Some((uid, gid)) = user {
            chown(folder, Some(uid), Some(gid))?;
        }
        let (binaries, port) = (binaries()?, free_port()?);
        Ok(Self { process: Mutex::new(None), folder: folder.to_owned(), binaries, user, port })
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
        // SIGQUIT is an immediate shutdown: all backends end at once, and shared memory is released.
        *self.lock() = Some(Process::start(&mut command, Signal::QUIT)?);
        Ok(())
    }

    pub(super) fn become_standby(&self) -> Result<()> {
        self.write("data/standby.signal", "").map(|_| ())
    }

    /// Gives the next transaction of the stopped server this id, with a status file in which no transaction near it has
    /// ended.
    pub(super) fn reset_transaction_id(&self, id: u32) -> Result<()> {
        let mut reset = self.command("pg_resetwal");
        reset.arg("-f").args(["-x", &id.to_string()]).arg("--pgdata").arg(self.folder.join("data"));
        run(&mut reset).context("cannot move the transaction ids")?;
        let zeros = "\0".repeat(STATUS_FILE as usize);
        self.write(&format!("data/pg_xact/{:04X}", id / (4 * STATUS_FILE)), &zeros).map(|_| ())
    }

    /// Stops the server by a fast shutdown, so that it can be started again without recovery.
    pub(super) fn stop(&self) {
        if let Some(process) = self.lock().take() {
            // An error means that the server has stopped by itself.
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

    pub(super) fn cpu_seconds(&self) -> Option<f64> {
        self.lock().as_ref().map(Process::cpu_seconds_with_children)
    }

    /// Returns the end of the log if the server has stopped by itself.
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

/// Returns the folder with `initdb` and `postgres` of the newest version.
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
        .context(MISSING)
}

/// The error if PostgreSQL is not installed.
pub(super) const MISSING: &str = "PostgreSQL is not installed. On Debian: apt-get install postgresql";

/// Returns whether PostgreSQL is installed.
pub(super) fn is_installed() -> bool {
    binaries().is_ok()
}
