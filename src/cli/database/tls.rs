//! Reads how the connection is encrypted.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use super::parameters::Parameters;
use crate::cli::input::{read_file, wrong};
use crate::config::{Authorities, ClientCertificate, SslMode, TlsSettings};
use crate::environment::Environment;
use crate::error::Result;
use crate::form;
use crate::secret::Secret;

/// Reads the settings. As in libpq, files in `~/.postgresql` are used if none is named.
pub(super) fn settings(parameters: &Parameters, environment: &Environment) -> Result<TlsSettings> {
    let mode = parameters.parsed("sslmode", |text| {
        SslMode::parse(text).ok_or_else(|| form::refusal(text, "verify-full, verify-ca, require or disable"))
    });
    let mode = mode.map_err(|error| {
        error.with_hint(
            "allow and prefer fall back to plain text silently; --sslmode require encrypts in any case.",
        )
    })?;
    let mode = mode.unwrap_or_default();
    if mode == SslMode::Disable {
        return Ok(TlsSettings { mode, ..TlsSettings::default() });
    }
    let file = |name: &str, default: &str| -> Option<(String, String)> {
        if let Some(given) = parameters.get(name) {
            return Some((given.source.clone(), given.text.clone()));
        }
        let path = PathBuf::from(environment.get("HOME")?).join(".postgresql").join(default);
        path.exists().then(|| (format!("~/.postgresql/{default}"), path.to_string_lossy().into_owned()))
    };
    let authorities = match file("sslrootcert", "root.crt") {
        // As in libpq, since the system's authorities issue certificates to everybody.
        Some((source, path)) if path == "system" && mode != SslMode::VerifyFull => {
            let mode = mode.as_str();
            return Err(wrong(format!("{source} system may not be used with sslmode {mode}."))
                .with_hint("Use verify-full, or name the file of the database's own authority."));
        }
        Some((_, path)) if path == "system" => Authorities::System,
        Some((source, path)) => Authorities::Pem(read_file(&source, &path)?),
        None => Authorities::Packaged,
    };
    let client = match (file("sslcert", "postgresql.crt"), file("sslkey", "postgresql.key")) {
        (Some((source, certificate)), Some((key_source, key))) => {
            let certificates = read_file(&source, &certificate)?;
            check_access(&key_source, &key)?;
            Some(ClientCertificate { certificates, key: Secret::new(read_file(&key_source, &key)?) })
        }
        (Some((source, _)), None) => {
            return Err(wrong(format!("{source} names a client certificate, but its key is missing."))
                .with_hint("Set PGSSLKEY to the file with the key in PEM, or put it into ~/.postgresql/postgresql.key."));
        }
        (None, _) => None,
    };
    Ok(TlsSettings { mode, authorities, server_name: None, client })
}

/// Refuses a key that others can read, by libpq's rule: a key of root may be readable for its group.
fn check_access(source: &str, path: &str) -> Result<()> {
    let Ok(found) = std::fs::metadata(path) else { return Ok(()) };
    let forbidden = if found.uid() == 0 { 0o037 } else { 0o077 };
    if found.is_file() && found.mode() & forbidden != 0 {
        return Err(wrong(format!("{source} names a key that others than its owner can read."))
            .with_hint("Take the access away: chmod 600 FILE"));
    }
    Ok(())
}
