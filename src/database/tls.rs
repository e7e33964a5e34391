//! How the connection is encrypted and the server's certificate checked.

use std::path::{Path, PathBuf};

use native_tls::{Certificate, Protocol, TlsConnector};

use crate::config::{SslMode, TlsSettings};
use crate::error::{Error, ErrorType, Result, Stage};

/// The bundle that `make package` puts beside the function's binary.
const PACKAGED_BUNDLE: &str = "rds-ca-bundle.pem";
/// What it is called in an error.
const BUNDLE: &str = "The bundle of authorities (RDS_CA_BUNDLE, else rds-ca-bundle.pem beside the program)";

/// The connector for these settings; `None` where TLS is off.
pub(super) fn connector(settings: &TlsSettings) -> Result<Option<TlsConnector>> {
    if settings.mode == SslMode::Disable {
        return Ok(None);
    }
    let mut builder = TlsConnector::builder();
    builder
        .min_protocol_version(Some(Protocol::Tlsv12))
        .danger_accept_invalid_hostnames(settings.mode != SslMode::VerifyFull)
        .danger_accept_invalid_certs(settings.mode == SslMode::Require);
    if let Some((name, pem)) = own_roots(settings)? {
        // What was given is all that is trusted, as in libpq.
        builder.disable_built_in_roots(true);
        let certificates = Certificate::stack_from_pem(pem.as_bytes())
            .map_err(|error| failed(format!("{name} is not a PEM certificate: {error}.")))?;
        if certificates.is_empty() {
            return Err(failed(format!("{name} holds no PEM certificate.")));
        }
        for certificate in certificates {
            builder.add_root_certificate(certificate);
        }
    }
    builder.build().map(Some).map_err(|error| failed(format!("TLS could not be set up: {error}.")))
}

/// `sslRootCert`, else the packaged bundle, else nothing, which stands for the system's.
fn own_roots(settings: &TlsSettings) -> Result<Option<(String, String)>> {
    if settings.mode == SslMode::Require {
        return Ok(None);
    }
    if let Some(pem) = &settings.root_certificates {
        return Ok(Some(("sslRootCert".to_owned(), pem.clone())));
    }
    let Some(path) = packaged_bundle() else { return Ok(None) };
    match std::fs::read_to_string(&path) {
        Ok(pem) => Ok(Some((BUNDLE.to_owned(), pem))),
        // Without the path: somebody may have put the bundle itself there, or anything.
        Err(error) => Err(failed(format!("{BUNDLE} cannot be read: {error}."))),
    }
}

/// `RDS_CA_BUNDLE`, which must then exist, or the file beside the binary if there is one.
fn packaged_bundle() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("RDS_CA_BUNDLE").filter(|path| !path.is_empty()) {
        return Some(path.into());
    }
    let binary = std::env::current_exe().ok()?;
    Some(binary.parent().unwrap_or(Path::new("/")).join(PACKAGED_BUNDLE)).filter(|path| path.exists())
}

fn failed(message: String) -> Error {
    Error::new(ErrorType::TlsFailed, Stage::Connection, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_that_is_no_certificate_is_named() {
        let settings = TlsSettings { root_certificates: Some("hello".into()), ..TlsSettings::default() };
        let error = connector(&settings).expect_err("it is refused");
        assert_eq!(error.error_type, ErrorType::TlsFailed);
        assert!(error.message.contains("sslRootCert"), "{error}");
    }
}
