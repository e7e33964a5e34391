//! How the connection is encrypted and the server's certificate checked.

/// What is checked of the server's certificate; the names are libpq's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SslMode {
    /// The chain and the host name.
    #[default]
    VerifyFull,
    /// The chain only.
    VerifyCa,
    /// Nothing: encrypted, to whomever.
    Require,
    /// No TLS at all.
    Disable,
}

impl SslMode {
    /// All of them, the strictest first.
    pub(crate) const ALL: [Self; 4] = [Self::VerifyFull, Self::VerifyCa, Self::Require, Self::Disable];

    /// libpq's name for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VerifyFull => "verify-full",
            Self::VerifyCa => "verify-ca",
            Self::Require => "require",
            Self::Disable => "disable",
        }
    }

    /// Reads libpq's name for a mode. `allow` and `prefer` are none, since they fall back to plain text silently.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text)
    }
}

/// Everything that TLS needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsSettings {
    /// What is checked.
    pub mode: SslMode,
    /// The only authority to trust, in PEM; `None` for the packaged bundle or the system's.
    pub root_certificates: Option<String>,
    /// The name that the certificate must have, if not the host's.
    pub server_name: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_that_fall_back_silently_are_none() {
        assert_eq!(SslMode::parse("verify-full"), Some(SslMode::VerifyFull));
        assert_eq!(SslMode::parse("prefer"), None);
        assert_eq!(SslMode::parse("allow"), None);
    }
}
