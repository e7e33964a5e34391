//! The answer in words.

use console::Style;
use indicatif::{HumanBytes, HumanCount};
use serde_json::Value;

use super::report::Page;
use crate::error::Stage;

/// What a person wants to know after a run: what came, how fast, where it lies.
pub(super) fn summary(answer: &Value, seconds: f64, page: &mut Page) {
    let body = &answer["body"];
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    if body["error"].is_string() {
        return failure(body, page);
    }
    let number = |name: &str| body[name].as_u64().unwrap_or_default();
    let (rows, bytes) = (number("recordsProcessed"), number("bytesWritten"));
    page.heading(&Style::new().green().bold(), text("message"));
    if number("columns") > 0 {
        let a_second = |amount: u64| (amount as f64 / seconds.max(0.001)) as u64;
        page.row("rows", &format!("{} ({} columns)", HumanCount(rows), number("columns")));
        page.row("bytes", &HumanBytes(bytes).to_string());
        let (rows, bytes) = (HumanCount(a_second(rows)), HumanBytes(a_second(bytes)));
        page.row("rate", &format!("{rows} rows/s, {bytes}/s"));
        page.row("time", &format!("{seconds:.1} s{}", stages(body)));
    } else if bytes > 0 {
        page.row("bytes", &HumanBytes(bytes).to_string());
    }
    for warning in body["warnings"].as_array().into_iter().flatten() {
        page.row_in(&Style::new().yellow(), "warning", warning.as_str().unwrap_or_default());
    }
    match (body["s3Location"].as_str(), body["file"].as_str()) {
        (Some(location), _) => {
            page.verbatim("object", location);
            page.verbatim("fetch", &format!("aws s3 cp {} .", quoted(location)));
        }
        (None, Some(file)) => page.verbatim("file", file),
        (None, None) => {}
    }
}

/// Where the time went, in the order of the flow: `: connection 0.02 s, rows 41.00 s`.
fn stages(body: &Value) -> String {
    let spent = |stage: &Stage| {
        let milliseconds = body["timings"][stage.as_str()].as_f64()?;
        (milliseconds > 0.0).then(|| format!("{stage} {:.2} s", milliseconds / 1e3))
    };
    let stages: Vec<_> = Stage::ALL.iter().filter_map(spent).collect();
    if stages.is_empty() { String::new() } else { format!(": {}", stages.join(", ")) }
}

fn failure(body: &Value, page: &mut Page) {
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let heading = format!("{} in stage {}", text("errorType"), text("stage"));
    page.heading(&Style::new().red().bold(), &heading);
    page.row("what", text("error"));
    page.row("fix", text("hint"));
    if body["retryable"] == true {
        page.row("retry", "The same may succeed later.");
    }
}

/// As a shell reads it back.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn stages_stand_in_the_order_of_the_flow() {
        let body =
            serde_json::json!({"timings": {"upload": 1_500, "connection": 20, "event": 0, "rows": 41_000}});
        assert_eq!(super::stages(&body), ": connection 0.02 s, rows 41.00 s, upload 1.50 s");
        assert_eq!(super::stages(&serde_json::json!({})), "");
    }

    #[test]
    fn names_are_quoted_for_the_shell() {
        assert_eq!(super::quoted("s3://b/it's.csv"), r"'s3://b/it'\''s.csv'");
    }
}
