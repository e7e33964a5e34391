//! Compares whole extractions with other programs in four groups. In each group the programs take turns, so
//! compare the medians and ratios of one run. The extractor is the whole function from a cold start to the
//! response, and sends to an S3 endpoint that discards what it receives. TLS is not used.
//!
//! - `programs`: one reader, `psql COPY` to /dev/null, and tokio-postgres reading the same rows and dropping them; both
//!   dialects, and a compressed file.
//! - `readers`: the command line with several readers of a table, with one reader, two `psql COPY` of half of the pages
//!   each, and DuckDB, all to a device that discards; and the function with several readers, to S3.
//! - `formats`: the command line with one reader writing Parquet (zstd) to a file, beside DuckDB, ADBC with pyarrow, and
//!   pg2parquet; and JSON lines to /dev/null, beside `psql` with `row_to_json`.
//! - `network`: one reader and eight, with each connection limited to 20 MB per second.
//!
//! `cargo bench --bench pipeline [-- --only NAME] [--rows MILLIONS] [--runs N] [--against PROGRAM] [--duckdb PYTHON]
//! [--pg2parquet PROGRAM]`, where PROGRAM is another build of the extractor, and PYTHON has the packages duckdb,
//! duckdb-extension-postgres-scanner, adbc-driver-postgresql and pyarrow.

use std::process::Command;
use std::time::{Duration, Instant};

use devstack::{
    DiscardS3, Function, Measured, PostgresOptions, RuntimeApi, Stack, StackOptions, TcpFault, TcpProxy,
};
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

const OWN: &str = env!("CARGO_BIN_EXE_rds-data-extractor");
/// The bytes per second of each connection in `network`.
const SLOW: u64 = 20_000_000;

/// The program that reads the table.
enum Contestant {
    /// `psql` copying the table as CSV to /dev/null.
    Copy,
    /// Two `psql` at the same time, each with half of the pages. They do not share a snapshot.
    Halves,
    /// tokio-postgres reading the rows and dropping them.
    Drain,
    /// The extractor's command line with so many readers of the table, to /dev/null.
    Local(usize),
    /// DuckDB copying the table as CSV to /dev/zero, with two threads. It locks its file, and /dev/null may be locked by another.
    DuckDb(String),
    /// The extractor's command line with one reader, in this format to this file.
    Format(&'static str, &'static str),
    /// `psql` printing `row_to_json` of each row to /dev/null.
    RowToJson,
    /// DuckDB copying the table as Parquet to a file, with so many threads.
    DuckDbParquet(String, usize),
    /// ADBC's driver of PostgreSQL, and pyarrow writing its batches as Parquet to a file.
    Adbc(String),
    /// pg2parquet, with the level of zstd that is its default.
    Pg2Parquet(String),
    /// A build of the extractor, with these fields of the event.
    Extractor(String, Value),
}

/// The time and the resources that a run took.
struct Taken {
    client: Measured,
    /// The CPU seconds of the server's backends.
    server_cpu: f64,
}

struct Options {
    only: Option<String>,
    millions: f64,
    runs: usize,
    against: Option<String>,
    duckdb: Option<String>,
    pg2parquet: Option<String>,
}

fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    let option = |name: &str| {
        arguments.iter().position(|text| text == name).and_then(|at| arguments.get(at + 1)).cloned()
    };
    if let Some(connection) = option("--drain") {
        drain(&connection, &option("--table").expect("a table"));
        return;
    }
    let options = Options {
        only: option("--only"),
        millions: option("--rows").map_or(10.0, |text| text.parse().expect("a number of millions")),
        runs: option("--runs").map_or(5, |text| text.parse().expect("a number")),
        against: option("--against"),
        duckdb: option("--duckdb").filter(|python| has_duckdb(python)),
        pg2parquet: option("--pg2parquet"),
    };
    tokio::runtime::Runtime::new().expect("a runtime").block_on(compare_all(&options));
}

