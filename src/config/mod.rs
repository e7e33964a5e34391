//! The stage `config`: the database configuration from Parameter Store and Secrets Manager.
//!
//! A configuration is read as a `RawConfig` of keys and texts, to which a secret of account B may be added
//! once the role is assumed. `RawConfig::check` converts it to the typed `DatabaseConfig` and reports
//! everything that is missing at once. With an address and a password it becomes a [`Login`], which is all
//! that the stage `connection` needs.

mod below;
mod database_config;
mod issues;
mod key;
mod login;
mod raw;
mod source;
mod tls;

pub(crate) use below::configurations_below;
pub(crate) use database_config::{Address, Auth, DatabaseConfig, EndpointKind, Identifier};
pub(crate) use issues::{Issue, Kept, Level, examine_json};
pub(crate) use login::DirectLogin;
pub use login::{Endpoint, Login, ServerKind};
pub(crate) use raw::RawConfig;
pub(crate) use source::{examine_parameter, read_parameter, read_query, read_secret};
pub(crate) use tls::ClientCertificate;
pub use tls::{Authorities, SslMode, TlsSettings};
