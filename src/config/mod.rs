//! The stage `config`: the database configuration from Parameter Store and Secrets Manager.
//!
//! What is read comes as a [`RawConfig`] of keys and texts; a secret of account B may be merged over it once the role
//! is assumed; [`RawConfig::check`] makes the typed [`DatabaseConfig`] and names everything that is missing at once.

mod findings;
mod raw;
mod source;

pub use findings::{Finding, Kept, Level, examine_json, examine_path};
pub use raw::{Address, Auth, DatabaseConfig, EndpointKind, Identifier, RawConfig};
pub use source::{examine_parameter, read_parameter, read_query, read_secret};
