//! The function as Lambda runs it, with a name server of its own, and moto's RDS API and load balancer, whose targets
//! have the states that AWS gives them.

mod world;

use std::net::Ipv4Addr;
use std::time::Duration;

use devstack::{HttpFault, NameServer, Rule, in_own_network};
use serde_json::{Value, json};
use tokio::time::sleep;

use world::{ORDERS, World, address, addresses, event, line};

/// Without root, runs the test once more in a network in which it may listen on port 53.
async fn has_run_elsewhere(test: &str) -> bool {
    let elsewhere = !NameServer::is_possible();
    if elsewhere {
        in_own_network(test).await.expect("the test");
    }
    elsewhere
}

#[tokio::test]
async fn the_group_follows_an_instance_whose_address_changes() {
    if has_run_elsewhere("the_group_follows_an_instance_whose_address_changes").await {
        return;
    }
    let world = World::start(&[("DB_INSTANCE_IDENTIFIER", "orders")]).await;
    world.balancer.takes(1, 2);
    world.names.set(ORDERS, &[address(5)]);
    let first = world.scheduled().await;
    assert_eq!(first["outcome"], "agrees", "{first}");
    assert!(
        first["message"].as_str().is_some_and(|said| said.starts_with("Registered 10.1.0.5.")),
        "{first}"
    );
    world.scheduled().await;
    let second = world.scheduled().await;
    assert_eq!(second["message"], "10.1.0.5 is registered, as wanted.");

    // The schedule: a step a minute, until the new target is healthy.
    world.names.set(ORDERS, &[address(6)]);
    let pending = world.scheduled().await;
    assert_eq!(
        (&pending["outcome"], &pending["registered"]),
        (&json!("pending"), &json!(["10.1.0.5", "10.1.0.6"]))
    );
    assert_eq!(world.scheduled().await["outcome"], "pending");
    let last = world.scheduled().await;
    assert_eq!((&last["outcome"], &last["registered"]), (&json!("agrees"), &json!(["10.1.0.6"])), "{last}");

    // It comes back while it is still being drained.
    world.names.set(ORDERS, &[address(5)]);
    assert_eq!(world.scheduled().await["registered"], json!(["10.1.0.5", "10.1.0.6"]));
    world.until_agrees().await;

    // RDS reports the failover before the name leads elsewhere: the run watches until it has changed.
    let flip = async {
        sleep(Duration::from_secs(2)).await;
        world.names.set(ORDERS, &[address(7)]);
    };
    let (invocation, ()) = tokio::join!(world.invoke(event(0)), flip);
    let line = line(&invocation);
    assert_eq!((&line["outcome"], &line["registered"]), (&json!("agrees"), &json!(["10.1.0.7"])), "{line}");
    assert_eq!(
        (&line["registeredNow"], &line["deregisteredNow"]),
        (&json!(["10.1.0.7"]), &json!(["10.1.0.5"]))
    );
    assert_eq!(
        (&line["Wanted"], &line["Registered"], &line["Healthy"]),
        (&json!(1), &json!(1), &json!(1)),
        "{line}"
    );
    world.was_never_empty();
}

#[tokio::test]
async fn the_group_follows_the_writer_or_the_readers_of_a_cluster() {
    if has_run_elsewhere("the_group_follows_the_writer_or_the_readers_of_a_cluster").await {
        return;
    }
    let world = World::start(&[("DB_CLUSTER_IDENTIFIER", "shop")]).await;
    world.cluster("shop", &["one", "two", "three"]).await;
    world.moto.set_writers(&["one"]);
    world.until_agrees().await;
    assert_eq!(world.balancer.registered(), addresses(&[11]));
    // The old writer stays healthy, as a reader.
    world.moto.set_writers(&["two"]);
    world.until_agrees().await;
    assert_eq!(world.balancer.registered(), addresses(&[12]));
    world.was_never_empty();

    let readers = world.with(&[("DB_CLUSTER_IDENTIFIER", "shop"), ("DB_ENDPOINT", "reader")]).await;
    readers.until_agrees().await;
    assert_eq!(readers.balancer.registered(), addresses(&[11, 13]));
    readers.moto.set_writers(&["one", "two", "three"]);
    readers.until_agrees().await;
    assert_eq!(readers.balancer.registered(), addresses(&[11, 12, 13]), "without readers, the writers");
    readers.moto.set_writers(&[]);
    let writer = readers.with(&[("DB_CLUSTER_IDENTIFIER", "shop")]).await;
    writer.changes_nothing("DescribeFailed", "RDS names no writer of the cluster shop.").await;
    writer.was_never_empty();
}

