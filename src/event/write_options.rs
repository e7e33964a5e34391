//! The operator's variables that set how objects are written. No field of an event overrides them.

use crate::fields::{Fields, boolean, one_of};
use crate::form;
use crate::job::{Encryption, WriteOptions};

type OfKey = fn(Option<String>) -> Encryption;

const ALGORITHMS: &[(&str, OfKey)] =
    &[("AES256", |_| Encryption::S3), ("aws:kms", Encryption::Kms), ("aws:kms:dsse", Encryption::KmsDsse)];

/// The storage classes of general purpose buckets, without those of Outposts, Snow and directory buckets.
const STORAGE_CLASSES: [&str; 8] = [
    "STANDARD",
    "STANDARD_IA",
    "INTELLIGENT_TIERING",
    "ONEZONE_IA",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
    "REDUCED_REDUNDANCY",
];

const ACLS: [&str; 7] = [
    "private",
    "bucket-owner-full-control",
    "bucket-owner-read",
    "authenticated-read",
    "aws-exec-read",
    "public-read",
    "public-read-write",
];

/// Reads the variables `S3_SSE`, `S3_KMS_KEY_ID`, `S3_STORAGE_CLASS`, `S3_TAGS`, `S3_ACL` and `S3_PAYLOAD_SIGNING`.
pub(super) fn read(fields: &mut Fields<'_>) -> WriteOptions {
    let name = |names: &'static [&'static str]| {
        move |text: &str| one_of(&names.iter().map(|name| (*name, *name)).collect::<Vec<_>>(), text)
    };
    let kms_key_id = fields.variable("S3_KMS_KEY_ID", form::kms_key);
    let algorithm = fields.variable("S3_SSE", |text| one_of(ALGORITHMS, text));
    let encryption = match (algorithm, kms_key_id) {
        (None, None) => None,
        (None, key) => Some(Encryption::Kms(key)),
        (Some(of_key), key) => Some(of_key(key)),
    };
    if encryption == Some(Encryption::S3) && fields.has_variable("S3_KMS_KEY_ID") {
        fields.mistakes.add(
            "The variables `S3_SSE` and `S3_KMS_KEY_ID` contradict each other: AES256 takes no key; use aws:kms or \
             aws:kms:dsse, or leave the key out.",
        );
    }
    WriteOptions {
        encryption,
        storage_class: fields.variable("S3_STORAGE_CLASS", name(&STORAGE_CLASSES)),
        tags: fields.variable("S3_TAGS", form::tags),
        acl: fields.variable("S3_ACL", name(&ACLS)),
        sign_payload: fields.variable("S3_PAYLOAD_SIGNING", boolean).unwrap_or(false),
    }
}
