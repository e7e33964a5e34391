//! Runs the whole matrix, in several lanes at the same time.

use std::collections::VecDeque;
use std::sync::Mutex;

use crate::matrix::environment::environment;
use crate::matrix::lane::{Lane, Ran};
use crate::matrix::report;
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
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.retain(|i| format!("{}: {}", rows[*i].stage, rows[*i].name).contains(&only));
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
    println!("{table}");
    if only.is_empty() {
        report::write(&report::MATRIX, "matrix.md", &table);
    }
    let problems: Vec<_> = ran
        .iter()
        .filter(|(_, ran)| !ran.problems.is_empty())
        .map(|(i, ran)| format!("{}: {}\n  {}", rows[*i].stage, rows[*i].name, ran.problems.join("\n  ")))
        .collect();
    assert!(problems.is_empty(), "{} rows went otherwise:\n{}", problems.len(), problems.join("\n"));
}
