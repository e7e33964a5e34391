//! What cannot be divided is refused with the reason.

use super::extract;
use crate::command_line::{body, database, locally, output, without_aws};

const TABLES: &str = "CREATE TABLE t (id int PRIMARY KEY, k int, name text); \
    INSERT INTO t SELECT g, g % 100, md5(g::text) FROM generate_series(1, 400000) g; ANALYZE t; CREATE VIEW v AS SELECT * FROM t; \
    CREATE TABLE \"Odd Name\" (a int); CREATE SCHEMA s; CREATE TABLE s.t AS SELECT 1 AS in_s; \
    CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw; \
    CREATE FOREIGN TABLE f (a int) SERVER files OPTIONS (filename '/dev/null'); \
    CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); \
    CREATE FOREIGN TABLE p2 PARTITION OF p FOR VALUES IN (2) SERVER files OPTIONS (filename '/dev/null')";

#[tokio::test]
async fn what_cannot_be_divided() {
    let (postgres, folder) = database().await;
    postgres.execute("postgres", TABLES).await.expect("tables");
    let table = |name| ["--table", name, "--parallelism", "2"].to_vec();
    let split = |query, column| ["--query", query, "--split-by", column, "--parallelism", "2"].to_vec();
    for (flags, says) in [
        (vec!["--table", "v"], "`table` public.v is a view."),
        (table("v"), "`table` public.v is a view."),
        (table("f"), "`table` public.f is a foreign table."),
        (table("p"), "it has a foreign table"),
        (table("odd name"), "the database has no table odd name."),
        (table("a..b"), "the database has no table a..b."),
        (table("t_pkey"), "`table` public.t_pkey is no table."),
        (split("SELECT * FROM t LIMIT 10", "id"), "it has a LIMIT"),
        (split("SELECT * FROM t FOR SHARE", "id"), "it has a lock on rows"),
        (split("SELECT * FROM f", "a"), "it has a foreign table"),
        (split("SELECT * FROM t TABLESAMPLE system (10)", "id"), "it has a TABLESAMPLE"),
        (split("SELECT * FROM t", "k"), "every reader would run the whole query"),
        (split("SELECT row_number() OVER () AS n FROM t", "n"), "every reader would run the whole query"),
        (split("SELECT generate_series(1, 10) AS n", "n"), "every reader would run the whole query"),
        (split("SELECT * FROM t", "name"), "the type of column name has no ranges"),
        (split("SELECT * FROM t", "Id"), "has no column Id"),
        (split("SELECT id, id FROM t", "id"), "has several columns id"),
        (split("SHOW all", "name"), "the type of column name has no ranges"),
    ] {
        let flags = [&flags[..], &["--output", "f.csv"]].concat();
        let answer = body(&extract(&postgres, folder.path(), &flags));
        assert_eq!(answer["errorType"], "InvalidRequest", "{flags:?}: {answer}");
        assert!(answer["error"].as_str().is_some_and(|error| error.contains(says)), "{flags:?}: {answer}");
    }
    for (name, says) in [("\"Odd Name\"", "a"), ("s.t", "in_s"), ("PUBLIC.T", "id")] {
        let output =
            extract(&postgres, folder.path(), &["--table", name, "--parallelism", "2", "--output", "-"]);
        assert!(output.stdout.starts_with(says.as_bytes()), "{name}: {}", body(&output));
    }
}

#[tokio::test]
async fn the_operator_s_patterns_are_of_the_server_s_names() {
    let (postgres, folder) = database().await;
    postgres.execute("postgres", TABLES).await.expect("tables");
    for (name, allowed) in [("t", true), ("public.t", true), ("s.t", false), ("\"Odd Name\"", false)] {
        for parallelism in ["1", "2"] {
            let flags = [
                "--table",
                name,
                "--parallelism",
                parallelism,
                "--output",
                "f.csv",
                "--if-exists",
                "overwrite",
            ];
            let mut command = without_aws(&postgres, folder.path(), &locally(&flags));
            command.env("ALLOWED_TABLES", "public.t, sales.*").env("ALLOW_EVENT_QUERY", "false");
            let answer = body(&output(command));
            let refusal = answer["error"].as_str().unwrap_or_default().contains("see ALLOWED_TABLES");
            assert_eq!(
                (refusal, answer["recordsProcessed"] == 400_000),
                (!allowed, allowed),
                "{name}: {answer}"
            );
        }
    }
}
