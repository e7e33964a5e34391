//! The output of a child process, line by line.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use rustix::event::{PollFd, PollFlags, poll};

/// The lines of standard output and standard error of a process, in the order in which they were read.
///
/// A clone is another handle of the same lines.
#[derive(Clone, Debug, Default)]
pub struct Output(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    lines: Vec<String>,
    pipes: Vec<Pipe>,
}

#[derive(Debug)]
struct Pipe {
    file: File,
    rest: Vec<u8>,
}

impl Output {
    /// Starts collecting the lines from these pipes, until they are closed.
    pub(crate) fn collect(&self, pipes: Vec<OwnedFd>) -> Result<()> {
        let mut watched = Vec::new();
        for pipe in &pipes {
            rustix::io::ioctl_fionbio(pipe, true)?;
            watched.push(pipe.try_clone()?);
        }
        self.with(|state| {
            state.pipes.extend(pipes.into_iter().map(|fd| Pipe { file: File::from(fd), rest: Vec::new() }));
        });
        let output = self.clone();
        std::thread::Builder::new().name("devstack-output".into()).spawn(move || output.follow(watched))?;
        Ok(())
    }

    fn follow(&self, mut watched: Vec<OwnedFd>) {
        while !watched.is_empty() {
            let mut polled: Vec<_> =
                watched.iter().map(|fd| PollFd::from_borrowed_fd(fd.as_fd(), PollFlags::IN)).collect();
            if poll(&mut polled, None).is_err_and(|error| error != rustix::io::Errno::INTR) {
                return;
            }
            let closed: Vec<bool> = polled
                .iter()
                .map(|fd| fd.revents().contains(PollFlags::HUP) && !fd.revents().contains(PollFlags::IN))
                .collect();
            drop(polled);
            self.with(State::drain);
            let mut closed = closed.into_iter();
            watched.retain(|_| !closed.next().unwrap_or(true));
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns all lines that the process has written so far.
    pub fn lines(&self) -> Vec<String> {
        self.lines_from(0)
    }

    /// Returns the lines that the process has written so far, without the first `start` ones.
    pub fn lines_from(&self, start: usize) -> Vec<String> {
        self.with(|state| {
            state.drain();
            state.lines.get(start..).unwrap_or_default().to_vec()
        })
    }

    /// Returns how many lines the process has written so far.
    pub fn count(&self) -> usize {
        self.with(|state| {
            state.drain();
            state.lines.len()
        })
    }

    /// Adds a line that the process did not write itself.
    pub(crate) fn push(&self, line: String) {
        self.with(|state| {
            state.drain();
            state.lines.push(line);
        });
    }

    /// Returns the last lines, for an error message.
    pub(crate) fn tail(&self) -> String {
        let lines = self.lines();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }
}

impl State {
    /// Reads what the pipes contain now, without blocking.
    fn drain(&mut self) {
        let Self { lines, pipes } = self;
        pipes.retain_mut(|pipe| pipe.drain(lines));
    }
}

impl Pipe {
    /// Reads what the pipe contains now. Returns whether the pipe is still open.
    fn drain(&mut self, lines: &mut Vec<String>) -> bool {
        let mut block = [0; 16 * 1024];
        loop {
            match self.file.read(&mut block) {
                Ok(0) => {
                    if !self.rest.is_empty() {
                        lines.push(String::from_utf8_lossy(&std::mem::take(&mut self.rest)).into_owned());
                    }
                    return false;
                }
                Ok(count) => {
                    self.rest.extend_from_slice(&block[..count]);
                    while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                        let line: Vec<u8> = self.rest.drain(..=end).collect();
                        lines.push(String::from_utf8_lossy(&line[..end]).into_owned());
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return error.kind() == ErrorKind::WouldBlock,
            }
        }
    }
}
