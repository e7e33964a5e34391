//! The environment that all lanes share: one fixture, the contents of its database, and the complete files.

use devstack::{Leftovers, StackOptions};
use futures_util::TryStreamExt;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::fixture::Fixture;

/// A text in every password, key and cell of these tests, which no output of the function may show.
pub const SECRET: &str = "never-shown";
/// A cell of every result.
const CELL: &str = "cell-never-shown";
/// The secret key that the function signs with; the emulators do not check signatures.
pub const SECRET_KEY: &str = "aws-secret-key-never-shown";
/// The object that another writer creates under the name that the run wants.
pub const RIVAL: &[u8] = b"the rival's";

/// 100 rows: one request to S3.
pub const SMALL: &str = "SELECT g AS id, note FROM cells, generate_series(1, 100) g ORDER BY g";
/// 17 MiB: three parts.
pub const MANY: &str = "SELECT g AS id, note, repeat(md5(g::text), 32) AS pad \
    FROM cells, generate_series(1, 17000) g ORDER BY g";
/// The rows of SMALL with a column of five values, each of which has the cell.
pub const PARTED: &str =
    "SELECT g AS id, note, note || g % 5 AS country FROM cells, generate_series(1, 100) g ORDER BY g";
/// A table of one row, and one with the rows of MANY.
pub const TABLES: [&str; 2] = ["public.cells", "public.divided"];

pub struct Environment {
    pub fixture: Fixture,
    /// The superuser.
    pub admin: tokio_postgres::Client,
    /// The complete files, created by the server itself.
    pub small: Vec<u8>,
    pub many: Vec<u8>,
    /// That of the table `cells`.
    pub cells: Vec<u8>,
}

/// Returns the environment, and starts it on the first call.
pub async fn environment() -> &'static Environment {
    static ENVIRONMENT: OnceCell<Environment> = OnceCell::const_new();
    ENVIRONMENT.get_or_init(Environment::start).await
}

impl Environment {
    async fn start() -> Self {
        let fixture = Fixture::of_process(StackOptions::default()).await;
        let admin = fixture.stack.postgres.connect().await.expect("a session");
        let tables = format!(
            "CREATE TABLE cells (note text); INSERT INTO cells VALUES ('{CELL}'); \
             CREATE TABLE locked (note text); CREATE TABLE forbidden (note text); \
             GRANT SELECT ON cells, locked TO PUBLIC; CREATE SEQUENCE counted; \
             GRANT ALL ON SEQUENCE counted TO PUBLIC"
        );
        admin.batch_execute(&tables).await.expect("tables");
        let divided = format!(
            "CREATE TABLE divided AS {MANY}; CREATE INDEX ON divided (id); ANALYZE divided; \
             GRANT SELECT ON divided TO PUBLIC; \
             CREATE FUNCTION slowly(v text) RETURNS text LANGUAGE plpgsql STABLE AS \
             'BEGIN PERFORM pg_sleep(0.01); RETURN v; END'"
        );
        admin.batch_execute(&divided).await.expect("a table");
        let small = complete(&admin, SMALL, &["id", "note"]).await;
        let many = complete(&admin, MANY, &["id", "note", "pad"]).await;
        let cells = complete(&admin, "SELECT note FROM cells", &["note"]).await;
        Self { fixture, admin, small, many, cells }
    }

    /// Runs a statement as superuser, and has it count for all who connect afterwards.
    pub async fn execute(&self, sql: &str) {
        self.fixture.stack.postgres.execute("postgres", sql).await.expect("the superuser may");
    }

