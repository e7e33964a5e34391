//! Runs the whole matrix, in several lanes at the same time.

use std::collections::VecDeque;
use std::sync::Mutex;

use crate::matrix::environment::environment;
use crate::matrix::lane::{Lane, Ran};
use crate::matrix::report;
use crate::matrix::row::Row;
use crate::matrix::rows;
use crate::turns::beside_others;

/// There are more lanes than cores, since rows mostly wait.
const LANES: usize = 6;

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_at_every_stage_ends_as_the_matrix_says() {
    let _turn = beside_others().await;
    let environment = environment().await;
    let rows = rows::all();
    let only = std::env::var("MATRIX_ROW").unwrap_or_default();
    let without = left_out(&rows);
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.retain(|i| rows[*i].title().contains(&only) && !without.contains(&rows[*i].title()));
    order.sort_by_key(|i| std::cmp::Reverse(rows[*i].seconds));
    let lanes = LANES.min(order.len());
    let queue = Mutex::new(VecDeque::from(order));
    let next = || queue.lock().expect("no panic").pop_front();
    let run = async |number: usize| {
        let mut lane = Lane::start(environment, &format!("lane-{number}")).await;
        let mut ran = Vec::new();
        while let Some(i) = next() {
            ran.push((i, lane.run(environment, &rows[i]).await));
        }
        ran
    };
    let ran = futures_util::future::join_all((0..lanes).map(run)).await;
    let mut ran: Vec<(usize, Ran)> = ran.into_iter().flatten().collect();
    ran.sort_by_key(|(i, _)| *i);
    let table = report::table(&rows, &ran);
    println!("{table}\n{} rows are left out.", rows.len() - ran.len());
    if only.is_empty() && without.is_empty() {
        report::write(&report::MATRIX, "matrix.md", &table);
    }
    let problems: Vec<_> = ran
        .iter()
        .filter(|(_, ran)| !ran.problems.is_empty())
        .map(|(i, ran)| format!("{}\n  {}", rows[*i].title(), ran.problems.join("\n  ")))
        .collect();
    assert!(problems.is_empty(), "{} rows went otherwise:\n{}", problems.len(), problems.join("\n"));
}

/// Returns the titles of the rows that `MATRIX_WITHOUT` leaves out, one a line. Each must be that of a row.
fn left_out(rows: &[Row]) -> Vec<String> {
    let without = std::env::var("MATRIX_WITHOUT").unwrap_or_default();
    let without: Vec<String> = without.lines().map(str::to_owned).collect();
    for title in &without {
        assert!(rows.iter().any(|row| row.title() == *title), "MATRIX_WITHOUT: there is no row {title}");
    }
    without
}
