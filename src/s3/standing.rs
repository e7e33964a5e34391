//! What exists under a key after a request whose outcome is in doubt.

use super::bucket::{Bucket, Existing, Head};
use super::properties::Properties;

/// What exists under a key.
pub(super) enum Standing {
    /// The object that was written, with its `ETag` and the number of its parts, if S3 returned them.
    Ours {
        e_tag: Option<String>,
        parts: Option<u32>,
    },
    /// Another attempt of the same delivery wrote it.
    Delivered(Existing),
    Theirs(Existing),
    Nothing,
    Unknown,
}

/// Returns what exists under `key`, where an object of these properties, length and checksum was written.
pub(super) async fn standing(
    bucket: &Bucket,
    key: &str,
    properties: &Properties,
    bytes: u64,
    checksum: &str,
) -> Standing {
    let found = match bucket.head_with_checksum(key).await {
        Ok(Head::Missing) => return Standing::Nothing,
        Ok(Head::Unknown) | Err(_) => return Standing::Unknown,
        Ok(Head::Found(found)) => found,
    };
    let ours = properties.wrote(&found)
        && found.content_length() == Some(bytes as i64)
        && found.checksum_crc64_nvme().is_none_or(|theirs| theirs == checksum);
    if ours {
        let parts = found.parts_count().and_then(|parts| parts.try_into().ok());
        return Standing::Ours { e_tag: found.e_tag.clone(), parts };
    }
    let existing = bucket.existing(key, &found);
    if properties.delivered(&found) { Standing::Delivered(existing) } else { Standing::Theirs(existing) }
}
