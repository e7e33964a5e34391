//! The page: a self-contained HTML file.

mod about;
mod databases;
mod exports;
mod findings;
mod parts;
mod sparkline;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::SecondsFormat;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use crate::finding::{Kind, Severity};
use crate::model::{DatabaseKind, Overview};
use crate::words;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Returns the HTML page of an overview.
pub fn page(overview: &Overview) -> String {
    // Only this style and this script are allowed, by their digests, so that nothing in a name can run or
    // fetch anything.
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; img-src data:; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    );
    let at = overview.generated_at.to_rfc3339_opts(SecondsFormat::Secs, true);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                meta name="generator" content="rds-data-extractor";
                link rel="icon" href="data:,";
                title { "Databases and exports" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#databases" { "Skip to the databases" }
                header {
                    h1 { "Databases and exports" }
                    p.soft { "As of " time datetime=(at) { (words::time(overview.generated_at)) } }
                    p.old #old data-at=(at) role="status" hidden {}
                    (tiles(overview))
                }
                main {
                    search.bar #bar hidden {
                        label {
                            span.hide { "Filter by name, account, region, version, tag" }
                            input #filter type="search" placeholder="Filter: name, account, version, tag …" autocomplete="off"
                                spellcheck="false" aria-keyshortcuts="/";
                        }
                        label { input #bad type="checkbox"; " Only with findings" }
                        output #count role="status" {}
                    }
                    (findings::section(overview))
                    (databases::section(overview))
                    (exports::section(overview))
                    (about::places(overview))
                }
                (about::footer(overview))
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
    .into_string()
}

fn digest(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}

fn tiles(overview: &Overview) -> Markup {
    let of = |severity| overview.findings.iter().filter(|finding| finding.severity == severity).count();
    let (critical, warnings) = (of(Severity::Critical), of(Severity::Warning));
    let clusters =
        overview.databases.iter().filter(|database| database.kind == DatabaseKind::Cluster).count();
    let instances = overview.databases.len() - clusters;
    let failing = overview.places.iter().filter(|place| !place.failures.is_empty()).count();
    let exports = overview.exports.len();
    let is_late = |kind| matches!(kind, Kind::ExportLate | Kind::ExportStalled);
    let late = overview.findings.iter().filter(|finding| is_late(finding.kind)).count();
    html! {
        ul.tiles {
            li.bad[critical > 0] { b { (critical) } (if critical == 1 { "critical finding" } else { "critical findings" }) }
            li.warn[warnings > 0] { b { (warnings) } (if warnings == 1 { "warning" } else { "warnings" }) }
            li { b { (instances) } "instances" @if clusters > 0 { ", " (words::many(clusters, "cluster", "clusters")) } }
            li.bad[failing > 0] {
                b { (overview.accounts().len()) } "accounts"
                @if failing > 0 { ", " (failing) " not fully reached" }
            }
            li.warn[late > 0] { b { (exports) } "exports" @if late > 0 { ", " (late) " late" } }
        }
    }
}
