//! Connects and logs in, trying again on what passes.

use std::error::Error as _;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use native_tls::TlsConnector;
use tokio::io::{AsyncRead, AsyncWrite, BufReader};
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::config::SslMode as ProtocolSslMode;
use tokio_postgres::tls::TlsConnect;
use tokio_postgres::{CancelToken, Config, NoTls};

use super::cancel::CancelHandle;
use super::dial::{dial, resolve};
use super::lend::{LendingConnector, lend};
use super::pooler::{self, Refusal};
use super::server_error::ServerError;
use super::session::Session;
use super::socket::Socket;
use super::stream::Stream;
use super::tls::connector;
use super::wire::{READ_SIZE, Wire};
use crate::config::{Endpoint, Login, SslMode};
use crate::deadline::Deadline;
use crate::error::{Error, ErrorType, Result, Stage};
use crate::form;

/// Whether a backslash in `'…'` is a character like others, as the standard has it.
const CONFORMING_STRINGS: &str = "standard_conforming_strings";

/// How long one attempt may take, from the first packet to the end of the login.
const ATTEMPT: Duration = Duration::from_secs(30);
/// How long attempts are begun again after what passes: refused, reset, starting up, too many connections.
const PATIENCE: Duration = Duration::from_secs(8);
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// Connects, logs in and hands over a session in which nothing was said yet.
///
/// # Errors
/// `DnsFailed`, `ConnectTimeout`, `ConnectRefused`, `ConnectFailed`, `TlsFailed`, `AuthenticationFailed` or
/// `InvalidDbConfig`, all of stage `connection`.
pub async fn connect(login: &Login, deadline: &Deadline) -> Result<Session> {
    let connector = connector(&login.tls)?;
    let addresses = resolve(&login.endpoint).await?;
    let give_up = Instant::now() + deadline.at_most(PATIENCE);
    let mut pause = FIRST_PAUSE;
    loop {
        let failure = match timeout(ATTEMPT, attempt(login, &addresses, connector.as_ref())).await {
            Ok(Ok(session)) => return Ok(session),
            Ok(Err(failure)) => failure,
            Err(_) => return Err(timed_out(&login.endpoint)),
        };
        if !failure.passes || Instant::now() + pause > give_up {
            return Err(failure.error);
        }
        tracing::warn!(error = %failure.error, "connecting failed, trying again");
        sleep(pause).await;
        pause *= 2;
    }
}

/// The same without trying again, and without a limit of its own.
///
/// # Errors
/// As [`connect`], with the server's SQLSTATE where it has answered one.
pub async fn connect_once(login: &Login) -> Result<Session, LoginFailure> {
    let connector = connector(&login.tls)?;
    let addresses = resolve(&login.endpoint).await?;
    attempt(login, &addresses, connector.as_ref()).await
}

/// Why an attempt failed, and whether another may fare better.
#[derive(Debug)]
pub struct LoginFailure {
    /// What to answer.
    pub error: Error,
    /// Whether it passes by itself: refused, reset, starting up, too many connections.
    pub passes: bool,
    /// The server's SQLSTATE, if it was the server that refused.
    pub sqlstate: Option<String>,
}

impl From<Error> for LoginFailure {
    fn from(error: Error) -> Self {
        Self { error, passes: false, sqlstate: None }
    }
}

async fn attempt(
    login: &Login,
    addresses: &[SocketAddr],
    connector: Option<&TlsConnector>,
) -> Result<Session, LoginFailure> {
    let unreachable = |error: io::Error| of_tcp(&error, &login.endpoint);
    let tcp = dial(addresses).await.map_err(unreachable)?;
    let socket = Socket::new(tcp).map_err(unreachable)?;
    let domain = login.tls.server_name.as_deref().unwrap_or(&login.endpoint.host);
    let mut config = Config::new();
    config
        .user(&login.username)
        .password(login.password.reveal())
        .dbname(&login.database)
        .application_name(&login.application_name);
    let of_login = |error| of_login(&error, login);

    let (stream, learnt) = if let Some(connector) = connector {
        config.ssl_mode(ProtocolSslMode::Require);
        let lender = Arc::new(Mutex::new(None));
        let connector = LendingConnector {
            connector: postgres_native_tls::TlsConnector::new(connector.clone(), domain),
            lender: Arc::clone(&lender),
        };
        let ahead = BufReader::with_capacity(READ_SIZE, socket);
        let learnt = log_in(&config, ahead, connector).await.map_err(of_login)?;
        let lender = lender.lock().unwrap_or_else(PoisonError::into_inner).take();
        (lender.and_then(|lender| Some(Stream::Tls(Box::new(lender.take_back()?)))), learnt)
    } else {
        config.ssl_mode(ProtocolSslMode::Disable);
        let (lender, lent) = lend(socket);
        let learnt = log_in(&config, lent, NoTls).await.map_err(of_login)?;
        (lender.take_back().map(Stream::Plain), learnt)
    };
    let stream = stream.ok_or_else(|| {
        Error::new(ErrorType::Internal, Stage::Connection, "The stream did not come back from the login.")
    })?;
    let cancel = CancelHandle {
        token: learnt.token,
        addresses: addresses.to_vec(),
        tls: connector.map(|connector| (connector.clone(), domain.to_owned())),
        login: login.clone(),
    };
    Ok(Session::new(Wire::new(stream), cancel, learnt.conforming_strings, learnt.server_version))
}

