//! An account or a region that cannot be queried is named on the page and does not affect the rest.

use devstack::{HttpFault, Rule, RuntimeApi};
use serde_json::{Value, json};

use super::accounts::{Accounts, kinds};
use crate::fixture::{PATIENCE, response};

#[tokio::test]
async fn a_role_that_fails_hides_nothing_and_ends_nothing() {
    let accounts = Accounts::start(2).await;
    accounts.instance(0, "shop", &[]).await;
    accounts.instance(1, "crm", &[("PubliclyAccessible", "true")]).await;
    let function = accounts.function().await;
    let body = accounts.overview(&function, &accounts.event()).await;
    assert_eq!(kinds(&body), ["public"]);

    accounts.proxy.rule(
        Rule::every("sts", "AssumeRole", HttpFault::error(403, "AccessDenied")).with_body("333333333333"),
    );
    // The role's credentials are cached until they expire.
    function.restart().await;
    let body = accounts.overview(&function, &accounts.event()).await;
    assert_eq!((&body["databases"], kinds(&body)), (&json!(1), vec!["unreachable", "public"]));
    assert_eq!((&body["ended"], &body["failures"]), (&json!(0), &json!(1)));
    let page = accounts.read("index.html").await;
    assert!(page.contains("may not be assumed") && page.contains("not checked this time"));
    assert!(page.contains("<bdi>shop</bdi>"));
}

#[tokio::test]
async fn throttling_is_waited_for_and_said_where_it_lasts() {
    let accounts = Accounts::start(1).await;
    accounts.instance(0, "shop", &[]).await;
    accounts.figures(0, "shop", "CPUUtilization", &[95.0; 8]).await;
    let function = accounts.function().await;
    let throttled = || HttpFault::Error { status: 400, code: "Throttling", message: "Rate exceeded" };
    accounts.proxy.rule(Rule::first("rds", "DescribeDBInstances", 2, throttled()));
    accounts.proxy.rule(Rule::first("monitoring", "GetMetricData", 2, throttled()));
    let body = accounts.overview(&function, &accounts.event()).await;
    assert_eq!((&body["databases"], &body["failures"], kinds(&body)), (&json!(1), &json!(0), vec!["cpu"]));

    accounts.proxy.clear();
    accounts.pend(None);
    accounts.proxy.rule(Rule::every("monitoring", "GetMetricData", throttled()));
    let body = accounts.overview(&function, &accounts.event()).await;
    assert_eq!(kinds(&body), ["unreachable", "cpu"], "what could not be looked at stands");
    let page = accounts.read("index.html").await;
    assert!(page.contains("Rate exceeded") && page.contains("too many calls at a time"), "{page}");
}

#[tokio::test]
async fn a_region_without_access_is_named_and_hides_no_other() {
    const REGION: &str = "ap-southeast-3";
    let accounts = Accounts::start(1).await;
    accounts.instance(0, "shop", &[]).await;
    // RDS's answer in a region that the account has not enabled.
    let unknown = || HttpFault::error(403, "InvalidClientTokenId");
    accounts.proxy.rule(Rule::every("rds", "*", unknown()).in_region(REGION));
    accounts.pend(None);
    let function = accounts.function().await;
    let role = &accounts.roles[0];
    let mut event = accounts.event();
    event["roles"] = json!([{"roleArn": role}, {"roleArn": role, "region": REGION}]);
    let body = accounts.overview(&function, &event).await;
    assert_eq!((&body["databases"], kinds(&body)), (&json!(1), vec!["unreachable"]), "{body:#}");
    assert_eq!(body["findings"][0]["region"], REGION, "{body:#}");
    let page = accounts.read("index.html").await;
    assert!(page.contains("<bdi>shop</bdi>") && page.contains(REGION), "{page}");
    assert!(page.contains("aws account enable-region"), "{page}");
}

#[tokio::test]
async fn each_call_can_be_refused_by_itself() {
    let accounts = Accounts::start(1).await;
    accounts.instance(0, "shop", &[("PubliclyAccessible", "true")]).await;
    let function = accounts.function().await;
    for (service, action, permission) in [
        ("rds", "DescribeDBClusters", "rds:DescribeDBClusters"),
        ("rds", "DescribePendingMaintenanceActions", "rds:DescribePendingMaintenanceActions"),
        ("monitoring", "GetMetricData", "cloudwatch:GetMetricData"),
        ("monitoring", "ListMetrics", "cloudwatch:ListMetrics"),
    ] {
        accounts.proxy.clear();
        accounts.proxy.rule(Rule::every(service, action, HttpFault::error(403, "AccessDenied")));
        accounts.pend(None);
        let body = accounts.overview(&function, &accounts.event()).await;
        assert_eq!(body["databases"], 1, "{action}: {body:#}");
        assert!(body["failures"].as_u64() >= Some(1), "{action}: {body:#}");
        let page = accounts.read("index.html").await;
        assert!(page.contains(&format!("Grant {permission}")), "{action}");
    }
}

#[tokio::test]
async fn where_nothing_answers_yesterdays_page_stays() {
    let accounts = Accounts::start(1).await;
    accounts.instance(0, "shop", &[]).await;
    let function = accounts.function().await;
    accounts.overview(&function, &accounts.event()).await;
    let before = accounts.read("index.html").await;
    accounts.proxy.rule(Rule::every("rds", "*", HttpFault::error(403, "AccessDenied")));
    let answer = fails(&function, &accounts.event()).await;
    assert_eq!(answer["errorType"], "DescribeDenied", "{answer:#}");
    assert_eq!(accounts.read("index.html").await, before);
}

async fn fails(function: &RuntimeApi, event: &Value) -> Value {
    let invocation = function.invoke(event.clone(), PATIENCE).await.expect("an answer");
    let answer = response(&invocation).clone();
    assert_ne!(answer["statusCode"], 200, "{answer:#}");
    answer["body"].clone()
}
