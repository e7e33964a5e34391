//! TLS with the server, by OpenSSL, whose numeric results tell what is wrong with a certificate.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{self, SslConnector, SslMethod, SslRef, SslVerifyMode, SslVersion};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::{X509, X509NameRef, X509Ref};
use postgres_protocol::message::frontend;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio_openssl::SslStream;
use tokio_postgres::tls::{self, ChannelBinding};

use crate::config::{Authorities, ClientCertificate, SslMode, TlsSettings};
use crate::error::{Error, ErrorType, Result, Stage, TlsCause};

/// The bundle of authorities that `make package` adds to the function, beside the binary.
const PACKAGED_BUNDLE: &str = "rds-ca-bundle.pem";
/// Amazon's public authorities, which issue the certificates of RDS Proxy. The file is also beside the
/// binary.
const AMAZON_ROOTS: &str = "amazon-roots.pem";
/// The description of [`AMAZON_ROOTS`] in errors.
const PUBLIC: &str = "amazon-roots.pem beside the program";
/// The description of the bundle in errors.
const BUNDLE: &str = "The bundle of authorities (RDS_CA_BUNDLE, else rds-ca-bundle.pem beside the program)";

/// Performs TLS handshakes according to the settings.
#[derive(Clone)]
pub(super) struct Connector {
    ssl: SslConnector,
    verifies_name: bool,
}

/// Why a TLS handshake failed.
#[derive(Debug)]
pub(super) enum HandshakeError {
    /// The connection ended, which is not an error of TLS.
    Lost(io::Error),
    /// The cause, and its description by OpenSSL.
    Refused(TlsCause, String),
}

impl std::fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Lost(error) => write!(f, "the connection ended during the TLS handshake: {error}"),
            Self::Refused(_, words) => f.write_str(words),
        }
    }
}

impl std::error::Error for HandshakeError {}

/// Creates the connector for these settings, or `None` if TLS is disabled.
pub(super) fn connector(settings: &TlsSettings) -> Result<Option<Connector>> {
    if settings.mode == SslMode::Disable {
        return Ok(None);
    }
    let certificates = own_roots(settings)?;
    let client = settings.client.as_ref().map(identity).transpose()?;
    let ssl = build(settings.mode, certificates, client)
        .map_err(|error| failed(format!("TLS could not be set up: {error}.")))?;
    Ok(Some(Connector { ssl, verifies_name: settings.mode == SslMode::VerifyFull }))
}

/// Creates a connector that accepts any certificate, so that nothing may be sent through it.
pub(super) fn blind() -> Result<Connector, ErrorStack> {
    Ok(Connector { ssl: build(SslMode::Require, None, None)?, verifies_name: false })
}

/// A client certificate, the intermediate certificates and the key.
type Identity = (Vec<X509>, PKey<Private>);

fn build(
    mode: SslMode,
    roots: Option<Vec<X509>>,
    client: Option<Identity>,
) -> Result<SslConnector, ErrorStack> {
    let mut builder = SslConnector::builder(SslMethod::tls_client())?;
    builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    if mode == SslMode::Require {
        builder.set_verify(SslVerifyMode::NONE);
    }
    if let Some(roots) = roots {
        // Only the given authorities are trusted, as in libpq.
        let mut store = X509StoreBuilder::new()?;
        for root in roots {
            store.add_cert(root)?;
        }
        builder.set_cert_store(store.build());
    } else if mode != SslMode::Require {
        // OpenSSL is linked statically and does not know where the system keeps its authorities.
        let found = openssl_probe::probe();
        // An authority that cannot be read is not trusted, so the handshake reports it.
        let _ = found.cert_file.map(|file| builder.set_ca_file(file));
        for folder in found.cert_dir {
            let _ = builder.load_verify_locations(None, Some(&folder));
        }
    }
    if let Some((certificates, key)) = client {
        let mut certificates = certificates.into_iter();
        if let Some(own) = certificates.next() {
            builder.set_certificate(&own)?;
        }
        for authority in certificates {
            builder.add_extra_chain_cert(authority)?;
        }
        builder.set_private_key(&key)?;
    }
    Ok(builder.build())
}

fn identity(client: &ClientCertificate) -> Result<Identity> {
    let certificates = certificates("The client certificate", &client.certificates)?;
    // Without the callback, OpenSSL would ask for a passphrase on the terminal.
    let key = PKey::private_key_from_pem_callback(client.key.reveal().as_bytes(), |_| Ok(0))
        .map_err(|_| failed("The client's key is encrypted, or is no private key in PEM.".to_owned()))?;
    if !certificates
        .first()
        .and_then(|own| own.public_key().ok())
        .is_some_and(|public| public.public_eq(&key))
    {
        return Err(failed("The client's key does not belong to its certificate.".to_owned()));
    }
    Ok((certificates, key))
}

