//! What a person sees: a counter while it runs, a summary at the end.

use std::fmt::Write;
use std::time::Duration;

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::pipeline::Run;

/// Rows, bytes, rate and time on the last line of the terminal.
pub(super) struct Counter(Option<(ProgressBar, JoinHandle<()>)>);

const REFRESH: Duration = Duration::from_millis(100);

impl Counter {
    /// Begins to count if there is a terminal to see it.
    pub(super) fn start(run: &Run, visible: bool) -> Self {
        if !visible {
            return Self(None);
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
            bar.set_style(style);
        }
        let run = run.clone();
        let line = bar.clone();
        let task = tokio::spawn(async move {
            loop {
                let (rows, bytes) = (run.progress.rows(), run.progress.bytes());
                let rate = bytes as f64 / run.deadline.elapsed().as_secs_f64().max(0.1);
                line.set_message(format!(
                    "{:<11} {} rows  {}  {}/s ",
                    run.progress.stage().as_str(),
                    HumanCount(rows),
                    HumanBytes(bytes),
                    HumanBytes(rate as u64),
                ));
                line.tick();
                tokio::time::sleep(REFRESH).await;
            }
        });
        Self(Some((bar, task)))
    }

    /// Takes the line away.
    pub(super) fn stop(self) {
        if let Some((bar, task)) = self.0 {
            task.abort();
            bar.finish_and_clear();
        }
    }
}

/// The answer in words.
pub(super) fn summary(answer: &Value) -> String {
    let body = &answer["body"];
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let mut out = String::new();
    if body["error"].is_string() {
        let _ = write!(
            out,
            "Failed: {} ({}, stage {})\n  Mend: {}",
            text("error"),
            text("errorType"),
            text("stage"),
            text("hint"),
        );
        return out;
    }
    let number = |name: &str| body[name].as_u64().unwrap_or_default();
    let _ = writeln!(out, "{}", text("message"));
    let _ = writeln!(out, "  rows     {}", HumanCount(number("recordsProcessed")));
    let _ = writeln!(out, "  bytes    {}", HumanBytes(number("bytesWritten")));
    let _ = writeln!(out, "  time     {}", text("executionTime"));
    for (stage, milliseconds) in body["timings"].as_object().into_iter().flatten() {
        let _ = writeln!(out, "    {stage:<12} {milliseconds:>8} ms");
    }
    for warning in body["warnings"].as_array().into_iter().flatten() {
        let _ = writeln!(out, "  warning  {}", warning.as_str().unwrap_or_default());
    }
    match body["s3Location"].as_str() {
        Some(location) => {
            let _ = write!(out, "  object   {location}\n  fetch    aws s3 cp '{location}' .");
        }
        None => out.push_str("  object   none"),
    }
    out
}