/// What the server told of the session during the login.
struct Learnt {
    /// How to cancel in it.
    token: CancelToken,
    /// Whether its strings conform.
    conforming_strings: bool,
    /// Its major version; 0 where it did not say.
    server_version: u32,
}

/// Logs in on a stream that is lent.
async fn log_in<S, T>(config: &Config, stream: S, tls: T) -> Result<Learnt, tokio_postgres::Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: TlsConnect<S>,
{
    let (client, connection) = config.connect_raw(stream, tls).await?;
    let version = connection.parameter("server_version").unwrap_or_default();
    let major = version.split(|character: char| !character.is_ascii_digit()).next().unwrap_or_default();
    Ok(Learnt {
        token: client.cancel_token(),
        conforming_strings: connection.parameter(CONFORMING_STRINGS) != Some("off"),
        server_version: major.parse().unwrap_or_default(),
    })
}

fn timed_out(endpoint: &Endpoint) -> Error {
    Error::new(
        ErrorType::ConnectTimeout,
        Stage::Connection,
        format!("The database at {endpoint} did not answer within {} s.", ATTEMPT.as_secs()),
    )
}

fn of_tcp(error: &io::Error, endpoint: &Endpoint) -> LoginFailure {
    let (error_type, message, passes) = match error.kind() {
        io::ErrorKind::ConnectionRefused => (
            ErrorType::ConnectRefused,
            format!("The connection to {endpoint} was refused: nothing listens there."),
            true,
        ),
        io::ErrorKind::TimedOut => return timed_out(endpoint).into(),
        _ => (ErrorType::ConnectFailed, format!("Connecting to {endpoint} failed: {error}."), true),
    };
    LoginFailure { error: Error::new(error_type, Stage::Connection, message), passes, sqlstate: None }
}

fn of_login(error: &tokio_postgres::Error, login: &Login) -> LoginFailure {
    let endpoint = &login.endpoint;
    let failure = |error_type, message: String, passes| LoginFailure {
        error: Error::new(error_type, Stage::Connection, message),
        passes,
        sqlstate: None,
    };
    if let Some(server) = error.as_db_error() {
        return of_server(&ServerError::new(server.code().code(), server.message()), login);
    }
    let in_handshake = error.to_string().contains("TLS handshake");
    if in_handshake && !broke_off(error) {
        // native-tls's own words name what of the certificate is wrong; those below it do not.
        let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        let name = login.tls.server_name.as_deref().unwrap_or(&endpoint.host);
        return tls_failed(&cause, name, endpoint).into();
    }
    let lost = in_handshake
        || error.is_closed()
        || error.source().is_some_and(<dyn std::error::Error>::is::<io::Error>);
    if lost {
        return failure(
            ErrorType::ConnectFailed,
            format!("The server at {endpoint} closed the connection during the login."),
            true,
        );
    }
    // What is left is the login itself: an unknown mechanism, a wrong SCRAM signature.
    let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    failure(
        ErrorType::AuthenticationFailed,
        format!("The login of user {} at {endpoint} failed: {cause}.", form::shown(&login.username)),
        false,
    )
}

/// Whether the connection ended in the middle of the TLS handshake, which says nothing about TLS.
fn broke_off(error: &tokio_postgres::Error) -> bool {
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        let lost = inner.downcast_ref::<io::Error>().is_some_and(|error| {
            matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof)
        });
        if lost || text == "unexpected EOF" || text.starts_with("Connection reset by peer") {
            return true;
        }
        cause = inner.source();
    }
    false
}

