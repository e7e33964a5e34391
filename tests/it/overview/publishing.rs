//! A finding is published once when it is new and once when it has ended. Page, state and history replace only the
//! overview's own objects.

use devstack::{HttpFault, Rule};
use serde_json::{Value, json};

use super::accounts::{Accounts, kinds};
use crate::fixture::{BUCKET, PATIENCE, response};

#[tokio::test]
async fn a_finding_is_published_when_it_comes_and_when_it_goes() {
    let accounts = Accounts::start(1).await;
    accounts.instance(0, "shop", &[("PubliclyAccessible", "true")]).await;
    let function = accounts.function().await;
    let event = accounts.event();

    let body = accounts.overview(&function, &event).await;
    assert_eq!(kinds(&body), ["public"]);
    assert_eq!((&body["appeared"], &body["published"]), (&json!(1), &json!(1)));
    assert_eq!(accounts.published(), ["Critical: Public address: shop"]);
    let message = String::from_utf8_lossy(&accounts.proxy.calls_of("sns", "Publish")[0].body).into_owned();
    assert!(message.contains("&MessageStructure=json&"), "{message}");
    assert!(message.contains("no-publicly-accessible"), "what to do: {message}");

    let body = accounts.overview(&function, &event).await;
    assert_eq!((kinds(&body), &body["published"]), (vec!["public"], &json!(0)));

    let fields =
        [("DBInstanceIdentifier", "shop"), ("PubliclyAccessible", "false"), ("ApplyImmediately", "true")];
    accounts.rds(0).query("rds", "ModifyDBInstance", &fields).await.expect("a change");
    let body = accounts.overview(&function, &event).await;
    assert_eq!((kinds(&body), &body["ended"]), (vec![], &json!(1)));
    accounts.overview(&function, &event).await;
    assert_eq!(accounts.published(), ["Critical: Public address: shop", "Ended: Public address: shop"]);
    assert_eq!(accounts.read("history.jsonl").await.lines().count(), 4);
    let state = accounts.state().await;
    assert_eq!(state["unpublished"], Value::Null, "all was told");
}

#[tokio::test]
async fn a_publication_that_is_refused_is_reported_and_repeated_later() {
    let accounts = Accounts::start(1).await;
    accounts.instance(0, "shop", &[("PubliclyAccessible", "true")]).await;
    let function = accounts.function().await;
    accounts.proxy.rule(Rule::first("sns", "Publish", 1, HttpFault::error(403, "AuthorizationError")));
    let invocation = function.invoke(accounts.event(), PATIENCE).await.expect("an answer");
    let answer = response(&invocation);
    assert_eq!(
        (&answer["statusCode"], &answer["body"]["errorType"]),
        (&json!(500), &json!("PublishFailed")),
        "{answer:#}"
    );
    assert!(answer["body"]["hint"].as_str().is_some_and(|hint| hint.contains("sns:Publish")), "{answer:#}");
    let mut state = accounts.state().await;
    assert_eq!(state["unpublished"][0]["changes"]["appeared"][0]["subject"], "shop");

    // A later run, when no other run can still be publishing.
    let past = (chrono::Utc::now() - chrono::Duration::hours(1)).to_rfc3339();
    state["unpublished"][0]["at"] = past.into();
    accounts.replace("overview.json", &state.to_string()).await;
    let body = accounts.overview(&function, &accounts.event()).await;
    assert_eq!((&body["appeared"], &body["published"]), (&json!(1), &json!(1)));
    assert_eq!(accounts.state().await["unpublished"], Value::Null);
}

#[tokio::test]
async fn of_two_runs_at_once_each_has_its_line_and_one_tells_what_is_new() {
    let accounts = Accounts::start(1).await;
    accounts.instance(0, "shop", &[("PubliclyAccessible", "true")]).await;
    let (one, other) = (accounts.function().await, accounts.function().await);
    let event = accounts.event();
    for round in 1..=3 {
        let (first, second) =
            tokio::join!(accounts.overview(&one, &event), accounts.overview(&other, &event));
        assert_ne!(first["requestId"], second["requestId"]);
        let history = accounts.read("history.jsonl").await;
        let mut ids: Vec<Value> = history
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["requestId"].clone())
            .collect();
        ids.sort_by_key(Value::to_string);
        ids.dedup();
        assert_eq!((history.lines().count(), ids.len()), (2 * round, 2 * round), "{history}");
    }
    assert_eq!(accounts.published().len(), 1, "{:?}", accounts.published());
}

#[tokio::test]
async fn what_others_wrote_is_not_replaced() {
    let accounts = Accounts::start(0).await;
    let function = accounts.function().await;
    for name in ["index.html", "overview.json", "history.jsonl"] {
        let folder = format!("of-{name}");
        let key = format!("{folder}/{name}");
        let account = accounts.fixture.stack.account_a();
        account.put_object(BUCKET, &key, b"another's").await.expect("an object");
        let event = json!({"action": "overview", "keyPrefix": folder});
        let invocation = function.invoke(event, PATIENCE).await.expect("an answer");
        let body = &response(&invocation)["body"];
        assert_eq!(body["errorType"], "ObjectExists", "{body:#}");
        assert_eq!(account.get_object(BUCKET, &key).await.expect("an object"), "another's");
    }
    assert!(accounts.published().is_empty());
}

#[tokio::test]
async fn an_event_publishes_where_the_operator_lets_it() {
    let accounts = Accounts::start(0).await;
    let function = accounts.function().await;
    let mut event = json!({"action": "overview", "topicArn": "arn:aws:sns:eu-central-1:111111111111:other"});
    let invocation = function.invoke(event.clone(), PATIENCE).await.expect("an answer");
    let body = &response(&invocation)["body"];
    assert_eq!(body["errorType"], "InvalidRequest", "{body:#}");
    assert!(body["error"].as_str().is_some_and(|error| error.contains("ALLOWED_TOPIC_ARNS")), "{body:#}");
    event["topicArn"] = accounts.topic.clone().into();
    accounts.overview(&function, &event).await;
}
