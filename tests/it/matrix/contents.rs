//! The rows of files, by which files of different formats are compared.

use std::path::Path;

use bytes::Bytes;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

/// Returns a file as CSV: a Parquet file as the server's own COPY would have written its rows, others unchanged.
pub fn as_csv(key: &str, bytes: &Bytes) -> Vec<u8> {
    if Path::new(key).extension().is_none_or(|extension| extension != "parquet") {
        return bytes.to_vec();
    }
    let reader = SerializedFileReader::new(bytes.clone()).expect("a Parquet file");
    let columns = reader.metadata().file_metadata().schema_descr().columns().iter();
    let labels: Vec<_> = columns.map(|column| format!("\"{}\"", column.name())).collect();
    let mut csv = labels.join(",") + "\n";
    for row in reader.get_row_iter(None).expect("rows") {
        let row = row.expect("a row");
        let cells = row.get_column_iter().map(|(_, field)| match field {
            Field::Int(number) => format!("\"{number}\""),
            Field::Str(text) => format!("\"{text}\""),
            other => panic!("no row of these tests has {other:?}"),
        });
        csv += &cells.collect::<Vec<_>>().join(",");
        csv.push('\n');
    }
    csv.into_bytes()
}

/// The header, and the rows in their order, since several readers write them in none.
pub fn in_order(file: &[u8]) -> (Option<&[u8]>, Vec<&[u8]>) {
    let mut lines = file.split_inclusive(|byte| *byte == b'\n');
    let header = lines.next();
    let mut rows: Vec<_> = lines.collect();
    rows.sort_unstable();
    (header, rows)
}
