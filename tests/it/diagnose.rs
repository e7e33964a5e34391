//! Broken set-ups, one a cause: diagnose names the hop and the cause, and the healthy one is all well.
//!
//! The table of docs/diagnose.md is made of this one.

use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use devstack::{
    ACCOUNT_B, Authority, Function, HttpFault, IamProxy, Invocation, Leftovers, Postgres, PostgresOptions,
    Rule, RuntimeApi, StackOptions, TcpFault, TcpProxy, Tls,
};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use socket2::{Domain, Socket, Type};

use crate::fixture::{BUCKET, Fixture, ROLE, response};

/// No run takes longer, whatever hangs; the function would be killed.
const LIMIT: Duration = Duration::from_secs(30);
/// So many at a time.
const SIDE_BY_SIDE: usize = 6;
const PASSWORD: &str = "hunter2-never-shown";

/// A set-up in which one thing is broken.
struct Case {
    /// What is broken, as docs/diagnose.md says it.
    broken: &'static str,
    hop: &'static str,
    state: &'static str,
    /// What the hop's cause says.
    cause: &'static str,
    set_up: fn(&Servers) -> SetUp,
}

/// How a set-up differs from the healthy one.
#[derive(Default)]
struct SetUp {
    event: Value,
    config: Value,
    /// The parameter's text in place of the configuration.
    parameter: Option<&'static str>,
    variables: Vec<(&'static str, String)>,
    rules: Vec<Rule>,
    /// Other hops that cannot but fail too.
    also: &'static [&'static str],
}

impl SetUp {
    fn event(event: Value) -> Self {
        Self { event, ..Self::default() }
    }

    fn config(config: Value) -> Self {
        Self { config, ..Self::default() }
    }

    /// The database at another port of this machine.
    fn port(port: u16) -> Self {
        Self::config(json!({"host": "localhost", "port": port}))
    }

    fn variable(name: &'static str, value: impl Into<String>) -> Self {
        Self { variables: vec![(name, value.into())], ..Self::default() }
    }

    fn rule(rule: Rule) -> Self {
        Self { rules: vec![rule], ..Self::default() }
    }

    fn refused(
        service: &'static str,
        action: &'static str,
        status: u16,
        code: &'static str,
        message: &'static str,
    ) -> Self {
        Self::rule(Rule::every(service, action, HttpFault::Error { status, code, message }))
    }

    fn also(self, also: &'static [&'static str]) -> Self {
        Self { also, ..self }
    }
}

