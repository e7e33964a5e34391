//! Where the object goes, and what its name becomes when that is taken.

use crate::event::{IfExists, MAX_KEY_BYTES};

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
    /// A CSV object under `key`, with a suffix if that is taken, and with no wishes beyond.
    pub fn csv(bucket: impl Into<String>, key: &str, request_id: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into(),
            bucket_owner: None,
            key: ObjectKey::new(key),
            if_exists: IfExists::Suffix,
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
pub(crate) fn suffix(request_id: &str, tries: u32) -> String {
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
    /// Takes a whole key apart. The extension begins at the last dot of the file name, or at the one before if
    /// that is `.gz` or `.zst`.
    ///
    /// ```
    /// use rds_data_extractor::s3::ObjectKey;
    ///
    /// let key = ObjectKey::new("exports/users/data_export_20241225_143022.csv.gz");
    /// assert_eq!(key.suffixed("8f14e45f"), "exports/users/data_export_20241225_143022_8f14e45f.csv.gz");
    /// ```
    pub fn new(key: &str) -> Self {
        let bare = key.strip_suffix(".gz").or_else(|| key.strip_suffix(".zst")).unwrap_or(key);
        let start = bare.rfind('/').map_or(0, |slash| slash + 1);
        let dot = bare[start..].rfind('.').filter(|dot| *dot > 0).map_or(bare.len(), |dot| start + dot);
        let (stem, extension) = key.split_at(dot);
        Self { stem: stem.to_owned(), extension: extension.to_owned() }
    }

    /// The wanted key.
    pub fn plain(&self) -> String {
        format!("{}{}", self.stem, self.extension)
    }

    /// The key with `suffix` before the extension; a stem that leaves no room for it is cut.
    pub fn suffixed(&self, suffix: &str) -> String {
        let room = MAX_KEY_BYTES.saturating_sub(self.extension.len() + 1 + suffix.len());
        let stem = &self.stem[..self.stem.floor_char_boundary(room)];
        format!("{stem}_{suffix}{}", self.extension)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "8f14e45f-ceea-467f-9575-0d1fa1e3b7a2";

    #[test]
    fn suffixes_go_before_the_extension_and_grow() {
        let mut destination = Destination::csv("b", "p/daily.csv.gz", ID);
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
    fn extensions_of_odd_names() {
        let suffixed = |name| ObjectKey::new(name).suffixed("x");
        assert_eq!(suffixed("plain"), "plain_x");
        assert_eq!(suffixed("v1.2/plain"), "v1.2/plain_x");
        assert_eq!(suffixed(".csv"), ".csv_x");
        assert_eq!(suffixed("a.b.txt"), "a.b_x.txt");
        assert_eq!(suffixed("ünï.csv.zst"), "ünï_x.csv.zst");
        assert_eq!(suffixed(".gz"), "_x.gz");
    }

    #[test]
    fn a_suffix_finds_room_in_the_longest_key() {
        let key = format!("{}ü.csv", "k".repeat(MAX_KEY_BYTES - 6));
        let suffixed = ObjectKey::new(&key).suffixed("12345678");
        assert!(suffixed.ends_with("k_12345678.csv"), "{suffixed}");
        assert_eq!(suffixed.len(), MAX_KEY_BYTES);
    }
}
