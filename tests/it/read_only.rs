//! No event can change the database, not even as its superuser.

use std::path::Path;

use devstack::{Postgres, RuntimeApi};
use serde_json::{Value, json};

use crate::fixture::{Fixture, PATIENCE, response};
use crate::outcome::shows_no_secret;

const TABLES: &str = "
    CREATE TABLE t (a int PRIMARY KEY);
    INSERT INTO t VALUES (1), (2), (3);
    CREATE SEQUENCE s;
    CREATE FUNCTION write_by_plpgsql() RETURNS int LANGUAGE plpgsql AS $$
        BEGIN DELETE FROM t; RETURN 1; END $$;
    CREATE FUNCTION write_by_sql() RETURNS SETOF int LANGUAGE sql AS 'DELETE FROM t RETURNING a';
    CREATE FUNCTION write_after_a_change_of_mind() RETURNS int LANGUAGE plpgsql AS $$
        BEGIN SET TRANSACTION READ WRITE; DELETE FROM t; RETURN 1; END $$;
    CREATE FUNCTION write_in_a_block_of_its_own() RETURNS int LANGUAGE plpgsql AS $$
        BEGIN
            BEGIN PERFORM set_config('transaction_read_only', 'off', false); EXCEPTION WHEN OTHERS THEN NULL; END;
            BEGIN DELETE FROM t; EXCEPTION WHEN OTHERS THEN NULL; END;
            RETURN 1;
        END $$;
    CREATE PROCEDURE write_and_commit(INOUT done int) LANGUAGE plpgsql AS $$
        BEGIN COMMIT; DELETE FROM t; COMMIT; done := 1; END $$;";

/// Returns everything that statements could have changed.
async fn state(postgres: &Postgres) -> String {
    let database = postgres.connect().await.expect("a connection");
    let sql = "SELECT concat_ws(' ', (SELECT array_agg(a ORDER BY a) FROM t), (SELECT (last_value, is_called) FROM s),
        (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_roles),
        (SELECT count(*) FROM pg_largeobject_metadata), (SELECT count(*) FROM pg_prepared_xacts),
        (SELECT count(*) FROM pg_file_settings), (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'))";
    database.query_one(sql, &[]).await.expect("the state").get(0)
}

async fn run(fixture: &Fixture, function: &RuntimeApi, sql: &str) -> Value {
    let event = json!({"query": sql, "keyPrefix": "read-only"});
    let invocation = function.invoke(&event, PATIENCE).await.expect("an answer");
    fixture.leaves_only_objects().await;
    shows_no_secret(fixture, &invocation);
    response(&invocation).clone()
}

#[tokio::test]
async fn whatever_is_tried_the_database_stays_as_it_is() {
    let fixture = Fixture::start().await;
    let function = fixture.function(&[]).await;
    let postgres = &fixture.stack.postgres;
    postgres.execute("postgres", TABLES).await.expect("tables");
    let before = state(postgres).await;
    let file = "copy-to-program-was-here";

    let refused_first = [
        "SET TRANSACTION READ WRITE",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
        "BEGIN READ WRITE",
        "COMMIT",
        "COMMIT AND CHAIN",
        "ROLLBACK",
        "PREPARE TRANSACTION 'x'",
        "DELETE FROM t",
        "TRUNCATE t",
        "MERGE INTO t USING (SELECT 1 AS b) q ON a = b WHEN MATCHED THEN DELETE",
        "CREATE TABLE u AS TABLE t",
        "SELECT * INTO u FROM t",
        "COPY t TO STDOUT",
        &format!("COPY t TO PROGRAM 'cat > {file}'"),
        "COPY t FROM PROGRAM 'echo 4'",
        "DO $$ BEGIN DELETE FROM t; END $$",
        "NOTIFY n",
        "LOCK TABLE t",
        "VACUUM t",
        "ALTER SYSTEM SET work_mem = '1MB'",
        // More than one statement, hidden in texts that look like strings, comments and names.
        "COMMIT; DELETE FROM t",
        "SELECT 1; DELETE FROM t",
        "SELECT 1;; DELETE FROM t RETURNING a",
        "SELECT 1 /* ; */ ; DELETE FROM t",
        "SELECT 1 -- ;\n; DELETE FROM t",
        r"SELECT '\'; DELETE FROM t; --'",
        r"SELECT E'\\'; DELETE FROM t; --'",
        "SELECT U&'\\'; DELETE FROM t; --'",
        r#"SELECT 1 AS "a\"; DELETE FROM t; --""#,
        "SELECT $$a$$; DELETE FROM t; --$$",
        "SELECT $a$ $b$ $a$; DELETE FROM t; --$b$",
        "SELECT 1 AS a$$; DELETE FROM t; --$$",
        "SELECT 1 /* /* */ */; DELETE FROM t; /* */",
        "SELECT {fn concat('a', 'b')}; DELETE FROM t",
    ];
    for sql in refused_first {
        let answer = run(&fixture, &function, sql).await;
        assert_eq!(answer["body"]["errorType"], "QueryInvalid", "{sql}: {answer}");
        assert_eq!(answer["body"]["stage"], "query", "{sql}: {answer}");
    }
    let denied = [
        "WITH gone AS (DELETE FROM t RETURNING a) SELECT * FROM gone",
        "WITH new AS (INSERT INTO t VALUES (4) RETURNING a) TABLE new",
        "UPDATE t SET a = a + 10 RETURNING a",
        "INSERT INTO t VALUES (4) RETURNING a",
        "SELECT * FROM t FOR UPDATE",
        "SELECT write_by_plpgsql()",
        "SELECT * FROM write_by_sql()",
        "SELECT nextval('s')",
        "SELECT setval('s', 7)",
        "EXPLAIN ANALYZE DELETE FROM t",
        "SELECT query_to_xml('DELETE FROM t RETURNING a', true, true, '')",
    ];
    for sql in denied {
        let answer = run(&fixture, &function, sql).await;
        let error_type = &answer["body"]["errorType"];
        // A function that is called through XML may only read. Its refusal has an errorType of its own.
        assert!(error_type == "QueryDenied" || sql.contains("query_to_xml"), "{sql}: {answer}");
        assert_eq!(answer["statusCode"], 400, "{sql}: {answer}");
    }
    assert_eq!(state(postgres).await, before);
    // Changes that some versions of the server permit are rolled back with the transaction.
    for sql in [
        "SELECT set_config('transaction_read_only', 'off', false)",
        "SELECT set_config('transaction_read_only', 'off', true), write_by_plpgsql()",
        "SELECT set_config('default_transaction_read_only', 'off', false), set_config('role', 'postgres', false)",
        "SELECT write_after_a_change_of_mind()",
        "SELECT write_in_a_block_of_its_own()",
        "CALL write_and_commit(NULL)",
        "EXPLAIN ANALYZE CREATE TABLE u AS TABLE t",
        "SELECT lo_create(4711)",
        "SELECT lo_from_bytea(4712, 'x')",
        "SELECT pg_notify('n', 'x')",
        "SELECT pg_advisory_lock(1)",
        "/* ; DELETE FROM t; /* nested */ ; DELETE FROM t; */ SELECT ';' AS \"; DELETE FROM t\", $x$; DELETE FROM t$x$",
    ] {
        run(&fixture, &function, sql).await;
        assert_eq!(state(postgres).await, before, "{sql}");
    }
    let written = postgres.connect().await.expect("a connection");
    let sql = format!("SELECT (pg_stat_file('{file}', true)).size");
    let size: Option<i64> = written.query_one(&sql, &[]).await.expect("a look").get(0);
    assert_eq!(size, None, "COPY TO PROGRAM ran");
    // Only permitted statements have written an object; a run that is allowed to write changes something.
    let writing = fixture.function(&[("ALLOW_WRITES", "true")]).await;
    let answer = run(&fixture, &writing, "DELETE FROM t WHERE a = 3 RETURNING a").await;
    assert_eq!(answer["body"]["recordsProcessed"], 1, "{answer}");
    assert_ne!(state(postgres).await, before);
}

/// Runs the statements of docs/security.md.
fn documented_role() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/security.md");
    let text = std::fs::read_to_string(path).expect("the documentation");
    let (_, rest) = text.split_once("```sql\n").expect("statements");
    rest.split("```").next().expect("statements").to_owned()
}

