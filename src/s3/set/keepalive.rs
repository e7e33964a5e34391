//! Keeps the claim of a set's name alive.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::task::JoinHandle;

use crate::error::Error;
use crate::part::Part;
use crate::s3::bucket::Bucket;
use crate::s3::errors::upload_failed;
use crate::s3::key::Key;
use crate::s3::multipart::send_part;
use crate::telemetry;

/// The interval between two signs of life, several of which fit into the time after which a rival counts as
/// dead.
pub(super) const INTERVAL: Duration = Duration::from_secs(15);

/// The number of the part that is sent anew. The manifest is part 1, and a part that is not named at the end does not
/// belong to the object, so a sign of life can never end up in the manifest.
const NUMBER: u32 = 2;

/// Sends a part of the claim's upload now and then, until it is dropped.
#[derive(Debug)]
pub(super) struct Keepalive {
    task: JoinHandle<()>,
    sending: Arc<AtomicBool>,
}

impl Keepalive {
    /// Starts to keep the upload `id` of `key` alive. If the upload is gone, that is told to `lost`.
    pub(super) fn start(
        bucket: Bucket,
        key: Key,
        id: String,
        interval: Duration,
        lost: impl FnOnce(Error) + Send + 'static,
    ) -> Self {
        let sending = Arc::<AtomicBool>::default();
        let busy = Arc::clone(&sending);
        let task = telemetry::spawn(async move {
            loop {
                tokio::time::sleep(interval).await;
                busy.store(true, Ordering::Relaxed);
                let sent = send_part(&bucket, &key, &id, NUMBER, Part::of(Bytes::from_static(b"\n"))).await;
                busy.store(false, Ordering::Relaxed);
                let Err(error) = sent else { continue };
                if error.aws().is_some_and(|cause| cause.is(&["NoSuchUpload"])) {
                    let (bucket, key) = (&bucket.name, key.shown());
                    lost(upload_failed(format!(
                        "Somebody aborted the upload that claims s3://{bucket}/{key}."
                    )));
                    return;
                }
                // The next one may come through.
                tracing::debug!(%error, "a sign of life was not sent");
            }
        });
        Self { task, sending }
    }

    /// Stops it; returns whether a part was on its way.
    pub(super) fn stop(&self) -> bool {
        self.task.abort();
        self.sending.load(Ordering::Relaxed)
    }
}

impl Drop for Keepalive {
    fn drop(&mut self) {
        self.task.abort();
    }
}
