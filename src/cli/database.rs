//! A database named by flags and libpq's environment variables, without AWS.

use clap::Args;

use super::input::{read_file, wrong};
use super::pgpass;
use crate::account::DEFAULT_PORT;
use crate::config::{Endpoint, Login, SslMode, TlsSettings};
use crate::environment::Environment;
use crate::error::{Error, ErrorType, Result};
use crate::form;
use crate::secret::Secret;

/// The database without AWS: if any of these flags is given, no parameter is read and no role is assumed.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Database without AWS (with any of these flags no parameter is read)")]
pub(super) struct DatabaseArguments {
    /// Name or address of the server [PGHOST].
    #[arg(long, value_name = "NAME", conflicts_with_all = ["db_config_param", "role_arn", "external_id"])]
    host: Option<String>,
    /// Its port [PGPORT, 5432].
    #[arg(long, value_name = "NUMBER", value_parser = form::port)]
    port: Option<u16>,
    /// Name of the database [PGDATABASE, the user's name].
    #[arg(long, value_name = "NAME")]
    database: Option<String>,
    /// Database user [PGUSER, your user name]. The password comes from PGPASSWORD or ~/.pgpass.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// File whose first line is the password; overrides both.
    #[arg(long, value_name = "FILE")]
    password_file: Option<String>,
    /// verify-full, verify-ca, require or disable [PGSSLMODE, verify-full].
    #[arg(long, value_name = "MODE")]
    sslmode: Option<String>,
    /// PEM file with the authorities to trust, or system for those of the system [PGSSLROOTCERT].
    #[arg(long, value_name = "FILE")]
    ssl_root_cert: Option<String>,
    /// Name in the server's certificate, if it is not the host.
    #[arg(long, value_name = "NAME")]
    tls_server_name: Option<String>,
}

impl DatabaseArguments {
    fn is_given(&self) -> bool {
        let Self { host, port, database, user, password_file, sslmode, ssl_root_cert, tls_server_name } =
            self;
        let texts = [host, database, user, password_file, sslmode, ssl_root_cert, tls_server_name];
        port.is_some() || texts.into_iter().any(Option::is_some)
    }

    /// Returns the login if any of the flags is given. Values without a flag come from libpq's variables.
    pub(super) fn login(&self, environment: &Environment) -> Result<Option<Login>> {
        if !self.is_given() {
            return Ok(None);
        }
        let given = Given { environment };
        let host = given.text(("--host", &self.host), &["PGHOST"], form::host)?.ok_or_else(|| {
            wrong("The flags name a database without AWS, but no server.")
                .with_hint("Add --host, or set PGHOST.")
        })?;
        let port = match self.port {
            Some(port) => port,
            None => given.text(("--port", &None), &["PGPORT"], form::port)?.unwrap_or(DEFAULT_PORT),
        };
        let username = given.text(("--user", &self.user), &["PGUSER", "USER"], form::user)?;
        let username = username.ok_or_else(|| wrong("No database user is named: add --user."))?;
        let database = given.text(("--database", &self.database), &["PGDATABASE"], form::database)?;
        let database = database.unwrap_or_else(|| username.clone());
        let password = match &self.password_file {
            Some(path) => Secret::new(read_file("--password-file", path)?.lines().next().unwrap_or_default()),
            // A server with trust authentication asks for none.
            None => Secret::new(environment.get("PGPASSWORD").map_or_else(
                || pgpass::password(environment, &host, port, &database, &username).unwrap_or_default(),
                str::to_owned,
            )),
        };
        Ok(Some(Login {
            endpoint: Endpoint { host, port },
            database,
            username,
            password,
            tls: self.tls(&given)?,
            application_name: String::new(),
        }))
    }

    fn tls(&self, given: &Given<'_>) -> Result<TlsSettings> {
        let mode = given.text(("--sslmode", &self.sslmode), &["PGSSLMODE"], |text| {
            SslMode::parse(text)
                .ok_or_else(|| form::refusal(text, "verify-full, verify-ca, require or disable"))
        });
        let mode = mode.map_err(|error| {
            error.with_hint(
                "allow and prefer fall back to plain text silently; --sslmode require encrypts in any case.",
            )
        })?;
        let root_certificates = match (&self.ssl_root_cert, given.environment.get("PGSSLROOTCERT")) {
            (Some(path), _) if path != "system" => Some(read_file("--ssl-root-cert", path)?),
            (None, Some(path)) if path != "system" => Some(read_file("PGSSLROOTCERT", path)?),
            _ => None,
        };
        let server_name = given.text(("--tls-server-name", &self.tls_server_name), &[], form::host)?;
        Ok(TlsSettings { mode: mode.unwrap_or_default(), root_certificates, server_name })
    }
}

/// Resolves flags, and libpq's variables for those that are not given.
struct Given<'a> {
    environment: &'a Environment,
}

impl Given<'_> {
    /// Returns the value of the flag, otherwise of the first variable that is set, as parsed by `check`.
    fn text<T>(
        &self,
        (flag, value): (&'static str, &Option<String>),
        variables: &[&'static str],
        check: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>> {
        let of_variable =
            || variables.iter().find_map(|variable| Some((*variable, self.environment.get(variable)?)));
        let given = value.as_deref().map(|value| (flag, value)).or_else(of_variable);
        let Some((name, text)) = given else { return Ok(None) };
        check(text).map(Some).map_err(|what| {
            wrong(format!("{name} {what}.")).with_hint(
                "Give the server as --host, its port as --port, the others as --database and --user; the password comes \
                 from PGPASSWORD, ~/.pgpass or --password-file.",
            )
        })
    }
}

/// Returns the hint of a failure in terms of these flags, for a database that they name.
pub(super) fn hint(error: &Error) -> String {
    match error.error_type {
        ErrorType::AuthenticationFailed => {
            "Check --user, --database and the password, which comes from PGPASSWORD or --password-file."
                .into()
        }
        ErrorType::InvalidDbConfig => {
            error.hint.replace("Correct database in the configuration", "Check --database")
        }
        ErrorType::DnsFailed => "Check --host.".into(),
        ErrorType::ConnectRefused => {
            "Nothing listens there: check --host and --port, and that the server takes TCP connections \
             (listen_addresses)."
                .into()
        }
        ErrorType::ConnectTimeout => {
            "Something drops the packets: check --host and --port, and the firewalls in between.".into()
        }
        ErrorType::TlsFailed => {
            let in_flags = [
                (
                    "as sslRootCert; for RDS package the function with the RDS bundle",
                    "as --ssl-root-cert FILE",
                ),
                ("sslRootCert", "--ssl-root-cert"),
                ("sslMode to disable", "--sslmode disable"),
                ("sslMode", "--sslmode"),
                ("tlsServerName", "--tls-server-name"),
                (" in the configuration", ""),
            ];
            let hint =
                in_flags.iter().fold(error.hint.clone(), |hint, (field, flag)| hint.replace(field, flag));
            format!("{hint} To encrypt without checking who answers: --sslmode require.")
        }
        _ => error.hint.clone(),
    }
}
