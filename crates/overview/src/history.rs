//! `history.jsonl`, which has one line for each run. Trends are computed from it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::model::Overview;

/// How long the lines of all runs are kept.
const ALL_FOR: Duration = Duration::hours(48);
/// How long one line per day is kept.
const DAILY_FOR: Duration = Duration::days(400);

/// A database's figures at one time: GiB in use, capacity in GiB, percent of the CPU in use, connections.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Figures(pub Option<f64>, pub Option<f64>, pub Option<f64>, pub Option<f64>);

/// The line of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// When the run began.
    pub at: DateTime<Utc>,
    /// The run's request id, by which a line that is added twice is recognised.
    pub request_id: String,
    /// The figures of the databases, by [`key`](crate::Database::key).
    pub databases: BTreeMap<String, Figures>,
    /// How many findings there were, by kind.
    pub findings: BTreeMap<String, u32>,
}

impl Line {
    /// Returns the line of an overview.
    pub fn of(overview: &Overview) -> Self {
        let rounded = |value: Option<f64>| value.map(|value| (value * 100.0).round() / 100.0);
        let databases = overview.databases.iter().map(|database| {
            let last =
                |series: &Option<crate::Series>| rounded(series.as_ref().and_then(crate::Series::last));
            let figures = Figures(
                rounded(database.used_gib()),
                database.capacity_gib(),
                last(&database.cpu),
                last(&database.connections),
            );
            (database.key(), figures)
        });
        let mut findings = BTreeMap::new();
        for finding in &overview.findings {
            *findings.entry(finding.kind.name().to_owned()).or_default() += 1;
        }
        Self {
            at: overview.generated_at,
            request_id: overview.request_id.clone(),
            databases: databases.collect(),
            findings,
        }
    }
}

/// The lines of the runs, the oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    lines: Vec<Line>,
    /// How many lines could not be read.
    pub unreadable: usize,
}

impl History {
    /// Parses the text of the file. A line that cannot be parsed (incomplete, or of a later version) is
    /// counted and skipped.
    pub fn read(text: &str) -> Self {
        let mut history = Self::default();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            match serde_json::from_str(line) {
                Ok(line) => history.lines.push(line),
                Err(_) => history.unreadable += 1,
            }
        }
        history.lines.sort_by_key(|line: &Line| line.at);
        history
    }

    /// Adds the line of a run, unless it is there already, and drops lines that are too old.
    pub fn add(&mut self, line: Line) {
        if self.lines.iter().any(|there| there.request_id == line.request_id) {
            return;
        }
        let now = line.at;
        self.lines.push(line);
        self.lines.sort_by_key(|line| line.at);
        self.thin(now);
    }

    /// Of the lines older than 48 hours keeps the last one of each day, and none older than 400 days.
    fn thin(&mut self, now: DateTime<Utc>) {
        let mut days = BTreeSet::<NaiveDate>::new();
        let mut keep: Vec<bool> = self
            .lines
            .iter()
            .rev()
            .map(|line| {
                let age = now - line.at;
                age <= ALL_FOR || (age <= DAILY_FOR && days.insert(line.at.date_naive()))
            })
            .collect();
        keep.reverse();
        let mut keep = keep.into_iter();
        self.lines.retain(|_| keep.next().unwrap_or(true));
    }

    /// Returns the text of the file.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            // A line consists of strings and numbers, which can always be serialised.
            text.push_str(&serde_json::to_string(line).unwrap_or_default());
            text.push('\n');
        }
        text
    }

    /// Returns all lines, the oldest first.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Returns the storage in use of a database over the last `days`, as pairs of a time and GiB. The time is
    /// in days relative to `now`, and so negative.
    pub(crate) fn used(&self, key: &str, now: DateTime<Utc>, days: i64) -> Vec<(f64, f64)> {
        self.lines
            .iter()
            .filter(|line| now - line.at <= Duration::days(days) && line.at <= now)
            .filter_map(|line| {
                let used = line.databases.get(key)?.0?;
                Some((-((now - line.at).num_seconds() as f64) / 86_400.0, used))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    fn line(at: DateTime<Utc>, id: &str) -> Line {
        let figures = Figures(Some(12.5), Some(20.0), None, Some(3.0));
        Line {
            at,
            request_id: id.to_owned(),
            databases: [("1/eu/shop".to_owned(), figures)].into(),
            findings: BTreeMap::new(),
        }
    }

    fn start() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 1, 1, 0, 30, 0).unwrap()
    }

    #[test]
    fn what_is_written_is_read() {
        let mut history = History::default();
        history.add(line(start(), "a"));
        history.add(line(start() + Duration::hours(1), "b"));
        let text = history.text();
        assert_eq!(text.lines().count(), 2);
        assert!(text.contains(r#""1/eu/shop":[12.5,20.0,null,3.0]"#), "{text}");
        assert_eq!(History::read(&text), history);
    }

    #[test]
    fn a_run_stands_once_and_a_broken_line_hides_nothing() {
        let mut history =
            History::read(&format!("{}\n{{\"cut\n\n", serde_json::to_string(&line(start(), "a")).unwrap()));
        assert_eq!((history.lines().len(), history.unreadable), (1, 1));
        history.add(line(start(), "a"));
        assert_eq!(history.lines().len(), 1);
    }

    #[test]
    fn hours_become_days_and_go_after_400() {
        let mut history = History::default();
        let hours = 24 * 450;
        for hour in 0..=hours {
            history.add(line(start() + Duration::hours(hour), &hour.to_string()));
        }
        let now = start() + Duration::hours(hours);
        let (recent, old): (Vec<&Line>, Vec<&Line>) =
            history.lines().iter().partition(|line| now - line.at <= ALL_FOR);
        assert_eq!(recent.len(), 49);
        let days: BTreeSet<NaiveDate> = old.iter().map(|line| line.at.date_naive()).collect();
        assert_eq!(days.len(), old.len(), "one a day");
        assert!((397..=400).contains(&old.len()), "{}", old.len());
        // Each is the last line of its day, except on the day in which the 48 hours begin.
        assert!(old[..old.len() - 1].iter().all(|line| line.at.format("%H").to_string() == "23"));
        assert!(now - old[0].at <= DAILY_FOR);
    }
}
