//! Benchmarks of the encoders: rows in memory to CSV and JSON lines in memory, without I/O.
//!
//! There is one group for each family of types, with both dialects of CSV and JSON lines, and one for the two
//! rows of `make bench`, these as Parquet too.
//! The time is that of a block of 1,000 rows, so that in a group of types its microseconds are the
//! nanoseconds of a cell. The throughput is in cells and in bytes of the file per second.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use extractor_encode::csv::{CsvEncoding, CsvOptions, Dialect};
use extractor_encode::json::JsonEncoding;
use extractor_encode::parquet::{Compression, ParquetEncoding, ParquetOptions};
use extractor_encode::{Column, Encoder, FileEncoding, PIECE, WireFormat};

const ROWS: usize = 1_000;

/// The source of a column's cells: the type, and a function that draws a value.
struct Source {
    type_oid: u32,
    value: fn(&mut Numbers) -> Value,
}

/// A value in the two wire formats. A format that the encoder never asks for is empty.
struct Value {
    text: Vec<u8>,
    binary: Vec<u8>,
}

/// A generator of pseudo-random numbers, which are the same in every run.
struct Numbers {
    state: u64,
    drawn: i64,
}

impl Numbers {
    fn next(&mut self) -> u64 {
        self.drawn += 1;
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.state;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

fn binary(bytes: &[u8]) -> Value {
    Value { text: Vec::new(), binary: bytes.to_vec() }
}

fn text(text: String) -> Value {
    Value { text: text.into_bytes(), binary: Vec::new() }
}

fn words(n: &mut Numbers, count: u64) -> String {
    let words = ["alpha", "beta", "gamma", "delta", "a longer word", "it's", "x"];
    (0..count).map(|_| words[n.below(words.len() as u64) as usize]).collect::<Vec<_>>().join(" ")
}

/// Returns a time in 2023, in microseconds since 2000-01-01.
fn moment(n: &mut Numbers) -> i64 {
    (725_846_400 + n.below(31_536_000) as i64) * 1_000_000
}

const BOOL: Source = Source {
    type_oid: 16,
    value: |n| {
        let is_true = n.below(2) == 1;
        Value { text: if is_true { b"t" } else { b"f" }.to_vec(), binary: vec![u8::from(is_true)] }
    },
};
const INT8: Source = Source { type_oid: 20, value: |n| whole(n.below(10_000_000)) };
const INT8_LONG: Source = Source { type_oid: 20, value: |n| whole(n.next()) };
const INT4: Source = Source {
    type_oid: 23,
    value: |n| {
        let number = n.below(1_000_000) as i32;
        Value { text: number.to_string().into_bytes(), binary: number.to_be_bytes().to_vec() }
    },
};
const FLOAT8: Source = Source { type_oid: 701, value: |n| float(n.below(100_000_000) as f64 / 1000.0) };
const FLOAT8_LONG: Source = Source { type_oid: 701, value: |n| float(n.next() as f64 / 1.7e15) };
const FLOAT8_TINY: Source = Source { type_oid: 701, value: |n| float(n.next() as f64 / 1.7e31) };
const FLOAT8_HUGE: Source = Source { type_oid: 701, value: |n| float(n.next() as f64 * 1.7e31) };
const FLOAT4: Source =
    Source { type_oid: 700, value: |n| binary(&(n.below(1_000_000) as f32 / 100.0).to_be_bytes()) };
const NUMERIC: Source =
    Source { type_oid: 1700, value: |n| text(format!("{}.{:02}", n.below(1_000_000), n.below(100))) };
const DATE: Source =
    Source { type_oid: 1082, value: |n| binary(&(8_000 + n.below(1_000) as i32).to_be_bytes()) };
const TIME: Source = Source { type_oid: 1083, value: |n| micros(n.below(86_400_000_000) as i64) };
const TIMESTAMP: Source = Source { type_oid: 1114, value: |n| micros(moment(n)) };
const TIMESTAMP_MICROS: Source =
    Source { type_oid: 1114, value: |n| micros(moment(n) + n.below(1_000_000) as i64) };
const TIMESTAMP_ORDERED: Source =
    Source { type_oid: 1114, value: |n| micros(756_000_000_000_000 + n.drawn * 1_000_000) };
const TIMESTAMPTZ: Source = Source { type_oid: 1184, value: |n| micros(moment(n)) };
const INTERVAL: Source = Source {
    type_oid: 1186,
    value: |n| Value {
        text: b"1 year 2 mons 3 days 04:05:06.789".to_vec(),
        binary: [&(n.below(100_000_000_000) as i64).to_be_bytes()[..], &[0, 0, 0, 3, 0, 0, 0, 14]].concat(),
    },
};
const INET: Source = Source {
    type_oid: 869,
    value: |n| binary(&[&[2, 32, 0, 4][..], &(n.next() as u32).to_be_bytes()].concat()),
};
const UUID: Source =
    Source { type_oid: 2950, value: |n| binary(&[n.next().to_be_bytes(), n.next().to_be_bytes()].concat()) };
const TEXT: Source = Source { type_oid: 25, value: |n| text(format!("customer {}", n.below(5_000))) };
const TEXT_LONG: Source = Source { type_oid: 25, value: |n| text(words(n, 40)) };
const TEXT_QUOTES: Source =
    Source { type_oid: 25, value: |n| text(format!("say \"{}\", twice", words(n, 4))) };
const JSONB: Source = Source {
    type_oid: 3802,
    value: |n| {
        text(format!(
            "{{\"id\": {}, \"tags\": [\"a\", \"b\"], \"note\": \"{}\"}}",
            n.below(9_999),
            words(n, 5)
        ))
    },
};
const POINT: Source = Source {
    type_oid: 600,
    value: |n| binary(&[float(n.below(360) as f64 / 7.0).binary, float(1.5).binary].concat()),
};

fn whole(n: u64) -> Value {
    binary(&n.to_be_bytes())
}

fn float(n: f64) -> Value {
    binary(&n.to_be_bytes())
}

fn micros(n: i64) -> Value {
    binary(&n.to_be_bytes())
}

const FAMILIES: &[(&str, &[(&str, Source)])] = &[
    ("bool", &[("bool", BOOL)]),
    ("integers", &[("int4", INT4), ("int8", INT8), ("int8 of 20 digits", INT8_LONG)]),
    (
        "floats",
        &[
            ("float4", FLOAT4),
            ("float8", FLOAT8),
            ("float8 of 16 digits", FLOAT8_LONG),
            ("float8 below 10^-3", FLOAT8_TINY),
            ("float8 above 2^63", FLOAT8_HUGE),
        ],
    ),
    ("numeric", &[("numeric", NUMERIC)]),
    (
        "dates",
        &[
            ("date", DATE),
            ("time", TIME),
            ("timestamp", TIMESTAMP),
            ("timestamp with microseconds", TIMESTAMP_MICROS),
            ("timestamp in order", TIMESTAMP_ORDERED),
            ("timestamptz", TIMESTAMPTZ),
            ("interval", INTERVAL),
        ],
    ),
    ("uuid", &[("uuid", UUID)]),
    ("network", &[("inet", INET)]),
    ("text", &[("short", TEXT), ("long", TEXT_LONG), ("with quotes", TEXT_QUOTES), ("jsonb", JSONB)]),
    ("geometric", &[("point", POINT)]),
];

const NARROW: &[Source] = &[INT8, INT4, FLOAT8, TIMESTAMP, TEXT];

const WIDE: &[Source] = &[
    INT8,
    INT4,
    FLOAT8,
    TIMESTAMP,
    TEXT,
    BOOL,
    NUMERIC,
    DATE,
    TIMESTAMPTZ,
    UUID,
    INT8,
    INT4,
    FLOAT8,
    NUMERIC,
    TEXT,
    TEXT,
    TEXT,
    INT4,
    INT4,
    BOOL,
    TIMESTAMP,
    JSONB,
    NUMERIC,
    FLOAT4,
    DATE,
    TEXT,
    INT8,
    TEXT,
    INT4,
    BOOL,
];

fn columns(sources: &[Source]) -> Vec<Column> {
    let column = |(i, source): (usize, &Source)| Column {
        name: format!("c{i}").into_bytes(),
        type_oid: source.type_oid,
        type_modifier: -1,
    };
    sources.iter().enumerate().map(column).collect()
}

/// Returns bodies of `DataRow` messages in the formats that the encoder asks for. One value in twenty is
/// NULL.
fn bodies(sources: &[Source], formats: &[WireFormat]) -> Vec<Vec<u8>> {
    let mut numbers = Numbers { state: 7, drawn: 0 };
    let row = |_| {
        let mut body = (sources.len() as u16).to_be_bytes().to_vec();
        for (source, format) in sources.iter().zip(formats) {
            if numbers.below(20) == 0 {
                body.extend((-1_i32).to_be_bytes());
                continue;
            }
            let value = (source.value)(&mut numbers);
            let cell = if *format == WireFormat::Text { value.text } else { value.binary };
            assert!(!cell.is_empty(), "type {} has no value in format {format:?}", source.type_oid);
            body.extend((cell.len() as i32).to_be_bytes());
            body.extend(cell);
        }
        body
    };
    (0..ROWS).map(row).collect()
}

fn bench(criterion: &mut Criterion, group: &str, name: &str, sources: &[Source]) {
    for (dialect_name, dialect) in [("java", Dialect::Java), ("postgres", Dialect::Postgres)] {
        let encoding = CsvEncoding::new(&columns(sources), &CsvOptions::for_dialect(dialect));
        bench_encoding(criterion, group, &format!("{name}/{dialect_name}"), sources, &encoding);
    }
    bench_encoding(
        criterion,
        group,
        &format!("{name}/jsonl"),
        sources,
        &JsonEncoding::new(&columns(sources), &[]),
    );
}

fn bench_encoding(
    criterion: &mut Criterion,
    group: &str,
    name: &str,
    sources: &[Source],
    encoding: &impl FileEncoding,
) {
    let mut group = criterion.benchmark_group(group);
    let mut encoder = encoding.encoder();
    let rows = bodies(sources, encoding.formats());
    let mut out = Vec::with_capacity(rows.iter().map(|row| encoder.room(row.len())).sum());
    let mut block = |out: &mut Vec<u8>| {
        out.clear();
        for row in &rows {
            encoder.row(row, out).expect("the rows are well-formed");
            if encoder.unit_is_full() {
                encoder.end_unit().expect("a row group");
                while !encoder.drain(out) {
                    out.clear();
                    out.reserve(PIECE);
                }
            }
        }
        out.len()
    };
    let (elements, bytes) = ((ROWS * sources.len()) as u64, block(&mut out) as u64);
    group.throughput(Throughput::ElementsAndBytes { elements, bytes });
    group.bench_function(name, |bencher| {
        bencher.iter(|| block(black_box(&mut out)));
    });
}

fn encode(criterion: &mut Criterion) {
    for (name, sources) in [("narrow", NARROW), ("wide", WIDE)] {
        bench(criterion, "rows", name, sources);
        for (codec, compression) in
            [("parquet", Compression::None), ("parquet zstd", Compression::Zstd(None))]
        {
            let options = ParquetOptions { compression, ..ParquetOptions::default() };
            let encoding = ParquetEncoding::new(&columns(sources), &options).expect("a schema");
            bench_encoding(criterion, "rows", &format!("{name}/{codec}"), sources, &encoding);
        }
    }
    for (family, columns) in FAMILIES {
        for (name, source) in *columns {
            bench(criterion, family, name, std::slice::from_ref(source));
        }
    }
}

criterion_group!(benches, encode);
criterion_main!(benches);
