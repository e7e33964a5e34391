//! The configuration of a server, as a process and in a container.

use std::fs;
use std::io::Read;
use std::path::Path;

use anyhow::Result;

pub(super) const SUPERUSER: &str = "postgres";

/// The values from which the configuration is written.
#[derive(Clone, Debug)]
pub(super) struct Files {
    pub(super) password: String,
    pub(super) hba: Vec<String>,
    pub(super) settings: Vec<(String, String)>,
}

impl Files {
    /// Returns `pg_hba.conf`. All users need a SCRAM password. The line of the superuser comes first, so that
    /// no other line can lock devstack out.
    pub(super) fn hba(&self) -> String {
        let superuser = format!("host all {SUPERUSER} all scram-sha-256");
        let everybody = "host all all all scram-sha-256\n".to_owned();
        [&[superuser], &self.hba[..], &[everybody]].concat().join("\n")
    }

    /// Returns the settings: devstack's own, then the caller's. They trade durability for speed, since the
    /// data is not kept. `tls` is the folder with `server.crt` and `server.key`.
    pub(super) fn settings(&self, listen: &str, port: u16, tls: Option<&Path>) -> String {
        let own = [
            ("listen_addresses", listen),
            ("port", &port.to_string()),
            ("unix_socket_directories", ""),
            ("password_encryption", "scram-sha-256"),
            ("fsync", "off"),
            ("synchronous_commit", "off"),
            ("full_page_writes", "off"),
            ("wal_level", "minimal"),
            ("max_wal_senders", "0"),
            ("max_wal_size", "4GB"),
            ("log_min_messages", "warning"),
            ("timezone", "UTC"),
            ("ssl", if tls.is_some() { "on" } else { "off" }),
        ];
        let mut lines: String = own.map(|(name, value)| line(name, value)).concat();
        if let Some(folder) = tls {
            for (name, file) in [("ssl_cert_file", "server.crt"), ("ssl_key_file", "server.key")] {
                lines.push_str(&line(name, &folder.join(file).display().to_string()));
            }
        }
        lines.extend(self.settings.iter().map(|(name, value)| line(name, value)));
        lines
    }
}

fn line(name: &str, value: &str) -> String {
    format!("{name} = '{}'\n", value.replace('\'', "''"))
}

/// The arguments of `initdb`, without those for files and folders.
pub(super) const INITDB: [&str; 5] =
    ["--no-sync", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256", "--username=postgres"];

pub(super) fn random_hex() -> Result<String> {
    let mut bytes = [0; 16];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}
