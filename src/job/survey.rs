//! The checked request of `action: overview`.

use std::path::PathBuf;

use extractor_overview::Thresholds;

use super::discovery::Place;
use super::write_options::WriteOptions;

/// A prefix below which exports are watched.
#[derive(Debug, Clone, PartialEq)]
pub struct WatchedPrefix {
    /// The bucket.
    pub bucket: String,
    /// The prefix of the keys; empty for all keys.
    pub prefix: String,
    /// How often an export is expected, in minutes; `None` derives the interval from earlier exports.
    pub every_minutes: Option<u32>,
}

/// Where the page goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageTarget {
    /// A bucket, which also has the state and the history.
    Bucket {
        /// The bucket.
        bucket: String,
        /// The folder in the bucket, without a slash at its end; `None` for the root.
        prefix: Option<String>,
    },
    /// A file on this machine, without a state or a history.
    File(PathBuf),
}

/// A checked overview.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// The roles and regions to query.
    pub places: Vec<Place>,
    /// The thresholds for findings.
    pub thresholds: Thresholds,
    /// Where the page goes; `None` if no bucket is given.
    pub target: Option<PageTarget>,
    /// The account that must own the buckets.
    pub bucket_owner: Option<String>,
    /// The prefixes below which exports are watched.
    pub exports: Vec<WatchedPrefix>,
    /// The topic to which findings are published.
    pub topic_arn: Option<String>,
    /// How objects are written.
    pub options: WriteOptions,
}
