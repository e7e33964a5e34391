//! The meaning of the SQLSTATE of a failure: the table of docs/errors.md, and failures of a real server.

use rds_data_extractor::database::sqlstate::{OTHER, PARSING, SqlState, TABLE};

use crate::command_line::{body, database, locally, on_terminal, output, without_aws};
use crate::documentation::Section;

const SQLSTATES: Section = Section::new("docs/errors.md", "sqlstates");

#[test]
fn the_documentation_has_the_table() {
    let row = |codes: &str, conditions: &str, state: &SqlState| {
        let retryable = if state.retryable { "yes" } else { "no" };
        format!("| {codes} | {conditions} | {} | {retryable} |\n", state.error_type)
    };
    let listed = |state: &SqlState| row(&state.codes.join(", "), &state.conditions().join(", "), state);
    let mut table =
        "| SQLSTATE or class | condition | `errorType` | retryable |\n| --- | --- | --- | --- |\n".to_owned();
    table.extend(TABLE.iter().map(listed));
    table.push_str(&row(
        &format!("{} while the statement is parsed", PARSING.codes.join(", ")),
        &PARSING.conditions().join(", "),
        &PARSING,
    ));
    table.push_str(&row("all others", "", &OTHER));
    SQLSTATES.update(&table);
    assert_eq!(SQLSTATES.text(), table.trim(), "UPDATE_DOCS=1 writes the table again");
}

/// Conditions that last until somebody acts, each with a word of its hint, and some transient ones.
#[tokio::test]
async fn only_what_passes_by_itself_is_retryable() {
    let (postgres, folder) = database().await;
    let tables = "CREATE MATERIALIZED VIEW unfilled AS SELECT 1 AS a WITH NO DATA;
        CREATE SEQUENCE numbers; CREATE TABLE held (a int);
        ALTER ROLE postgres SET temp_file_limit = '64kB'; ALTER ROLE postgres SET lock_timeout = '100ms';
        ALTER ROLE postgres SET work_mem = '64kB'";
    postgres.execute("postgres", tables).await.expect("tables");
    let holder = postgres.connect().await.expect("a connection");
    holder.batch_execute("BEGIN; LOCK TABLE held").await.expect("a lock");
    for (query, sqlstate, retryable, hint) in [
        ("SELECT * FROM unfilled", "55000", false, "REFRESH MATERIALIZED VIEW"),
        ("SELECT currval('numbers')", "55000", false, "last_value"),
        ("SELECT lastval()", "55000", false, "last_value"),
        ("SELECT g FROM generate_series(1, 300000) g ORDER BY -g", "53400", false, "temp_file_limit"),
        ("SELECT * FROM held", "55P03", true, "lock"),
    ] {
        let answer =
            output(without_aws(&postgres, folder.path(), &locally(&["--query", query, "--output", "-"])));
        let body = body(&answer);
        let says = |field: &str, words: &str| body[field].as_str().is_some_and(|text| text.contains(words));
        assert!(says("error", &format!("SQLSTATE {sqlstate}")), "{query}: {body}");
        assert_eq!(body["retryable"], retryable, "{query}: {body}");
        assert!(says("hint", hint) && !says("hint", "max_standby"), "{query}: {body}");
    }
}

