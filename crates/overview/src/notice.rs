//! The messages that are published: text for people and JSON for programs.

use std::fmt::Write;

use serde_json::json;

use crate::changes::Changes;
use crate::finding::{Finding, Severity};
use crate::model::Overview;
use crate::words;

/// The estimated size at which another message begins. SNS accepts 256 KiB for the text and the JSON
/// together.
const MOST_BYTES: usize = 100 * 1024;
/// SNS accepts 100 characters of ASCII.
const MOST_OF_SUBJECT: usize = 100;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The subject: one line of ASCII, at most 100 characters.
    pub subject: String,
    /// The text for people.
    pub text: String,
    /// The JSON for programs.
    pub json: String,
}

/// Returns the messages of a run: none without changes, and several only if one would be too large. `page` is
/// the URL of the page.
pub fn notices(overview: &Overview, changes: &Changes, page: Option<&str>) -> Vec<Notice> {
    let mut notices = Vec::new();
    let mut part = Changes::default();
    let mut bytes = 0;
    let all = changes
        .appeared
        .iter()
        .map(|finding| (true, finding))
        .chain(changes.ended.iter().map(|finding| (false, finding)));
    for (appeared, finding) in all {
        let size = finding.what.len() + finding.fix.len() + finding.subject.len() + 500;
        if bytes + size > MOST_BYTES {
            notices.push(notice(overview, &part, page));
            (part, bytes) = (Changes::default(), 0);
        }
        bytes += size;
        let list = if appeared { &mut part.appeared } else { &mut part.ended };
        list.push(finding.clone());
    }
    if !part.is_empty() {
        notices.push(notice(overview, &part, page));
    }
    notices
}

fn notice(overview: &Overview, changes: &Changes, page: Option<&str>) -> Notice {
    let mut text = String::new();
    for severity in [Severity::Critical, Severity::Warning] {
        for finding in changes.appeared.iter().filter(|finding| finding.severity == severity) {
            write_finding(&mut text, severity.words(), finding);
        }
    }
    for finding in &changes.ended {
        write_finding(&mut text, "Ended", finding);
    }
    if let Some(page) = page {
        // Writing to a String does not fail.
        let _ = writeln!(text, "Page: {page}");
    }
    let _ = writeln!(text, "As of {}, request {}.", words::time(overview.generated_at), overview.request_id);
    let json = json!({
        "version": 1, "generatedAt": overview.generated_at, "requestId": overview.request_id, "page": page,
        "appeared": changes.appeared, "ended": changes.ended,
    });
    Notice { subject: subject(changes), text, json: json.to_string() }
}

fn write_finding(text: &mut String, how: &str, finding: &Finding) {
    let mut place = clean(&finding.subject);
    for part in [&finding.region, &finding.account].into_iter().flatten() {
        let _ = write!(place, ", {}", clean(part));
    }
    let _ = writeln!(text, "{how}: {} ({place})", finding.kind.title());
    if how == "Ended" {
        let _ = writeln!(text, "  First seen at {}.", words::time(finding.since));
    } else {
        let _ = writeln!(text, "  {}\n  {}", clean(&finding.what), clean(&finding.fix));
    }
    text.push('\n');
}

/// Replaces characters that would begin another line or reverse the direction of the text.
fn clean(text: &str) -> String {
    let odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
    };
    text.chars().map(|c| if odd(c) { ' ' } else { c }).collect()
}

fn subject(changes: &Changes) -> String {
    let worst = changes.appeared.iter().min_by_key(|finding| finding.severity);
    let subject = match (worst, changes.ended.first()) {
        (Some(finding), _) if changes.appeared.len() == 1 => {
            format!("{}: {}: {}", finding.severity.words(), finding.kind.title(), finding.subject)
        }
        (Some(finding), _) => {
            format!(
                "{} new findings, worst {}: {}",
                changes.appeared.len(),
                finding.kind.title(),
                finding.subject
            )
        }
        (None, Some(finding)) if changes.ended.len() == 1 => {
            format!("Ended: {}: {}", finding.kind.title(), finding.subject)
        }
        (None, _) => format!("{} findings ended", changes.ended.len()),
    };
    let ascii = subject.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' });
    ascii.take(MOST_OF_SUBJECT).collect()
}
