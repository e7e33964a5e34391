//! What cannot be asked stands on the page, and hides nothing else.

use devstack::{HttpFault, Rule, RuntimeApi};
use serde_json::{Value, json};

use super::world::{World, kinds};
use crate::bed::{PATIENCE, response};

#[tokio::test]
async fn a_role_that_fails_hides_nothing_and_ends_nothing() {
    let world = World::start(2).await;
    world.instance(0, "shop", &[]).await;
    world.instance(1, "crm", &[("PubliclyAccessible", "true")]).await;
    let function = world.function().await;
    let body = world.overview(&function, &world.event()).await;
    assert_eq!(kinds(&body), ["public"]);

    world.proxy.rule(
        Rule::every("sts", "AssumeRole", HttpFault::error(403, "AccessDenied")).with_body("333333333333"),
    );
    // The role's credentials are kept as long as they last.
    function.restart().await;
    let body = world.overview(&function, &world.event()).await;
    assert_eq!((&body["databases"], kinds(&body)), (&json!(1), vec!["unreachable", "public"]));
    assert_eq!((&body["ended"], &body["failures"]), (&json!(0), &json!(1)));
    let page = world.read("index.html").await;
    assert!(page.contains("may not be assumed") && page.contains("not checked this time"));
    assert!(page.contains("<bdi>shop</bdi>"));
}

#[tokio::test]
async fn throttling_is_waited_for_and_said_where_it_lasts() {
    let world = World::start(1).await;
    world.instance(0, "shop", &[]).await;
    world.figures(0, "shop", "CPUUtilization", &[95.0; 8]).await;
    let function = world.function().await;
    let throttled = || HttpFault::Error { status: 400, code: "Throttling", message: "Rate exceeded" };
    world.proxy.rule(Rule::first("rds", "DescribeDBInstances", 2, throttled()));
    world.proxy.rule(Rule::first("monitoring", "GetMetricData", 2, throttled()));
    let body = world.overview(&function, &world.event()).await;
    assert_eq!((&body["databases"], &body["failures"], kinds(&body)), (&json!(1), &json!(0), vec!["cpu"]));

    world.proxy.clear();
    world.pend(None);
    world.proxy.rule(Rule::every("monitoring", "GetMetricData", throttled()));
    let body = world.overview(&function, &world.event()).await;
    assert_eq!(kinds(&body), ["unreachable", "cpu"], "what could not be looked at stands");
    let page = world.read("index.html").await;
    assert!(page.contains("Rate exceeded") && page.contains("too many calls at a time"), "{page}");
}

#[tokio::test]
async fn a_region_without_access_is_named_and_hides_no_other() {
    const REGION: &str = "ap-southeast-3";
    let world = World::start(1).await;
    world.instance(0, "shop", &[]).await;
    // What RDS answers in a region that the account has not enabled.
    let unknown = || HttpFault::error(403, "InvalidClientTokenId");
    world.proxy.rule(Rule::every("rds", "*", unknown()).in_region(REGION));
    world.pend(None);
    let function = world.function().await;
    let role = &world.roles[0];
    let mut event = world.event();
    event["roles"] = json!([{"roleArn": role}, {"roleArn": role, "region": REGION}]);
    let body = world.overview(&function, &event).await;
    assert_eq!((&body["databases"], kinds(&body)), (&json!(1), vec!["unreachable"]), "{body:#}");
    assert_eq!(body["findings"][0]["region"], REGION, "{body:#}");
    let page = world.read("index.html").await;
    assert!(page.contains("<bdi>shop</bdi>") && page.contains(REGION), "{page}");
    assert!(page.contains("aws account enable-region"), "{page}");
}

#[tokio::test]
async fn each_call_can_be_refused_by_itself() {
    let world = World::start(1).await;
    world.instance(0, "shop", &[("PubliclyAccessible", "true")]).await;
    let function = world.function().await;
    for (service, action, permission) in [
        ("rds", "DescribeDBClusters", "rds:DescribeDBClusters"),
        ("rds", "DescribePendingMaintenanceActions", "rds:DescribePendingMaintenanceActions"),
        ("monitoring", "GetMetricData", "cloudwatch:GetMetricData"),
        ("monitoring", "ListMetrics", "cloudwatch:ListMetrics"),
    ] {
        world.proxy.clear();
        world.proxy.rule(Rule::every(service, action, HttpFault::error(403, "AccessDenied")));
        world.pend(None);
        let body = world.overview(&function, &world.event()).await;
        assert_eq!(body["databases"], 1, "{action}: {body:#}");
        assert!(body["failures"].as_u64() >= Some(1), "{action}: {body:#}");
        let page = world.read("index.html").await;
        assert!(page.contains(&format!("Grant {permission}")), "{action}");
    }
}

#[tokio::test]
async fn where_nothing_answers_yesterdays_page_stays() {
    let world = World::start(1).await;
    world.instance(0, "shop", &[]).await;
    let function = world.function().await;
    world.overview(&function, &world.event()).await;
    let before = world.read("index.html").await;
    world.proxy.rule(Rule::every("rds", "*", HttpFault::error(403, "AccessDenied")));
    let answer = fails(&function, &world.event()).await;
    assert_eq!(answer["errorType"], "DescribeDenied", "{answer:#}");
    assert_eq!(world.read("index.html").await, before);
}

async fn fails(function: &RuntimeApi, event: &Value) -> Value {
    let invocation = function.invoke(event.clone(), PATIENCE).await.expect("an answer");
    let answer = response(&invocation).clone();
    assert_ne!(answer["statusCode"], 200, "{answer:#}");
    answer["body"].clone()
}