const CASES: &[Case] = &[
    Case {
        broken: "an unknown field in the event",
        hop: "event",
        state: "failed",
        cause: "did you mean `bucket`?",
        set_up: |_| SetUp::event(json!({"buckett": "x"})),
    },
    Case {
        broken: "two statements in one query",
        hop: "event",
        state: "failed",
        cause: "one statement",
        set_up: |_| SetUp::event(json!({"query": "SELECT 1; SELECT 2"})),
    },
    Case {
        broken: "a role that the operator does not allow",
        hop: "event",
        state: "failed",
        cause: "see ALLOWED_ROLE_ARNS",
        set_up: |_| SetUp {
            event: json!({"crossAccountRoleArn": "arn:aws:iam::333333333333:role/Other"}),
            ..SetUp::variable("ALLOWED_ROLE_ARNS", "arn:aws:iam::222222222222:role/*")
        },
    },
    Case {
        broken: "no AWS credentials",
        hop: "event",
        state: "failed",
        cause: "gives credentials",
        set_up: |_| SetUp {
            variables: ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
                .map(|name| (name, String::new()))
                .to_vec(),
            ..SetUp::default()
        },
    },
    Case {
        broken: "the parameter does not exist",
        hop: "parameter",
        state: "failed",
        cause: "There is no parameter /missing in region eu-central-1",
        set_up: |_| SetUp::event(json!({"dbConfigParam": "/missing"})),
    },
    Case {
        broken: "no parameter under the path",
        hop: "parameter",
        state: "failed",
        cause: "There is no parameter /missing/ in region eu-central-1",
        set_up: |_| SetUp::event(json!({"dbConfigParam": "/missing/"})),
    },
    Case {
        broken: "the function's role may not read the parameter",
        hop: "parameter",
        state: "failed",
        cause: "lacks ssm:GetParameter",
        set_up: |_| {
            SetUp::refused(
                "ssm",
                "GetParameter",
                400,
                "AccessDeniedException",
                "User: x is not authorized to perform: ssm:GetParameter",
            )
        },
    },
    Case {
        broken: "the function's role may not decrypt the parameter",
        hop: "parameter",
        state: "failed",
        cause: "kms:Decrypt is missing",
        set_up: |_| {
            SetUp::rule(Rule::nth(
                "ssm",
                "GetParameter",
                1,
                HttpFault::Error {
                    status: 400,
                    code: "AccessDeniedException",
                    message: "The ciphertext refers to a customer master key that you are not allowed to access.",
                },
            ))
        },
    },
    Case {
        broken: "Parameter Store refuses connections",
        hop: "parameter",
        state: "failed",
        cause: "Nothing answers for ssm at 127.0.0.1:1",
        set_up: |_| SetUp::variable("AWS_ENDPOINT_URL_SSM", "http://127.0.0.1:1"),
    },
    Case {
        broken: "Parameter Store never answers",
        hop: "parameter",
        state: "failed",
        cause: "Nothing answers for ssm at 127.0.0.1:",
        set_up: |_| SetUp::rule(Rule::every("ssm", "GetParameter", HttpFault::Stall)),
    },
    Case {
        broken: "an expired session's credentials",
        hop: "parameter",
        state: "failed",
        cause: "does not accept the credentials",
        set_up: |_| {
            SetUp::refused(
                "ssm",
                "*",
                400,
                "ExpiredTokenException",
                "The security token included in the request is expired",
            )
        },
    },
    Case {
        broken: "the parameter is not JSON",
        hop: "parameter",
        state: "failed",
        cause: "is not JSON: see line 1, column 1",
        set_up: |_| SetUp {
            parameter: Some("postgres://reader:hunter2-never-shown@db/shop"),
            ..SetUp::default()
        },
    },
    Case {
        broken: "values missing in the parameter",
        hop: "parameter",
        state: "failed",
        cause: "missing or empty: database, username, password",
        set_up: |_| SetUp::config(json!({"database": null, "username": "", "password": null})),
    },
    Case {
        broken: "the secret of account B does not exist",
        hop: "parameter",
        state: "failed",
        cause: "Secrets Manager has no secret arn:aws:secretsmanager",
        set_up: |_| {
            SetUp::config(
                json!({"secretArn": "arn:aws:secretsmanager:eu-central-1:222222222222:secret:none-AbCdEf"}),
            )
        },
    },
    Case {
        broken: "account A gives no permission to assume the role",
        hop: "role",
        state: "failed",
        cause: "Account A refuses: the function's own role has no permission",
        set_up: |_| {
            SetUp::refused(
                "sts",
                "AssumeRole",
                403,
                "AccessDenied",
                "User: arn:aws:sts::111111111111:assumed-role/f/f is not \
            authorized to perform: sts:AssumeRole on resource: arn:aws:iam::222222222222:role/CrossAccountRDSRole because no \
            identity-based policy allows the sts:AssumeRole action",
            )
        },
    },
    Case {
        broken: "account B's trust policy does not admit the function, and AWS says so",
        hop: "role",
        state: "failed",
        cause: "Account B refuses: the trust policy",
        set_up: |_| {
            SetUp::refused(
                "sts",
                "AssumeRole",
                403,
                "AccessDenied",
                "User: x is not authorized to perform: sts:AssumeRole on \
            resource: y because no resource-based policy allows the sts:AssumeRole action",
            )
        },
    },
    Case {
        broken: "the role is refused, AWS does not say by whom, and it is the operator's",
        hop: "role",
        state: "failed",
        cause: "It is probably account B, since the function was deployed for this role",
        set_up: |_| {
            SetUp::refused(
                "sts",
                "AssumeRole",
                403,
                "AccessDenied",
                "User: x is not authorized to perform: sts:AssumeRole on resource: y",
            )
        },
    },
    Case {
        broken: "the role is refused, AWS does not say by whom, and an event names it",
        hop: "role",
        state: "failed",
        cause: "It is probably account A",
        set_up: |_| SetUp {
            event: json!({"crossAccountRoleArn": "arn:aws:iam::222222222222:role/Other"}),
            ..SetUp::refused(
                "sts",
                "AssumeRole",
                403,
                "AccessDenied",
                "User: x is not authorized to perform: sts:AssumeRole on resource: y",
            )
        },
    },
    Case {
        broken: "STS is throttled",
        hop: "role",
        state: "failed",
        cause: "AWS throttles sts",
        set_up: |_| SetUp::refused("sts", "AssumeRole", 400, "Throttling", "Rate exceeded"),
    },
    Case {
        broken: "STS refuses connections",
        hop: "role",
        state: "failed",
        cause: "Nothing answers for sts at 127.0.0.1:1",
        set_up: |_| SetUp::variable("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1"),
    },
    Case {
        broken: "the instance does not exist",
        hop: "endpoint",
        state: "failed",
        cause: "RDS has no order in the role's account and region eu-central-1",
        set_up: |_| SetUp::config(json!({"dbInstanceIdentifier": "order"})),
    },
    Case {
        broken: "the instance is stopped",
        hop: "endpoint",
        state: "failed",
        cause: "has the status stopped",
        set_up: |_| SetUp::config(json!({"dbInstanceIdentifier": "stopped"})),
    },
    Case {
        broken: "the role may not describe the instance",
        hop: "endpoint",
        state: "failed",
        cause: "lacks rds:DescribeDBInstances on orders",
        set_up: |_| {
            SetUp::refused(
                "rds",
                "DescribeDBInstances",
                403,
                "AccessDenied",
                "User: x is not authorized to perform: rds:DescribeDBInstances",
            )
        },
    },
    Case {
        broken: "the role may not describe the instance, but host is configured",
        hop: "endpoint",
        state: "warning",
        cause: "lacks rds:DescribeDBInstances on orders",
        set_up: |servers| SetUp {
            config: json!({"host": "localhost", "port": servers.fixture.stack.postgres.port()}),
            ..SetUp::refused(
                "rds",
                "DescribeDBInstances",
                403,
                "AccessDenied",
                "User: x is not authorized to perform: rds:DescribeDBInstances",
            )
        },
    },
    Case {
        broken: "the host's name is unknown",
        hop: "dns",
        state: "failed",
        cause: "The name no-such-host.invalid is unknown here",
        set_up: |_| SetUp::config(json!({"host": "no-such-host.invalid"})),
    },
    Case {
        broken: "a public address although the function is in a VPC",
        hop: "dns",
        state: "warning",
        cause: "DNS resolution on the peering is off",
        set_up: |_| SetUp {
            config: json!({"host": "203.0.113.10"}),
            ..SetUp::variable("FUNCTION_IN_VPC", "true").also(&["tcp", "tls"])
        },
    },
    Case {
        broken: "nothing listens on the port",
        hop: "tcp",
        state: "failed",
        cause: "Nothing listens on port 1 there",
        set_up: |_| SetUp::port(1),
    },
    Case {
        broken: "the packets to the database are dropped",
        hop: "tcp",
        state: "failed",
        cause: "The packets are dropped: the database's security group",
        set_up: |servers| SetUp::config(json!({"host": "127.0.0.1", "port": servers.black_hole.port})),
    },
    Case {
        broken: "a load balancer without a target: connected, then silence",
        hop: "tls",
        state: "failed",
        cause: "a load balancer without a healthy target",
        set_up: |servers| SetUp::port(servers.silent.port()),
    },
    Case {
        broken: "another service on the port",
        hop: "tls",
        state: "failed",
        cause: "does not answer as PostgreSQL",
        set_up: |servers| SetUp::port(servers.http_port()),
    },
    Case {
        broken: "the server offers no TLS",
        hop: "tls",
        state: "failed",
        cause: "The server has TLS switched off",
        set_up: |servers| SetUp::port(servers.plain.port()),
    },
    Case {
        broken: "the certificate's authority is unknown",
        hop: "tls",
        state: "failed",
        cause: "is not among the trusted ones",
        set_up: |servers| SetUp::config(json!({"sslRootCert": servers.stranger.pem()})),
    },
    Case {
        broken: "the certificate has another name",
        hop: "tls",
        state: "failed",
        cause: "is valid for localhost, 127.0.0.1, but not for orders.example",
        set_up: |_| SetUp::config(json!({"tlsServerName": "orders.example"})),
    },
    Case {
        broken: "the certificate has run out",
        hop: "tls",
        state: "failed",
        cause: "expired on 2020-01-01",
        set_up: |servers| SetUp::port(servers.expired.port()),
    },
    Case {
        broken: "the certificate runs out soon",
        hop: "tls",
        state: "warning",
        cause: "The server's certificate expires in 9 days",
        set_up: |servers| {
            SetUp::config(
                json!({"host": "localhost", "port": servers.expiring.port(), "username": "token_reader"}),
            )
        },
    },
    Case {
        broken: "TLS switched off in the configuration",
        hop: "tls",
        state: "warning",
        cause: "Anyone on the network path can read",
        set_up: |servers| {
            SetUp::config(json!({"host": "localhost", "port": servers.plain.port(), "sslMode": "disable"}))
        },
    },
    Case {
        broken: "a wrong password",
        hop: "login",
        state: "failed",
        cause: "The password of reader is wrong",
        set_up: |_| SetUp::config(json!({"password": "another-never-shown"})),
    },
    Case {
        broken: "the database does not exist",
        hop: "login",
        state: "failed",
        cause: "There is no database shopp",
        set_up: |_| SetUp::config(json!({"database": "shopp"})),
    },
    Case {
        broken: "a user without the right to log in",
        hop: "login",
        state: "failed",
        cause: "no_login is a role without the right to log in",
        set_up: |_| SetUp::config(json!({"username": "no_login"})),
    },
    Case {
        broken: "no connection is left",
        hop: "login",
        state: "failed",
        cause: "No connection is left",
        set_up: |_| SetUp::config(json!({"username": "crowded"})),
    },
    Case {
        broken: "the server refuses the IAM token",
        hop: "login",
        state: "failed",
        cause: "the user lacks the role rds_iam",
        set_up: |servers| {
            SetUp::config(
                json!({"host": "localhost", "port": servers.refusing.port(), "username": "token_reader", "auth": "iam"}),
            )
        },
    },
    Case {
        broken: "a superuser",
        hop: "read-only",
        state: "warning",
        cause: "postgres is a superuser",
        set_up: |servers| {
            SetUp::config(
                json!({"username": "postgres", "password": servers.fixture.stack.postgres.password()}),
            )
        },
    },
    Case {
        broken: "extractions may write",
        hop: "read-only",
        state: "warning",
        cause: "ALLOW_WRITES is true",
        set_up: |_| SetUp::variable("ALLOW_WRITES", "true"),
    },
    Case {
        broken: "the table does not exist",
        hop: "query",
        state: "failed",
        cause: "relation \"customer\" does not exist",
        set_up: |_| SetUp::event(json!({"query": "SELECT * FROM customer"})),
    },
    Case {
        broken: "no right to read the table",
        hop: "query",
        state: "failed",
        cause: "permission denied for table salaries",
        set_up: |_| SetUp::event(json!({"query": "SELECT * FROM salaries"})),
    },
    Case {
        broken: "an error of syntax",
        hop: "query",
        state: "failed",
        cause: "syntax error at or near \"customers\"",
        set_up: |_| SetUp::event(json!({"query": "SELECT id FORM customers"})),
    },
    Case {
        broken: "params without a value for each $n",
        hop: "query",
        state: "failed",
        cause: "The query has 2 parameters ($1, $2 …), but params holds 1 values",
        set_up: |_| {
            SetUp::event(
                json!({"query": "SELECT * FROM customers WHERE id = $1 AND name = $2", "params": [1]}),
            )
        },
    },
    Case {
        broken: "a query that changes data",
        hop: "query",
        state: "failed",
        cause: "The query changes data or locks rows",
        set_up: |_| SetUp::event(json!({"query": "DELETE FROM customers RETURNING id"})),
    },
    Case {
        broken: "a table that another session has locked",
        hop: "query",
        state: "failed",
        cause: "Planning waits, most likely for a lock",
        set_up: |_| SetUp::event(json!({"query": "SELECT * FROM locked"})),
    },
    Case {
        broken: "the query's parameter does not exist",
        hop: "query",
        state: "failed",
        cause: "Parameter /queries/none does not exist",
        set_up: |_| SetUp::event(json!({"query": null, "queryParam": "/queries/none"})),
    },
    Case {
        broken: "a result too large for the function's time",
        hop: "query",
        state: "warning",
        cause: "By the planner's estimate the extraction takes about",
        set_up: |_| {
            SetUp::event(json!({"query": "SELECT g, md5(g::text) FROM generate_series(1, 1000000000) g"}))
        },
    },
    Case {
        broken: "the bucket does not exist",
        hop: "bucket",
        state: "failed",
        cause: "There is no bucket no-such-bucket",
        set_up: |_| SetUp::event(json!({"bucket": "no-such-bucket"})),
    },
    Case {
        broken: "the function's role may not write to the bucket",
        hop: "bucket",
        state: "failed",
        cause: "does not allow s3:PutObject on diagnosed/",
        set_up: |_| SetUp::refused("s3", "CreateMultipartUpload", 403, "AccessDenied", "Access Denied"),
    },
    Case {
        broken: "the same, for a key that reads like another cause: `Throttling.csv`",
        hop: "bucket",
        state: "failed",
        cause: "does not allow s3:PutObject on Throttling.csv",
        set_up: |_| SetUp {
            event: json!({"keyPrefix": null, "fileName": "Throttling.csv"}),
            ..SetUp::refused("s3", "CreateMultipartUpload", 403, "AccessDenied", "Access Denied")
        },
    },
    Case {
        broken: "the same, for a key that reads like another cause: `kms.csv`",
        hop: "bucket",
        state: "failed",
        cause: "does not allow s3:PutObject on kms.csv",
        set_up: |_| SetUp {
            event: json!({"keyPrefix": null, "fileName": "kms.csv"}),
            ..SetUp::refused("s3", "CreateMultipartUpload", 403, "AccessDenied", "Access Denied")
        },
    },
    Case {
        broken: "the bucket belongs to another account",
        hop: "bucket",
        state: "failed",
        cause: "does not belong to account 444444444444",
        set_up: |_| SetUp {
            event: json!({"bucketOwner": "444444444444"}),
            ..SetUp::rule(
                Rule::every("s3", "*", HttpFault::error(403, "AccessDenied"))
                    .with_header("x-amz-expected-bucket-owner"),
            )
        },
    },
    Case {
        broken: "the key that encrypts may not be used",
        hop: "bucket",
        state: "failed",
        cause: "The key that encrypts the object may not be used",
        set_up: |_| {
            SetUp::refused(
                "s3",
                "CreateMultipartUpload",
                403,
                "AccessDenied",
                "User: x is not authorized to perform: \
            kms:GenerateDataKey on the resource associated with this ciphertext",
            )
        },
    },
    Case {
        broken: "an upload can be opened but not aborted",
        hop: "bucket",
        state: "failed",
        cause: "is still open and could not be aborted",
        set_up: |_| SetUp::refused("s3", "AbortMultipartUpload", 403, "AccessDenied", "Access Denied"),
    },
    Case {
        broken: "the bucket lies in another region",
        hop: "bucket",
        state: "warning",
        cause: "The bucket is in us-west-2",
        set_up: |_| SetUp {
            rules: vec![
                Rule::nth("s3", "HeadBucket", 1, HttpFault::Redirect("us-west-2")),
                Rule::nth("s3", "HeadObject", 1, HttpFault::Redirect("us-west-2")),
            ],
            ..SetUp::default()
        },
    },
    Case {
        broken: "the bucket lies in another region, which cannot be reached",
        hop: "bucket",
        state: "failed",
        cause: "The bucket is in us-west-2, the function in eu-central-1, and a gateway endpoint",
        set_up: |_| SetUp {
            rules: vec![
                Rule::every("s3", "*", HttpFault::Redirect("us-west-2")).in_region("eu-central-1"),
                Rule::every("s3", "*", HttpFault::Reset).in_region("us-west-2"),
            ],
            ..SetUp::default()
        },
    },
    Case {
        broken: "the object exists and ifExists is fail",
        hop: "bucket",
        state: "failed",
        cause: "taken.csv exists, and ifExists is fail",
        set_up: |_| SetUp::event(json!({"keyPrefix": null, "fileName": "taken.csv", "ifExists": "fail"})),
    },
    Case {
        broken: "S3 refuses connections",
        hop: "bucket",
        state: "failed",
        cause: "Nothing answers for s3 at 127.0.0.1:1",
        set_up: |_| SetUp::variable("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1"),
    },
    Case {
        broken: "the clock is ten minutes late",
        hop: "clock",
        state: "failed",
        cause: "s behind AWS, which refuses signatures",
        set_up: |_| SetUp {
            rules: ["ssm", "sts", "rds", "s3"]
                .map(|service| Rule::every(service, "*", HttpFault::ShiftDate(600)))
                .to_vec(),
            ..SetUp::default()
        },
    },
];

