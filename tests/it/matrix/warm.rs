//! One process for many invocations: no resource grows, and nothing becomes stale.

use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use devstack::{HttpFault, TcpFault};
use rds_data_extractor::account::AssumedRoles;
use rds_data_extractor::aws::http_client;
use rds_data_extractor::job::Role;

use crate::matrix::environment::{SECRET_KEY, environment, password};
use crate::matrix::lane::Lane;
use crate::matrix::report;
use crate::matrix::row::{Config, Query, Row, row};
use crate::turns::beside_others;

const INVOCATIONS: usize = 300;
/// The number of invocations after which everything has been used once and the first figures are taken.
const WARM: usize = 40;

/// The resources that a process uses.
#[derive(Debug)]
struct Resources {
    rss: u64,
    descriptors: usize,
    threads: usize,
    connections: usize,
}

impl Resources {
    async fn by(lane: &Lane) -> Self {
        let pid = lane.function.pid().expect("a warm process");
        let count =
            |folder: &str| std::fs::read_dir(format!("/proc/{pid}/{folder}")).expect("a folder").count();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("its status");
        let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its size");
        let rss: u64 = rss.trim().trim_end_matches(" kB").parse().expect("a number");
        Self {
            rss: rss * 1024,
            descriptors: count("fd"),
            threads: count("task"),
            connections: environment().await.leftovers(&lane.name).await.sessions.len(),
        }
    }

    fn line(&self, invocations: usize) -> String {
        let mib = self.rss as f64 / f64::from(1 << 20);
        format!(
            "| {invocations} | {mib:.1} | {} | {} | {} |\n",
            self.descriptors, self.threads, self.connections
        )
    }
}

/// Returns the invocations, which take turns.
fn turns() -> Vec<Row> {
    let sql = |name, sql| row("", name).query(Query::Sql(sql));
    vec![
        row("", "small"),
        sql("query", "SELECT * FROM nowhere").fails("QueryInvalid", "query"),
        row("", "many").many(),
        row("", "denied")
            .every("s3", "PutObject", HttpFault::error(403, "AccessDenied"))
            .fails("BucketAccessDenied", "upload"),
        row("", "instance").config(Config::Instance),
        row("", "cut").many().tcp_once(TcpFault::CutAfter(1_000_000)).fails("ConnectionLost", "rows"),
        row("", "secret").config(Config::Secret),
        sql("row", "SELECT note::int FROM cells").fails("QueryFailed", "rows"),
        row("", "part")
            .many()
            .every("s3", "UploadPart", HttpFault::error(403, "AccessDenied"))
            .fails("BucketAccessDenied", "upload"),
        row("", "password").config(Config::WrongPassword).fails("AuthenticationFailed", "connection"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_invocations_leave_the_process_as_it_was() {
    let _turn = beside_others().await;
    let environment = environment().await;
    let mut lane = Lane::start(environment, "lane-soak").await;
    let turns = turns();
    let mut first = None;
    let mut succeeded = 0;
    for i in 0..INVOCATIONS {
        let turn = &turns[i % turns.len()];
        let ran = lane.run_once(environment, turn).await;
        assert!(ran.problems.is_empty(), "invocation {i}, {}: {:#?}", turn.name, ran.problems);
        succeeded += usize::from(turn.succeeds());
        if i + 1 == WARM {
            first = Some(Resources::by(&lane).await);
        }
    }
    let (first, last) = (first.expect("the first figures"), Resources::by(&lane).await);
    let table = format!(
        "{INVOCATIONS} invocations in one process, {succeeded} of which succeeded:\n\n\
         | after | resident MiB | file descriptors | threads | database sessions |\n\
         | ---: | ---: | ---: | ---: | ---: |\n{}{}",
        first.line(WARM),
        last.line(INVOCATIONS)
    );
    println!("{table}");
    report::write(&report::SOAK, "soak.md", &table);
    assert!(last.rss < first.rss + (8 << 20), "{first:?} {last:?}");
    assert!(last.descriptors <= first.descriptors + 3, "{first:?} {last:?}");
    assert!(last.threads <= first.threads + 2, "{first:?} {last:?}");
    assert_eq!((first.connections, last.connections), (0, 0));
}

#[tokio::test]
async fn a_rotated_password_is_picked_up_by_the_next_invocation() {
    let _turn = beside_others().await;
    let environment = environment().await;
    let mut lane = Lane::start(environment, "lane-rotated").await;
    for config in [Config::Tls, Config::Secret] {
        let well = row("", "").config(config);
        assert_eq!(lane.run_once(environment, &well).await.problems, [""; 0]);
        let new = format!("{}-{}", password(&lane.name), config.parameter());
        let change = format!("ALTER ROLE \"{}\" PASSWORD '{new}'", lane.name);
        environment.execute(&change).await;
        let stale = row("", "").config(config).fails("AuthenticationFailed", "connection");
        assert_eq!(lane.run_once(environment, &stale).await.problems, [""; 0]);
        environment.store_password(&lane.name, &new, lane.database.port()).await;
        assert_eq!(lane.run_once(environment, &well).await.problems, [""; 0]);
    }
}

#[tokio::test]
async fn credentials_are_renewed_five_minutes_before_they_end() {
    let _turn = beside_others().await;
    let environment = environment().await;
    let proxy = environment.fixture.stack.aws_proxy().await.expect("a proxy");
    let own = Credentials::new(devstack::ACCOUNT_A, SECRET_KEY, None, None, "test");
    let aws = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client())
        .region(Region::new(devstack::REGION))
        .endpoint_url(proxy.url())
        .credentials_provider(SharedCredentialsProvider::new(own))
        .build();
    let role = Role { arn: environment.fixture.role.clone(), external_id: None };
    let roles = AssumedRoles::default();
    let begin = SystemTime::now();
    let mut keys = Vec::new();
    for seconds in [0, 3_200, 3_350] {
        let now = begin + Duration::from_secs(seconds);
        let provider = roles.credentials(&aws, None, &role, "session", now).await.expect("credentials");
        let credentials = provider.provide_credentials().await.expect("credentials");
        keys.push(credentials.access_key_id().to_owned());
    }
    assert_eq!(keys[0], keys[1], "they last for an hour");
    assert_ne!(keys[1], keys[2]);
    assert_eq!(proxy.calls_of("sts", "AssumeRole").len(), 2);
}
