//! A child process in a process group of its own, whose output is kept.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};
use tokio::sync::watch;

use crate::output::Output;
use crate::scratch::Registration;

/// A running child process. Dropping it stops the process and all processes of its group.
#[derive(Debug)]
pub struct Process {
    child: Child,
    pid: Pid,
    stop: Signal,
    output: Output,
    exited: watch::Receiver<bool>,
    /// Whether the process was reaped, after which its id may belong to another one.
    reaped: bool,
    _registration: Registration,
}

impl Process {
    /// Starts the command. `stop` is the signal that stops it cleanly.
    pub(crate) fn start(command: &mut Command, stop: Signal) -> Result<Self> {
        Self::start_into(command, stop, &Output::default())
    }

    /// Starts the command and adds its output to `output`. `stop` is the signal that stops it cleanly.
    pub(crate) fn start_into(command: &mut Command, stop: Signal, output: &Output) -> Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().with_context(|| format!("cannot start {program}"))?;
        let registration = Registration::process(child.id(), signal_name(stop));
        let output = output.clone();
        let pipes = [child.stdout.take().map(Into::into), child.stderr.take().map(Into::into)];
        let collected = output.collect(pipes.into_iter().flatten().collect());
        let pid = Pid::from_child(&child);
        let exited = watch_exit(pid);
        let process = Self { child, pid, stop, output, exited, reaped: false, _registration: registration? };
        collected?;
        Ok(process)
    }

    /// Returns the process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Returns its output.
    pub fn output(&self) -> &Output {
        &self.output
    }

    /// Returns whether it has ended by itself.
    pub fn has_exited(&self) -> bool {
        *self.exited.borrow()
    }

    /// Resolves when it has ended.
    pub(crate) fn exited(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut exited = self.exited.clone();
        async move {
            // An error means that the watching thread has ended, which it does after the process.
            let _ = exited.wait_for(|exited| *exited).await;
        }
    }

    /// Returns its peak resident set size in bytes, or 0 if it has ended.
    pub fn peak_rss(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() * 1024
    }

    /// Returns the CPU seconds that it has used, in user and in kernel mode.
    pub fn cpu_seconds(&self) -> f64 {
        cpu(self.pid(), 2)
    }

    /// Returns the CPU seconds that it and its children have used, in user and in kernel mode.
    pub(crate) fn cpu_seconds_with_children(&self) -> f64 {
        let pid = self.pid();
        let running = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        let children = running.split_whitespace().filter_map(|child| child.parse().ok());
        children.map(|child| cpu(child, 2)).sum::<f64>() + cpu(pid, 4)
    }

    /// Sends a signal to the process, but not to its group.
    ///
    /// # Errors
    /// Fails if the process has ended.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        kill_process(self.pid, signal).with_context(|| format!("cannot signal process {}", self.pid))
    }

    /// Waits until it has ended, but not longer than the limit.
    pub(crate) fn wait(&self, limit: Duration) {
        let start = Instant::now();
        while !self.has_exited() && start.elapsed() < limit {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for its end and reaps it. If it did not succeed, the error contains its output.
    pub(crate) fn succeeded(&mut self) -> Result<()> {
        let status = self.reap()?;
        if !status.success() {
            bail!("{status}: {}", self.output.lines().join("\n"));
        }
        Ok(())
    }

    /// Waits for its end, reaps it and returns how it ended: `exit status 1`, `signal: 9 (SIGKILL)`.
    pub(crate) fn describe_exit(&mut self) -> String {
        match self.reap() {
            Ok(status) => match status.code() {
                Some(code) => format!("exit status {code}"),
                None => status.to_string(),
            },
            Err(error) => error.to_string(),
        }
    }

    fn reap(&mut self) -> std::io::Result<ExitStatus> {
        // The group is killed before the process is reaped, while the id is still its own.
        self.wait(Duration::MAX);
        if !self.reaped {
            // An error means that the group is empty.
            let _ = kill_process_group(self.pid, Signal::KILL);
        }
        self.reaped = true;
        self.child.wait()
    }

    /// Stops the process and its group, and waits until the process has ended.
    pub(crate) fn end(&mut self) {
        if kill_process(self.pid, self.stop).is_ok() && self.stop != Signal::KILL {
            self.wait(Duration::from_millis(2500));
        }
        // Kills what is left of the group. An error means that the group is empty.
        let _ = kill_process_group(self.pid, Signal::KILL);
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.reaped {
            self.end();
        }
    }
}

/// Watches for the end of a process without reaping it, so that its id stays reserved while it may still be
/// signalled.
fn watch_exit(pid: Pid) -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    std::thread::spawn(move || {
        while waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)
            .is_err_and(|error| error == rustix::io::Errno::INTR)
        {}
        sender.send_replace(true);
    });
    receiver
}

fn signal_name(signal: Signal) -> &'static str {
    match signal {
        Signal::QUIT => "QUIT",
        Signal::TERM => "TERM",
        Signal::INT => "INT",
        _ => "KILL",
    }
}

/// Runs a command and returns its standard output. If it fails, the error contains its output.
pub(crate) fn run(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start {program}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!("{program} failed ({}): {text}{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(text)
}

/// Returns the CPU seconds of a process: its own two fields, and those of its children that have ended if `fields` is 4.
fn cpu(pid: u32, fields: usize) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name in parentheses may contain spaces. The 12th field after it and those that follow are utime, stime,
    // cutime and cstime.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(fields);
    let ticks: u64 = fields.filter_map(|field| field.parse::<u64>().ok()).sum();
    ticks as f64 / rustix::param::clock_ticks_per_second() as f64
}
