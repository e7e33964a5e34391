//! A TCP proxy that misbehaves on demand, to stand before PostgreSQL.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::background::Task;
use crate::http::listen;

/// What a connection suffers. Bytes are counted from the server to the client, from the connection's start; words
/// are what the client says, which it has to do without TLS, and the server does not get to hear them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TcpFault {
    /// Nothing.
    #[default]
    None,
    /// Accepted, then never a byte; the server is not reached.
    Silent,
    /// Reset at once.
    Reset,
    /// Silence after this many bytes; the connection stays.
    StallAfter(u64),
    /// Closed cleanly after this many bytes.
    CutAfter(u64),
    /// Reset after this many bytes.
    ResetAfter(u64),
    /// At most this many bytes a second.
    Throttle(u64),
    /// One bit of this byte (counted from 0) is inverted.
    AlterAt(u64),
    /// Silence from these words on; the connection stays.
    StallWhen(&'static [u8]),
    /// Closed cleanly at these words.
    CutWhen(&'static [u8]),
    /// Reset at these words.
    ResetWhen(&'static [u8]),
}

/// How a connection ends that has come to its place.
#[derive(Clone, Copy, Debug)]
enum End {
    Stall,
    Cut,
    Reset,
}

impl TcpFault {
    /// The bytes after which the server's words end.
    fn limit(self) -> Option<(u64, End)> {
        match self {
            Self::StallAfter(limit) => Some((limit, End::Stall)),
            Self::CutAfter(limit) => Some((limit, End::Cut)),
            Self::ResetAfter(limit) => Some((limit, End::Reset)),
            _ => None,
        }
    }

    /// The words at which the client's end.
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
    /// Ends a connection with the client, or never comes back.
    async fn come(self, client: &TcpStream) -> Result<()> {
        match self {
            Self::Stall => std::future::pending().await,
            Self::Cut => Ok(()),
            Self::Reset => {
                // What was written has to arrive before the reset, which would overtake it.
                sleep(Duration::from_millis(50)).await;
                Ok(client.set_zero_linger()?)
            }
        }
    }
}

/// What happens to connections that are open already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Gate {
    #[default]
    Open,
    Frozen,
}

/// A proxy on a free port of 127.0.0.1. Dropping it cuts its connections.
#[derive(Debug)]
pub struct TcpProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Whether to listen.
    wanted: watch::Sender<bool>,
    _task: Task,
}

#[derive(Debug)]
struct Shared {
    upstream: String,
    /// The fault of the connections to come, and the fault of the next ones, one each.
    faults: Mutex<(TcpFault, Vec<TcpFault>)>,
    gate: watch::Sender<Gate>,
    /// Changes when every open connection is to be reset.
    generation: watch::Sender<u64>,
    accepted: AtomicU64,
    /// The bytes that the server has sent on the connection that came last.
    sent: Mutex<Arc<AtomicU64>>,
    /// Whether it listens.
    listening: watch::Sender<bool>,
}

impl TcpProxy {
    /// Passes connections on to a server.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(host: &str, port: u16) -> Result<Self> {
        let (listener, address) = listen(0).await?;
        let shared = Arc::new(Shared {
            upstream: format!("{host}:{port}"),
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

    /// The proxy's port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// What all connections suffer from now on; those that are open are left alone.
    pub fn fault(&self, fault: TcpFault) {
        self.fault_in_turn(&[], fault);
    }

    /// What the next connections suffer, in order; those after them suffer nothing.
    pub fn fault_next(&self, faults: &[TcpFault]) {
        self.fault_in_turn(faults, TcpFault::None);
    }

    /// What the next connections suffer, in order, and what all those after them suffer.
    pub fn fault_in_turn(&self, next: &[TcpFault], then: TcpFault) {
        *self.faults() = (then, next.iter().rev().copied().collect());
    }

    /// Refuses connections (nobody listens on the port), or takes them again. Returns when it is so.
    ///
    /// # Errors
    /// When the port is taken by somebody else meanwhile.
    pub async fn refuse(&self, refuse: bool) -> Result<()> {
        self.wanted.send_replace(!refuse);
        let mut listening = self.shared.listening.subscribe();
        let changed = listening.wait_for(|listening| *listening != refuse);
        timeout(Duration::from_secs(10), changed).await.context("the proxy cannot listen again")??;
        Ok(())
    }

    /// Holds every byte of every connection in both directions, or lets them go on.
    pub fn freeze(&self, freeze: bool) {
        self.shared.gate.send_replace(if freeze { Gate::Frozen } else { Gate::Open });
    }

    /// Resets every connection that is open.
    pub fn reset_all(&self) {
        self.shared.generation.send_modify(|generation| *generation += 1);
    }

    /// How many connections it has accepted.
    pub fn accepted(&self) -> u64 {
        self.shared.accepted.load(Ordering::Relaxed)
    }

    /// How many bytes the server has sent on the connection that came last.
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
            // An error means that one side has gone, which ends the connection like everything else here.
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
        let server = TcpStream::connect(&self.upstream).await.context("the server is away")?;
        server.set_nodelay(true)?;
        let sent = Arc::new(AtomicU64::new(0));
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&sent);
        let up = listen_to(client, &server, fault, self.gate.subscribe());
        let down = answer(&server, client, fault, &sent, self.gate.subscribe());
        // Whichever side closes first, or suffers first, ends both.
        tokio::select! {
            result = up => result,
            result = down => result,
        }
    }
}

/// Passes the client's bytes on to the server, up to the words at which the fault strikes.
async fn listen_to(
    client: &TcpStream,
    server: &TcpStream,
    fault: TcpFault,
    mut gate: watch::Receiver<Gate>,
) -> Result<()> {
    let mut block = vec![0; BLOCK];
    // Words may come in two blocks: the end of the one before is looked at again.
    let mut heard = Vec::new();
    while let Some(count) = read(client, &mut block, &mut gate).await? {
        if let Some((words, end)) = fault.words() {
            heard.extend_from_slice(&block[..count]);
            if heard.windows(words.len()).any(|window| window == words) {
                if !matches!(end, End::Stall) {
                    return end.come(client).await;
                }
                // Whatever else it says is not heard either; when it leaves, the server sees that.
                while read(client, &mut block, &mut gate).await?.is_some() {}
                return Ok(());
            }
            heard.drain(..heard.len().saturating_sub(words.len() - 1));
        }
        write_all(server, &block[..count]).await?;
    }
    Ok(())
}

/// Passes the server's bytes on to the client, up to the byte at which the fault strikes.
async fn answer(
    server: &TcpStream,
    client: &TcpStream,
    fault: TcpFault,
    sent: &AtomicU64,
    mut gate: watch::Receiver<Gate>,
) -> Result<()> {
    let mut block = vec![0; BLOCK];
    let mut passed = 0;
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
            sleep(Duration::from_secs_f64(allowed as f64 / rate as f64)).await;
        }
        if let Some((limit, end)) = fault.limit()
            && passed == limit
        {
            return end.come(client).await;
        }
    }
    Ok(())
}

const BLOCK: usize = 32 * 1024;

/// Waits for bytes and an open gate; `None` at the end.
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
