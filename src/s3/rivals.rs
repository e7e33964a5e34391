//! Other uploads of the same key.

use aws_smithy_types::DateTime;

use super::bucket::Bucket;
use super::errors::Failure;

/// A rival that opened its upload or completed a part within this many seconds is considered alive. One that
/// has been silent for longer was most likely killed, and must not block the first retry of an event, which
/// comes after a minute. If it is alive nevertheless, the conditional write decides.
const SIGN_OF_LIFE: i64 = 45;

/// An upload of the wanted key, ours or a rival's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rival {
    pub(super) id: String,
    pub(super) initiated: DateTime,
}

impl Rival {
    /// Returns whether a sign of life shortly before `now` is known.
    pub(super) async fn is_alive(&self, bucket: &Bucket, key: &str, now: DateTime) -> bool {
        self.gives_signs_of_life(bucket, key, now).await == Some(true)
    }

    /// Returns whether there is a sign of life shortly before `now`, or `None` if S3 does not list the parts.
    pub(super) async fn gives_signs_of_life(
        &self,
        bucket: &Bucket,
        key: &str,
        now: DateTime,
    ) -> Option<bool> {
        let since = now.secs() - SIGN_OF_LIFE;
        if self.initiated.secs() >= since {
            return Some(true);
        }
        let parts = bucket.client.list_parts().bucket(&bucket.name).key(key).upload_id(&self.id);
        let mut pages = parts.set_expected_bucket_owner(bucket.owner.clone()).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = match page.map_err(|error| Failure::new("ListParts", &error)) {
                Ok(page) => page,
                // It has ended meanwhile.
                Err(failure) if failure.is(404) => return Some(false),
                Err(_) => return None,
            };
            if page.parts().iter().any(|part| part.last_modified().is_some_and(|time| time.secs() >= since)) {
                return Some(true);
            }
        }
        Some(false)
    }
}

/// Returns the uploads of exactly `key`, or `None` if S3 refuses to list them. Longer keys come later in S3's
/// order, so the first page has them all.
pub(super) async fn uploads(bucket: &Bucket, key: &str) -> Option<Vec<Rival>> {
    let list = bucket.client.list_multipart_uploads().bucket(&bucket.name).prefix(key);
    let listed = list.set_expected_bucket_owner(bucket.owner.clone()).send().await.ok()?;
    let of_key = listed.uploads().iter().filter(|upload| upload.key() == Some(key));
    Some(
        of_key
            .filter_map(|upload| {
                Some(Rival { id: upload.upload_id()?.to_owned(), initiated: *upload.initiated()? })
            })
            .collect(),
    )
}
