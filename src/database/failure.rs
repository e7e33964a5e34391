//! The failures of attempts to connect.

use std::error::Error as _;
use std::io;

use super::pooler::{self, Refusal};
use super::server_error::ServerError;
use super::tls::HandshakeError;
use crate::config::{Endpoint, Login, SslMode};
use crate::error::{Cause, Error, ErrorType, Stage, TlsCause};
use crate::form;
use crate::secret::Secret;

/// Why an attempt to connect failed, and whether another may succeed.
#[derive(Debug)]
pub struct LoginFailure {
    /// The error to report.
    pub error: Error,
    /// Whether the failure is transient: refused, reset, silent, starting up, too many connections.
    pub passes: bool,
}

impl From<Error> for LoginFailure {
    fn from(error: Error) -> Self {
        Self { error, passes: false }
    }
}

/// Returns the failure of a server that accepted the connection but did not complete the login in time.
pub(super) fn silent(endpoint: &Endpoint, seconds: u64) -> LoginFailure {
    let message = format!("The database at {endpoint} did not answer within {seconds} s.");
    let error = Error::new(ErrorType::ConnectTimeout, Stage::Connection, message).with_hint(
        "The connection is accepted, but not answered: the server is overloaded, hangs or is failing over, a load balancer has no \
         healthy target, or an Aurora Serverless cluster that was paused resumes (half a minute and more): run it again.",
    );
    LoginFailure { error, passes: true }
}

/// Returns the failure of a server that has become a reader, although the name is the writer's.
pub(super) fn demoted(endpoint: &Endpoint) -> LoginFailure {
    let message =
        format!("The server at {endpoint} is a reader, but the name is that of the cluster's writer.");
    let error = Error::new(ErrorType::ConnectFailed, Stage::Connection, message).with_hint(
        "The cluster fails over, and was waited for. Look at its events: aws rds describe-events --duration 60",
    );
    LoginFailure { error, passes: true }
}

/// Returns the failure of a silent server whose host name now resolves to another address.
pub(super) fn moved(endpoint: &Endpoint) -> LoginFailure {
    let message =
        format!("The database at {endpoint} did not answer, and its name now resolves to another address.");
    let error = Error::new(ErrorType::ConnectTimeout, Stage::Connection, message)
        .with_hint("The database is failing over: run it again.");
    LoginFailure { error, passes: true }
}

/// Only the command line can name a socket.
const NO_SERVER_AT_SOCKET: &str = "Check --host, which has to be a folder of the server's unix_socket_directories, and --port, and \
    that you may use the socket; --host localhost connects by TCP.";

pub(super) fn of_tcp(error: &io::Error, endpoint: &Endpoint) -> LoginFailure {
    let is_socket = endpoint.socket().is_some();
    let (error_type, message) = match error.kind() {
        io::ErrorKind::NotFound if is_socket => {
            (ErrorType::ConnectRefused, format!("There is no socket {endpoint}."))
        }
        io::ErrorKind::ConnectionRefused => (
            ErrorType::ConnectRefused,
            format!("The connection to {endpoint} was refused: nothing listens there."),
        ),
        io::ErrorKind::TimedOut => {
            (ErrorType::ConnectTimeout, format!("Nothing at {endpoint} answers: no packet gets a reply."))
        }
        _ => (ErrorType::ConnectFailed, format!("Connecting to {endpoint} failed: {error}.")),
    };
    let error = Error::new(error_type, Stage::Connection, message);
    let error = if is_socket { error.with_hint(NO_SERVER_AT_SOCKET) } else { error };
    LoginFailure { error, passes: true }
}

pub(super) fn of_handshake(error: &HandshakeError, name: &str, endpoint: &Endpoint) -> LoginFailure {
    match error {
        HandshakeError::Lost(_) => closed(endpoint),
        HandshakeError::Refused(cause, words) => tls_failed(*cause, words, name, endpoint).into(),
    }
}

fn closed(endpoint: &Endpoint) -> LoginFailure {
    let message = format!("The server at {endpoint} closed the connection during the login.");
    LoginFailure { error: Error::new(ErrorType::ConnectFailed, Stage::Connection, message), passes: true }
}

