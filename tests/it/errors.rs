//! Each `errorType` provoked for real: here, or where [`ELSEWHERE`] says.

use std::process::Stdio;
use std::time::Duration;

use devstack::{Function, HttpFault, HttpProxy, Rule, RuntimeApi, Stack, StackOptions, TcpFault};
use rds_data_extractor::error::ErrorType;
use serde_json::{Value, json};

use crate::bed::{BUCKET, PARAMETER, PATIENCE, ROLE, response};

/// What other tests of this folder provoke, each in the file that is named.
const ELSEWHERE: [(&str, &[ErrorType]); 4] = [
    (
        "bad_input.rs",
        &[
            ErrorType::InvalidRequest,
            ErrorType::ParameterNotFound,
            ErrorType::InvalidDbConfig,
            ErrorType::DnsFailed,
            ErrorType::ConnectRefused,
            ErrorType::TlsFailed,
            ErrorType::AuthenticationFailed,
            ErrorType::QueryInvalid,
            ErrorType::QueryDenied,
            ErrorType::QueryFailed,
            ErrorType::ConnectionLost,
            ErrorType::BucketNotFound,
            ErrorType::DeadlineExceeded,
            ErrorType::NoData,
        ],
    ),
    ("names.rs", &[ErrorType::ObjectExists]),
    ("command_line.rs", &[ErrorType::OutputFailed]),
    ("overview/publishing.rs", &[ErrorType::PublishFailed]),
];

/// What is provoked below.
const HERE: [ErrorType; 15] = [
    ErrorType::ParameterAccessDenied,
    ErrorType::ParameterStoreFailed,
    ErrorType::AssumeRoleDenied,
    ErrorType::AssumeRoleFailed,
    ErrorType::DbInstanceNotFound,
    ErrorType::DbInstanceNotAvailable,
    ErrorType::DescribeDenied,
    ErrorType::DescribeFailed,
    ErrorType::ConnectTimeout,
    ErrorType::ConnectFailed,
    ErrorType::QueryTimeout,
    ErrorType::BucketAccessDenied,
    ErrorType::UploadFailed,
    ErrorType::Cancelled,
    ErrorType::Internal,
];

#[test]
fn every_error_type_is_provoked_somewhere() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    for error in ErrorType::ALL {
        let elsewhere = ELSEWHERE.iter().find(|(_, errors)| errors.contains(error));
        assert!(elsewhere.is_some() || HERE.contains(error), "nothing provokes {error}");
        if let Some((file, _)) = elsewhere {
            let text = std::fs::read_to_string(folder.join(file)).expect("a test");
            assert!(text.contains(&format!("\"{error}\"")), "{file} does not provoke {error}");
        }
    }
}

/// A stack with an instance that RDS knows, everything of AWS behind a proxy.
struct World {
    stack: Stack,
    proxy: HttpProxy,
    function: RuntimeApi,
}

impl World {
    async fn start() -> Self {
        let stack = Stack::start(StackOptions::default()).await.expect("a stack");
        let account = stack.account_a();
        account.create_bucket(BUCKET).await.expect("a bucket");
        let role = stack.account_b().create_role(ROLE).await.expect("a role");
        stack
            .rds_b()
            .expect("the RDS API")
            .create_db_instance("shop", "postgres")
            .await
            .expect("an instance");
        let proxy = stack.aws_proxy().await.expect("a proxy");
        let function = Function::new(env!("CARGO_BIN_EXE_rds-data-extractor"))
            .env(stack.function_env_through(&proxy))
            .env([("DB_CONFIG_PARAM", PARAMETER), ("S3_BUCKET_NAME", BUCKET)])
            .env([("ACCOUNT_B_ID", devstack::ACCOUNT_B), ("CROSS_ACCOUNT_ROLE_NAME", ROLE)]);
        assert!(role.ends_with(ROLE));
        let function = RuntimeApi::start(function).await.expect("a Runtime API");
        let world = Self { stack, proxy, function };
        world.parameter(PARAMETER, json!({})).await;
        world
    }

