//! A TCP proxy that injects faults, for use in front of PostgreSQL.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::background::Task;
use crate::http::listen;

/// A fault of a connection.
///
/// Bytes are those from the server to the client, counted from the start of the connection. A text is looked
/// for in what the client sends without TLS, and the server does not receive it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TcpFault {
    /// No fault.
    #[default]
    None,
    /// The connection is accepted, but nothing is sent. The server is not contacted.
    Silent,
    /// The connection is reset at once.
    Reset,
    /// Nothing is sent after this many bytes. The connection stays open.
    StallAfter(u64),
    /// The connection is closed cleanly after this many bytes.
    CutAfter(u64),
    /// The connection is reset after this many bytes.
    ResetAfter(u64),
    /// At most this many bytes per second are sent.
    Throttle(u64),
    /// One bit of this byte, counted from 0, is inverted.
    AlterAt(u64),
    /// Nothing is forwarded from this text on. The connection stays open.
    StallWhen(&'static [u8]),
    /// The connection is closed cleanly at this text.
    CutWhen(&'static [u8]),
    /// The connection is reset at this text.
    ResetWhen(&'static [u8]),
    /// Each of these texts is replaced by the other text of its pair, which has the same length, before it is
    /// sent to the server. A text that the client sends in two pieces is not found.
    Replace(&'static [(&'static [u8], &'static [u8])]),
}

/// How a fault ends a connection.
#[derive(Clone, Copy, Debug)]
enum End {
    Stall,
    Cut,
    Reset,
}

impl TcpFault {
    /// Returns the number of bytes from the server after which the connection ends.
    fn limit(self) -> Option<(u64, End)> {
        match self {
            Self::StallAfter(limit) => Some((limit, End::Stall)),
            Self::CutAfter(limit) => Some((limit, End::Cut)),
            Self::ResetAfter(limit) => Some((limit, End::Reset)),
            _ => None,
        }
    }

    /// Returns the text from the client at which the connection ends.
    fn words(self) -> Option<(&'static [u8], End)> {
        match self {
            Self::StallWhen(words) => Some((words, End::Stall)),
            Self::CutWhen(words) => Some((words, End::Cut)),
            Self::ResetWhen(words) => Some((words, End::Reset)),
            _ => None,
        }
    }
}

impl End {
    /// Prepares the connection with the client for its end, or never returns if it stalls.
    async fn apply(self, client: &TcpStream) -> Result<()> {
        match self {
            Self::Stall => std::future::pending().await,
            Self::Cut => Ok(()),
            Self::Reset => {
                // A reset would discard what was written and has not arrived yet.
                sleep(Duration::from_millis(50)).await;
                Ok(client.set_zero_linger()?)
            }
        }
    }
}

/// Whether open connections forward bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Gate {
    #[default]
    Open,
    Frozen,
}

/// A proxy on a free port of 127.0.0.1. Dropping it closes its connections.
#[derive(Debug)]
pub struct TcpProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Whether it should listen.
    wanted: watch::Sender<bool>,
    _task: Task,
}

#[derive(Debug)]
struct Shared {
    /// The servers, which take turns.
    upstreams: Vec<String>,
    next: AtomicUsize,
    /// The fault of all later connections, and the faults of the next ones in reverse order.
    faults: Mutex<(TcpFault, Vec<TcpFault>)>,
    gate: watch::Sender<Gate>,
    /// Changes to reset all open connections.
    generation: watch::Sender<u64>,
    accepted: AtomicU64,
    /// The bytes that the server has sent on the latest connection.
    sent: Mutex<Arc<AtomicU64>>,
    /// Whether it listens.
    listening: watch::Sender<bool>,
}

impl TcpProxy {
    /// Starts a proxy that forwards connections to a server.
    ///
    /// # Errors
    /// Fails if no port is free.
    pub async fn start(host: &str, port: u16) -> Result<Self> {
        Self::balancing(&[(host, port)]).await
    }

    /// Starts a proxy that forwards each connection to the next of several servers, as a reader endpoint does.
    ///
    /// # Errors
    /// Fails if no port is free.
    pub async fn balancing(servers: &[(&str, u16)]) -> Result<Self> {
        let (listener, address) = listen(0).await?;
        let shared = Arc::new(Shared {
            upstreams: servers.iter().map(|(host, port)| format!("{host}:{port}")).collect(),
            next: AtomicUsize::new(0),
            faults: Mutex::default(),
            gate: watch::Sender::default(),
            generation: watch::Sender::default(),
            accepted: AtomicU64::new(0),
            sent: Mutex::default(),
            listening: watch::Sender::new(true),
        });
        let wanted = watch::Sender::new(true);
        let task = Task::start(run(listener, address, Arc::clone(&shared), wanted.subscribe()));
        Ok(Self { address, shared, wanted, _task: task })
    }

    /// Returns the proxy's port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Sets the fault of all new connections. Open connections are not affected.
    pub fn fault(&self, fault: TcpFault) {
        self.fault_in_turn(&[], fault);
    }

    /// Sets the faults of the next connections, in order. Those after them have no fault.
    pub fn fault_next(&self, faults: &[TcpFault]) {
        self.fault_in_turn(faults, TcpFault::None);
    }

    /// Sets the faults of the next connections, in order, and the fault of all connections after them.
    pub fn fault_in_turn(&self, next: &[TcpFault], then: TcpFault) {
        *self.faults() = (then, next.iter().rev().copied().collect());
    }

    /// Sets whether connections are refused, as if nothing listened on the port, and waits until that is so.
    ///
    /// # Errors
    /// Fails if another process has taken the port.
    pub async fn refuse(&self, refuse: bool) -> Result<()> {
        self.wanted.send_replace(!refuse);
        let mut listening = self.shared.listening.subscribe();
        let changed = listening.wait_for(|listening| *listening != refuse);
        timeout(Duration::from_secs(10), changed).await.context("the proxy cannot listen again")??;
        Ok(())
    }

    /// Sets whether all bytes of all connections are held back, in both directions.
    pub fn freeze(&self, freeze: bool) {
        self.shared.gate.send_replace(if freeze { Gate::Frozen } else { Gate::Open });
    }

    /// Resets all open connections.
    pub fn reset_all(&self) {
        self.shared.generation.send_modify(|generation| *generation += 1);
    }

    /// Returns how many connections it has accepted.
    pub fn accepted(&self) -> u64 {
        self.shared.accepted.load(Ordering::Relaxed)
    }

    /// Returns how many bytes the server has sent on the latest connection.
    pub fn sent(&self) -> u64 {
        self.shared.sent.lock().unwrap_or_else(PoisonError::into_inner).load(Ordering::Relaxed)
    }

    fn faults(&self) -> std::sync::MutexGuard<'_, (TcpFault, Vec<TcpFault>)> {
        self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn run(
    listener: TcpListener,
    address: SocketAddr,
    shared: Arc<Shared>,
    mut wanted: watch::Receiver<bool>,
) {
    let mut listener = Some(listener);
    let mut connections = tokio::task::JoinSet::new();
    loop {
        shared.listening.send_replace(listener.is_some());
        let Some(open) = &listener else {
            if wanted.wait_for(|wanted| *wanted).await.is_err() {
                return;
            }
            listener = TcpListener::bind((Ipv4Addr::LOCALHOST, address.port())).await.ok();
            if listener.is_none() {
                sleep(Duration::from_millis(20)).await;
            }
            continue;
        };
        tokio::select! {
            accepted = open.accept() => {
                let Ok((client, _)) = accepted else { continue };
                shared.accepted.fetch_add(1, Ordering::Relaxed);
                connections.spawn(Arc::clone(&shared).connection(client));
                while connections.try_join_next().is_some() {}
            }
            refused = wanted.wait_for(|wanted| !*wanted) => {
                if refused.is_err() {
                    return;
                }
                listener = None;
            }
        }
    }
}

impl Shared {
    fn next_fault(&self) -> TcpFault {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let usual = faults.0;
        faults.1.pop().unwrap_or(usual)
    }

    async fn connection(self: Arc<Self>, client: TcpStream) {
        let mut generation = self.generation.subscribe();
        let fault = self.next_fault();
        tokio::select! {
            // An error means that one side has closed the connection, which ends it on the other side too.
            _ = self.pass(&client, fault) => {}
            _ = generation.changed() => { let _ = client.set_zero_linger(); }
        }
    }

    async fn pass(&self, client: &TcpStream, fault: TcpFault) -> Result<()> {
        match fault {
            TcpFault::Silent => std::future::pending().await,
            TcpFault::Reset => return Ok(client.set_zero_linger()?),
            _ => {}
        }
        client.set_nodelay(true)?;
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.upstreams.len();
        let server =
            TcpStream::connect(&self.upstreams[turn]).await.context("cannot connect to the server")?;
        server.set_nodelay(true)?;
        let sent = Arc::new(AtomicU64::new(0));
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&sent);
        let up = forward_to_server(client, &server, fault, self.gate.subscribe());
        let down = forward_to_client(&server, client, fault, &sent, self.gate.subscribe());
        // The direction that ends first, by itself or by a fault, ends both.
        tokio::select! {
            result = up => result,
            result = down => result,
        }
    }
}

/// Forwards the client's bytes to the server, up to the text of the fault.
async fn forward_to_server(
    client: &TcpStream,
    server: &TcpStream,
    fault: TcpFault,
    mut gate: watch::Receiver<Gate>,
) -> Result<()> {
    let mut block = vec![0; BLOCK];
    // The text may be split between two blocks, so the end of the block before is kept.
    let mut received = Vec::new();
    while let Some(count) = read(client, &mut block, &mut gate).await? {
        if let Some((words, end)) = fault.words() {
            received.extend_from_slice(&block[..count]);
            if received.windows(words.len()).any(|window| window == words) {
                if !matches!(end, End::Stall) {
                    return end.apply(client).await;
                }
                // The rest is not forwarded either. The server sees only when the client closes the
                // connection.
                while read(client, &mut block, &mut gate).await?.is_some() {}
                return Ok(());
            }
            received.drain(..received.len().saturating_sub(words.len() - 1));
        }
        if let TcpFault::Replace(pairs) = fault {
            for (text, other) in pairs {
                replace(&mut block[..count], text, other);
            }
        }
        write_all(server, &block[..count]).await?;
    }
    Ok(())
}

/// Replaces a text wherever it occurs.
fn replace(bytes: &mut [u8], text: &[u8], other: &[u8]) {
    while let Some(at) = bytes.windows(text.len()).position(|window| window == text) {
        bytes[at..at + text.len()].copy_from_slice(other);
    }
}

/// Forwards the server's bytes to the client, up to the byte of the fault.
async fn forward_to_client(
    server: &TcpStream,
    client: &TcpStream,
    fault: TcpFault,
    sent: &AtomicU64,
    mut gate: watch::Receiver<Gate>,
) -> Result<()> {
    let mut block = vec![0; BLOCK];
    let mut passed = 0;
    let mut due = Instant::now();
    while let Some(count) = read(server, &mut block, &mut gate).await? {
        let bytes = &mut block[..count];
        if let TcpFault::AlterAt(place) = fault
            && let Some(byte) = place.checked_sub(passed).and_then(|index| bytes.get_mut(index as usize))
        {
            *byte ^= 1;
        }
        let limit = fault.limit().map_or(u64::MAX, |(limit, _)| limit);
        let allowed = count.min(usize::try_from(limit - passed).unwrap_or(count));
        write_all(client, &bytes[..allowed]).await?;
        passed += allowed as u64;
        sent.store(passed, Ordering::Relaxed);
        if let TcpFault::Throttle(rate) = fault {
            // Sleeping is accurate to a millisecond or two, so the delay of earlier sleeps is made up for,
            // within a limit.
            let now = Instant::now();
            due = due.max(now.checked_sub(OVERSLEPT).unwrap_or(now))
                + Duration::from_secs_f64(allowed as f64 / rate as f64);
            sleep_until(due).await;
        }
        if let Some((limit, end)) = fault.limit()
            && passed == limit
        {
            return end.apply(client).await;
        }
    }
    Ok(())
}

const BLOCK: usize = 32 * 1024;
/// The maximum delay of a throttled connection that is made up for.
const OVERSLEPT: Duration = Duration::from_millis(20);

/// Waits for bytes and an open gate. Returns the number of bytes read, or `None` at the end.
async fn read(from: &TcpStream, block: &mut [u8], gate: &mut watch::Receiver<Gate>) -> Result<Option<usize>> {
    loop {
        from.readable().await?;
        gate.wait_for(|gate| *gate == Gate::Open).await?;
        match from.try_read(block) {
            Ok(0) => return Ok(None),
            Ok(count) => return Ok(Some(count)),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
    }
}

async fn write_all(to: &TcpStream, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        to.writable().await?;
        match to.try_write(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
