//! The hops `login` and `read-only`.

use std::time::{Duration, SystemTime};

use tokio::time::timeout;

use super::diagnosis::HopResult;
use crate::account::Description;
use crate::config::{Login, SslMode};
use crate::database::{self, LoginFailure, Session, SessionSettings, Snapshot};
use crate::error::ErrorType;
use crate::form;

const LOGIN: Duration = Duration::from_secs(6);
const ASK: Duration = Duration::from_secs(4);

/// Logs in once. `token` tells whether the password is an IAM token.
pub(super) async fn log_in(
    login: &Login,
    token: bool,
    rds: Option<&Description>,
) -> (HopResult, Option<Session>) {
    let Login { endpoint, .. } = login;
    let (database, username) = (form::shown(&login.database), form::shown(&login.username));
    match timeout(LOGIN, database::connect_once(login)).await {
        Ok(Ok(session)) => {
            let by = if token { "an IAM token" } else { "its password" };
            (HopResult::ok(format!("{username} logged in to {database} by {by}.")), Some(session))
        }
        Ok(Err(failure)) => (explain(&failure, login, token, rds), None),
        Err(_) => (
            HopResult::failed(
                format!("The login at {endpoint} did not complete within {} s.", LOGIN.as_secs()),
                "The server accepts the connection but does not continue: it is overloaded, starting or failing over, an Aurora Serverless cluster that was paused is resuming, or a proxy in front of it waits for a connection.",
                "Look at the server's CPU, connections and log; run it again.",
            ),
            None,
        ),
    }
}

fn explain(failure: &LoginFailure, login: &Login, token: bool, rds: Option<&Description>) -> HopResult {
    let (database, username) = (form::shown(&login.database), form::shown(&login.username));
    let error = &failure.error;
    let server = failure.error.server();
    let state = server.map_or("", |server| server.sqlstate.as_str());
    let routine = server.and_then(|server| server.routine.as_deref());
    let (cause, fix) = match (state, error.error_type) {
        ("28P01" | "28000", _) if token => {
            let off = rds.and_then(|rds| rds.iam_authentication) == Some(false);
            let first = if off { "IAM authentication is off at the database (see hop endpoint); otherwise " } else { "" };
            (
                format!(
                    "The server refuses the IAM token of {username}: {first}the user lacks the role rds_iam, or the role of account B lacks \
                     rds-db:connect for this database and user, or the token is for another name or port than the database's own."
                ),
                format!(
                    "In the database: GRANT rds_iam TO \"{username}\". In account B: allow rds-db:connect on dbuser:RESOURCE_ID/{username} \
                     (terraform: db_auth = \"iam\", db_resource_id, db_username). Behind a load balancer give the database's name and \
                     port as tlsServerName and databasePort."
                ),
            )
        }
        // A pooler has one SQLSTATE for all that it refuses.
        ("28P01", _) | ("08P01", ErrorType::AuthenticationFailed) => (
            format!("The password of {username} is wrong, or there is no such user."),
            "Correct username and password in the configuration (terraform: db_username, db_password, then db_config_version + 1); after a rotation read the secret again.".to_owned(),
        ),
        ("28000", _) if login.tls.mode == SslMode::Disable => (
            "The server requires TLS from this client.".to_owned(),
            "Remove sslMode disable from the configuration (terraform: db_ssl_mode = null).".to_owned(),
        ),
        // pg_hba.conf is evaluated before the role is looked up.
        ("28000", _) if routine == Some("InitializeSessionUserId") => (
            format!("{username} is a role without the right to log in."),
            format!("ALTER ROLE \"{username}\" LOGIN, or name another user in the configuration (terraform: db_username)."),
        ),
        ("28000", _) => (
            format!("The server's pg_hba.conf admits no connection of {username} from here."),
            "Add a line for this user, database and address to pg_hba.conf; on RDS look at rds.force_ssl in the parameter group.".to_owned(),
        ),
        ("3D000", _) => (
            format!("There is no database {database} on the server."),
            "Correct database in the configuration (terraform: db_name): psql --list".to_owned(),
        ),
        ("42501", _) => (
            format!("{username} may not connect to {database}."),
            format!("GRANT CONNECT ON DATABASE \"{database}\" TO \"{username}\""),
        ),
        ("53300", _) => (
            format!("No connection is left: the server's max_connections, or the limit of {username} or {database}, is used up."),
            format!("End idle sessions (SELECT * FROM pg_stat_activity), raise max_connections or ALTER ROLE \"{username}\" CONNECTION LIMIT 20, or go through RDS Proxy."),
        ),
        ("57P03", _) => (
            "The server is starting, stopping, recovering or failing over.".to_owned(),
            "Wait until it is available: aws rds wait db-instance-available".to_owned(),
        ),
        (_, ErrorType::ConnectFailed) => (
            error.message.clone(),
            "Look at the server's log, and at what is in between: RDS Proxy, a load balancer, an inspecting firewall.".to_owned(),
        ),
        _ => (error.message.clone(), error.hint.clone()),
    };
    HopResult::failed(&error.message, cause, fix)
}

