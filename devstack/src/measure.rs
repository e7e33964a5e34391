//! Measures the time and the resources of a command.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Result;
use rustix::process::Signal;

use crate::process::Process;

/// How often the peak memory is read. It only grows, so that little is missed at the end.
const SAMPLE: Duration = Duration::from_millis(5);

/// The time and the resources that a process has used.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    /// The time from its start to its end.
    pub wall: Duration,
    /// The CPU seconds in user and in kernel mode.
    pub cpu_seconds: f64,
    /// The peak resident set size in bytes, read a few milliseconds before its end.
    pub peak_rss: u64,
}

/// Runs a command and waits for its end. Its output is kept in memory, and shown only if it fails.
///
/// # Errors
/// Fails if the command cannot be started or does not succeed.
pub fn measure(command: &mut Command) -> Result<Measured> {
    let started = Instant::now();
    let mut process = Process::start(command, Signal::KILL)?;
    let mut peak_rss = 0;
    while !process.has_exited() {
        peak_rss = peak_rss.max(process.peak_rss());
        std::thread::sleep(SAMPLE);
    }
    // The process has not been reaped yet, so that its CPU time can still be read.
    let measured = Measured { wall: started.elapsed(), cpu_seconds: process.cpu_seconds(), peak_rss };
    process.succeeded()?;
    Ok(measured)
}
