//! The findings by severity and kind, the most severe first.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::parts::{name, pill};
use crate::finding::{Finding, Kind, Severity};
use crate::model::Overview;
use crate::words;

/// A group of warnings with more entries than this is collapsed at first.
const OPEN_UP_TO: usize = 6;

pub(super) fn section(overview: &Overview) -> Markup {
    let mut groups: BTreeMap<(Severity, Kind), Vec<&Finding>> = BTreeMap::new();
    for finding in &overview.findings {
        groups.entry((finding.severity, finding.kind)).or_default().push(finding);
    }
    html! {
        section aria-labelledby="findings" {
            h2 #findings { "Findings" }
            @if groups.is_empty() {
                p.card.empty { "No problem was found." }
            }
            div.groups {
                @for ((severity, kind), findings) in &groups {
                    (group(overview, *severity, *kind, findings))
                }
            }
        }
    }
}

fn group(overview: &Overview, severity: Severity, kind: Kind, findings: &[&Finding]) -> Markup {
    let open = severity == Severity::Critical || findings.len() <= OPEN_UP_TO;
    // Findings of one kind mostly have the same advice, which is then shown once.
    let shared = findings.iter().all(|finding| finding.fix == findings[0].fix);
    html! {
        details.card data-group open[open] {
            summary { (pill(severity, severity.words())) (kind.title()) " " span.soft { (findings.len()) } }
            @if shared { p.fix { (findings[0].fix) } }
            ul.list {
                @for finding in findings {
                    li data-row="finding" {
                        span { b { (subject(overview, finding)) } (place(finding)) }
                        span.what { (finding.what) @if !shared { " " span.soft { (finding.fix) } } }
                        (since(overview, finding))
                    }
                }
            }
        }
    }
}

fn subject(overview: &Overview, finding: &Finding) -> Markup {
    let index = overview.databases.iter().position(|database| {
        (&database.identifier, &database.account, &database.region)
            == (&finding.subject, &finding.account, &finding.region)
    });
    html! {
        @match index {
            Some(index) => a href={ "#d" (index) } { (name(&finding.subject)) },
            None => (name(&finding.subject)),
        }
    }
}

fn place(finding: &Finding) -> Markup {
    let place: Vec<&str> =
        [&finding.account, &finding.region].into_iter().filter_map(|part| part.as_deref()).collect();
    html! { @if !place.is_empty() { small.n { (place.join(" · ")) } } }
}

fn since(overview: &Overview, finding: &Finding) -> Markup {
    let age = (overview.generated_at - finding.since).num_seconds();
    html! {
        small {
            @if finding.unchecked { "not checked this time, " }
            @if age <= 0 { "new" } @else { "for " (words::span(age as f64)) }
        }
    }
}