/// The servers that the set-ups use.
struct Servers {
    fixture: Fixture,
    plain: Postgres,
    stranger: Authority,
    silent: TcpProxy,
    expired: IamProxy,
    expiring: IamProxy,
    refusing: IamProxy,
    black_hole: BlackHole,
}

const SCHEMA: &str = "CREATE TABLE customers AS SELECT g AS id, 'name ' || g AS name FROM generate_series(1, 1000) g; \
    CREATE TABLE salaries (amount int); CREATE TABLE locked (a int); ANALYZE; \
    GRANT SELECT, DELETE ON customers, locked TO reader, token_reader";

impl Servers {
    async fn start() -> Self {
        let options = || PostgresOptions {
            hba: vec!["host all token_reader all trust".to_owned()],
            ..PostgresOptions::default()
        };
        let fixture = Fixture::start_with(StackOptions { postgres: options(), ..StackOptions::default() });
        let plain = Postgres::start(PostgresOptions { tls: Tls::Off, ..options() });
        let (fixture, plain) = tokio::join!(fixture, plain);
        let (stack, plain) = (&fixture.stack, plain.expect("a server without TLS"));
        for server in [&stack.postgres, &plain] {
            for (user, more) in [
                ("reader", ""),
                ("token_reader", ""),
                ("no_login", "NOLOGIN"),
                ("crowded", "CONNECTION LIMIT 0"),
            ] {
                server.create_role(user, PASSWORD).await.expect("a role");
                server.execute("postgres", &format!("ALTER ROLE {user} {more}")).await.expect("a role");
            }
            server.create_database("shop").await.expect("a database");
            server.execute("shop", SCHEMA).await.expect("tables");
        }
        let account = stack.account_a();
        account.put_object(BUCKET, "taken.csv", b"theirs").await.expect("an object");
        let rds = stack.rds_b().expect("the RDS API");
        for name in ["orders", "stopped"] {
            rds.create_db_instance(name, "shop").await.expect("an instance");
        }
        rds.query("rds", "StopDBInstance", &[("DBInstanceIdentifier", "stopped")])
            .await
            .expect("a stopped instance");
        let (authority, port) = (stack.postgres.authority(), stack.postgres.port());
        let names = ["localhost", "127.0.0.1"];
        let proxy = async |certificate| IamProxy::start(port, &certificate).await.expect("a proxy");
        let expired = proxy(authority.issue_expired(&names).expect("a certificate")).await;
        let expiring = proxy(authority.issue_for_days(&names, 10).expect("a certificate")).await;
        let refusing = proxy(authority.issue(&names).expect("a certificate")).await;
        refusing.refuse(true);
        let silent = TcpProxy::start("127.0.0.1", port).await.expect("a proxy");
        silent.fault(TcpFault::Silent);
        let stranger = Authority::new("Somebody else").expect("an authority");
        let black_hole = BlackHole::open().expect("a port");
        Self { fixture, plain, stranger, silent, expired, expiring, refusing, black_hole }
    }

