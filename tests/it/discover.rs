//! `action: discover`: databases of two accounts in three regions, by the real binary in Lambda and by hand.

use std::process::Output;

use devstack::{ACCOUNT_A, ACCOUNT_B, Aws, Function, HttpFault, HttpProxy, Rule, RuntimeApi};
use serde_json::{Value, json};

use crate::fixture::{Fixture, PATIENCE, response};

const ACCOUNT_C: &str = "333333333333";
/// More databases than RDS returns on one page.
const FLEET: usize = 105;

/// Account B with an instance, a cluster and a fleet in another region, account C with another engine.
struct World {
    fixture: Fixture,
    proxy: HttpProxy,
    roles: [String; 2],
}

impl World {
    async fn start() -> Self {
        let fixture = Fixture::with_rds().await;
        let stack = &fixture.stack;
        let moto = stack.moto.as_ref().expect("the RDS API");
        let b = stack.rds_b().expect("the RDS API");
        b.create_db_instance("shop", "shop").await.expect("an instance");
        b.create_db_cluster("shop-aurora", "shop").await.expect("a cluster");
        for (name, value) in
            [("CPUUtilization", 12.5), ("DatabaseConnections", 4.0), ("FreeStorageSpace", 17_179_869_184.0)]
        {
            b.put_rds_metric(name, ("DBInstanceIdentifier", "shop"), value).await.expect("a figure");
        }
        b.put_rds_metric("AuroraReplicaLagMaximum", ("DBClusterIdentifier", "shop-aurora"), 20.0)
            .await
            .expect("a figure");
        let north = b.in_region("eu-north-1");
        for number in 0..FLEET {
            north.create_db_instance(&format!("fleet-{number:03}"), "fleet").await.expect("an instance");
        }
        create_mysql(&moto.account(ACCOUNT_C).in_region("eu-west-1"), "crm").await;
        let of_b = stack.account_b().create_role("Discover").await.expect("a role");
        let of_c = stack.localstack.account(ACCOUNT_C).create_role("Discover").await.expect("a role");
        let proxy = stack.aws_proxy().await.expect("a proxy");
        Self { fixture, proxy, roles: [of_b, of_c] }
    }

    /// The environment of a function without a bucket and without a configuration: discover needs neither.
    fn env(&self) -> Vec<(String, String)> {
        self.fixture.stack.function_env_through(&self.proxy)
    }

    async fn function(&self) -> RuntimeApi {
        let function = Function::new(env!("CARGO_BIN_EXE_rds-data-extractor")).env(self.env());
        RuntimeApi::start(function).await.expect("a Runtime API")
    }

    async fn by_hand(&self, arguments: &[&str]) -> Output {
        tokio::process::Command::new(env!("CARGO_BIN_EXE_rds-data-extractor"))
            .args(arguments)
            .env_clear()
            .envs(self.env())
            .output()
            .await
            .expect("the program runs")
    }

    fn calls(&self, service: &str, action: &str) -> usize {
        self.proxy.calls_of(service, action).len()
    }
}

async fn create_mysql(rds: &Aws, identifier: &str) {
    let fields = [
        ("DBInstanceIdentifier", identifier),
        ("Engine", "mysql"),
        ("EngineVersion", "8.0.39"),
        ("DBInstanceClass", "db.t4g.micro"),
        ("AllocatedStorage", "20"),
        ("MasterUsername", "admin"),
        ("MasterUserPassword", "unused-here"),
    ];
    rds.query("rds", "CreateDBInstance", &fields).await.expect("an instance");
}

async fn discover(function: &RuntimeApi, event: Value) -> Value {
    let invocation = function.invoke(event, PATIENCE).await.expect("an answer");
    response(&invocation).clone()
}

fn identifiers(answer: &Value) -> Vec<&str> {
    let databases = answer["body"]["databases"].as_array().unwrap_or_else(|| panic!("{answer:#}"));
    databases.iter().filter_map(|database| database["identifier"].as_str()).collect()
}

fn broken() -> Rule {
    Rule::every("sts", "AssumeRole", HttpFault::error(403, "AccessDenied")).with_body("Broken")
}

