//! The keys of a configuration and the form of their values.

use super::tls::SslMode;
use crate::fields::{self, nearest};
use crate::form;

macro_rules! keys {
    ($($name:ident $json:literal [$($alias:literal),*];)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Key { $($name,)* }

        impl Key {
            pub(super) const fn json(self) -> &'static str {
                match self { $(Self::$name => $json,)* }
            }

            /// All keys, in the order of the documentation.
            pub(super) const ALL: &[Self] = &[$(Self::$name,)*];

            pub(super) fn find(name: &str) -> Option<Self> {
                match name { $($json $(| $alias)* => Some(Self::$name),)* _ => None }
            }
        }
    };
}

keys! {
    Host "host" [];
    Port "port" [];
    Database "database" ["dbname"];
    Username "username" ["user"];
    Password "password" [];
    Instance "dbInstanceIdentifier" ["instance_identifier", "db_instance_identifier"];
    Cluster "dbClusterIdentifier" ["cluster_identifier", "db_cluster_identifier"];
    Proxy "dbProxyName" ["proxy_name", "db_proxy_name"];
    Endpoint "endpoint" [];
    Auth "auth" [];
    DatabasePort "databasePort" ["database_port"];
    SslMode "sslMode" ["ssl_mode"];
    SslRootCert "sslRootCert" ["ssl_root_cert"];
    TlsServerName "tlsServerName" ["tls_server_name"];
    Region "region" [];
    SecretArn "secretArn" ["secret_arn"];
}

impl Key {
    /// Returns what is wrong with the form of a value, if anything, in words that follow the key.
    pub(super) fn problem(self, value: &str) -> Option<String> {
        let one_of = |words: &[&'static str]| {
            let words: Vec<_> = words.iter().map(|&word| (word, ())).collect();
            fields::one_of(&words, value)
        };
        let checked = match self {
            Self::Host | Self::TlsServerName => form::host(value).map(drop),
            Self::Port | Self::DatabasePort => form::port(value).map(drop),
            Self::Database => form::database(value).map(drop),
            Self::Username => form::user(value).map(drop),
            Self::Instance => form::identifier(value, "db").map(drop),
            Self::Cluster => form::identifier(value, "cluster").map(drop),
            Self::Proxy => form::identifier(value, "db-proxy").map(drop),
            // An endpoint has no ARN with its name.
            Self::Endpoint => form::identifier(value, "").map(drop),
            Self::Auth => one_of(&["password", "iam"]),
            Self::SslMode => one_of(&SslMode::ALL.map(SslMode::as_str)),
            Self::Region => form::region(value).map(drop),
            Self::SecretArn => form::secret_id(value).map(drop),
            // Any text can be a password, and certificates are checked where they are parsed.
            Self::Password | Self::SslRootCert => Ok(()),
        };
        checked.err()
    }

    /// Returns the key that an unknown name most likely means.
    pub(super) fn meant_by(name: &str) -> Option<Self> {
        let meant = nearest(name, Self::ALL.iter().map(|key| key.json()))?;
        Self::find(meant)
    }
}