pub(super) fn of_login(error: &tokio_postgres::Error, login: &Login) -> LoginFailure {
    let endpoint = &login.endpoint;
    if let Some(server) = error.as_db_error() {
        let server = ServerError::new(server.code().code(), server.message()).with_routine(server.routine());
        return of_server(&server, login);
    }
    if error.is_closed() || error.source().is_some_and(<dyn std::error::Error>::is::<io::Error>) {
        return closed(endpoint);
    }
    // The other errors are those of the login itself: an unknown mechanism, a wrong SCRAM signature.
    let cause = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    let user = form::shown(&login.username);
    if login.password.reveal().is_empty() && cause == "password missing" {
        let message = format!("The server at {endpoint} asks user {user} for a password, and none is given.");
        return Error::new(ErrorType::AuthenticationFailed, Stage::Connection, message).into();
    }
    let message = format!("The login of user {user} at {endpoint} failed: {cause}.");
    Error::new(ErrorType::AuthenticationFailed, Stage::Connection, message).into()
}

/// The hint for a certificate of Amazon's public authorities that is not accepted.
const PUBLIC_AUTHORITY: &str = "RDS Proxy has such certificates. Amazon's public authorities count with sslMode \
    verify-full only, where make package has put them beside the function: remove sslMode and sslRootCert from the \
    configuration, or give the one authority as sslRootCert.";

/// Returns the error of a failed handshake with a server whose certificate should be valid for `name`.
/// `words` is the description of the cause by OpenSSL.
pub(super) fn tls_failed(cause: TlsCause, words: &str, name: &str, endpoint: &Endpoint) -> Error {
    let (what, hint) = match cause {
        TlsCause::NotOffered => (
            "the server offers no TLS".to_owned(),
            "Every database of RDS offers TLS, so check host and port: this may be another server or a pooler. On a server \
             of your own set ssl = on with a certificate in postgresql.conf, in PgBouncer client_tls_sslmode. On a \
             network that you trust, sslMode disable (--sslmode disable) sends everything unencrypted.",
        ),
        TlsCause::WrongName => (
            format!("the certificate is not valid for {name}"),
            "Connect by the name in the certificate, or give that name as tlsServerName (for NLB or PrivateLink).",
        ),
        TlsCause::Expired => (
            "the certificate has expired".to_owned(),
            "Renew the server's certificate, or the bundle of authorities.",
        ),
        TlsCause::NotYetValid => (
            "the certificate is not valid yet".to_owned(),
            "Look at the clock of this machine, and at the certificate's dates.",
        ),
        TlsCause::Untrusted => (
            format!("its authority is not among the trusted ones ({words})"),
            "Give the authority's certificate as sslRootCert; for RDS package the function with the RDS bundle.",
        ),
        TlsCause::UntrustedAmazon => (
            format!(
                "its authority is a public one of Amazon's, which is not among the trusted ones ({words})"
            ),
            PUBLIC_AUTHORITY,
        ),
        TlsCause::Outdated => (
            format!("the server offers no TLS 1.2 or later ({words})"),
            "Raise the server's ssl_max_protocol_version; older versions of TLS are not supported.",
        ),
        TlsCause::NotTls => (
            format!("its answer is not TLS ({words})"),
            "Something between the function and the database answers in its place: check host, port and proxies.",
        ),
        TlsCause::Other => (words.to_owned(), ErrorType::TlsFailed.hint()),
    };
    Error::new(ErrorType::TlsFailed, Stage::Connection, format!("TLS with {endpoint} failed: {what}."))
        .with_hint(hint)
        .caused_by(Cause::Tls(cause))
}

