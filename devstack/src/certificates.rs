//! Certificate authorities, and valid and invalid server certificates.

use std::time::{Duration, SystemTime};

use anyhow::Result;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

/// A certificate authority with a new key.
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
    /// Creates an authority with this common name.
    ///
    /// # Errors
    /// Fails if the system's random number generator fails.
    pub fn new(name: &str) -> Result<Self> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate()?;
        let pem = params.self_signed(&key)?.pem();
        Ok(Self { issuer: Issuer::new(params, key), pem })
    }

    /// Returns the authority's own certificate, which clients have to trust, as PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Issues a valid certificate for these names and addresses.
    ///
    /// # Errors
    /// Fails if a name is not allowed in a certificate.
    pub fn issue(&self, names: &[&str]) -> Result<ServerCertificate> {
        self.sign(&server(names)?)
    }

    /// Issues a certificate for these names that expired years ago.
    ///
    /// # Errors
    /// Fails if a name is not allowed in a certificate.
    pub fn issue_expired(&self, names: &[&str]) -> Result<ServerCertificate> {
        let mut params = server(names)?;
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
        self.sign(&params)
    }

    /// Issues a certificate for these names that expires in this many days.
    ///
    /// # Errors
    /// Fails if a name is not allowed in a certificate.
    pub fn issue_for_days(&self, names: &[&str], days: u64) -> Result<ServerCertificate> {
        let mut params = server(names)?;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
        params.not_after = date_time_ymd(1970, 1, 1) + now + Duration::from_secs(days * 86_400);
        self.sign(&params)
    }

    /// Issues a certificate for a client with this name, which PostgreSQL compares with the user.
    ///
    /// # Errors
    /// Fails if the name is not allowed in a certificate.
    pub fn issue_client(&self, name: &str) -> Result<ServerCertificate> {
        let mut params = server(&[name])?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(&params)
    }

    fn sign(&self, params: &CertificateParams) -> Result<ServerCertificate> {
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?.pem();
        Ok(ServerCertificate { certificate, key: key.serialize_pem() })
    }
}

impl ServerCertificate {
    /// Creates a self-signed certificate for these names.
    ///
    /// # Errors
    /// Fails if a name is not allowed in a certificate.
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
