//! The key of an object, and what errors and logs call it.

use std::fmt;
use std::sync::Arc;

/// The key of an object. The keys of a set's files hold cells' values (`country=DE/`), so errors and logs name
/// the set's folder instead.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Key {
    key: String,
    folder: Option<Arc<str>>,
}

impl Key {
    /// Returns a key that may be shown.
    pub(super) fn new(key: impl Into<String>) -> Self {
        Self { key: key.into(), folder: None }
    }

    /// Returns the key of a file in the folder of a set, which ends with a slash.
    pub(super) fn in_folder(folder: &Arc<str>, path: &str) -> Self {
        Self { key: format!("{folder}{path}"), folder: Some(Arc::clone(folder)) }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.key
    }

    /// Returns what errors and logs call it.
    pub(super) fn shown(&self) -> &str {
        self.folder.as_deref().unwrap_or(&self.key)
    }

    /// Returns the folder of the set to which it belongs.
    pub(super) fn folder(&self) -> Option<&str> {
        self.folder.as_deref()
    }

    /// Removes from a message of S3 what follows the folder, up to the quote after it.
    pub(super) fn hide(&self, message: String) -> String {
        let Some(folder) = self.folder.as_deref().filter(|folder| !folder.is_empty()) else { return message };
        let mut pieces = message.split(folder);
        let mut hidden = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            hidden.push_str(folder);
            hidden.push_str(piece.find('"').map_or("", |quote| &piece[quote..]));
        }
        hidden
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.shown(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_s3_keeps_the_folder_of_a_set_and_nothing_of_what_is_in_it() {
        let key = Key::in_folder(&"exports/orders/".into(), "city=New York/part-00000-1.csv");
        let arn = "arn:aws:s3:::b/exports/orders/";
        for (message, hidden) in [
            (
                format!("denied: s3:PutObject on \"{arn}city=New York/part-00000-1.csv\" because no policy"),
                format!("denied: s3:PutObject on \"{arn}\" because no policy"),
            ),
            (format!("no {arn}city=New York/x here"), format!("no {arn}")),
            ("Access Denied".to_owned(), "Access Denied".to_owned()),
        ] {
            assert_eq!(key.hide(message), hidden);
        }
        assert_eq!(format!("{key:?} {}", key.shown()), "\"exports/orders/\" exports/orders/");
        assert_eq!(Key::new("a/b").hide("no a/b".to_owned()), "no a/b");
    }
}
