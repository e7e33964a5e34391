//! Parquet files: every value against the server's own text, as the crate parquet reads it; other readers are in `make drills`.

use std::fmt::Write;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use devstack::Postgres;
use parquet::basic::{LogicalType, Type as Physical};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use parquet::schema::types::Type;
use serde_json::json;
use tokio_postgres::Client;

use crate::command_line::{body, database, files, locally, output, program, status, without_aws};
use crate::copy::SESSION;
use crate::fixture::{Fixture, PATIENCE, response};
use crate::golden::schema;
use crate::null_readers::python;

/// Rows of texts.
type Rows = Vec<Vec<Option<String>>>;

/// Writes a file with these flags, and returns the answer's body.
fn extract(postgres: &Postgres, file: &Path, flags: &[&str]) -> serde_json::Value {
    let folder = file.parent().expect("a folder");
    let flags = locally(&[&["--output", file.to_str().expect("UTF-8")], flags].concat());
    let answer = output(without_aws(postgres, folder, &flags));
    let body = body(&answer);
    assert_eq!(status(&answer), 0, "{flags:?}: {body}");
    assert_eq!(body["bytesUncompressed"], body["bytesWritten"], "the compression lies within: {body}");
    body
}

fn reader(file: &Path) -> SerializedFileReader<File> {
    SerializedFileReader::new(File::open(file).expect("a file")).expect("a Parquet file")
}

/// The values of a file, as texts that SQL can write too: dates in days, times in microseconds, bytes in hexadecimal digits.
fn values(file: &Path) -> Rows {
    let rows = reader(file).into_iter().map(|row| row.expect("a row"));
    rows.map(|row| row.get_column_iter().map(|(_, field)| text(field)).collect()).collect()
}

fn text(field: &Field) -> Option<String> {
    Some(match field {
        Field::Null => return None,
        Field::Str(text) => text.clone(),
        Field::Bytes(bytes) => bytes.data().iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("two digits");
            text
        }),
        Field::Date(number) => number.to_string(),
        Field::TimeMicros(number) | Field::TimestampMicros(number) => number.to_string(),
        Field::Float(number) => format!("{number:?}"),
        Field::Double(number) => format!("{number:?}"),
        // Without a scale it ends with a point.
        Field::Decimal(_) => field.to_string().trim_end_matches('.').to_owned(),
        other => other.to_string(),
    })
}

/// The expression of a column's text, by its type in the file.
fn expression(column: &Type) -> String {
    let name = format!("\"{}\"", column.name().replace('"', "\"\""));
    match (column.get_basic_info().logical_type_ref(), column.get_physical_type()) {
        (Some(LogicalType::Date), _) => {
            format!("CASE WHEN isfinite({name}) THEN ({name} - date '1970-01-01')::text END")
        }
        (Some(LogicalType::Timestamp(_)), _) => format!(
            "CASE WHEN isfinite({name}) AND extract(epoch FROM {name}) < 9223372036854.775808 \
             THEN (extract(epoch FROM {name}) * 1000000)::numeric(40, 0)::text END"
        ),
        (Some(LogicalType::Time(_)), _) => {
            format!("nullif((extract(epoch FROM {name}) * 1000000)::numeric(40, 0), 86400000000)::text")
        }
        (Some(LogicalType::Decimal(_)), _) => {
            format!("nullif(nullif(nullif({name}::text, 'NaN'), 'Infinity'), '-Infinity')")
        }
        (None, Physical::BYTE_ARRAY) => format!("encode({name}, 'hex')"),
        // As the type's output function prints it: a cast to text shortens char(n). A row of NULLs is no NULL.
        (Some(_), Physical::BYTE_ARRAY) => {
            format!("CASE WHEN num_nonnulls({name}) = 1 THEN format('%s', {name}) END")
        }
        _ => format!("{name}::text"),
    }
}

