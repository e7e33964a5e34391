//! Checks the directions that docs/architecture.md promises.

mod graph;
mod source;

use std::collections::BTreeSet;
use std::path::Path;

use crate::documentation::Section;
use graph::Graph;
use source::{Crate, Segments};

/// The crates of `crates/` and the modules of `src`, each before those that may use it.
const LAYERS: &[&str] = &[
    "extractor_sql",
    "extractor_encode",
    "extractor_overview",
    "error",
    "secret",
    "form",
    "deadline",
    "retry",
    "environment",
    "telemetry",
    "fields",
    "names",
    "part",
    "aws",
    "config",
    "job",
    "watermark",
    "compress",
    "event",
    "account",
    "database",
    "s3",
    "local",
    "progress",
    "response",
    "pipeline",
    "discover",
    "overview",
    "diagnose",
    "plan",
    "answer",
    "handler",
    "cli",
];

/// The modules that every module may use: errors, telemetry and plain values. They are left out of the
/// drawing.
const SIDEWAYS: &[&str] = &[
    "error",
    "secret",
    "form",
    "deadline",
    "environment",
    "telemetry",
    "fields",
    "names",
    "progress",
    "aws",
    "retry",
];

/// The drawing of docs/architecture.md.
const DRAWING: Section = Section::new("docs/architecture.md", "modules");

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn no_module_uses_a_later_layer() {
    let graph = top_modules();
    let place = |name: &str| LAYERS.iter().position(|layer| *layer == name);
    let known: BTreeSet<_> = graph.arrows().flat_map(|(from, to)| [from, to]).collect();
    assert_eq!(known, LAYERS.iter().copied().collect(), "LAYERS has others than there are");
    let backward = graph.arrows().filter(|(from, to)| place(from) < place(to));
    let backward: Vec<_> = backward.map(|(from, to)| format!("{from} --> {to}")).collect();
    assert!(backward.is_empty(), "a module uses a later layer: {backward:#?}");
}

#[test]
fn the_architecture_draws_the_modules_as_they_are() {
    let arrows = top_modules();
    let drawn = |(from, to): &(&str, &str)| !SIDEWAYS.contains(from) && !SIDEWAYS.contains(to);
    let owned = |(from, to): (&str, &str)| (from.to_owned(), to.to_owned());
    let stages = Graph::new(arrows.arrows().filter(drawn).map(owned));
    let lines: Vec<_> = stages.reduced().iter().map(|(from, to)| format!("    {from} --> {to}\n")).collect();
    let drawing = format!("```mermaid\nflowchart TD\n{}```", lines.concat());
    DRAWING.update(&drawing);
    assert_eq!(DRAWING.text(), drawing, "UPDATE_DOCS=1 draws docs/architecture.md anew");
}

#[test]
fn no_two_files_use_each_other() {
    let folders = [
        "crates/encode/src",
        "crates/nlb-target-updater/src",
        "crates/overview/src",
        "crates/sql/src",
        "devstack/src",
        "src",
    ];
    let cycles = folders.map(|folder| (folder, file_cycles(folder)));
    assert!(cycles.iter().all(|(_, cycles)| cycles.is_empty()), "these files use each other: {cycles:#?}");
}

/// Returns the arrows between files that are on a cycle.
fn file_cycles(folder: &str) -> Vec<String> {
    let arrows = Crate::read(&Path::new(ROOT).join(folder)).arrows();
    Graph::new(arrows.into_iter().map(|(from, to)| (from.join("::"), to.join("::")))).cycles()
}

/// Returns the top modules of the program, and the crates that they use.
fn top_modules() -> Graph {
    let program = Crate::read(&Path::new(ROOT).join("src"));
    let top = |name: &Segments| name.first().cloned();
    let modules = program.arrows().into_iter().filter_map(|(from, to)| Some((top(&from)?, top(&to)?)));
    let crates = program.crates("extractor_").into_iter().filter_map(|(from, to)| Some((top(&from)?, to)));
    Graph::new(modules.chain(crates).filter(|(from, to)| from != to))
}
