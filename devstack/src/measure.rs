//! What a command takes as a whole process.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Result;
use rustix::process::Signal;

use crate::process::Process;

/// How often the peak is read; it only grows, so that little is missed.
const SAMPLE: Duration = Duration::from_millis(5);

/// What a finished process took.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    /// From its start to its end.
    pub wall: Duration,
    /// CPU seconds in user mode and in the kernel.
    pub cpu_seconds: f64,
    /// Peak resident set in bytes, as last seen a few milliseconds before its end.
    pub peak_rss: u64,
}

/// Runs a command to its end. What it prints is read and dropped; print little.
///
/// # Errors
/// When it cannot be started or does not end well.
pub fn measure(command: &mut Command) -> Result<Measured> {
    let started = Instant::now();
    let mut process = Process::start(command, Signal::KILL)?;
    let mut peak_rss = 0;
    while !process.has_exited() {
        peak_rss = peak_rss.max(process.peak_rss());
        std::thread::sleep(SAMPLE);
    }
    // It is not reaped yet, so its times can still be read.
    let measured = Measured { wall: started.elapsed(), cpu_seconds: process.cpu_seconds(), peak_rss };
    process.succeeded()?;
    Ok(measured)
}
