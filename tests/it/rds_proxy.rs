//! RDS Proxy, and custom endpoints of clusters. `PgBouncer` in transaction mode stands in for the proxy, with a
//! certificate of an authority that only `amazon-roots.pem` has.

use std::path::PathBuf;
use std::time::Duration;

use devstack::{Authority, HttpFault, HttpProxy, PgBouncer, PgBouncerOptions, PoolMode, Rule, RuntimeApi};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fixture::{EXTRACTOR, Fixture, PATIENCE, response};

const CONFIG: &str = "/shop/proxy";
const AUTHORITY: &str = "Amazon RSA 2048 M02";

/// A proxy in RDS, the pooler that stands in for it, and programs with the authorities beside them.
struct World {
    fixture: Fixture,
    pooler: PgBouncer,
    roots: String,
    _folder: TempDir,
    folder: PathBuf,
}

impl World {
    async fn start() -> Self {
        let fixture = Fixture::with_rds().await;
        let public = Authority::new(AUTHORITY).expect("an authority");
        let options = PgBouncerOptions {
            mode: PoolMode::Transaction,
            pool_size: 2,
            certificate: Some(public.issue(&["localhost"]).expect("a certificate")),
            ..PgBouncerOptions::default()
        };
        let pooler = PgBouncer::start(&fixture.stack.postgres, &options).await.expect("PgBouncer");
        let rds = fixture.stack.rds_b().expect("the RDS API");
        rds.create_db_proxy("shop-proxy").await.expect("a proxy");
        rds.create_db_cluster("shop-cluster", "postgres").await.expect("a cluster");
        let folder = TempDir::new().expect("a folder");
        let roots = public.pem().to_owned();
        let path = folder.path().to_owned();
        Self { fixture, pooler, roots, _folder: folder, folder: path }
    }

    /// Returns the program in a folder of its own, with this bundle and these public authorities beside it.
    fn program(&self, name: &str, bundle: &str, roots: Option<&str>) -> PathBuf {
        let folder = self.folder.join(name);
        std::fs::create_dir(&folder).expect("a folder");
        let program = folder.join("bootstrap");
        std::fs::copy(EXTRACTOR, &program).expect("a copy");
        let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("a file");
        write("rds-ca-bundle.pem", bundle);
        if let Some(roots) = roots {
            write("amazon-roots.pem", roots);
        }
        program
    }

    async fn function(&self, program: PathBuf) -> (RuntimeApi, HttpProxy) {
        self.fixture.proxied_program(program, &[("DB_CONFIG_PARAM", CONFIG)]).await
    }

    /// Writes a configuration without an address, and with these changes.
    async fn configure(&self, changes: Value) {
        let mut config = json!({"host": null, "sslRootCert": null, "port": self.pooler.port()});
        config.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
        self.fixture.parameter(CONFIG, config).await;
    }

    fn event(&self, query: &str) -> Value {
        json!({"crossAccountRoleArn": self.fixture.role, "query": query, "keyPrefix": "proxy"})
    }

    async fn works(&self, function: &RuntimeApi) {
        let answer = function.invoke(self.event("SELECT 1 AS a"), PATIENCE).await.expect("an answer");
        assert_eq!(response(&answer)["statusCode"], 200, "{}", response(&answer));
    }

    /// Checks that the run fails with this error, and returns the body of the answer. The pooler keeps its
    /// connections to the server.
    async fn fails(&self, function: &RuntimeApi, error_type: &str, stage: &str) -> Value {
        let answer = function.invoke(self.event("SELECT 1 AS a"), PATIENCE).await.expect("an answer");
        let body = response(&answer)["body"].clone();
        assert_eq!(
            (body["errorType"].as_str(), body["stage"].as_str()),
            (Some(error_type), Some(stage)),
            "{body}"
        );
        body
    }

    async fn asleep(&self) -> i64 {
        let client = self.fixture.stack.postgres.connect().await.expect("a session");
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(77)%' \
            AND pid <> pg_backend_pid()";
        client.query_one(sql, &[]).await.expect("a count").get(0)
    }
}

