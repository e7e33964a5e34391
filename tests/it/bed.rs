//! What the tests of this binary share: one stack, and functions on it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use devstack::{
    Function, HttpProxy, Invocation, LocalStack, PgBouncer, PgBouncerOptions, PoolMode, RuntimeApi, Stack,
    StackOptions,
};
use serde_json::{Value, json};

use crate::turns::{Turn, beside_others};

/// The bucket that every test writes to, under a prefix of its own.
pub const BUCKET: &str = "data-extraction-bucket";
/// The parameter with the database configuration.
pub const PARAMETER: &str = "/cross-account/db-config";

/// The parameter with the configuration of a pooler: see [`Bed::pooled`].
pub const POOLED: &str = "/cross-account/pooled";

/// The role of account B.
pub const ROLE: &str = "CrossAccountRDSRole";

/// The emulators of tests that are over; to start one takes longer than most of the tests.
fn idle() -> MutexGuard<'static, Vec<Arc<LocalStack>>> {
    static IDLE: Mutex<Vec<Arc<LocalStack>>> = Mutex::new(Vec::new());
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A stack with a bucket, a role, a database user and its configuration.
pub struct Bed {
    pub stack: Stack,
    pub role: String,
    _turn: Turn,
}

impl Drop for Bed {
    fn drop(&mut self) {
        idle().push(Arc::clone(&self.stack.localstack));
    }
}

impl Bed {
    pub async fn start() -> Self {
        Self::start_with(StackOptions { without_rds: true, ..StackOptions::default() }).await
    }

    pub async fn start_with(options: StackOptions) -> Self {
        let turn = beside_others().await;
        let idle = idle().pop();
        let stack = match idle {
            Some(localstack) => Stack::start_on(localstack, options).await,
            None => Stack::start(options).await,
        };
        let stack = stack.expect("a stack");
        let account = stack.account_a();
        account.create_bucket(BUCKET).await.expect("a bucket");
        let role = stack.account_b().create_role(ROLE).await.expect("a role");
        let database = &stack.postgres;
        let config = stack.db_config("postgres", database.superuser(), database.password());
        account.put_parameter(PARAMETER, &config.to_string(), "SecureString").await.expect("a parameter");
        Self { stack, role, _turn: turn }
    }

    /// The function with these variables beside the usual.
    pub async fn function(&self, variables: &[(&str, &str)]) -> RuntimeApi {
        let usual = [
            ("DB_CONFIG_PARAM", PARAMETER),
            ("S3_BUCKET_NAME", BUCKET),
            ("EXTERNAL_ID", "unique-external-id"),
        ];
        let function = Function::new(env!("CARGO_BIN_EXE_rds-data-extractor"))
            .env(self.stack.function_env())
            .env(usual)
            .env(variables.iter().copied());
        RuntimeApi::start(function).await.expect("a Runtime API")
    }

    /// The function with its calls to AWS through a proxy that records them and does chosen ones wrong.
    pub async fn proxied(&self, variables: &[(&str, &str)]) -> (RuntimeApi, HttpProxy) {
        let proxy = self.stack.aws_proxy().await.expect("a proxy");
        let through = self.stack.function_env_through(&proxy);
        let mut all: Vec<_> = through.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        all.extend_from_slice(variables);
        (self.function(&all).await, proxy)
    }

    /// A pooler in transaction mode with two connections to the server, and its configuration as [`POOLED`].
    pub async fn pooled(&self) -> PgBouncer {
        let options = PgBouncerOptions {
            mode: PoolMode::Transaction,
            pool_size: 2,
            tls: true,
            ..PgBouncerOptions::default()
        };
        let pooler = PgBouncer::start(&self.stack.postgres, &options).await.expect("PgBouncer");
        self.parameter(POOLED, json!({"port": pooler.port()})).await;
        pooler
    }

    /// A configuration like the usual one, with these changes.
    pub async fn parameter(&self, name: &str, changes: Value) {
        let database = &self.stack.postgres;
        let mut config = self.stack.db_config("postgres", database.superuser(), database.password());
        for (key, value) in changes.as_object().expect("an object") {
            config[key] = value.clone();
        }
        let account = self.stack.account_a();
        account.put_parameter(name, &config.to_string(), "SecureString").await.expect("a parameter");
    }

    /// The usual event with `query`, writing `name`.
    pub fn event(&self, name: &str, query: &str) -> Value {
        json!({"crossAccountRoleArn": self.role, "query": query, "fileName": name})
    }

    /// The object of that name.
    pub async fn object(&self, name: &str) -> Option<Vec<u8>> {
        self.stack.account_a().get_object(BUCKET, name).await.ok().map(|bytes| bytes.to_vec())
    }
}

/// The response of an invocation that Lambda counts as a success.
pub fn response(invocation: &Invocation) -> &Value {
    invocation.result.as_ref().unwrap_or_else(|error| panic!("{error:?}\n{}", invocation.logs.join("\n")))
}

/// Long enough for what none of these tests is about.
pub const PATIENCE: Duration = Duration::from_mins(2);