fn certificates(name: &str, pem: &str) -> Result<Vec<X509>> {
    let certificates = X509::stack_from_pem(pem.as_bytes())
        .map_err(|error| failed(format!("{name} is not a PEM certificate: {error}.")))?;
    if certificates.is_empty() {
        return Err(failed(format!("{name} holds no PEM certificate.")));
    }
    Ok(certificates)
}

/// Returns the authorities of `sslRootCert` or of the bundle, or `None` for those of the system.
///
/// Public authorities, which are those of the system and Amazon's beside the bundle, are trusted with
/// `verify-full` only. They issue certificates to everybody, so without a check of the name their
/// certificates prove nothing.
fn own_roots(settings: &TlsSettings) -> Result<Option<Vec<X509>>> {
    if settings.mode == SslMode::Require {
        return Ok(None);
    }
    let bundle = match &settings.authorities {
        Authorities::Pem(pem) => return certificates("sslRootCert", pem).map(Some),
        Authorities::System => None,
        Authorities::Packaged => packaged_bundle(),
    };
    let Some(path) = bundle else {
        return if settings.mode == SslMode::VerifyFull { Ok(None) } else { Err(only_public()) };
    };
    // The path is not shown, since the variable may hold the bundle itself, or anything.
    let mut roots = certificates(BUNDLE, &read(BUNDLE, &path)?)?;
    let public = match beside_binary(AMAZON_ROOTS) {
        Some(path) => certificates(PUBLIC, &read(PUBLIC, &path)?)?,
        None => Vec::new(),
    };
    // The bundle itself may contain them.
    roots.retain(|root| !public.contains(root));
    if settings.mode == SslMode::VerifyFull {
        roots.extend(public);
    }
    Ok(Some(roots))
}

fn read(name: &str, path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| failed(format!("{name} cannot be read: {error}.")))
}

/// Returns the path in `RDS_CA_BUNDLE`, which must then exist, or that of the file beside the binary if there
/// is one.
fn packaged_bundle() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("RDS_CA_BUNDLE").filter(|path| !path.is_empty()) {
        return Some(path.into());
    }
    beside_binary(PACKAGED_BUNDLE)
}

/// Returns the path of a file beside the binary if it exists.
fn beside_binary(name: &str) -> Option<PathBuf> {
    let binary = std::env::current_exe().ok()?;
    Some(binary.parent().unwrap_or(Path::new("/")).join(name)).filter(|path| path.exists())
}

/// Returns the error of `verify-ca` if only public authorities are known.
fn only_public() -> Error {
    let message = "sslMode verify-ca needs the database's own authority, but there is neither sslRootCert nor a bundle; the \
        authorities of the system issue certificates for everybody, and verify-ca does not check the name.";
    failed(message.to_owned()).with_hint(
        "Give the authority's certificate as sslRootCert; for RDS package the function with the RDS bundle. Or remove \
         sslMode, so that the name is checked too (verify-full).",
    )
}

fn failed(message: String) -> Error {
    Error::new(ErrorType::TlsFailed, Stage::Connection, message)
}

/// Sends an SSL request and returns the server's answer, one byte.
pub(super) async fn ask_for_tls<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> io::Result<u8> {
    let mut request = bytes::BytesMut::new();
    frontend::ssl_request(&mut request);
    stream.write_all(&request).await?;
    stream.flush().await?;
    stream.read_u8().await
}

impl Connector {
    /// Requests TLS and performs the handshake with a server whose name should be `name`.
    pub(super) async fn connect<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        name: &str,
        mut stream: S,
    ) -> Result<TlsStream<S>, HandshakeError> {
        match ask_for_tls(&mut stream).await.map_err(HandshakeError::Lost)? {
            b'S' => self.handshake(name, stream).await,
            _ => Err(HandshakeError::Refused(TlsCause::NotOffered, String::new())),
        }
    }

    /// Performs the handshake after the server has agreed to TLS.
    pub(super) async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        name: &str,
        stream: S,
    ) -> Result<TlsStream<S>, HandshakeError> {
        let ssl = self.ssl.configure().and_then(|ssl| ssl.verify_hostname(self.verifies_name).into_ssl(name));
        let mut ssl = ssl.map_err(|error| HandshakeError::other(&error))?;
        let is_public = watch_for_public_authority(&mut ssl);
        let mut stream = SslStream::new(ssl, stream).map_err(|error| HandshakeError::other(&error))?;
        match Pin::new(&mut stream).connect().await {
            Ok(()) => Ok(TlsStream(stream)),
            Err(error) => Err(match HandshakeError::of(error, stream.ssl().verify_result()) {
                HandshakeError::Refused(TlsCause::Untrusted, words) if is_public.load(Ordering::Relaxed) => {
                    HandshakeError::Refused(TlsCause::UntrustedAmazon, words)
                }
                other => other,
            }),
        }
    }
}