    /// A port of this machine where a web server listens.
    fn http_port(&self) -> u16 {
        self.fixture
            .stack
            .localstack
            .authority()
            .rsplit(':')
            .next()
            .and_then(|port| port.parse().ok())
            .expect("a port")
    }

    fn config(&self) -> Value {
        json!({"dbInstanceIdentifier": "orders", "database": "shop", "username": "reader", "password": PASSWORD,
            "sslRootCert": self.fixture.stack.postgres.ca_pem()})
    }

    /// One diagnosis; `number` keeps set-ups apart.
    async fn diagnose(&self, number: usize, set_up: &SetUp) -> Invocation {
        let parameter = format!("/diagnose/{number}");
        let text = match set_up.parameter {
            Some(text) => text.to_owned(),
            None => merged(self.config(), &set_up.config).to_string(),
        };
        self.fixture
            .stack
            .account_a()
            .put_parameter(&parameter, &text, "SecureString")
            .await
            .expect("a parameter");
        let proxy = self.fixture.stack.aws_proxy().await.expect("a proxy");
        for rule in &set_up.rules {
            proxy.rule(rule.clone());
        }
        let usual = [
            ("DB_CONFIG_PARAM", parameter.as_str()),
            ("S3_BUCKET_NAME", BUCKET),
            ("EXTERNAL_ID", "unique-external-id"),
            ("ACCOUNT_B_ID", ACCOUNT_B),
            ("CROSS_ACCOUNT_ROLE_NAME", ROLE),
        ];
        let function = Function::new(env!("CARGO_BIN_EXE_rds-data-extractor"))
            .env(self.fixture.stack.function_env_through(&proxy))
            .env(usual)
            .env(set_up.variables.iter().cloned());
        let lambda = RuntimeApi::start(function).await.expect("a Runtime API");
        let event = json!({"action": "diagnose", "query": "SELECT id, name FROM customers", "keyPrefix": "diagnosed"});
        lambda.invoke(merged(event, &set_up.event), LIMIT).await.expect("an answer")
    }
}

