//! Rivals on one stream, some of which are killed: the windows of the objects stay adjacent.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use devstack::{HttpProxy, Postgres};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::death::{COMPLETIONS, DEATHS, killed_after, readers};
use super::stream::{Stream, rows};
use super::verdict::{Verdict, are_adjacent, table};
use super::workload::{Workload, create_table, last_record, options};
use crate::turns::beside_others;

const RIVALS: u64 = 3;
const WRITERS: u64 = 6;
/// More than the first part of an upload has.
const MANY_ROWS: &str =
    "INSERT INTO plain (ver, filler) SELECT -10000 - g, repeat('x', 1000) FROM generate_series(1, 12000) g";

/// How long the rivals run, in seconds.
fn seconds() -> u64 {
    std::env::var("INCREMENTAL_SECONDS").map_or(10, |seconds| seconds.parse().expect("a number of seconds"))
}

async fn cluster() -> (Arc<Postgres>, Arc<Postgres>) {
    let primary = Postgres::start(options()).await.expect("a primary");
    create_table(&primary, "plain", false).await;
    let standby = primary.start_standby().await.expect("a standby");
    primary.wait_for(&standby).await.expect("the table at the standby");
    (Arc::new(primary), Arc::new(standby))
}

/// Runs the stream until it has everything, and judges it.
async fn judge(stream: &Stream, primary: &Postgres, workload: Workload, name: &str) {
    println!("{name}: {}", workload.stop().await.in_words());
    let transaction = last_record(primary, "plain").await;
    stream.run_beyond(primary, transaction).await;
    let objects = stream.objects().await;
    let of_objects: Vec<_> = objects.iter().map(|object| rows(&object.bytes)).collect();
    let verdict = Verdict::of(&of_objects, &table(primary, "plain").await);
    println!("{name}: {} objects; {}", objects.len(), verdict.in_words());
    if objects.iter().all(|object| !object.metadata.is_empty()) {
        are_adjacent(&objects);
    }
    verdict.is_good(name);
    let sequence = stream.state().await["sequence"].as_u64();
    assert_eq!(sequence, Some(objects.len() as u64), "{name}");
}

/// Each place, when the state is new, after a run that was killed, after one that was not, and for a large object.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_dies_at_any_of_four_places_is_continued() {
    let _turn = beside_others().await;
    let (primary, _standby) = cluster().await;
    let (stream, proxy) = (Stream::in_bucket("plain", json!("xmin")).await, Stream::proxy().await);
    let workload = Workload::start(&primary, &["plain"], 4).await;
    let strike = async |which: usize, operations: &[&'static str], changes: Value| {
        // Writers hold the window back, so that a run may have nothing to write.
        for _ in 0..100 {
            if DEATHS[which].strikes(&stream, &primary, &proxy, operations, &changes).await {
                return;
            }
        }
        panic!("no run came to the call {}", DEATHS[which].name);
    };
    // The first ones die while they create the state.
    for which in [2, 3, 0, 1, 2, 3] {
        strike(which, &COMPLETIONS, json!({})).await;
    }
    for round in 0..2 {
        for which in 0..4 {
            strike(which, &COMPLETIONS, if round == 0 { json!({}) } else { readers(3) }).await;
            if round == 0 {
                stream.run(&primary).await;
            }
        }
    }
    for (which, changes) in [(0, json!({})), (1, readers(3))] {
        primary.execute("postgres", MANY_ROWS).await.expect("rows");
        strike(which, &["CompleteMultipartUpload"], changes).await;
        stream.run(&primary).await;
    }
    judge(&stream, &primary, workload, "four places").await;
}

/// How runs of a rival have ended.
type Ends = BTreeMap<String, u64>;

/// Of ten runs, those that are killed at each of the places, and those that are killed at any moment.
const FOUR_PLACES: [Range<usize>; 2] = [0..4, 4..7];
const ANY_MOMENT: [Range<usize>; 2] = [0..0, 0..6];

