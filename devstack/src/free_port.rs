//! Ports for servers that start later.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddrV4, TcpListener, TcpStream};

use anyhow::{Result, bail};
use rustix::net::sockopt::set_socket_reuseaddr;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, listen, shutdown, socket_with};

/// Returns a free port of 127.0.0.1 for a server that starts within a minute. It is below the range of ports
/// for outgoing connections, so that none of them can take it first.
pub(crate) fn free_port() -> Result<u16> {
    for _ in 0..100 {
        let port = 20_000 + (RandomState::new().build_hasher().finish() % 12_000) as u16;
        if reserve(port).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free port on 127.0.0.1 from 20000 to 31999")
}

/// Reserves a port of 127.0.0.1 for a minute, or fails if it is in use or reserved.
///
/// Tests start hundreds of servers in several processes at once, so sooner or later two of them would be
/// given the same port between the search for it and the call to listen on it. A connection that the server
/// closes first stays in TIME-WAIT. Until that ends, the system refuses the port to any process that does not
/// set `SO_REUSEADDR` before binding. Servers set it; this function, unlike [`TcpListener::bind`], does not.
fn reserve(port: u16) -> io::Result<()> {
    let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
    let server = socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    bind(&server, &address)?;
    // Set after binding, since connections inherit it: the system allows the server only if both have it.
    set_socket_reuseaddr(&server, true)?;
    listen(&server, 1)?;
    let client = TcpStream::connect(address)?;
    let server = TcpListener::from(server);
    let (accepted, _) = server.accept()?;
    // A process that another thread starts at this moment has copies of the sockets until it executes its
    // program, and closing ours would have no effect until then.
    shutdown(&server, rustix::net::Shutdown::Read)?;
    accepted.shutdown(Shutdown::Both)?;
    drop(client);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn a_port_is_given_once_and_its_server_can_listen_on_it() {
        let port = free_port().expect("a port");
        assert_eq!(reserve(port).expect_err("it is reserved").kind(), io::ErrorKind::AddrInUse);
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("the server listens");
        drop(server);
        assert!(reserve(port).is_err());
    }

    #[test]
    fn processes_that_start_meanwhile_do_not_keep_the_port() {
        let is_over = AtomicBool::new(false);
        let start = || {
            while !is_over.load(Ordering::Relaxed) {
                Command::new("true").status().expect("a process");
            }
        };
        std::thread::scope(|scope| {
            let starting: Vec<_> = (0..4).map(|_| scope.spawn(start)).collect();
            let listen = |_| TcpListener::bind((Ipv4Addr::LOCALHOST, free_port()?)).map_err(Into::into);
            let servers: Result<Vec<_>> = (0..200).map(listen).collect();
            is_over.store(true, Ordering::Relaxed);
            drop(starting);
            assert_eq!(servers.expect("all of them listen").len(), 200);
        });
    }
}