    /// Creates a bucket, a database role and the parameters of a lane, whose database is at `port`.
    pub async fn set_up(&self, lane: &str, port: u16) {
        let (account_a, account_b) = (self.fixture.stack.account_a(), self.fixture.stack.account_b());
        account_a.create_bucket(lane).await.expect("a bucket");
        let password = password(lane);
        self.fixture.stack.postgres.create_role(lane, &password).await.expect("a role");
        let usual = self.fixture.stack.db_config("postgres", lane, &password);
        let with = |changes: Value| {
            let mut config = usual.clone();
            config["port"] = port.into();
            for (key, value) in changes.as_object().into_iter().flatten() {
                config[key] = value.clone();
            }
            config
        };
        let without_address = |changes: Value| {
            let mut config = with(changes);
            for key in ["host", "port"] {
                config.as_object_mut().expect("an object").remove(key);
            }
            config
        };
        let secret = json!({"username": lane, "password": password});
        let secret = account_b.create_secret(lane, &secret.to_string()).await.expect("a secret");
        let mut of_secret = with(json!({"secretArn": secret}));
        for key in ["username", "password"] {
            of_secret.as_object_mut().expect("an object").remove(key);
        }
        let stopped = format!("{lane}-stopped");
        let parameters = [
            ("tls", with(json!({}))),
            ("plain", with(json!({"sslMode": "disable"}))),
            ("instance", without_address(json!({"dbInstanceIdentifier": lane}))),
            ("cluster", without_address(json!({"dbClusterIdentifier": lane}))),
            // RDS returns no port for a proxy.
            ("proxy", with(json!({"host": null, "dbProxyName": lane}))),
            ("stopped", without_address(json!({"dbInstanceIdentifier": stopped}))),
            ("secret", of_secret),
            ("wrong-password", with(json!({"password": "wrong-never-shown"}))),
            ("unknown-database", with(json!({"database": "nowhere"}))),
            ("unknown-host", with(json!({"host": "no-such-host.invalid"}))),
        ];
        for (name, config) in parameters {
            let name = format!("/{lane}/{name}");
            account_a.put_parameter(&name, &config.to_string(), "SecureString").await.expect("a parameter");
        }
        let path = format!("/{lane}/path");
        account_a.put_config_path(&path, &with(json!({}))).await.expect("parameters");
        let rds = self.fixture.stack.rds_b().expect("the RDS API");
        let moto = self.fixture.stack.moto.as_ref().expect("the RDS API");
        for name in [lane, &stopped] {
            rds.create_db_instance(name, "postgres").await.expect("an instance");
            moto.set_address(name, "localhost", port);
        }
        rds.create_db_cluster(lane, "postgres").await.expect("a cluster");
        rds.create_db_proxy(lane).await.expect("a proxy");
        let stop = [("DBInstanceIdentifier", stopped.as_str())];
        rds.query("rds", "StopDBInstance", &stop).await.expect("a stopped instance");
    }

    /// Writes a lane's new password to its configurations `tls` and `secret`.
    pub async fn store_password(&self, lane: &str, password: &str, port: u16) {
        let mut config = self.fixture.stack.db_config("postgres", lane, password);
        config["port"] = port.into();
        let account_a = self.fixture.stack.account_a();
        let name = format!("/{lane}/tls");
        account_a.put_parameter(&name, &config.to_string(), "SecureString").await.expect("a parameter");
        let secret = json!({"username": lane, "password": password}).to_string();
        self.fixture.stack.account_b().put_secret_value(lane, &secret).await.expect("a secret");
    }

    /// Returns whether a role's query is sleeping.
    pub async fn sleeps(&self, role: &str) -> bool {
        let sessions = self.fixture.stack.postgres.sessions().await.expect("the sessions");
        sessions.iter().any(|session| session.user == role && session.runs("pg_sleep"))
    }

    /// Returns what is in a lane's bucket, and the sessions of its role that do not end.
    pub async fn leftovers(&self, lane: &str) -> Leftovers {
        let stack = &self.fixture.stack;
        let left = Leftovers::default().in_bucket(&stack.account_a(), lane).await.expect("a list");
        left.in_database(&stack.postgres, |session| session.user == lane).await.expect("the sessions")
    }
}

/// Returns the password of a lane's database role.
pub fn password(lane: &str) -> String {
    format!("{lane}-password-{SECRET}")
}

/// Returns the file that a query makes, by the server's own COPY.
async fn complete(admin: &tokio_postgres::Client, query: &str, labels: &[&str]) -> Vec<u8> {
    let copy = format!("COPY ({query}) TO STDOUT (FORMAT csv, FORCE_QUOTE *)");
    let rows = admin.copy_out(&copy).await.expect("a copy");
    let labels: Vec<_> = labels.iter().map(|label| format!("\"{label}\"")).collect();
    let header = format!("{}\n", labels.join(",")).into_bytes();
    rows.try_fold(header, |mut file, block| async move {
        file.extend_from_slice(&block);
        Ok(file)
    })
    .await
    .expect("rows")
}
