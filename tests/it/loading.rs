//! The statements of docs/loading.md that can run here, each with files of the extractor, jq as docs/json-lines.md has it, and
//! the presets of docs/csv.md.
//! Those that need Python's packages are in `make drills`.

use std::path::Path;
use std::process::Command;

use devstack::Postgres;
use serde_json::{Value, json};

use crate::command_line::{database, json as parsed, locally, output, program, status, without_aws};
use crate::documents::{blocks, read, table};
use crate::null_readers::python;

/// The table that the statements read, with values that are difficult for quotes, NULL and escapes.
const ORDERS: &str = r#"
    CREATE TABLE orders (id bigint, amount numeric(12, 2), ordered_at timestamptz, paid boolean, note text);
    INSERT INTO orders VALUES (1, 250.00, '2024-12-20 18:05:10.5Z', true, 'He said "hi", twice'),
        (2, 0.10, '2024-12-20 18:05:10Z', false, NULL), (3, NULL, NULL, NULL, ''),
        (9007199254740993, -9999999999.99, '1999-12-31 23:59:59.999999Z', true, E'C:\\new\\\\x\\'),
        (5, 1, '2024-02-29Z', false, '  padded '), (6, 0, '1970-01-01Z', true, 'é😀''NULL'), (7, 7, '2000-01-01Z', true, E'two\nlines')"#;

/// Returns the blocks of a section of docs/loading.md.
pub fn section(title: &str, language: &str) -> Vec<String> {
    let text = read("docs/loading.md");
    let section = text.split("\n## ").find(|section| section.starts_with(&format!("{title}\n")));
    blocks(section.unwrap_or_else(|| panic!("docs/loading.md has no section {title}")), language)
}

/// Writes a file of the table.
fn extract(postgres: &Postgres, folder: &Path, name: &str, flags: &[&str]) {
    let flags = locally(&[&["--table", "orders", "--output", name], flags].concat());
    let answer = output(without_aws(postgres, folder, &flags));
    assert_eq!(status(&answer), 0, "{name}: {answer:?}");
}

#[test]
fn the_presets_are_those_of_the_documentation() {
    let rows = table(&read("docs/csv.md"), "`preset`");
    assert_eq!(rows.len(), 5, "{rows:?}");
    for row in rows {
        let cells: Vec<_> = row.iter().map(|cell| cell.trim_matches('`')).collect();
        let [preset, dialect, delimiter, quote, header, null, ending, bom, formulas, _] = cells[..] else {
            panic!("{row:?}")
        };
        let null = if null == "nothing" { "" } else { null };
        let expected = format!(
            "dialect {dialect}, delimiter {:?}, quote {quote}, header {header}, null {null:?}, lineEnding {ending}, \
             bom {bom}, escapeFormulas {formulas}",
            delimiter.chars().next().expect("a delimiter")
        );
        let flags = [
            "--host",
            "db.example.com",
            "--dry-run",
            "--json",
            "--query",
            "SELECT 1",
            "--output",
            "o.csv",
            "--preset",
            preset,
        ];
        let answer = output(program(&locally(&flags)));
        assert_eq!(parsed(&answer.stdout)["dryRun"]["csv"], expected, "{preset}: {answer:?}");
    }
}