async fn compare_all(options: &Options) {
    let settings = vec![("shared_buffers".to_owned(), shared_buffers())];
    let postgres = PostgresOptions { settings, ..PostgresOptions::default() };
    let stack = Stack::start(StackOptions { without_rds: true, postgres }).await.expect("a stack");
    let discard = DiscardS3::start(0).expect("an endpoint");
    let slow = TcpProxy::start("127.0.0.1", stack.postgres.port()).await.expect("a proxy");
    slow.fault(TcpFault::Throttle(SLOW));
    let rows = (options.millions * 1e6) as u64;
    for (table, sql, rows) in [("narrow", NARROW, rows), ("wide", WIDE, rows / 10)] {
        let sql = sql.replace("{rows}", &rows.to_string());
        stack.postgres.execute("postgres", &sql).await.expect("a table");
        stack.postgres.execute("postgres", &format!("VACUUM ANALYZE {table}")).await.expect("a vacuum");
        for group in ["programs", "readers", "formats", "network"] {
            if options.only.as_ref().is_some_and(|only| only != group)
                || (group, table) == ("network", "wide")
            {
                continue;
            }
            let port = if group == "network" { slow.port() } else { stack.postgres.port() };
            let bench = Bench { stack: &stack, discard: &discard, table, rows, port };
            println!("\n{group}, {table}: {rows} rows, {} runs each, alternating", options.runs);
            bench.compare(&contestants(group, table, options), options.runs).await;
        }
    }
}

/// Returns a quarter of this machine's memory, which is the default of RDS. With the 128 MB of PostgreSQL's own default the
/// tables do not fit, and each range of pages, which is read without the ring buffer of a sequential scan, evicts others.
fn shared_buffers() -> String {
    let memory = std::fs::read_to_string("/proc/meminfo").expect("the memory of this machine");
    let total = memory.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<u64>().ok());
    format!("{}kB", total.expect("the total memory in kB") / 4)
}

/// Returns the contestants of a group. The others are compared with the first one.
fn contestants(group: &str, table: &str, options: &Options) -> Vec<(String, Contestant)> {
    let extractor =
        |name: &str, fields: Value| (name.to_owned(), Contestant::Extractor(OWN.to_owned(), fields));
    let query = |more: Value| {
        let mut fields = json!({"query": format!("SELECT * FROM {table}")});
        for (name, value) in more.as_object().into_iter().flatten() {
            fields[name] = value.clone();
        }
        fields
    };
    let name = |number: usize, to: &str| {
        format!("rds-data-extractor, {number} reader{}{to}", if number == 1 { "" } else { "s" })
    };
    let readers =
        |number: usize| extractor(&name(number, ", S3"), json!({"table": table, "parallelism": number}));
    let local = |number: usize| (name(number, ""), Contestant::Local(number));
    let copy = ("psql COPY csv, FORCE_QUOTE *".to_owned(), Contestant::Copy);
    if group == "formats" {
        return formats(options);
    }
    let mut all = match group {
        "programs" => vec![
            copy,
            ("tokio-postgres draining".to_owned(), Contestant::Drain),
            extractor("rds-data-extractor", query(json!({}))),
            extractor("rds-data-extractor, postgres", query(json!({"csv": {"dialect": "postgres"}}))),
            extractor("rds-data-extractor, Parquet", query(json!({"format": "parquet"}))),
            extractor(
                "rds-data-extractor, zstd level 1",
                query(json!({"compression": "zstd", "compressionLevel": 1})),
            ),
        ],
        "readers" => vec![
            local(1),
            local(2),
            readers(1),
            readers(2),
            readers(8),
            readers(16),
            copy,
            ("two psql COPY, by halves of ctid".to_owned(), Contestant::Halves),
        ],
        _ => vec![readers(1), readers(2), readers(8)],
    };
    match (group, &options.against, &options.duckdb) {
        ("programs", Some(program), _) => {
            all.push((
                "the other build".to_owned(),
                Contestant::Extractor(program.clone(), query(json!({}))),
            ));
        }
        ("readers", _, Some(python)) => {
            all.push(("DuckDB COPY csv, 2 threads".to_owned(), Contestant::DuckDb(python.clone())));
        }
        _ => {}
    }
    all
}

