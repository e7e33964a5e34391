//! Every kind of table, and every name.

use std::collections::BTreeMap;

use devstack::Postgres;
use serde_json::{Value, json};

use super::{export, lines, manifest};
use crate::command_line::{body, database, output, without_aws};

const TABLES: &str = "CREATE ROLE exporter LOGIN PASSWORD 'exporter'; CREATE SCHEMA s; CREATE SCHEMA \"Odd \"\"S\"; \
    GRANT USAGE ON SCHEMA s, \"Odd \"\"S\" TO exporter; \
    CREATE TABLE s.plain (id int PRIMARY KEY, gone text, twice int GENERATED ALWAYS AS (id * 2) STORED, n numeric(10,2)); \
    ALTER TABLE s.plain DROP COLUMN gone; INSERT INTO s.plain (id, n) VALUES (1, 1.5), (2, NULL); \
    CREATE TABLE s.empty (a int, b text); CREATE TABLE s.nothing (); INSERT INTO s.nothing DEFAULT VALUES; \
    CREATE TABLE s.denied (a int); \
    CREATE TABLE s.by_columns (a int, b int); INSERT INTO s.by_columns VALUES (1, 2); \
    CREATE TABLE s.one_column (a int, b int); \
    CREATE MATERIALIZED VIEW s.filled AS SELECT 7 AS x; CREATE MATERIALIZED VIEW s.unfilled AS SELECT 7 AS x WITH NO DATA; \
    CREATE VIEW s.view AS SELECT 1 AS a; \
    CREATE TABLE s.whole (a int, b int) PARTITION BY LIST (a); \
    CREATE TABLE s.part_1 PARTITION OF s.whole FOR VALUES IN (1); \
    CREATE TABLE s.part_2 PARTITION OF s.whole FOR VALUES IN (2) PARTITION BY LIST (b); \
    CREATE TABLE s.part_2_1 PARTITION OF s.part_2 FOR VALUES IN (1); \
    INSERT INTO s.whole VALUES (1, 1), (1, 2), (2, 1); CREATE TABLE s.no_parts (a int) PARTITION BY LIST (a); \
    CREATE TABLE s.parent (a int); CREATE TABLE s.child (b int) INHERITS (s.parent); \
    INSERT INTO s.parent VALUES (1); INSERT INTO s.child VALUES (2, 3); \
    CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw; \
    CREATE FOREIGN TABLE s.far (a int) SERVER files OPTIONS (filename '/dev/null'); \
    CREATE TABLE s.half (a int) PARTITION BY LIST (a); \
    CREATE FOREIGN TABLE s.half_1 PARTITION OF s.half FOR VALUES IN (1) SERVER files OPTIONS (filename '/dev/null'); \
    CREATE TABLE \"Odd \"\"S\".\"T.a b*/\" (\"Ä\" int); INSERT INTO \"Odd \"\"S\".\"T.a b*/\" VALUES (5); \
    GRANT SELECT ON ALL TABLES IN SCHEMA s, \"Odd \"\"S\" TO exporter; \
    REVOKE SELECT ON s.denied, s.by_columns, s.one_column, s.part_1, s.part_2, s.part_2_1 FROM exporter; \
    GRANT SELECT (a, b) ON s.by_columns TO exporter; GRANT SELECT (a) ON s.one_column TO exporter; ANALYZE";

async fn tables() -> (Postgres, tempfile::TempDir) {
    let (postgres, folder) = database().await;
    postgres.execute("postgres", TABLES).await.expect("tables");
    (postgres, folder)
}

/// Exports tables as a role that may not read all of them.
fn export_as_exporter(postgres: &Postgres, folder: &std::path::Path, tables: &str, flags: &[&str]) -> Value {
    let _ = std::fs::remove_dir_all(folder.join("set"));
    let login =
        ["extract", "--user", "exporter", "--database", "postgres", "--tables", tables, "--output", "set/"];
    let mut command = without_aws(postgres, folder, &[&login[..], flags].concat());
    command.env("PGPASSWORD", "exporter");
    body(&output(command))
}

fn rows(tables: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
    let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    tables.iter().map(|(name, lines)| ((*name).to_owned(), owned(lines))).collect()
}