#[tokio::test]
async fn postgresql_copies_the_file_into_the_same_table() {
    let (postgres, folder) = database().await;
    postgres.execute("postgres", ORDERS).await.expect("a table");
    extract(&postgres, folder.path(), "orders.csv", &[]);
    extract(&postgres, folder.path(), "orders.csv.gz", &[]);
    let text = read("docs/loading.md");
    let packed =
        text.split('`').find(|text| text.starts_with("\\copy orders FROM PROGRAM")).expect("a command");
    let [plain] = &section("PostgreSQL", "sql")[..] else { panic!("one block") };
    for copy in [plain.as_str(), packed] {
        let script = format!(
            "CREATE TEMP TABLE before AS TABLE orders; TRUNCATE orders;\n{copy}\n\
             SELECT o::text FROM ((TABLE before EXCEPT ALL TABLE orders) UNION ALL (TABLE orders EXCEPT ALL TABLE before)) o;\n\
             SELECT count(*) FROM orders;\n"
        );
        std::fs::write(folder.path().join("script.sql"), script).expect("a file");
        let mut psql = Command::new("psql");
        psql.current_dir(folder.path())
            .args(["-X", "-v", "ON_ERROR_STOP=1", "-At", "-q", "-f", "script.sql"])
            .envs([("PGHOST", postgres.host()), ("PGPASSWORD", postgres.password())])
            .envs([("PGUSER", "postgres"), ("PGDATABASE", "postgres")])
            .env("PGPORT", postgres.port().to_string());
        let answer = output(psql);
        assert_eq!(String::from_utf8_lossy(&answer.stdout), "7\n", "{copy}: {answer:?}");
    }
}

#[tokio::test]
async fn jq_reads_the_objects() {
    let (postgres, folder) = database().await;
    postgres.execute("postgres", ORDERS).await.expect("a table");
    extract(&postgres, folder.path(), "orders.jsonl", &[]);
    let text = read("docs/json-lines.md");
    let command = text.lines().find(|line| line.starts_with("    jq ")).expect("a command");
    let mut shell = Command::new("sh");
    shell.current_dir(folder.path()).args(["-c", command]);
    let answer = output(shell);
    assert_eq!(String::from_utf8_lossy(&answer.stdout), "1\n", "{command}: {answer:?}");
}

/// Runs blocks, and compares the rows that each gives with those of the server.
const RUN: &str = r#"
import datetime, decimal, json, re, sys

task = json.load(open(sys.argv[1]))
columns = ["id", "amount", "ordered_at", "paid", "note"]

def normal(row):
    id, amount, at, paid, note = (None if value is None or value != value else value for value in row)
    if isinstance(at, str): at = datetime.datetime.fromisoformat(at)
    if at is not None: at = (at if at.tzinfo else at.replace(tzinfo=datetime.UTC)).astimezone(datetime.UTC).replace(tzinfo=None)
    if isinstance(paid, str): paid = {"t": True, "f": False}[paid]
    if amount is not None:
        assert isinstance(amount, (str, decimal.Decimal)), amount
        amount = decimal.Decimal(amount)
    return int(id), amount, at and at.isoformat(), paid, note

expected = sorted(normal(row) for row in task["expected"])
checked = []

def check(what, rows, without_lines=False):
    wanted = [row for row in expected if not without_lines or "\n" not in (row[4] or "")]
    rows = sorted(normal(row) for row in rows)
    assert rows == wanted, (what, rows, wanted)
    checked.append(what)

def rows_of(orders):
    kind = type(orders).__module__.split(".")[0]
    if kind == "pandas": return [[None if value is pandas.NA or value is pandas.NaT else value for value in row] for row in orders.astype(object).values.tolist()]
    if kind == "pyarrow": return [list(row) for row in zip(*(column.to_pylist() for column in orders.select(columns).columns))]
    if kind == "polars": return orders.rows()
    return [tuple(row) for row in orders.collect()]

if any(section in ("Spark", "Athena") for section, *_ in task["blocks"]):
    from pyspark.sql import SparkSession
    spark = SparkSession.builder.master("local[1]").enableHiveSupport().getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
for section, language, block in task["blocks"]:
    if section == "DuckDB":
        import duckdb
        connection = duckdb.connect()
        connection.execute(block)
        for name in re.findall(r"CREATE TABLE (\w+)", block):
            rows = connection.execute(f"SELECT id, amount, timezone('UTC', ordered_at), paid, note FROM {name}").fetchall()
            check(f"{section}: {name}", rows)
    elif section == "Athena":
        # Tables are Hive's, whose texts have escapes, and views are Trino's, whose texts have none.
        folder = task["folders"]["orders_csv" if "orders_csv" in block else "orders"]
        spark.conf.set("spark.sql.parser.escapedStringLiterals", "VIEW" in block)
        spark.sql(block.replace("s3://data-extraction-bucket/exports/orders/", folder).rstrip(";"))
        name = re.search(r"(?:TABLE|VIEW) (\w+)", block)[1]
        if name == "orders_csv": continue
        check(f"{section}: {name}", rows_of(spark.table(name)), without_lines=name != "orders")
    else:
        exec(block)
        check(f"{section}: {block.strip().splitlines()[-1][:60]}", rows_of(orders))
