//! What the server says about itself, its transactions and the table.

use serde::{Deserialize, Serialize};

/// The cluster whose transaction ids a state counts. Where something is not known, it is not compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cluster {
    /// The system identifier, which a new cluster gets from initdb; not known on Aurora.
    pub(crate) system: Option<String>,
    /// The timeline, which changes when a standby is promoted or a backup is restored to a point in time; not known on
    /// Aurora.
    pub(crate) timeline: Option<u32>,
    /// The resource id of the instance or cluster at RDS.
    pub(crate) resource: Option<String>,
}

/// The transactions that a snapshot of the server sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Horizon {
    /// The id below which every transaction has ended.
    pub(crate) upper: u64,
    /// The id that the next transaction gets.
    pub(crate) next: u64,
    /// Whether the server is a standby.
    pub(crate) in_recovery: bool,
}

impl Horizon {
    /// Returns how many transaction ids a running transaction holds back.
    pub(crate) fn held_back_by(self) -> u64 {
        self.next.saturating_sub(self.upper)
    }
}

/// A column of a table, as it stands in the state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TableColumn {
    /// Its name.
    pub(crate) name: String,
    /// Its type, as the server prints it.
    #[serde(rename = "type")]
    pub(crate) type_name: String,
}

/// What a table has at the moment of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableFacts {
    /// `schema.table`.
    pub(crate) name: String,
    /// Its OID.
    pub(crate) oid: u32,
    /// Its columns, in their order.
    pub(crate) columns: Vec<TableColumn>,
    /// The OIDs of the tables that store its rows, in ascending order.
    pub(crate) leaves: Vec<u32>,
}
