//! The server's side of IAM database authentication.
//!
//! RDS asks for a cleartext password over TLS and checks it as a token. The proxy does the same in front of a
//! real server that trusts the role: it terminates TLS, records the password and forwards the session.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::background::Task;
use crate::certificates::ServerCertificate;
use crate::http::listen;

const SSL_REQUEST: u32 = 80_877_103;
const CANCEL_REQUEST: u32 = 80_877_102;
const PROTOCOL_3: u32 = 196_608;

/// An attempted login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The role.
    pub user: String,
    /// The token, which was sent as password.
    pub token: String,
}

/// A proxy on a free port of 127.0.0.1. Dropping it closes its connections.
///
/// The server behind it has to trust the role: give it `PostgresOptions { hba, .. }` with the line
/// `host all THE_ROLE all trust`.
#[derive(Debug)]
pub struct IamProxy {
    port: u16,
    shared: Arc<Shared>,
    _task: Task,
}

struct Shared {
    upstream: u16,
    acceptor: TlsAcceptor,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    refuse: bool,
    logins: Vec<Login>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Shared").field("upstream", &self.upstream).finish_non_exhaustive()
    }
}

impl IamProxy {
    /// Starts a proxy with this certificate in front of the server on a port of 127.0.0.1.
    ///
    /// # Errors
    /// Fails if the certificate cannot be used, or no port is free.
    pub async fn start(upstream: u16, certificate: &ServerCertificate) -> Result<Self> {
        let chain = vec![CertificateDer::from_pem_slice(certificate.certificate.as_bytes())?];
        let key = PrivateKeyDer::from_pem_slice(certificate.key.as_bytes())?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let shared = Arc::new(Shared { upstream, acceptor, state: Mutex::default() });
        let (listener, address) = listen(0).await?;
        let serving = Arc::clone(&shared);
        let task = Task::start(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&serving);
                // An error closes the connection, which is all that the client sees.
                connections.spawn(async move { shared.connection(stream).await.is_ok() });
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { port: address.port(), shared, _task: task })
    }

    /// Returns the proxy's port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Sets whether every token is refused, as RDS refuses a wrong one.
    pub fn refuse(&self, refuse: bool) {
        self.shared.state().refuse = refuse;
    }

    /// Returns the logins so far.
    pub fn logins(&self) -> Vec<Login> {
        self.shared.state().logins.clone()
    }
}

impl Shared {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn connection(&self, mut stream: TcpStream) -> Result<()> {
        stream.set_nodelay(true)?;
        let (code, body) = startup(&mut stream).await?;
        if code == SSL_REQUEST {
            stream.write_all(b"S").await?;
            let mut secure = self.acceptor.accept(stream).await?;
            let (code, body) = startup(&mut secure).await?;
            self.session(secure, code, body).await
        } else {
            // Cancel requests may be sent without TLS, but not logins.
            ensure!(code == CANCEL_REQUEST, "a login without TLS");
            self.session(stream, code, body).await
        }
    }

    async fn session(
        &self,
        mut client: impl AsyncRead + AsyncWrite + Unpin,
        code: u32,
        body: Vec<u8>,
    ) -> Result<()> {
        if code == PROTOCOL_3 {
            client.write_all(&[b'R', 0, 0, 0, 8, 0, 0, 0, 3]).await?;
            let token = password(&mut client).await?;
            let user = parameter(&body, "user").context("no user in the startup message")?;
            let refuse = {
                let mut state = self.state();
                state.logins.push(Login { user: user.clone(), token });
                state.refuse
            };
            if refuse {
                client.write_all(&refusal(&user)).await?;
                return Ok(client.shutdown().await?);
            }
        }
        let mut server = TcpStream::connect(("127.0.0.1", self.upstream)).await?;
        server.set_nodelay(true)?;
        // PgBouncer does not wait for the rest of a message that comes in pieces.
        let head = [body.len() as u32 + 8, code].map(u32::to_be_bytes).concat();
        server.write_all(&[head, body].concat()).await?;
        copy_bidirectional(&mut client, &mut server).await?;
        Ok(())
    }
}

/// Reads the first message of a connection, and returns its code and the bytes after it.
async fn startup(stream: &mut (impl AsyncRead + Unpin)) -> Result<(u32, Vec<u8>)> {
    let length = stream.read_u32().await?;
    ensure!((8..10_000).contains(&length), "not a PostgreSQL client");
    let code = stream.read_u32().await?;
    let mut body = vec![0; length as usize - 8];
    stream.read_exact(&mut body).await?;
    Ok((code, body))
}

async fn password(stream: &mut (impl AsyncRead + Unpin)) -> Result<String> {
    let kind = stream.read_u8().await?;
    let length = stream.read_u32().await?;
    if kind != b'p' || !(5..100_000).contains(&length) {
        bail!("not a password message");
    }
    let mut text = vec![0; length as usize - 4];
    stream.read_exact(&mut text).await?;
    text.pop();
    Ok(String::from_utf8(text)?)
}

/// Returns a parameter of the startup message, which has names and values that each end with a zero byte.
fn parameter(body: &[u8], name: &str) -> Option<String> {
    let mut words = body.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    while let (Some(own), Some(value)) = (words.next(), words.next()) {
        if own == name {
            return Some(value.into_owned());
        }
    }
    None
}

/// Returns the error that RDS sends if a token is wrong or the role lacks `rds_iam`.
fn refusal(user: &str) -> Vec<u8> {
    let fields = format!("SFATAL\0VFATAL\0C28000\0MPAM authentication failed for user \"{user}\"\0\0");
    [b"E", &(fields.len() as u32 + 4).to_be_bytes()[..], fields.as_bytes()].concat()
}