fn of_server(server: &ServerError, login: &Login) -> LoginFailure {
    let endpoint = &login.endpoint;
    let refusal = pooler::refusal(server);
    let has_no_conversion = server.class() == "0A" || refusal == Some(Refusal::Encoding);
    let (error_type, what, passes) = match (server.class(), server.code.as_str()) {
        _ if refusal == Some(Refusal::Login) => (ErrorType::AuthenticationFailed, "refused the login", false),
        _ if refusal == Some(Refusal::Database) => {
            (ErrorType::InvalidDbConfig, "does not have the database", false)
        }
        _ if matches!(refusal, Some(Refusal::Options | Refusal::Other)) => {
            (ErrorType::ConnectFailed, "does not accept this connection", false)
        }
        // There is no conversion between the encoding of the database and UTF-8.
        _ if has_no_conversion => {
            (ErrorType::InvalidDbConfig, "cannot send the database's text as UTF-8", false)
        }
        (_, "57P03") => (ErrorType::ConnectFailed, "is not ready", true),
        ("53" | "57" | "08", _) => (ErrorType::ConnectFailed, "accepts no connections", true),
        (_, "3D000") => (ErrorType::InvalidDbConfig, "does not have the database", false),
        ("28" | "42", _) => (ErrorType::AuthenticationFailed, "refused the login", false),
        _ => (ErrorType::ConnectFailed, "refused the connection", false),
    };
    // The message of the server repeats the user and the database.
    let names = [&login.username, &login.database];
    let repeats_options = login.options.is_some() && matches!(server.class(), "22" | "42");
    let words = if repeats_options || names.into_iter().any(|name| form::shown(name) != name) {
        server.condition()
    } else {
        server.words()
    };
    let message = format!("The server at {endpoint} {what}: {words}.");
    let mut error = Error::new(error_type, Stage::Connection, message).caused_by(server.cause());
    if server.code == "28000" && login.tls.mode == SslMode::Disable {
        error = error.with_hint("The server may demand TLS: remove sslMode disable from the configuration.");
    } else if server.class() == "28" && is_token(&login.password) {
        // RDS refuses a token with the same message whatever the reason.
        error = error.with_hint(format!(
            "GRANT rds_iam TO \"{}\" in the database, allow rds-db:connect for that user to the role, and turn IAM \
             authentication on at the instance; region, host and port must be the instance's own, which behind a load \
             balancer are those of tlsServerName and databasePort.",
            form::shown(&login.username)
        ));
    } else if refusal == Some(Refusal::Other) {
        error = error
            .with_retryable(false)
            .with_hint("Look at the pooler's log and at what it allows its clients.");
    } else if refusal == Some(Refusal::Options) {
        error = error.with_retryable(false).with_hint(
            "Poolers take no options: remove PGOPTIONS, and the options of the connection string and of the service; \
             make what they say a setting of the role or of the database.",
        );
    } else if has_no_conversion {
        error = error.with_hint(pooler::NO_CONVERSION);
    } else if error_type == ErrorType::InvalidDbConfig {
        error = error.with_hint("Correct database in the configuration.");
    }
    if passes && server.code == "57P03" {
        error = error.with_hint(
            "The server is starting, recovering, or failing over; it was tried again for a while. Run it again later, or \
             look at the database's events: aws rds describe-events --duration 60",
        );
    }
    LoginFailure { error, passes }
}

/// Returns whether the password is an IAM token.
fn is_token(password: &Secret) -> bool {
    password.reveal().contains("/?Action=connect&")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of OpenSSL decide, since its messages change between releases.
    #[test]
    fn certificate_errors_do_not_depend_on_the_messages_of_openssl() {
        let endpoint = Endpoint { host: "db".into(), port: 5432 };
        let said = |number| {
            let cause = TlsCause::of_verification(number);
            let error = tls_failed(cause, "words of another release", "db", &endpoint);
            assert_eq!(error.tls(), Some(cause));
            error.message
        };
        assert!(said(openssl_sys::X509_V_ERR_HOSTNAME_MISMATCH).contains("not valid for db"));
        assert!(said(openssl_sys::X509_V_ERR_IP_ADDRESS_MISMATCH).contains("not valid for db"));
        assert!(said(openssl_sys::X509_V_ERR_CERT_HAS_EXPIRED).contains("has expired"));
        assert!(said(openssl_sys::X509_V_ERR_CERT_NOT_YET_VALID).contains("not valid yet"));
        for untrusted in [
            openssl_sys::X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
            openssl_sys::X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
            openssl_sys::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
        ] {
            assert!(said(untrusted).contains("authority is not among the trusted ones"));
        }
        assert!(said(openssl_sys::X509_V_ERR_CERT_REVOKED).contains("words of another release"));
    }
}
