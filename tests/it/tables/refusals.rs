//! What cannot be exported is refused with its name, if it was named.

use super::{export, exporting};
use crate::command_line::{body, database, files, output};

const TABLES: &str = "CREATE SCHEMA s; CREATE TABLE s.a (id int); CREATE TABLE s.\"B c\" (id int); CREATE VIEW s.v AS SELECT 1 AS a; \
    CREATE MATERIALIZED VIEW s.unfilled AS SELECT 1 AS a WITH NO DATA; CREATE INDEX i ON s.a (id); \
    CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw; \
    CREATE FOREIGN TABLE s.far (a int) SERVER files OPTIONS (filename '/dev/null')";

#[tokio::test]
async fn what_is_no_table() {
    let (postgres, folder) = database().await;
    postgres.execute("postgres", TABLES).await.expect("tables");
    for (tables, says) in [
        ("s.a,s.nope", "`tables[1]`: the database has no table s.nope."),
        ("s.\"b c\"", "`tables[0]`: the database has no table"),
        ("s.v", "s.v is a view."),
        ("s.far", "s.far is a foreign table"),
        ("s.i", "s.i is no table."),
        ("s.unfilled", "s.unfilled is a materialized view without data."),
        ("pg_catalog.pg_class", "pg_catalog.pg_class belongs to the server itself."),
        ("s.a,t.*", "`tables[1]`: no table matches t.*."),
        ("S.*", "`tables[0]`: no table matches S.*."),
        ("pg_catalog.*", "`tables[0]`: no table matches pg_catalog.*."),
        ("s.f*", "no table that s.f* matches can be exported: s.far is a foreign table"),
    ] {
        let answer = export(&postgres, folder.path(), tables, &[]);
        assert_eq!(answer["errorType"], "InvalidRequest", "{tables}: {answer}");
        assert!(answer["error"].as_str().is_some_and(|error| error.contains(says)), "{tables}: {answer}");
        assert_eq!(files(folder.path()), Vec::<String>::new());
    }
    let answer = export(&postgres, folder.path(), "S.A , s.\"B c\"", &[]);
    assert_eq!(answer["tables"].as_array().map(Vec::len), Some(2), "{answer}");
}

#[tokio::test]
async fn the_operator_s_patterns_count_for_each_table() {
    let (postgres, folder) = database().await;
    postgres.execute("postgres", TABLES).await.expect("tables");
    let answer = |tables: &str| {
        let _ = std::fs::remove_dir_all(folder.path().join("set"));
        let mut command = exporting(&postgres, folder.path(), tables, &[]);
        command.env("ALLOWED_TABLES", "s.a, t.*").env("ALLOW_EVENT_QUERY", "false");
        body(&output(command))
    };
    let all = answer("s.*");
    assert_eq!(all["tables"].as_array().map(Vec::len), Some(1), "{all}");
    assert!(all["warnings"].to_string().contains("ALLOWED_TABLES does not allow it: 3 tables"), "{all}");
    for (tables, says) in [
        ("s.a,s.\"B c\"", "`tables[1]`: s.B c is not allowed here: see ALLOWED_TABLES."),
        ("s.B*", "no table that s.B* matches is allowed here: see ALLOWED_TABLES."),
    ] {
        let refused = answer(tables);
        assert!(refused["error"].as_str().is_some_and(|error| error.contains(says)), "{refused}");
    }
}
