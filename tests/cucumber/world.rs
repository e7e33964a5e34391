//! The state of one scenario: its own accounts and bucket, the function's settings, its invocations and their results.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use devstack::{
    Aws, Function, FunctionError, HttpProxy, IamProxy, Invocation, InvokeOptions, Leftovers, RuntimeApi,
    Session,
};
use serde_json::{Value, json};

use super::fixture::{Fixture, PASSWORD, SHOP, USER};
use super::words::Words;

/// The bucket of the usual event.
pub const BUCKET: &str = "data-extraction-bucket";
/// The parameter of the usual event.
pub const PARAMETER: &str = "/cross-account/db-config";
/// The role of the usual event.
pub const ROLE: &str = "CrossAccountRDSRole";

/// The state of a scenario.
#[derive(Debug, cucumber::World)]
#[world(init = Self::new)]
pub struct World {
    pub fixture: Arc<Fixture>,
    pub words: Words,
    /// The proxy in front of every AWS endpoint, which records every call.
    pub aws: HttpProxy,
    /// The proxy in front of PostgreSQL that checks tokens or shows another certificate, if the scenario has one.
    pub iam: Option<IamProxy>,
    /// The function's own variables.
    pub variables: Vec<(String, String)>,
    pub memory_mb: u32,
    /// The usual database configuration with this scenario's changes, if there is a configuration.
    pub configuration: Option<Value>,
    /// The database that the configuration names.
    pub database: String,
    /// The session of a transaction that the scenario keeps open.
    pub transaction: Option<tokio_postgres::Client>,
    /// Texts that no output may show.
    pub secrets: Vec<String>,
    /// The objects that existed before the function ran, as `bucket/key`.
    pub before: BTreeSet<String>,
    /// How many multipart uploads others have left.
    pub others_uploads: usize,
    pub options: InvokeOptions,
    function: Option<RuntimeApi>,
    last_event: String,
    pub runs: Vec<Run>,
}

/// An invocation and the times that it ran between.
#[derive(Debug)]
pub struct Run {
    pub invocation: Invocation,
    pub between: [DateTime<Utc>; 2],
}

