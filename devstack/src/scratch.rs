//! Temporary folders and child processes that do not outlive this process, however it ends.
//!
//! Destructors do not run for statics and after SIGKILL. So a small shell waits on a pipe that closes when
//! this process ends, then stops what is registered in the scratch folder and removes the folder.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result};
use tempfile::TempDir;

/// The script of the shell. `$1` is the scratch folder. A file `processes/PID` contains the signal that stops
/// the process, and a file `containers/ID` represents a container.
const CLEANER: &str = r#"
trap '' INT TERM HUP
read -r _
each() { for file in "$root/processes/"*; do [ -e "$file" ] && "$1" "${file##*/}" "$file"; done; }
end() { read -r signal <"$2"; kill "-$signal" "$1"; }
alive() { kill -0 "$1" && left=1; }
finish() { kill -KILL -- "-$1"; }
exec 2>/dev/null
root=$1
each end
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  left=0; each alive; [ "$left" = 0 ] && break; sleep 0.1
done
each finish
for file in "$root/containers/"*; do [ -e "$file" ] && docker rm --force --volumes "${file##*/}" >/dev/null; done
rm -rf -- "$root"
"#;

struct Scratch {
    root: PathBuf,
    _alive: ChildStdin,
}

fn scratch() -> Result<&'static Scratch> {
    static SCRATCH: OnceLock<Result<Scratch, String>> = OnceLock::new();
    SCRATCH
        .get_or_init(|| create().map_err(|error| format!("{error:#}")))
        .as_ref()
        .map_err(|error| anyhow::anyhow!("{error}"))
}

fn create() -> Result<Scratch> {
    let root = tempfile::Builder::new().prefix("devstack-").tempdir().context("cannot create a folder")?;
    // PostgreSQL runs as another user if this process is root, and needs access to its folder in this one.
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o711))?;
    fs::create_dir(root.path().join("processes"))?;
    fs::create_dir(root.path().join("containers"))?;
    let mut cleaner = Command::new("sh")
        .args(["-c", CLEANER, "devstack-cleaner"])
        .arg(root.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .current_dir("/")
        // Ctrl-C in the terminal must not stop the cleaner, which runs after this process.
        .process_group(0)
        .spawn()
        .context("cannot start sh")?;
    let alive = cleaner.stdin.take().context("no pipe to the cleaner")?;
    Ok(Scratch { root: root.keep(), _alive: alive })
}

/// Creates a folder that is removed when it is dropped, or else when this process ends.
pub(crate) fn folder(name: &str) -> Result<TempDir> {
    tempfile::Builder::new()
        .prefix(&format!("{name}-"))
        .tempdir_in(&scratch()?.root)
        .with_context(|| format!("cannot create a folder for {name}"))
}

/// A process or container that is stopped when this process ends. Dropping it only removes the registration.
#[derive(Debug)]
pub(crate) struct Registration(PathBuf);

impl Registration {
    /// Registers a process, which is stopped by `signal` (its name without SIG), and its whole group by
    /// SIGKILL soon after.
    pub(crate) fn process(pid: u32, signal: &str) -> Result<Self> {
        Self::write("processes", &pid.to_string(), signal)
    }

    /// Registers a container, which is removed.
    pub(crate) fn container(id: &str) -> Result<Self> {
        Self::write("containers", id, "")
    }

    fn write(kind: &str, name: &str, text: &str) -> Result<Self> {
        let file = scratch()?.root.join(kind).join(name);
        fs::write(&file, format!("{text}\n")).with_context(|| format!("cannot write {}", file.display()))?;
        Ok(Self(file))
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // An error means that it was removed with the scratch folder.
        let _ = fs::remove_file(&self.0);
    }
}
