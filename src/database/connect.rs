//! Connects and logs in, and retries transient failures.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, BufReader};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_postgres::config::{SslMode as ProtocolSslMode, SslNegotiation};
use tokio_postgres::tls::TlsConnect;
use tokio_postgres::{CancelToken, Config, NoTls};

use super::cancel::CancelHandle;
use super::dial::dial;
use super::failure::{LoginFailure, demoted, moved, of_handshake, of_login, of_tcp, silent};
use super::lend::{Established, lend};
use super::resolve::Resolver;
use super::session::Session;
use super::socket::{Address, Socket, Watched};
use super::stream::Stream;
use super::tls::{Connector, connector};
use super::wire::{READ_SIZE, Wire};
use crate::config::{Endpoint, Login, ServerKind};
use crate::deadline::Deadline;
use crate::error::{Error, ErrorType, Result, Stage};
use crate::retry::Pauses;

/// The setting by which a backslash in `'…'` is an ordinary character, as in the SQL standard.
const CONFORMING_STRINGS: &str = "standard_conforming_strings";

/// The time limit of the TLS handshake and the login.
const LOGIN: Duration = Duration::from_secs(30);
/// The interval at which the host name is resolved again while the server is silent, as during a failover.
const SILENCE: Duration = Duration::from_secs(5);
/// How long transient failures are retried: refused, reset, silent, starting up, too many connections.
const RETRY_TIME: Duration = Duration::from_secs(120);
/// The pauses between attempts. They are short, since after a failover each second counts.
const PAUSES: Pauses = Pauses { first: Duration::from_millis(250), longest: Duration::from_secs(2) };

/// Connects, logs in and returns a fresh session with a server of the `wanted` kind. Transient failures are
/// retried within `deadline`.
///
/// # Errors
/// `DnsFailed`, `ConnectTimeout`, `ConnectRefused`, `ConnectFailed`, `TlsFailed`, `AuthenticationFailed` or
/// `InvalidDbConfig`, all with stage `connection`.
pub async fn connect(login: &Login, wanted: ServerKind, deadline: &Deadline) -> Result<Session> {
    connect_by(&Resolver::default(), login, wanted, deadline).await
}

/// Connects as `connect` does, with the addresses from `resolver`.
///
/// # Errors
/// The same as those of `connect`.
pub async fn connect_by(
    resolver: &Resolver,
    login: &Login,
    wanted: ServerKind,
    deadline: &Deadline,
) -> Result<Session> {
    let connector = connector(&login.tls)?;
    let give_up = Instant::now() + retry_time(deadline.remaining());
    let mut retry = 0;
    loop {
        // Boxed, as the futures in it are, since together they are too large for the stack.
        let connected = Box::pin(attempt(resolver, login, connector.as_ref())).await;
        let failure = match Box::pin(admit(connected, wanted, &login.endpoint)).await {
            Ok(session) => return Ok(session),
            Err(failure) => failure,
        };
        let pause = PAUSES.before(retry);
        if !failure.passes || Instant::now() + pause > give_up {
            return Err(failure.error);
        }
        tracing::warn!(error = %failure.error, "connecting failed, trying again");
        sleep(pause).await;
        retry += 1;
    }
}

/// Refuses a server that is not of the wanted kind. The failure is transient: during a failover, the writer's
/// name still leads to a server that has become a reader.
async fn admit(
    connected: Result<Session, LoginFailure>,
    wanted: ServerKind,
    endpoint: &Endpoint,
) -> Result<Session, LoginFailure> {
    let mut session = connected?;
    if wanted == ServerKind::Any {
        return Ok(session);
    }
    let asked = timeout(LOGIN, session.kind()).await.map_err(|_| silent(endpoint, LOGIN.as_secs()))?;
    let (is_standby, is_read_only) =
        asked.map_err(|error| LoginFailure { passes: error.retryable, error })?;
    if wanted.fits(is_standby, is_read_only) {
        return Ok(session);
    }
    session.close_idle().await;
    Err(demoted(endpoint))
}

/// Returns how long to retry: two minutes, or a quarter of the time left if that is less.
fn retry_time(left: Option<Duration>) -> Duration {
    left.map_or(RETRY_TIME, |left| (left / 4).min(RETRY_TIME))
}

/// Connects without retrying.
///
/// # Errors
/// See [`connect`].
pub async fn connect_once(login: &Login) -> Result<Session, LoginFailure> {
    let connector = connector(&login.tls)?;
    Box::pin(attempt(&Resolver::default(), login, connector.as_ref())).await
}

/// Connects once to this address, whatever the host name resolves to by now.
pub(super) async fn connect_at(login: &Login, address: &Address) -> Result<Session, LoginFailure> {
    let connector = connector(&login.tls)?;
    let socket = address.open().await.map_err(|error| of_tcp(&error, &login.endpoint))?;
    Box::pin(log_in_on(socket, address.clone(), login, connector.as_ref())).await
}

