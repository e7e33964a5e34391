//! What an overview is asked to look at.

use std::path::PathBuf;

use extractor_overview::Thresholds;

use super::discovery::Place;

/// Where exports lie.
#[derive(Debug, Clone, PartialEq)]
pub struct WatchedPrefix {
    /// The bucket.
    pub bucket: String,
    /// What keys begin with; all of them, if empty.
    pub prefix: String,
    /// How often an export is to come, in minutes; without it, as often as it did.
    pub every_minutes: Option<u32>,
}

/// Where the page goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageTarget {
    /// A bucket, with the state that is compared and the history.
    Bucket {
        /// The bucket.
        bucket: String,
        /// The folder in it, without a slash at its end; none: its root.
        prefix: Option<String>,
    },
    /// A file on this machine, and nothing else.
    File(PathBuf),
}

/// An overview, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// Who is asked where.
    pub places: Vec<Place>,
    /// What counts as a finding.
    pub thresholds: Thresholds,
    /// Where the page goes; `None` where no bucket is given.
    pub target: Option<PageTarget>,
    /// The account that must own the buckets.
    pub bucket_owner: Option<String>,
    /// Where exports lie.
    pub exports: Vec<WatchedPrefix>,
    /// The topic that is told of findings.
    pub topic_arn: Option<String>,
    /// Key that encrypts what is written, if not as the bucket does it.
    pub kms_key_id: Option<String>,
}
