//! A warm process with proxies, a bucket and a database role of its own, on which rows run one after another.

use std::sync::Arc;
use std::time::Duration;

use devstack::{Function, HttpProxy, Invocation, RuntimeApi, TcpProxy};
use serde_json::{Value, json};

use crate::matrix::checks;
use crate::matrix::environment::{Environment, MANY, PARTED, SECRET_KEY, SMALL, TABLES};
use crate::matrix::row::{Config, Query, Row, row};

pub struct Lane {
    /// The name of the lane, its bucket, its database role and its parameters.
    pub name: String,
    pub aws: Arc<HttpProxy>,
    pub database: Arc<TcpProxy>,
    pub function: RuntimeApi,
    /// What the server sends in a small extraction without TLS.
    pub plain_small_bytes: u64,
    runs: u32,
}

/// The result of a row.
pub struct Ran {
    pub seconds: f64,
    /// What is wrong; empty if everything is as the row expects.
    pub problems: Vec<String>,
}

impl Lane {
    pub async fn start(environment: &'static Environment, name: &str) -> Self {
        Self::start_with(environment, name, &[]).await
    }

    /// Starts a lane with more variables in the function's environment.
    pub async fn start_with(
        environment: &'static Environment,
        name: &str,
        variables: &[(&str, &str)],
    ) -> Self {
        let aws = environment.fixture.stack.aws_proxy().await.expect("a proxy");
        let database = environment.fixture.stack.postgres_proxy().await.expect("a proxy");
        environment.set_up(name, database.port()).await;
        let function = Function::new(env!("CARGO_BIN_EXE_rds-data-extractor"))
            .env(environment.fixture.stack.function_env_through(&aws))
            .env([("AWS_SECRET_ACCESS_KEY", SECRET_KEY), ("LOG_LEVEL", "DEBUG")])
            .env(variables.iter().copied());
        let function = RuntimeApi::start(function).await.expect("a Runtime API");
        function.warm_up().await.expect("a process");
        let mut lane = Self {
            name: name.to_owned(),
            aws: Arc::new(aws),
            database: Arc::new(database),
            function,
            plain_small_bytes: 0,
            runs: 0,
        };
        let problems = lane.run_once(environment, &row("", "").config(Config::Plain)).await.problems;
        assert!(problems.is_empty(), "without a fault: {problems:?}");
        lane.plain_small_bytes = lane.database.sent();
        lane
    }

    /// Runs a row and checks what it has left behind, and then that the process still works.
    pub async fn run(&mut self, environment: &'static Environment, wanted: &Row) -> Ran {
        let pid = self.function.pid();
        let mut ran = self.run_once(environment, wanted).await;
        let next = self.run_once(environment, &row("", "")).await;
        ran.problems
            .extend(next.problems.into_iter().map(|problem| format!("the next invocation: {problem}")));
        if self.function.pid() != pid {
            ran.problems.push("the process did not survive".to_owned());
        }
        ran
    }

    /// Runs a row without the invocation after it.
    pub async fn run_once(&mut self, environment: &'static Environment, wanted: &Row) -> Ran {
        self.runs += 1;
        let prefix = format!("run-{}", self.runs);
        let force = self.strike(environment, &wanted.faults, &wanted.output.key(&prefix)).await;
        let invocation = self.invoke(self.event(environment, wanted, &prefix), wanted.limit).await;
        let problems = checks::after(environment, self, wanted, &prefix, &invocation).await;
        self.lift(environment, force).await;
        Ran { seconds: invocation.duration.as_secs_f64(), problems }
    }

    async fn invoke(&self, event: Value, limit: Duration) -> Invocation {
        self.function.invoke(event, limit).await.expect("a process")
    }

    /// Returns the event of a row that writes below `prefix`.
    fn event(&self, environment: &Environment, row: &Row, prefix: &str) -> Value {
        let mut event = json!({
            "dbConfigParam": format!("/{}/{}", self.name, row.config.parameter()),
            "crossAccountRoleArn": environment.fixture.role,
            // An external id that was not used before, so that the role is assumed again.
            "externalId": format!("external-{prefix}"),
            "bucket": self.name,
            "keyPrefix": prefix,
            "fileName": row.output.file_name(),
        });
        match row.query {
            Query::Small => event["query"] = SMALL.into(),
            Query::Many => event["query"] = MANY.into(),
            Query::Sql(sql) => event["query"] = sql.into(),
            Query::Table => {
                event["table"] = "divided".into();
                event["parallelism"] = 3.into();
            }
            Query::Parted => event["query"] = PARTED.into(),
            Query::Tables => event["tables"] = json!(TABLES),
        }
        for (name, value) in row.fields.as_object().into_iter().flatten() {
            event[name] = value.clone();
        }
        event
    }
}