assert len(checked) == task["checks"], checked
print("equal:", *checked, sep="\n  ")
"#;

/// Runs the blocks of sections in a Python with packages.
async fn run(packages: &[&str], sections: &[(&str, &str)], checks: usize) {
    let (postgres, folder) = database().await;
    postgres.execute("postgres", ORDERS).await.expect("a table");
    let path = folder.path();
    for name in ["orders", "orders_csv"] {
        std::fs::create_dir(path.join(name)).expect("a folder");
    }
    let java = ["--preset", "redshift", "--dialect", "java"];
    extract(&postgres, path, "orders.parquet", &[]);
    extract(&postgres, path, "orders/orders.parquet", &[]);
    extract(&postgres, path, "orders.jsonl", &[]);
    extract(&postgres, path, "orders.csv", &[]);
    extract(&postgres, path, "orders-redshift.csv", &["--preset", "redshift"]);
    extract(&postgres, path, "orders-java.csv", &java);
    // Spark does not know that a header is to be skipped.
    let athena = "SELECT * FROM orders WHERE (note LIKE E'%\\n%') IS NOT TRUE";
    let flags = ["--query", athena, "--preset", "athena", "--no-header", "-o", "orders_csv/orders.csv"];
    let answer = output(without_aws(&postgres, path, &locally(&flags)));
    assert_eq!(status(&answer), 0, "{answer:?}");
    let client = postgres.connect().await.expect("a connection");
    let texts = "SELECT id::text, amount::text, (ordered_at AT TIME ZONE 'UTC')::text, left(paid::text, 1), note FROM orders";
    let rows = client.query(texts, &[]).await.expect("rows");
    let row =
        |row: &tokio_postgres::Row| (0..row.len()).map(|i| json!(row.get::<_, Option<String>>(i))).collect();
    let expected: Vec<Value> = rows.iter().map(row).collect();
    let blocks: Vec<_> = sections
        .iter()
        .flat_map(|(title, language)| {
            section(title, language).into_iter().map(move |block| json!([title, language, block]))
        })
        .collect();
    let folders = json!({"orders": path.join("orders"), "orders_csv": path.join("orders_csv")});
    let task = json!({"expected": expected, "blocks": blocks, "folders": folders, "checks": checks});
    std::fs::write(path.join("task.json"), task.to_string()).expect("a file");
    let read = Command::new(python(packages))
        .args(["-c", RUN, "task.json"])
        .current_dir(path)
        .env("TZ", "UTC")
        .output()
        .expect("Python");
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    eprintln!("{}", String::from_utf8_lossy(&read.stdout).trim_end());
}

/// The sections that [`run`] reads, with the language of their blocks.
pub const IN_PYTHON: [(&str, &str); 4] =
    [("DuckDB", "sql"), ("pandas", "python"), ("pyarrow", "python"), ("Polars", "python")];
pub const IN_SPARK: [(&str, &str); 2] = [("Spark", "python"), ("Athena", "sql")];

#[tokio::test]
#[ignore = "installs DuckDB, pandas, pyarrow and Polars (450 MB): make drills"]
async fn python_s_packages_and_duckdb_load_the_files() {
    run(&["duckdb==2.0.1", "pandas==3.1.1", "pyarrow==26.0.1", "polars==2.1.0"], &IN_PYTHON, 8).await;
}

#[tokio::test]
#[ignore = "installs Spark (500 MB) and needs Java 17: make drills"]
async fn spark_and_hive_load_the_files() {
    run(&["pyspark==4.3.0"], &IN_SPARK, 5).await;
}
