//! Steps that check the function's calls of AWS, as the proxy in front of AWS recorded them.

use cucumber::then;
use devstack::Call;

use super::World;

#[then("AWS was not called")]
fn nothing(world: &mut World) {
    let calls: Vec<_> =
        world.aws.calls().iter().map(|call| format!("{} {}", call.service, call.action)).collect();
    assert!(calls.is_empty(), "{calls:?}");
}

#[then(regex = r"^(s3|ssm|sts|rds|secretsmanager) was (not )?asked for (\w+)$")]
fn asked(world: &mut World, service: String, not: String, action: String) {
    assert_eq!(world.aws.calls_of(&service, &action).is_empty(), !not.is_empty());
}

#[then(regex = r#"^(s3|ssm|sts|rds|secretsmanager) was asked for (\w+) with "(.*)"$"#)]
fn asked_with(world: &mut World, service: String, action: String, words: String) {
    let words = words.replace("{requestId}", &world.run().invocation.request_id);
    let calls = world.aws.calls_of(&service, &action);
    let bodies: Vec<_> = calls.iter().map(|call| world.words.told(&said(call))).collect();
    assert!(bodies.iter().any(|body| body.contains(&words)), "{bodies:?}");
}

#[then(regex = r#"^(s3|ssm|sts|rds|secretsmanager) was asked for (\w+) without "(.*)"$"#)]
fn asked_without(world: &mut World, service: String, action: String, words: String) {
    let calls = world.aws.calls_of(&service, &action);
    assert!(!calls.is_empty() && calls.iter().all(|call| !said(call).contains(&words)), "{calls:?}");
}

#[then(regex = r"^(s3|ssm|sts|rds|secretsmanager) was asked for (\w+) (once|twice)$")]
fn asked_often(world: &mut World, service: String, action: String, often: String) {
    let expected = if often == "once" { 1 } else { 2 };
    assert_eq!(world.aws.calls_of(&service, &action).len(), expected);
}

#[then(regex = r#"^every call of S3 names the bucket's owner "(.*)"$"#)]
fn names_owner(world: &mut World, owner: String) {
    let owner = world.words.real(&owner);
    let calls: Vec<_> = world.aws.calls().into_iter().filter(|call| call.service == "s3").collect();
    assert!(!calls.is_empty());
    for call in calls {
        assert_eq!(call.header("x-amz-expected-bucket-owner"), owner, "{}", call.action);
    }
}

#[then("the token names the database, the user and the region, and is no secret of the log")]
fn token(world: &mut World) {
    let proxy = world.iam.as_ref().expect("a database that logs in by IAM");
    let logins = proxy.logins();
    let token = &logins.last().expect("a login").token;
    for part in [
        &format!("localhost:{}/?", proxy.port()),
        "Action=connect",
        "DBUser=iam_reader",
        "%2Feu-central-1%2Frds-db%2F",
    ] {
        assert!(token.contains(part), "{part} is not in {token}");
    }
    let signature = token.split_once("X-Amz-Signature=").expect("a signature").1.to_owned();
    world.secrets.push(signature);
}

/// Returns the body of a call, with the common escapes of a form decoded.
fn said(call: &Call) -> String {
    let body = String::from_utf8_lossy(&call.body);
    body.replace("%3A", ":").replace("%2F", "/").replace("%40", "@").replace("%2B", "+").replace("%3D", "=")
}
