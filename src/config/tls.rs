//! How the connection is encrypted and how the server certificate is verified.

use crate::secret::Secret;

/// What is verified of the server certificate; the modes are named as in libpq.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SslMode {
    /// The certificate chain and the host name are verified.
    #[default]
    VerifyFull,
    /// Only the certificate chain is verified.
    VerifyCa,
    /// The connection is encrypted, but nothing is verified.
    Require,
    /// TLS is not used.
    Disable,
}

impl SslMode {
    /// All modes, the strictest first.
    pub(crate) const ALL: [Self; 4] = [Self::VerifyFull, Self::VerifyCa, Self::Require, Self::Disable];

    /// Returns the name of the mode in libpq.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VerifyFull => "verify-full",
            Self::VerifyCa => "verify-ca",
            Self::Require => "require",
            Self::Disable => "disable",
        }
    }

    /// Parses the name of a mode in libpq. `allow` and `prefer` are not accepted, since they silently fall
    /// back to plain text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text)
    }
}

/// The authorities that are trusted, and no others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Authorities {
    /// The packaged ones, or those of the system if there is no bundle.
    #[default]
    Packaged,
    /// Those of the system.
    System,
    /// These certificates in PEM.
    Pem(String),
}

/// The settings of TLS.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsSettings {
    /// What is verified.
    pub mode: SslMode,
    /// The authorities that may have issued the certificate.
    pub authorities: Authorities,
    /// The name that the certificate must have, if it is not the host name.
    pub server_name: Option<String>,
    /// The certificate to send if the server asks for one.
    pub client: Option<ClientCertificate>,
}

/// A certificate of the client, in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate, and those of the authorities between it and the root.
    pub certificates: String,
    /// The private key, which is not encrypted.
    pub key: Secret,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_that_fall_back_silently_are_refused() {
        assert_eq!(SslMode::parse("verify-full"), Some(SslMode::VerifyFull));
        assert_eq!(SslMode::parse("prefer"), None);
        assert_eq!(SslMode::parse("allow"), None);
    }
}
