//! Values that replace fields of an event.

use extractor_encode::csv::Dialect;

use crate::config::DirectLogin;
use crate::job::LocalOutput;

/// Values that the command line gives instead of fields of the event.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// The login, instead of a configuration.
    pub login: Option<DirectLogin>,
    /// Where the file goes, instead of a bucket.
    pub output: Option<LocalOutput>,
    /// Whether the name of the output ends as that of a folder.
    pub is_folder: bool,
    /// Whether flags can be named in errors.
    pub from_shell: bool,
    /// The default dialect, instead of `java`.
    pub dialect: Option<Dialect>,
}
