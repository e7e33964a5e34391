//! The exports found in buckets, and the functions' runs.

use maud::{Markup, html};

use super::parts::{name, pill};
use super::sparkline;
use crate::finding::{Finding, Kind, Severity};
use crate::model::{Day, Export, Function, Overview};
use crate::words;

pub(super) fn section(overview: &Overview) -> Markup {
    html! {
        section aria-labelledby="exports" {
            h2 #exports { "Exports of the last 30 days" }
            @for failure in &overview.failures {
                p.card.empty {
                    (pill(Severity::Warning, failure.source.words())) " "
                    (failure.error) " " span.soft { (failure.hint) }
                }
            }
            @if overview.exports.is_empty() && overview.functions.is_empty() {
                p.card.empty { "No export was found." }
            }
            @if !overview.exports.is_empty() { (buckets(overview)) }
            @if !overview.functions.is_empty() { (functions(overview)) }
        }
    }
}

fn buckets(overview: &Overview) -> Markup {
    html! {
        table.card.wide.sort role="table" aria-label="Exports by prefix and stream" {
            (head(&["Prefix or stream", "State", "Last success", "Interval", "Runs a day", "Last 30 days", "Bytes a day"]))
            @for export in &overview.exports {
                @let place = format!("s3://{}/{}", export.bucket, export.prefix);
                @let findings: Vec<&Finding> =
                    overview.findings.iter().filter(|finding| finding.subject == place).collect();
                tbody role="rowgroup" data-row=(if findings.is_empty() { "export ok" } else { "export" }) {
                    tr role="row" {
                        th role="rowheader" scope="row" {
                            (name(&export.prefix))
                            small.n { (export.kind.words()) " in " (name(&export.bucket)) }
                        }
                        td role="cell" data-l="State" { (states(&findings, "on time")) }
                        (last(overview, export.last_success))
                        td role="cell" data-l="Interval" data-v=[export.every_minutes] { (interval(export)) }
                        (runs(&export.days))
                        td role="cell" data-l="Last 30 days" data-v=(sum(&export.days, |day| u64::from(day.runs))) {
                            (words::count(sum(&export.days, |day| u64::from(day.runs)) as f64)) " runs"
                            small.n { (rows(&export.days)) (words::bytes(sum(&export.days, |day| day.bytes) as f64)) }
                        }
                        (series("Bytes a day", &export.days, |day| day.bytes as f64, words::bytes))
                    }
                }
            }
        }
    }
}

fn functions(overview: &Overview) -> Markup {
    html! {
        h3 { "By function" }
        table.card.wide.sort role="table" aria-label="Runs by function" {
            (head(&["Function", "State", "Last success", "Runs a day", "Last 30 days", "Failures", "Longest run a day"]))
            @for function in &overview.functions {
                @let findings: Vec<&Finding> = overview
                    .findings
                    .iter()
                    .filter(|finding| finding.kind == Kind::ExportFailing && finding.subject == function.name)
                    .collect();
                tbody role="rowgroup" data-row=(if findings.is_empty() { "export ok" } else { "export" }) {
                    tr role="row" {
                        th role="rowheader" scope="row" {
                            (name(&function.name))
                            small.n { @if let Some(region) = &function.region { (region) } }
                        }
                        td role="cell" data-l="State" { (states(&findings, "well")) }
                        (last(overview, function.last_success))
                        (runs(&function.days))
                        td role="cell" data-l="Last 30 days" data-v=(sum(&function.days, |day| u64::from(day.runs))) {
                            (words::count(sum(&function.days, |day| u64::from(day.runs)) as f64)) " runs"
                            small.n { (rows(&function.days)) (words::bytes(sum(&function.days, |day| day.bytes) as f64)) }
                        }
                        (failures(function))
                        (series("Longest run a day", &function.days, |day| day.milliseconds.unwrap_or(0) as f64,
                            |value| words::span(value / 1000.0)))
                    }
                }
            }
        }
    }
}

