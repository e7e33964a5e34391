//! A diagnosis says whether several readers can share what an event asks for.

use serde_json::{Value, json};

use crate::fixture::{Fixture, PATIENCE, response};

const TABLES: &str = "CREATE TABLE big AS SELECT g AS id, g % 7 AS k, repeat('x', 100) AS v FROM generate_series(1, 400000) g; \
    CREATE UNIQUE INDEX ON big (id); ANALYZE big; CREATE VIEW small AS SELECT * FROM big LIMIT 5; \
    CREATE ROLE few LOGIN PASSWORD 'few' CONNECTION LIMIT 2; GRANT SELECT ON big TO few; \
    CREATE SCHEMA s; CREATE TABLE s.empty (); CREATE TABLE s.other (a int); GRANT USAGE ON SCHEMA s TO few; \
    GRANT SELECT ON s.empty TO few";

#[tokio::test]
async fn of_an_event_with_parallelism() {
    let fixture = Fixture::start().await;
    let database = fixture.stack.postgres.connect().await.expect("a connection");
    database.batch_execute(TABLES).await.expect("tables");
    fixture.parameter("/few", json!({"username": "few", "password": "few"})).await;
    let function = fixture.function(&[]).await;
    let query = async |fields: Value| {
        let mut event = fixture.event("d.csv", "SELECT * FROM big");
        event["action"] = json!("diagnose");
        for (name, value) in fields.as_object().expect("fields") {
            event[name] = value.clone();
        }
        let invocation = function.invoke(event, PATIENCE).await.expect("an answer");
        let hops = response(&invocation)["body"]["hops"].as_array().expect("hops").clone();
        hops.into_iter().find(|hop| hop["hop"] == "query").expect("a hop")
    };
    let says = |hop: &Value, field: &str, words: &str| {
        assert!(hop[field].as_str().is_some_and(|text| text.contains(words)), "{hop}");
    };

    let table = query(json!({"query": null, "table": "big", "parallelism": 4})).await;
    assert_eq!(table["state"], "ok", "{table}");
    says(&table, "detail", "4 readers take 46 shares, the middle one of about");
    says(&table, "detail", "more connections are possible");
    let split = query(json!({"splitBy": "id", "parallelism": 2})).await;
    assert_eq!(split["state"], "ok", "{split}");
    says(&split, "detail", "2 readers take 8 shares, the middle one of about");

    let tables = query(json!({"query": null, "tables": ["public.big", "*.*"], "parallelism": 2})).await;
    assert_eq!(tables["state"], "ok", "{tables}");
    says(&tables, "detail", "3 tables with 4 columns and about 400000 rows on ");
    says(&tables, "detail", "more connections are possible");
    let denied =
        query(json!({"query": null, "tables": ["big", "s.*"], "parallelism": 4, "dbConfigParam": "/few"}))
            .await;
    assert_eq!(denied["state"], "warning", "{denied}");
    says(&denied, "cause", "Left out, since the user may not read them: s.other.");
    says(&denied, "cause", "4 readers need 3 more connections");

    let few = query(json!({"splitBy": "id", "parallelism": 4, "dbConfigParam": "/few"})).await;
    assert_eq!(few["state"], "warning", "{few}");
    says(&few, "cause", "4 readers need 3 more connections");
    for (fields, cause) in [
        (json!({"query": null, "table": "small", "parallelism": 2}), "`table` public.small is a view."),
        (json!({"query": null, "tables": ["small"]}), "public.small is a view."),
        (json!({"query": null, "tables": ["s.empty"], "format": "parquet"}), "Table s.empty:"),
        (json!({"query": "SELECT * FROM small", "splitBy": "id", "parallelism": 2}), "it has a LIMIT"),
        (json!({"splitBy": "k", "parallelism": 2}), "every reader would run the whole query"),
    ] {
        let hop = query(fields).await;
        assert_eq!(hop["state"], "failed", "{hop}");
        says(&hop, "cause", cause);
    }
}