/// The runs of each rival, however long they take.
const RUNS: u64 = 8;

async fn rival(
    stream: Arc<Stream>,
    servers: [Arc<Postgres>; 2],
    proxy: Option<HttpProxy>,
    end: Instant,
    seed: u64,
) -> Ends {
    let mut random = fastrand::Rng::with_seed(seed);
    let [at_places, at_any_moment] = if proxy.is_some() { FOUR_PLACES } else { ANY_MOMENT };
    let mut ends = Ends::new();
    while Instant::now() < end || ends.values().sum::<u64>() < RUNS {
        let server = &servers[random.usize(0..2)];
        let changes = readers(if random.bool() { 3 } else { 1 });
        let chance = random.usize(0..10);
        let how = if let Some(proxy) = proxy.as_ref().filter(|_| at_places.contains(&chance)) {
            let death = &DEATHS[chance];
            let died = death.strikes(&stream, server, proxy, &COMPLETIONS, &changes).await;
            if died { format!("killed {}", death.name) } else { "ended before it was killed".to_owned() }
        } else {
            let patience = if at_any_moment.contains(&chance) { random.u64(0..300) } else { 60_000 };
            match killed_after(Duration::from_millis(patience), &stream, server, &changes).await {
                None => "killed at any moment".to_owned(),
                Some(answer) => answer["errorType"].as_str().map_or("ended well".to_owned(), |error| {
                    assert_eq!(answer["retryable"], true, "{answer}");
                    error.to_owned()
                }),
            }
        };
        *ends.entry(how).or_default() += 1;
    }
    ends
}

async fn all_ends(rivals: impl IntoIterator<Item = JoinHandle<Ends>>) -> Ends {
    // All of them begin before the first one ends.
    let rivals: Vec<_> = rivals.into_iter().collect();
    let mut ends = Ends::new();
    for rival in rivals {
        for (how, times) in rival.await.expect("a rival") {
            *ends.entry(how).or_default() += times;
        }
    }
    println!("rivals: {ends:?}");
    ends
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rivals_that_are_killed_make_one_chain() {
    let _turn = beside_others().await;
    let (primary, standby) = cluster().await;
    let stream = Arc::new(Stream::in_bucket("plain", json!("xmin")).await);
    let workload = Workload::start(&primary, &["plain"], WRITERS).await;
    let end = Instant::now() + Duration::from_secs(seconds());
    let mut rivals = Vec::new();
    for seed in 1..=RIVALS {
        let (servers, proxy) = ([&primary, &standby].map(Arc::clone), Some(Stream::proxy().await));
        rivals.push(tokio::spawn(rival(Arc::clone(&stream), servers, proxy, end, seed)));
    }
    let ends = all_ends(rivals).await;
    for how in ["ended well", "killed at any moment"] {
        assert!(ends.contains_key(how), "{ends:?}");
    }
    assert!(ends.keys().any(|how| how.contains("the object") || how.contains("the state")), "{ends:?}");
    judge(&stream, &primary, workload, "rivals").await;
}

/// A folder has no conditional writes: a lock lets one run at a time, and the state says what a run that dies was about.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rivals_in_a_folder_make_one_chain() {
    let _turn = beside_others().await;
    let (primary, standby) = cluster().await;
    let stream = Arc::new(Stream::in_folder("plain", json!("xmin")));
    let workload = Workload::start(&primary, &["plain"], WRITERS).await;
    let end = Instant::now() + Duration::from_secs(seconds() / 2);
    let rivals = (1..=RIVALS).map(|seed| {
        let servers = [&primary, &standby].map(Arc::clone);
        tokio::spawn(rival(Arc::clone(&stream), servers, None, end, seed))
    });
    let ends = all_ends(rivals).await;
    for how in ["ended well", "killed at any moment"] {
        assert!(ends.contains_key(how), "{ends:?}");
    }
    judge(&stream, &primary, workload, "rivals in a folder").await;
}
