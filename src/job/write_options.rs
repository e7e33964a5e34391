//! The options with which an object is written.

/// The options with which an object is written, as a bucket's policy or the readers of the file require them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct WriteOptions {
    /// Server-side encryption; `None`: as the bucket does it.
    pub encryption: Option<Encryption>,
    /// The storage class by S3's name; `None`: STANDARD.
    pub storage_class: Option<&'static str>,
    /// The object's tags, encoded as the query of a URL.
    pub tags: Option<String>,
    /// The canned ACL by S3's name; `None`: private.
    pub acl: Option<&'static str>,
    /// Whether requests sign their payload, for buckets that refuse `UNSIGNED-PAYLOAD`.
    pub sign_payload: bool,
}

/// Server-side encryption. A key of KMS that is not given is the bucket's default key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Encryption {
    /// With keys of S3's own (SSE-S3).
    S3,
    /// With a key of KMS (SSE-KMS).
    Kms(Option<String>),
    /// In two layers with a key of KMS (DSSE-KMS).
    KmsDsse(Option<String>),
}

impl Encryption {
    /// The algorithm by S3's name.
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::S3 => "AES256",
            Self::Kms(_) => "aws:kms",
            Self::KmsDsse(_) => "aws:kms:dsse",
        }
    }

    /// The key of KMS that is named.
    pub fn kms_key_id(&self) -> Option<&str> {
        match self {
            Self::S3 => None,
            Self::Kms(key) | Self::KmsDsse(key) => key.as_deref(),
        }
    }
}
