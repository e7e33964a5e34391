//! A database named by flags and libpq's environment variables, without AWS.

mod connection_string;
mod keyword;
mod parameters;
mod passfile;
mod servers;
mod service;
mod tls;

use std::time::Duration;

use clap::Args;

use super::input::{read_file, wrong};
use crate::config::{DirectLogin, Endpoint, Login, ServerKind, SslMode, TlsSettings};
use crate::environment::Environment;
use crate::error::{Error, ErrorType, Result, TlsCause};
use crate::fields::one_of;
use crate::form;
use crate::secret::Secret;
use parameters::{Parameters, refused};
use servers::Server;

/// The database without AWS: if any of these flags is given, no parameter is read and no role is assumed.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Database without AWS (with any of these flags no parameter is read)")]
pub(super) struct DatabaseArguments {
    /// Name or address of the server, or the folder of a Unix socket; several, separated by commas [PGHOST].
    #[arg(long, value_name = "NAME", conflicts_with_all = ["db_config_param", "role_arn", "external_id"])]
    host: Option<String>,
    /// Its port [PGPORT, 5432].
    #[arg(long, value_name = "NUMBER", value_parser = form::port)]
    port: Option<u16>,
    /// Name of the database, or a connection string [PGDATABASE, the user's name].
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

    /// Returns the login if any of the flags is given, or if libpq's variables name a server and nothing names a
    /// configuration. Values without a flag come from the connection string, the service and libpq's variables.
    pub(super) fn login(
        &self,
        environment: &Environment,
        is_configured: bool,
    ) -> Result<Option<DirectLogin>> {
        let names_a_server = |variable| environment.get(variable).is_some();
        let by_variables =
            !is_configured && ["PGHOST", "PGHOSTADDR", "PGSERVICE"].into_iter().any(names_a_server);
        if !self.is_given() && !by_variables {
            return Ok(None);
        }
        let flags = [
            ("host", "--host", self.host.clone()),
            ("port", "--port", self.port.map(|port| port.to_string())),
            ("user", "--user", self.user.clone()),
            ("sslmode", "--sslmode", self.sslmode.clone()),
            ("sslrootcert", "--ssl-root-cert", self.ssl_root_cert.clone()),
        ];
        let parameters = Parameters::gather(&flags, self.database.as_deref(), environment)?;
        let servers = servers::servers(&parameters)?;
        let username = match parameters.parsed("user", form::user)? {
            Some(username) => username,
            None => form::user(environment.get("USER").unwrap_or_default())
                .ok()
                .filter(|user| !user.is_empty())
                .ok_or_else(|| {
                    wrong("Nothing names the database user.").with_hint("Add --user, or set PGUSER.")
                })?,
        };
        let database = parameters.parsed("dbname", form::database)?.unwrap_or_else(|| username.clone());
        let mut tls = tls::settings(&parameters, environment)?;
        if let Some(name) = &self.tls_server_name {
            tls.server_name = Some(form::host(name).map_err(|what| refused("--tls-server-name", &what))?);
        }
        let plain = |name: &str| {
            parameters.parsed(name, |text| {
                form::no_credentials(text, "that alone").map(|()| text.replace('\0', ""))
            })
        };
        let (options, application_name) = (plain("options")?, plain("application_name")?.unwrap_or_default());
        let wanted = parameters.parsed("target_session_attrs", |text| one_of(&ServerKind::NAMES, text))?;
        let connect_timeout = parameters.parsed("connect_timeout", seconds)?.flatten();
        let mut notes = Vec::new();
        let password = self.password(&parameters)?;
        let login = |server: Server| {
            let Endpoint { port, .. } = server.endpoint;
            let password = password.clone().or_else(|| {
                let wanted = [server.host_of_password(), &port.to_string(), &database, &username];
                passfile::password(&parameters, environment, &wanted).unwrap_or_else(|note| {
                    if !notes.contains(&note) {
                        notes.push(note);
                    }
                    None
                })
            });
            let mut tls = tls.clone();
            if server.endpoint.socket().is_some() {
                // As in libpq, a connection that does not leave the machine is not encrypted.
                tls = TlsSettings { mode: SslMode::Disable, ..TlsSettings::default() };
            } else if tls.server_name.is_none() {
                tls.server_name = server.name;
            }
            Login {
                endpoint: server.endpoint,
                database: database.clone(),
                username: username.clone(),
                password: password.unwrap_or_else(|| Secret::new("")),
                tls,
                application_name: application_name.clone(),
                options: options.clone(),
            }
        };
        let servers = servers.into_iter().map(login).collect();
        Ok(Some(DirectLogin { servers, wanted: wanted.unwrap_or_default(), connect_timeout, notes }))
    }

    /// Returns the password, or `None` if the password file must be read.
    fn password(&self, parameters: &Parameters) -> Result<Option<Secret>> {
        let Some(path) = &self.password_file else {
            return Ok(parameters.get("password").map(|given| Secret::new(given.text.as_str())));
        };
        let text = read_file("--password-file", path)?;
        match text.lines().next() {
            None | Some("") => Err(wrong("The first line of the file that --password-file names is empty.")),
            Some(password) => Ok(Some(Secret::new(password))),
        }
    }
}

/// Parses libpq's `connect_timeout`: seconds, of which 1 counts as 2, and 0 or less as no limit.
fn seconds(text: &str) -> std::result::Result<Option<Duration>, String> {
    let seconds: i64 = text.trim().parse().map_err(|_| form::refusal(text, "a whole number of seconds"))?;
    Ok(u64::try_from(seconds)
        .ok()
        .filter(|seconds| *seconds > 0)
        .map(|seconds| Duration::from_secs(seconds.max(2))))
}

/// Returns the hint of a failure in terms of these flags, for a database that they name. `notes` are those of the login.
pub(super) fn hint(error: &Error, notes: &[String]) -> String {
    match error.error_type {
        ErrorType::AuthenticationFailed => {
            let hint = "Check --user, --database and the password, which comes from PGPASSWORD, ~/.pgpass or --password-file.";
            [notes, &[hint.to_owned()]].concat().join(" ")
        }
        ErrorType::InvalidDbConfig => {
            error.hint.replace("Correct database in the configuration", "Check --database")
        }
        ErrorType::DnsFailed => "Check --host.".into(),
        ErrorType::ConnectRefused if error.hint == ErrorType::ConnectRefused.hint() => {
            "Nothing listens there: check --host and --port, and that the server takes TCP connections \
             (listen_addresses)."
                .into()
        }
        ErrorType::ConnectTimeout => {
            "Something drops the packets: check --host and --port, and the firewalls in between.".into()
        }
        ErrorType::TlsFailed => {
            let in_flags = [
                ("as sslRootCert; for RDS name its bundle in RDS_CA_BUNDLE", "as --ssl-root-cert FILE"),
                ("sslRootCert", "--ssl-root-cert"),
                ("sslMode disable (--sslmode disable)", "--sslmode disable"),
                ("sslMode", "--sslmode"),
                ("tlsServerName", "--tls-server-name"),
                (" in the configuration", ""),
            ];
            let hint =
                in_flags.iter().fold(error.hint.clone(), |hint, (field, flag)| hint.replace(field, flag));
            match error.tls() {
                // Nothing is to be encrypted with, whoever answers.
                Some(TlsCause::NotOffered | TlsCause::NotTls | TlsCause::Outdated) => hint,
                _ => format!("{hint} To encrypt without checking who answers: --sslmode require."),
            }
        }
        _ => error.hint.clone(),
    }
}
