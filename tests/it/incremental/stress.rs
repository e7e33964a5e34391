//! Exports of both kinds of watermark, from a primary, a standby and both by turns, beside ten writers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use devstack::{Postgres, TcpFault, TcpProxy};
use serde_json::json;
use tokio::time::sleep;

use super::stream::{Row, Stream, is_nothing_new, rows};
use super::verdict::{Verdict, are_adjacent, table};
use super::workload::{Workload, create_table, last_record, options};
use crate::command_line::{body, locally, program};
use crate::turns::beside_others;

const WRITERS: u64 = 10;
/// The runs of each exporter, however long they take.
const RUNS: usize = 10;
const TABLES: [&str; 2] = ["plain", "stamped"];
/// What a proxy makes of the program's statements, so that they lose rows: windows that end after transactions that still
/// run, and windows without the first transaction, which is the one that ran when the last window was read.
const BROKEN: [(&str, TcpFault); 2] = [
    ("up to xmax", TcpFault::Replace(&[(b"txid_snapshot_xmin", b"txid_snapshot_xmax")])),
    ("without the first transaction", TcpFault::Replace(&[(b"age(xmin) <= ", b"age(xmin) <  ")])),
];

/// How long the writers write, in seconds.
fn seconds() -> u64 {
    std::env::var("INCREMENTAL_SECONDS").map_or(30, |seconds| seconds.parse().expect("a number of seconds"))
}

/// A stream, and how its runs have ended.
struct Exporter {
    name: &'static str,
    table: &'static str,
    stream: Stream,
    servers: Vec<Arc<Postgres>>,
    runs: usize,
    nothing_new: usize,
    /// The proxy that breaks it.
    broken_by: Option<TcpProxy>,
}

impl Exporter {
    /// Runs until the time is over, each time at one of the servers.
    async fn until(mut self, end: Instant, seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        while Instant::now() < end || self.runs < RUNS {
            let server = Arc::clone(&self.servers[random.usize(0..self.servers.len())]);
            let answer = self.stream.run(&server).await;
            self.runs += 1;
            self.nothing_new += usize::from(is_nothing_new(&answer));
            sleep(Duration::from_millis(random.u64(0..300))).await;
        }
        self
    }

    async fn judge(&self, primary: &Postgres) {
        let objects = self.stream.objects().await;
        let of_objects: Vec<_> = objects.iter().map(|object| rows(&object.bytes)).collect();
        let verdict = Verdict::of(&of_objects, &table(primary, self.table).await);
        let Self { name, runs, nothing_new, .. } = self;
        println!("{name}: {runs} runs, {nothing_new} with nothing new; {}", verdict.in_words());
        if self.broken_by.is_some() {
            assert_ne!(verdict.lost, [], "{name}: windows that are wrong do not show");
            return;
        }
        verdict.is_good(name);
        if objects.iter().all(|object| !object.metadata.is_empty()) {
            are_adjacent(&objects);
        }
        assert!(objects.len() > 2, "{name}: {} objects", objects.len());
    }
}

/// What everyone does: the rows whose time is after the last one that was seen.
struct Control {
    seen: Vec<Vec<Row>>,
    last: String,
    runs: usize,
}

impl Control {
    async fn run(&mut self, server: &Postgres) {
        let query = format!(
            "SELECT id, ver, updated_at FROM plain WHERE updated_at > '{}' ORDER BY updated_at",
            self.last
        );
        let flags = ["--query", &query, "--output", "-"];
        let mut command = tokio::process::Command::from(program(&locally(&flags)));
        command
            .env("PGHOST", server.host())
            .env("PGPORT", server.port().to_string())
            .env("PGPASSWORD", server.password())
            .env("PGSSLMODE", "disable");
        let output = command.output().await.expect("the program starts");
        assert!(output.status.success(), "{}", body(&output));
        let last = csv::Reader::from_reader(&output.stdout[..]).records().last();
        if let Some(last) = last {
            last.expect("a record")[2].clone_into(&mut self.last);
        }
        self.seen.push(rows(&output.stdout));
        self.runs += 1;
    }

