//! One task: the program as ECS starts it, in a container or, where that is impossible, as a process.

use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Map, Value};

use super::image::image;
use crate::command_line::program;

/// A task that runs.
pub struct Task {
    child: Child,
    /// The name of the container, if it is one.
    container: Option<String>,
}

/// How a task ended.
pub struct Ended {
    pub status: i32,
    /// What standard output has, which is the response.
    pub response: Value,
    /// The lines of the log.
    pub lines: Vec<Map<String, Value>>,
    /// The same as they were written.
    pub log: String,
}

impl Task {
    /// Starts a task with these variables. `command` takes the place of the image's own.
    pub fn start(variables: &[(String, String)], command: &[&str]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let Some(image) = image() else {
            // The command of the image.
            let mut task = program(if command.is_empty() { &["extract"] } else { command });
            task.envs(variables.iter().cloned());
            return Self { child: spawn(task), container: None };
        };
        let name = format!("rde-task-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let mut task = Command::new("docker");
        task.args(["run", "--rm", "--name", &name, "--network=host", "--read-only", "--cap-drop=ALL"]);
        task.args(["--security-opt", "no-new-privileges"]);
        for (variable, value) in variables {
            task.args(["--env", &format!("{variable}={value}")]);
        }
        task.arg(image).args(command);
        Self { child: spawn(task), container: Some(name) }
    }

    /// Runs a task to its end.
    pub fn run(variables: &[(String, String)], command: &[&str]) -> Ended {
        Self::start(variables, command).end()
    }

    /// Returns whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|ended| ended.is_some())
    }

    /// Stops the task as ECS does: SIGTERM, and SIGKILL ten seconds later.
    pub fn stop(&self) {
        if let Some(name) = &self.container {
            let stopped = Command::new("docker").args(["stop", "--time", "10", name]).output();
            assert!(stopped.is_ok_and(|stopped| stopped.status.success()), "it runs");
        } else {
            let pid = Pid::from_raw(self.child.id() as i32).expect("a process");
            kill_process(pid, Signal::TERM).expect("it runs");
        }
    }

    pub fn end(self) -> Ended {
        let Output { status, stdout, stderr } = self.child.wait_with_output().expect("its output");
        let log = String::from_utf8(stderr).expect("UTF-8");
        let out = String::from_utf8(stdout).expect("UTF-8");
        assert_eq!(out.lines().count(), 1, "the response has one line: {out}\n{log}");
        let response = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}\n{log}"));
        let line = |line: &str| {
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: no line of a log: {line}"))
        };
        Ended { status: status.code().unwrap_or(-1), response, lines: log.lines().map(line).collect(), log }
    }
}

fn spawn(mut command: Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the program starts")
}
