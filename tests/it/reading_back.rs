//! Files of every combination of the single options, read back by the server itself: `COPY … FROM` with the
//! same options restores the values, and distinguishes NULL and the empty string. The crate csv reads the
//! files that COPY cannot read.

use std::pin::pin;

use bytes::Bytes;
use devstack::{Postgres, PostgresOptions};
use extractor_encode::csv::{CsvEncoding, CsvOptions, Dialect, LineEnding, Quote};
use extractor_encode::{Column, Encoder, FileEncoding, WireFormat};
use futures_util::SinkExt;
use tokio_postgres::Client;
use tokio_postgres::types::{FromSql, Type};

use crate::copy::SESSION;

const DELIMITERS: &[u8] = b",;\t|-.0N \\";
const NULLS: [Option<&str>; 6] = [None, Some(""), Some("NULL"), Some("\\N"), Some("0"), Some("-")];

/// Values that are difficult for quoting, NULL and readers.
const SOURCE: &str = r#"
    CREATE TEMP TABLE source (t text, n int8, b bool, at timestamp, f float8, d numeric);
    INSERT INTO source SELECT t, nullif(row_number() OVER (), 7), row_number() OVER () % 3 = 0,
        '2024-02-29 12:34:56.7'::timestamp, (row_number() OVER ()) / 8.0, 0.00000012 FROM unnest(ARRAY[
        '', 'plain', ' ', '  padded  ', '"', '""', 'say "so"', ',', ';', '|', '-', '.', '0', 'N', E'\t', E'a\tb', E'\n', E'a\nb',
        E'\r', E'a\rb', E'\r\n', E'a\r\nb', '\.', '\', '\N', 'NULL', 'null', E'\uFEFF', 'é 😀', '-0', 'N0', NULL, repeat('long ', 40),
        repeat('"', 33), '0', NULL
    ]::text[]) t;
    CREATE TEMP TABLE back (LIKE source)"#;

/// The source in the formats that the encoder requests, column by column.
struct Source {
    columns: Vec<Column>,
    /// Each cell as text and in binary.
    cells: Vec<Vec<[Option<Vec<u8>>; 2]>>,
}

struct Raw(Vec<u8>);

impl<'a> FromSql<'a> for Raw {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(raw.to_vec()))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

async fn read(client: &Client, names: &[&str]) -> Source {
    let list = names.join(", ");
    let texts: Vec<_> = names
        .iter()
        .map(|name| if *name == "b" { "left(b::text, 1)".to_owned() } else { format!("{name}::text") })
        .collect();
    let sql = format!("SELECT {list}, {} FROM source", texts.join(", "));
    let statement = client.prepare(&sql).await.expect("a statement");
    let column = |column: &tokio_postgres::Column| Column {
        name: column.name().as_bytes().to_vec(),
        type_oid: column.type_().oid(),
        type_modifier: -1,
    };
    let columns: Vec<_> = statement.columns()[..names.len()].iter().map(column).collect();
    let rows = client.query(&statement, &[]).await.expect("rows");
    let cell = |row: &tokio_postgres::Row, i| row.get::<_, Option<Raw>>(i).map(|raw| raw.0);
    let cells = rows
        .iter()
        .map(|row| (0..names.len()).map(|i| [cell(row, names.len() + i), cell(row, i)]).collect())
        .collect();
    Source { columns, cells }
}

impl Source {
    fn file(&self, options: &CsvOptions) -> Vec<u8> {
        let encoding = CsvEncoding::new(&self.columns, options);
        let mut encoder = encoding.encoder();
        let mut file = Vec::new();
        encoding.head(&mut file);
        for row in &self.cells {
            let mut body = (row.len() as u16).to_be_bytes().to_vec();
            for (cell, format) in row.iter().zip(encoding.formats()) {
                let cell = &cell[usize::from(*format == WireFormat::Binary)];
                let len = cell.as_ref().map_or(-1, |cell| cell.len() as i32);
                body.extend(len.to_be_bytes());
                body.extend(cell.iter().flatten());
            }
            encoder.row(&body, &mut file).expect("a row");
        }
        file
    }
}

