//! A warm process with proxies, a bucket and a database role of its own, on which rows run one after another.

use std::sync::Arc;
use std::time::Duration;

use devstack::{Function, HttpProxy, Invocation, RuntimeApi, TcpProxy};
use serde_json::{Value, json};

use crate::matrix::checks;
use crate::matrix::row::{Config, Query, Row, row};
use crate::matrix::world::{MANY, SECRET_KEY, SMALL, World};

pub struct Lane {
    /// Its name is that of its bucket, its database role and its parameters.
    pub name: String,
    pub aws: Arc<HttpProxy>,
    pub database: Arc<TcpProxy>,
    pub function: RuntimeApi,
    /// What the server says in a small extraction without TLS.
    pub plain_small_bytes: u64,
    runs: u32,
}

/// How a row went.
pub struct Ran {
    pub seconds: f64,
    /// Empty if everything is as the row says.
    pub problems: Vec<String>,
}

impl Lane {
    pub async fn start(world: &'static World, name: &str) -> Self {
        Self::start_with(world, name, &[]).await
    }

    /// The same with more variables in the function's environment.
    pub async fn start_with(world: &'static World, name: &str, variables: &[(&str, &str)]) -> Self {
        let aws = world.stack.aws_proxy().await.expect("a proxy");
        let database = world.stack.postgres_proxy().await.expect("a proxy");
        world.furnish(name, database.port()).await;
        let function = Function::new(env!("CARGO_BIN_EXE_rds-data-extractor"))
            .env(world.stack.function_env_through(&aws))
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
        let problems = lane.run_once(world, &row("", "").config(Config::Plain)).await.problems;
        assert!(problems.is_empty(), "without a fault: {problems:?}");
        lane.plain_small_bytes = lane.database.sent();
        lane
    }

    /// Runs a row and looks at what it has left; then sees whether the process is as good as new.
    pub async fn run(&mut self, world: &'static World, wanted: &Row) -> Ran {
        let pid = self.function.pid();
        let mut ran = self.run_once(world, wanted).await;
        let next = self.run_once(world, &row("", "")).await;
        ran.problems
            .extend(next.problems.into_iter().map(|problem| format!("the next invocation: {problem}")));
        if self.function.pid() != pid {
            ran.problems.push("the process did not survive".to_owned());
        }
        ran
    }

    /// The same without the next one.
    pub async fn run_once(&mut self, world: &'static World, wanted: &Row) -> Ran {
        self.runs += 1;
        let prefix = format!("run-{}", self.runs);
        let force = self.strike(world, &wanted.faults, &format!("{prefix}/data.csv")).await;
        let invocation = self.invoke(self.event(world, wanted, &prefix), wanted.limit).await;
        let problems = checks::after(world, self, wanted, &prefix, &invocation).await;
        self.lift(world, force).await;
        Ran { seconds: invocation.duration.as_secs_f64(), problems }
    }

    async fn invoke(&self, event: Value, limit: Duration) -> Invocation {
        self.function.invoke(event, limit).await.expect("a process")
    }

    /// The event of a row that writes below `prefix`.
    fn event(&self, world: &World, row: &Row, prefix: &str) -> Value {
        let mut event = json!({
            "dbConfigParam": format!("/{}/{}", self.name, row.config.parameter()),
            "crossAccountRoleArn": world.role,
            // One that was not used before, so that the role is assumed again.
            "externalId": format!("external-{prefix}"),
            "query": match row.query {
                Query::Small => SMALL,
                Query::Many => MANY,
                Query::Sql(sql) => sql,
            },
            "bucket": self.name,
            "keyPrefix": prefix,
            "fileName": "data.csv",
        });
        for (name, value) in row.fields.as_object().into_iter().flatten() {
            event[name] = value.clone();
        }
        event
    }
}
