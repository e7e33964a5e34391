//! Where the rows come from.

use std::fmt;

use crate::config::DirectLogin;

/// How the database is found and logged in to.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// By a configuration in Parameter Store.
    Configured(Configured),
    /// By a login from the command line, without AWS. The run sets the application name.
    Login(DirectLogin),
}

/// A database that a configuration describes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configured {
    /// The parameter with the configuration; a path if it ends in `/`.
    pub parameter: String,
    /// The role to assume; without one, the function's own credentials are used.
    pub role: Option<Role>,
}

/// A role in account B.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Role {
    /// Its ARN.
    pub arn: String,
    /// The external id that its trust policy requires.
    pub external_id: Option<String>,
}

impl fmt::Debug for Role {
    /// Omits the external id.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Role")
            .field("arn", &self.arn)
            .field("has_external_id", &self.external_id.is_some())
            .finish_non_exhaustive()
    }
}
