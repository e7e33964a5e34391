//! The statements of docs/incremental.md, with windows that the extractor wrote into a folder.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use devstack::Postgres;
use serde_json::{Value, json};

use crate::command_line::{database, json as parsed, locally, output, status, without_aws};
use crate::documents::{blocks, read};
use crate::null_readers::python;

/// The table of the statements, and one to which the windows are applied.
const TABLES: &str = "
    CREATE SCHEMA sales;
    CREATE TABLE sales.orders (id bigint PRIMARY KEY, amount numeric(12, 2), ordered_at timestamptz, note text);
    INSERT INTO sales.orders SELECT g, g * 1.10, '2026-11-30Z', 'order ' || g FROM generate_series(1, 5) AS g;
    CREATE TABLE orders (LIKE sales.orders INCLUDING INDEXES);";
const CHANGES: &str = "
    UPDATE sales.orders SET note = 'paid' WHERE id IN (2, 4);
    INSERT INTO sales.orders VALUES (6, 6.60, '2026-11-30Z', 'order 6');";
const LATER: &str = "UPDATE sales.orders SET note = 'sent' WHERE id IN (4, 6)";

/// Returns the blocks of SQL between two lines of the document.
fn statements(from: &str, to: &str) -> Vec<String> {
    let text = read("docs/incremental.md");
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("the document has no {from:?}"));
    let (section, _) = rest.split_once(to).unwrap_or_else(|| panic!("the document has no {to:?}"));
    blocks(section, "sql")
}

/// Runs a script by psql in the folder, and returns what it prints.
fn psql(postgres: &Postgres, folder: &Path, script: &str) -> String {
    std::fs::write(folder.join("script.sql"), script).expect("a file");
    let mut psql = Command::new("psql");
    psql.current_dir(folder)
        .args(["-X", "-v", "ON_ERROR_STOP=1", "-At", "-q", "-f", "script.sql"])
        .envs([("PGHOST", postgres.host()), ("PGPASSWORD", postgres.password())])
        .envs([("PGUSER", "postgres"), ("PGDATABASE", "postgres")])
        .env("PGPORT", postgres.port().to_string());
    let answer = output(psql);
    assert_eq!(status(&answer), 0, "{script}: {answer:?}");
    String::from_utf8(answer.stdout).expect("UTF-8")
}

/// Runs an export of the table into the folder, and returns the body of its answer.
fn export(postgres: &Postgres, folder: &Path, fields: &Value) -> Value {
    let mut event = json!({"table": "sales.orders"});
    for (name, value) in fields.as_object().expect("an object") {
        event[name] = value.clone();
    }
    std::fs::write(folder.join("event.json"), event.to_string()).expect("a file");
    let flags = ["--event", "event.json", "--output", "exports/", "--json"];
    let answer = output(without_aws(postgres, folder, &locally(&flags)));
    assert_eq!(status(&answer), 0, "{answer:?}");
    parsed(&answer.stdout)["body"].clone()
}

