//! The state of the last run: its findings, and the changes that it had yet to publish.

use bytes::Bytes;
use chrono::{DateTime, Duration, Utc};
use extractor_overview::{Changes, Finding, Overview, Unpublished};
use serde_json::{Value, json};

/// How long a run may take to publish its own changes; after that, another run takes them over.
const PUBLISHED_WITHIN: Duration = Duration::minutes(15);
/// How long changes that could not be published count as news.
const NEWS_FOR: Duration = Duration::days(7);

/// The previous state.
#[derive(Debug, Default)]
pub(super) struct Before {
    /// When that run began.
    pub(super) generated_at: Option<DateTime<Utc>>,
    /// The findings of that run.
    pub(super) findings: Vec<Finding>,
    unpublished: Vec<Unpublished>,
}

impl Before {
    /// Reads `overview.json`; entries that a later version has added are ignored.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let json: Value = serde_json::from_slice(bytes).unwrap_or_default();
        Self {
            generated_at: serde_json::from_value(json["generatedAt"].clone()).ok(),
            findings: all_of(&json["findings"]),
            unpublished: all_of(&json["unpublished"]),
        }
    }

    /// Records the unpublished changes in the overview: `changes`, and those that earlier runs could not
    /// publish. Returns the changes that this run is to publish.
    pub(super) fn hand_over(self, overview: &mut Overview, mut changes: Changes) -> Changes {
        let now = overview.generated_at;
        overview.unpublished.clear();
        for earlier in self.unpublished {
            let age = now - earlier.at;
            if earlier.request_id == overview.request_id || age > PUBLISHED_WITHIN {
                if age <= NEWS_FOR {
                    changes.take_over(earlier.changes, &overview.findings);
                }
            } else {
                overview.unpublished.push(earlier);
            }
        }
        if !changes.is_empty() {
            overview.unpublished.push(Unpublished {
                request_id: overview.request_id.clone(),
                at: now,
                changes: changes.clone(),
            });
        }
        changes
    }
}

fn all_of<T: serde::de::DeserializeOwned>(json: &Value) -> Vec<T> {
    let list = json.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|one| serde_json::from_value(one.clone()).ok()).collect()
}

/// Returns `overview.json` without the changes of this run, or `None` if it does not contain them.
pub(super) fn published(bytes: &[u8], request_id: &str) -> Option<Bytes> {
    let mut json: Value = serde_json::from_slice(bytes).ok()?;
    let unpublished = json["unpublished"].as_array_mut()?;
    let before = unpublished.len();
    unpublished.retain(|one| one["requestId"] != json!(request_id));
    (unpublished.len() < before).then(|| json.to_string().into())
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use extractor_overview::{Kind, Severity, Thresholds};

    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 28, 6, 0, 0).unwrap() + Duration::minutes(minute)
    }

    fn finding(subject: &str) -> Finding {
        Finding {
            kind: Kind::Public,
            severity: Severity::Critical,
            account: None,
            region: None,
            subject: subject.to_owned(),
            what: String::new(),
            fix: String::new(),
            since: at(0),
            unchecked: false,
        }
    }

    fn run(minute: i64, id: &str, findings: &[&str]) -> Overview {
        let mut overview = Overview::new(at(minute), id, Thresholds::default());
        overview.findings = findings.iter().map(|subject| finding(subject)).collect();
        overview
    }

    fn appeared(subject: &str) -> Changes {
        Changes { appeared: vec![finding(subject)], ended: Vec::new() }
    }

    #[test]
    fn a_later_run_publishes_for_one_that_died() {
        let mut first = run(0, "a", &["x", "y"]);
        let mut changes = appeared("x");
        changes.appeared.push(finding("y"));
        Before::default().hand_over(&mut first, changes);
        let text = serde_json::to_vec(&first).unwrap();

        // Immediately: the first run may still be publishing.
        let mut second = run(1, "b", &["x", "z"]);
        let to_publish = Before::read(&text).hand_over(&mut second, appeared("z"));
        assert_eq!(to_publish, appeared("z"));
        assert_eq!(second.unpublished.len(), 2, "what the other run is publishing stays");

        // Later: findings that still exist are published, those that have ended in the meantime are not.
        let mut third = run(60, "c", &["x"]);
        let before = Before::read(&text);
        assert_eq!(before.findings.len(), 2);
        let went = Changes { appeared: Vec::new(), ended: vec![finding("y")] };
        let to_publish = before.hand_over(&mut third, went);
        assert_eq!(to_publish, appeared("x"));
        assert_eq!(third.unpublished.len(), 1);
    }

    #[test]
    fn what_was_published_is_taken_out() {
        let mut first = run(0, "a", &["x"]);
        Before::default().hand_over(&mut first, appeared("x"));
        let text = serde_json::to_vec(&first).unwrap();
        let after = published(&text, "a").expect("a change");
        assert!(Before::read(&after).unpublished.is_empty());
        assert_eq!(Before::read(&after).findings.len(), 1);
        assert_eq!(published(&after, "a"), None);
        assert_eq!(published(b"{}", "a"), None);
    }

    #[test]
    fn what_cannot_be_read_is_nothing() {
        let before = Before::read(b"\xff not json");
        assert!(before.findings.is_empty() && before.generated_at.is_none());
        let json =
            br#"{"findings": [{"kind": "of a later version"}], "generatedAt": "2026-11-28T06:00:00Z"}"#;
        assert_eq!(Before::read(json).generated_at, Some(at(0)));
    }
}