    /// A configuration that asks RDS, with changes; `null` takes a key away.
    async fn parameter(&self, name: &str, changes: Value) {
        let postgres = &self.stack.postgres;
        let mut config = json!({
            "dbInstanceIdentifier": "shop", "database": "postgres", "username": postgres.superuser(),
            "password": postgres.password(), "sslRootCert": postgres.ca_pem(),
        });
        for (key, value) in changes.as_object().expect("an object") {
            config[key] = value.clone();
        }
        let account = self.stack.account_a();
        account.put_parameter(name, &config.to_string(), "SecureString").await.expect("a parameter");
    }

    /// Runs the event in a fresh process and expects this failure.
    async fn fails(&self, event: Value, error_type: ErrorType, stage: &str) -> Value {
        self.function.restart().await;
        let invocation = self.function.invoke(event, PATIENCE).await.expect("an answer");
        let answer = response(&invocation).clone();
        let body = &answer["body"];
        assert_eq!(body["errorType"], error_type.as_str(), "{answer:#}");
        assert_eq!(body["stage"], stage, "{answer:#}");
        assert_eq!(answer["statusCode"], error_type.status_code(), "{answer:#}");
        let section = format!("(docs/errors.md#{})", error_type.as_str().to_lowercase());
        assert!(body["hint"].as_str().is_some_and(|hint| hint.ends_with(&section)), "{answer:#}");
        assert!(self.stack.account_a().list_objects(BUCKET, "").await.expect("a list").is_empty());
        self.proxy.clear();
        answer
    }

    /// The same with a fault of AWS.
    async fn fault(&self, rule: Rule, error_type: ErrorType, stage: &str) {
        self.proxy.rule(rule);
        self.fails(json!({"query": "SELECT 1 AS one"}), error_type, stage).await;
    }
}

#[tokio::test]
async fn what_aws_refuses_or_fails_to_do() {
    let world = World::start().await;
    let denied = || HttpFault::error(403, "AccessDenied");
    let broken = || HttpFault::error(500, "InternalFailure");
    let every = Rule::every;
    let refused = HttpFault::error(400, "AccessDeniedException");
    world.fault(every("ssm", "GetParameter", refused), ErrorType::ParameterAccessDenied, "config").await;
    world
        .fault(every("ssm", "GetParameter", HttpFault::Reset), ErrorType::ParameterStoreFailed, "config")
        .await;
    world.fault(every("sts", "AssumeRole", denied()), ErrorType::AssumeRoleDenied, "credentials").await;
    world.fault(every("sts", "AssumeRole", broken()), ErrorType::AssumeRoleFailed, "credentials").await;
    world.fault(every("rds", "DescribeDBInstances", denied()), ErrorType::DescribeDenied, "endpoint").await;
    world.fault(every("rds", "DescribeDBInstances", broken()), ErrorType::DescribeFailed, "endpoint").await;
    world.fault(every("s3", "PutObject", denied()), ErrorType::BucketAccessDenied, "upload").await;
    world
        .fault(
            every("s3", "PutObject", HttpFault::error(400, "BadDigest")),
            ErrorType::UploadFailed,
            "upload",
        )
        .await;

    world.parameter("/unknown", json!({"dbInstanceIdentifier": "shopp"})).await;
    let event = json!({"dbConfigParam": "/unknown", "query": "SELECT 1"});
    world.fails(event, ErrorType::DbInstanceNotFound, "endpoint").await;
    let stop = [("DBInstanceIdentifier", "shop")];
    world.stack.rds_b().expect("the RDS API").query("rds", "StopDBInstance", &stop).await.expect("it stops");
    let answer =
        world.fails(json!({"query": "SELECT 1"}), ErrorType::DbInstanceNotAvailable, "endpoint").await;
    assert!(answer["body"]["error"].as_str().is_some_and(|error| error.contains("stopped")), "{answer:#}");
}