/// Returns the contestants that write Parquet, and then those that write JSON lines.
fn formats(options: &Options) -> Vec<(String, Contestant)> {
    let mut all = vec![("rds-data-extractor, Parquet".to_owned(), Contestant::Format("parquet", FILE))];
    if let Some(python) = &options.duckdb {
        for threads in [1, 2] {
            let name = format!("DuckDB, {threads} thread{}", if threads == 1 { "" } else { "s" });
            all.push((name, Contestant::DuckDbParquet(python.clone(), threads)));
        }
        all.push(("ADBC and pyarrow".to_owned(), Contestant::Adbc(python.clone())));
    }
    if let Some(program) = &options.pg2parquet {
        all.push(("pg2parquet".to_owned(), Contestant::Pg2Parquet(program.clone())));
    }
    all.push(("rds-data-extractor, CSV postgres".to_owned(), Contestant::Format("csv", "/dev/null")));
    all.push(("rds-data-extractor, JSON lines".to_owned(), Contestant::Format("jsonl", "/dev/null")));
    all.push(("psql COPY of row_to_json".to_owned(), Contestant::RowToJson));
    all
}

/// The file of those that write Parquet, in the folder for temporary files.
const FILE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/formats.parquet");

struct Bench<'a> {
    stack: &'a Stack,
    discard: &'a DiscardS3,
    table: &'a str,
    rows: u64,
    /// The port at which the extractor finds the database.
    port: u16,
}

