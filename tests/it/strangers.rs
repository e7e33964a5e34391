//! Files as programs read them that nobody here wrote, against what psycopg reads from the server, value by value: every type of
//! the corpus and the odd values of [`crate::parquet`]. One of `make drills`, since the programs have to be downloaded.

use std::path::Path;
use std::process::Command;

use devstack::Postgres;
use serde_json::{Value, json};

use crate::command_line::{database, locally, output, status, without_aws};
use crate::copy::SESSION;
use crate::null_readers::python;
use crate::parquet::tables;

/// The files of each table, with their options. Spark has no UUID.
const FILES: [(&str, &str); 4] = [
    ("jsonl", ""),
    ("text.parquet", r#"{"unrepresentable": "null"}"#),
    (
        "native.parquet",
        r#"{"unrepresentable": "null", "uuid": "native", "arrays": "list", "json": "json", "numeric": {"precision": 38, "scale": 9}}"#,
    ),
    (
        "spark.parquet",
        r#"{"unrepresentable": "null", "arrays": "list", "json": "json", "numeric": {"precision": 38, "scale": 9}}"#,
    ),
];

const MANY: &str = "CREATE TABLE many AS SELECT g AS id, (g * 1.01)::numeric(12, 2) AS amount, '2000-01-01Z'::timestamptz + g * interval '1 s' AS at,
    md5((g % 1000)::text)::uuid AS uid FROM generate_series(1, 250000) g";
const SUMS: &str = "SELECT count(*)::text, sum(id)::text, sum(amount)::text, (min(at) AT TIME ZONE 'UTC')::text, count(DISTINCT uid)::text,
    count(*) FILTER (WHERE id > 249990)::text FROM many";

fn extract(postgres: &Postgres, file: &Path, table: &str, options: &str) {
    let mut flags = vec!["--table", table, "--output", file.to_str().expect("UTF-8")];
    if !options.is_empty() {
        flags.extend(["--parquet", options]);
    }
    let answer = output(without_aws(postgres, file.parent().expect("a folder"), &locally(&flags)));
    assert_eq!(status(&answer), 0, "{table}: {answer:?}");
}

/// Writes the files, and runs a script with their names.
async fn compare(packages: &[&str], script: &str, names: &[&str]) {
    let (postgres, folder) = database().await;
    let (tables, client) = tables(&postgres).await;
    postgres.execute("postgres", MANY).await.expect("a table");
    let mut list = Vec::new();
    for (index, table) in tables.iter().enumerate() {
        let mut files = json!({});
        for (name, options) in FILES.iter().filter(|(name, _)| names.contains(name)) {
            let file = folder.path().join(format!("{index}.{name}"));
            extract(&postgres, &file, table, options);
            files[name] = json!(file);
        }
        list.push(json!([table, files]));
    }
    let many = folder.path().join("many.parquet");
    extract(&postgres, &many, "many", r#"{"rowGroupSize": "1MiB"}"#);
    let sums = client.query_one(SUMS, &[]).await.expect("sums");
    let sums: Vec<Value> = (0..sums.len()).map(|index| json!(sums.get::<_, String>(index))).collect();
    let connection = format!(
        "host={} port={} user=postgres password={} dbname=postgres sslmode=disable",
        postgres.host(),
        postgres.port(),
        postgres.password()
    );
    let task =
        json!({"connection": connection, "settings": SESSION, "tables": list, "many": many, "sums": sums});
    let file = folder.path().join("task.json");
    std::fs::write(&file, task.to_string()).expect("a file");
    let read = Command::new(python(packages)).args(["-c", script]).arg(file).env("TZ", "UTC").output();
    let read = read.expect("Python");
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    eprintln!("{}", String::from_utf8_lossy(&read.stdout).trim_end());
}

#[tokio::test]
#[ignore = "installs psycopg, pyarrow and DuckDB (90 MB to download): make drills"]
async fn strangers_read_what_psycopg_reads() {
    let packages = ["psycopg[binary]==3.3.9", "pyarrow==26.0.1", "duckdb==2.0.1", "pytz==2026.6"];
    compare(&packages, include_str!("strangers/values.py"), &["jsonl", "text.parquet", "native.parquet"])
        .await;
}

#[tokio::test]
#[ignore = "installs Spark (450 MB to download) and needs Java 17: make drills"]
async fn strangers_in_spark_read_what_pyarrow_reads() {
    let packages = ["pyspark==4.3.0", "pyarrow==26.0.1"];
    compare(&packages, include_str!("strangers/spark.py"), &["text.parquet", "spark.parquet"]).await;
}
