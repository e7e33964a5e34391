//! Where the object goes, and what its name becomes when that is taken.

use chrono::{DateTime, Utc};

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
    /// `{key_prefix}/{file_name_prefix}_{yyyyMMdd_HHmmss}{extension}`; `extension` has its dot (`.csv`, `.csv.gz`).
    ///
    /// ```
    /// use rds_data_extractor::s3::ObjectKey;
    ///
    /// let started = "2024-12-25T14:30:22Z".parse().unwrap();
    /// let key = ObjectKey::timestamped(Some("exports/users"), "data_export", started, ".csv");
    /// assert_eq!(key.plain(), "exports/users/data_export_20241225_143022.csv");
    /// ```
    pub fn timestamped(
        key_prefix: Option<&str>,
        file_name_prefix: &str,
        started: DateTime<Utc>,
        extension: &str,
    ) -> Self {
        let stem = format!("{file_name_prefix}_{}", started.format("%Y%m%d_%H%M%S"));
        Self { stem: below(key_prefix, &stem), extension: extension.to_owned() }
    }

    /// `{key_prefix}/{file_name}`, the name as it is.
    pub fn named(key_prefix: Option<&str>, file_name: &str) -> Self {
        let bare =
            file_name.strip_suffix(".gz").or_else(|| file_name.strip_suffix(".zst")).unwrap_or(file_name);
        let start = bare.rfind('/').map_or(0, |slash| slash + 1);
        let dot = bare[start..].rfind('.').filter(|dot| *dot > 0).map_or(bare.len(), |dot| start + dot);
        let (stem, extension) = file_name.split_at(dot);
        Self { stem: below(key_prefix, stem), extension: extension.to_owned() }
    }

    /// The wanted key.
    pub fn plain(&self) -> String {
        format!("{}{}", self.stem, self.extension)
    }

    /// The key with `suffix` before the extension.
    pub fn suffixed(&self, suffix: &str) -> String {
        format!("{}_{suffix}{}", self.stem, self.extension)
    }
}

fn below(key_prefix: Option<&str>, name: &str) -> String {
    match key_prefix {
        Some(prefix) if !prefix.is_empty() => format!("{prefix}/{name}"),
        _ => name.to_owned(),
    }
}

/// What the placeholders of an event's `fileName` stand for.
#[derive(Debug, Clone, Copy)]
pub struct FileNameTemplate<'a> {
    /// `{requestId}`
    pub request_id: &'a str,
    /// `{eventId}`
    pub event_id: &'a str,
    /// `{date}` (yyyyMMdd) and `{time}` (`HHmmss`), in UTC.
    pub started: DateTime<Utc>,
}

impl FileNameTemplate<'_> {
    /// `file_name` with its placeholders filled in. What they bring along is not searched again.
    pub fn fill(&self, file_name: &str) -> String {
        let mut filled = String::with_capacity(file_name.len() + 36);
        let mut rest = file_name;
        while let Some(open) = rest.find('{') {
            filled.push_str(&rest[..open]);
            rest = &rest[open..];
            let end = rest.find('}').map_or(rest.len(), |close| close + 1);
            match &rest[..end] {
                "{requestId}" => filled.push_str(self.request_id),
                "{eventId}" => filled.push_str(self.event_id),
                "{date}" => filled.push_str(&self.started.format("%Y%m%d").to_string()),
                "{time}" => filled.push_str(&self.started.format("%H%M%S").to_string()),
                _ => {
                    filled.push('{');
                    rest = &rest[1..];
                    continue;
                }
            }
            rest = &rest[end..];
        }
        filled + rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "8f14e45f-ceea-467f-9575-0d1fa1e3b7a2";

    fn started() -> DateTime<Utc> {
        "2024-12-25T14:30:22Z".parse().expect("a time")
    }

    #[test]
    fn without_a_prefix_the_object_lies_at_the_root() {
        for prefix in [None, Some("")] {
            let key = ObjectKey::timestamped(prefix, "data_export", started(), ".csv.gz");
            assert_eq!(key.plain(), "data_export_20241225_143022.csv.gz");
        }
    }

    #[test]
    fn suffixes_go_before_the_extension_and_grow() {
        let mut destination = Destination::csv("b", ObjectKey::named(Some("p"), "daily.csv.gz"), ID);
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
        let suffixed = |name| ObjectKey::named(None, name).suffixed("x");
        assert_eq!(suffixed("plain"), "plain_x");
        assert_eq!(suffixed("v1.2/plain"), "v1.2/plain_x");
        assert_eq!(suffixed(".csv"), ".csv_x");
        assert_eq!(suffixed("a.b.txt"), "a.b_x.txt");
        assert_eq!(suffixed("ünï.csv.zst"), "ünï_x.csv.zst");
        assert_eq!(suffixed(".gz"), "_x.gz");
    }

    #[test]
    fn placeholders_are_filled_once() {
        let template = FileNameTemplate { request_id: "{date}", event_id: "e-1", started: started() };
        assert_eq!(
            template.fill("{requestId}_{eventId}_{date}_{time}.csv"),
            "{date}_e-1_20241225_143022.csv"
        );
        assert_eq!(template.fill("{{date}}{other}{"), "{20241225}{other}{");
    }
}