/// The error of a handshake that failed for `cause`, with a certificate that should be made out to `name`.
pub(super) fn tls_failed(cause: &str, name: &str, endpoint: &Endpoint) -> Error {
    let (what, hint) = if cause.contains("does not support TLS") {
        (
            "the server offers no TLS".to_owned(),
            "Turn TLS on at the server, or, on a network you trust, set sslMode to disable.",
        )
    } else if cause.contains("ostname mismatch") || cause.contains("IP address mismatch") {
        (
            format!("the certificate is not made out to {name}"),
            "Connect by the name in the certificate, or give that name as tlsServerName (for NLB or PrivateLink).",
        )
    } else if cause.contains("expired") {
        (
            "the certificate has expired".to_owned(),
            "Renew the server's certificate, or the bundle of authorities.",
        )
    } else if cause.contains("self-signed") || cause.contains("self signed") || cause.contains("local issuer")
    {
        (
            format!("its authority is not among the trusted ones ({cause})"),
            "Give the authority's certificate as sslRootCert; for RDS package the function with the RDS bundle.",
        )
    } else if cause.contains("protocol version") || cause.contains("unsupported protocol") {
        (
            format!("the server offers no TLS 1.2 or later ({cause})"),
            "Raise the server's ssl_max_protocol_version; older versions of TLS are not spoken.",
        )
    } else if cause.contains("wrong version number") {
        (
            format!("what it answers is no TLS ({cause})"),
            "Something between the function and the database speaks in its place: check host, port and proxies.",
        )
    } else {
        (cause.to_owned(), ErrorType::TlsFailed.hint())
    };
    Error::new(ErrorType::TlsFailed, Stage::Connection, format!("TLS with {endpoint} failed: {what}."))
        .with_hint(hint)
}

fn of_server(server: &ServerError, login: &Login) -> LoginFailure {
    let endpoint = &login.endpoint;
    let refusal = pooler::refusal(server);
    let (error_type, what, passes) = match (server.class(), server.code.as_str()) {
        _ if refusal == Some(Refusal::Login) => (ErrorType::AuthenticationFailed, "refused the login", false),
        _ if refusal == Some(Refusal::Database) => {
            (ErrorType::InvalidDbConfig, "does not have the database", false)
        }
        _ if refusal == Some(Refusal::Other) => {
            (ErrorType::ConnectFailed, "does not take this connection", false)
        }
        // Without a conversion between its encoding and UTF-8.
        ("0A", _) => (ErrorType::InvalidDbConfig, "cannot send the database's text as UTF-8", false),
        (_, "57P03") => (ErrorType::ConnectFailed, "is not ready", true),
        ("53" | "57" | "08", _) => (ErrorType::ConnectFailed, "takes no connection", true),
        (_, "3D000") => (ErrorType::InvalidDbConfig, "does not have the database", false),
        ("28" | "42", _) => (ErrorType::AuthenticationFailed, "refused the login", false),
        _ => (ErrorType::ConnectFailed, "refused the connection", false),
    };
    // Its words repeat the user and the database.
    let names = [&login.username, &login.database];
    let words = if names.into_iter().any(|name| form::shown(name) != name) {
        server.condition()
    } else {
        server.words()
    };
    let message = format!("The server at {endpoint} {what}: {words}.");
    let mut error = Error::new(error_type, Stage::Connection, message);
    if server.code == "28000" && login.tls.mode == SslMode::Disable {
        error = error.with_hint("The server may demand TLS: remove sslMode disable from the configuration.");
    } else if server.words().starts_with("PAM authentication") {
        // So RDS refuses a token, for whatever reason.
        error = error.with_hint(format!(
            "GRANT rds_iam TO \"{}\" in the database, allow rds-db:connect for that user to the role, and turn IAM \
             authentication on at the instance; region and host must be the instance's own.",
            form::shown(&login.username)
        ));
    } else if refusal == Some(Refusal::Other) {
        error = error
            .with_retryable(false)
            .with_hint("Look at the pooler's log and at what it allows its clients.");
    } else if server.class() == "0A" {
        error = error.with_hint(
            "A database in MULE_INTERNAL has no conversion to UTF-8. Copy it into one in UTF8 by way of an encoding \
             that has: pg_dump --encoding=LATIN1 OLD | psql NEW (or LATIN2, KOI8R, EUC_JP …), and extract from that.",
        );
    } else if error_type == ErrorType::InvalidDbConfig {
        error = error.with_hint("Correct database in the configuration.");
    }
    LoginFailure { error, passes, sqlstate: Some(server.code.clone()) }
}
