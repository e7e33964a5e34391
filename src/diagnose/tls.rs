//! The hop `tls`: verifies the server certificate as the configuration requires, and describes it.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use openssl::asn1::Asn1Time;
use openssl::nid::Nid;
use openssl::x509::{GeneralName, X509, X509NameRef};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::diagnosis::HopResult;
use super::endpoint::{EXPIRES_SOON, days_left};
use crate::config::{Endpoint, SslMode, TlsSettings};
use crate::database::dial::dial;
use crate::database::probe::{self, Probed};
use crate::error::{Error, ErrorType, TlsCause};

const LIMIT: Duration = Duration::from_secs(4);

/// Performs the handshake as an extraction does. Returns true if the login may follow: no password is sent
/// over a connection that was not verified as the configuration requires.
pub(super) async fn handshake(
    endpoint: &Endpoint,
    addresses: &[SocketAddr],
    stream: TcpStream,
    settings: &TlsSettings,
) -> (HopResult, bool) {
    if settings.mode == SslMode::Disable {
        return (plain(), true);
    }
    let name = settings.server_name.as_deref().unwrap_or(&endpoint.host);
    match timeout(LIMIT, probe::handshake(stream, settings, endpoint)).await {
        Ok(Ok(Probed::Certificate(der))) => (judge(&der, settings.mode, name), true),
        Ok(Ok(Probed::NoTls)) => (no_tls(endpoint), false),
        Ok(Ok(Probed::NoPostgres)) => (no_postgres(endpoint, "the answer was not PostgreSQL's"), false),
        Ok(Err(error)) if error.error_type == ErrorType::ConnectFailed => {
            (no_postgres(endpoint, "it was closed"), false)
        }
        Ok(Err(error)) => (explain(&error, endpoint, addresses, name).await, false),
        Err(_) => (no_postgres(endpoint, &format!("nothing was received for {} s", LIMIT.as_secs())), false),
    }
}

fn plain() -> HopResult {
    HopResult::ok("The connection is not encrypted (sslMode disable).").warn(
        "Anyone on the network path can read the password exchange and the rows.",
        "Remove sslMode from the configuration, which makes it verify-full (terraform: db_ssl_mode = null).",
    )
}

fn no_tls(endpoint: &Endpoint) -> HopResult {
    HopResult::failed(
        format!("{endpoint} answered that it offers no TLS."),
        "The server has TLS switched off.",
        "Turn it on at the server (ssl = on; on RDS it always is), or, on a network you trust, set sslMode to disable (terraform: db_ssl_mode).",
    )
}

fn no_postgres(endpoint: &Endpoint, what: &str) -> HopResult {
    HopResult::failed(
        format!("{endpoint} accepted the connection, then {what}."),
        "What listens there does not answer as PostgreSQL: a load balancer without a healthy target, a proxy, a hung server, or another service on that port.",
        "Check host and port in the configuration (terraform: db_host, db_port), and the health of the targets if there is a load balancer in between: aws elbv2 describe-target-health",
    )
}

async fn explain(error: &Error, endpoint: &Endpoint, addresses: &[SocketAddr], name: &str) -> HopResult {
    // Connects again without verification, to read the certificate; nothing is sent over this connection.
    let look = async { probe::certificate(dial(addresses).await.ok()?, endpoint).await };
    let shown = timeout(LIMIT, look).await.ok().flatten();
    let Some(certificate) = shown.as_deref().and_then(Certificate::read) else {
        return HopResult::failed(format!("{endpoint}: {}", error.message), &error.message, &error.hint);
    };
    let detail = format!("{} The certificate is {certificate}.", error.message);
    let days = days_left(certificate.until, Utc::now());
    let (cause, fix) = if days < 0 {
        (
            format!("The server's certificate expired on {}.", certificate.until.format("%Y-%m-%d")),
            "Renew it at the server; on RDS: aws rds modify-db-instance --ca-certificate-identifier rds-ca-rsa2048-g1 --apply-immediately".to_owned(),
        )
    } else if error.tls() == Some(TlsCause::WrongName) {
        (
            format!("The certificate is valid for {}, but not for {name}.", certificate.names()),
            "Connect by a name of the certificate, or give one as tlsServerName in the configuration (for NLB, PrivateLink or a CNAME).".to_owned(),
        )
    } else if error.tls() == Some(TlsCause::UntrustedAmazon) {
        (
            format!(
                "Amazon's public authority {}, which RDS Proxy's certificates come from, is not among the trusted ones.",
                certificate.issuer
            ),
            format!("{} (terraform: db_ssl_mode = null, db_ssl_root_cert = null)", error.hint),
        )
    } else if error.tls() != Some(TlsCause::Untrusted) {
        (error.message.clone(), error.hint.clone())
    } else if certificate.issuer.contains("Amazon RDS") {
        (
            format!("RDS's authority {} is not among the trusted ones.", certificate.issuer),
            "Package the function with RDS's bundle (make package), name a newer one in RDS_CA_BUNDLE, or remove sslRootCert (terraform: db_ssl_root_cert = null).".to_owned(),
        )
    } else {
        (
            format!("The certificate's authority ({}) is not among the trusted ones.", certificate.issuer),
            "Give the authority's certificate as sslRootCert in the configuration (terraform: db_ssl_root_cert).".to_owned(),
        )
    };
    HopResult::failed(detail, cause, fix)
}

