//! The options with which an object is written.

/// The options with which an object is written, as a bucket's policy or the readers of the file require them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct WriteOptions {
    /// Server-side encryption; `None` uses that of the bucket.
    pub encryption: Option<Encryption>,
    /// The storage class by S3's name; `None` is `STANDARD`.
    pub storage_class: Option<&'static str>,
    /// The object's tags, encoded as the query of a URL.
    pub tags: Option<String>,
    /// The canned ACL by S3's name; `None` is `private`.
    pub acl: Option<&'static str>,
    /// Whether requests sign their payload, for buckets that refuse `UNSIGNED-PAYLOAD`.
    pub sign_payload: bool,
}

/// Server-side encryption. Without a KMS key, the bucket's default key is used.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Encryption {
    /// With keys of S3 (SSE-S3).
    S3,
    /// With a KMS key (SSE-KMS).
    Kms(Option<String>),
    /// In two layers with a KMS key (DSSE-KMS).
    KmsDsse(Option<String>),
}

impl Encryption {
    /// Returns the algorithm by S3's name.
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::S3 => "AES256",
            Self::Kms(_) => "aws:kms",
            Self::KmsDsse(_) => "aws:kms:dsse",
        }
    }

    /// Returns the KMS key, if one is given.
    pub fn kms_key_id(&self) -> Option<&str> {
        match self {
            Self::S3 => None,
            Self::Kms(key) | Self::KmsDsse(key) => key.as_deref(),
        }
    }
}
