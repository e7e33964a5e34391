//! What a run has left behind, which must be nothing after most runs.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::aws::Aws;
use crate::postgres::{Postgres, Session};
use crate::s3::{Object, OpenUpload};

/// How long a session may stay after the client has ended it.
const SESSIONS_END: Duration = Duration::from_secs(5);

/// The objects, uploads, sessions and files that were found. The default value is none of each.
///
/// ```no_run
/// # async fn example(stack: &devstack::Stack) -> devstack::Result<()> {
/// use devstack::Leftovers;
///
/// let left = Leftovers::default().in_bucket(&stack.account_a(), "data").await?;
/// let left = left.in_database(&stack.postgres, |_| true).await?;
/// assert_eq!(left, Leftovers::default());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// The objects in the buckets.
    pub objects: Vec<Object>,
    /// The multipart uploads that are neither completed nor aborted.
    pub uploads: Vec<OpenUpload>,
    /// The sessions of the database, each with its last statement.
    pub sessions: Vec<Session>,
    /// The names of the files in the folders, complete or in part.
    pub files: Vec<String>,
}

impl Leftovers {
    /// Adds the objects and the open uploads of a bucket.
    ///
    /// # Errors
    /// Fails if the bucket is missing.
    pub async fn in_bucket(mut self, account: &Aws, bucket: &str) -> Result<Self> {
        self.objects.extend(account.list_objects(bucket, "").await?);
        self.uploads.extend(account.list_multipart_uploads(bucket).await?);
        Ok(self)
    }

    /// Adds the sessions that `is_ours` selects and that have not ended after 5 seconds.
    ///
    /// # Errors
    /// Fails if the server refuses the connection.
    pub async fn in_database(
        mut self,
        server: &Postgres,
        is_ours: impl Fn(&Session) -> bool,
    ) -> Result<Self> {
        let start = Instant::now();
        loop {
            let mut sessions = server.sessions().await?;
            sessions.retain(&is_ours);
            if sessions.is_empty() || start.elapsed() > SESSIONS_END {
                self.sessions.extend(sessions);
                return Ok(self);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Adds the files of a folder in the order of their names.
    ///
    /// # Errors
    /// Fails if the folder cannot be read.
    pub fn in_folder(mut self, folder: &Path) -> Result<Self> {
        for entry in folder.read_dir()? {
            self.files.push(entry?.file_name().to_string_lossy().into_owned());
        }
        self.files.sort();
        Ok(self)
    }
}
