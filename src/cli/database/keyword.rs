//! The connection parameters of libpq, and what is done with each.

/// What is done with a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Support {
    /// It is used to log in.
    Used,
    /// It affects neither what is read nor how safely.
    Harmless,
    /// It is refused for this reason, unless it has one of these values, which ask for what is done in any
    /// case.
    Refused(&'static str, &'static [&'static str]),
}
use Support::{Harmless, Refused, Used};

/// A parameter.
#[derive(Debug)]
pub(super) struct Keyword {
    /// The name in connection strings and service files; empty for a variable that has none.
    pub(super) name: &'static str,
    /// The environment variable; empty if there is none.
    pub(super) variable: &'static str,
    pub(super) support: Support,
}

const fn keyword(name: &'static str, variable: &'static str, support: Support) -> Keyword {
    Keyword { name, variable, support }
}

/// All of them, as of PostgreSQL 18.
pub(super) const KEYWORDS: &[Keyword] = &[
    keyword("host", "PGHOST", Used),
    keyword("hostaddr", "PGHOSTADDR", Used),
    keyword("port", "PGPORT", Used),
    keyword("dbname", "PGDATABASE", Used),
    keyword("user", "PGUSER", Used),
    keyword("password", "PGPASSWORD", Used),
    keyword("passfile", "PGPASSFILE", Used),
    keyword("service", "PGSERVICE", Used),
    keyword("servicefile", "PGSERVICEFILE", Used),
    keyword("", "PGSYSCONFDIR", Used),
    keyword("options", "PGOPTIONS", Used),
    keyword("application_name", "PGAPPNAME", Used),
    keyword("connect_timeout", "PGCONNECT_TIMEOUT", Used),
    keyword("target_session_attrs", "PGTARGETSESSIONATTRS", Used),
    keyword("load_balance_hosts", "PGLOADBALANCEHOSTS", Used),
    keyword("sslmode", "PGSSLMODE", Used),
    keyword("sslrootcert", "PGSSLROOTCERT", Used),
    keyword("sslcert", "PGSSLCERT", Used),
    keyword("sslkey", "PGSSLKEY", Used),
    keyword("fallback_application_name", "", Harmless),
    keyword("gssdelegation", "PGGSSDELEGATION", Harmless),
    keyword("gsslib", "PGGSSLIB", Harmless),
    keyword("keepalives", "", Harmless),
    keyword("keepalives_count", "", Harmless),
    keyword("keepalives_idle", "", Harmless),
    keyword("keepalives_interval", "", Harmless),
    keyword("krbsrvname", "PGKRBSRVNAME", Harmless),
    keyword("max_protocol_version", "PGMAXPROTOCOLVERSION", Harmless),
    // The default, verify-full, is stricter.
    keyword("requiressl", "PGREQUIRESSL", Harmless),
    keyword("sslcompression", "PGSSLCOMPRESSION", Harmless),
    keyword("tcp_user_timeout", "", Harmless),
    keyword("", "PGGEQO", Harmless),
    keyword("", "PGLOCALEDIR", Harmless),
    keyword(
        "",
        "PGDATESTYLE",
        Refused("rows are written with DateStyle ISO", &["iso", "iso, mdy", "iso, dmy", "iso, ymd"]),
    ),
    keyword("", "PGTZ", Refused("rows are written with TimeZone UTC", &["utc", "etc/utc", "gmt"])),
    keyword(
        "client_encoding",
        "PGCLIENTENCODING",
        Refused("files are written in UTF-8", &["utf8", "utf-8", "unicode"]),
    ),
    keyword(
        "channel_binding",
        "PGCHANNELBINDING",
        Refused("channel binding is used if the server offers it", &["prefer"]),
    ),
    keyword("gssencmode", "PGGSSENCMODE", Refused("GSSAPI is not supported", &["disable", "prefer"])),
    keyword(
        "min_protocol_version",
        "PGMINPROTOCOLVERSION",
        Refused("version 3.0 of the protocol is spoken", &["3.0"]),
    ),
    keyword("oauth_client_id", "", Refused("OAuth is not supported", &[])),
    keyword("oauth_client_secret", "", Refused("OAuth is not supported", &[])),
    keyword("oauth_issuer", "", Refused("OAuth is not supported", &[])),
    keyword("oauth_scope", "", Refused("OAuth is not supported", &[])),
    keyword("replication", "", Refused("a query needs an ordinary session", &["false", "off", "no", "0"])),
    keyword(
        "require_auth",
        "PGREQUIREAUTH",
        Refused("the method of authentication is the server's choice", &[]),
    ),
    keyword("requirepeer", "PGREQUIREPEER", Refused("the owner of the server is not checked", &[])),
    keyword("scram_client_key", "", Refused("SCRAM keys are not supported", &[])),
    keyword("scram_server_key", "", Refused("SCRAM keys are not supported", &[])),
    keyword(
        "ssl_max_protocol_version",
        "PGSSLMAXPROTOCOLVERSION",
        Refused("every version from TLS 1.2 is accepted", &["tlsv1.3"]),
    ),
    keyword(
        "ssl_min_protocol_version",
        "PGSSLMINPROTOCOLVERSION",
        Refused("every version from TLS 1.2 is accepted", &["tlsv1", "tlsv1.1", "tlsv1.2"]),
    ),
    keyword(
        "sslcertmode",
        "PGSSLCERTMODE",
        Refused("a client certificate is sent if the server asks for one", &["allow"]),
    ),
    keyword("sslcrl", "PGSSLCRL", Refused("revocation lists are not read", &[])),
    keyword("sslcrldir", "PGSSLCRLDIR", Refused("revocation lists are not read", &[])),
    keyword("sslkeylogfile", "", Refused("the keys of TLS are not logged", &[])),
    keyword(
        "sslnegotiation",
        "PGSSLNEGOTIATION",
        Refused("TLS is negotiated by the protocol of PostgreSQL", &["postgres"]),
    ),
    keyword("sslpassword", "", Refused("the key of a client certificate must not be encrypted", &[])),
    keyword("sslsni", "PGSSLSNI", Refused("the server's name is sent in the TLS handshake", &["1"])),
];

impl Keyword {
    /// Returns the parameter with this name in connection strings.
    pub(super) fn of_name(name: &str) -> Option<&'static Self> {
        KEYWORDS.iter().find(|keyword| keyword.name == name && !name.is_empty())
    }
}
