//! Filters the function's lines as Lambda does before it sends them to CloudWatch Logs, with JSON logging.

use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::function::Function;

/// The log levels, from the most detailed to the most serious.
const LEVELS: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
const INFO: usize = 2;

/// A filter that drops lines below the function's application log level.
#[derive(Debug)]
pub(super) struct LogFilter {
    level: usize,
    /// Lines of Lambda itself, to which the application log level does not apply.
    of_lambda: Mutex<Vec<String>>,
}

impl LogFilter {
    pub(super) fn new(function: &Function) -> Self {
        Self { level: named(function.log_level()).unwrap_or(INFO), of_lambda: Mutex::default() }
    }

    pub(super) fn is_of_lambda(&self, line: &str) {
        self.of_lambda.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned());
    }

    pub(super) fn passes(&self, line: &str) -> bool {
        let of_lambda = self.of_lambda.lock().unwrap_or_else(PoisonError::into_inner);
        level(line) >= self.level || of_lambda.iter().any(|own| own == line)
    }
}

/// Returns the level of a line. A line that is not JSON, or that has no level or no valid time, counts as
/// INFO.
fn level(line: &str) -> usize {
    let line: Value = serde_json::from_str(line).unwrap_or_default();
    let is_dated = line["timestamp"].as_str().is_some_and(is_rfc_3339);
    line["level"].as_str().filter(|_| is_dated).and_then(named).unwrap_or(INFO)
}

fn named(level: &str) -> Option<usize> {
    LEVELS.iter().position(|name| name.eq_ignore_ascii_case(level))
}

/// Returns whether a text has the form `2026-11-28T21:04:23.123Z`, or that with an offset.
fn is_rfc_3339(text: &str) -> bool {
    const FORM: &[u8] = b"0000-00-00T00:00:00";
    let Some((time, rest)) = text.as_bytes().split_at_checked(FORM.len()) else { return false };
    let matches = |(form, byte): (&u8, &u8)| form == byte || (*form == b'0' && byte.is_ascii_digit());
    let zone = rest.iter().position(|byte| b"Z+-".contains(byte)).map(|at| &rest[at..]);
    FORM.iter().zip(time).all(matches) && zone.is_some_and(|zone| zone == b"Z" || zone.len() == 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_count_by_their_level_and_as_info_without_one() {
        let line = |level: &str, time: &str| format!(r#"{{"level": "{level}", "timestamp": "{time}"}}"#);
        let now = "2026-11-28T21:04:23.123Z";
        for (line, expected) in [
            (line("DEBUG", now), "DEBUG"),
            (line("error", "2026-11-28T21:04:23+01:00"), "ERROR"),
            (line("ERROR", "yesterday"), "INFO"),
            (line("LOUD", now), "INFO"),
            (r#"{"level": "ERROR"}"#.into(), "INFO"),
            (format!(r#"{{"timestamp": "{now}"}}"#), "INFO"),
            ("thread 'main' panicked".into(), "INFO"),
        ] {
            assert_eq!(LEVELS[level(&line)], expected, "{line}");
        }
    }
}
