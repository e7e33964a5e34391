//! The fixture of the integration tests: the services, and functions that use them.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use devstack::{
    Function, HttpProxy, Invocation, Leftovers, LocalStack, PgBouncer, PgBouncerOptions, PoolMode,
    RuntimeApi, Stack, StackOptions,
};
use serde_json::{Value, json};

use crate::turns::{Turn, beside_others};

/// The bucket of the fixture.
pub const BUCKET: &str = "data-extraction-bucket";
/// The parameter with the database configuration.
pub const PARAMETER: &str = "/cross-account/db-config";

/// The parameter with the configuration of a pooler: see [`Fixture::pooled`].
pub const POOLED: &str = "/cross-account/pooled";

/// The role of account B.
pub const ROLE: &str = "CrossAccountRDSRole";

/// The program under test.
pub const EXTRACTOR: &str = env!("CARGO_BIN_EXE_rds-data-extractor");

/// The emulators of tests that have ended. A new test takes one of them, because starting one takes longer than most
/// tests.
fn idle() -> MutexGuard<'static, Vec<Arc<LocalStack>>> {
    static IDLE: Mutex<Vec<Arc<LocalStack>>> = Mutex::new(Vec::new());
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The services with a bucket, a role and a database configuration.
pub struct Fixture {
    pub stack: Stack,
    pub role: String,
    turn: Option<Turn>,
}

impl Drop for Fixture {
    fn drop(&mut self) {
        idle().push(Arc::clone(&self.stack.localstack));
    }
}

impl Fixture {
    /// Starts a fixture without the RDS API.
    pub async fn start() -> Self {
        Self::start_with(StackOptions { without_rds: true, ..StackOptions::default() }).await
    }

    /// Starts a fixture with the RDS API.
    pub async fn with_rds() -> Self {
        Self::start_with(StackOptions::default()).await
    }

    pub async fn start_with(options: StackOptions) -> Self {
        let turn = beside_others().await;
        let mut fixture = Self::of_process(options).await;
        fixture.turn = Some(turn);
        fixture
    }

    /// Starts a fixture that several tests share, and that therefore does not prevent a test from running
    /// alone.
    pub async fn of_process(options: StackOptions) -> Self {
        let idle = idle().pop();
        let stack = match idle {
            Some(localstack) => Stack::start_on(localstack, options).await,
            None => Stack::start(options).await,
        };
        let stack = stack.expect("a stack");
        stack.account_a().create_bucket(BUCKET).await.expect("a bucket");
        let role = stack.account_b().create_role(ROLE).await.expect("a role");
        let fixture = Self { stack, role, turn: None };
        fixture.parameter(PARAMETER, json!({})).await;
        fixture
    }

    /// Returns what is in the bucket, and the sessions that do not end.
    pub async fn leftovers(&self) -> Leftovers {
        let left = Leftovers::default().in_bucket(&self.stack.account_a(), BUCKET).await.expect("a list");
        left.in_database(&self.stack.postgres, |_| true).await.expect("the sessions")
    }

    /// Checks that nothing is left but objects.
    pub async fn leaves_only_objects(&self) {
        let left = self.leftovers().await;
        assert_eq!(left, Leftovers { objects: left.objects.clone(), ..Leftovers::default() });
    }

    /// Returns the function with these variables in addition to the usual ones.
    pub async fn function(&self, variables: &[(&str, &str)]) -> RuntimeApi {
        self.program(EXTRACTOR, variables).await
    }

    /// Returns the function with a copy of the program, or with a script that starts it.
    pub async fn program(&self, program: impl Into<PathBuf>, variables: &[(&str, &str)]) -> RuntimeApi {
        let usual = [
            ("DB_CONFIG_PARAM", PARAMETER),
            ("S3_BUCKET_NAME", BUCKET),
            ("EXTERNAL_ID", "unique-external-id"),
        ];
        let function =
            Function::new(program).env(self.stack.function_env()).env(usual).env(variables.iter().copied());
        RuntimeApi::start(function).await.expect("a Runtime API")
    }

    /// Returns the function with its calls to AWS through a proxy that records them and can make chosen ones
    /// fail.
    pub async fn proxied(&self, variables: &[(&str, &str)]) -> (RuntimeApi, HttpProxy) {
        self.proxied_program(EXTRACTOR, variables).await
    }

    /// Returns such a function with a copy of the program.
    pub async fn proxied_program(
        &self,
        program: impl Into<PathBuf>,
        variables: &[(&str, &str)],
    ) -> (RuntimeApi, HttpProxy) {
        let proxy = self.stack.aws_proxy().await.expect("a proxy");
        let through = self.stack.function_env_through(&proxy);
        let mut all: Vec<_> = through.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        all.extend_from_slice(variables);
        (self.program(program, &all).await, proxy)
    }

    /// Starts a pooler in this mode with two connections to the server, and writes its configuration to
    /// [`POOLED`].
    pub async fn pooled(&self, mode: PoolMode) -> PgBouncer {
        let options = PgBouncerOptions { mode, pool_size: 2, tls: true, ..PgBouncerOptions::default() };
        let pooler = PgBouncer::start(&self.stack.postgres, &options).await.expect("PgBouncer");
        self.parameter(POOLED, json!({"port": pooler.port()})).await;
        pooler
    }

    /// Returns the function with these variables, and the pooler that it uses if a mode is given.
    pub async fn function_behind(
        &self,
        mode: Option<PoolMode>,
        variables: &[(&str, &str)],
    ) -> (RuntimeApi, Option<PgBouncer>) {
        let Some(mode) = mode else { return (self.function(variables).await, None) };
        let pooler = self.pooled(mode).await;
        (self.function(&[&[("DB_CONFIG_PARAM", POOLED)], variables].concat()).await, Some(pooler))
    }

    /// Writes a configuration like the usual one with these changes, of which `null` removes a key.
    pub async fn parameter(&self, name: &str, changes: Value) {
        let database = &self.stack.postgres;
        let mut config = self.stack.db_config("postgres", database.superuser(), database.password());
        for (key, value) in changes.as_object().expect("an object") {
            config[key] = value.clone();
        }
        config.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
        let account = self.stack.account_a();
        account.put_parameter(name, &config.to_string(), "SecureString").await.expect("a parameter");
    }

    /// Returns the usual event with `query`, which writes `name`.
    pub fn event(&self, name: &str, query: &str) -> Value {
        json!({"crossAccountRoleArn": self.role, "query": query, "fileName": name})
    }

    /// Returns the object with this name.
    pub async fn object(&self, name: &str) -> Option<Vec<u8>> {
        self.stack.account_a().get_object(BUCKET, name).await.ok().map(|bytes| bytes.to_vec())
    }
}

/// Returns the response of an invocation, which Lambda must count as a success.
pub fn response(invocation: &Invocation) -> &Value {
    invocation.result.as_ref().unwrap_or_else(|error| panic!("{error:?}\n{}", invocation.logs.join("\n")))
}

/// A time limit that no test reaches.
pub const PATIENCE: Duration = Duration::from_mins(2);
