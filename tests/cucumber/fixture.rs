//! The fixture that all scenarios share: one stack with one server. Most scenarios read the same database.

use std::sync::Arc;

use devstack::{Postgres, PostgresOptions, Stack, StackOptions, Tls};
use tokio::sync::{Mutex, OnceCell};

/// The database of the scenarios that only read.
pub const SHOP: &str = "shop";
/// The template of a scenario's own database. Nothing connects to it, since a template in use cannot be copied.
const TEMPLATE: &str = "shop_template";
/// The database user of the usual configuration.
pub const USER: &str = "reporting";
/// The password of [`USER`], which no output may show.
pub const PASSWORD: &str = "hunter2-never-shown";
/// The user who logs in through the IAM proxy, without a password of its own.
pub const IAM_USER: &str = "iam_reader";

static FIXTURE: Mutex<Option<Arc<Fixture>>> = Mutex::const_new(None);

/// The stack, and servers that only a few scenarios need.
#[derive(Debug)]
pub struct Fixture {
    pub stack: Stack,
    without_tls: OnceCell<Postgres>,
}

impl Fixture {
    /// Returns the fixture of this run, and starts it on the first call.
    pub async fn shared() -> Arc<Self> {
        let mut shared = FIXTURE.lock().await;
        if let Some(fixture) = &*shared {
            return Arc::clone(fixture);
        }
        let fixture = Arc::new(Self::start().await);
        *shared = Some(Arc::clone(&fixture));
        fixture
    }

    async fn start() -> Self {
        // The server can trust this role, because the IAM proxy has checked the token.
        let postgres = PostgresOptions {
            hba: vec![format!("host all {IAM_USER} all trust")],
            ..PostgresOptions::default()
        };
        let stack =
            Stack::start(StackOptions { postgres, ..StackOptions::default() }).await.expect("a stack");
        fill(&stack.postgres).await;
        Self { stack, without_tls: OnceCell::new() }
    }

    /// Returns a server with the same contents that offers no TLS.
    pub async fn without_tls(&self) -> &Postgres {
        self.without_tls
            .get_or_init(async || {
                let options = PostgresOptions { tls: Tls::Off, ..PostgresOptions::default() };
                let server = Postgres::start(options).await.expect("a server without TLS");
                fill(&server).await;
                server
            })
            .await
    }

    /// Creates a copy of the shop for a scenario that changes it.
    pub async fn copy_shop(&self, name: &str) {
        // Two copies at the same time would interfere with each other.
        static ONE: Mutex<()> = Mutex::const_new(());
        let _one = ONE.lock().await;
        let copy = format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}");
        self.stack.postgres.execute("postgres", &copy).await.expect("a copy of the shop");
    }
}

async fn fill(server: &Postgres) {
    server.create_role(USER, PASSWORD).await.expect("a role");
    server.create_role(IAM_USER, "never used").await.expect("a role");
    server.create_database(TEMPLATE).await.expect("a database");
    server.execute(TEMPLATE, include_str!("shop.sql")).await.expect("the shop");
    let copy = format!("CREATE DATABASE {SHOP} TEMPLATE {TEMPLATE}");
    server.execute("postgres", &copy).await.expect("the shop's database");
}

/// Stops the stack, if one was started.
pub async fn stop() {
    let fixture = FIXTURE.lock().await.take();
    // Dropping the stack blocks, which this thread must not.
    let _ = tokio::task::spawn_blocking(move || drop(fixture)).await;
}
