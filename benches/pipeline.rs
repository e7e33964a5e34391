//! Compares whole extractions with `psql COPY` to /dev/null and with tokio-postgres reading the same rows and
//! dropping them. The extractor writes both dialects and a compressed file to an S3 endpoint that discards what it
//! receives. Nothing uses TLS, and the programs take turns, so compare the medians and ratios of one run.
//!
//! `cargo bench --bench pipeline [-- --rows MILLIONS --runs N] [--against PROGRAM]`, where PROGRAM is another build of
//! the extractor, to compare in the same run.

use std::process::Command;
use std::time::Duration;

use devstack::{DiscardS3, Function, Measured, Postgres, RuntimeApi, Stack, StackOptions};
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};

/// The narrow table: int8, int4, float8, timestamp, short text.
const NARROW: &str = "CREATE UNLOGGED TABLE narrow AS SELECT g::int8 AS id, (g % 1000)::int4 AS k, g * 1.1::float8 AS v,
    timestamp '2024-01-01' + g * interval '1 s' AS t, 'text ' || g % 1000 AS s FROM generate_series(1, {rows}) g";

/// The wide table: 30 columns of mixed types.
const WIDE: &str = "CREATE UNLOGGED TABLE wide AS SELECT
    g::int8 AS i1, (g * 7)::int8 AS i2, g::int4 AS i3, (g % 100)::int4 AS i4, (g % 30000)::int2 AS i5,
    g / 3.0::float8 AS f1, g * 0.25::float8 AS f2, (g / 7.0)::float4 AS f3,
    (g / 100.0)::numeric(12, 2) AS n1, (g * 1.5)::numeric(14, 4) AS n2, (g % 97)::numeric AS n3,
    'name ' || g AS s1, md5(g::text) AS s2, 'short' AS s3, repeat('x', g % 40) AS s4, ('v' || g % 9)::varchar(20) AS s5,
    'c' || g % 7 AS s6, NULL::text AS s7,
    timestamp '2024-01-01' + g * interval '1 s' AS t1, timestamptz '2024-01-01' + g * interval '1 min' AS t2,
    timestamp '2000-01-01' + g * interval '1.001 s' AS t3,
    date '2000-01-01' + g % 9000 AS d1, date '1990-01-01' + g % 900 AS d2, (g % 2 = 0) AS b1, (g % 3 = 0) AS b2,
    md5(g::text)::uuid AS u1, time '00:00' + g % 86400 * interval '1 s' AS t4,
    jsonb_build_object('id', g, 'ok', true) AS j1, CASE WHEN g % 5 = 0 THEN NULL ELSE g END AS x1, 'end' AS s8
    FROM generate_series(1, {rows}) g";

fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    let option =
        |name: &str| arguments.iter().position(|text| text == name).and_then(|at| arguments.get(at + 1));
    let millions: f64 = option("--rows").map_or(10.0, |text| text.parse().expect("a number of millions"));
    let runs: usize = option("--runs").map_or(5, |text| text.parse().expect("a number"));
    let against = option("--against").map(String::as_str);
    if let Some(connection) = option("--drain") {
        drain(connection, option("--table").expect("a table"));
        return;
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let stack = Stack::start(StackOptions { without_rds: true, ..StackOptions::default() })
            .await
            .expect("a stack");
        let rows = (millions * 1e6) as u64;
        for (table, sql, rows) in [("narrow", NARROW, rows), ("wide", WIDE, rows / 10)] {
            stack
                .postgres
                .execute("postgres", &sql.replace("{rows}", &rows.to_string()))
                .await
                .expect("a table");
            stack.postgres.execute("postgres", &format!("VACUUM ANALYZE {table}")).await.expect("a vacuum");
            compare(&stack, table, rows, runs, against).await;
        }
    });
}

const OWN: &str = env!("CARGO_BIN_EXE_rds-data-extractor");
const NAMES: [&str; 6] = [
    "psql COPY csv, FORCE_QUOTE *",
    "tokio-postgres draining",
    "rds-data-extractor",
    "rds-data-extractor, postgres",
    "rds-data-extractor, zstd level 1",
    "the other build",
];