fn says(body: &Value, key: &str, words: &str) {
    assert!(body[key].as_str().is_some_and(|text| text.contains(words)), "no {words:?} in {key}: {body}");
}

#[tokio::test]
async fn public_authorities_count_with_verify_full_only() {
    let world = World::start().await;
    let own = world.fixture.stack.postgres.ca_pem().to_owned();
    let proxy = json!({"dbProxyName": "shop-proxy"});
    let with = |mode: &str| json!({"dbProxyName": "shop-proxy", "sslMode": mode});

    let (packaged, aws) = world.function(world.program("packaged", &own, Some(&world.roots))).await;
    world.configure(proxy.clone()).await;
    world.works(&packaged).await;
    assert_eq!(aws.calls_of("rds", "DescribeDBProxies").len(), 1);
    world.configure(with("verify-ca")).await;
    let body = world.fails(&packaged, "TlsFailed", "connection").await;
    says(&body, "error", "a public one of Amazon's");
    says(&body, "hint", "RDS Proxy has such certificates");
    world.configure(with("disable")).await;
    let body = world.fails(&packaged, "InvalidDbConfig", "endpoint").await;
    says(&body, "error", "The proxy shop-proxy requires TLS, but sslMode is disable");
    // RDS's own authorities are trusted with verify-ca as before, beside the public ones.
    let direct =
        json!({"host": "localhost", "port": world.fixture.stack.postgres.port(), "sslMode": "verify-ca"});
    world.configure(direct).await;
    world.works(&packaged).await;

    // Public authorities are refused even if the bundle contains them.
    let both = format!("{own}{}", world.roots);
    let (mixed, _mixed_aws) = world.function(world.program("mixed", &both, Some(&world.roots))).await;
    world.configure(with("verify-ca")).await;
    world.fails(&mixed, "TlsFailed", "connection").await;
    world.configure(proxy.clone()).await;
    world.works(&mixed).await;

    let (older, _older_aws) = world.function(world.program("older", &own, None)).await;
    let body = world.fails(&older, "TlsFailed", "connection").await;
    says(&body, "hint", "where make package has put them beside the function");
    let event =
        json!({"action": "diagnose", "crossAccountRoleArn": world.fixture.role, "keyPrefix": "proxy"});
    let answer = older.invoke(event, PATIENCE).await.expect("an answer");
    let hops = &response(&answer)["body"]["hops"];
    let hop = |name: &str| {
        let hops = hops.as_array().expect("hops");
        hops.iter().find(|hop| hop["hop"] == name || hop["name"] == name).expect("the hop").clone()
    };
    says(&hop("endpoint"), "detail", "proxy shop-proxy is available");
    says(&hop("tls"), "cause", "Amazon's public authority Amazon RSA 2048 M02, which RDS Proxy's");
}

#[tokio::test]
async fn a_statement_behind_the_proxy_ends_with_the_time() {
    let world = World::start().await;
    let own = world.fixture.stack.postgres.ca_pem().to_owned();
    let (function, _aws) = world.function(world.program("packaged", &own, Some(&world.roots))).await;
    world.configure(json!({"dbProxyName": "shop-proxy"})).await;
    let event = world.event("SELECT pg_sleep(77)");
    let invocation = function.invoke(event, Duration::from_secs(20)).await.expect("an answer");
    assert_eq!(response(&invocation)["body"]["errorType"], "DeadlineExceeded");
    assert_eq!(world.asleep().await, 0, "it runs on");
}

/// Returns RDS's answer with one endpoint of a proxy or cluster.
fn endpoint(action: &str, list: &str, item: &str, fields: &str) -> HttpFault {
    HttpFault::Answer(format!(
        "<{action}Response xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\"><{action}Result><{list}>{}</{list}>\
         </{action}Result></{action}Response>",
        if fields.is_empty() { String::new() } else { format!("<{item}>{fields}</{item}>") }
    ))
}

fn of_proxy(fields: &str) -> HttpFault {
    endpoint("DescribeDBProxyEndpoints", "DBProxyEndpoints", "member", fields)
}

fn of_cluster(fields: &str) -> HttpFault {
    endpoint("DescribeDBClusterEndpoints", "DBClusterEndpoints", "DBClusterEndpointList", fields)
}