#[tokio::test]
async fn the_documented_role_cannot_do_what_read_only_does_not_stop() {
    let fixture = Fixture::start().await;
    let postgres = &fixture.stack.postgres;
    postgres.create_database("shop").await.expect("a database");
    postgres
        .execute("shop", "CREATE EXTENSION dblink; CREATE TABLE users (id int); INSERT INTO users VALUES (1)")
        .await
        .expect("a table");
    postgres.execute("shop", TABLES).await.expect("tables");
    for statement in documented_role().split(";\n").filter(|statement| !statement.trim().is_empty()) {
        postgres.execute("shop", statement).await.expect("what the documentation says");
    }
    let sql = "ALTER ROLE exporter PASSWORD 'hunter2-never-shown'";
    postgres.execute("shop", sql).await.expect("a password");
    fixture
        .parameter(
            "/exporter",
            json!({"database": "shop", "username": "exporter", "password": "hunter2-never-shown"}),
        )
        .await;
    // Even if the function may write, the role may not.
    let function = fixture.function(&[("DB_CONFIG_PARAM", "/exporter"), ("ALLOW_WRITES", "true")]).await;
    let answer = run(&fixture, &function, "SELECT id FROM users").await;
    assert_eq!(answer["body"]["recordsProcessed"], 1, "{answer}");

    let other = postgres.connect().await.expect("a session of somebody else");
    let pid: i32 = other.query_one("SELECT pg_backend_pid()", &[]).await.expect("a pid").get(0);
    let beyond = [
        &format!("SELECT pg_terminate_backend({pid})"),
        &format!("SELECT pg_cancel_backend({pid})"),
        "SELECT pg_read_file('postgresql.conf')",
        "SELECT * FROM pg_ls_dir('.')",
        "SELECT lo_export(1, '/x')",
        "SELECT pg_reload_conf()",
        "SELECT pg_stat_reset()",
        "SELECT pg_create_physical_replication_slot('x')",
        "SELECT reach.dblink('dbname=shop', 'DELETE FROM t')",
        "SELECT reach.dblink_exec('dbname=shop', 'DELETE FROM t')",
        "SELECT a FROM t",
        "DELETE FROM users RETURNING id",
        "SELECT nextval('s')",
    ];
    for sql in beyond {
        let answer = run(&fixture, &function, sql).await;
        assert_eq!(answer["body"]["errorType"], "QueryDenied", "{sql}: {answer}");
    }
    let alive: i32 = other.query_one("SELECT pg_backend_pid()", &[]).await.expect("it lives").get(0);
    assert_eq!(alive, pid);
}
