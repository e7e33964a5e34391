//! Stops the running statement of a session while the session is still open: a pooler forwards a cancel
//! request only for a connected client, and does not reuse the server's connection before the transaction
//! ends.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::connect::connect_at;
use super::session::Session;
use super::transaction::Transaction;

/// The time limit of a cancel request.
const REQUEST: Duration = Duration::from_millis(1_500);
/// How long to wait for the statement to end before it is cancelled in another way.
const GRACE: Duration = Duration::from_secs(1);

impl Session {
    /// Cancels the running statement and waits for its end: by a cancel request, or, if the statement keeps
    /// running, from a second session, since not every pooler forwards requests. A statement that runs even
    /// after that is ended by `statement_timeout`, or by the loss of its client.
    pub(super) async fn stop(&mut self) {
        let cancel = self.cancel.clone();
        let request = async {
            if let Err(reason) = cancel.cancel(REQUEST).await {
                tracing::warn!(reason, "the statement could not be cancelled");
            }
        };
        if self.drain_during(request).await || self.wire.is_broken() {
            return;
        }
        let Some(sql) = self.transaction.as_ref().map(Transaction::cancel) else { return };
        let second = timeout(REQUEST, async {
            let Ok(mut second) = connect_at(&cancel.login, &cancel.address).await else { return };
            let _ = second.simple_query(&sql).await;
            let _ = second.leave().await;
        });
        self.drain_during(second).await;
    }

    /// Discards what the server sends during `asking` and for a moment after. Returns whether the statement
    /// ended.
    async fn drain_during<T>(&mut self, asking: impl Future<Output = T>) -> bool {
        let (asked, wait) = oneshot::channel();
        // Completed even if the statement ends earlier, since a late request would cancel the next statement.
        let asking = async {
            asking.await;
            let _ = asked.send(());
        };
        let grace = async {
            let _ = wait.await;
            sleep(GRACE).await;
        };
        let draining = async {
            tokio::select! {
                drained = self.drain() => drained.is_ok(),
                () = grace => false,
            }
        };
        tokio::join!(asking, draining).1
    }
}