async fn compare(stack: &Stack, table: &str, rows: u64, runs: usize, against: Option<&str>) {
    let names = &NAMES[..NAMES.len() - usize::from(against.is_none())];
    println!("\n{table}: {rows} rows, {runs} runs each, alternating");
    let discard = DiscardS3::start(0).expect("an endpoint");
    let mut taken: Vec<Vec<Measured>> = names.iter().map(|_| Vec::new()).collect();
    for run in 0..=runs {
        // Each round begins with another program, because the order of the runs affects the times.
        for turn in 0..names.len() {
            let which = (run + turn) % names.len();
            let measured = match which {
                0 => copy(&stack.postgres, table),
                1 => own_drain(&stack.postgres, table),
                2 => extract(stack, &discard, OWN, table, rows, json!({})).await,
                3 => {
                    extract(stack, &discard, OWN, table, rows, json!({"csv": {"dialect": "postgres"}})).await
                }
                4 => {
                    let zstd = json!({"compression": "zstd", "compressionLevel": 1});
                    extract(stack, &discard, OWN, table, rows, zstd).await
                }
                _ => extract(stack, &discard, against.unwrap_or(OWN), table, rows, json!({})).await,
            };
            // The first round warms the caches.
            if run > 0 {
                taken[which].push(measured);
            }
        }
    }
    let median = |of: &dyn Fn(&Measured) -> f64, runs: &[Measured]| {
        let mut figures: Vec<_> = runs.iter().map(of).collect();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    };
    let wall: Vec<_> = taken.iter().map(|runs| median(&|one| one.wall.as_secs_f64(), runs)).collect();
    let cpu: Vec<_> = taken.iter().map(|runs| median(&|one| one.cpu_seconds, runs)).collect();
    println!(
        "{:<33} {:>7} {:>6} {:>9} {:>10} {:>11} {:>10}",
        "", "wall s", "CPU s", "peak MiB", "wall/COPY", "wall/drain", "CPU/drain"
    );
    for (i, name) in names.iter().enumerate() {
        let rss = median(&|one| one.peak_rss as f64, &taken[i]) / 1_048_576.0;
        println!(
            "{name:<33} {:>7.2} {:>6.2} {rss:>9.1} {:>10.2} {:>11.2} {:>10.2}",
            wall[i],
            cpu[i],
            wall[i] / wall[0],
            wall[i] / wall[1],
            cpu[i] / cpu[1]
        );
    }
}

/// Measures `psql` copying the table as CSV to /dev/null, with every field quoted as in the Java extractor's files.
fn copy(postgres: &Postgres, table: &str) -> Measured {
    // The shell replaces itself by psql, so only psql is measured.
    let mut psql = Command::new("sh");
    psql.args(["-c", "exec psql \"$@\" >/dev/null", "psql", "-X", "-q", "-c"])
        .arg(format!("COPY (SELECT * FROM {table}) TO STDOUT (FORMAT csv, HEADER, FORCE_QUOTE *)"))
        .env("PGHOST", postgres.host())
        .env("PGPORT", postgres.port().to_string())
        .env("PGUSER", postgres.superuser())
        .env("PGPASSWORD", postgres.password())
        .env("PGDATABASE", "postgres")
        .env("PGSSLMODE", "disable");
    devstack::measure(&mut psql).expect("psql")
}

/// Measures this program with `--drain`, as a process of its own so that its CPU and memory are counted separately.
fn own_drain(postgres: &Postgres, table: &str) -> Measured {
    let connection = format!(
        "host={} port={} user={} password={} dbname=postgres sslmode=disable",
        postgres.host(),
        postgres.port(),
        postgres.superuser(),
        postgres.password()
    );
    let mut own = Command::new(std::env::current_exe().expect("this program"));
    own.args(["--drain", &connection, "--table", table]);
    devstack::measure(&mut own).expect("the drain")
}

fn drain(connection: &str, table: &str) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let (client, connection) =
            tokio_postgres::connect(connection, tokio_postgres::NoTls).await.expect("a login");
        tokio::spawn(connection);
        let rows =
            client.query_raw(&format!("SELECT * FROM {table}"), Vec::<i32>::new()).await.expect("rows");
        let mut rows = std::pin::pin!(rows);
        while rows.try_next().await.expect("a row").is_some() {}
    });
}

/// Measures a cold start and one invocation of `program`, behind an emulated Runtime API.
async fn extract(
    stack: &Stack,
    discard: &DiscardS3,
    program: &str,
    table: &str,
    rows: u64,
    options: Value,
) -> Measured {
    let account = stack.account_a();
    let mut config = stack.db_config("postgres", stack.postgres.superuser(), stack.postgres.password());
    config["sslMode"] = "disable".into();
    account.put_parameter("/bench", &config.to_string(), "String").await.expect("a parameter");
    let function = Function { memory_mb: 1769, ..Function::new(program) }
        .env(stack.function_env())
        .env([("AWS_ENDPOINT_URL_S3", discard.url())]);
    let function = RuntimeApi::start(function).await.expect("a Runtime API");
    let mut event = options;
    event["dbConfigParam"] = "/bench".into();
    event["bucket"] = "bench".into();
    event["query"] = format!("SELECT * FROM {table}").into();
    let invocation = function.invoke(event, Duration::from_mins(15)).await.expect("an answer");
    let response = invocation.result.expect("no error");
    assert_eq!(response["body"]["recordsProcessed"], rows, "{response}");
    Measured { wall: invocation.duration, cpu_seconds: invocation.cpu_seconds, peak_rss: invocation.peak_rss }
}
