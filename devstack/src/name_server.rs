//! A DNS server for names whose addresses change, and programs that use it.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use tokio::net::UdpSocket;
use tokio::sync::watch;

use crate::background::{self, Task};
use crate::scratch;

/// The seconds for which an answer is valid, as with Aurora's names.
const TTL: u32 = 5;
/// The types and the class of records.
const A: u16 = 1;
const IN: u16 = 1;
/// Flags of an answer: authoritative, recursion available.
const ANSWER: u16 = 0x8480;
const UNKNOWN_NAME: u16 = 3;
const HEADER: usize = 12;

/// A DNS server on an address of its own in 127.0.0.0/8. Dropping it stops it.
///
/// libc's resolver asks only the servers in `/etc/resolv.conf`. Therefore [`Self::wrap`] starts a program in
/// a mount namespace in which that file names this server.
#[derive(Debug)]
pub struct NameServer {
    address: Ipv4Addr,
    shared: Arc<Shared>,
    folder: TempDir,
    _task: Task,
}

#[derive(Debug, Default)]
struct Shared {
    names: Mutex<HashMap<String, Vec<Ipv4Addr>>>,
    /// The number of queries for the addresses of known names.
    asked: watch::Sender<u64>,
}

impl NameServer {
    /// Returns whether this process may listen on port 53.
    pub fn is_possible() -> bool {
        let tried = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 53));
        !tried.is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
    }

    /// Starts a server that knows no name.
    ///
    /// # Errors
    /// Fails if the process may not listen on port 53. Root may do so, and any user within
    /// [`in_own_network`](crate::in_own_network).
    pub async fn start() -> Result<Self> {
        let folder = scratch::folder("names")?;
        let (socket, address) = background::run(bind()).await?;
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text);
        write("resolv.conf", &format!("nameserver {address}\noptions timeout:2 attempts:2\n"))?;
        write("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")?;
        let shared = Arc::<Shared>::default();
        let serving = Arc::clone(&shared);
        let task = Task::start(async move {
            let mut packet = [0; 512];
            while let Ok((length, client)) = socket.recv_from(&mut packet).await {
                if let Some(answer) = serving.answer(&packet[..length]) {
                    // A failure means that the client is gone.
                    let _ = socket.send_to(&answer, client).await;
                }
            }
        });
        Ok(Self { address, shared, folder, _task: task })
    }

    /// Returns its address. The port is 53.
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// Sets the addresses of a name, which must be in lower case.
    pub fn set(&self, name: &str, addresses: &[Ipv4Addr]) {
        let mut names = self.shared.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.insert(name.to_owned(), addresses.to_vec());
    }

    /// Returns the number of queries for the addresses of known names.
    pub fn asked(&self) -> u64 {
        *self.shared.asked.borrow()
    }

    /// Waits until there have been this many queries for the addresses of known names.
    pub async fn until_asked(&self, times: u64) {
        let mut asked = self.shared.asked.subscribe();
        // The sender lives as long as this server.
        let _ = asked.wait_for(|asked| *asked >= times).await;
    }

    /// Writes a program that starts this one with this server as its only name server, and returns its path.
    ///
    /// # Errors
    /// Fails if the process may not create a mount namespace; the error says how to allow it.
    pub fn wrap(&self, program: &Path) -> Result<PathBuf> {
        let folder = self.folder.path().display();
        let user = if rustix::process::geteuid().is_root() { "" } else { "--user --map-root-user " };
        let script = format!(
            "#!/bin/sh\nexec /usr/bin/unshare {user}--mount /bin/sh -c '\n/bin/mount --bind {folder}/resolv.conf \
             /etc/resolv.conf && /bin/mount --bind {folder}/nsswitch.conf /etc/nsswitch.conf && exec \"$0\" \"$@\"\
             ' \"${{PROGRAM:-{}}}\" \"$@\"\n",
            program.display()
        );
        let path = self.folder.path().join("bootstrap");
        fs::write(&path, script)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        let tried = std::process::Command::new(&path).env("PROGRAM", "/bin/true").output()?;
        if !tried.status.success() {
            bail!(
                "A program cannot get a name server of its own here: {}This needs root, or namespaces of users: \
                 sudo sysctl kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0; in a \
                 container: --cap-add SYS_ADMIN --security-opt apparmor=unconfined",
                String::from_utf8_lossy(&tried.stderr)
            );
        }
        Ok(path)
    }
}

async fn bind() -> Result<(UdpSocket, Ipv4Addr)> {
    let [high, low] = (std::process::id() as u16).to_be_bytes();
    for third in 1..=254 {
        let address = Ipv4Addr::new(127, 64 | (high & 63), low, third);
        match UdpSocket::bind(SocketAddr::from((address, 53))).await {
            Ok(socket) => return Ok((socket, address)),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => {
                return Err(error).context("cannot listen on port 53");
            }
        }
    }
    bail!("all addresses for a name server are taken")
}

impl Shared {
    /// Returns the answer to a query, or `None` if the query is malformed.
    fn answer(&self, query: &[u8]) -> Option<Vec<u8>> {
        let (name, end) = question(query)?;
        let [kind, class] = [end - 4, end - 2].map(|at| u16::from_be_bytes([query[at], query[at + 1]]));
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let known = names.get(&name);
        let addresses = known.filter(|_| (kind, class) == (A, IN)).cloned().unwrap_or_default();
        let code = if known.is_some() { 0 } else { UNKNOWN_NAME };
        drop(names);
        if !addresses.is_empty() {
            self.asked.send_modify(|asked| *asked += 1);
        }
        let mut answer = query[..2].to_vec();
        for number in [ANSWER | code, 1, addresses.len() as u16, 0, 0] {
            answer.extend(number.to_be_bytes());
        }
        answer.extend(&query[HEADER..end]);
        for address in addresses {
            // A pointer to the name in the question.
            answer.extend([0xC0, HEADER as u8]);
            answer.extend(A.to_be_bytes());
            answer.extend(IN.to_be_bytes());
            answer.extend(TTL.to_be_bytes());
            answer.extend(4_u16.to_be_bytes());
            answer.extend(address.octets());
        }
        Some(answer)
    }
}

/// Returns the name of the first question in lower case, and the offset of the question's end.
fn question(query: &[u8]) -> Option<(String, usize)> {
    let mut labels = Vec::new();
    let mut at = HEADER;
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        labels.push(std::str::from_utf8(query.get(at..at + length)?).ok()?.to_ascii_lowercase());
        at += length;
    }
    let end = at + 4;
    (end <= query.len()).then(|| (labels.join("."), end))
}
