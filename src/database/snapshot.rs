//! One snapshot for several sessions: one session exports it, and the others, which must be on the same
//! server, import it.

use super::session::{Session, lost};
use super::settings::{SessionSettings, Snapshot};
use super::wire::WireError;
use crate::error::{Error, ErrorType, Result, Stage};

/// The columns that show whether two sessions have the same snapshot of the same server. The id of the
/// snapshot is not enough, since another server may have exported one with the same id.
const IDENTITY: &str = "pg_catalog.txid_current_snapshot()::text, pg_catalog.pg_postmaster_start_time()::text, \
     pg_catalog.inet_server_addr()::text, pg_catalog.inet_server_port()::text, pg_catalog.pg_is_in_recovery()::text, \
     pg_catalog.current_setting('server_version_num')";

/// The hint if the sessions may be on different servers.
const ONE_SERVER: &str = "All readers must reach the same server. A reader endpoint (cluster-ro, RDS Proxy) or a load balancer \
     spreads connections over several: connect to one instance, or leave parallelism out.";

/// A snapshot that other sessions can import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    id: String,
    identity: Vec<Option<String>>,
}

impl Session {
    /// Exports the snapshot of the transaction, which other sessions can [join](Self::join).
    ///
    /// # Errors
    /// `SnapshotUnavailable` if the server refuses, `ConnectionLost`; stage `query`.
    pub async fn export_snapshot(&mut self) -> Result<Exported> {
        let sql = format!("SELECT pg_catalog.pg_export_snapshot(), {IDENTITY}");
        let answered = self.simple_query(&sql).await.map_err(|error| match error {
            WireError::Server(server) => {
                let words = server.words();
                unavailable(
                    format!("The server exports no snapshot: {words}."),
                    ErrorType::SnapshotUnavailable.hint(),
                )
                .with_retryable(false)
                .caused_by(server.cause())
            }
            other => lost(other, Stage::Query),
        })?;
        let mut identity = answered.row.unwrap_or_default();
        let id = (!identity.is_empty()).then(|| identity.remove(0)).flatten();
        let id = id.filter(|id| id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-'));
        id.map(|id| Exported { id, identity }).ok_or_else(|| {
            unavailable("The server's snapshot has no id.".to_owned(), ErrorType::SnapshotUnavailable.hint())
        })
    }

    /// Begins a transaction in an exported snapshot, and checks that it is that snapshot of that server.
    ///
    /// # Errors
    /// `SnapshotUnavailable` if the server does not have the snapshot or is another one, `ConnectionLost`.
    pub async fn join(&mut self, settings: SessionSettings, exported: &Exported) -> Result<()> {
        let settings = SessionSettings { snapshot: Snapshot::Imported(exported.id.clone()), ..settings };
        let began = self.begin(settings).await;
        began.map_err(|error| match error.server() {
            Some(_) => unavailable(format!("The snapshot cannot be shared: {}", error.message), ONE_SERVER),
            None => error,
        })?;
        let asked = self.simple_query(&format!("SELECT {IDENTITY}")).await;
        let answered = asked.map_err(|error| lost(error, Stage::Query))?;
        if answered.row.as_ref() == Some(&exported.identity) {
            return Ok(());
        }
        Err(unavailable(
            "Another server answered, or one that was restarted meanwhile.".to_owned(),
            ONE_SERVER,
        ))
    }
}

/// Returns the error if sessions cannot share a snapshot.
pub(crate) fn unavailable(message: String, hint: &str) -> Error {
    Error::new(ErrorType::SnapshotUnavailable, Stage::Query, message).with_hint(hint)
}
