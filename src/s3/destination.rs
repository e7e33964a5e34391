//! Where the object goes, and what its name becomes when that is taken.

/// S3's limit.
const MAX_KEY_BYTES: usize = 1_024;

/// What happens when an object of the wanted name exists. It is never overwritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IfExists {
    /// The new object gets a suffix from the request id.
    #[default]
    Suffix,
    /// The extraction fails as `ObjectExists`.
    Fail,
    /// Nothing is written; the answer is the object that is there.
    Skip,
}

/// Where the object goes and what it is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// Name of the bucket.
    pub bucket: String,
    /// Account that must own the bucket; sent as `ExpectedBucketOwner` with every request.
    pub bucket_owner: Option<String>,
    /// The wanted key.
    pub key: ObjectKey,
    /// What happens when it is taken.
    pub if_exists: IfExists,
    /// KMS key to encrypt with; `None`: as the bucket does it.
    pub kms_key_id: Option<String>,
    /// `Content-Type` of the object.
    pub content_type: String,
    /// `Content-Encoding` of the object.
    pub content_encoding: Option<String>,
    /// Id of this extraction: source of suffixes, and kept as metadata `extraction-id`, by which a lost answer's
    /// object is recognised.
    pub request_id: String,
    /// How many names were tried before: 0 is the wanted key itself.
    pub tries: u32,
}

impl Destination {
    /// A CSV object under `key` with the defaults of everything else.
    pub fn csv(bucket: impl Into<String>, key: ObjectKey, request_id: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into(),
            bucket_owner: None,
            key,
            if_exists: IfExists::default(),
            kms_key_id: None,
            content_type: "text/csv; charset=utf-8".to_owned(),
            content_encoding: None,
            request_id: request_id.into(),
            tries: 0,
        }
    }

    /// The key of the current try.
    pub fn current_key(&self) -> String {
        match self.tries {
            0 => self.key.plain(),
            tries => self.key.suffixed(&suffix(&self.request_id, tries)),
        }
    }

    /// The same destination under the next name.
    #[must_use]
    pub fn next_name(mut self) -> Self {
        self.tries += 1;
        self
    }
}

/// A suffix for the `tries`th name after the wanted one: first eight characters of the request id, then all of it,
/// then a number behind it.
fn suffix(request_id: &str, tries: u32) -> String {
    let id: String = request_id.chars().filter(char::is_ascii_alphanumeric).collect();
    match tries {
        1 if id.len() > 8 => id[..8].to_owned(),
        0..=2 => id,
        _ => format!("{id}-{}", tries - 1),
    }
}

/// An object key in the pieces that a suffix goes between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectKey {
    stem: String,
    extension: String,
}

impl ObjectKey {
    /// Takes a whole key apart, so that a suffix can go before the extension of its last name.
    ///
    /// ```
    /// use rds_data_extractor::s3::ObjectKey;
    ///
    /// let key = ObjectKey::named("exports/users/data_export_20241225_143022.csv");
    /// assert_eq!(key.suffixed("8f14e45f"), "exports/users/data_export_20241225_143022_8f14e45f.csv");
    /// ```
    pub fn named(key: &str) -> Self {
        let bare = key.strip_suffix(".gz").or_else(|| key.strip_suffix(".zst")).unwrap_or(key);
        let base = bare.rfind('/').map_or(0, |slash| slash + 1);
        let dot = bare[base..].rfind('.').filter(|dot| *dot > 0).map_or(bare.len(), |dot| base + dot);
        let (stem, extension) = key.split_at(dot);
        Self { stem: stem.to_owned(), extension: extension.to_owned() }
    }

    /// The wanted key.
    pub fn plain(&self) -> String {
        format!("{}{}", self.stem, self.extension)
    }

    /// The key with `suffix` before the extension, its stem cut where it would get too long for S3.
    pub fn suffixed(&self, suffix: &str) -> String {
        let room = MAX_KEY_BYTES.saturating_sub(1 + suffix.len() + self.extension.len());
        let mut end = self.stem.len().min(room);
        while !self.stem.is_char_boundary(end) {
            end -= 1;
        }
        format!("{}_{suffix}{}", &self.stem[..end], self.extension)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "8f14e45f-ceea-467f-9575-0d1fa1e3b7a2";

    #[test]
    fn suffixes_go_before_the_extension_and_grow() {
        let mut destination = Destination::csv("b", ObjectKey::named("p/daily.csv.gz"), ID);
        let mut keys = Vec::new();
        for _ in 0..4 {
            keys.push(destination.current_key());
            destination = destination.next_name();
        }
        let full = "8f14e45fceea467f95750d1fa1e3b7a2";
        assert_eq!(keys[..2], ["p/daily.csv.gz", "p/daily_8f14e45f.csv.gz"]);
        assert_eq!(keys[2..], [format!("p/daily_{full}.csv.gz"), format!("p/daily_{full}-2.csv.gz")]);
    }

    #[test]
    fn a_suffix_never_makes_a_key_too_long() {
        let key = ObjectKey::named(&format!("{}é.csv", "x".repeat(1_018)));
        assert_eq!(key.suffixed("8f14e45f"), format!("{}_8f14e45f.csv", "x".repeat(1_011)));
    }

    #[test]
    fn extensions_of_odd_names() {
        let suffixed = |name| ObjectKey::named(name).suffixed("x");
        assert_eq!(suffixed("plain"), "plain_x");
        assert_eq!(suffixed("v1.2/plain"), "v1.2/plain_x");
        assert_eq!(suffixed(".csv"), ".csv_x");
        assert_eq!(suffixed("a.b.txt"), "a.b_x.txt");
        assert_eq!(suffixed("ünï.csv.zst"), "ünï_x.csv.zst");
        assert_eq!(suffixed(".gz"), "_x.gz");
    }
}
