//! Clients that write as applications do: with savepoints, rollbacks, ids taken ahead, late first writes, pauses within
//! transactions, deletes and prepared transactions.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use devstack::{Postgres, PostgresOptions};
use tokio::time::sleep;
use tokio_postgres::{Client, Error};

use crate::writers::Writers;

/// The rows of a table before the first writer begins, which are those that writers update.
const ROWS: i64 = 2_000;

/// Returns the options of a server with which transactions can be prepared and standbys can stream.
pub fn options() -> PostgresOptions {
    let mut options = PostgresOptions::replicating();
    options.settings.push(("max_prepared_transactions".into(), "20".into()));
    options
}

/// Creates a table for writers. It also has the column of transaction ids and its trigger if `is_stamped`.
pub async fn create_table(server: &Postgres, name: &str, is_stamped: bool) {
    let table = format!(
        "CREATE TABLE {name} (id bigserial PRIMARY KEY, ver bigint, updated_at timestamptz NOT NULL DEFAULT now(), \
         filler text NOT NULL DEFAULT repeat('x', 500));"
    );
    let stamp = if is_stamped {
        format!(
            "ALTER TABLE {name} ADD COLUMN txid xid8 NOT NULL DEFAULT '0'; \
             ALTER TABLE {name} ALTER COLUMN txid SET DEFAULT pg_current_xact_id(); \
             CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN NEW.txid = pg_current_xact_id(); RETURN NEW; END $$; \
             CREATE TRIGGER stamp BEFORE UPDATE ON {name} FOR EACH ROW EXECUTE FUNCTION stamp(); \
             CREATE INDEX ON {name} (txid);"
        )
    } else {
        String::new()
    };
    let sql = format!("{table} {stamp} INSERT INTO {name} (ver) SELECT -g FROM generate_series(1, {ROWS}) g");
    server.execute("postgres", &sql).await.expect("a table");
}

/// What writers have done.
#[derive(Debug, Default)]
pub struct Done {
    pub committed: AtomicU64,
    pub rolled_back: AtomicU64,
    pub prepared: AtomicU64,
    /// Transactions that the server has refused, as one of two that wait for each other.
    pub refused: AtomicU64,
    /// The last version that was given to a row.
    version: AtomicI64,
}

impl Done {
    fn version(&self) -> i64 {
        self.version.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub fn in_words(&self) -> String {
        let [committed, rolled_back, prepared, refused] =
            [&self.committed, &self.rolled_back, &self.prepared, &self.refused]
                .map(|number| number.load(Ordering::Relaxed));
        format!(
            "{committed} transactions committed, {rolled_back} rolled back, {refused} refused; {prepared} of them were prepared"
        )
    }
}

/// Running writers.
pub struct Workload {
    writers: Writers,
    done: Arc<Done>,
}

impl Workload {
    /// Starts this number of clients that write to tables of [`create_table`].
    pub async fn start(server: &Postgres, tables: &'static [&'static str], number: u64) -> Self {
        let mut workload = Self { writers: Writers::default(), done: Arc::default() };
        for seed in 0..number {
            let client = server.connect().await.expect("a connection");
            let done = Arc::clone(&workload.done);
            workload.writers.start(|go_on| async move {
                let mut writer =
                    Writer { client, done, tables, random: fastrand::Rng::with_seed(seed), seed };
                while go_on.yes() {
                    writer.transaction().await;
                    writer.pause(20).await;
                }
            });
        }
        workload
    }

    /// Stops all of them after their transactions.
    pub async fn stop(self) -> Arc<Done> {
        self.writers.stop().await;
        self.done
    }
}

struct Writer {
    client: Client,
    done: Arc<Done>,
    tables: &'static [&'static str],
    random: fastrand::Rng,
    seed: u64,
}

impl Writer {
    async fn transaction(&mut self) {
        if self.until_it_ends().await.is_err() {
            self.done.refused.fetch_add(1, Ordering::Relaxed);
            self.execute("ROLLBACK").await.expect("the session goes on");
        }
    }

