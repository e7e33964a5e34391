//! The settings that affect the text of a result: if a query, a user or a database sets others, the file is
//! the same or there is an error.

use serde_json::json;

use crate::command_line::{database, locally, output, without_aws};
use crate::fixture::{Fixture, PATIENCE, response};
use crate::outcome::fails;

#[tokio::test]
async fn a_query_that_changes_what_its_rows_are_written_by_fails() {
    let fixture = Fixture::start().await;
    let function = fixture.function(&[]).await;
    for (setting, value) in
        [("TimeZone", "Europe/Paris"), ("DateStyle", "German"), ("client_encoding", "LATIN1")]
    {
        let query = format!("SELECT set_config('{setting}', '{value}', false), now()");
        let failed =
            fails(&fixture, &function, &fixture.event("mixed.csv", &query), "QueryInvalid", "rows").await;
        assert!(failed["error"].as_str().is_some_and(|error| error.contains(setting)), "{failed}");
    }
    // A function with a setting for itself alone, one that changes nothing, and one that changes a setting of
    // the user.
    let functions = "
        CREATE FUNCTION in_paris() RETURNS text LANGUAGE sql SET TimeZone = 'Europe/Paris' AS $$
            SELECT '2024-07-01 12:00Z'::timestamptz::text $$";
    fixture.stack.postgres.execute("postgres", functions).await.expect("a function");
    let query = "SELECT in_paris() AS paris, set_config('TimeZone', 'UTC', false) AS zone,
        set_config('app.user', 'me', false) AS app";
    let invocation = function.invoke(&fixture.event("apart.csv", query), PATIENCE).await.expect("an answer");
    assert_eq!(response(&invocation)["statusCode"], 200, "{}", response(&invocation));
    let object = fixture.object("apart.csv").await.expect("an object");
    assert_eq!(
        String::from_utf8_lossy(&object),
        "\"paris\",\"zone\",\"app\"\n\"2024-07-01 14:00:00+02\",\"UTC\",\"me\"\n"
    );
}

#[tokio::test]
async fn where_backslashes_escape_a_string_with_one_is_refused() {
    let fixture = Fixture::start().await;
    let postgres = &fixture.stack.postgres;
    let user = postgres.superuser();
    let off = format!("ALTER ROLE \"{user}\" SET standard_conforming_strings = off");
    postgres.execute("postgres", &off).await.expect("a setting");
    let function = fixture.function(&[]).await;
    let event = json!({"query": r"SELECT 'it\'s ??' AS a"});
    let failed = fails(&fixture, &function, &event, "QueryInvalid", "query").await;
    let words = format!("{} {}", failed["error"], failed["hint"]);
    assert!(words.contains("standard_conforming_strings") && words.contains("E'…'"), "{words}");

    let event = fixture.event("escaped.csv", r"SELECT E'it\'s' AS a, 'plain' AS b");
    let invocation = function.invoke(&event, PATIENCE).await.expect("an answer");
    assert_eq!(response(&invocation)["statusCode"], 200, "{}", response(&invocation));
    let object = fixture.object("escaped.csv").await.expect("an object");
    assert_eq!(String::from_utf8_lossy(&object), "\"a\",\"b\"\n\"it's\",\"plain\"\n");
}

/// Values whose text by the server depends on a setting.
const TEXTS: &str = r"SELECT ARRAY[timestamptz '2024-07-01 12:00Z'] AS zone, ARRAY[date '2024-07-02'] AS date,
    ARRAY[0.1::float8 + 0.2] AS digits, decode('deadbeef', 'hex') AS bytes, chr(252) AS letter,
    interval '-1 day -02:00' AS span";
const JAVA: &str = r#""zone","date","digits","bytes","letter","span"
"{""2024-07-01 12:00:00+00""}","{2024-07-02}","{0.30000000000000004}","\xdeadbeef","ü","0 years 0 mons -1 days -2 hours 0 mins 0.0 secs"
"#;
const POSTGRES: &str = r#"zone,date,digits,bytes,letter,span
"{""2024-07-01 12:00:00+00""}",{2024-07-02},{0.30000000000000004},\xdeadbeef,ü,-1 days -02:00:00
"#;

const JSON_LINES: &str = r#"{"zone":["2024-07-01T12:00:00+00:00"],"date":["2024-07-02"],"digits":[0.30000000000000004],"bytes":"\\xdeadbeef","letter":"ü","span":"-1 days -02:00:00"}
"#;

#[tokio::test]
async fn a_file_does_not_depend_on_what_the_role_has_set() {
    let (postgres, folder) = database().await;
    for odd in [
        "TimeZone = 'Asia/Kolkata'",
        "DateStyle = 'German, DMY'",
        "extra_float_digits = -15",
        "bytea_output = 'escape'",
        "client_encoding = 'LATIN1'",
        "IntervalStyle = 'sql_standard'",
        "IntervalStyle = 'iso_8601'",
    ] {
        let set = format!("ALTER ROLE postgres RESET ALL; ALTER ROLE postgres SET {odd}");
        postgres.execute("postgres", &set).await.expect("a setting");
        for (flag, choice, file) in [
            ("--dialect", "java", JAVA),
            ("--dialect", "postgres", POSTGRES),
            ("--format", "jsonl", JSON_LINES),
        ] {
            let flags = ["--query", TEXTS, "--output", "-", flag, choice];
            let answer = output(without_aws(&postgres, folder.path(), &locally(&flags)));
            assert_eq!(String::from_utf8_lossy(&answer.stdout), file, "{odd}, {choice}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_lower_limit_of_the_role_s_own_stays() {
    let (postgres, folder) = database().await;
    for (own, limit) in [
        ("0", "BETWEEN '9 s' AND '17 s'"),
        ("'1min'", "BETWEEN '9 s' AND '17 s'"),
        ("'2d'", "BETWEEN '9 s' AND '17 s'"),
        ("5000", "= '5 s'"),
    ] {
        let set = format!("ALTER ROLE postgres SET statement_timeout = {own}");
        postgres.execute("postgres", &set).await.expect("a setting");
        let query = format!("SELECT current_setting('statement_timeout')::interval {limit} AS a");
        let flags = ["--query", &query, "--output", "-", "--timeout", "18"];
        let answer = output(without_aws(&postgres, folder.path(), &locally(&flags)));
        assert_eq!(String::from_utf8_lossy(&answer.stdout), "a\nt\n", "{own}: {answer:?}");
    }
}
