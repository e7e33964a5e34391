//! Shows the progress of a run: one line that changes on a terminal, otherwise a line every ten seconds.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use indicatif::{HumanBytes, HumanCount, HumanDuration, ProgressBar, ProgressStyle};
use tokio::task::JoinHandle;

use crate::error::Stage;
use crate::pipeline::Run;

/// A display of the progress, which is shown until it is dropped.
pub(super) struct Display {
    bar: Option<ProgressBar>,
    task: JoinHandle<()>,
}

const REFRESH: Duration = Duration::from_millis(100);
const LINE_EVERY: Duration = Duration::from_secs(10);

impl Display {
    /// Starts the display, unless `quiet`.
    pub(super) fn start(run: &Run, quiet: bool) -> Option<Self> {
        if quiet {
            return None;
        }
        let run = run.clone();
        if !std::io::stderr().is_terminal() {
            return Some(Self { bar: None, task: tokio::spawn(lines(run)) });
        }
        let bar = ProgressBar::new_spinner();
        let task = tokio::spawn(redraw(run, bar.clone()));
        Some(Self { bar: Some(bar), task })
    }
}

impl Drop for Display {
    /// Clears the line.
    fn drop(&mut self) {
        self.task.abort();
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

async fn lines(run: Run) {
    loop {
        tokio::time::sleep(LINE_EVERY).await;
        // The terminal, or the pipe, may be gone.
        let _ = writeln!(std::io::stderr(), "{}", message(&run));
    }
}

async fn redraw(run: Run, bar: ProgressBar) {
    let spinner = ProgressStyle::with_template("{spinner} {wide_msg}");
    let with_total = ProgressStyle::with_template("{spinner} {msg}  [{wide_bar}] {percent}%");
    let with_total = with_total.map(|style| style.progress_chars("=> "));
    if let Ok(style) = spinner {
        bar.set_style(style.clone());
        loop {
            bar.set_message(message(&run));
            match (share(&run), &with_total) {
                (Some((rows, expected)), Ok(with_total)) => {
                    bar.set_style(with_total.clone());
                    bar.set_length(expected);
                    bar.set_position(rows);
                }
                _ => bar.set_style(style.clone()),
            }
            bar.tick();
            tokio::time::sleep(REFRESH).await;
        }
    }
}

/// Returns the rows so far and the planner's estimate of the total, as long as the estimate is not exceeded.
fn share(run: &Run) -> Option<(u64, u64)> {
    let (rows, expected) = (run.progress.rows(), run.progress.expected_rows()?);
    (rows > 0 && rows < expected).then_some((rows, expected))
}

fn message(run: &Run) -> String {
    let (rows, bytes) = (run.progress.rows(), run.progress.bytes());
    let elapsed = run.deadline.elapsed();
    if *run.interrupted.borrow() {
        return format!("cancelling after {} rows; press Ctrl-C again to exit at once", HumanCount(rows));
    }
    if rows == 0 {
        return format!("{}, {}", waiting(run.progress.stage()), HumanDuration(elapsed));
    }
    let rate = bytes as f64 / elapsed.as_secs_f64().max(0.1);
    let of =
        run.progress.expected_rows().map_or_else(String::new, |rows| format!(" of ~{}", HumanCount(rows)));
    format!(
        "{}{of} rows  {}  {}/s  {}",
        HumanCount(rows),
        HumanBytes(bytes),
        HumanBytes(rate as u64),
        clock(elapsed)
    )
}

/// Describes what a run without rows is doing.
fn waiting(stage: Stage) -> &'static str {
    match stage {
        Stage::Event => "checking the event",
        Stage::Config => "reading the configuration",
        Stage::Credentials => "assuming the role",
        Stage::Endpoint => "asking RDS for the address",
        Stage::Connection => "connecting",
        Stage::Query => "letting the server parse the query",
        Stage::Rows | Stage::Encode => "waiting for the first row",
        Stage::Upload => "completing the result",
    }
}

/// Formats a duration, such as `1:02` or `1:00:02`.
fn clock(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_reads_as_a_clock() {
        assert_eq!(clock(Duration::from_secs(62)), "1:02");
        assert_eq!(clock(Duration::from_secs(3_602)), "1:00:02");
    }
}