impl World {
    async fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let fixture = Fixture::shared().await;
        let postgres = &fixture.stack.postgres;
        let configuration = fixture.stack.db_config("{database}", USER, PASSWORD);
        let placeholders = vec![
            ("{host}", postgres.host().to_owned()),
            ("{port}", postgres.port().to_string()),
            ("{ca}", postgres.ca_pem().to_owned()),
            ("{caFile}", postgres.ca_file().display().to_string()),
            ("{password}", PASSWORD.to_owned()),
        ];
        let words =
            Words { number: NUMBER.fetch_add(1, Ordering::Relaxed), placeholders, ..Words::default() };
        let mut world = Self {
            aws: fixture.stack.aws_proxy().await.expect("a proxy"),
            iam: None,
            variables: Vec::new(),
            memory_mb: 512,
            configuration: Some(configuration),
            database: SHOP.to_owned(),
            transaction: None,
            secrets: vec![PASSWORD.to_owned(), postgres.password().to_owned(), "marked-cell".to_owned()],
            before: BTreeSet::new(),
            others_uploads: 0,
            options: InvokeOptions { timeout: Some(Duration::from_mins(1)), ..InvokeOptions::default() },
            function: None,
            last_event: String::new(),
            runs: Vec::new(),
            words,
            fixture,
        };
        world.create_bucket(BUCKET).await;
        world.account_b().create_role(ROLE).await.expect("a role");
        world
    }

    pub fn account_a(&self) -> Aws {
        self.fixture.stack.localstack.account(&self.words.account_a())
    }

    pub fn account_b(&self) -> Aws {
        self.fixture.stack.localstack.account(&self.words.account_b())
    }

    pub async fn create_bucket(&mut self, name: &str) {
        self.words.buckets.insert(name.to_owned());
        self.account_a().create_bucket(&self.words.bucket(name)).await.expect("a bucket");
    }

    /// Returns the usual event, which the README shows.
    pub fn usual_event() -> Value {
        json!({
            "dbConfigParam": PARAMETER,
            "crossAccountRoleArn": format!("arn:aws:iam::222222222222:role/{ROLE}"),
            "externalId": "unique-external-id",
            "query": "SELECT id, name FROM users WHERE status = 'active' ORDER BY id",
            "bucket": BUCKET,
            "keyPrefix": "exports/users",
        })
    }

    /// Sets a key of the usual database configuration, or removes it if the value is null.
    pub fn configure(&mut self, key: &str, value: Value) {
        let configuration =
            self.configuration.as_mut().and_then(Value::as_object_mut).expect("a configuration");
        if value.is_null() {
            configuration.remove(key);
        } else {
            configuration.insert(key.to_owned(), value);
        }
    }

    /// Gives the scenario a database of its own, which it may change.
    pub async fn own_database(&mut self) -> String {
        if self.database == SHOP {
            self.database = format!("shop_{}", self.words.number);
            self.fixture.copy_shop(&self.database).await;
        }
        self.database.clone()
    }

    /// Invokes the function with an event in the features' words.
    pub async fn invoke(&mut self, event: &str) {
        let database = ("{database}", self.database.clone());
        self.words.placeholders.retain(|(word, _)| *word != database.0);
        self.words.placeholders.push(database);
        if self.function.is_none() {
            if let Some(configuration) = &self.configuration {
                let text = self.words.real_json(&configuration.to_string());
                self.account_a().put_parameter(PARAMETER, &text, "SecureString").await.expect("a parameter");
            }
            self.function = Some(self.start().await);
        }
        let function = self.function.as_ref().expect("it was just started");
        let start = Utc::now();
        event.clone_into(&mut self.last_event);
        let event = self.words.real_json(event);
        let invocation = function.invoke_with(event, self.options.clone()).await.expect("an invocation");
        self.runs.push(Run { invocation, between: [start - TimeDelta::seconds(1), Utc::now()] });
    }

    /// Invokes the function with the last event again, in the same process.
    pub async fn invoke_again(&mut self) {
        let event = self.last_event.clone();
        self.invoke(&event).await;
    }

    async fn start(&self) -> RuntimeApi {
        let variables = self.variables.iter().map(|(name, value)| (name.clone(), self.words.real(value)));
        let mut function = Function::new(env!("CARGO_BIN_EXE_rds-data-extractor"))
            .env(self.fixture.stack.function_env_through(&self.aws))
            .env([("AWS_ACCESS_KEY_ID", self.words.account_a())])
            .env(variables);
        function.memory_mb = self.memory_mb;
        RuntimeApi::start(function).await.expect("a Runtime API")
    }

    /// Returns the last invocation.
    pub fn run(&self) -> &Run {
        self.runs.last().expect("the function was not invoked")
    }

    /// Returns the response of the last invocation, in the features' words.
    pub fn response(&self) -> Value {
        let Invocation { result, logs, .. } = &self.run().invocation;
        let response = result.as_ref().unwrap_or_else(|error| panic!("{error:?}\n{}", logs.join("\n")));
        serde_json::from_str(&self.words.told(&response.to_string())).expect("JSON")
    }

    pub fn body(&self) -> Value {
        self.response()["body"].take()
    }

    /// Returns a string field of the response's body.
    pub fn text(&self, field: &str) -> String {
        let body = self.body();
        body[field].as_str().unwrap_or_else(|| panic!("no text {field} in {body}")).to_owned()
    }

    /// Returns the error of the last invocation in Lambda's form.
    pub fn invocation_error(&self) -> &FunctionError {
        match &self.run().invocation.result {
            Ok(response) => panic!("the invocation did not fail: {response}"),
            Err(error) => error,
        }
    }

    /// Returns the bucket and the key of the last invocation's object, in the features' words.
    pub fn location(&self) -> (String, String) {
        let location = self.text("s3Location");
        let path = location.strip_prefix("s3://").unwrap_or_else(|| panic!("{location}"));
        let (bucket, key) = path.split_once('/').unwrap_or_else(|| panic!("{location}"));
        (bucket.to_owned(), key.to_owned())
    }

    /// Returns the contents of the last invocation's object.
    pub async fn file(&self) -> String {
        String::from_utf8(self.bytes().await).expect("UTF-8")
    }

    /// Returns the bytes of the object.
    pub async fn bytes(&self) -> Vec<u8> {
        let (bucket, key) = self.location();
        self.account_a().get_object(&self.words.bucket(&bucket), &key).await.expect("the object").to_vec()
    }

    /// Returns all objects as `bucket/key`, in the features' words.
    pub async fn objects(&self) -> BTreeSet<String> {
        let mut objects = BTreeSet::new();
        for name in &self.words.buckets {
            let listed = self.account_a().list_objects(&self.words.bucket(name), "").await.expect("a list");
            objects.extend(listed.into_iter().map(|object| format!("{name}/{}", object.key)));
        }
        objects
    }

    /// Returns the lines that the last invocation logged, all of which are JSON.
    pub fn log(&self) -> Vec<Value> {
        let lines = &self.run().invocation.logs;
        lines
            .iter()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}")))
            .collect()
    }

    /// Checks what must hold after every scenario: no upload and no session is left, and no secret was shown.
    pub async fn leaves_nothing(&mut self) {
        if self.runs.is_empty() {
            return;
        }
        let left = self.leftovers().await;
        assert_eq!(left.uploads.len(), self.others_uploads, "{left:?}");
        assert_eq!(left.sessions, []);
        for run in &self.runs {
            let shown = run.invocation.shown();
            for secret in &self.secrets {
                assert!(!shown.contains(secret.as_str()), "{secret} was shown: {shown}");
            }
        }
    }

    /// Returns what is in the scenario's buckets, and the sessions of its runs that do not end.
    async fn leftovers(&self) -> Leftovers {
        let mut left = Leftovers::default();
        for name in &self.words.buckets {
            left = left.in_bucket(&self.account_a(), &self.words.bucket(name)).await.expect("a list");
        }
        // The scenarios share the server, and the session's name is cut to PostgreSQL's 63 bytes.
        let is_ours = |session: &Session| {
            let id = session.application_name.strip_prefix("rds-data-extractor ");
            id.is_some_and(|id| self.runs.iter().any(|run| run.invocation.request_id.starts_with(id)))
        };
        left.in_database(&self.fixture.stack.postgres, is_ours).await.expect("the sessions")
    }
}