/// What the server says of a table, in the texts of a file of it.
async fn expected(client: &Client, table: &str, file: &Path) -> Rows {
    let reader = reader(file);
    let columns = reader.metadata().file_metadata().schema().get_fields().to_vec();
    let list: Vec<_> = columns.iter().map(|column| expression(column)).collect();
    let rows = client.query(&format!("SELECT {} FROM {table}", list.join(", ")), &[]).await.expect(table);
    let text = |row: &tokio_postgres::Row, index: usize| {
        let text: Option<String> = row.get(index);
        Some(match columns[index].get_physical_type() {
            Physical::FLOAT => format!("{:?}", text?.parse::<f32>().expect("a number")),
            Physical::DOUBLE => format!("{:?}", text?.parse::<f64>().expect("a number")),
            _ => text?,
        })
    };
    rows.iter().map(|row| (0..row.len()).map(|index| text(row, index)).collect()).collect()
}

/// Values that no Parquet type has, and types of the database, beside those of the corpus.
const ODD: &str = r#"
    CREATE SCHEMA odd; SET search_path = odd, public;
    CREATE TYPE odd.glad AS ENUM ('glad', E'a"b\\c');
    CREATE DOMAIN odd.amount AS numeric(20, 8);
    CREATE TABLE odd.numbers (a numeric, b numeric(50, 5), c numeric(5, -2), d numeric(9, 9), e numeric(10, 0), f numeric(38, 19), g numeric(2, 5), h odd.amount);
    INSERT INTO odd.numbers VALUES (1e100, 123456789012345678901234567890123456789012345.12345, 12345, 0.123456789, 9999999999, 1234567890123456789.1234567890123456789, 0.00099, 1.5),
        ('NaN', 'NaN', 'NaN', 'NaN', 'NaN', 'NaN', 'NaN', 'NaN'), (-0.0, 0, 0, -0.000000001, -1, -0.0000000000000000001, -0.00001, -0.00000001), ('-Infinity', 0, 100, 0, 0, 0, 0, 0);
    CREATE TABLE odd.times (a time, b timestamp, c timestamptz, d date, e timetz, f interval);
    INSERT INTO odd.times VALUES ('24:00', 'infinity', '-infinity', 'infinity', '24:00-15:59:59', '-1 day -02:00'),
        ('23:59:59.999999', '294246-12-31 23:59:59.999999', '294276-12-31 23:59:59.999999+00', '5874897-12-31', '12:00+05:30', '1 year 2 mons 3.456 secs'),
        ('00:00', '4713-01-01 BC', '0044-03-15 12:00:00.000001+00 BC', '4713-01-01 BC', '00:00+00', '0');
    CREATE TABLE odd.others (a char(5), b oid, c "char", d name, e odd.glad, f odd.glad[], g int[], h float4, i uuid, j xml, "Kk ""é" jsonb);
    INSERT INTO odd.others VALUES ('ab', 4294967295, 'x', 'n', 'glad', '{glad,NULL}', '[0:1]={7,8}', '-0', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
        '<?xml version="1.0"?><a/>', '{"b": [1, null]}'), ('', 0, '', '', E'a"b\\c', '{}', '{{1,2},{3,4}}', 'NaN', NULL, NULL, 'null');
"#;

/// Loads the corpus and the odd values, and returns the tables that Parquet can have, and a connection.
pub async fn tables(postgres: &Postgres) -> (Vec<String>, Client) {
    let client = postgres.connect().await.expect("a connection");
    client.batch_execute(&schema()).await.expect("the schema loads");
    client.batch_execute(ODD).await.expect("the odd values");
    // The type "char" has bytes that are no text.
    client.batch_execute("DELETE FROM parity.chars WHERE n IN (7, 8)").await.expect("no such rows");
    client.batch_execute(SESSION).await.expect("the session");
    let sql = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('parity', 'odd') \
        AND tablename <> 'no_columns' ORDER BY 1";
    let tables = client.query(sql, &[]).await.expect("tables");
    (tables.iter().map(|row| row.get(0)).collect(), client)
}