    async fn until_it_ends(&mut self) -> Result<(), Error> {
        self.execute("BEGIN").await?;
        let kind = self.random.f64();
        if kind < 0.15 {
            // It has begun, so that now() is fixed, and has written nothing yet.
            self.pause(2_000).await;
        }
        let mut taken = Vec::new();
        if kind < 0.4 {
            for table in self.tables {
                let sql = format!("SELECT nextval('{table}_id_seq')");
                taken.push((*table, self.client.query_one(&sql, &[]).await?.get::<_, i64>(0)));
            }
            self.pause(500).await;
        }
        for _ in 0..self.random.u8(1..=4) {
            self.write(&mut taken).await?;
        }
        if self.has_luck(0.05) {
            let (table, id) = (self.table(), self.random.i64(1..=ROWS));
            self.execute(&format!("DELETE FROM {table} WHERE id = {id}")).await?;
        }
        self.end().await
    }

    /// Writes a row, sometimes in a subtransaction that is sometimes rolled back.
    async fn write(&mut self, taken: &mut Vec<(&'static str, i64)>) -> Result<(), Error> {
        let is_nested = self.has_luck(0.3);
        if is_nested {
            self.execute("SAVEPOINT a").await?;
        }
        let (table, version) = (self.table(), self.done.version());
        let sql = if self.has_luck(0.5) {
            match taken.pop() {
                Some((table, id)) => format!("INSERT INTO {table} (id, ver) VALUES ({id}, {version})"),
                None => format!("INSERT INTO {table} (ver) VALUES ({version})"),
            }
        } else {
            let id = self.random.i64(1..=ROWS);
            format!("UPDATE {table} SET ver = {version}, updated_at = now() WHERE id = {id}")
        };
        self.execute(&sql).await?;
        if is_nested {
            let end = if self.has_luck(0.2) { "ROLLBACK TO a" } else { "RELEASE a" };
            self.execute(end).await?;
        }
        if self.has_luck(0.1) {
            self.pause(1_500).await;
        }
        Ok(())
    }

    async fn end(&mut self) -> Result<(), Error> {
        let mut end = if self.has_luck(0.1) { "ROLLBACK" } else { "COMMIT" }.to_owned();
        let count = if end == "COMMIT" { &self.done.committed } else { &self.done.rolled_back };
        count.fetch_add(1, Ordering::Relaxed);
        if self.has_luck(0.1) {
            let name = self.seed;
            self.execute(&format!("PREPARE TRANSACTION '{name}'")).await?;
            self.done.prepared.fetch_add(1, Ordering::Relaxed);
            self.pause(1_000).await;
            end = format!("{end} PREPARED '{name}'");
        }
        self.execute(&end).await
    }

    async fn execute(&self, sql: &str) -> Result<(), Error> {
        self.client.batch_execute(sql).await
    }

    /// Waits up to this many milliseconds.
    async fn pause(&mut self, milliseconds: u64) {
        sleep(Duration::from_millis(self.random.u64(0..=milliseconds))).await;
    }

    fn table(&mut self) -> &'static str {
        self.tables[self.random.usize(0..self.tables.len())]
    }

    fn has_luck(&mut self, probability: f64) -> bool {
        self.random.f64() < probability
    }
}

/// Writes a row of which the other side can tell that nothing is in progress before it. Returns its transaction's id.
pub async fn last_record(server: &Postgres, table: &str) -> i64 {
    let client = server.connect().await.expect("a connection");
    let sql = format!(
        "INSERT INTO {table} AS t (id, ver) VALUES (-1, -1) ON CONFLICT (id) DO UPDATE SET ver = t.ver - 1 \
         RETURNING pg_current_xact_id()::text::bigint"
    );
    client.query_one(&sql, &[]).await.expect("a row").get(0)
}
