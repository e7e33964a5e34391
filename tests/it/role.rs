//! The region in which the role is assumed.

use serde_json::json;

use crate::fixture::{Fixture, PATIENCE};

/// An interface endpoint of STS serves the function's region, whatever the region of the database.
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
        // One function would reuse the credentials of the previous event.
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
