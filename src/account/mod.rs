//! The stages `credentials` and `endpoint`: the role in account B, the database's address and its IAM token.

mod endpoint;
mod role;
mod token;

pub use endpoint::{DEFAULT_PORT, Description, describe, find_endpoint};
pub use role::{AssumedRoles, session_name};
pub use token::iam_token;
