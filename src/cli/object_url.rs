//! URLs of objects in S3.

use crate::form;
use crate::job::check_key;

/// What the URL of an object looks like, for errors.
pub(super) const OBJECT_URL: &str = "the URL of an object, like s3://BUCKET/KEY";

/// The bucket and the key of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ObjectUrl {
    pub(crate) bucket: String,
    pub(crate) key: String,
}

impl ObjectUrl {
    /// Splits `s3://BUCKET/KEY`; returns `None` for any other text. Nothing is checked.
    pub(super) fn split(text: &str) -> Option<Self> {
        const SCHEME: &str = "s3://";
        let begins = text.get(..SCHEME.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME));
        let (bucket, key) = begins.then(|| {
            let rest = &text[SCHEME.len()..];
            rest.split_once('/').unwrap_or((rest, ""))
        })?;
        Some(Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }

    /// Refuses what cannot be an object; the error continues a sentence that begins with the name of the flag, without a
    /// full stop.
    pub(super) fn checked(self) -> Result<Self, String> {
        form::bucket(&self.bucket).map_err(|what| format!("names a bucket that {what}"))?;
        if self.key.is_empty() || self.key.ends_with('/') {
            return Err(format!("must be {OBJECT_URL}, but names no object"));
        }
        check_key(&self.key)?;
        form::no_credentials(&self.key, OBJECT_URL)?;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::ObjectUrl;

    #[test]
    fn an_object_has_a_bucket_and_a_key() {
        let checked = |text: &str| ObjectUrl::split(text).map(ObjectUrl::checked);
        let object = ObjectUrl { bucket: "exports".to_owned(), key: "runs/1.json".to_owned() };
        assert_eq!(checked("s3://exports/runs/1.json"), Some(Ok(object.clone())));
        assert_eq!(checked("S3://exports/runs/1.json"), Some(Ok(object)));
        assert_eq!(checked("runs/1.json"), None);
        for wrong in
            ["s3://", "s3://exports", "s3://exports/", "s3://exports/runs/", "s3://Exports/1", "s3:///1"]
        {
            assert!(checked(wrong).is_some_and(|checked| checked.is_err()), "{wrong}");
        }
        let secret = checked("s3://reader:hunter2@exports/1").unwrap().unwrap_err();
        assert!(!secret.contains("hunter2"), "{secret}");
    }
}
