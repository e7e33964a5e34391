//! A role that may not be assumed, or cannot be.

use crate::fixture::{Fixture, PATIENCE};
use crate::outcome::{fails, names};
use devstack::{HttpFault, Rule};
use serde_json::json;

/// STS's own words, which are the same for a missing permission in A, a missing trust in B and a wrong external id.
const DENIED: &str = "User: arn:aws:sts::111111111111:assumed-role/extractor/extractor is not authorized to perform: \
    sts:AssumeRole on resource: arn:aws:iam::222222222222:role/CrossAccountRDSRole";

#[tokio::test]
async fn a_role_that_sts_does_not_give_ends_the_run_before_the_database() {
    let fixture = Fixture::start().await;
    let (function, proxy) = fixture.proxied(&[]).await;
    let error = |status, code, message| HttpFault::Error { status, code, message };
    // Whether trying again can help, and how often STS was asked.
    let table = [
        (error(403, "AccessDenied", DENIED), "AssumeRoleDenied", DENIED, false, 1),
        (error(400, "Throttling", "Rate exceeded"), "AssumeRoleFailed", "Rate exceeded", true, 3),
        (error(503, "ServiceUnavailable", "Busy"), "AssumeRoleFailed", "Busy", true, 3),
        (error(500, "InternalFailure", "Broken"), "AssumeRoleFailed", "Broken", true, 3),
        (error(403, "InvalidClientTokenId", "Unknown token"), "AssumeRoleFailed", "Unknown token", false, 1),
        (error(403, "ExpiredToken", "Too old"), "AssumeRoleFailed", "Too old", false, 1),
        (error(400, "ValidationError", "Not so"), "AssumeRoleFailed", "Not so", false, 1),
        (HttpFault::Reset, "AssumeRoleFailed", "could not be assumed", true, 3),
        (HttpFault::Truncate(40), "AssumeRoleFailed", "could not be assumed", true, 3),
    ];
    for (fault, error_type, words, retryable, calls) in table {
        proxy.clear();
        proxy.rule(Rule::every("sts", "AssumeRole", fault));
        let event = fixture.event("never.csv", "SELECT 1");
        let body = fails(&fixture, &function, &event, error_type, "credentials").await;
        names(&body, &[fixture.role.as_str(), words]);
        assert_eq!(body["retryable"], retryable, "{body}");
        assert_eq!(proxy.calls_of("sts", "AssumeRole").len(), calls, "{body}");
        // Neither S3 nor RDS was asked anything.
        assert!(proxy.calls().iter().all(|call| ["ssm", "sts"].contains(&call.service.as_str())));
        if error_type == "AssumeRoleDenied" {
            let hint = body["hint"].as_str().expect("a hint");
            for word in ["sts:AssumeRole", "account A", "account B", "external id"] {
                assert!(hint.contains(word), "{hint}");
            }
        }
    }
    // The process forgets nothing good and keeps nothing bad: with the proxy's faults gone it works.
    proxy.clear();
    let event = fixture.event("after.csv", "SELECT 1 AS one");
    function.invoke(&event, PATIENCE).await.expect("an answer");
    assert_eq!(fixture.object("after.csv").await.as_deref(), Some(b"\"one\"\n\"1\"\n".as_slice()));
}

/// A VPC's endpoint of STS serves the function's region, wherever the database is.
#[tokio::test]
async fn sts_is_asked_in_the_function_s_region_and_rds_in_the_database_s() {
    let fixture = Fixture::with_rds().await;
    let config = json!({"host": null, "port": null, "dbInstanceIdentifier": "far", "region": "eu-west-1"});
    fixture.parameter("/far", config).await;
    let mut event = fixture.event("far.csv", "SELECT 1");
    event["dbConfigParam"] = json!("/far");
    let extraction = ("rds", "DescribeDBInstances", event);
    let roles = json!([{"roleArn": fixture.role, "region": "eu-west-1"}]);
    let discovery = ("rds", "DescribeDBClusters", json!({"action": "discover", "roles": roles}));
    let overview =
        ("rds", "DescribeDBClusters", json!({"action": "overview", "roles": roles, "keyPrefix": "o"}));
    let mut diagnosis = extraction.clone();
    diagnosis.2["action"] = json!("diagnose");
    for (service, action, event) in [extraction, discovery, overview, diagnosis] {
        // One function would reuse the credentials of the event before.
        let (function, proxy) = fixture.proxied(&[]).await;
        function.invoke(&event, PATIENCE).await.expect("an answer");
        let regions = |service, action| {
            let calls = proxy.calls_of(service, action);
            let mut regions: Vec<_> = calls.iter().map(|call| call.region().to_owned()).collect();
            regions.dedup();
            regions
        };
        assert_eq!(regions("sts", "AssumeRole"), ["eu-central-1"], "{event}");
        assert_eq!(regions(service, action), ["eu-west-1"], "{event}");
    }
}
