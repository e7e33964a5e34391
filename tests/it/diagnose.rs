//! Set-ups in which one thing is broken: diagnose names the hop and the cause. In the healthy set-up every hop works.
//!
//! The table of docs/diagnose.md has the same rows.

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

/// The maximum duration of a run, whatever hangs; the function would be killed after that.
const LIMIT: Duration = Duration::from_secs(30);
/// The number of set-ups that are diagnosed at the same time.
const SIDE_BY_SIDE: usize = 6;
const PASSWORD: &str = "hunter2-never-shown";

/// A set-up in which one thing is broken.
struct Case {
    /// What is broken, in the words of docs/diagnose.md.
    broken: &'static str,
    hop: &'static str,
    state: &'static str,
    /// A part of the hop's cause.
    cause: &'static str,
    set_up: fn(&Servers) -> SetUp,
}

/// How a set-up differs from the healthy one.
#[derive(Default)]
struct SetUp {
    event: Value,
    config: Value,
    /// The parameter's text, instead of the configuration.
    parameter: Option<&'static str>,
    variables: Vec<(&'static str, String)>,
    rules: Vec<Rule>,
    /// Other hops that fail as a consequence.
    also: &'static [&'static str],
}

impl SetUp {
    fn event(event: Value) -> Self {
        Self { event, ..Self::default() }
    }

    fn config(config: Value) -> Self {
        Self { config, ..Self::default() }
    }

    /// Sets the database to another port of this machine.
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

    fn denied(service: &'static str, action: &'static str, message: &'static str) -> Self {
        Self::refused(service, action, 403, "AccessDenied", message)
    }

    fn also(self, also: &'static [&'static str]) -> Self {
        Self { also, ..self }
    }
}

/// Returns a case whose hop fails.
const fn failed(
    broken: &'static str,
    hop: &'static str,
    cause: &'static str,
    set_up: fn(&Servers) -> SetUp,
) -> Case {
    Case { broken, hop, state: "failed", cause, set_up }
}

/// Returns a case whose hop warns.
const fn warning(
    broken: &'static str,
    hop: &'static str,
    cause: &'static str,
    set_up: fn(&Servers) -> SetUp,
) -> Case {
    Case { broken, hop, state: "warning", cause, set_up }
}

