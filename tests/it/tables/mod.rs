//! Many tables in one snapshot make one set.

mod bank;
mod kinds;
mod locks;
mod migrations;
mod refusals;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use devstack::Postgres;
use serde_json::Value;

use crate::command_line::{body, json, locally, output, without_aws};

/// Returns the program that exports tables into the folder `set`.
fn exporting(postgres: &Postgres, folder: &Path, tables: &str, flags: &[&str]) -> Command {
    let flags = [&["--tables", tables, "--output", "set/"], flags].concat();
    without_aws(postgres, folder, &locally(&flags))
}

/// Exports tables into the folder `set`, which may be left of an earlier run; returns the answer.
fn export(postgres: &Postgres, folder: &Path, tables: &str, flags: &[&str]) -> Value {
    let _ = std::fs::remove_dir_all(folder.join("set"));
    body(&output(exporting(postgres, folder, tables, flags)))
}

/// Returns the manifest of the set in a folder.
fn manifest(folder: &Path) -> Value {
    json(&std::fs::read(folder.join("set/_manifest.json")).expect("a manifest"))
}

/// Returns the lines of each table's files below their header, by the folder of the table.
fn lines(folder: &Path) -> BTreeMap<String, Vec<String>> {
    let mut tables = BTreeMap::<String, Vec<String>>::new();
    for table in std::fs::read_dir(folder.join("set")).expect("a set") {
        let table = table.expect("an entry").path();
        if !table.is_dir() {
            continue;
        }
        let name = table.file_name().expect("a name").to_string_lossy().into_owned();
        let all = tables.entry(name).or_default();
        for file in std::fs::read_dir(&table).expect("a folder") {
            let text = std::fs::read_to_string(file.expect("a file").path()).expect("a text");
            all.extend(text.lines().skip(1).map(str::to_owned));
        }
        all.sort();
    }
    tables
}
