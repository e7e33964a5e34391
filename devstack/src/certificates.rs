//! A certificate authority of the run's own, and server certificates, good and odd ones.

use std::time::{Duration, SystemTime};

use anyhow::Result;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

/// A certificate authority, new in every run.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A server's certificate with its private key, both as PEM.
#[derive(Clone, Debug)]
pub struct ServerCertificate {
    /// The certificate.
    pub certificate: String,
    /// The private key (PKCS #8).
    pub key: String,
}

impl Authority {
    /// Makes an authority of that common name.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn new(name: &str) -> Result<Self> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate()?;
        let pem = params.self_signed(&key)?.pem();
        Ok(Self { issuer: Issuer::new(params, key), pem })
    }

    /// The authority's own certificate as PEM: what a client has to trust.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate for these names and addresses, valid now.
    ///
    /// # Errors
    /// When a name cannot stand in a certificate.
    pub fn issue(&self, names: &[&str]) -> Result<ServerCertificate> {
        self.sign(&server(names)?)
    }

    /// A certificate for these names that ran out years ago.
    ///
    /// # Errors
    /// When a name cannot stand in a certificate.
    pub fn issue_expired(&self, names: &[&str]) -> Result<ServerCertificate> {
        let mut params = server(names)?;
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
        self.sign(&params)
    }

    /// A certificate for these names that runs out in so many days.
    ///
    /// # Errors
    /// When a name cannot stand in a certificate.
    pub fn issue_for_days(&self, names: &[&str], days: u64) -> Result<ServerCertificate> {
        let mut params = server(names)?;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
        params.not_after = date_time_ymd(1970, 1, 1) + now + Duration::from_secs(days * 86_400);
        self.sign(&params)
    }

    fn sign(&self, params: &CertificateParams) -> Result<ServerCertificate> {
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?.pem();
        Ok(ServerCertificate { certificate, key: key.serialize_pem() })
    }
}

impl ServerCertificate {
    /// A certificate that vouches for itself.
    ///
    /// # Errors
    /// When a name cannot stand in a certificate.
    pub fn self_signed(names: &[&str]) -> Result<Self> {
        let key = KeyPair::generate()?;
        let certificate = server(names)?.self_signed(&key)?.pem();
        Ok(Self { certificate, key: key.serialize_pem() })
    }
}

fn server(names: &[&str]) -> Result<CertificateParams> {
    let mut params = CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    params.distinguished_name.push(DnType::CommonName, names.first().copied().unwrap_or("server"));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}
