//! The forms of the parameters of a PostgreSQL connection.

use std::net::{IpAddr, Ipv6Addr};

use super::refusal::{no_credentials, refusal};
use super::shape::Shape;

/// The limits of DNS, in bytes.
const LONGEST_HOST: usize = 253;
const LONGEST_LABEL: usize = 63;

/// Checks a host: a DNS name or an IP address. The error names common mistakes.
pub(crate) fn host(text: &str) -> Result<String, String> {
    const MUST_BE: &str = "the name or address of a server alone";
    if is_host(text) {
        return Ok(text.to_owned());
    }
    let trimmed = text.trim();
    Err(if text.starts_with('/') && !text.contains("://") && !text.contains('@') {
        "holds a path, but must be a name or an address: only TCP is spoken, no Unix socket".to_owned()
    } else if let Some(bare) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'))
        && bare.parse::<Ipv6Addr>().is_ok()
    {
        "holds an address in brackets, but must be the address without them".to_owned()
    } else if ends_with_port(trimmed) {
        "ends with a port, which belongs in port".to_owned()
    } else if trimmed.contains(',') && trimmed.split(',').all(|host| is_host(host.trim())) {
        "holds several hosts, but must be one".to_owned()
    } else {
        refusal(text, MUST_BE)
    })
}

fn is_host(text: &str) -> bool {
    let (address, zone) = text.split_once('%').unwrap_or((text, "0"));
    if address.parse::<IpAddr>().is_ok() {
        let is_zone = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        return !zone.is_empty() && zone.len() <= 15 && zone.chars().all(is_zone);
    }
    let name = text.strip_suffix('.').unwrap_or(text);
    let is_label = |label: &str| {
        (1..=LONGEST_LABEL).contains(&label.len())
            && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
    };
    name.len() <= LONGEST_HOST && name.split('.').all(is_label) && Shape::of(name).is_none()
}

fn ends_with_port(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| {
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        is_host(bare) && (1..=5).contains(&port.len()) && port.parse::<u16>().is_ok()
    })
}

/// Parses a TCP port.
pub(crate) fn port(text: &str) -> Result<u16, String> {
    match text.trim().parse() {
        Ok(port) if port != 0 => Ok(port),
        _ => Err(refusal(text, "a number from 1 to 65535")),
    }
}

/// Checks the name of a database, for which PostgreSQL accepts any text.
pub(crate) fn database(text: &str) -> Result<String, String> {
    no_credentials(text, "the name of a database alone").map(|()| text.to_owned())
}

/// Checks the name of a user, for which PostgreSQL accepts any text.
pub(crate) fn user(text: &str) -> Result<String, String> {
    no_credentials(text, "the name of a user alone").map(|()| text.to_owned())
}

/// Refuses a text that is evidently not SQL, since the server would quote it in its error.
pub(crate) fn sql(text: &str) -> Result<(), String> {
    const COMMANDS: &[&str] = &[
        "select",
        "values",
        "table",
        "with",
        "show",
        "explain",
        "fetch",
        "execute",
        "call",
        "insert",
        "update",
        "delete",
        "begin",
        "start",
        "commit",
        "end",
        "rollback",
        "abort",
        "vacuum",
        "analyze",
        "checkpoint",
        "discard",
        "reset",
        "set",
        "listen",
        "unlisten",
        "close",
        "deallocate",
    ];
    let trimmed = text.trim();
    let end = trimmed.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(trimmed.len());
    let is_command = COMMANDS.contains(&trimmed[..end].to_ascii_lowercase().as_str());
    let is_one_word = !trimmed.contains(|c: char| c.is_whitespace() || "();*/".contains(c));
    let begins_like = trimmed.starts_with('{')
        || trimmed.starts_with("-----BEGIN")
        || trimmed.split_once("://").is_some_and(|(scheme, _)| {
            scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.:".contains(&byte))
        })
        || !trimmed[end..].trim_start().is_empty() && trimmed[end..].trim_start().starts_with('=');
    if !is_command && (is_one_word || begins_like) {
        return Err(refusal(text, "a statement of SQL that returns rows"));
    }
    Ok(())
}