const CASES: &[Case] = &[
    failed("an unknown field in the event", "event", "did you mean `bucket`?", |_| {
        SetUp::event(json!({"buckett": "x"}))
    }),
    failed("two statements in one query", "event", "one statement", |_| {
        SetUp::event(json!({"query": "SELECT 1; SELECT 2"}))
    }),
    failed("a role that the operator does not allow", "event", "see ALLOWED_ROLE_ARNS", |_| SetUp {
        event: json!({"crossAccountRoleArn": "arn:aws:iam::333333333333:role/Other"}),
        ..SetUp::variable("ALLOWED_ROLE_ARNS", "arn:aws:iam::222222222222:role/*")
    }),
    failed("no AWS credentials", "event", "gives credentials", |_| SetUp {
        variables: ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(|name| (name, String::new())).to_vec(),
        ..SetUp::default()
    }),
    failed(
        "the parameter does not exist",
        "parameter",
        "There is no parameter /missing in region eu-central-1",
        |_| SetUp::event(json!({"dbConfigParam": "/missing"})),
    ),
    failed(
        "no parameter under the path",
        "parameter",
        "There is no parameter /missing/ in region eu-central-1",
        |_| SetUp::event(json!({"dbConfigParam": "/missing/"})),
    ),
    failed("the function's role may not read the parameter", "parameter", "lacks ssm:GetParameter", |_| {
        SetUp::refused(
            "ssm",
            "GetParameter",
            400,
            "AccessDeniedException",
            "User: x is not authorized to perform: ssm:GetParameter",
        )
    }),
    failed(
        "the function's role may not decrypt the parameter",
        "parameter",
        "kms:Decrypt is missing",
        |_| {
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
    ),
    failed(
        "Parameter Store refuses connections",
        "parameter",
        "Nothing answers for ssm at 127.0.0.1:1",
        |_| SetUp::variable("AWS_ENDPOINT_URL_SSM", "http://127.0.0.1:1"),
    ),
    failed("Parameter Store never answers", "parameter", "Nothing answers for ssm at 127.0.0.1:", |_| {
        SetUp::rule(Rule::every("ssm", "GetParameter", HttpFault::Stall))
    }),
    failed("an expired session's credentials", "parameter", "does not accept the credentials", |_| {
        SetUp::refused(
            "ssm",
            "*",
            400,
            "ExpiredTokenException",
            "The security token included in the request is expired",
        )
    }),
    failed("the parameter is not JSON", "parameter", "is not JSON: see line 1, column 1", |_| SetUp {
        parameter: Some("postgres://reader:hunter2-never-shown@db/shop"),
        ..SetUp::default()
    }),
    failed(
        "values missing in the parameter",
        "parameter",
        "missing or empty: database, username, password",
        |_| SetUp::config(json!({"database": null, "username": "", "password": null})),
    ),
    failed(
        "the secret of account B does not exist",
        "parameter",
        "Secrets Manager has no secret arn:aws:secretsmanager",
        |_| {
            SetUp::config(
                json!({"secretArn": "arn:aws:secretsmanager:eu-central-1:222222222222:secret:none-AbCdEf"}),
            )
        },
    ),
    failed(
        "account A gives no permission to assume the role",
        "role",
        "Account A refuses: the function's own role has no permission",
        |_| {
            SetUp::denied(
                "sts",
                "AssumeRole",
                "User: arn:aws:sts::111111111111:assumed-role/f/f is not \
            authorized to perform: sts:AssumeRole on resource: arn:aws:iam::222222222222:role/CrossAccountRDSRole because no \
            identity-based policy allows the sts:AssumeRole action",
            )
        },
    ),
    failed(
        "account B's trust policy does not admit the function, and AWS says so",
        "role",
        "Account B refuses: the trust policy",
        |_| {
            SetUp::denied(
                "sts",
                "AssumeRole",
                "User: x is not authorized to perform: sts:AssumeRole on \
            resource: y because no resource-based policy allows the sts:AssumeRole action",
            )
        },
    ),
    failed(
        "the role is refused, AWS does not say by whom, and it is the operator's",
        "role",
        "It is probably account B, since the function was deployed for this role",
        |_| {
            SetUp::denied(
                "sts",
                "AssumeRole",
                "User: x is not authorized to perform: sts:AssumeRole on resource: y",
            )
        },
    ),
    failed(
        "the role is refused, AWS does not say by whom, and an event names it",
        "role",
        "It is probably account A",
        |_| SetUp {
            event: json!({"crossAccountRoleArn": "arn:aws:iam::222222222222:role/Other"}),
            ..SetUp::denied(
                "sts",
                "AssumeRole",
                "User: x is not authorized to perform: sts:AssumeRole on resource: y",
            )
        },
    ),
    failed("STS is throttled", "role", "AWS throttles sts", |_| {
        SetUp::refused("sts", "AssumeRole", 400, "Throttling", "Rate exceeded")
    }),
    failed("STS refuses connections", "role", "Nothing answers for sts at 127.0.0.1:1", |_| {
        SetUp::variable("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")
    }),
    failed(
        "the instance does not exist",
        "endpoint",
        "RDS has no order in the role's account and region eu-central-1",
        |_| SetUp::config(json!({"dbInstanceIdentifier": "order"})),
    ),
    failed("the instance is stopped", "endpoint", "has the status stopped", |_| {
        SetUp::config(json!({"dbInstanceIdentifier": "stopped"}))
    }),
    failed(
        "the role may not describe the instance",
        "endpoint",
        "lacks rds:DescribeDBInstances on orders",
        |_| {
            SetUp::denied(
                "rds",
                "DescribeDBInstances",
                "User: x is not authorized to perform: rds:DescribeDBInstances",
            )
        },
    ),
    warning(
        "the role may not describe the instance, but host is configured",
        "endpoint",
        "lacks rds:DescribeDBInstances on orders",
        |servers| SetUp {
            config: json!({"host": "localhost", "port": servers.fixture.stack.postgres.port()}),
            ..SetUp::denied(
                "rds",
                "DescribeDBInstances",
                "User: x is not authorized to perform: rds:DescribeDBInstances",
            )
        },
    ),
    failed("the host's name is unknown", "dns", "The name no-such-host.invalid is unknown here", |_| {
        SetUp::config(json!({"host": "no-such-host.invalid"}))
    }),
    warning(
        "a public address although the function is in a VPC",
        "dns",
        "DNS resolution on the peering is off",
        |_| SetUp {
            config: json!({"host": "203.0.113.10"}),
            ..SetUp::variable("FUNCTION_IN_VPC", "true").also(&["tcp", "tls"])
        },
    ),
    failed("nothing listens on the port", "tcp", "Nothing listens on port 1 there", |_| SetUp::port(1)),
    failed(
        "the packets to the database are dropped",
        "tcp",
        "The packets are dropped: the database's security group",
        |servers| SetUp::config(json!({"host": "127.0.0.1", "port": servers.black_hole.port})),
    ),
    failed(
        "the packets to the endpoint of PrivateLink are dropped",
        "tcp",
        "the endpoint is not accepted yet (pendingAcceptance)",
        |servers| SetUp {
            config: json!({"host": "127.0.0.1", "port": servers.black_hole.port}),
            ..SetUp::variable("CONNECTIVITY", "privatelink")
        },
    ),
    failed(
        "the packets over the transit gateway are dropped",
        "tcp",
        "an attachment is not accepted yet (pendingAcceptance)",
        |servers| SetUp {
            config: json!({"host": "127.0.0.1", "port": servers.black_hole.port}),
            ..SetUp::variable("CONNECTIVITY", "transit_gateway")
        },
    ),
    failed(
        "the packets to the endpoint of VPC Lattice are dropped",
        "tcp",
        "does not admit the resource gateway's",
        |servers| SetUp {
            config: json!({"host": "127.0.0.1", "port": servers.black_hole.port}),
            ..SetUp::variable("CONNECTIVITY", "lattice")
        },
    ),
    failed(
        "a load balancer without a target: connected, then silence",
        "tls",
        "a load balancer without a healthy target",
        |servers| SetUp::port(servers.silent.port()),
    ),
    failed("another service on the port", "tls", "does not answer as PostgreSQL", |servers| {
        SetUp::port(servers.http_port())
    }),
    failed("the server offers no TLS", "tls", "The server has TLS switched off", |servers| {
        SetUp::port(servers.plain.port())
    }),
    failed("the certificate's authority is unknown", "tls", "is not among the trusted ones", |servers| {
        SetUp::config(json!({"sslRootCert": servers.stranger.pem()}))
    }),
    failed(
        "the certificate has another name",
        "tls",
        "is valid for localhost, 127.0.0.1, but not for orders.example",
        |_| SetUp::config(json!({"tlsServerName": "orders.example"})),
    ),
    failed("the certificate has run out", "tls", "expired on 2020-01-01", |servers| {
        SetUp::port(servers.expired.port())
    }),
    warning(
        "the certificate runs out soon",
        "tls",
        "The server's certificate expires in 9 days",
        |servers| {
            SetUp::config(
                json!({"host": "localhost", "port": servers.expiring.port(), "username": "token_reader"}),
            )
        },
    ),
    warning(
        "TLS switched off in the configuration",
        "tls",
        "Anyone on the network path can read",
        |servers| {
            SetUp::config(json!({"host": "localhost", "port": servers.plain.port(), "sslMode": "disable"}))
        },
    ),
    failed("a wrong password", "login", "The password of reader is wrong", |_| {
        SetUp::config(json!({"password": "another-never-shown"}))
    }),
    failed("the database does not exist", "login", "There is no database shopp", |_| {
        SetUp::config(json!({"database": "shopp"}))
    }),
    failed(
        "a user without the right to log in",
        "login",
        "no_login is a role without the right to log in",
        |_| SetUp::config(json!({"username": "no_login"})),
    ),
    failed("no connection is left", "login", "No connection is left", |_| {
        SetUp::config(json!({"username": "crowded"}))
    }),
    failed("the server refuses the IAM token", "login", "the user lacks the role rds_iam", |servers| {
        SetUp::config(
            json!({"host": "localhost", "port": servers.refusing.port(), "username": "token_reader", "auth": "iam"}),
        )
    }),
    warning("a superuser", "read-only", "postgres is a superuser", |servers| {
        SetUp::config(json!({"username": "postgres", "password": servers.fixture.stack.postgres.password()}))
    }),
    warning("extractions may write", "read-only", "ALLOW_WRITES is true", |_| {
        SetUp::variable("ALLOW_WRITES", "true")
    }),
    failed("the table does not exist", "query", "relation \"customer\" does not exist", |_| {
        SetUp::event(json!({"query": "SELECT * FROM customer"}))
    }),
    failed("no right to read the table", "query", "permission denied for table salaries", |_| {
        SetUp::event(json!({"query": "SELECT * FROM salaries"}))
    }),
    failed("an error of syntax", "query", "syntax error at or near \"customers\"", |_| {
        SetUp::event(json!({"query": "SELECT id FORM customers"}))
    }),
    failed(
        "params without a value for each $n",
        "query",
        "The query has 2 parameters ($1, $2 …), but params holds 1 values",
        |_| {
            SetUp::event(
                json!({"query": "SELECT * FROM customers WHERE id = $1 AND name = $2", "params": [1]}),
            )
        },
    ),
    failed("a query that changes data", "query", "The query changes data or locks rows", |_| {
        SetUp::event(json!({"query": "DELETE FROM customers RETURNING id"}))
    }),
    failed(
        "a table that another session has locked",
        "query",
        "Planning waits, most likely for a lock",
        |_| SetUp::event(json!({"query": "SELECT * FROM locked"})),
    ),
    failed("the query's parameter does not exist", "query", "Parameter /queries/none does not exist", |_| {
        SetUp::event(json!({"query": null, "queryParam": "/queries/none"}))
    }),
    warning(
        "a result too large for the function's time",
        "query",
        "By the planner's estimate the extraction takes about",
        |_| SetUp::event(json!({"query": "SELECT g, md5(g::text) FROM generate_series(1, 1000000000) g"})),
    ),
    failed("the bucket does not exist", "bucket", "There is no bucket no-such-bucket", |_| {
        SetUp::event(json!({"bucket": "no-such-bucket"}))
    }),
    failed(
        "the function's role may not write to the bucket",
        "bucket",
        "does not allow s3:PutObject on diagnosed/",
        |_| SetUp::denied("s3", "CreateMultipartUpload", "Access Denied"),
    ),
    failed(
        "the same, for a key that reads like another cause: `Throttling.csv`",
        "bucket",
        "does not allow s3:PutObject on Throttling.csv",
        |_| SetUp {
            event: json!({"keyPrefix": null, "fileName": "Throttling.csv"}),
            ..SetUp::denied("s3", "CreateMultipartUpload", "Access Denied")
        },
    ),
    failed(
        "the same, for a key that reads like another cause: `kms.csv`",
        "bucket",
        "does not allow s3:PutObject on kms.csv",
        |_| SetUp {
            event: json!({"keyPrefix": null, "fileName": "kms.csv"}),
            ..SetUp::denied("s3", "CreateMultipartUpload", "Access Denied")
        },
    ),
    failed(
        "the bucket belongs to another account",
        "bucket",
        "does not belong to account 444444444444",
        |_| SetUp {
            event: json!({"bucketOwner": "444444444444"}),
            ..SetUp::rule(
                Rule::every("s3", "*", HttpFault::error(403, "AccessDenied"))
                    .with_header("x-amz-expected-bucket-owner"),
            )
        },
    ),
    failed(
        "the key that encrypts may not be used",
        "bucket",
        "The key that encrypts the object may not be used",
        |_| {
            SetUp::denied(
                "s3",
                "CreateMultipartUpload",
                "User: x is not authorized to perform: \
            kms:GenerateDataKey on the resource associated with this ciphertext",
            )
        },
    ),
    failed(
        "an upload can be opened but not aborted",
        "bucket",
        "is still open and could not be aborted",
        |_| SetUp::denied("s3", "AbortMultipartUpload", "Access Denied"),
    ),
    warning("the bucket lies in another region", "bucket", "The bucket is in us-west-2", |_| SetUp {
        rules: vec![
            Rule::nth("s3", "HeadBucket", 1, HttpFault::Redirect("us-west-2")),
            Rule::nth("s3", "HeadObject", 1, HttpFault::Redirect("us-west-2")),
        ],
        ..SetUp::default()
    }),
    failed(
        "the bucket lies in another region, which cannot be reached",
        "bucket",
        "The bucket is in us-west-2, the function in eu-central-1, and a gateway endpoint",
        |_| SetUp {
            rules: vec![
                Rule::every("s3", "*", HttpFault::Redirect("us-west-2")).in_region("eu-central-1"),
                Rule::every("s3", "*", HttpFault::Reset).in_region("us-west-2"),
            ],
            ..SetUp::default()
        },
    ),
    failed(
        "the object exists and ifExists is fail",
        "bucket",
        "taken.csv exists, and ifExists is fail",
        |_| SetUp::event(json!({"keyPrefix": null, "fileName": "taken.csv", "ifExists": "fail"})),
    ),
    failed("S3 refuses connections", "bucket", "Nothing answers for s3 at 127.0.0.1:1", |_| {
        SetUp::variable("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    }),
    failed("the clock is ten minutes late", "clock", "s behind AWS, which refuses signatures", |_| SetUp {
        rules: ["ssm", "sts", "rds", "s3"]
            .map(|service| Rule::every(service, "*", HttpFault::ShiftDate(600)))
            .to_vec(),
        ..SetUp::default()
    }),
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

    /// A port of this machine at which a web server listens.
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

    /// Runs one diagnosis. `number` separates the resources of set-ups.
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

/// Returns `base` with the fields of `over`; null removes a field.
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

/// Returns what is wrong with the answer to a set-up, if anything.
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

/// Returns a row of the documentation.
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
