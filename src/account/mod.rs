//! The stages `credentials` and `endpoint`: the role in account B, and the database's address and IAM token.

mod describe;
mod description;
mod endpoint;
mod role;
mod token;

pub(crate) use describe::describe;
pub(crate) use description::Description;
#[cfg(test)]
pub(crate) use description::ProxyRules;
pub(crate) use endpoint::{DEFAULT_PORT, FoundEndpoint, find_endpoint};
pub use role::AssumedRoles;
pub(crate) use role::session_name;
pub(crate) use token::iam_token;
