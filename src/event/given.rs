//! What stands in the place of some of an event's fields.

use crate::config::Login;
use crate::job::LocalOutput;

/// What a command line names beside the event.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// The login, in the place of a configuration.
    pub login: Option<Login>,
    /// Where the file goes, in the place of a bucket.
    pub output: Option<LocalOutput>,
}