#[tokio::test]
async fn an_odd_answer_changes_nothing() {
    if has_run_elsewhere("an_odd_answer_changes_nothing").await {
        return;
    }
    let world = World::start(&[("DB_INSTANCE_IDENTIFIER", "orders")]).await;
    world.changes_nothing("DnsFailed", "orders.c1.eu-central-1.rds.example could not be resolved").await;
    world.names.set(ORDERS, &[address(5)]);
    world.until_agrees().await;
    world.names.set(ORDERS, &[]);
    world.changes_nothing("DnsFailed", "could not be resolved").await;
    world.names.set(ORDERS, &[Ipv4Addr::new(203, 0, 113, 5)]);
    world.changes_nothing("AddressRefused", "no address of the database's VPC but a public one").await;
    world.names.set(ORDERS, &[address(6), Ipv4Addr::new(10, 2, 0, 1)]);
    world.changes_nothing("AddressRefused", "10.2.0.1, which is not an address of the database's VPC").await;
    world.names.set(ORDERS, &[address(6)]);
    let denied = HttpFault::Error { status: 403, code: "AccessDenied", message: "not allowed" };
    for (service, action, error_type) in [
        ("rds", "DescribeDBInstances", "DescribeFailed"),
        ("elasticloadbalancing", "DescribeTargetHealth", "TargetGroupFailed"),
        ("elasticloadbalancing", "RegisterTargets", "TargetGroupFailed"),
    ] {
        world.proxy.rule(Rule::every(service, action, denied.clone()));
        world.changes_nothing(error_type, "AccessDenied: not allowed.").await;
        world.proxy.clear();
    }
    assert_eq!(world.balancer.registered(), addresses(&[5]));
    // The first run of a deployment waits until its role may do what it does.
    world.proxy.rule(Rule::first("elasticloadbalancing", "RegisterTargets", 1, denied));
    let first = line(&world.invoke(json!({"first": true})).await);
    assert_eq!((&first["outcome"], &first["steps"]), (&json!("pending"), &json!(2)), "{first}");
    world.until_agrees().await;
    assert_eq!(world.balancer.registered(), addresses(&[6]));
    world.was_never_empty();

    let unset = world.with(&[]).await;
    unset.changes_nothing("InvalidSettings", "Exactly one of DB_INSTANCE_IDENTIFIER").await;
}

#[tokio::test]
async fn a_target_that_is_never_healthy_leaves_the_old_one_registered() {
    if has_run_elsewhere("a_target_that_is_never_healthy_leaves_the_old_one_registered").await {
        return;
    }
    let world = World::start(&[("DB_INSTANCE_IDENTIFIER", "orders")]).await;
    world.names.set(ORDERS, &[address(5)]);
    world.until_agrees().await;
    world.balancer.answers(address(6), false);
    world.names.set(ORDERS, &[address(6)]);
    let mut age = 0;
    for step in 0..4 {
        let line = world.scheduled().await;
        assert_eq!(
            (&line["outcome"], &line["registered"]),
            (&json!("pending"), &json!(["10.1.0.5", "10.1.0.6"]))
        );
        age = line["DisagreementAge"].as_u64().expect("an age");
        assert!(age >= step, "{line}");
        sleep(Duration::from_secs(1)).await;
    }
    assert!(age >= 3, "{age}");
    world.balancer.answers(address(6), true);
    assert_eq!(world.scheduled().await["DisagreementAge"], 0);
    assert_eq!(world.balancer.registered(), addresses(&[6]));

    // The only one is down: it stays, and Healthy says so.
    world.balancer.answers(address(6), false);
    let line = world.scheduled().await;
    assert_eq!(
        (&line["outcome"], &line["Healthy"], &line["Registered"]),
        (&json!("agrees"), &json!(0), &json!(1))
    );
    world.was_never_empty();
}

