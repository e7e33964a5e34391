//! Tests of the name server of a single program.

use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use devstack::{NameServer, Result, in_own_network};
use tokio::net::UdpSocket;

const NAME: &str = "shop.cluster-c1.rds.example";
const OLD: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const NEW: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);
const A: u16 = 1;
const AAAA: u16 = 28;

/// Returns a query with this id for one name.
fn query(id: u16, name: &str, kind: u16) -> Vec<u8> {
    let mut packet = [id, 0x0100, 1, 0, 0, 0].map(u16::to_be_bytes).concat();
    for label in name.split('.') {
        packet.push(label.len() as u8);
        packet.extend(label.as_bytes());
    }
    packet.push(0);
    packet.extend([kind, 1].map(u16::to_be_bytes).concat());
    packet
}

/// Returns the id and the code of an answer, and its addresses with the seconds for which they are valid.
fn read(answer: &[u8], asked: &[u8]) -> (u16, u16, Vec<(u32, IpAddr)>) {
    let number = |at: usize| u16::from_be_bytes([answer[at], answer[at + 1]]);
    assert_eq!(answer[12..asked.len()], asked[12..], "the question is repeated");
    let records = answer[asked.len()..].chunks(16).map(|record| {
        let [ttl, address] = [6, 12].map(|at| <[u8; 4]>::try_from(&record[at..at + 4]).expect("four bytes"));
        (u32::from_be_bytes(ttl), IpAddr::from(address))
    });
    let records: Vec<_> = records.collect();
    assert_eq!(usize::from(number(6)), records.len());
    (number(0), number(2) & 0xF, records)
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_with_the_addresses_of_now_and_counts_the_questions() -> Result<()> {
    if !NameServer::is_possible() {
        return in_own_network("name_server::answers_with_the_addresses_of_now_and_counts_the_questions")
            .await;
    }
    let server = NameServer::start().await?;
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    socket.connect((server.address(), 53)).await?;
    let ask = async |query: Vec<u8>| {
        socket.send(&query).await?;
        let mut packet = [0; 512];
        let length = socket.recv(&mut packet).await?;
        Ok::<_, devstack::Error>(read(&packet[..length], &query))
    };
    assert_eq!(ask(query(1, NAME, A)).await?, (1, 3, vec![]), "no such name");
    server.set(NAME, &[OLD, NEW]);
    let valid = |address: Ipv4Addr| (5, IpAddr::from(address));
    assert_eq!(ask(query(2, NAME, A)).await?, (2, 0, vec![valid(OLD), valid(NEW)]));
    assert_eq!(ask(query(3, &NAME.to_uppercase(), A)).await?, (3, 0, vec![valid(OLD), valid(NEW)]));
    assert_eq!(ask(query(4, NAME, AAAA)).await?, (4, 0, vec![]), "it has no IPv6 address");
    server.set(NAME, &[NEW]);
    assert_eq!(ask(query(5, NAME, A)).await?, (5, 0, vec![valid(NEW)]));
    // A malformed query is not answered: the next answer is that to the next query.
    for broken in [&b""[..], b"short", &query(6, NAME, A)[..20]] {
        socket.send(broken).await?;
    }
    assert_eq!(ask(query(7, "elsewhere.example", A)).await?, (7, 3, vec![]));
    // Only the addresses of a known name count.
    assert_eq!(server.asked(), 3);
    server.until_asked(3).await;
    Ok(())
}

/// Returns a program that prints the addresses of [`NAME`].
fn looks_up(server: &NameServer, folder: &Path) -> Result<PathBuf> {
    let program = folder.join("look-up");
    std::fs::write(&program, format!("#!/bin/sh\nexec getent --no-addrconfig ahostsv4 {NAME}\n"))?;
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755))?;
    server.wrap(&program)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrapped_program_has_no_other_name_server() -> Result<()> {
    if !NameServer::is_possible() {
        return in_own_network("name_server::a_wrapped_program_has_no_other_name_server").await;
    }
    let server = NameServer::start().await?;
    let folder = tempfile::TempDir::new()?;
    let program = looks_up(&server, folder.path())?;
    assert!(!Command::new(&program).output()?.status.success(), "nobody knows the name");
    for address in [OLD, NEW] {
        server.set(NAME, &[address]);
        let found = String::from_utf8(Command::new(&program).output()?.stdout)?;
        assert_eq!(found.split_whitespace().next(), Some(&address.to_string()[..]), "{found}");
    }
    // Programs that are not wrapped keep their name servers.
    assert!(!Command::new("getent").args(["--no-addrconfig", "ahostsv4", NAME]).output()?.status.success());
    Ok(())
}
