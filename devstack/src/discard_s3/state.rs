//! The state of the endpoint: counters and open uploads.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What the endpoint has received since its start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscardStats {
    /// The number of objects written by `PutObject`.
    pub puts: u64,
    /// The number of parts of multipart uploads.
    pub parts: u64,
    /// The bytes of objects and parts, decoded if the body is `aws-chunked`.
    pub bytes: u64,
    /// The number of multipart uploads created.
    pub uploads_created: u64,
    /// The number of multipart uploads completed.
    pub uploads_completed: u64,
    /// The number of multipart uploads aborted.
    pub uploads_aborted: u64,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) stats: DiscardStats,
    /// The bucket and key of each open upload, by its id.
    pub(super) open: BTreeMap<String, (String, String)>,
    pub(super) next_upload: u64,
}
