//! The accounts and regions that were queried, and how the page was made.

use maud::{Markup, html};

use super::parts::{name, pill};
use crate::finding::Severity;
use crate::lifecycle::SUPPORT_SOURCES;
use crate::model::{Overview, Place};
use crate::words;

pub(super) fn places(overview: &Overview) -> Markup {
    html! {
        section aria-labelledby="accounts" {
            h2 #accounts { "Accounts" }
            table.card.wide.sort role="table" aria-label="Accounts and regions that were queried" {
                thead role="rowgroup" {
                    tr role="row" {
                        @for title in ["Account, region", "State", "Databases", "Role"] {
                            th role="columnheader" scope="col" { (title) }
                        }
                    }
                }
                @for place in &overview.places { (row(overview, place)) }
            }
        }
    }
}

fn row(overview: &Overview, place: &Place) -> Markup {
    let count = overview
        .databases
        .iter()
        .filter(|database| {
            database.account == place.account && database.region.as_deref() == Some(&place.region)
        })
        .count();
    html! {
        tbody role="rowgroup" data-row=(if place.failures.is_empty() { "place ok" } else { "place" }) {
            tr role="row" {
                th.a role="rowheader" scope="row" {
                    (place.account.as_deref().unwrap_or("unknown")) small.n { (place.region) }
                }
                td role="cell" data-l="State" {
                    @if place.failures.is_empty() { span.pill.good { "reached" } }
                    @for failure in &place.failures {
                        p {
                            (pill(Severity::Critical, failure.source.words())) " "
                            (name(&failure.error)) " " span.soft { (failure.hint) }
                        }
                    }
                }
                td role="cell" data-l="Databases" data-v=(count) { (count) }
                td role="cell" data-l="Role" { small { (name(place.role_arn.as_deref().unwrap_or("own credentials"))) } }
            }
        }
    }
}

/// The price in dollars of requesting a metric. The other calls of a run cost next to nothing.
const DOLLARS_PER_METRIC: f64 = 0.01 / 1000.0;

pub(super) fn footer(overview: &Overview) -> Markup {
    let limits = &overview.thresholds;
    let thresholds = [
        ("Storage is full within", format!("{} days", words::short(limits.storage_days))),
        ("Free storage below", format!("{} %", words::short(limits.storage_percent))),
        ("CPU, three hours, above", format!("{} %", words::short(limits.cpu_percent))),
        ("Replica lag, an hour, above", words::span(limits.lag_seconds)),
        ("Transaction ids older than", words::count(limits.transaction_ids)),
        ("Backups kept for less than", format!("{} days", words::short(limits.backup_days))),
        ("Certificate ends within", format!("{} days", words::short(limits.certificate_days))),
        ("Version's support ends within", format!("{} days", words::short(limits.version_days))),
        ("Maintenance is due within", format!("{} days", words::short(limits.maintenance_days))),
        ("Export is older than", format!("{} intervals", words::short(limits.late_factor))),
        ("Stream is stalled for", format!("{} h", words::short(limits.stalled_hours))),
    ];
    let metrics = overview.calls.get("metrics").copied().unwrap_or(0);
    html! {
        footer {
            div.card.cols {
                section aria-labelledby="thresholds" {
                    h2 #thresholds { "What counts as a finding" }
                    dl { @for (what, value) in thresholds { dt { (what) } dd { (value) } } }
                }
                section aria-labelledby="made" {
                    h2 #made { "How this page was made" }
                    dl {
                        @for (call, count) in overview.calls.iter().filter(|(call, _)| *call != "metrics") {
                            dt { (call) } dd { (words::many(*count as usize, "call", "calls")) }
                        }
                        dt { "Metrics read" } dd { (metrics) ", about $" (format!("{:.3}", f64::from(metrics) * DOLLARS_PER_METRIC)) }
                        dt { "Request" } dd { (overview.request_id) }
                    }
                    @for note in &overview.notes { p.soft { (note) } }
                    p.soft {
                        "Ends of standard support: Amazon's release calendars for "
                        a href=(SUPPORT_SOURCES[0]) { "RDS" } " and " a href=(SUPPORT_SOURCES[1]) { "Aurora" } "."
                    }
                }
            }
        }
    }
}
