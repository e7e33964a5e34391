//! A server as a child process: in a process group of its own, its output kept, ended with its owner.

use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};
use tokio::sync::watch;

use crate::output::Output;
use crate::scratch::Registration;

/// A running child process. Dropping it ends the process and everything in its group.
#[derive(Debug)]
pub struct Process {
    child: Child,
    pid: Pid,
    stop: Signal,
    output: Output,
    exited: watch::Receiver<bool>,
    /// A process that was reaped no longer owns its id.
    reaped: bool,
    _registration: Registration,
}

impl Process {
    /// Starts the command; `stop` is the signal that ends it in good order.
    pub(crate) fn start(command: &mut Command, stop: Signal) -> Result<Self> {
        Self::start_into(command, stop, &Output::default())
    }

    /// The same, adding what it writes to an output that is there.
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

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has written.
    pub fn output(&self) -> &Output {
        &self.output
    }

    /// Whether it has ended by itself.
    pub fn has_exited(&self) -> bool {
        *self.exited.borrow()
    }

    /// Resolves when it has ended.
    pub(crate) fn exited(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut exited = self.exited.clone();
        async move {
            // An error means that the watching thread is gone, which it is after the process only.
            let _ = exited.wait_for(|exited| *exited).await;
        }
    }

    /// Its peak resident set in bytes; 0 when it has ended.
    pub fn peak_rss(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() * 1024
    }

    /// CPU seconds that it has spent, in user mode and in the kernel.
    pub fn cpu_seconds(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap_or_default();
        // The name in parentheses may hold spaces; utime and stime are the 12th and 13th field after it.
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
        let ticks: u64 = fields.filter_map(|field| field.parse::<u64>().ok()).sum();
        ticks as f64 / rustix::param::clock_ticks_per_second() as f64
    }

    /// Sends a signal to the process alone.
    ///
    /// # Errors
    /// When the process has ended.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        kill_process(self.pid, signal).with_context(|| format!("cannot signal process {}", self.pid))
    }

    /// Waits until it has ended, or until the time is up.
    pub(crate) fn wait(&self, limit: Duration) {
        let start = Instant::now();
        while !self.has_exited() && start.elapsed() < limit {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for the end and reaps it; an error carries what it printed.
    pub(crate) fn succeeded(&mut self) -> Result<()> {
        let status = self.reap()?;
        if !status.success() {
            bail!("{status}: {}", self.output.lines().join("\n"));
        }
        Ok(())
    }

    /// Waits for the end, reaps it and describes how it ended: `exit status 1`, `signal: killed`.
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
        // Before it is reaped, so that the id is still its own.
        self.wait(Duration::MAX);
        if !self.reaped {
            // An error means that nobody is left in its group.
            let _ = kill_process_group(self.pid, Signal::KILL);
        }
        self.reaped = true;
        self.child.wait()
    }

    /// Ends the process and its group now, and waits until it is gone.
    pub(crate) fn end(&mut self) {
        if kill_process(self.pid, self.stop).is_ok() && self.stop != Signal::KILL {
            self.wait(Duration::from_millis(2500));
        }
        // Whoever is left in the group goes too; an error means that nobody is.
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

/// Waits for the end without reaping, so that the id stays taken while it may still be signalled.
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

/// A port of 127.0.0.1 that nobody listens on, for a server that takes a while to listen. It lies below the
/// range from which the kernel takes ports for outgoing connections, so that none of those takes it first.
pub(crate) fn free_port() -> Result<u16> {
    for _ in 0..100 {
        let port = 20_000 + (RandomState::new().build_hasher().finish() % 12_000) as u16;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free port on 127.0.0.1 from 20000 to 31999")
}

/// Runs a command to its end; an error carries what it printed.
pub(crate) fn run(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start {program}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        bail!("{program} failed ({}): {text}{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(text)
}
