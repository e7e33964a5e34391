//! Moves a cluster to other transaction ids, as if it had used all those between.

use std::sync::Arc;

use anyhow::{Result, bail};

use super::{Postgres, Server, Tls};
use crate::background;

/// How far the next id can be moved at a time: rows that are older than two billion transactions cannot be frozen any more.
const STEP: u32 = 1_900_000_000;

impl Postgres {
    /// Restarts the server so that its next transaction has this id within the epoch, and freezes all rows. All sessions end.
    ///
    /// # Errors
    /// Fails if the server runs in a container, or if it does not start again.
    pub async fn set_next_transaction_id(&self, id: u32) -> Result<()> {
        let Server::Local(local) = &self.server else {
            bail!("the transaction ids are moved by a program on this machine; set DEVSTACK=process");
        };
        self.execute("postgres", "UPDATE pg_database SET datallowconn = true").await?;
        self.freeze().await?;
        let mut next: u32 = self.next_transaction_id().await?;
        while next < id {
            next = next.saturating_add(STEP).min(id);
            self.stop().await?;
            let local = Arc::clone(local);
            background::blocking(move || local.reset_transaction_id(next)).await?;
            self.launch(&Tls::On).await?;
            self.freeze().await?;
        }
        Ok(())
    }

    /// Freezes the rows of all databases.
    async fn freeze(&self) -> Result<()> {
        for database in ["postgres", "template1", "template0"] {
            self.connect_to(database).await?.batch_execute("VACUUM FREEZE").await?;
        }
        Ok(())
    }

    /// Returns the low 32 bits of the next id.
    async fn next_transaction_id(&self) -> Result<u32> {
        let sql = "SELECT (pg_snapshot_xmax(pg_current_snapshot())::text::numeric % 4294967296)::bigint";
        let next: i64 = self.connect().await?.query_one(sql, &[]).await?.get(0);
        Ok(u32::try_from(next)?)
    }
}
