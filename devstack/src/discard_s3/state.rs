//! What the endpoint remembers: figures and open uploads, no bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What the endpoint has taken since its start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscardStats {
    /// Objects put whole.
    pub puts: u64,
    /// Parts of multipart uploads.
    pub parts: u64,
    /// Bytes of objects and parts (of an `aws-chunked` body: decoded).
    pub bytes: u64,
    /// Multipart uploads begun.
    pub uploads_created: u64,
    /// Multipart uploads completed.
    pub uploads_completed: u64,
    /// Multipart uploads aborted.
    pub uploads_aborted: u64,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) stats: DiscardStats,
    /// Open uploads: id → (bucket, key).
    pub(super) open: BTreeMap<String, (String, String)>,
    pub(super) next_upload: u64,
}