#[tokio::test]
async fn every_value_of_every_type_is_the_server_s() {
    let (postgres, folder) = database().await;
    let (tables, client) = tables(&postgres).await;
    assert!(tables.len() > 40, "{tables:?}");
    for table in tables {
        let file = folder.path().join(format!("{}.parquet", table.replace('"', "").replace(' ', "-")));
        let answer =
            extract(&postgres, &file, &["--table", &table, "--parquet", r#"{"unrepresentable": "null"}"#]);
        let (values, expected) = (values(&file), expected(&client, &table, &file).await);
        assert_eq!(answer["recordsProcessed"], values.len(), "{table}");
        assert_eq!(values.len(), expected.len(), "{table}");
        for (row, (values, expected)) in values.iter().zip(&expected).enumerate() {
            assert_eq!(values, expected, "row {row} of {table}");
        }
    }
}

#[tokio::test]
async fn what_parquet_cannot_represent_fails_by_row_and_column_or_is_null_and_counted() {
    let (postgres, folder) = database().await;
    postgres.execute("postgres", ODD).await.expect("the odd values");
    let many =
        "SELECT g, CASE WHEN g = 2000 THEN date 'infinity' END AS \"On\" FROM generate_series(1, 3000) g";
    for (query, message) in [
        (many, "Row 2000, column 2 (On): the value is an infinite date."),
        ("SELECT a FROM odd.times", "Row 1, column 1 (a): the value is the time 24:00:00."),
        (
            "SELECT d FROM odd.numbers",
            "Row 2, column 1 (d): the value is NaN, which a DECIMAL does not have.",
        ),
    ] {
        let answer = output(without_aws(
            &postgres,
            folder.path(),
            &locally(&["--query", query, "--output", "o.parquet"]),
        ));
        let body = body(&answer);
        assert_eq!(
            (status(&answer), &body["errorType"], &body["error"]),
            (1, &json!("ValueUnrepresentable"), &json!(message))
        );
        assert_eq!(files(folder.path()), [""; 0]);
    }
    let file = folder.path().join("o.parquet");
    let null = ["--parquet", r#"{"unrepresentable": "null"}"#];
    let answer = extract(&postgres, &file, &[&["--query", many][..], &null].concat());
    let warning =
        "1 value of column \"On\" is NULL in the file, because its Parquet type cannot represent them";
    assert_eq!(answer["warnings"], json!([warning]));
    for (query, message) in REFUSED {
        let flags = locally(&["--query", query, "--format", "parquet", "--output", "-"]);
        let answer = output(without_aws(&postgres, folder.path(), &flags));
        let body = body(&answer);
        assert_eq!((&body["errorType"], &body["error"]), (&json!("QueryInvalid"), &json!(message)));
        assert!(answer.stdout.is_empty());
    }
}

/// Results that make no file.
const REFUSED: [(&str, &str); 2] = [
    (
        "SELECT 1 AS a, 2 AS b, 3 AS a",
        "Several columns have the same name (\"a\"), of which programs that read Parquet take one silently.",
    ),
    (
        "SELECT FROM generate_series(1, 2)",
        "The result has no columns, and few programs read a Parquet file without any.",
    ),
];

#[test]
fn a_dry_run_says_the_options() {
    let flags = ["--host", "db.example.com", "--dry-run", "--output", "o.parquet", "--query", "SELECT 1"];
    let options = ["--parquet", r#"{"numeric": {"precision": 38, "scale": 9}}"#, "--compression", "snappy"];
    let answer = output(program(&locally(&[&flags[..], &options].concat())));
    let said = String::from_utf8_lossy(&answer.stdout).into_owned();
    for fact in [
        "\"format\": \"parquet\"",
        "\"compression\": \"snappy\"",
        "\"uuid text, arrays text, json text, numeric decimal(38,9), unrepresentable fail, rowGroupSize 33554432\"",
    ] {
        assert!(said.contains(fact), "{answer:?}");
    }
}

/// A hop of `diagnose` finds what an extraction would be refused for, with one reader and with several, and says what the
/// row groups take.
#[tokio::test]
async fn diagnose_looks_at_the_columns_and_the_memory() {
    let fixture = Fixture::start().await;
    let function = fixture.function(&[]).await;
    let hop = async |query: &str, more: serde_json::Value| {
        let mut event = fixture.event("d.parquet", query);
        event["action"] = json!("diagnose");
        for (field, value) in more.as_object().expect("fields") {
            event[field] = value.clone();
        }
        let invocation = function.invoke(event, PATIENCE).await.expect("an answer");
        let hops = response(&invocation)["body"]["hops"].as_array().expect("hops").clone();
        hops.into_iter().find(|hop| hop["hop"] == "query").expect("a hop").to_string().replace("\\\"", "\"")
    };
    for (query, message) in REFUSED {
        let bad = hop(query, json!({})).await;
        assert!(bad.contains("QueryInvalid") && bad.contains(message), "{bad}");
    }
    let split = json!({"splitBy": "a", "parallelism": 2});
    let bad = hop("SELECT g AS a, g AS b, g AS b FROM generate_series(1, 2) g", split).await;
    assert!(bad.contains("QueryInvalid") && bad.contains("(\"b\")"), "{bad}");
    let good = hop("SELECT 1 AS a", json!({})).await;
    assert!(good.contains("1 columns") && good.contains("of Parquet"), "{good}");
}

/// Several row groups a reader, and parts that end within one.
#[tokio::test]
async fn several_readers_write_the_rows_of_one() {
    let (postgres, folder) = database().await;
    let sql = "CREATE TABLE many AS SELECT g AS id, md5(g::text) AS a, md5((-g)::text) AS b, g % 7 AS c, g / 3.0 AS n FROM generate_series(1, 250000) g";
    postgres.execute("postgres", sql).await.expect("a table");
    let one = folder.path().join("one.parquet");
    let flags = ["--table", "many", "--parquet", r#"{"rowGroupSize": "2MiB"}"#];
    let answer = extract(&postgres, &one, &flags);
    assert_eq!(answer["bytesWritten"], std::fs::metadata(&one).expect("a file").len());
    let mut rows = values(&one);
    rows.sort();
    assert_eq!(rows.len(), 250_000);
    for compression in ["zstd", "snappy", "none"] {
        let several = folder.path().join(format!("{compression}.parquet"));
        let answer = extract(
            &postgres,
            &several,
            &[&flags[..], &["--parallelism", "3", "--compression", compression]].concat(),
        );
        assert_eq!(answer["recordsProcessed"], 250_000);
        assert!(reader(&several).metadata().num_row_groups() > 6);
        let mut read = values(&several);
        read.sort();
        assert!(read == rows, "{compression}");
    }
    // The same through a pipe, without a row, and without a file.
    let flags = locally(&["--format", "parquet", "--output", "-"]);
    let run = |more: &[&str]| output(without_aws(&postgres, folder.path(), &[&flags[..], more].concat()));
    let piped = folder.path().join("piped.parquet");
    std::fs::write(&piped, run(&["--table", "many"]).stdout).expect("a file");
    assert_eq!(reader(&piped).metadata().file_metadata().num_rows(), 250_000);
    let none = ["--query", "SELECT * FROM many WHERE false"];
    let split = ["--split-by", "id", "--parallelism", "2"];
    for more in [&none[..], &[&none[..], &split].concat()] {
        std::fs::write(&piped, run(more).stdout).expect("a file");
        let metadata = reader(&piped);
        let metadata = metadata.metadata();
        assert_eq!((metadata.num_row_groups(), metadata.file_metadata().schema().get_fields().len()), (0, 5));
        for (on_empty, code) in [("skip", 0), ("fail", 1)] {
            let answer = run(&[more, &["--on-empty", on_empty]].concat());
            assert_eq!((status(&answer), answer.stdout.len()), (code, 0), "{}", body(&answer));
        }
    }
}

/// Compares files with texts, by pyarrow and by DuckDB.
const STRANGERS: &str = r#"
import json, struct, sys
import duckdb, pyarrow, pyarrow.compute as pc, pyarrow.parquet as pq

def text(value):
    if value is None: return None
    if isinstance(value, bool): return "true" if value else "false"
    if isinstance(value, bytes): return value.hex()
    return format(value, "f") if type(value).__name__ == "Decimal" else str(value)

def number(text, kind):
    value = pyarrow.scalar(text.lower(), pyarrow.string()).cast(kind).as_py()
    return struct.pack("d", value) if value == value else b"nan"

compared = 0
for table, file, expected in json.load(open(sys.argv[1])):
    arrow = pq.ParquetFile(file).read()
    columns = []
    for column in arrow.columns:
        kind = column.type
        if pyarrow.types.is_date(kind): column = column.cast(pyarrow.int32())
        elif pyarrow.types.is_temporal(kind): column = column.cast(pyarrow.int64())
        columns.append([text(value) for value in column.to_pylist()])
    by_arrow = [list(row) for row in zip(*columns)]
    described = duckdb.sql(f"DESCRIBE SELECT * FROM read_parquet('{file}')").fetchall()
    def shown(name, kind):
        name = '"' + name.replace('"', '""') + '"'
        if kind == "DATE": return f"date_diff('day', DATE '1970-01-01', {name})"
        if kind.startswith("TIMESTAMP"): return f"epoch_us({name})"
        if kind == "TIME": return f"epoch_us({name})"
        return name
    select = ", ".join(shown(name, kind) for name, kind, *_ in described)
    by_duck = [[text(value) for value in row] for row in duckdb.sql(f"SELECT {select} FROM read_parquet('{file}')").fetchall()]
    assert len(by_arrow) == len(by_duck) == len(expected), (table, len(by_arrow), len(by_duck), len(expected))
    for reader, rows in (("pyarrow", by_arrow), ("DuckDB", by_duck)):
        for n, (row, wanted) in enumerate(zip(rows, expected)):
            for field, value, want in zip(arrow.schema, row, wanted):
                if value != want and None not in (value, want) and pyarrow.types.is_floating(field.type):
                    value, want = number(value, field.type), number(want, field.type)
                assert value == want, (reader, table, n, field, value, want)
                compared += 1
print("equal:", compared, "values; pyarrow", pyarrow.__version__, "DuckDB", duckdb.__version__)
"#;

#[tokio::test]
#[ignore = "installs pyarrow and DuckDB (80 MB to download): make drills"]
async fn pyarrow_and_duckdb_read_every_value_of_every_type() {
    let (postgres, folder) = database().await;
    let (tables, client) = tables(&postgres).await;
    let mut list = Vec::new();
    for (index, table) in tables.iter().enumerate() {
        let file: PathBuf = folder.path().join(format!("{index}.parquet"));
        extract(&postgres, &file, &["--table", table, "--parquet", r#"{"unrepresentable": "null"}"#]);
        list.push(json!([table, file, expected(&client, table, &file).await]));
    }
    let expected = folder.path().join("expected.json");
    std::fs::write(&expected, json!(list).to_string()).expect("a file");
    let python = python(&["pyarrow==26.0.1", "duckdb==2.0.1"]);
    let read = Command::new(python)
        .args(["-c", STRANGERS, expected.to_str().expect("UTF-8")])
        .output()
        .expect("Python");
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    eprintln!("{}", String::from_utf8_lossy(&read.stdout).trim_end());
}