    async fn until(mut self, end: Instant, server: Arc<Postgres>) -> Self {
        let mut random = fastrand::Rng::with_seed(0);
        while Instant::now() < end || self.runs < RUNS {
            self.run(&server).await;
            sleep(Duration::from_millis(random.u64(0..300))).await;
        }
        self
    }
}

async fn exporters(primary: &Arc<Postgres>, standby: &Arc<Postgres>) -> Vec<Exporter> {
    let column = || json!({"column": "txid"});
    let (at_primary, at_standby) = (vec![Arc::clone(primary)], vec![Arc::clone(standby)]);
    let by_turns = [&at_primary[..], &at_standby].concat();
    let exporter = |name, table, stream, servers: &[Arc<Postgres>]| Exporter {
        name,
        table,
        stream,
        servers: servers.to_vec(),
        runs: 0,
        nothing_new: 0,
        broken_by: None,
    };
    let mut exporters = vec![
        exporter("xmin, primary", "plain", Stream::in_folder("plain", json!("xmin")), &at_primary),
        exporter("xmin, standby", "plain", Stream::in_folder("plain", json!("xmin")), &at_standby),
        exporter("xmin, by turns", "stamped", Stream::in_bucket("stamped", json!("xmin")).await, &by_turns),
        exporter("column, primary", "stamped", Stream::in_bucket("stamped", column()).await, &at_primary),
        exporter("column, standby", "stamped", Stream::in_folder("stamped", column()), &at_standby),
        exporter("column, by turns", "stamped", Stream::in_folder("stamped", column()), &by_turns),
    ];
    for (name, fault) in BROKEN {
        let proxy = TcpProxy::start("127.0.0.1", primary.port()).await.expect("a proxy");
        proxy.fault(fault);
        let mut stream = Stream::in_folder("plain", json!("xmin"));
        stream.port = Some(proxy.port());
        let broken_by = Some(proxy);
        exporters.push(Exporter { broken_by, ..exporter(name, "plain", stream, &at_primary) });
    }
    exporters
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_version_is_lost_or_doubled_beside_ten_writers() {
    let _turn = beside_others().await;
    let primary = Arc::new(Postgres::start(options()).await.expect("a primary"));
    for table in TABLES {
        create_table(&primary, table, table == "stamped").await;
    }
    let standby = Arc::new(primary.start_standby().await.expect("a standby"));
    primary.wait_for(&standby).await.expect("the tables at the standby");

    let exporters = exporters(&primary, &standby).await;
    let workload = Workload::start(&primary, &TABLES, WRITERS).await;
    let end = Instant::now() + Duration::from_secs(seconds());
    let control = Control { seen: Vec::new(), last: "-infinity".to_owned(), runs: 0 };
    let control = tokio::spawn(control.until(end, Arc::clone(&primary)));
    let running: Vec<_> =
        (1..).zip(exporters).map(|(seed, exporter)| tokio::spawn(exporter.until(end, seed))).collect();
    let mut ended = Vec::new();
    for exporter in running {
        ended.push(exporter.await.expect("an exporter"));
    }
    let mut control = control.await.expect("the control");
    println!("{}", workload.stop().await.in_words());

    // One record, so that the standby knows that nothing is in progress, and a last run of each.
    let mut transaction = 0;
    for table in TABLES {
        transaction = last_record(&primary, table).await;
    }
    primary.wait_for(&standby).await.expect("the standby");
    for exporter in &ended {
        for server in &exporter.servers {
            exporter.stream.run_beyond(server, transaction).await;
        }
    }
    control.run(&primary).await;

    let verdict = Verdict::of(&control.seen, &table(&primary, "plain").await);
    println!("updated_at > max: {} runs; {}", control.runs, verdict.in_words());
    assert_ne!(verdict.lost, [], "the writers are harmless, so the others prove nothing");
    for exporter in &ended {
        exporter.judge(&primary).await;
    }
}
