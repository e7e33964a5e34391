//! Python programs in virtual environments, which are created once and kept in a cache folder.

use std::collections::hash_map::DefaultHasher;
use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow};

use crate::process::run;

/// A set of pinned packages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packages {
    pub(crate) name: &'static str,
    /// A requirements file with every dependency pinned.
    pub(crate) requirements: &'static str,
}

/// An installed virtual environment.
#[derive(Debug)]
pub(crate) struct Environment(PathBuf);

impl Environment {
    /// Returns the environment from the cache, and installs it first if it is missing, which takes half a
    /// minute or more. If several processes need it at once, one installs it and the others wait.
    pub(crate) fn of(packages: Packages) -> Result<Self> {
        let python = std::env::var("DEVSTACK_PYTHON").unwrap_or_else(|_| "python3".into());
        let version = run(Command::new(&python).arg("--version"))
            .context("Python 3.11 or later is needed. On Debian: apt-get install python3-venv")?;
        let mut hash = DefaultHasher::new();
        (packages.requirements, &version).hash(&mut hash);
        let folder = cache_folder()?.join(format!("{}-{:016x}", packages.name, hash.finish()));
        fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let environment = Self(folder);
        let lock = File::create(environment.0.join("lock"))?;
        lock.lock().context("cannot lock the Python environment")?;
        let ready = environment.0.join("ready");
        if !ready.exists() {
            environment.install(&python, packages)?;
            fs::write(ready, version)?;
        }
        Ok(environment)
    }

    fn install(&self, python: &str, packages: Packages) -> Result<()> {
        eprintln!("devstack: installing {} into {} (once)", packages.name, self.0.display());
        let venv = self.0.join("venv");
        run(Command::new(python).args(["-m", "venv", "--clear"]).arg(&venv))
            .context("cannot create a virtual environment. On Debian: apt-get install python3-venv")?;
        let requirements = self.0.join("requirements.txt");
        fs::write(&requirements, packages.requirements)?;
        let mut pip = Command::new(self.python());
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--prefer-binary",
            "--no-deps",
            "-r",
        ]);
        run(pip.arg(requirements)).with_context(|| format!("cannot install {} from PyPI", packages.name))?;
        fs::create_dir_all(self.home()).context("cannot create a home folder")
    }

    /// Returns the environment's interpreter.
    pub(crate) fn python(&self) -> PathBuf {
        self.0.join("venv/bin/python")
    }

    /// Returns the environment's folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    /// Returns the home folder of the programs, which is kept for their caches.
    pub(crate) fn home(&self) -> PathBuf {
        self.0.join("home")
    }

    /// Returns a command that runs a module, with hardly any environment variables.
    pub(crate) fn module(&self, module: &str) -> Command {
        self.command(["-m", module])
    }

    /// Returns a command that runs the program in `text`, with hardly any environment variables.
    pub(crate) fn program(&self, text: &str) -> Command {
        self.command(["-c", text])
    }

    fn command(&self, arguments: [&str; 2]) -> Command {
        let mut command = Command::new(self.python());
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", self.home());
        command.env("PYTHONUNBUFFERED", "1").args(arguments);
        command
    }
}

/// The error if Python is not installed.
pub(crate) const MISSING: &str = "Python with venv is not installed. On Debian: apt-get install python3-venv";

/// Returns whether Python with venv is installed.
pub(crate) fn is_installed() -> bool {
    let python = std::env::var("DEVSTACK_PYTHON").unwrap_or_else(|_| "python3".into());
    run(Command::new(python).args(["-c", "import venv, ensurepip"])).is_ok()
}

fn cache_folder() -> Result<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    variable("DEVSTACK_CACHE")
        .or_else(|| Some(variable("XDG_CACHE_HOME")?.join("rds-data-extractor")))
        .or_else(|| Some(variable("HOME")?.join(".cache/rds-data-extractor")))
        .ok_or_else(|| anyhow!("no folder for Python packages: neither DEVSTACK_CACHE nor HOME is set"))
}