#[tokio::test]
async fn what_the_way_to_the_database_and_the_database_fail_to_do() {
    let world = World::start().await;
    let postgres = &world.stack.postgres;

    postgres.create_role("crowded", "only-in-this-test").await.expect("a role");
    postgres.execute("postgres", "ALTER ROLE crowded CONNECTION LIMIT 0").await.expect("a limit");
    let crowded = json!({"username": "crowded", "password": "only-in-this-test"});
    world.parameter("/crowded", crowded).await;
    let event = json!({"dbConfigParam": "/crowded", "query": "SELECT 1"});
    world.fails(event, ErrorType::ConnectFailed, "connection").await;

    postgres.create_role("hasty", "only-in-this-test").await.expect("a role");
    postgres.execute("postgres", "ALTER ROLE hasty SET statement_timeout = '200ms'").await.expect("a limit");
    world.parameter("/hasty", json!({"username": "hasty", "password": "only-in-this-test"})).await;
    let event = json!({"dbConfigParam": "/hasty", "query": "SELECT pg_sleep(20)"});
    world.fails(event, ErrorType::QueryTimeout, "rows").await;

    let proxy = world.stack.postgres_proxy().await.expect("a proxy");
    let through = json!({"host": "127.0.0.1", "port": proxy.port(), "sslMode": "disable"});
    world.parameter("/through", through).await;
    proxy.fault(TcpFault::Silent);
    let event = json!({"dbConfigParam": "/through", "query": "SELECT 1"});
    world.fails(event, ErrorType::ConnectTimeout, "connection").await;

    // A bit of one byte among rows of int4 is inverted on the way: most bytes are lengths, and a length that is none
    // makes a row that cannot be written.
    let columns = "g, g, g, g, g, g, g, g, g, g";
    let query = format!("SELECT {columns} FROM generate_series(1, 20000) AS g");
    let mut seen = Vec::new();
    for place in 500_000..500_016 {
        proxy.fault(TcpFault::AlterAt(place));
        let event = json!({"dbConfigParam": "/through", "query": query, "keyPrefix": "altered"});
        let invocation = world.function.invoke(event, Duration::from_secs(10)).await.expect("an answer");
        let body = &response(&invocation)["body"];
        seen.push(body["errorType"].as_str().unwrap_or("Success").to_owned());
        if body["errorType"] == ErrorType::Internal.as_str() {
            assert_eq!(body["stage"], "encode", "{body:#}");
            assert!(
                body["hint"].as_str().is_some_and(|hint| hint.ends_with("(docs/errors.md#internal)")),
                "{body:#}"
            );
            return;
        }
    }
    panic!("no row was malformed: {seen:?}");
}

#[tokio::test]
async fn an_interruption_leaves_nothing() {
    let world = World::start().await;
    let program = tokio::process::Command::new(env!("CARGO_BIN_EXE_rds-data-extractor"))
        .args(["extract", "--query", "SELECT pg_sleep(60)"])
        .env_clear()
        .envs(world.stack.function_env_through(&world.proxy))
        .envs([("DB_CONFIG_PARAM", PARAMETER), ("S3_BUCKET_NAME", BUCKET)])
        .envs([("ACCOUNT_B_ID", devstack::ACCOUNT_B), ("CROSS_ACCOUNT_ROLE_NAME", ROLE)])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let id = program.id().expect("it runs").to_string();
    let sleeping = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND state = 'active' \
        AND application_name LIKE 'rds-data-extractor %'";
    let client = world.stack.postgres.connect().await.expect("a connection");
    for _ in 0..200 {
        if !client.query(sleeping, &[]).await.expect("an answer").is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let killed = tokio::process::Command::new("kill").args(["-INT", &id]).status().await.expect("kill runs");
    assert!(killed.success());
    let output = program.wait_with_output().await.expect("it ends");
    assert_eq!(output.status.code(), Some(130));
    let answer: Value = serde_json::from_slice(&output.stdout).expect("an answer");
    assert_eq!(answer["body"]["errorType"], ErrorType::Cancelled.as_str(), "{answer:#}");
    assert!(client.query(sleeping, &[]).await.expect("an answer").is_empty(), "the statement runs on");
}
