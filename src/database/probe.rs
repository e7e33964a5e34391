//! The TLS handshake alone, for whoever wants to know what stands there without logging in.

use tokio::net::TcpStream;

use super::failure::tls_failed;
use super::tls::{HandshakeError, ask_for_tls, blind, connector};
use crate::config::{Endpoint, TlsSettings};
use crate::error::{Error, ErrorType, Result, Stage};

/// What the server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probed {
    /// A handshake that the settings accept, with the server's certificate in DER.
    Certificate(Vec<u8>),
    /// It offers no TLS.
    NoTls,
    /// The answer is not PostgreSQL's.
    NoPostgres,
}

/// Shakes hands with these settings and says no more.
///
/// # Errors
/// `TlsFailed` where the certificate is not accepted, `ConnectFailed` where the connection breaks; stage `connection`.
pub async fn shake_hands(
    mut stream: TcpStream,
    settings: &TlsSettings,
    endpoint: &Endpoint,
) -> Result<Probed> {
    let Some(connector) = connector(settings)? else { return Ok(Probed::NoTls) };
    let name = settings.server_name.as_deref().unwrap_or(&endpoint.host);
    let closed = |error: &dyn std::fmt::Display| {
        let message = format!("The server at {endpoint} closed the connection before TLS: {error}.");
        Error::new(ErrorType::ConnectFailed, Stage::Connection, message)
    };
    match ask_for_tls(&mut stream).await {
        Err(error) => Err(closed(&error)),
        Ok(b'S') => match Box::pin(connector.shake_hands(name, stream)).await {
            Ok(stream) => Ok(Probed::Certificate(stream.certificate().unwrap_or_default())),
            Err(HandshakeError::Lost(error)) => Err(closed(&error)),
            Err(HandshakeError::Refused(cause, words)) => Err(tls_failed(cause, &words, name, endpoint)),
        },
        Ok(b'N') => Ok(Probed::NoTls),
        Ok(_) => Ok(Probed::NoPostgres),
    }
}

/// The server's certificate in DER, whatever it is worth. Nothing is verified, so nothing may be sent.
pub async fn look(stream: TcpStream, endpoint: &Endpoint) -> Option<Vec<u8>> {
    Box::pin(blind().ok()?.connect(&endpoint.host, stream)).await.ok()?.certificate()
}