const HERE: &str = "<Endpoint>localhost</Endpoint><Status>available</Status>";

#[tokio::test]
async fn named_endpoints_are_asked_for() {
    let world = World::start().await;
    let own = world.fixture.stack.postgres.ca_pem().to_owned();
    let (function, aws) = world.function(world.program("packaged", &own, Some(&world.roots))).await;
    let answer = |action: &'static str, fault: HttpFault| {
        aws.clear();
        aws.rule(Rule::every("rds", action, fault));
    };
    let proxies = "DescribeDBProxyEndpoints";
    let clusters = "DescribeDBClusterEndpoints";

    world.configure(json!({"dbProxyName": "shop-proxy", "endpoint": "reader"})).await;
    let reader = format!("{HERE}<TargetRole>READ_ONLY</TargetRole>");
    answer(proxies, of_proxy(&reader));
    world.works(&function).await;
    answer(proxies, of_proxy(&format!("{reader}</member><member>{reader}")));
    let body = world.fails(&function, "InvalidDbConfig", "endpoint").await;
    says(&body, "error", "several read-only endpoints");
    answer(proxies, of_proxy(&format!("{HERE}<TargetRole>READ_WRITE</TargetRole>")));
    let body = world.fails(&function, "DbInstanceNotFound", "endpoint").await;
    says(&body, "error", "The proxy shop-proxy has no endpoint reader.");

    world.configure(json!({"dbProxyName": "shop-proxy", "endpoint": "exports"})).await;
    answer(proxies, of_proxy(HERE));
    world.works(&function).await;
    let asked = aws.calls_of("rds", proxies).pop().expect("a call");
    assert!(String::from_utf8_lossy(&asked.body).contains("DBProxyEndpointName=exports"));
    answer(proxies, HttpFault::error(404, "DBProxyEndpointNotFoundFault"));
    world.fails(&function, "DbInstanceNotFound", "endpoint").await;
    answer(proxies, of_proxy("<Endpoint>localhost</Endpoint><Status>deleting</Status>"));
    world.fails(&function, "DbInstanceNotAvailable", "endpoint").await;
    answer(proxies, HttpFault::error(403, "AccessDenied"));
    let body = world.fails(&function, "DescribeDenied", "endpoint").await;
    says(&body, "hint", "rds:DescribeDBProxyEndpoints");

    world.configure(json!({"dbProxyName": "shop-prox"})).await;
    aws.clear();
    let body = world.fails(&function, "DbInstanceNotFound", "endpoint").await;
    says(&body, "hint", "aws rds describe-db-proxies");
    world.configure(json!({"dbProxyName": "shop-proxy"})).await;
    answer("DescribeDBProxies", HttpFault::Replace("<Status>available<", "<Status>suspended<"));
    let body = world.fails(&function, "DbInstanceNotAvailable", "endpoint").await;
    says(&body, "error", "The proxy shop-proxy has the status suspended");

    world.configure(json!({"dbClusterIdentifier": "shop-cluster", "endpoint": "exports"})).await;
    answer(clusters, of_cluster(HERE));
    world.works(&function).await;
    let asked = aws.calls_of("rds", clusters).pop().expect("a call");
    assert!(String::from_utf8_lossy(&asked.body).contains("DBClusterEndpointIdentifier=exports"));
    answer(clusters, of_cluster("<Endpoint>localhost</Endpoint><Status>inactive</Status>"));
    world.fails(&function, "DbInstanceNotAvailable", "endpoint").await;
    answer(clusters, HttpFault::error(403, "AccessDenied"));
    let body = world.fails(&function, "DescribeDenied", "endpoint").await;
    says(&body, "hint", "rds:DescribeDBClusterEndpoints");
    world.configure(json!({"dbClusterIdentifier": "shop-cluster", "endpoint": "raeder"})).await;
    answer(clusters, of_cluster(""));
    let body = world.fails(&function, "DbInstanceNotFound", "endpoint").await;
    says(&body, "error", "The cluster shop-cluster has no endpoint raeder.");
    says(&body, "hint", "Did you mean reader?");
}