fn head(titles: &[&str]) -> Markup {
    html! {
        thead role="rowgroup" {
            tr role="row" { @for title in titles { th role="columnheader" scope="col" { (title) } } }
        }
    }
}

fn states(findings: &[&Finding], well: &str) -> Markup {
    html! {
        div.pills {
            @if findings.is_empty() { span.pill.good { (well) } }
            @for finding in findings { (pill(finding.severity, finding.kind.title())) }
        }
    }
}

fn last(overview: &Overview, last: Option<chrono::DateTime<chrono::Utc>>) -> Markup {
    let age = last.map(|last| (overview.generated_at - last).num_seconds());
    html! {
        td role="cell" data-l="Last success" data-v=[age] {
            @match (last, age) {
                (Some(last), Some(age)) => { (words::span(age as f64)) " ago" small.n { (words::time(last)) } }
                _ => "none",
            }
        }
    }
}

fn interval(export: &Export) -> Markup {
    html! {
        @match export.every_minutes {
            Some(minutes) => {
                (words::span(f64::from(minutes) * 60.0))
                small.n { (if export.every_given { "given" } else { "usual" }) }
            }
            None => "–",
        }
    }
}

fn sum(days: &[Day], of: impl Fn(&Day) -> u64) -> u64 {
    days.iter().map(of).sum()
}

/// Returns the sum of the rows, if any are known.
fn rows(days: &[Day]) -> Markup {
    let known: Vec<u64> = days.iter().filter_map(|day| day.rows).collect();
    html! { @if !known.is_empty() { (words::count(known.iter().sum::<u64>() as f64)) " rows, " } }
}

fn runs(days: &[Day]) -> Markup {
    let (well, failed): (Vec<f64>, Vec<f64>) =
        days.iter().map(|day| (f64::from(day.runs), f64::from(day.failures))).unzip();
    let top = well.iter().zip(&failed).map(|(well, failed)| well + failed).fold(0.0, f64::max);
    let view = format!("0 0 {} {}", days.len() * 4 - usize::from(!days.is_empty()), sparkline::HEIGHT);
    let failures: f64 = failed.iter().sum();
    html! {
        td role="cell" data-l="Runs a day" data-v=(sum(days, |day| u64::from(day.runs + day.failures))) {
            span.v {
                "max " (words::count(top))
                @if failures > 0.0 { " " small { (words::count(failures)) " failed" } }
            }
            svg.s.b viewBox=(view) preserveAspectRatio="none" aria-hidden="true" {
                path d=(sparkline::bars(&well, &[], top)) {}
                @if failures > 0.0 { path.x d=(sparkline::bars(&failed, &well, top)) {} }
            }
        }
    }
}

fn series(label: &str, days: &[Day], of: impl Fn(&Day) -> f64, words: impl Fn(f64) -> String) -> Markup {
    let values: Vec<Option<f64>> = days.iter().map(|day| Some(of(day))).collect();
    let top = values.iter().flatten().copied().fold(0.0, f64::max);
    if top <= 0.0 {
        return html! { td role="cell" data-l=(label) {} };
    }
    let view = format!("0 0 {} {}", sparkline::width(values.len()), sparkline::HEIGHT);
    html! {
        td role="cell" data-l=(label) data-v=(top.round()) {
            span.v { "max " (words(top)) }
            svg.s viewBox=(view) preserveAspectRatio="none" aria-hidden="true" {
                path d=(sparkline::line(&values, top)) {}
            }
        }
    }
}

fn failures(function: &Function) -> Markup {
    let all: u32 = function.failures.values().sum();
    html! {
        td role="cell" data-l="Failures" data-v=(all) {
            @if function.failures.is_empty() { "none" }
            @for (error, count) in &function.failures { div { (name(error)) " " span.soft { (count) } } }
        }
    }
}
