//! Which transactions have ended, and which cluster counts them.

use super::session::Session;
use super::table::{Leaf, Table};
use crate::error::{Error, ErrorType, Result, Stage};
use crate::watermark::{Cluster, Horizon, TableColumn};

/// The identity of a server and what it sees. Ask for it outside of the transaction that reads, since not every server
/// has all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerIdentity {
    /// The cluster, without its resource id at RDS.
    pub(crate) cluster: Cluster,
    /// Which transactions have ended.
    pub(crate) horizon: Horizon,
    /// Whether it is Amazon Aurora, which does not tell its system identifier and timeline.
    pub(crate) is_aurora: bool,
    /// When the server was started.
    pub(crate) started: String,
}

/// What a snapshot sees, and on which server it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SnapshotHorizon {
    /// Which transactions have ended.
    pub(crate) horizon: Horizon,
    /// The timeline of a primary; `None` on a standby and on Aurora.
    pub(crate) timeline: Option<u32>,
    /// When the server was started.
    pub(crate) started: String,
}

/// A column of a table, and what a watermark must know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CatalogColumn {
    /// Its name and type.
    pub(crate) column: TableColumn,
    /// The OID of its type.
    pub(crate) type_oid: u32,
    /// Whether it is NOT NULL, in every table that stores rows.
    pub(crate) is_not_null: bool,
}

const HORIZON: &str = "pg_catalog.txid_snapshot_xmin(pg_catalog.txid_current_snapshot())::text, \
     pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot())::text, pg_catalog.pg_is_in_recovery()::text, \
     pg_catalog.pg_postmaster_start_time()::text";
/// The timeline of a primary. That in the control file is the old one until the first checkpoint after a promotion.
const TIMELINE: &str = "('x' || substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8))::bit(32)::integer::text";

impl Session {
    /// Returns the identity of the server, and which transactions have ended.
    ///
    /// # Errors
    /// See [`Session::ask`].
    pub(crate) async fn server_identity(&mut self) -> Result<ServerIdentity> {
        let is_aurora =
            self.ask("SELECT pg_catalog.to_regproc('pg_catalog.aurora_version') IS NOT NULL").await?;
        let is_aurora = is_aurora.first().is_some_and(|row| row.first() == Some(&Some("t".to_owned())));
        let control = if is_aurora {
            "NULL, NULL".to_owned()
        } else {
            format!(
                "(SELECT system_identifier::text FROM pg_catalog.pg_control_system()), \
                 CASE WHEN pg_catalog.pg_is_in_recovery() \
                 THEN (SELECT timeline_id::text FROM pg_catalog.pg_control_checkpoint()) ELSE {TIMELINE} END"
            )
        };
        let [xmin, xmax, recovery, started, system, timeline] =
            self.row(&format!("SELECT {HORIZON}, {control}")).await?;
        Ok(ServerIdentity {
            cluster: Cluster {
                system,
                timeline: timeline.and_then(|timeline| timeline.parse().ok()),
                resource: None,
            },
            horizon: horizon(xmin, xmax, recovery)?,
            is_aurora,
            started: started.unwrap_or_default(),
        })
    }

    /// Returns what the transaction's snapshot sees.
    ///
    /// # Errors
    /// See [`Session::ask`].
    pub(crate) async fn snapshot_horizon(&mut self, is_aurora: bool) -> Result<SnapshotHorizon> {
        let timeline = if is_aurora {
            "NULL".to_owned()
        } else {
            format!("CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN {TIMELINE} END")
        };
        let [xmin, xmax, recovery, started, timeline] =
            self.row(&format!("SELECT {HORIZON}, {timeline}")).await?;
        Ok(SnapshotHorizon {
            horizon: horizon(xmin, xmax, recovery)?,
            timeline: timeline.and_then(|timeline| timeline.parse().ok()),
            started: started.unwrap_or_default(),
        })
    }

    /// Returns the columns of a table whose rows these tables store.
    ///
    /// # Errors
    /// See [`Session::ask`].
    pub(crate) async fn columns_of(&mut self, table: &Table, leaves: &[Leaf]) -> Result<Vec<CatalogColumn>> {
        const SQL: &str = "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.atttypid, \
             NOT EXISTS (SELECT FROM pg_catalog.pg_attribute l WHERE l.attrelid = ANY ($2::pg_catalog.oid[]) \
             AND l.attname = a.attname AND NOT l.attisdropped AND NOT l.attnotnull) \
             FROM pg_catalog.pg_attribute a WHERE a.attrelid = $1::pg_catalog.oid AND a.attnum > 0 AND NOT a.attisdropped \
             ORDER BY a.attnum";
        let rows = self.ask_with(SQL, &[Some(table.oid.to_string()), Some(array(leaves))]).await?;
        let column = |row: Vec<Option<String>>| {
            let [name, type_name, type_oid, is_not_null] = <[_; 4]>::try_from(row).ok()?;
            Some(CatalogColumn {
                column: TableColumn { name: name?, type_name: type_name? },
                type_oid: type_oid?.parse().ok()?,
                is_not_null: is_not_null? == "t",
            })
        };
        Ok(rows.into_iter().filter_map(column).collect())
    }

    /// Returns whether one of these tables receives its rows by logical replication.
    ///
    /// # Errors
    /// See [`Session::ask`].
    pub(crate) async fn is_subscribed(&mut self, leaves: &[Leaf]) -> Result<bool> {
        const SQL: &str = "SELECT EXISTS (SELECT FROM pg_catalog.pg_subscription_rel WHERE srrelid = ANY ($1::pg_catalog.oid[]))";
        let rows = self.ask_with(SQL, &[Some(array(leaves))]).await?;
        Ok(rows.into_iter().flatten().flatten().next().is_some_and(|text| text == "t"))
    }

    async fn row<const N: usize>(&mut self, sql: &str) -> Result<[Option<String>; N]> {
        let row = self.ask(sql).await?.into_iter().next().and_then(|row| row.try_into().ok());
        row.ok_or_else(incomplete)
    }
}

fn horizon(xmin: Option<String>, xmax: Option<String>, recovery: Option<String>) -> Result<Horizon> {
    let number = |text: Option<String>| text.and_then(|text| text.parse().ok()).ok_or_else(incomplete);
    Ok(Horizon {
        upper: number(xmin)?,
        next: number(xmax)?,
        in_recovery: recovery.is_some_and(|text| text == "true"),
    })
}

fn array(leaves: &[Leaf]) -> String {
    let oids: Vec<_> = leaves.iter().map(|leaf| leaf.oid.to_string()).collect();
    format!("{{{}}}", oids.join(","))
}

fn incomplete() -> Error {
    Error::new(
        ErrorType::ConnectionLost,
        Stage::Query,
        "The server's description of its snapshot is incomplete.",
    )
}
