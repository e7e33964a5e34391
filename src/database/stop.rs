//! Stops what a session runs, while the session is still open: a pooler passes a cancel request on for a client that
//! is connected, and lets nobody else have the server's connection before the transaction ends.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::connect::connect_at;
use super::session::Session;
use super::transaction::Transaction;

/// How long a cancel request may take.
const REQUEST: Duration = Duration::from_millis(1_500);
/// How long the server's word of it is waited for before it is told in another way.
const WORD: Duration = Duration::from_secs(1);

impl Session {
    /// Asks the server to cancel what runs, and waits for its word: by a cancel request, or, where the statement runs
    /// on all the same, from a second session, since not every pooler passes requests on. Whoever runs on after that
    /// is ended by `statement_timeout`, or by the loss of its client.
    pub(super) async fn stop(&mut self) {
        let cancel = self.cancel.clone();
        let request = async {
            if let Err(reason) = cancel.cancel(REQUEST).await {
                tracing::warn!(reason, "the statement could not be cancelled");
            }
        };
        if self.hear_out_after(request).await || self.wire.is_broken() {
            return;
        }
        let Some(sql) = self.transaction.as_ref().map(Transaction::cancel) else { return };
        let second = timeout(REQUEST, async {
            let Ok(mut second) = connect_at(&cancel.login, cancel.address).await else { return };
            let _ = second.simple_query(&sql).await;
            let _ = second.leave().await;
        });
        self.hear_out_after(second).await;
    }

    /// Hears the server out while it is asked to stop, and for a moment after; whether it has come to an end.
    async fn hear_out_after<T>(&mut self, asking: impl Future<Output = T>) -> bool {
        let (asked, wait) = oneshot::channel();
        // To its end even if the statement ends before: a request that is late would find the next one.
        let asking = async {
            asking.await;
            let _ = asked.send(());
        };
        let patience = async {
            let _ = wait.await;
            sleep(WORD).await;
        };
        let hearing = async {
            tokio::select! {
                heard = self.hear_out() => heard.is_ok(),
                () = patience => false,
            }
        };
        tokio::join!(asking, hearing).1
    }
}