/// `base` with the fields of `over`; null takes one away.
fn merged(mut base: Value, over: &Value) -> Value {
    for (name, value) in over.as_object().into_iter().flatten() {
        base[name] = value.clone();
    }
    base
}

/// A port that drops packets: one connection waits to be accepted, and there is no room for another.
struct BlackHole {
    port: u16,
    _listener: Socket,
    _waiting: Vec<TcpStream>,
}

impl BlackHole {
    fn open() -> std::io::Result<Self> {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        let any: std::net::SocketAddr = ([127, 0, 0, 1], 0).into();
        listener.bind(&any.into())?;
        listener.listen(0)?;
        let address = listener.local_addr()?.as_socket().expect("an address");
        let mut waiting = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
            waiting.push(stream);
        }
        Ok(Self { port: address.port(), _listener: listener, _waiting: waiting })
    }
}

/// What is wrong with the answer to a set-up, if anything.
fn wrong(case: &Case, set_up: &SetUp, invocation: &Invocation) -> Option<String> {
    let answer = match &invocation.result {
        Ok(answer) => answer,
        Err(error) => return Some(format!("{}: {error:?}", case.broken)),
    };
    let body = &answer["body"];
    let hops = body["hops"].as_array().cloned().unwrap_or_default();
    let names = |state: &str| -> Vec<&str> {
        hops.iter().filter(|hop| hop["state"] == state).filter_map(|hop| hop["hop"].as_str()).collect()
    };
    let hop = hops.iter().find(|hop| hop["hop"] == case.hop).cloned().unwrap_or_default();
    let text = |name: &str| hop[name].as_str().unwrap_or_default().to_owned();
    let others = |state| {
        names(state).into_iter().filter(|name| *name != case.hop && !set_up.also.contains(name)).count()
    };
    let failed = case.state == "failed";
    let right = answer["statusCode"] == 200
        && text("state") == case.state
        && text("cause").contains(case.cause)
        && text("fix").len() > 10
        && hops.len() == 12
        && others("failed") == 0
        && (failed || others("warning") == 0)
        && (body["ok"] == (!failed && names("failed").is_empty()))
        && (!failed
            || body["verdict"].as_str().is_some_and(|verdict| {
                verdict.starts_with(&format!("It fails at {}: ", case.hop)) && verdict.contains(case.cause)
            }));
    (!right)
        .then(|| format!("{} (wanted {} {}: {}):\n{body:#}", case.broken, case.hop, case.state, case.cause))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_broken_set_up_has_its_hop_and_cause() {
    let servers = Arc::new(Servers::start().await);
    let database = servers.fixture.stack.postgres.connect_to("shop").await.expect("a connection");
    database.batch_execute("BEGIN; LOCK TABLE locked").await.expect("a lock");

    let healthy = servers.diagnose(CASES.len(), &SetUp::default()).await;
    let body = &response(&healthy)["body"];
    let hops = body["hops"].as_array().expect("hops");
    assert!(body["ok"] == true && hops.iter().all(|hop| hop["state"] == "ok"), "{body:#}");
    assert_eq!(body["verdict"], "Every hop works.");

    let only = std::env::var("DIAGNOSE_ONLY").unwrap_or_default();
    let cases = CASES.iter().enumerate().filter(|(_, case)| case.broken.contains(&only));
    let answered = stream::iter(cases).map(|(number, case)| {
        let servers = Arc::clone(&servers);
        async move {
            let set_up = (case.set_up)(&servers);
            let invocation = servers.diagnose(number, &set_up).await;
            (case, set_up, invocation)
        }
    });
    let answered: Vec<_> = answered.buffer_unordered(SIDE_BY_SIDE).collect().await;
    let problems: Vec<_> =
        answered.iter().filter_map(|(case, set_up, invocation)| wrong(case, set_up, invocation)).collect();
    assert!(
        problems.is_empty(),
        "{} of {} are wrong:\n{}",
        problems.len(),
        answered.len(),
        problems.join("\n")
    );

    for (case, _, invocation) in &answered {
        let said = invocation.shown();
        for secret in
            [PASSWORD, "another-never-shown", servers.fixture.stack.postgres.password(), "X-Amz-Signature"]
        {
            assert!(!said.contains(secret), "{}: a secret was shown", case.broken);
        }
    }
    let left =
        Leftovers::default().in_bucket(&servers.fixture.stack.account_a(), BUCKET).await.expect("a list");
    assert_eq!(left.objects.len(), 1, "an object was written: {left:?}");
    // The upload whose abort is denied.
    assert!(left.uploads.len() <= 1, "{left:?}");
}

/// A row of the documentation.
fn row(case: &Case) -> String {
    format!("| {} | {} | {} | {} |", case.broken, case.hop, case.state, case.cause.replace('|', "\\|"))
}

#[test]
fn the_documentation_has_every_set_up() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/diagnose.md");
    let text = std::fs::read_to_string(path).expect("the documentation");
    let rows: Vec<_> = CASES.iter().map(row).collect();
    let head = "| broken set-up | hop | state | its cause says |\n| --- | --- | --- | --- |\n";
    let table = format!("{head}{}\n", rows.join("\n"));
    assert!(text.contains(&table), "docs/diagnose.md must have this table:\n{table}");
}
