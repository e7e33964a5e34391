//! Reads the servers of a login: hosts, addresses, sockets and their ports.

use std::net::IpAddr;

use super::parameters::{Given, Parameters, refused};
use crate::account::DEFAULT_PORT;
use crate::cli::input::wrong;
use crate::config::Endpoint;
use crate::error::Result;
use crate::form;

/// The folders in which libpq looks for the socket of a local server, which ~/.pgpass calls localhost.
const SOCKET_FOLDERS: [&str; 3] = ["/run/postgresql", "/var/run/postgresql", "/tmp"];

/// A server.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Server {
    pub(super) endpoint: Endpoint,
    /// The host name, if the endpoint has an address in its place.
    pub(super) name: Option<String>,
}

impl Server {
    /// Returns the host by which the password file knows the server.
    pub(super) fn host_of_password(&self) -> &str {
        let host = self.name.as_ref().unwrap_or(&self.endpoint.host);
        if SOCKET_FOLDERS.contains(&host.as_str()) { "localhost" } else { host }
    }
}

/// Returns the servers in the order in which they are tried.
pub(super) fn servers(parameters: &Parameters) -> Result<Vec<Server>> {
    let hosts = list(parameters.get("host"), host)?;
    let addresses = list(parameters.get("hostaddr"), address)?;
    let count = hosts.len().max(addresses.len());
    if count == 0 {
        return Err(wrong("Nothing names the server.").with_hint("Add --host, or set PGHOST."));
    }
    let ports =
        list(
            parameters.get("port"),
            |text| {
                if text.is_empty() { Ok(DEFAULT_PORT) } else { form::port(text) }
            },
        )?;
    let agree = |length: usize| length == 0 || length == count;
    if !agree(hosts.len()) || !agree(addresses.len()) || !(agree(ports.len()) || ports.len() == 1) {
        let message = format!(
            "The lists of hosts ({}), addresses ({}) and ports ({}) have different lengths.",
            hosts.len(),
            addresses.len(),
            ports.len()
        );
        return Err(wrong(message).with_hint("Give one port for all servers, or one for each."));
    }
    let server = |index: usize| {
        let name = hosts.get(index).cloned();
        let port = ports.get(index).or(ports.first()).copied().unwrap_or(DEFAULT_PORT);
        match (addresses.get(index), name) {
            (Some(address), name) => Server { endpoint: Endpoint { host: address.clone(), port }, name },
            (None, name) => {
                Server { endpoint: Endpoint { host: name.unwrap_or_default(), port }, name: None }
            }
        }
    };
    let mut servers: Vec<_> = (0..count).map(server).collect();
    let balance = parameters.parsed("load_balance_hosts", |text| match text {
        "disable" => Ok(false),
        "random" => Ok(true),
        _ => Err(form::refusal(text, "disable or random")),
    })?;
    if balance == Some(true) {
        fastrand::shuffle(&mut servers);
    }
    Ok(servers)
}

/// Parses the elements of a list.
fn list<T>(given: Option<&Given>, parse: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>> {
    let Some(Given { text, source, .. }) = given else { return Ok(Vec::new()) };
    // A URL may contain commas.
    if form::Shape::of(text).is_some_and(form::Shape::is_foreign) {
        return Err(parse(text)
            .err()
            .map_or_else(|| refused(source, "is not a list"), |what| refused(source, &what)));
    }
    text.split(',').map(|element| parse(element).map_err(|what| refused(source, &what))).collect()
}

/// Parses a name, an address, also in brackets, or the folder of a Unix socket.
fn host(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.starts_with('/') && !text.contains("://") && !text.contains('@') {
        form::no_credentials(text, "the folder of a Unix socket")?;
        return Ok(text.trim_end_matches('/').to_owned());
    }
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match bare.filter(|bare| bare.contains(':')) {
        Some(bare) => form::host(bare),
        None if text.is_empty() => Err("has an element without a name".to_owned()),
        None => form::host(text),
    }
}

fn address(text: &str) -> Result<String, String> {
    let is_address = text.trim().parse::<IpAddr>().is_ok();
    if is_address { Ok(text.trim().to_owned()) } else { Err(form::refusal(text, "an IP address")) }
}
