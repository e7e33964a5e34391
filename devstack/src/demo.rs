//! A demonstration of the extractor on this machine.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::runtime_api::{Function, Invocation, RuntimeApi};
use crate::stack::{Stack, StackOptions};

const BUCKET: &str = "data-extraction-bucket";
const PARAMETER: &str = "/cross-account/db-config";
const EXTERNAL_ID: &str = "unique-external-id";
const INSTANCE: &str = "shop";
const PASSWORD: &str = "only-in-this-demo";
/// The longest timeout that Lambda allows.
const TIMEOUT: Duration = Duration::from_mins(15);

const TABLES: &str = "
    CREATE TABLE users AS SELECT g AS id, 'User ' || g AS name, 'user' || g || '@example.com' AS email,
        (ARRAY['active', 'inactive', 'suspended'])[1 + g % 3] AS status,
        timestamp '2024-01-01' + g * interval '37 s' AS created_at FROM generate_series(1, 200000) g;
    CREATE TABLE orders AS SELECT g AS id, 1 + g % 200000 AS user_id, (g % 100000 / 100.0)::numeric(10, 2) AS total,
        (ARRAY['pending', 'paid', 'shipped'])[1 + g % 3] AS status FROM generate_series(1, 200000) g;
    CREATE TABLE measurements AS SELECT g::int8 AS id, (g % 1000)::int4 AS sensor, g / 7.0::float8 AS value,
        timestamp '2024-01-01' + g * interval '1 s' AS measured_at, 'room ' || g % 50 AS room
        FROM generate_series(1, 3000000) g;
    CREATE ROLE exporter LOGIN PASSWORD 'only-in-this-demo';
    GRANT SELECT ON ALL TABLES IN SCHEMA public TO exporter";

/// Everything that the demo has set up. Dropping it stops everything.
pub struct Demo {
    stack: Stack,
    function: RuntimeApi,
    role: String,
}

impl Demo {
    /// Sets up two accounts: A with a function, a bucket and a parameter, B with a database and a role.
    ///
    /// # Errors
    /// Fails if a part does not start. The error says what is missing.
    pub async fn start(bootstrap: &Path) -> Result<Self> {
        let stack = Stack::start(StackOptions::default()).await?;
        stack.postgres.execute("postgres", TABLES).await?;
        let role = stack.account_b().create_role("CrossAccountRDSRole").await?;
        stack.rds_b()?.create_db_instance(INSTANCE, "postgres").await?;
        let account = stack.account_a();
        account.create_bucket(BUCKET).await?;
        let config = json!({
            "dbInstanceIdentifier": INSTANCE, "database": "postgres", "username": "exporter", "password": PASSWORD,
            "sslRootCert": stack.postgres.ca_pem(),
        });
        account.put_parameter(PARAMETER, &config.to_string(), "SecureString").await?;
        let function = Function { timeout: TIMEOUT, ..Function::new(bootstrap) };
        let function = RuntimeApi::start(function.env(stack.function_env())).await?;
        Ok(Self { stack, function, role })
    }

    fn event(&self, query: &str, prefix: &str) -> Value {
        json!({
            "dbConfigParam": PARAMETER, "crossAccountRoleArn": self.role, "externalId": EXTERNAL_ID,
            "query": query, "bucket": BUCKET, "keyPrefix": prefix,
        })
    }

    /// Runs a typical extraction, and prints the event, the function's log and response, and the beginning of
    /// the object.
    ///
    /// # Errors
    /// Fails if the extraction fails.
    pub async fn show_one(&self) -> Result<()> {
        let event = self.event("SELECT * FROM users WHERE status = 'active'", "exports/users");
        println!("\n── the event\n{event:#}");
        let invocation = self.function.invoke(&event, TIMEOUT).await?;
        println!("\n── the function's log");
        invocation.logs.iter().for_each(|line| println!("{line}"));
        let response = response(&invocation)?;
        println!("\n── the response\n{response:#}");
        let location = response["body"]["s3Location"].as_str().unwrap_or_default();
        let key = location.strip_prefix(&format!("s3://{BUCKET}/")).unwrap_or_default();
        let object = self.stack.account_a().get_object(BUCKET, key).await?;
        println!("\n── {location}, {} bytes, its first lines", object.len());
        String::from_utf8_lossy(&object).lines().take(4).for_each(|line| println!("{line}"));
        Ok(())
    }

    /// Extracts a table of millions of rows, and prints the time and the resources that it took.
    ///
    /// # Errors
    /// Fails if the extraction fails.
    pub async fn show_many(&self) -> Result<()> {
        let event = self.event("SELECT * FROM measurements", "exports/measurements");
        // A new process, so that the peak memory is that of this run.
        self.function.restart().await;
        let invocation = self.function.invoke(&event, TIMEOUT).await?;
        let body = &response(&invocation)?["body"];
        let (rows, bytes) = (figure(body, "recordsProcessed"), figure(body, "bytesWritten"));
        let seconds = invocation.duration.as_secs_f64();
        println!("\n── {} million rows, through TLS into the S3 emulator", rows / 1e6);
        println!("   rows          {rows:>12.0}");
        println!("   CSV           {:>12.1} MiB", bytes / MIB);
        println!("   time          {seconds:>12.2} s");
        println!("   rate          {:>12.0} rows/s, {:.1} MiB/s", rows / seconds, bytes / MIB / seconds);
        println!("   CPU           {:>12.2} s of the function", invocation.cpu_seconds);
        println!("   peak memory   {:>12.1} MiB", invocation.peak_rss as f64 / MIB);
        if let Some(init) = invocation.init {
            println!(
                "   cold start    {:>12.1} ms to the first poll of the Runtime API",
                init.as_secs_f64() * 1e3
            );
        }
        Ok(())
    }

    /// Prints how to invoke the function by hand.
    pub fn show_next_steps(&self) {
        println!("\n── everything is running; in another shell:");
        for (name, value) in self.stack.function_env() {
            println!("export {name}='{value}'");
        }
        println!("export AWS_ENDPOINT_URL='{}'", self.function.invoke_url());
        let event = self.event("SELECT * FROM orders WHERE status = 'paid'", "exports/orders");
        println!(
            "printf %s '{}' | AWS_MAX_ATTEMPTS=1 aws lambda invoke --function-name rds-data-extractor \
             --payload fileb:///dev/stdin /dev/stdout",
            event.to_string().replace('\'', r"'\''")
        );
        println!("Press Ctrl-C to stop it.");
    }
}

const MIB: f64 = 1_048_576.0;

fn figure(body: &Value, name: &str) -> f64 {
    body[name].as_f64().unwrap_or_default()
}

fn response(invocation: &Invocation) -> Result<&Value> {
    match &invocation.result {
        Ok(response) if response["statusCode"] == 200 => Ok(response),
        other => bail!("the extraction failed: {other:?}\n{}", invocation.logs.join("\n")),
    }
}
