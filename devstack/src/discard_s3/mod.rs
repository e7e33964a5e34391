//! An S3 endpoint for benchmarks that accepts uploads and discards them. The kernel discards the bodies, so
//! that the endpoint uses hardly any CPU.

mod connection;
mod operations;
mod state;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};

use connection::Connection;
use state::State;

pub use state::DiscardStats;

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    connections: Mutex<BTreeMap<u64, TcpStream>>,
    stopping: AtomicBool,
}

/// The endpoint, on threads of this process. Dropping it closes its connections.
#[derive(Debug)]
pub struct DiscardS3 {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl DiscardS3 {
    /// Serves on a port of 127.0.0.1, or on a free one if it is 0.
    ///
    /// # Errors
    /// Fails if the port is taken.
    pub fn start(port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .with_context(|| format!("cannot listen on 127.0.0.1:{port}"))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let accepting = Arc::clone(&shared);
        std::thread::Builder::new().name("discard-s3".into()).spawn(move || accept(&listener, &accepting))?;
        Ok(Self { address, shared })
    }

    /// Returns the endpoint URL for S3 (`AWS_ENDPOINT_URL_S3`).
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns what it has received so far. Other processes can get it from `GET /_devstack/stats`.
    pub fn stats(&self) -> DiscardStats {
        self.shared.state().stats.clone()
    }

    /// Returns the keys of the open uploads.
    pub fn open_uploads(&self) -> Vec<String> {
        self.shared.state().open.values().map(|(_, key)| key.clone()).collect()
    }
}

impl Drop for DiscardS3 {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        // Wakes the accepting thread. If the connection fails, the thread has ended.
        let _ = TcpStream::connect(self.address);
        for stream in self.shared.connections().values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connections(&self) -> MutexGuard<'_, BTreeMap<u64, TcpStream>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    for stream in listener.incoming() {
        if shared.stopping.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let Ok(handle) = stream.try_clone() else { continue };
        shared.connections().insert(number, handle);
        let shared = Arc::clone(shared);
        std::thread::spawn(move || {
            // An error means that the client has closed the connection, which it may.
            let _ = serve(stream, &shared);
            shared.connections().remove(&number);
        });
    }
}

fn serve(stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut connection = Connection::new(stream)?;
    while let Some(head) = connection.read_head()? {
        let length = connection.discard_body(&head)?;
        let answer = operations::answer(&mut shared.state(), &head, length);
        connection.respond(&head, &answer)?;
    }
    Ok(())
}
