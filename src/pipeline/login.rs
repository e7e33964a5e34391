//! Turns the names in the event into a login: parameter, role, endpoint, token.

use std::time::SystemTime;

use super::process::Process;
use super::run::Run;
use crate::account::{FoundEndpoint, find_endpoint, iam_token, session_name};
use crate::aws;
use crate::config::{
    self, Address, Auth, DatabaseConfig, DirectLogin, EndpointKind, Identifier, Login, ServerKind, SslMode,
};
use crate::database::{self, Session};
use crate::deadline::Deadline;
use crate::error::{Result, Stage};
use crate::form;
use crate::job::{Configured, Extraction, Source};

/// The login of an extraction.
pub(super) enum Found {
    /// The command line names the servers.
    Direct(DirectLogin),
    /// A configuration describes the server.
    Configured(Box<ConfiguredLogin>),
}

/// The login of a configuration.
pub(super) struct ConfiguredLogin {
    login: Login,
    /// The kind that the server must be of.
    wanted: ServerKind,
    /// The resource id at RDS, if the configuration has an identifier.
    resource_id: Option<String>,
    is_limitless: bool,
}

impl Found {
    /// Connects and logs in.
    pub(super) async fn connect(&self, deadline: &Deadline) -> Result<Session> {
        match self {
            // A person is waiting and should see at once what is wrong.
            Self::Direct(login) => database::connect_to_any(login).await,
            Self::Configured(configured) => {
                database::connect(&configured.login, configured.wanted, deadline).await
            }
        }
    }

    /// Returns the resource id of the database at RDS, if it is known.
    pub(super) fn resource_id(&self) -> Option<&str> {
        match self {
            Self::Direct(_) => None,
            Self::Configured(configured) => configured.resource_id.as_deref(),
        }
    }

    /// Returns what the database is if its transactions are not counted as PostgreSQL counts them.
    pub(super) fn distributed(&self) -> Option<&'static str> {
        let is_dsql =
            |login: &Login| login.endpoint.host.contains(".dsql") && login.endpoint.host.ends_with(".on.aws");
        match self {
            Self::Configured(configured) if configured.is_limitless => Some("Aurora Limitless"),
            _ if self.servers().iter().any(is_dsql) => Some("Aurora DSQL"),
            _ => None,
        }
    }

    fn servers(&self) -> &[Login] {
        match self {
            Self::Direct(login) => &login.servers,
            Self::Configured(configured) => std::slice::from_ref(&configured.login),
        }
    }
}

/// Returns the login, and warnings for the caller.
pub(super) async fn find_login(
    process: &Process,
    source: &Source,
    run: &Run,
) -> Result<(Found, Vec<String>)> {
    let application_name = application_name(&run.request_id);
    let mut warnings = Vec::new();
    let found = match source {
        Source::Login(login) => {
            warnings.clone_from(&login.notes);
            let mut login = login.clone();
            for server in login.servers.iter_mut().filter(|server| server.application_name.is_empty()) {
                server.application_name.clone_from(&application_name);
            }
            Found::Direct(login)
        }
        Source::Configured(source) => {
            Found::Configured(Box::new(configured(process, source, run, application_name).await?))
        }
    };
    let is_plain = |login: &Login| login.tls.mode == SslMode::Disable && login.endpoint.socket().is_none();
    if found.servers().iter().any(is_plain) {
        warnings.push("The connection to the database was not encrypted (sslMode disable).".to_owned());
    }
    for login in found.servers() {
        tracing::info!(
            host = login.endpoint.host,
            port = login.endpoint.port,
            database = form::shown(&login.database),
            "database found"
        );
    }
    Ok((found, warnings))
}

/// Connects to the database of an extraction and logs in before `deadline`, for questions about it. Returns warnings for
/// the caller too.
///
/// # Errors
/// Those of the stages up to `connection`.
pub(crate) async fn log_in(
    process: &Process,
    extraction: &Extraction,
    run: &Run,
    deadline: &Deadline,
) -> Result<(Session, Vec<String>)> {
    run.progress.enter(Stage::Config);
    let (login, warnings) = find_login(process, &extraction.source, run).await?;
    run.progress.enter(Stage::Connection);
    Ok((login.connect(deadline).await?, warnings))
}

/// Makes the login from the parameter, the role and RDS.
async fn configured(
    process: &Process,
    Configured { parameter: source, role }: &Configured,
    run: &Run,
    application_name: String,
) -> Result<ConfiguredLogin> {
    let aws = process.aws().await;
    let mut raw = config::read_parameter(aws, source).await?;
    // Mistakes that can be found without the secret are reported before the role is assumed.
    match raw.secret_arn() {
        None => drop(raw.check(source)?),
        Some(_) => raw.check_forms(source)?,
    }

    run.progress.enter(Stage::Credentials);
    let mut account_b = aws::with(aws, raw.region(), None);
    if let Some(role) = role {
        let session = session_name(&run.request_id);
        let credentials =
            process.roles.credentials(aws, raw.region(), role, &session, SystemTime::now()).await?;
        account_b = aws::with(&account_b, None, Some(&credentials));
    }
    if let Some(arn) = raw.secret_arn().map(str::to_owned) {
        run.progress.enter(Stage::Config);
        raw = raw.with_secret(config::read_secret(&account_b, &arn).await?);
    }
    let config: DatabaseConfig = raw.check(source)?;

    run.progress.enter(Stage::Endpoint);
    let FoundEndpoint { endpoint, resource_id, is_limitless } = find_endpoint(&account_b, &config).await?;
    let password = match &config.auth {
        Auth::Password(password) => password.clone(),
        Auth::Iam => {
            run.progress.enter(Stage::Credentials);
            iam_token(&account_b, &config.own_endpoint(&endpoint), &config.username).await?
        }
    };
    let wanted = match config.address {
        Address::Rds(Identifier::Cluster(_, EndpointKind::Writer)) => ServerKind::Primary,
        _ => ServerKind::Any,
    };
    let DatabaseConfig { database, username, tls, .. } = config;
    let login = Login { endpoint, database, username, password, tls, application_name, options: None };
    Ok(ConfiguredLogin { login, wanted, resource_id, is_limitless })
}

/// Returns the name shown in `pg_stat_activity`, which truncates it at 63 bytes.
pub(crate) fn application_name(request_id: &str) -> String {
    format!("rds-data-extractor {request_id}").chars().filter(|c| matches!(c, ' '..='~')).take(63).collect()
}
