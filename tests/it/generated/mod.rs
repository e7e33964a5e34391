//! Invented values of every type, extremes included, through the whole function. For dialect `postgres`, COPY
//! gives the expected file; for JSON lines, `row_to_json` does; for dialect `java`, the module `java` derives
//! it from the server's text by the rules of `tests/parity/README.md`.

mod java;
mod values;

use std::fmt::Write;

use fastrand::Rng;

use crate::copy::{connect, copy, event};
use crate::fixture::{Fixture, PATIENCE, response};
use crate::json_lines::row_to_json;
use values::{COLUMNS, Column, SCHEMA, literal};

const ROWS: usize = 200;
/// The number of floats of each width in `float_rows`.
const FLOATS: usize = 3_000;

/// Returns the statement that fills the table. Each row has all columns, and every eighth cell is NULL.
fn insert(rng: &mut Rng) -> String {
    let mut sql = "INSERT INTO generated.everything VALUES ".to_owned();
    for row in 0..ROWS {
        let _ = write!(sql, "{}({row}", if row == 0 { "" } else { ",\n" });
        for column in COLUMNS {
            // The first rows contain the extremes.
            let value = match column.extremes.get(row) {
                Some(extreme) => Some((*extreme).to_owned()),
                None if rng.u8(..8) == 0 => None,
                None => Some((column.make)(rng)),
            };
            let _ = write!(sql, ", {}", value.map_or_else(|| "NULL".to_owned(), |value| literal(&value)));
        }
        sql.push(')');
    }
    sql
}

fn create() -> String {
    let columns: Vec<_> =
        COLUMNS.iter().enumerate().map(|(i, column)| format!("c{i} {}", column.type_name)).collect();
    format!("{SCHEMA} CREATE TABLE generated.everything (id int8, {})", columns.join(", "))
}

/// Compares the files of a query over columns of these types. `as_text` selects their text by the server.
async fn compare(fixture: &Fixture, name: &str, query: &str, as_text: &str, columns: &[Column]) {
    let client = connect(fixture).await;
    let function = fixture.function(&[]).await;

    let expected = copy(&client, query).await.expect("COPY runs");
    let key = format!("{name}-postgres.csv");
    let invocation = function.invoke(event(fixture, &key, query), PATIENCE).await.expect("an answer");
    let written = fixture.object(&key).await.unwrap_or_else(|| panic!("{}", response(&invocation)));
    assert_same(&written, &expected, name, "COPY");

    let expected = row_to_json(&client, query).await.expect("the server's objects");
    let key = format!("{name}.jsonl");
    let invocation = function.invoke(fixture.event(&key, query), PATIENCE).await.expect("an answer");
    let written = fixture.object(&key).await.unwrap_or_else(|| panic!("{}", response(&invocation)));
    assert_same(&written, &expected, name, "row_to_json");

    let rows = client.query(as_text, &[]).await.expect("the server's text");
    let texts: Vec<Vec<Option<String>>> =
        rows.iter().map(|row| (0..row.len()).map(|i| row.get(i)).collect()).collect();
    let labels = rows[0].columns().iter().map(|column| column.name().to_owned()).collect::<Vec<_>>();
    let expected = java::file(&labels, columns, &texts);
    let key = format!("{name}-java.csv");
    let invocation = function.invoke(fixture.event(&key, query), PATIENCE).await.expect("an answer");
    let written = fixture.object(&key).await.unwrap_or_else(|| panic!("{}", response(&invocation)));
    assert_same(&written, &expected, name, "Java's rules");
}

/// Shows where two files differ.
fn assert_same(written: &[u8], expected: &[u8], name: &str, oracle: &str) {
    if written != expected {
        let at = written.iter().zip(expected).take_while(|(one, other)| one == other).count();
        let around = |bytes: &[u8]| {
            let from = at.saturating_sub(60);
            String::from_utf8_lossy(&bytes[from.min(bytes.len())..(at + 60).min(bytes.len())]).into_owned()
        };
        panic!(
            "{name} differs from {oracle} at byte {at}:\n{}\ninstead of\n{}",
            around(written),
            around(expected)
        );
    }
}

#[tokio::test]
async fn values_of_every_type_are_copy_s_java_s_or_row_to_json_s() {
    let fixture = Fixture::start().await;
    let database = fixture.stack.postgres.connect().await.expect("a connection");
    database.batch_execute(&create()).await.expect("the table");
    // Another seed: GENERATED_SEED=7 cargo test --test it generated
    let seed = std::env::var("GENERATED_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    database.batch_execute(&insert(&mut Rng::with_seed(seed))).await.expect("the values");
    let text = |(i, column): (usize, &Column)| match column.type_name {
        // Its output does not contain the declaration.
        "xml" => format!("c{i}::text"),
        // A cast would remove the blanks at the end of char(n).
        _ => format!("CASE WHEN num_nonnulls(c{i}) = 1 THEN format('%s', c{i}) END AS c{i}"),
    };
    let texts: Vec<_> = COLUMNS.iter().enumerate().map(text).collect();
    let as_text =
        format!("SELECT id::text, {} FROM generated.everything ORDER BY everything.id", texts.join(", "));
    let id = Column { type_name: "int8", make: |_| String::new(), extremes: &[] };
    let columns: Vec<_> = [id].into_iter().chain(COLUMNS.iter().copied()).collect();
    compare(&fixture, "everything", "SELECT * FROM generated.everything ORDER BY id", &as_text, &columns)
        .await;

    // Floats with random bits, since most of Java's peculiarities concern them.
    let mut rng = Rng::with_seed(seed);
    let mut sql =
        "CREATE TABLE generated.floats (id int8, f8 float8, f4 float4); INSERT INTO generated.floats VALUES "
            .to_owned();
    for row in 0..FLOATS {
        let (wide, narrow) = (f64::from_bits(rng.u64(..)), f32::from_bits(rng.u32(..)));
        let _ = write!(sql, "{}({row}, '{wide:e}', '{narrow:e}')", if row == 0 { "" } else { ", " });
    }
    database.batch_execute(&sql).await.expect("the floats");
    let column = |type_name| Column { type_name, ..columns[0] };
    compare(
        &fixture,
        "floats",
        "SELECT * FROM generated.floats ORDER BY id",
        "SELECT id::text, f8::text, f4::text FROM generated.floats ORDER BY floats.id",
        &[column("int8"), column("float8"), column("float4")],
    )
    .await;
}