#[tokio::test]
async fn fifty_deliveries_and_killed_runs_end_right() {
    if has_run_elsewhere("fifty_deliveries_and_killed_runs_end_right").await {
        return;
    }
    let world = World::start(&[("DB_INSTANCE_IDENTIFIER", "orders"), ("WATCH_SECONDS", "12")]).await;
    world.balancer.takes(1, 2);
    world.names.set(ORDERS, &[address(5)]);
    world.until_agrees().await;

    // The slot is one process, which takes one delivery at a time.
    let before = world.function.output().count();
    let flip = async {
        sleep(Duration::from_secs(2)).await;
        world.names.set(ORDERS, &[address(6)]);
    };
    let together = event(0);
    let deliveries = futures((0..50).map(|_| world.invoke(together.clone())).collect());
    let (deliveries, ()) = tokio::join!(deliveries, flip);
    for delivery in &deliveries {
        assert_ne!(line(delivery)["outcome"], "failed");
    }
    let lines = world.function.output().lines_from(before);
    let lines: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 50, "each run is one line");
    let changed = |name: &str| lines.iter().filter(|line| line[name] != json!([])).count();
    assert_eq!((changed("registeredNow"), changed("deregisteredNow")), (1, 1));
    assert_eq!(world.balancer.registered(), addresses(&[6]));

    // Killed while it deregisters, or after a change of which it does not learn.
    for (last, action, fault) in [
        (7, "DeregisterTargets", HttpFault::Stall),
        (8, "RegisterTargets", HttpFault::StallAnswer),
        (9, "DeregisterTargets", HttpFault::StallAnswer),
    ] {
        world.proxy.clear();
        world.proxy.rule(Rule::first("elasticloadbalancing", action, 1, fault));
        world.names.set(ORDERS, &[address(last)]);
        for _ in 0..4 {
            let timeout = Duration::from_secs(4);
            let killed = world.function.invoke("{}", timeout).await.expect("an invocation");
            if killed.result.is_err() {
                break;
            }
        }
        assert!(!world.proxy.calls_of("elasticloadbalancing", action).is_empty(), "{action}");
        world.until_agrees().await;
        assert_eq!(world.balancer.registered(), addresses(&[last]));
    }

    // Throttled, and without an answer of a call that has had its effect: the SDK repeats it.
    world.proxy.clear();
    for (action, fault) in [
        ("DescribeTargetHealth", HttpFault::error(400, "Throttling")),
        ("RegisterTargets", HttpFault::error(400, "Throttling")),
        ("DeregisterTargets", HttpFault::LoseAnswer),
    ] {
        world.proxy.rule(Rule::first("elasticloadbalancing", action, 2, fault));
    }
    world.proxy.rule(Rule::first("rds", "DescribeDBInstances", 2, HttpFault::error(400, "Throttling")));
    world.names.set(ORDERS, &[address(10)]);
    world.until_agrees().await;
    assert_eq!(world.balancer.registered(), addresses(&[10]));
    assert_eq!(world.proxy.calls_of("elasticloadbalancing", "DeregisterTargets").len(), 3);
    world.was_never_empty();
}

/// Awaits all at once.
async fn futures<T: Send + 'static>(futures: Vec<impl Future<Output = T> + Send + 'static>) -> Vec<T> {
    let tasks: Vec<_> = futures.into_iter().map(tokio::spawn).collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.expect("a result"));
    }
    results
}
