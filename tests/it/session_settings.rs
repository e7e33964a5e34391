//! The settings that a result is written by: a query, a user or a database that has others never gets another file
//! without a word.

use serde_json::json;

use crate::bed::{Bed, PATIENCE, response};
use crate::outcome::fails;

#[tokio::test]
async fn a_query_that_changes_what_its_rows_are_written_by_fails() {
    let bed = Bed::start().await;
    let function = bed.function(&[]).await;
    for (setting, value) in
        [("TimeZone", "Europe/Paris"), ("DateStyle", "German"), ("client_encoding", "LATIN1")]
    {
        let query = format!("SELECT set_config('{setting}', '{value}', false), now()");
        let failed = fails(&bed, &function, &bed.event("mixed.csv", &query), "QueryInvalid", "rows").await;
        assert!(failed["error"].as_str().is_some_and(|error| error.contains(setting)), "{failed}");
    }
    // A function that has a setting for itself alone, one that changes nothing, and one that is the user's own affair.
    let functions = "
        CREATE FUNCTION in_paris() RETURNS text LANGUAGE sql SET TimeZone = 'Europe/Paris' AS $$
            SELECT '2024-07-01 12:00Z'::timestamptz::text $$";
    bed.stack.postgres.execute("postgres", functions).await.expect("a function");
    let query = "SELECT in_paris() AS paris, set_config('TimeZone', 'UTC', false) AS zone,
        set_config('app.user', 'me', false) AS app";
    let invocation = function.invoke(&bed.event("apart.csv", query), PATIENCE).await.expect("an answer");
    assert_eq!(response(&invocation)["statusCode"], 200, "{}", response(&invocation));
    let object = bed.object("apart.csv").await.expect("an object");
    assert_eq!(
        String::from_utf8_lossy(&object),
        "\"paris\",\"zone\",\"app\"\n\"2024-07-01 14:00:00+02\",\"UTC\",\"me\"\n"
    );
}

#[tokio::test]
async fn where_backslashes_escape_a_string_with_one_is_refused() {
    let bed = Bed::start().await;
    let postgres = &bed.stack.postgres;
    let user = postgres.superuser();
    let off = format!("ALTER ROLE \"{user}\" SET standard_conforming_strings = off");
    postgres.execute("postgres", &off).await.expect("a setting");
    let function = bed.function(&[]).await;
    let event = json!({"query": r"SELECT 'it\'s ??' AS a"});
    let failed = fails(&bed, &function, &event, "QueryInvalid", "query").await;
    let words = format!("{} {}", failed["error"], failed["hint"]);
    assert!(words.contains("standard_conforming_strings") && words.contains("E'…'"), "{words}");

    let event = bed.event("escaped.csv", r"SELECT E'it\'s' AS a, 'plain' AS b");
    let invocation = function.invoke(&event, PATIENCE).await.expect("an answer");
    assert_eq!(response(&invocation)["statusCode"], 200, "{}", response(&invocation));
    let object = bed.object("escaped.csv").await.expect("an object");
    assert_eq!(String::from_utf8_lossy(&object), "\"a\",\"b\"\n\"it's\",\"plain\"\n");
}
