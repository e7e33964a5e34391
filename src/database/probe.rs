//! Performs a TLS handshake without logging in, for diagnoses.

use tokio::net::TcpStream;

use super::failure::tls_failed;
use super::tls::{HandshakeError, ask_for_tls, blind, connector};
use crate::config::{Endpoint, TlsSettings};
use crate::error::{Error, ErrorType, Result, Stage};

/// The result of a handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probed {
    /// The handshake succeeded; the server certificate in DER.
    Certificate(Vec<u8>),
    /// The server offers no TLS.
    NoTls,
    /// The answer does not come from a PostgreSQL server.
    NoPostgres,
}

/// Performs the handshake with these settings and closes the connection.
///
/// # Errors
/// `TlsFailed` if the certificate is not accepted, `ConnectFailed` if the connection breaks; stage
/// `connection`.
pub async fn handshake(mut stream: TcpStream, settings: &TlsSettings, endpoint: &Endpoint) -> Result<Probed> {
    let Some(connector) = connector(settings)? else { return Ok(Probed::NoTls) };
    let name = settings.server_name.as_deref().unwrap_or(&endpoint.host);
    let closed = |error: &dyn std::fmt::Display| {
        let message = format!("The server at {endpoint} closed the connection before TLS: {error}.");
        Error::new(ErrorType::ConnectFailed, Stage::Connection, message)
    };
    match ask_for_tls(&mut stream).await {
        Err(error) => Err(closed(&error)),
        Ok(b'S') => match Box::pin(connector.handshake(name, stream)).await {
            Ok(stream) => Ok(Probed::Certificate(stream.certificate().unwrap_or_default())),
            Err(HandshakeError::Lost(error)) => Err(closed(&error)),
            Err(HandshakeError::Refused(cause, words)) => Err(tls_failed(cause, &words, name, endpoint)),
        },
        Ok(b'N') => Ok(Probed::NoTls),
        Ok(_) => Ok(Probed::NoPostgres),
    }
}

/// Returns the server certificate in DER. It is not verified, so nothing may be sent on such a connection.
pub async fn certificate(stream: TcpStream, endpoint: &Endpoint) -> Option<Vec<u8>> {
    Box::pin(blind().ok()?.connect(&endpoint.host, stream)).await.ok()?.certificate()
}
