//! Every event of examples/events, and every event that the documents show, run by the real binary.

use std::path::Path;

use devstack::{ACCOUNT_B, IamProxy, PostgresOptions, StackOptions};
use serde_json::{Value, json};

use crate::documents::events_in_documents;
use crate::fixture::{Fixture, PARAMETER, PATIENCE, ROLE};

const TABLES: &str = "
    CREATE TABLE users AS SELECT g AS id, 'User ' || g AS name, 'active' AS status FROM generate_series(1, 9) g;
    CREATE TABLE orders AS SELECT g AS id, (g * 1000.10)::numeric(12, 2) AS amount, 'paid' AS status, NULL::text AS note,
        timestamptz '2024-11-30' + g * interval '1 day' AS created_at FROM generate_series(1, 9) g;
    CREATE TABLE items AS SELECT * FROM orders;
    CREATE SCHEMA sales; CREATE TABLE sales.orders AS SELECT id, amount AS total, 'DE' AS country FROM orders;
    CREATE TABLE sales.items AS SELECT * FROM orders;
    ALTER TABLE sales.items ADD COLUMN txid xid8 NOT NULL DEFAULT pg_current_xact_id();
    GRANT SELECT ON ALL TABLES IN SCHEMA public TO iam_reader";

/// Returns every event of the folder with its file's name.
fn examples() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/events");
    let mut events: Vec<_> = std::fs::read_dir(folder)
        .expect("examples")
        .map(|entry| {
            let path = entry.expect("a file").path();
            let text = std::fs::read_to_string(&path).expect("an event");
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name.clone(), serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}")))
        })
        .collect();
    events.sort_by(|a, b| a.0.cmp(&b.0));
    events
}

#[tokio::test]
async fn every_event_that_is_shown_runs() {
    let hba = vec!["host all iam_reader all trust".to_owned()];
    let postgres = PostgresOptions { hba, ..PostgresOptions::default() };
    let fixture = Fixture::start_with(StackOptions { postgres, ..StackOptions::default() }).await;
    let stack = &fixture.stack;
    stack.postgres.create_role("iam_reader", "never used").await.expect("a role");
    stack.postgres.execute("postgres", TABLES).await.expect("tables");
    let certificate = stack.postgres.authority().issue(&["localhost"]).expect("a certificate");
    let tokens = IamProxy::start(stack.postgres.port(), &certificate).await.expect("a proxy");

    let rds = stack.rds_b().expect("the RDS API");
    rds.create_db_instance("shop", "postgres").await.expect("an instance");
    fixture.parameter(PARAMETER, json!({"host": null, "port": null, "dbInstanceIdentifier": "shop"})).await;
    let iam = json!({"port": tokens.port(), "username": "iam_reader", "password": null, "auth": "iam"});
    fixture.parameter("/cross-account/reporting-iam", iam).await;
    let monthly =
        "SELECT * FROM orders WHERE created_at >= $1::date AND created_at < $1::date + interval '1 month'";
    let account = stack.account_a();
    account.put_parameter("/exports/queries/monthly-orders", monthly, "String").await.expect("a parameter");

    let role = [("ACCOUNT_B_ID", ACCOUNT_B), ("CROSS_ACCOUNT_ROLE_NAME", ROLE)];
    let function = fixture.function(&role).await;
    let events = examples().into_iter().chain(events_in_documents());
    let mut wrong = Vec::new();
    for (name, event) in events {
        let invocation = function.invoke(&event, PATIENCE).await.expect("an answer");
        let fine = invocation.result.as_ref().is_ok_and(|answer| {
            answer["statusCode"] == 200 || answer["batchItemFailures"].as_array().is_some_and(Vec::is_empty)
        });
        if !fine {
            wrong.push(format!(
                "{name}: {event}\n  {:?}\n  {}",
                invocation.result,
                invocation.logs.join("\n  ")
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(tokens.logins().len(), 1);
}
