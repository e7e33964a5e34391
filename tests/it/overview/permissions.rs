//! The calls that are made are the same as those that docs/overview.md lists and those that the modules'
//! policies allow.

use std::collections::BTreeSet;

use devstack::{ACCOUNT_A, Call};
use serde_json::json;

use super::accounts::Accounts;
use crate::documents;
use crate::fixture::{BUCKET, PATIENCE, response};

type Actions = BTreeSet<String>;

/// Returns all words between these quotes that are actions of policies, such as `s3:GetObject`.
fn actions(text: &str, quote: char) -> Actions {
    let is_action = |word: &&str| {
        word.split_once(':').is_some_and(|(service, action)| {
            service.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
                && action.starts_with(|first: char| first.is_ascii_uppercase())
                && action.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
    };
    text.split(quote).filter(is_action).map(str::to_owned).collect()
}

/// Returns the actions of a module's policy for calls of the program itself. Lambda writes the log, and S3
/// and SNS use the key.
fn policy(module: &str, end: &str) -> Actions {
    let text = documents::read(format!("terraform/modules/{module}/main.tf"));
    let text = text.split_once("policy = {").expect("a policy").1.split_once(end).expect("its end").0;
    let mut actions = actions(text, '"');
    actions.retain(|action| !action.starts_with("logs:") && !action.starts_with("kms:"));
    actions
}

/// Returns the action that a policy must allow for a call.
fn needed(call: &Call) -> String {
    let service = if call.service == "monitoring" { "cloudwatch" } else { &call.service };
    let action = match call.action.as_str() {
        "HeadObject" => "GetObject",
        "ListObjectsV2" => "ListBucket",
        action => action,
    };
    format!("{service}:{action}")
}

/// Returns the calls with the function's own credentials, and those with a role's.
fn called(accounts: &Accounts) -> (Actions, Actions) {
    let calls = accounts.proxy.calls();
    let assumed: String = accounts
        .proxy
        .calls_of("sts", "AssumeRole")
        .iter()
        .map(|call| String::from_utf8_lossy(&call.answer).into_owned())
        .collect();
    let of_a_role = |call: &&Call| assumed.contains(&format!("<AccessKeyId>{}<", call.access_key()));
    let (of_roles, own): (Vec<&Call>, Vec<&Call>) = calls.iter().partition(of_a_role);
    (own.into_iter().map(needed).collect(), of_roles.into_iter().map(needed).collect())
}

#[tokio::test]
async fn calls_documents_and_policies_name_the_same_actions() {
    let role = policy("overview_role", "resource \"aws_iam_role\"");
    let function = policy("overview", "resource \"aws_sns_topic\"");
    let text = documents::read("docs/overview.md");
    let text = text.split_once("## Permissions").expect("a heading").1;
    let text = text.split_once("With a customer key").expect("a sentence").0;
    let (of_roles, own) = text.split_once("In the function's account:").expect("two tables");
    assert_eq!(actions(of_roles, '`'), role, "docs/overview.md and the module overview_role");
    let with_roles: Actions = function.iter().filter(|action| !action.starts_with("rds:")).cloned().collect();
    assert_eq!(actions(own, '`'), with_roles, "docs/overview.md and the module overview");
    assert!(role.is_subset(&function), "without roles the function asks what a role does");

    let accounts = Accounts::start(1).await;
    accounts.instance(0, "shop", &[("PubliclyAccessible", "true")]).await;
    accounts.runs("orders-export", "Success", 30, 2.0).await;
    let a = accounts.fixture.stack.account_a();
    let ours = [("extraction-id", "1")];
    a.put_object_with(BUCKET, "exports/ones/a.csv", b"1", &ours).await.expect("an object");
    let manifest = br#"{"rows": 1}"#;
    a.put_object_with(BUCKET, "sets/a/_manifest.json", manifest, &ours).await.expect("an object");
    accounts.proxy.clear();
    accounts.pend(None);
    let runtime = accounts.function().await;
    accounts.overview(&runtime, &accounts.event()).await;
    let (own, of_roles) = called(&accounts);
    assert_eq!(of_roles, role, "called as the role");
    assert_eq!(own, with_roles, "called as the function, with roles");

    // Without roles, it queries its own account.
    let moto = accounts.fixture.stack.moto.as_ref().expect("the RDS API").account(ACCOUNT_A);
    let fields = [
        ("DBInstanceIdentifier", "own"),
        ("Engine", "postgres"),
        ("DBInstanceClass", "db.t4g.medium"),
        ("AllocatedStorage", "100"),
        ("MasterUsername", "postgres"),
        ("MasterUserPassword", "unused-here"),
        ("PubliclyAccessible", "true"),
    ];
    moto.query("rds", "CreateDBInstance", &fields).await.expect("an instance");
    accounts.proxy.clear();
    accounts.pend(None);
    let event = json!({"action": "overview", "keyPrefix": "own-account"});
    let invocation = runtime.invoke(event, PATIENCE).await.expect("an answer");
    assert_eq!(response(&invocation)["statusCode"], 200);
    let (own, of_roles) = called(&accounts);
    assert_eq!(of_roles, Actions::new());
    let without_roles: Actions = function.into_iter().filter(|action| action != "sts:AssumeRole").collect();
    assert_eq!(own, without_roles, "called as the function, without roles");
}