/// Runs a script, and waits until its transactions are in the next window, also if a process of the server's own has one.
async fn change(postgres: &Postgres, folder: &Path, script: &str) {
    const ENDED: &str = "SELECT txid_snapshot_xmin(txid_current_snapshot())";
    psql(postgres, folder, script);
    let client = postgres.connect().await.expect("a connection");
    let last: i64 = client.query_one("SELECT txid_current()", &[]).await.expect("an id").get(0);
    let began = Instant::now();
    while client.query_one(ENDED, &[]).await.expect("an id").get::<_, i64>(0) <= last {
        assert!(began.elapsed() < Duration::from_secs(60), "a transaction does not end");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn file(body: &Value) -> &str {
    body["file"].as_str().unwrap_or_else(|| panic!("no file: {body:#}"))
}

#[tokio::test]
async fn a_window_is_applied_to_a_table_of_postgresql() {
    let (postgres, folder) = database().await;
    let path = folder.path();
    let event = json!({"incremental": {"stream": "orders"}, "csv": {"dialect": "postgres"}});
    change(&postgres, path, TABLES).await;
    let first = export(&postgres, path, &event);
    change(&postgres, path, CHANGES).await;
    let second = export(&postgres, path, &event);
    assert_eq!(second["recordsProcessed"], 3, "{second:#}");
    let [apply] = &statements("\n### PostgreSQL\n", "\n### ")[..] else { panic!("one block") };
    let apply = apply.replace("exports/orders/0000000001_81250.csv", file(&second));
    let script = format!(
        "\\copy orders FROM '{}' (FORMAT csv, HEADER)\n{apply}\n\
         (TABLE orders EXCEPT TABLE sales.orders) UNION ALL (TABLE sales.orders EXCEPT TABLE orders);\n\
         SELECT count(*) FROM orders;\n",
        file(&first)
    );
    assert_eq!(psql(&postgres, path, &script), "6\n");
}

#[tokio::test]
async fn a_column_is_added_and_a_transaction_that_holds_the_window_back_is_found() {
    let (postgres, folder) = database().await;
    let path = folder.path();
    let added = statements("\n## A column\n", "\n## What holds the window back\n");
    let [column, index] = &added[..] else { panic!("two blocks: {added:?}") };
    let found = statements("\n## What holds the window back\n", "\n## Partitions and children\n");
    let [transactions, prepared] = &found[..] else { panic!("two blocks: {found:?}") };
    let event =
        json!({"incremental": {"stream": "orders", "watermark": {"column": "txid"}}, "parallelism": 2});
    for script in [TABLES, column, index] {
        change(&postgres, path, script).await;
    }
    assert_eq!(export(&postgres, path, &event)["recordsProcessed"], 5);
    change(&postgres, path, CHANGES).await;
    assert_eq!(export(&postgres, path, &event)["recordsProcessed"], 3);

    let client = postgres.connect().await.expect("a connection");
    client.batch_execute("BEGIN; UPDATE sales.orders SET note = 'open' WHERE id = 1").await.expect("it runs");
    psql(&postgres, path, LATER);
    let held = export(&postgres, path, &event);
    assert!(held["incremental"]["heldBackBy"].as_u64().is_some_and(|ids| ids >= 2), "{held:#}");
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[]).await.expect("an id").get(0);
    let listed = psql(&postgres, path, transactions);
    assert!(listed.lines().any(|line| line.starts_with(&format!("{pid}|postgres|"))), "{listed}");
    psql(&postgres, path, prepared);
}

/// Runs the blocks of DuckDB, and prints the tables that they make.
const RUN: &str = r#"
import duckdb, json
task = json.load(open("task.json"))
connection = duckdb.connect()
connection.execute("CREATE TABLE orders_by_key (id BIGINT PRIMARY KEY, amount DECIMAL(12, 2), ordered_at TIMESTAMPTZ, note VARCHAR)")
connection.execute(f"INSERT INTO orders_by_key FROM '{task['first']}'")
for block in task["blocks"]:
    connection.execute(block)
for table in ("orders", "orders_by_key"):
    for row in connection.execute(f"SELECT id, amount, note FROM {table} ORDER BY id").fetchall():
        print(*row, sep="|")
"#;

#[tokio::test]
#[ignore = "installs DuckDB (60 MB): make drills"]
async fn windows_are_applied_by_duckdb() {
    let (postgres, folder) = database().await;
    let path = folder.path();
    let event = json!({"incremental": {"stream": "orders"}, "format": "parquet"});
    let mut bodies = Vec::new();
    for script in [TABLES, CHANGES, LATER] {
        change(&postgres, path, script).await;
        bodies.push(export(&postgres, path, &event));
    }
    let files: Vec<_> = bodies.iter().map(file).collect();
    let [first, second, third] = files[..] else { panic!("{files:?}") };
    let blocks: Vec<_> = statements("\n### DuckDB\n", "\n### PostgreSQL\n")
        .iter()
        .map(|block| {
            block
                .replace("exports/orders/0000000001_81250.parquet", second)
                .replace("exports/orders/0000000002_81977.parquet", third)
        })
        .collect();
    assert_eq!(blocks.len(), 2);
    let task = json!({"first": first, "blocks": blocks});
    std::fs::write(path.join("task.json"), task.to_string()).expect("a file");
    let read = Command::new(python(&["duckdb==2.0.1"]))
        .args(["-c", RUN])
        .current_dir(path)
        .env("TZ", "UTC")
        .output()
        .expect("Python");
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let expected = psql(&postgres, path, "SELECT id, amount, note FROM sales.orders ORDER BY id");
    assert_eq!(String::from_utf8_lossy(&read.stdout), expected.repeat(2));
}
