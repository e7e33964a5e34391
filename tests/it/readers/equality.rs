//! But for the order of the rows, several readers write the file of one.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use devstack::Postgres;

use super::extract;
use crate::command_line::{body, database, locally, spawn, status, without_aws};
use crate::golden::schema;

/// The file that an extraction writes, uncompressed.
fn file(postgres: &Postgres, folder: &Path, flags: &[&str], compression: &str) -> Vec<u8> {
    files(postgres, folder, &[(flags.to_vec(), compression)]).remove(0)
}

/// The files that several extractions write at the same time, each with its own compression, uncompressed.
fn files(postgres: &Postgres, folder: &Path, extractions: &[(Vec<&str>, &str)]) -> Vec<Vec<u8>> {
    let begun: Vec<_> = extractions
        .iter()
        .enumerate()
        .map(|(number, (flags, compression))| {
            let name = format!("f{number}");
            let more = ["--compression", compression, "--output", &name, "--if-exists", "overwrite"];
            let child = spawn(without_aws(postgres, folder, &locally(&[flags, &more[..]].concat())));
            (child, folder.join(&name))
        })
        .collect();
    let ended = begun.into_iter().zip(extractions).map(|((child, file), (flags, compression))| {
        let output = child.wait_with_output().expect("an end");
        assert_eq!(status(&output), 0, "{flags:?}: {}", body(&output));
        unpacked(std::fs::read(file).expect("the file"), compression)
    });
    ended.collect()
}

pub fn unpacked(bytes: Vec<u8>, compression: &str) -> Vec<u8> {
    if compression == "none" {
        return bytes;
    }
    let mut program = Command::new(compression);
    program.arg("-dc").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut program = program.spawn().expect("the program");
    let mut input = program.stdin.take().expect("its input");
    let writing = std::thread::spawn(move || input.write_all(&bytes).expect("all of it"));
    let output = program.wait_with_output().expect("an end");
    writing.join().expect("all of it");
    assert!(output.status.success());
    output.stdout
}

/// The header of CSV, and the lines after it in an order of their own.
fn sorted(file: &[u8]) -> (Vec<u8>, Vec<Vec<u8>>) {
    let mut lines: Vec<_> = file.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let has_header = !file.is_empty() && !file.starts_with(b"{");
    let header = if has_header { lines.remove(0) } else { Vec::new() };
    lines.sort();
    (header, lines)
}

#[tokio::test]
async fn every_parity_table_in_every_format_and_compression() {
    let (postgres, folder) = database().await;
    let client = postgres.connect().await.expect("a connection");
    client.batch_execute(&schema()).await.expect("the schema loads");
    let sql = "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
        WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1";
    let tables: Vec<String> =
        client.query(sql, &[]).await.expect("tables").iter().map(|row| row.get(0)).collect();
    assert!(tables.len() > 30, "{tables:?}");
    let mut shares = 0;
    for table in tables {
        // Enough pages for several shares.
        let many = format!(
            "CREATE TABLE public.many AS SELECT t.* FROM {table} t, generate_series(1, \
             (SELECT 1 + 150 * 8192 / greatest(1, sum(pg_column_size(t.*))) FROM {table} t)) g; \
             SELECT pg_relation_size('public.many') / 8192 AS pages"
        );
        client.batch_execute(&many).await.expect(&table);
        let pages =
            client.query_one("SELECT pg_relation_size('public.many') / 8192", &[]).await.expect("pages");
        shares += i64::from(pages.get::<_, i64>(0) > 64);
        let formats = [["--dialect", "java"], ["--dialect", "postgres"], ["--format", "jsonl"]];
        let of = |format: [&'static str; 2], more: &[&'static str], compression| {
            ([&["--table", "public.many"], &format[..], more].concat(), compression)
        };
        let several: Vec<_> = formats
            .into_iter()
            .flat_map(|format| {
                let one = of(format, &[], "none");
                let several = |compression| of(format, &["--parallelism", "3"], compression);
                [one, several("none"), several("gzip"), several("zstd")]
            })
            .collect();
        let written = files(&postgres, folder.path(), &several);
        for (which, file) in written.iter().enumerate() {
            let one = &written[which / 4 * 4];
            assert!(sorted(file) == sorted(one), "{table}, {:?}", several[which]);
        }
        client.batch_execute("DROP TABLE public.many").await.expect("no table");
    }
    assert!(shares > 30, "{shares} tables with several shares");
}

#[tokio::test]
async fn every_type_of_column_that_a_query_is_split_by() {
    let (postgres, folder) = database().await;
    let sql = "CREATE TABLE k AS SELECT g::smallint AS i2, g AS i4, g::bigint AS i8, g / 3.0 AS n, date '2020-01-01' + g AS d, \
        timestamp '2020-01-01' + g * interval '1 hour' AS ts, timestamptz '2020-01-01' + g * interval '1 min' AS tz, \
        md5(g::text)::uuid AS u, g::text AS \"Te\"\"xt\" FROM generate_series(-2000, 2000) g; \
        INSERT INTO k VALUES (NULL); INSERT INTO k VALUES (-32768, -2147483648, -9223372036854775808, '-Infinity', '-infinity', \
        '-infinity', '-infinity', '00000000-0000-0000-0000-000000000000'), (32767, 2147483647, 9223372036854775807, 'Infinity', \
        'infinity', 'infinity', 'infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff'); INSERT INTO k VALUES (1, 1, 1, 'NaN'); \
        CREATE TABLE nulls (v int); INSERT INTO nulls VALUES (NULL), (NULL); CREATE TABLE none (v int); CREATE TABLE one AS SELECT 7 AS v";
    postgres.execute("postgres", sql).await.expect("a table");
    let same_in = |format: &str, query: &str, column: &str| {
        let query = ["--query", query, "--param", "-1000", "--format", format];
        let one = file(&postgres, folder.path(), &query, "none");
        let split = [&query[..], &["--parallelism", "2", "--split-by", column]].concat();
        assert!(sorted(&file(&postgres, folder.path(), &split, "none")) == sorted(&one), "{column}");
    };
    let same = |query: &str, column: &str| {
        same_in("csv", query, column);
        same_in("jsonl", query, column);
    };
    for column in ["i2", "i4", "i8", "n", "d", "ts", "tz", "u"] {
        same("SELECT *, ARRAY[i4] AS list FROM k WHERE i4 IS DISTINCT FROM $1::int", column);
    }
    for table in ["nulls", "none", "one"] {
        same(&format!("SELECT v, $1::int AS p FROM {table}"), "v");
    }
}

/// Nothing to read, and nothing before the rows.
#[tokio::test]
async fn an_empty_table_makes_the_file_that_one_reader_makes() {
    let (postgres, folder) = database().await;
    postgres.execute("postgres", "CREATE TABLE t (a int)").await.expect("a table");
    for flags in [&[][..], &["--no-header"], &["--format", "jsonl"]] {
        for compression in ["none", "gzip", "zstd"] {
            let flags = [&["--table", "t"], flags].concat();
            let one = file(&postgres, folder.path(), &flags, compression);
            let several = [&flags[..], &["--parallelism", "2"]].concat();
            assert_eq!(file(&postgres, folder.path(), &several, compression), one, "{flags:?}");
        }
    }
    for on_empty in ["skip", "fail"] {
        let flags = ["--table", "t", "--parallelism", "2", "--on-empty", on_empty, "--output", "-"];
        let output = extract(&postgres, folder.path(), &flags);
        assert_eq!((status(&output) == 0, output.stdout.len()), (on_empty == "skip", 0), "{}", body(&output));
    }
}
