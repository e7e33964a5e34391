//! What all scenarios share: one stack with one server, on which most read the same database.

use std::sync::Arc;

use devstack::{Postgres, PostgresOptions, Stack, StackOptions, Tls};
use tokio::sync::{Mutex, OnceCell};

/// The database of scenarios that only read.
pub const SHOP: &str = "shop";
/// What a scenario's own database is copied from; nobody connects to it.
const TEMPLATE: &str = "shop_template";
/// The database user of the usual configuration.
pub const USER: &str = "reporting";
/// Its password, which must never be shown.
pub const PASSWORD: &str = "hunter2-never-shown";
/// The user without a password of its own, who comes through the IAM proxy.
pub const IAM_USER: &str = "iam_reader";

static FIXTURE: Mutex<Option<Arc<Fixture>>> = Mutex::const_new(None);

/// The stack, and what few scenarios need beside it.
#[derive(Debug)]
pub struct Fixture {
    pub stack: Stack,
    without_tls: OnceCell<Postgres>,
}

impl Fixture {
    /// The one of this run, started by whoever comes first.
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
        // The IAM proxy has checked the token where this role comes from.
        let postgres = PostgresOptions {
            hba: vec![format!("host all {IAM_USER} all trust")],
            ..PostgresOptions::default()
        };
        let stack =
            Stack::start(StackOptions { postgres, ..StackOptions::default() }).await.expect("a stack");
        fill(&stack.postgres).await;
        Self { stack, without_tls: OnceCell::new() }
    }

    /// A server like the usual one that offers no TLS.
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

    /// Copies the shop, for a scenario that changes it.
    pub async fn copy_shop(&self, name: &str) {
        // Two copies at once would get in each other's way.
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

/// Ends the stack, if one was started.
pub async fn stop() {
    let fixture = FIXTURE.lock().await.take();
    // Off this thread, which must not block.
    let _ = tokio::task::spawn_blocking(move || drop(fixture)).await;
}