fn judge(der: &[u8], mode: SslMode, name: &str) -> HopResult {
    let Some(certificate) = Certificate::read(der) else {
        return HopResult::ok("The server's certificate was accepted.");
    };
    let checked = match mode {
        SslMode::VerifyFull => format!("chain and name {name} verified"),
        SslMode::VerifyCa => "chain verified, name not".to_owned(),
        SslMode::Require | SslMode::Disable => "nothing verified".to_owned(),
    };
    let days = days_left(certificate.until, Utc::now());
    let mut result = HopResult::ok(format!("{checked}: {certificate}, {days} days left."));
    if mode == SslMode::Require {
        result = result.warn(
            "The certificate is not verified (sslMode require), so anyone on the network path can impersonate the server.",
            "Set sslMode to verify-full, with sslRootCert if the authority is not RDS's (terraform: db_ssl_mode, db_ssl_root_cert).",
        );
    }
    if days < EXPIRES_SOON {
        result = result.warn(
            format!("The server's certificate expires in {days} days, on {}.", certificate.until.format("%Y-%m-%d")),
            "Renew it at the server; on RDS: aws rds modify-db-instance --ca-certificate-identifier rds-ca-rsa2048-g1",
        );
    }
    result
}

/// The described parts of a certificate.
#[derive(Debug, PartialEq, Eq)]
struct Certificate {
    subject: String,
    issuer: String,
    names: Vec<String>,
    until: DateTime<Utc>,
}

impl Certificate {
    fn read(der: &[u8]) -> Option<Self> {
        let certificate = X509::from_der(der).ok()?;
        let names = certificate.subject_alt_names().into_iter().flatten();
        let of = |name: GeneralName| name.dnsname().map(str::to_owned).or_else(|| address(name.ipaddress()?));
        // OpenSSL only provides the difference of two times.
        let epoch = Asn1Time::from_unix(0).ok()?;
        let distance = epoch.diff(certificate.not_after()).ok()?;
        let seconds = i64::from(distance.days) * 86_400 + i64::from(distance.secs);
        Some(Self {
            subject: common_name(certificate.subject_name()),
            issuer: common_name(certificate.issuer_name()),
            names: names.filter_map(of).collect(),
            until: DateTime::from_timestamp(seconds, 0)?,
        })
    }

    fn names(&self) -> String {
        if self.names.is_empty() { self.subject.clone() } else { self.names.join(", ") }
    }
}

fn common_name(name: &X509NameRef) -> String {
    let common = name.entries_by_nid(Nid::COMMONNAME).next().and_then(|name| name.data().to_string().ok());
    common.unwrap_or_else(|| "nobody".to_owned())
}

fn address(bytes: &[u8]) -> Option<String> {
    let v4 = <[u8; 4]>::try_from(bytes).map(|bytes| std::net::IpAddr::from(bytes).to_string());
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(|bytes| std::net::IpAddr::from(bytes).to_string())).ok()
}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (names, issuer, until) = (self.names(), &self.issuer, self.until.format("%Y-%m-%d"));
        write!(f, "issued to {names} by {issuer}, until {until}")
    }
}