#[tokio::test]
async fn an_inventory_across_accounts_and_regions() {
    let world = World::start().await;
    let function = world.function().await;
    let [of_b, of_c] = &world.roles;

    // The failure of one role is reported with the results of the others.
    world.proxy.rule(broken());
    let broken_role = format!("arn:aws:iam::{ACCOUNT_C}:role/Broken");
    let event = json!({"action": "discover", "metrics": true, "roles": [
        {"roleArn": broken_role, "region": "eu-west-1"},
        {"roleArn": of_c, "externalId": "unique-external-id", "region": "eu-west-1"},
        {"roleArn": of_b},
    ]});
    let answer = discover(&function, event.clone()).await;
    assert_eq!(answer["statusCode"], 200, "{answer:#}");
    // Sorted by account, region and identifier.
    assert_eq!(identifiers(&answer), ["shop", "shop-aurora", "crm"]);
    let [shop, aurora, crm] = [0, 1, 2].map(|index| &answer["body"]["databases"][index]);
    let postgres = &world.fixture.stack.postgres;
    for (field, expected) in [
        ("kind", json!("instance")),
        ("engine", json!("postgres")),
        ("version", json!("16.3")),
        ("status", json!("available")),
        ("endpoint", json!(postgres.host())),
        ("port", json!(postgres.port())),
        ("iamAuthentication", json!(true)),
        ("encrypted", json!(true)),
        ("account", json!(ACCOUNT_B)),
        ("region", json!("eu-central-1")),
        ("roleArn", json!(of_b)),
    ] {
        assert_eq!(shop[field], expected, "{field} of {shop:#}");
    }
    assert_eq!(shop["metrics"]["cpuPercent"], 12.5, "{answer:#}");
    assert_eq!(shop["metrics"]["connections"], 4.0);
    assert_eq!(shop["metrics"]["freeStorageBytes"], 17_179_869_184.0);
    assert_eq!(shop["metrics"]["replicaLagSeconds"], Value::Null);
    assert_eq!((&aurora["kind"], &aurora["metrics"]["replicaLagSeconds"]), (&json!("cluster"), &json!(0.02)));
    assert_eq!((&crm["engine"], &crm["encrypted"]), (&json!("mysql"), &json!(false)));
    assert_eq!((&crm["account"], &crm["region"]), (&json!(ACCOUNT_C), &json!("eu-west-1")));
    let errors = answer["body"]["errors"].as_array().expect("a list");
    assert_eq!(errors.len(), 1, "{answer:#}");
    assert_eq!(
        (&errors[0]["errorType"], &errors[0]["roleArn"]),
        (&json!("AssumeRoleDenied"), &json!(broken_role))
    );
    assert!(errors[0]["hint"].as_str().is_some_and(|hint| hint.contains("sts:AssumeRole")), "{answer:#}");
    assert!(
        answer["body"]["requestId"].is_string() && answer["body"]["executionTime"].is_string(),
        "{answer:#}"
    );
    // The metrics are read with the role, and nothing else is called.
    let own = format!("Credential={ACCOUNT_A}/");
    let figures = world.proxy.calls_of("monitoring", "GetMetricData");
    assert!(figures.len() == 2 && figures.iter().all(|call| !call.header("authorization").contains(&own)));
    assert!(
        world.proxy.calls().iter().all(|call| ["sts", "rds", "monitoring"].contains(&call.service.as_str()))
    );
    // The result is the same however the answers are ordered.
    assert_eq!(discover(&function, event).await["body"]["databases"], answer["body"]["databases"]);

    // All pages, one pattern.
    world.proxy.clear();
    let event = json!({"action": "discover", "identifier": "FLEET-*",
        "roles": [{"roleArn": of_b, "region": "eu-north-1"}, {"roleArn": of_b}]});
    let answer = discover(&function, event).await;
    assert_eq!(identifiers(&answer).len(), FLEET);
    assert!(world.calls("rds", "DescribeDBInstances") >= 3, "{:?}", world.proxy.calls());
    let event = json!({"action": "discover", "crossAccountRoleArn": of_b, "engine": "aurora-*"});
    assert_eq!(identifiers(&discover(&function, event).await), ["shop-aurora"]);

    // What succeeds is reported although another call of the same role fails.
    world.proxy.rule(Rule::every("rds", "DescribeDBClusters", HttpFault::error(403, "AccessDenied")));
    world.proxy.rule(Rule::every("monitoring", "*", HttpFault::error(400, "AccessDeniedException")));
    let answer =
        discover(&function, json!({"action": "discover", "crossAccountRoleArn": of_b, "metrics": true}))
            .await;
    assert_eq!(identifiers(&answer), ["shop"]);
    let errors = answer["body"]["errors"].as_array().expect("a list");
    assert_eq!(errors.len(), 2, "{answer:#}");
    for (error, action) in errors.iter().zip(["rds:DescribeDBClusters", "cloudwatch:GetMetricData"]) {
        assert_eq!(error["errorType"], "DescribeDenied", "{answer:#}");
        assert!(error["hint"].as_str().is_some_and(|hint| hint.contains(action)), "{answer:#}");
    }

    // If no role succeeds, the answer is a failure.
    world.proxy.clear();
    world.proxy.rule(broken());
    let event = json!({"action": "discover", "roles": [{"roleArn": broken_role}]});
    let answer = discover(&function, event).await;
    assert_eq!(
        (&answer["statusCode"], &answer["body"]["errorType"]),
        (&json!(500), &json!("AssumeRoleDenied"))
    );

    on_the_command_line(&world).await;
}

async fn on_the_command_line(world: &World) {
    world.proxy.clear();
    world.proxy.rule(broken());
    let [of_b, _] = &world.roles;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");

    let json = world.by_hand(&["discover", "--role-arn", of_b, "--metrics"]).await;
    let answer: Value = serde_json::from_slice(&json.stdout).expect("JSON where there is no terminal");
    assert_eq!((identifiers(&answer), json.status.code()), (vec!["shop", "shop-aurora"], Some(0)));

    let csv =
        world.by_hand(&["discover", "--role-arn", of_b, "--identifier", "shop", "--metrics", "--csv"]).await;
    let mut reader = csv::Reader::from_reader(csv.stdout.as_slice());
    let rows: Vec<std::collections::HashMap<String, String>> =
        reader.deserialize().collect::<Result<_, _>>().expect("CSV");
    assert_eq!(rows.len(), 1, "{}", text(&csv.stdout));
    let cell = |name: &str| rows[0].get(name).map_or("", String::as_str);
    assert_eq!((cell("identifier"), cell("iamAuthentication"), cell("cpuPercent")), ("shop", "true", "12.5"));

    let failing = format!("arn:aws:iam::{ACCOUNT_C}:role/Broken");
    let failed = world.by_hand(&["discover", "--role-arn", &failing, "--csv"]).await;
    assert_eq!((failed.status.code(), text(&failed.stdout).as_str()), (Some(1), ""));
    assert!(text(&failed.stderr).contains("AssumeRoleDenied"), "{}", text(&failed.stderr));
}
