//! Standbys that stream from a server.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail, ensure};

use super::files::SUPERUSER;
use super::in_front::InFront;
use super::local::Local;
use super::{Postgres, Server, Tls};
use crate::{background, scratch};

impl Postgres {
    /// Creates a hot standby that streams from this server, which [`PostgresOptions::replicating`] prepares.
    ///
    /// The standby has the passwords and the authority of this server. Dropping it does not affect this server.
    ///
    /// [`PostgresOptions::replicating`]: super::PostgresOptions::replicating
    ///
    /// # Errors
    /// Fails if this server runs in a container or refuses replication, or if the standby does not start.
    pub async fn start_standby(&self) -> Result<Self> {
        let Server::Local(_) = &self.server else {
            bail!("a standby needs PostgreSQL on this machine; set DEVSTACK=process");
        };
        let mut files = self.files.clone();
        let primary = format!(
            "host=127.0.0.1 port={} user={SUPERUSER} password={} sslmode=disable",
            self.own_port(),
            self.password()
        );
        files.settings.push(("primary_conninfo".into(), primary));
        let folder = scratch::folder("postgres")?;
        std::fs::write(folder.path().join("ca.pem"), self.authority.pem())?;
        let (path, port, password) = (folder.path().to_owned(), self.own_port(), self.password().to_owned());
        let local = background::blocking(move || Local::copy(&path, port, &password)).await?;
        let server = Server::Local(Arc::new(local));
        let in_front = InFront::choose()?;
        let standby = Self { in_front, server, files, folder, authority: Arc::clone(&self.authority) };
        standby.launch(&Tls::On).await?;
        Ok(standby)
    }

    /// Waits until a standby has replayed all that this server has written so far.
    ///
    /// # Errors
    /// Fails if a server refuses the connection, or if the standby has not caught up after 30 s.
    pub async fn wait_for(&self, standby: &Self) -> Result<()> {
        let primary = self.connect().await?;
        // Commits are asynchronous, so the last ones may not have been written yet.
        primary.batch_execute("CHECKPOINT").await?;
        let written: String = primary.query_one("SELECT pg_current_wal_lsn()::text", &[]).await?.get(0);
        let client = standby.connect().await?;
        let sql = format!("SELECT pg_last_wal_replay_lsn() >= '{written}'");
        for _ in 0..3_000 {
            if client.query_one(&sql, &[]).await?.get(0) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bail!("the standby has not replayed {written} after 30 s")
    }

    /// Makes a standby a primary, and waits until it accepts writes. Its sessions continue.
    ///
    /// # Errors
    /// Fails if the server is not a standby.
    pub async fn promote(&self) -> Result<()> {
        let promoted: bool = self.connect().await?.query_one("SELECT pg_promote()", &[]).await?.get(0);
        ensure!(promoted, "the standby was not promoted within a minute");
        Ok(())
    }
}
