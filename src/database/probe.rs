//! The TLS handshake alone, for whoever wants to know what stands there without logging in.

use native_tls::{Certificate, TlsConnector};
use postgres_protocol::message::frontend;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::connect::tls_failed;
use super::tls::connector;
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
pub async fn shake_hands(stream: TcpStream, settings: &TlsSettings, endpoint: &Endpoint) -> Result<Probed> {
    let Some(connector) = connector(settings)? else { return Ok(Probed::NoTls) };
    let name = settings.server_name.as_deref().unwrap_or(&endpoint.host);
    match ask_for_tls(stream).await {
        Err(error) => Err(Error::new(
            ErrorType::ConnectFailed,
            Stage::Connection,
            format!("The server at {endpoint} closed the connection before TLS: {error}."),
        )),
        Ok((b'S', stream)) => match certificate(connector, name, stream).await {
            Ok(der) => Ok(Probed::Certificate(der)),
            Err(error) => Err(tls_failed(&error.to_string(), name, endpoint)),
        },
        Ok((b'N', _)) => Ok(Probed::NoTls),
        Ok(_) => Ok(Probed::NoPostgres),
    }
}

/// The server's certificate in DER, whatever it is worth. Nothing is verified, so nothing may be sent.
pub async fn look(stream: TcpStream, endpoint: &Endpoint) -> Option<Vec<u8>> {
    let mut builder = TlsConnector::builder();
    builder.danger_accept_invalid_certs(true).danger_accept_invalid_hostnames(true);
    let (answer, stream) = ask_for_tls(stream).await.ok()?;
    if answer != b'S' {
        return None;
    }
    certificate(builder.build().ok()?, &endpoint.host, stream).await.ok()
}

async fn ask_for_tls(mut stream: TcpStream) -> std::io::Result<(u8, TcpStream)> {
    let mut request = bytes::BytesMut::new();
    frontend::ssl_request(&mut request);
    stream.write_all(&request).await?;
    Ok((stream.read_u8().await?, stream))
}

async fn certificate(
    connector: TlsConnector,
    name: &str,
    stream: TcpStream,
) -> Result<Vec<u8>, native_tls::Error> {
    let stream = tokio_native_tls::TlsConnector::from(connector).connect(name, stream).await?;
    stream.get_ref().peer_certificate()?.as_ref().map_or(Ok(Vec::new()), Certificate::to_der)
}
