//! Each `errorType` provoked for real: here, or where [`ELSEWHERE`] says.

use std::process::Stdio;
use std::time::Duration;

use devstack::{HttpFault, HttpProxy, Rule, RuntimeApi, TcpFault};
use rds_data_extractor::error::ErrorType;
use serde_json::{Value, json};

use crate::fixture::{BUCKET, Fixture, PARAMETER, ROLE, response};
use crate::outcome::fails;

/// What other tests of this folder provoke, each in the file that is named.
const ELSEWHERE: [(&str, &[ErrorType]); 5] = [
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
    ("readers/joining.rs", &[ErrorType::SnapshotUnavailable]),
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

/// A fixture with an instance that RDS knows, and AWS behind a proxy.
struct Instance {
    fixture: Fixture,
    proxy: HttpProxy,
    function: RuntimeApi,
}

impl Instance {
    async fn start() -> Self {
        let fixture = Fixture::with_rds().await;
        let rds = fixture.stack.rds_b().expect("the RDS API");
        rds.create_db_instance("shop", "postgres").await.expect("an instance");
        let role = [("ACCOUNT_B_ID", devstack::ACCOUNT_B), ("CROSS_ACCOUNT_ROLE_NAME", ROLE)];
        let (function, proxy) = fixture.proxied(&role).await;
        let instance = Self { fixture, proxy, function };
        instance.parameter(PARAMETER, json!({})).await;
        instance
    }

    /// A configuration that asks RDS, with changes; `null` removes a key.
    async fn parameter(&self, name: &str, changes: Value) {
        let mut config = json!({"dbInstanceIdentifier": "shop", "host": null, "port": null});
        for (key, value) in changes.as_object().expect("an object") {
            config[key] = value.clone();
        }
        self.fixture.parameter(name, config).await;
    }

    /// Runs the event in a fresh process and expects this failure.
    async fn fails(&self, event: Value, error_type: ErrorType, stage: &str) -> Value {
        self.function.restart().await;
        let body = fails(&self.fixture, &self.function, &event, error_type.as_str(), stage).await;
        self.proxy.clear();
        body
    }

    /// The same with a fault of AWS.
    async fn fault(&self, rule: Rule, error_type: ErrorType, stage: &str) {
        self.proxy.rule(rule);
        self.fails(json!({"query": "SELECT 1 AS one"}), error_type, stage).await;
    }
}

#[tokio::test]
async fn what_aws_refuses_or_fails_to_do() {
    let instance = Instance::start().await;
    let denied = || HttpFault::error(403, "AccessDenied");
    let broken = || HttpFault::error(500, "InternalFailure");
    let every = Rule::every;
    let refused = HttpFault::error(400, "AccessDeniedException");
    instance.fault(every("ssm", "GetParameter", refused), ErrorType::ParameterAccessDenied, "config").await;
    instance
        .fault(every("ssm", "GetParameter", HttpFault::Reset), ErrorType::ParameterStoreFailed, "config")
        .await;
    instance.fault(every("sts", "AssumeRole", denied()), ErrorType::AssumeRoleDenied, "credentials").await;
    instance.fault(every("sts", "AssumeRole", broken()), ErrorType::AssumeRoleFailed, "credentials").await;
    instance
        .fault(every("rds", "DescribeDBInstances", denied()), ErrorType::DescribeDenied, "endpoint")
        .await;
    instance
        .fault(every("rds", "DescribeDBInstances", broken()), ErrorType::DescribeFailed, "endpoint")
        .await;
    instance.fault(every("s3", "PutObject", denied()), ErrorType::BucketAccessDenied, "upload").await;
    instance
        .fault(
            every("s3", "PutObject", HttpFault::error(400, "BadDigest")),
            ErrorType::UploadFailed,
            "upload",
        )
        .await;

    instance.parameter("/unknown", json!({"dbInstanceIdentifier": "shopp"})).await;
    let event = json!({"dbConfigParam": "/unknown", "query": "SELECT 1"});
    instance.fails(event, ErrorType::DbInstanceNotFound, "endpoint").await;
    let stop = [("DBInstanceIdentifier", "shop")];
    instance
        .fixture
        .stack
        .rds_b()
        .expect("the RDS API")
        .query("rds", "StopDBInstance", &stop)
        .await
        .expect("it stops");
    let answer =
        instance.fails(json!({"query": "SELECT 1"}), ErrorType::DbInstanceNotAvailable, "endpoint").await;
    assert!(answer["error"].as_str().is_some_and(|error| error.contains("stopped")), "{answer:#}");
}

#[tokio::test]
async fn what_the_way_to_the_database_and_the_database_fail_to_do() {
    let instance = Instance::start().await;
    let postgres = &instance.fixture.stack.postgres;

    postgres.create_role("crowded", "only-in-this-test").await.expect("a role");
    postgres.execute("postgres", "ALTER ROLE crowded CONNECTION LIMIT 0").await.expect("a limit");
    let crowded = json!({"username": "crowded", "password": "only-in-this-test"});
    instance.parameter("/crowded", crowded).await;
    let event = json!({"dbConfigParam": "/crowded", "query": "SELECT 1"});
    instance.fails(event, ErrorType::ConnectFailed, "connection").await;

    postgres.create_role("hasty", "only-in-this-test").await.expect("a role");
    postgres.execute("postgres", "ALTER ROLE hasty SET statement_timeout = '200ms'").await.expect("a limit");
    instance.parameter("/hasty", json!({"username": "hasty", "password": "only-in-this-test"})).await;
    let event = json!({"dbConfigParam": "/hasty", "query": "SELECT pg_sleep(20)"});
    instance.fails(event, ErrorType::QueryTimeout, "rows").await;

    let proxy = instance.fixture.stack.postgres_proxy().await.expect("a proxy");
    let through = json!({"host": "127.0.0.1", "port": proxy.port(), "sslMode": "disable"});
    instance.parameter("/through", through).await;
    proxy.fault(TcpFault::Silent);
    let event = json!({"dbConfigParam": "/through", "query": "SELECT 1"});
    instance.fails(event, ErrorType::ConnectTimeout, "connection").await;

    // A bit of one byte among rows of int4 is inverted on the way: most bytes are lengths, and a length that is none
    // makes a row that cannot be written.
    let columns = "g, g, g, g, g, g, g, g, g, g";
    let query = format!("SELECT {columns} FROM generate_series(1, 20000) AS g");
    let mut seen = Vec::new();
    for place in 500_000..500_016 {
        proxy.fault(TcpFault::AlterAt(place));
        let event = json!({"dbConfigParam": "/through", "query": query, "keyPrefix": "altered"});
        let invocation = instance.function.invoke(event, Duration::from_secs(10)).await.expect("an answer");
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
    let instance = Instance::start().await;
    let program = tokio::process::Command::new(env!("CARGO_BIN_EXE_rds-data-extractor"))
        .args(["extract", "--query", "SELECT pg_sleep(60)"])
        .env_clear()
        .envs(instance.fixture.stack.function_env_through(&instance.proxy))
        .envs([("DB_CONFIG_PARAM", PARAMETER), ("S3_BUCKET_NAME", BUCKET)])
        .envs([("ACCOUNT_B_ID", devstack::ACCOUNT_B), ("CROSS_ACCOUNT_ROLE_NAME", ROLE)])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let id = program.id().expect("it runs").to_string();
    let sleeping = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND state = 'active' \
        AND application_name LIKE 'rds-data-extractor %'";
    let client = instance.fixture.stack.postgres.connect().await.expect("a connection");
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