impl Bench<'_> {
    async fn compare(&self, contestants: &[(String, Contestant)], runs: usize) {
        let mut taken: Vec<Vec<Taken>> = contestants.iter().map(|_| Vec::new()).collect();
        for run in 0..=runs {
            // Each round begins with another program, because the order of the runs affects the times.
            for turn in 0..contestants.len() {
                let which = (run + turn) % contestants.len();
                let one = self.measure(&contestants[which].1).await;
                // The first round warms the caches.
                if run > 0 {
                    taken[which].push(one);
                }
            }
        }
        let median = |runs: &[Taken], of: fn(&Taken) -> f64| {
            let mut figures: Vec<_> = runs.iter().map(of).collect();
            figures.sort_by(f64::total_cmp);
            figures[figures.len() / 2]
        };
        println!(
            "{:<33} {:>7} {:>6} {:>9} {:>9} {:>11} {:>11}",
            "", "wall s", "CPU s", "server s", "peak MiB", "times first", "CPU / first"
        );
        let wall = |runs: &[Taken]| median(runs, |one| one.client.wall.as_secs_f64());
        // The sum for the client and the server.
        let both = |runs: &[Taken]| median(runs, |one| one.client.cpu_seconds + one.server_cpu);
        for ((name, _), runs) in contestants.iter().zip(&taken) {
            println!(
                "{name:<33} {:>7.2} {:>6.2} {:>9.2} {:>9.1} {:>11.2} {:>11.2}",
                wall(runs),
                median(runs, |one| one.client.cpu_seconds),
                median(runs, |one| one.server_cpu),
                median(runs, |one| one.client.peak_rss as f64) / 1_048_576.0,
                wall(&taken[0]) / wall(runs),
                both(runs) / both(&taken[0])
            );
        }
    }

    async fn measure(&self, contestant: &Contestant) -> Taken {
        let postgres = &self.stack.postgres;
        let before = postgres.cpu_seconds().unwrap_or_default();
        let client = match contestant {
            Contestant::Copy => self.copy("true"),
            Contestant::Halves => self.copy_halves().await,
            Contestant::Local(readers) => self.extract_locally(*readers),
            Contestant::Format(format, file) => self.write(format, file),
            Contestant::RowToJson => {
                self.psql(&format!("COPY (SELECT row_to_json(q) FROM {} q) TO STDOUT", self.table))
            }
            Contestant::DuckDbParquet(python, threads) => {
                self.duckdb_copy(python, *threads, &format!("'{FILE}' (FORMAT parquet, COMPRESSION zstd)"))
            }
            Contestant::Adbc(python) => self.adbc(python),
            Contestant::Pg2Parquet(program) => self.pg2parquet(program),
            Contestant::Drain => self.own_drain(),
            Contestant::DuckDb(python) => self.duckdb(python),
            Contestant::Extractor(program, fields) => self.extract(program, fields).await,
        };
        // The next contestant must not compete with a backend that still runs.
        while !postgres.sessions().await.expect("the sessions").is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Taken { client, server_cpu: postgres.cpu_seconds().unwrap_or_default() - before }
    }

    /// Measures `psql`, with every field quoted as in the Java extractor's files.
    fn copy(&self, condition: &str) -> Measured {
        let table = self.table;
        self.psql(&format!(
            "COPY (SELECT * FROM {table} WHERE {condition}) TO STDOUT (FORMAT csv, HEADER, FORCE_QUOTE *)"
        ))
    }

    fn psql(&self, statement: &str) -> Measured {
        let postgres = &self.stack.postgres;
        // The shell replaces itself by psql, so only psql is measured.
        let mut psql = Command::new("sh");
        psql.args(["-c", "exec psql \"$@\" >/dev/null", "psql", "-X", "-q", "-At", "-c", statement])
            .env("PGHOST", postgres.host())
            .env("PGPORT", postgres.port().to_string())
            .env("PGUSER", postgres.superuser())
            .env("PGPASSWORD", postgres.password())
            .env("PGDATABASE", "postgres")
            .env("PGSSLMODE", "disable");
        devstack::measure(&mut psql).expect("psql")
    }

    /// Measures the command line without AWS, with one reader and a format.
    fn write(&self, format: &str, file: &str) -> Measured {
        let postgres = &self.stack.postgres;
        let mut own = Command::new(OWN);
        own.args(["extract", "--host", postgres.host(), "--user", postgres.superuser()])
            .args(["--port", &postgres.port().to_string(), "--database", "postgres", "--sslmode", "disable"])
            .args(["--table", self.table, "--format", format, "--output", file, "--if-exists", "overwrite"])
            .env("PGPASSWORD", postgres.password());
        devstack::measure(&mut own).expect("the extractor")
    }

    fn adbc(&self, python: &str) -> Measured {
        let program = format!(
            "import adbc_driver_postgresql.dbapi as adbc, pyarrow.parquet as parquet\n\
             with adbc.connect('{}') as connection, connection.cursor() as cursor:\n\
             \x20   cursor.execute('SELECT * FROM {}')\n\
             \x20   batches = cursor.fetch_record_batch()\n\
             \x20   with parquet.ParquetWriter('{FILE}', batches.schema, compression='zstd') as writer:\n\
             \x20       for batch in batches: writer.write_batch(batch)",
            self.url(),
            self.table
        );
        devstack::measure(Command::new(python).args(["-c", &program])).expect("ADBC")
    }

    fn pg2parquet(&self, program: &str) -> Measured {
        let postgres = &self.stack.postgres;
        let mut other = Command::new(program);
        other
            .args(["export", "--host", postgres.host(), "--port", &postgres.port().to_string()])
            .args(["--user", postgres.superuser(), "--password", postgres.password(), "--dbname", "postgres"])
            .args([
                "--sslmode",
                "disable",
                "--table",
                self.table,
                "--compression",
                "zstd",
                "--output-file",
                FILE,
            ]);
        devstack::measure(&mut other).expect("pg2parquet")
    }

    fn url(&self) -> String {
        let postgres = &self.stack.postgres;
        format!(
            "postgresql://{}:{}@127.0.0.1:{}/postgres?sslmode=disable",
            postgres.superuser(),
            postgres.password(),
            postgres.port()
        )
    }

    /// Measures the command line without AWS.
    fn extract_locally(&self, readers: usize) -> Measured {
        let postgres = &self.stack.postgres;
        let mut own = Command::new(OWN);
        own.args(["extract", "--host", postgres.host(), "--user", postgres.superuser()])
            .args(["--port", &postgres.port().to_string(), "--database", "postgres", "--sslmode", "disable"])
            .args(["--table", self.table, "--parallelism", &readers.to_string()])
            .args(["--dialect", "java", "--output", "/dev/null"])
            .env("PGPASSWORD", postgres.password());
        devstack::measure(&mut own).expect("the extractor")
    }

    async fn copy_halves(&self) -> Measured {
        let client = self.stack.postgres.connect().await.expect("a connection");
        let pages = format!("SELECT pg_relation_size('{}') / 8192 / 2", self.table);
        let middle: i64 = client.query_one(&pages, &[]).await.expect("pages").get(0);
        drop(client);
        let started = Instant::now();
        let [first, second] = std::thread::scope(|scope| {
            let copies = ["<", ">="]
                .map(|side| scope.spawn(move || self.copy(&format!("ctid {side} '({middle},0)'"))));
            copies.map(|copy| copy.join().expect("no panic"))
        });
        Measured {
            wall: started.elapsed(),
            cpu_seconds: first.cpu_seconds + second.cpu_seconds,
            peak_rss: first.peak_rss + second.peak_rss,
        }
    }

    fn duckdb(&self, python: &str) -> Measured {
        self.duckdb_copy(python, 2, "'/dev/zero' (FORMAT csv, HEADER, FORCE_QUOTE *)")
    }

    fn duckdb_copy(&self, python: &str, threads: usize, to: &str) -> Measured {
        let postgres = &self.stack.postgres;
        let program = format!(
            "{LOAD}; c.execute('SET threads = {threads}'); c.execute(\"ATTACH 'host=127.0.0.1 port={} user={} password={} dbname=postgres \
             sslmode=disable' AS pg (TYPE postgres, READ_ONLY)\"); c.execute(\"COPY pg.{} TO {to}\")",
            postgres.port(),
            postgres.superuser(),
            postgres.password(),
            self.table
        );
        devstack::measure(Command::new(python).args(["-c", &program])).expect("DuckDB")
    }

    /// Measures this program with `--drain`, in a process of its own so that its CPU and memory are counted
    /// separately.
    fn own_drain(&self) -> Measured {
        let postgres = &self.stack.postgres;
        let connection = format!(
            "host={} port={} user={} password={} dbname=postgres sslmode=disable",
            postgres.host(),
            postgres.port(),
            postgres.superuser(),
            postgres.password()
        );
        let mut own = Command::new(std::env::current_exe().expect("this program"));
        own.args(["--drain", &connection, "--table", self.table]);
        devstack::measure(&mut own).expect("the drain")
    }

    /// Measures a cold start and one invocation of `program`, behind an emulated Runtime API.
    async fn extract(&self, program: &str, fields: &Value) -> Measured {
        let Self { stack, discard, .. } = self;
        let account = stack.account_a();
        let mut config = stack.db_config("postgres", stack.postgres.superuser(), stack.postgres.password());
        config["sslMode"] = "disable".into();
        config["port"] = self.port.into();
        account.put_parameter("/bench", &config.to_string(), "String").await.expect("a parameter");
        let function = Function { memory_mb: 1769, ..Function::new(program) }
            .env(stack.function_env())
            .env([("AWS_ENDPOINT_URL_S3", discard.url())]);
        let function = RuntimeApi::start(function).await.expect("a Runtime API");
        let mut event = fields.clone();
        event["dbConfigParam"] = "/bench".into();
        event["bucket"] = "bench".into();
        let invocation = function.invoke(event, Duration::from_mins(15)).await.expect("an answer");
        let response = invocation.result.expect("no error");
        assert_eq!(response["body"]["recordsProcessed"], self.rows, "{response}");
        Measured {
            wall: invocation.duration,
            cpu_seconds: invocation.cpu_seconds,
            peak_rss: invocation.peak_rss,
        }
    }
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

/// Loads DuckDB with its extension from PyPI, which does not need any other host.
const LOAD: &str = "import duckdb, glob, duckdb_extension_postgres_scanner as e; \
    c = duckdb.connect(config={'allow_unsigned_extensions': 'true'}); \
    c.execute(\"LOAD '\" + glob.glob(e.__path__[0] + '/**/*.duckdb_extension', recursive=True)[0] + \"'\")";

/// Returns whether this Python can read PostgreSQL with DuckDB. If not, DuckDB is left out.
fn has_duckdb(python: &str) -> bool {
    let loads = Command::new(python).args(["-c", LOAD]).output().is_ok_and(|output| output.status.success());
    if !loads {
        println!("{python} has no DuckDB with its extension postgres: it is left out");
    }
    loads
}