/// The result of the hop, and what it found about the session.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Facts {
    pub result: HopResult,
    /// By how many seconds this machine's clock is ahead of the server's.
    pub ahead: Option<f64>,
    /// Whether the session can be used further.
    pub usable: bool,
}

const FACTS: &str = "SELECT current_setting('server_version'), current_setting('transaction_read_only'), \
    pg_catalog.pg_is_in_recovery()::text, coalesce((SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user), false)::text, \
    extract(epoch FROM pg_catalog.clock_timestamp())::text";

/// Begins the session as an extraction does, but always READ ONLY.
pub(super) async fn begin(session: &mut Session, allow_writes: bool, username: &str) -> Facts {
    let facts = async {
        let settings = SessionSettings {
            writable: false,
            lossless: false,
            statement_timeout: Some(ASK),
            snapshot: Snapshot::Own,
            lock: None,
        };
        session.begin(settings).await?;
        session.ask(FACTS).await
    };
    let unusable = |result| Facts { result, ahead: None, usable: false };
    let row = match timeout(ASK, facts).await {
        Ok(Ok(rows)) => rows.into_iter().next().unwrap_or_default(),
        Ok(Err(error)) => {
            return unusable(HopResult::failed(
                error.message,
                "The server or a pooler in front of it refuses a READ ONLY transaction or its settings (BEGIN, SET LOCAL).",
                "Connect to the server itself, or through a pooler in transaction or session mode.",
            ));
        }
        Err(_) => {
            return unusable(HopResult::failed(
                format!("No answer to the session's settings within {} s.", ASK.as_secs()),
                "The server is overloaded, or the network lets only small packets through (MTU).",
                "Look at the server's CPU and locks; over VPN and transit gateway check the MTU.",
            ));
        }
    };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let text = |at: usize| row.get(at).and_then(Option::as_deref).unwrap_or_default();
    let replica = if text(2) == "true" { ", a replica" } else { "" };
    let mut result =
        HopResult::ok(format!("PostgreSQL {}{replica}; transaction_read_only is {}.", text(0), text(1)));
    if text(3) == "true" {
        result = result.warn(
            format!(
                "{} is a superuser; a READ ONLY transaction does not bind functions that act elsewhere.",
                form::shown(username)
            ),
            "Use a user with CONNECT, USAGE and SELECT only (terraform: db_username).",
        );
    }
    if allow_writes {
        result = result.warn(
            "ALLOW_WRITES is true: extractions can change the database, and commit what they change.",
            "Unset ALLOW_WRITES (terraform: allow_writes = false) unless statements are to write.",
        );
    }
    let ahead = text(4).parse().ok().map(|theirs: f64| now.as_secs_f64() - theirs);
    Facts { result, ahead, usable: true }
}