/// Connects to the server of a session once more, with its address and login. Transient failures are retried
/// for at most `limit`.
///
/// # Errors
/// See [`connect`].
pub async fn connect_beside(session: &Session, limit: Duration) -> Result<Session> {
    let CancelHandle { login, address, .. } = &session.cancel;
    let give_up = Instant::now() + limit;
    let mut retry = 0;
    loop {
        let attempt = timeout_at(give_up, Box::pin(connect_at(login, address)));
        let failure = match attempt.await {
            Ok(Ok(session)) => return Ok(session),
            Ok(Err(failure)) => failure,
            Err(_) => silent(&login.endpoint, limit.as_secs()),
        };
        let pause = PAUSES.before(retry);
        if !failure.passes || Instant::now() + pause > give_up {
            return Err(failure.error);
        }
        sleep(pause).await;
        retry += 1;
    }
}

async fn attempt(
    resolver: &Resolver,
    login: &Login,
    connector: Option<&Connector>,
) -> Result<Session, LoginFailure> {
    let endpoint = &login.endpoint;
    let unreachable = |error| of_tcp(&error, endpoint);
    let too_late = |_| Err(silent(endpoint, LOGIN.as_secs()));
    if let Some(path) = endpoint.socket() {
        let address = Address::Unix(path);
        let socket = address.open().await.map_err(unreachable)?;
        let done = timeout(LOGIN, Box::pin(log_in_on(socket, address, login, connector)));
        return done.await.unwrap_or_else(too_late);
    }
    let addresses = resolver.resolve(endpoint).await?;
    let tcp = dial(&addresses).await.map_err(unreachable)?;
    let peer = tcp.peer_addr().map_err(unreachable)?;
    let socket = Socket::new(Watched::Tcp(tcp)).map_err(unreachable)?;
    tokio::select! {
        done = timeout(LOGIN, Box::pin(log_in_on(socket, Address::Tcp(peer), login, connector))) => {
            done.unwrap_or_else(too_late)
        }
        () = until_moved(resolver, endpoint, peer) => Err(moved(endpoint)),
    }
}

/// Returns once the host name no longer resolves to `peer`.
async fn until_moved(resolver: &Resolver, endpoint: &Endpoint, peer: SocketAddr) {
    loop {
        sleep(SILENCE).await;
        if let Ok(addresses) = resolver.resolve(endpoint).await
            && !addresses.contains(&peer)
        {
            return;
        }
    }
}

async fn log_in_on(
    socket: Socket,
    address: Address,
    login: &Login,
    connector: Option<&Connector>,
) -> Result<Session, LoginFailure> {
    let endpoint = &login.endpoint;
    let name = login.tls.server_name.as_deref().unwrap_or(&endpoint.host);
    let mut config = Config::new();
    config.user(&login.username).dbname(&login.database).application_name(&login.application_name);
    // Without a password, a server that asks for one is an error of its own.
    if !login.password.reveal().is_empty() {
        config.password(login.password.reveal());
    }
    if let Some(options) = &login.options {
        config.options(options);
    }
    let of_login = |error| of_login(&error, login);

    let (stream, info) = if let Some(connector) = connector {
        // The TLS handshake is done before tokio-postgres begins, so that the cause of its failure is known.
        config.ssl_mode(ProtocolSslMode::Require).ssl_negotiation(SslNegotiation::Direct);
        let ahead = BufReader::with_capacity(READ_SIZE, socket);
        let tls = Box::pin(connector.connect(name, ahead)).await;
        let (lender, lent) = lend(tls.map_err(|error| of_handshake(&error, name, endpoint))?);
        let info = log_in(&config, lent, Established).await.map_err(of_login)?;
        (lender.take_back().map(|stream| Stream::Tls(Box::new(stream))), info)
    } else {
        config.ssl_mode(ProtocolSslMode::Disable);
        let (lender, lent) = lend(socket);
        let info = log_in(&config, lent, NoTls).await.map_err(of_login)?;
        (lender.take_back().map(Stream::Plain), info)
    };
    let stream = stream.ok_or_else(|| {
        Error::new(ErrorType::Internal, Stage::Connection, "The stream did not come back from the login.")
    })?;
    let cancel = CancelHandle {
        token: info.token,
        address,
        tls: connector.map(|connector| (connector.clone(), name.to_owned())),
        login: login.clone(),
    };
    Ok(Session::new(Wire::new(stream), cancel, info.conforming_strings, info.server_version))
}

/// What the server reported during the login.
struct SessionInfo {
    /// The key for cancel requests.
    token: CancelToken,
    /// The setting `standard_conforming_strings`.
    conforming_strings: bool,
    /// The major version of the server; 0 if it is unknown.
    server_version: u32,
}

/// Logs in on a lent stream.
async fn log_in<S, T>(config: &Config, stream: S, tls: T) -> Result<SessionInfo, tokio_postgres::Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: TlsConnect<S>,
{
    let (client, connection) = config.connect_raw(stream, tls).await?;
    let version = connection.parameter("server_version").unwrap_or_default();
    let major = version.split(|character: char| !character.is_ascii_digit()).next().unwrap_or_default();
    Ok(SessionInfo {
        token: client.cancel_token(),
        conforming_strings: connection.parameter(CONFORMING_STRINGS) != Some("off"),
        server_version: major.parse().unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_last_two_minutes_or_a_quarter_of_the_time_left() {
        assert_eq!(retry_time(None), Duration::from_secs(120));
        assert_eq!(retry_time(Some(Duration::from_secs(900))), Duration::from_secs(120));
        assert_eq!(retry_time(Some(Duration::from_secs(60))), Duration::from_secs(15));
    }
}