/// Statements with parameters, the parameter that does not fit, and its type. The rest of a run would fail
/// for other reasons.
const MISFITS: &[(&str, &str, &str, &str)] = &[
    ("SELECT $1::int, $2::date", r#"[1, "2024-02-30"]"#, "$2", "date"),
    ("SELECT $1::int, $2::timestamptz", r#"[1, "hunter2"]"#, "$2", "timestamp with time zone"),
    ("SELECT g FROM generate_series(1, 3) g WHERE g = $1", r#"["hunter2"]"#, "$1", "integer"),
    ("SELECT $1::int2", "[70000]", "$1", "smallint"),
    ("SELECT $1::numeric(4, 2), $2::uuid", r#"[1.5, "hunter2"]"#, "$2", "uuid"),
    ("SELECT $1::json", r#"["{hunter2"]"#, "$1", "json"),
    ("SELECT $1::int[]", r#"[["hunter2"]]"#, "$1", "integer[]"),
    ("SELECT $1::mood", r#"["hunter2"]"#, "$1", "mood"),
    ("SELECT $1::\"Short one\"", r#"["hunter2"]"#, "$1", "\"Short one\""),
    ("SELECT $1::checked", r#"["hunter2"]"#, "$1", "checked"),
    ("SELECT $1::regclass", r#"["hunter2"]"#, "$1", "regclass"),
    ("SELECT $1::text, $2::bytea", r#"["fits", "\\xhunter2"]"#, "$2", "bytea"),
];

#[tokio::test]
async fn a_parameter_that_does_not_fit_its_type_is_the_caller_s() {
    let (postgres, folder) = database().await;
    let types = "CREATE TYPE mood AS ENUM ('happy');
        CREATE DOMAIN \"Short one\" AS varchar(3) CHECK (length(value) < 3);
        CREATE FUNCTION check_it(text) RETURNS boolean LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'not %', $1 USING ERRCODE = 'P0001'; END $$;
        CREATE DOMAIN checked AS text CHECK (check_it(value));";
    postgres.execute("postgres", types).await.expect("types");
    postgres
        .execute("postgres", "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'")
        .await
        .expect("a database");
    let run = |database: &str, query: &str, params: &str| {
        let flags = ["--query", query, "--params", params, "--output", "-"];
        let arguments = [&["extract", "--user", "postgres", "--database", database], &flags[..]].concat();
        let answer = output(without_aws(&postgres, folder.path(), &arguments));
        let said = [&answer.stdout[..], &answer.stderr[..]].concat();
        assert!(!String::from_utf8_lossy(&said).contains("hunter2"), "{query}: {answer:?}");
        body(&answer)
    };
    for (query, params, number, type_name) in MISFITS {
        let body = run("postgres", query, params);
        let error = body["error"].as_str().unwrap_or_default();
        let begins = format!("The value of {number} in params does not fit its type, {type_name}: ");
        assert!(error.starts_with(&begins) && error.contains("(SQLSTATE "), "{query}: {body}");
        assert_eq!((&body["errorType"], &body["stage"]), (&"QueryInvalid".into(), &"query".into()), "{body}");
        assert_eq!(body["retryable"], false, "{body}");
        assert!(body["hint"].as_str().is_some_and(|hint| hint.contains(type_name)), "{body}");
    }
    // If progress is shown, the statement is planned before it runs.
    for (query, params, number, _) in MISFITS {
        let flags = ["--query", query, "--params", params, "--output", "never.csv"];
        let answer = on_terminal(&without_aws(&postgres, folder.path(), &locally(&flags)));
        let begins = format!("The value of {number} in params does not fit its type, ");
        assert!(answer["body"]["error"].as_str().is_some_and(|error| error.starts_with(&begins)), "{answer}");
    }
    let latin = run("latin", "SELECT $1::int AS n, $2::text AS t", r#"[1, "hunter\u0142"]"#);
    let error = latin["error"].as_str().unwrap_or_default();
    assert!(error.contains("$2") && error.contains("encoding"), "{latin}");
    // Parameters that fit, although something else fails.
    postgres.create_role("reader", "only-in-this-test").await.expect("a role");
    for (query, params, error_type) in [
        ("SELECT 1 / $1::int", "[0]", "QueryFailed"),
        ("SELECT $1::text::date", r#"["2024-02-30"]"#, "QueryFailed"),
        ("SELECT passwd FROM pg_shadow WHERE usename = $1", r#"["a"]"#, "QueryDenied"),
    ] {
        let flags = ["--query", query, "--params", params, "--output", "-"];
        let arguments = [&["extract", "--user", "reader", "--database", "postgres"], &flags[..]].concat();
        let mut command = without_aws(&postgres, folder.path(), &arguments);
        command.env("PGPASSWORD", "only-in-this-test");
        let body = body(&output(command));
        assert_eq!(body["errorType"], error_type, "{query}: {body}");
        assert!(body["error"].as_str().is_some_and(|error| !error.contains("params")), "{query}: {body}");
    }
}

/// A constant that does not fit is a mistake in the query, since no row was read.
#[tokio::test]
async fn a_constant_that_does_not_fit_is_the_caller_s() {
    let (postgres, folder) = database().await;
    for query in [
        "SELECT DATE '2024-02-30'",
        "SELECT 'a'::int",
        "SELECT 1 WHERE now() > 'hunter2'",
        "SELECT '{'::json",
    ] {
        let answer =
            output(without_aws(&postgres, folder.path(), &locally(&["--query", query, "--output", "-"])));
        let body = body(&answer);
        assert_eq!(
            (&body["errorType"], &body["stage"]),
            (&"QueryInvalid".into(), &"query".into()),
            "{query}: {body}"
        );
        assert!(body["hint"].as_str().is_some_and(|hint| hint.starts_with("A constant")), "{query}: {body}");
    }
}