fn combinations() -> Vec<CsvOptions> {
    let mut all = Vec::new();
    for bits in 0..32_u8 {
        let bit = |n: u8| bits & (1 << n) != 0;
        for delimiter in DELIMITERS {
            for null in NULLS {
                let dialect = if bit(0) { Dialect::Java } else { Dialect::Postgres };
                let mut options = CsvOptions::for_dialect(dialect);
                options.delimiter = *delimiter;
                options.quote = if bit(1) { Quote::All } else { Quote::Minimal };
                options.line_ending = if bit(2) { LineEnding::CrLf } else { LineEnding::Lf };
                (options.header, options.bom) = (bit(3), bit(4));
                if let Some(null) = null {
                    options.null = Some(null.to_owned());
                }
                all.push(options);
            }
        }
    }
    all.retain(|options| options.check().is_ok());
    all
}

/// Loads a file with its options, and returns how many rows differ from the source.
async fn read_back(client: &Client, file: &[u8], options: &CsvOptions, names: &[&str]) -> i64 {
    let list = names.join(", ");
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let copy = format!(
        "COPY back ({list}) FROM STDIN (FORMAT csv, DELIMITER {}, HEADER {}, NULL {})",
        quoted(&char::from(options.delimiter).to_string()),
        options.header,
        quoted(options.null.as_deref().unwrap_or_default()),
    );
    client.batch_execute("BEGIN").await.expect("a transaction");
    let mut sink = pin!(client.copy_in(&copy).await.expect("COPY begins"));
    sink.send(Bytes::copy_from_slice(file)).await.expect("bytes are taken");
    if let Err(error) = sink.close().await {
        panic!("{options:?}: {error:?}\n{}", String::from_utf8_lossy(file));
    }
    let differ = format!(
        "SELECT (SELECT count(*) FROM (SELECT {list} FROM source EXCEPT ALL SELECT {list} FROM back) a) \
         + (SELECT count(*) FROM (SELECT {list} FROM back EXCEPT ALL SELECT {list} FROM source) b)"
    );
    let differ = client.query_one(&differ, &[]).await.expect("a number").get(0);
    client.batch_execute("ROLLBACK").await.expect("an end");
    differ
}

#[tokio::test]
async fn every_combination_reads_back() {
    let postgres = Postgres::start(PostgresOptions::default()).await.expect("a server");
    let client = postgres.connect().await.expect("a connection");
    client.batch_execute(&SESSION.replace("= on", "= off")).await.expect("the session");
    client.batch_execute(SOURCE).await.expect("the source");
    let combinations = combinations();
    let (mut by_copy, mut by_csv) = (0, 0);
    // A file with one column has a rule of its own.
    for names in [&["t"][..], &["t", "n", "b", "at", "f", "d"]] {
        let source = read(&client, names).await;
        for options in &combinations {
            let file = source.file(options);
            // Java without options prints NULL as the empty string, quoted.
            let copy_reads = options.null.is_some() || options.quote == Quote::Minimal;
            // COPY reads a byte-order mark as a part of the first label, or of the first value.
            let mark = if options.bom && !options.header { "\u{feff}".len() } else { 0 };
            if copy_reads {
                let differ = read_back(&client, &file[mark..], options, names).await;
                assert_eq!(differ, 0, "{options:?}:\n{}", String::from_utf8_lossy(&file));
                by_copy += 1;
                continue;
            }
            let mut reader = csv::ReaderBuilder::new()
                .delimiter(options.delimiter)
                .has_headers(options.header)
                .from_reader(&file[..]);
            let records: Vec<_> = reader.byte_records().collect::<Result<_, _>>().expect("records");
            assert_eq!(records.len(), source.cells.len(), "{options:?}");
            for (record, row) in records.iter().zip(&source.cells) {
                let text = row[0][0].clone();
                assert_eq!(record[0], text.unwrap_or_default(), "{options:?}");
            }
            by_csv += 1;
        }
    }
    assert!(by_copy > 1_500 && by_csv > 100, "{by_copy} by COPY, {by_csv} by crate csv");
}
