//! The function with its name server, RDS API and load balancer.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use devstack::{Aws, Function, HttpProxy, Invocation, LoadBalancer, Moto, NameServer, RuntimeApi};
use serde_json::{Value, json};

/// The name of the instance `orders`, which only the test's name server knows.
pub const ORDERS: &str = "orders.c1.eu-central-1.rds.example";

const UPDATER: &str = env!("CARGO_BIN_EXE_nlb-target-updater");
const PATIENCE: Duration = Duration::from_secs(120);

/// The function and what it uses, which several functions can share.
pub struct World {
    pub moto: Arc<Moto>,
    pub balancer: Arc<LoadBalancer>,
    pub proxy: Arc<HttpProxy>,
    pub names: Arc<NameServer>,
    pub function: RuntimeApi,
    group: String,
}

impl World {
    /// Starts the function with these variables. There is an instance `orders` at the name [`ORDERS`], which is unknown
    /// at first.
    pub async fn start(variables: &[(&str, &str)]) -> Self {
        let moto = Moto::alone(("unused.example", 5432)).await.expect("moto");
        moto.set_address("orders", ORDERS, 5432);
        let aws = moto.account("test");
        let balancer = LoadBalancer::before(moto.authority()).await.expect("a load balancer");
        let upstreams = [("rds", moto.authority()), ("elasticloadbalancing", balancer.authority())];
        let proxy = HttpProxy::start(&upstreams).await.expect("a proxy");
        let names = NameServer::start().await.expect("a name server");
        aws.create_db_instance("orders", "orders").await.expect("an instance");
        let group = create_group(&aws).await;
        let function = start_function(&names, &proxy, &group, variables).await;
        Self {
            moto: Arc::new(moto),
            balancer: Arc::new(balancer),
            proxy: Arc::new(proxy),
            names: Arc::new(names),
            function,
            group,
        }
    }

    /// Returns the same world with another function.
    pub async fn with(&self, variables: &[(&str, &str)]) -> Self {
        Self {
            moto: Arc::clone(&self.moto),
            balancer: Arc::clone(&self.balancer),
            proxy: Arc::clone(&self.proxy),
            names: Arc::clone(&self.names),
            function: start_function(&self.names, &self.proxy, &self.group, variables).await,
            group: self.group.clone(),
        }
    }

    /// Creates a cluster with these instances, whose addresses end in 11, 12 and so on.
    pub async fn cluster(&self, cluster: &str, instances: &[&str]) {
        let aws = self.moto.account("test");
        aws.create_db_cluster(cluster, "shop").await.expect("a cluster");
        for (instance, last) in instances.iter().zip(11..) {
            let fields = [
                ("DBInstanceIdentifier", *instance),
                ("DBClusterIdentifier", cluster),
                ("Engine", "aurora-postgresql"),
                ("DBInstanceClass", "db.r6g.large"),
            ];
            aws.query("rds", "CreateDBInstance", &fields).await.expect("an instance");
            let name = format!("{instance}.c1.eu-central-1.rds.example");
            self.moto.set_address(instance, &name, 5432);
            self.names.set(&name, &[address(last)]);
        }
    }

    /// Invokes the function as SNS or the schedule does.
    pub fn invoke(&self, event: Value) -> impl Future<Output = Invocation> + Send + 'static {
        let function = self.function.clone();
        async move { function.invoke(event, PATIENCE).await.expect("an invocation") }
    }

    /// Invokes the function as the schedule does, and returns the line of the run.
    pub async fn scheduled(&self) -> Value {
        line(&self.invoke(json!({"detail-type": "Scheduled Event", "source": "aws.events"})).await)
    }

    /// Invokes the function until the group is as wanted and healthy.
    pub async fn until_agrees(&self) {
        for _ in 0..10 {
            let line = self.scheduled().await;
            if line["outcome"] == "agrees" && line["Healthy"] != 0 {
                return;
            }
            assert_ne!(line["outcome"], "failed", "{line}");
        }
        panic!("the group does not become as wanted");
    }

    /// Checks that a run fails so, and that it makes no change.
    pub async fn changes_nothing(&self, error_type: &str, message: &str) {
        let before = self.balancer.history();
        let invocation = self.invoke(json!({})).await;
        let error = invocation.result.as_ref().expect_err("an error");
        let line = line(&invocation);
        assert_eq!(
            (error.error_type.as_str(), &line["errorType"]),
            (error_type, &json!(error_type)),
            "{error:?}"
        );
        assert!(error.error_message.contains(message), "{error:?}");
        assert_eq!(
            (&line["outcome"], &line["Changes"], &line["Wanted"]),
            (&json!("failed"), &json!(0), &Value::Null)
        );
        assert_eq!(self.balancer.history(), before, "{line}");
    }

    /// Checks that some target was registered at all times after the first one.
    pub fn was_never_empty(&self) {
        let history = self.balancer.history();
        assert!(
            !history.is_empty() && history.iter().all(|registered| !registered.is_empty()),
            "{history:?}"
        );
    }
}

async fn start_function(
    names: &NameServer,
    proxy: &HttpProxy,
    group: &str,
    variables: &[(&str, &str)],
) -> RuntimeApi {
    let program = names.wrap(Path::new(UPDATER)).expect("a program");
    let url = proxy.url();
    let usual = [
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_ENDPOINT_URL", url.as_str()),
        ("TARGET_GROUP_ARN", group),
        ("ALLOWED_CIDRS", "10.1.0.0/16"),
    ];
    let function = Function::new(program).env(usual).env(variables.iter().copied());
    RuntimeApi::start(function).await.expect("a Runtime API")
}

async fn create_group(aws: &Aws) -> String {
    let vpcs = aws.query("ec2", "DescribeVpcs", &[]).await.expect("the networks");
    let vpc = element(&vpcs, "vpcId");
    let fields =
        [("Name", "orders"), ("Protocol", "TCP"), ("Port", "5432"), ("VpcId", &vpc), ("TargetType", "ip")];
    let answer =
        aws.query("elasticloadbalancing", "CreateTargetGroup", &fields).await.expect("a target group");
    element(&answer, "TargetGroupArn")
}

/// Returns the text of the first element with this name.
fn element(xml: &str, name: &str) -> String {
    let (_, rest) = xml.split_once(&format!("<{name}>")).expect(name);
    rest.split('<').next().expect("text").to_owned()
}

/// Returns an event of RDS as SNS delivers it, that was sent this many seconds ago.
pub fn event(seconds_ago: u64) -> Value {
    let sent = DateTime::from(SystemTime::now() - Duration::from_secs(seconds_ago));
    let sent = sent.fmt(Format::DateTime).expect("a time");
    let message = json!({"Event Source": "db-instance", "Source ID": "orders", "Event ID": "RDS-EVENT-0013"});
    json!({"Records": [{"EventSource": "aws:sns", "Sns": {"Timestamp": sent, "Message": message.to_string()}}]})
}

/// Returns the only line of a run.
pub fn line(invocation: &Invocation) -> Value {
    let lines = invocation.logs.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let own: Vec<_> = lines.filter(|line| line["requestId"] == invocation.request_id.as_str()).collect();
    assert_eq!(own.len(), 1, "{:?}", invocation.logs);
    own[0].clone()
}

pub fn address(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 1, 0, last)
}

pub fn addresses(lasts: &[u8]) -> BTreeSet<Ipv4Addr> {
    lasts.iter().map(|last| address(*last)).collect()
}
