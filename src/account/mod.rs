//! The stages `credentials` and `endpoint`: the role in account B, the database's address and its IAM token.

mod endpoint;
mod role;
mod token;

pub(crate) use endpoint::{DEFAULT_PORT, Description, describe, find_endpoint};
pub use role::AssumedRoles;
pub(crate) use role::session_name;
pub(crate) use token::iam_token;
