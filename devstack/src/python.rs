//! Python programs in virtual environments that are made once and kept in a cache folder.

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

/// A virtual environment that is ready.
#[derive(Debug)]
pub(crate) struct Environment(PathBuf);

impl Environment {
    /// Finds the environment in the cache, or makes it first, in half a minute or more. Several processes may
    /// ask at once: one makes it, the others wait.
    pub(crate) fn of(packages: Packages) -> Result<Self> {
        let python = std::env::var("DEVSTACK_PYTHON").unwrap_or_else(|_| "python3".into());
        let version = run(Command::new(&python).arg("--version"))
            .context("Python 3.11 or later is needed. On Debian: apt-get install python3-venv")?;
        let mut hash = DefaultHasher::new();
        (packages.requirements, &version).hash(&mut hash);
        let folder = cache_folder()?.join(format!("{}-{:016x}", packages.name, hash.finish()));
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
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
            .context("cannot make a virtual environment. On Debian: apt-get install python3-venv")?;
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
        fs::create_dir_all(self.home()).context("cannot make a home folder")
    }

    /// The environment's interpreter.
    pub(crate) fn python(&self) -> PathBuf {
        self.0.join("venv/bin/python")
    }

    /// The folder with everything of it.
    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    /// A home folder that stays, for caches that make the next start quicker.
    pub(crate) fn home(&self) -> PathBuf {
        self.0.join("home")
    }

    /// A command that runs a module in an otherwise empty process environment.
    pub(crate) fn module(&self, module: &str) -> Command {
        self.command(["-m", module])
    }

    /// The same for a program that is given as text.
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

/// Whether Python is installed on this machine.
/// What to do where it is not.
pub(crate) const MISSING: &str = "Python with venv is not installed. On Debian: apt-get install python3-venv";

pub(crate) fn is_installed() -> bool {
    let python = std::env::var("DEVSTACK_PYTHON").unwrap_or_else(|_| "python3".into());
    run(Command::new(python).args(["-c", "import venv, ensurepip"])).is_ok()
}

fn cache_folder() -> Result<PathBuf> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    variable("DEVSTACK_CACHE")
        .or_else(|| Some(variable("XDG_CACHE_HOME")?.join("rds-data-extractor")))
        .or_else(|| Some(variable("HOME")?.join(".cache/rds-data-extractor")))
        .ok_or_else(|| anyhow!("neither DEVSTACK_CACHE nor HOME is set: nowhere to keep Python packages"))
}