/// Returns a flag that is set if a certificate that is not accepted was issued by a public authority of
/// Amazon. After a failed handshake, OpenSSL no longer has the certificate.
fn watch_for_public_authority(ssl: &mut SslRef) -> Arc<AtomicBool> {
    let is_public = Arc::new(AtomicBool::new(false));
    if ssl.verify_mode() != SslVerifyMode::NONE {
        let seen = Arc::clone(&is_public);
        ssl.set_verify_callback(SslVerifyMode::PEER, move |is_accepted, context| {
            let issuer = context.current_cert().map(X509Ref::issuer_name);
            if !is_accepted && issuer.is_some_and(is_public_authority) {
                seen.store(true, Ordering::Relaxed);
            }
            is_accepted
        });
    }
    is_public
}

/// Returns whether a name is that of a public authority of Amazon, such as `Amazon RSA 2048 M02`. RDS's own are
/// `Amazon RDS …`.
fn is_public_authority(name: &X509NameRef) -> bool {
    let common = name.entries_by_nid(Nid::COMMONNAME).next().and_then(|name| name.data().to_string().ok());
    let common = common.unwrap_or_default();
    ["Amazon RSA ", "Amazon ECDSA ", "Amazon Root CA "].iter().any(|start| common.starts_with(start))
}

impl HandshakeError {
    fn other(error: &ErrorStack) -> Self {
        Self::Refused(TlsCause::Other, error.to_string())
    }

    fn of(error: ssl::Error, verified: openssl::x509::X509VerifyResult) -> Self {
        let reason = error
            .ssl_error()
            .and_then(|stack| stack.errors().first().map(openssl::error::Error::reason_code));
        match reason {
            Some(reason::CERTIFICATE_VERIFY_FAILED) => Self::Refused(
                TlsCause::of_verification(verified.as_raw()),
                verified.error_string().to_owned(),
            ),
            Some(reason::UNEXPECTED_EOF) => Self::Lost(io::ErrorKind::UnexpectedEof.into()),
            Some(reason) => Self::Refused(of_reason(reason), error.to_string()),
            // An error that is not OpenSSL's is one of the connection, or its end.
            None => Self::Lost(error.into_io_error().unwrap_or_else(|_| io::ErrorKind::UnexpectedEof.into())),
        }
    }
}

/// Reason codes from `openssl/sslerr.h`, which OpenSSL does not change.
mod reason {
    pub const CERTIFICATE_VERIFY_FAILED: i32 = 134;
    pub const UNEXPECTED_EOF: i32 = 294;
    pub const UNSUPPORTED_PROTOCOL: i32 = 258;
    pub const VERSION_TOO_LOW: i32 = 396;
    pub const ALERT_PROTOCOL_VERSION: i32 = 1070;
    pub const WRONG_VERSION_NUMBER: i32 = 267;
    pub const UNKNOWN_PROTOCOL: i32 = 252;
}

fn of_reason(reason: i32) -> TlsCause {
    match reason {
        reason::UNSUPPORTED_PROTOCOL | reason::VERSION_TOO_LOW | reason::ALERT_PROTOCOL_VERSION => {
            TlsCause::Outdated
        }
        reason::WRONG_VERSION_NUMBER | reason::UNKNOWN_PROTOCOL => TlsCause::NotTls,
        _ => TlsCause::Other,
    }
}

/// A TLS stream.
pub struct TlsStream<S>(SslStream<S>);

impl<S> TlsStream<S> {
    /// Returns the server certificate in DER.
    pub(super) fn certificate(&self) -> Option<Vec<u8>> {
        self.0.ssl().peer_certificate()?.to_der().ok()
    }

    /// Returns the channel binding data (RFC 5929, tls-server-end-point).
    fn end_point(&self) -> Option<Vec<u8>> {
        let certificate = self.0.ssl().peer_certificate()?;
        let algorithms = certificate.signature_algorithm().object().nid().signature_algorithms()?;
        let digest = match algorithms.digest {
            Nid::MD5 | Nid::SHA1 => MessageDigest::sha256(),
            digest => MessageDigest::from_nid(digest)?,
        };
        certificate.digest(digest).ok().map(|digest| digest.to_vec())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> tls::TlsStream for TlsStream<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.end_point().map_or_else(ChannelBinding::none, ChannelBinding::tls_server_end_point)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for TlsStream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_read(cx, buf)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for TlsStream<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_root_certificate_is_named() {
        let settings =
            TlsSettings { authorities: Authorities::Pem("hello".into()), ..TlsSettings::default() };
        let error = connector(&settings).err().expect("it is refused");
        assert_eq!(error.error_type, ErrorType::TlsFailed);
        assert!(error.message.contains("sslRootCert"), "{error}");
    }
}
