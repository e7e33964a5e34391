//! Formats the matrix as a table, and checks that the documentation has the same table.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use crate::documentation::Section;
use crate::matrix::lane::Ran;
use crate::matrix::row::Row;
use crate::matrix::rows;

/// Returns the cells of a row that the documentation must have: all but the time.
fn line(number: usize, row: &Row) -> String {
    let cells = [row.stage, row.name, &row.outcome(), &row.left()].join(" | ");
    format!("| {number} | {cells} |")
}

/// The count by outcome and all rows that ran, with their seconds.
pub fn table(rows: &[Row], ran: &[(usize, Ran)]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (i, _) in ran {
        *counts.entry(rows[*i].error_type()).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(outcome, count)| (std::cmp::Reverse(*count), *outcome));
    let counts: Vec<_> = counts.into_iter().map(|(outcome, count)| format!("{outcome} {count}")).collect();
    let mut table = format!("{} rows: {}.\n\n", ran.len(), counts.join(", "));
    table.push_str("| | struck | fault | outcome | object | s |\n| ---: | --- | --- | --- | --- | ---: |\n");
    for (i, ran) in ran {
        let _ = writeln!(table, "{} {:.1} |", line(i + 1, &rows[*i]), ran.seconds);
    }
    table
}

pub const MATRIX: Section = Section::new("docs/reliability.md", "matrix");
pub const SOAK: Section = Section::new("docs/reliability.md", "soak");

/// Writes a section to the folder of reports, and with `UPDATE_DOCS` to the documentation.
pub fn write(section: &Section, file: &str, text: &str) {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    let folder = target.join("reports");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join(file), text).expect("a report");
    section.update(text);
}

#[test]
fn the_documentation_holds_the_matrix_that_runs() {
    let matrix = MATRIX.text();
    let documented: Vec<_> = matrix.lines().filter(|line| line.starts_with("| ")).skip(2).collect();
    let rows = rows::all();
    for (i, row) in rows.iter().enumerate() {
        let line = line(i + 1, row);
        let found = documented.get(i).is_some_and(|documented| documented.starts_with(&line));
        assert!(found, "docs/reliability.md lacks this row; UPDATE_DOCS=1 puts the next run there:\n{line}");
    }
    assert_eq!(documented.len(), rows.len(), "docs/reliability.md has rows that do not run");
}

#[test]
fn the_matrix_has_no_row_twice_and_knows_every_stage() {
    let rows = rows::all();
    assert!(rows.len() >= 80, "{}", rows.len());
    let names: std::collections::HashSet<_> = rows.iter().map(|row| (row.stage, row.name)).collect();
    assert_eq!(names.len(), rows.len());
    for stage in ["config", "credentials", "endpoint", "connection", "query", "rows", "upload"] {
        assert!(rows.iter().any(|row| row.stage == stage), "{stage}");
    }
}