#[tokio::test]
async fn all_that_a_role_may_read() {
    let (postgres, folder) = tables().await;
    let folder = folder.path();
    for readers in ["1", "3"] {
        let answer = export_as_exporter(&postgres, folder, "*", &["--parallelism", readers]);
        let expected = rows(&[
            ("Odd %22S.T%2Ea b%2A%2F", &["5"]),
            ("s.by_columns", &["1,2"]),
            ("s.child", &["2,3"]),
            ("s.empty", &[]),
            ("s.filled", &["7"]),
            ("s.no_parts", &[]),
            ("s.nothing", &[""]),
            ("s.parent", &["1"]),
            ("s.plain", &["1,2,1.50", "2,4,"]),
            ("s.whole", &["1,1", "1,2", "2,1"]),
        ]);
        assert_eq!(lines(folder), expected, "{answer}");
        assert_eq!(answer["recordsProcessed"], 11, "{answer}");
        assert_eq!(
            answer["warnings"],
            json!([
                "Left out, since they are foreign tables: s.far, s.half_1.",
                "Left out, since the user may not read them: s.denied, s.one_column.",
                "Left out, since they are materialized views without data: s.unfilled.",
                "Left out, since parts of them are foreign tables: s.half.",
            ])
        );
    }
    let headers = |table: &str| {
        let file = std::fs::read_dir(folder.join("set").join(table)).expect("files").next();
        let text = std::fs::read_to_string(file.expect("a file").expect("a file").path()).expect("a text");
        text.lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(headers("s.empty"), "a,b");
    assert_eq!(headers("s.plain"), "id,twice,n");

    let manifest = manifest(folder);
    let plain =
        manifest["tables"].as_array().and_then(|all| all.iter().find(|table| table["name"] == "s.plain"));
    assert_eq!(
        plain,
        Some(&json!({"name": "s.plain", "rows": 2, "files": 1, "columns": [
            {"name": "id", "type": "integer"}, {"name": "twice", "type": "integer"}, {"name": "n", "type": "numeric(10,2)"}
        ]}))
    );
    let files = manifest["files"].as_array().expect("files");
    assert!(files.iter().any(|file| file["table"] == "Odd \"S.T.a b*/"), "{manifest}");
}

#[tokio::test]
async fn partitions_and_children_that_are_named_have_folders_of_their_own() {
    let (postgres, folder) = tables().await;
    let answer = export(&postgres, folder.path(), "s.whole,s.part_2,s.parent", &["--parallelism", "2"]);
    let expected = rows(&[("s.parent", &["1", "2"]), ("s.part_2", &["2,1"]), ("s.whole", &["1,1", "1,2"])]);
    assert_eq!(lines(folder.path()), expected, "{answer}");
}

#[tokio::test]
async fn every_format_holds_them() {
    let (postgres, folder) = tables().await;
    for format in ["jsonl", "parquet"] {
        let answer = export(&postgres, folder.path(), "s.p*,s.empty,s.filled", &["--format", format]);
        assert_eq!(answer["recordsProcessed"], 8, "{answer}");
        let manifest = manifest(folder.path());
        let paths: Vec<_> =
            manifest["files"].as_array().expect("files").iter().map(|file| &file["path"]).collect();
        let ending = format!(".{format}");
        assert!(
            paths.iter().all(|path| path.as_str().is_some_and(|path| path.ends_with(&ending))),
            "{paths:?}"
        );
        assert_eq!((manifest["format"].as_str(), paths.len()), (Some(format), 6), "{manifest}");
    }
    let answer = export(&postgres, folder.path(), "s.nothing", &["--format", "parquet"]);
    assert!(answer["error"].as_str().is_some_and(|error| error.contains("s.nothing")), "{answer}");
}

#[tokio::test]
async fn no_row_in_any_table_is_no_row() {
    let (postgres, folder) = tables().await;
    for (tables, on_empty, error) in
        [("s.empty,s.no_parts", "fail", json!("NoData")), ("s.empty,s.filled", "fail", json!(null))]
    {
        let answer = export(&postgres, folder.path(), tables, &["--on-empty", on_empty]);
        assert_eq!(answer["errorType"], error, "{answer}");
    }
    let answer = export(&postgres, folder.path(), "s.empty,s.no_parts", &["--on-empty", "skip"]);
    assert_eq!(
        (&answer["recordsProcessed"], folder.path().join("set").exists()),
        (&json!(0), false),
        "{answer}"
    );
}
