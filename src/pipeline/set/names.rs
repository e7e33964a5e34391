//! The names of a set's files.

use std::collections::HashMap;

use crate::error::{Error, ErrorType, Result, Stage};

/// The maximum number of files.
const MOST_FILES: u32 = 100_000;
/// The length of the part of the id that stands in names.
const ID: usize = 8;

/// Numbers the files of each folder.
pub(super) struct FileNames {
    /// What follows the number in the names of all files: `-1a2b3c4d.csv.gz`.
    ending: String,
    /// How many files each folder has.
    folders: HashMap<String, u32>,
    /// How many files all folders have.
    files: u32,
}

impl FileNames {
    /// Creates the names of files with this extension. `id` is that of the extraction.
    pub(super) fn new(id: &str, extension: &str) -> Self {
        let id: String = id.chars().filter(char::is_ascii_alphanumeric).take(ID).collect();
        Self { ending: format!("-{id}{extension}"), folders: HashMap::new(), files: 0 }
    }

    /// Returns the path of the next file of a folder, which is empty or ends with a slash.
    ///
    /// # Errors
    /// `UploadFailed` if there are too many files.
    pub(super) fn next(&mut self, folder: String) -> Result<String> {
        if self.files == MOST_FILES {
            return Err(too_many());
        }
        self.files += 1;
        let number = self.folders.get(&folder).copied().unwrap_or_default();
        let path = format!("{folder}part-{number:05}{}", self.ending);
        self.folders.insert(folder, number + 1);
        Ok(path)
    }
}

fn too_many() -> Error {
    Error::new(
        ErrorType::UploadFailed,
        Stage::Upload,
        format!("The set would have more than {MOST_FILES} files."),
    )
    .with_retryable(false)
    .with_hint(
        "Order the query by the columns of partitionBy (ORDER BY), so that each partition is one file; partition by fewer \
         columns or coarser values; or let files be larger (maxFileSize).",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_folder_counts_from_0() {
        let mut names = FileNames::new("8f14e45f-ceea-467f-9575-0d1fa1e3b7a2", ".csv.gz");
        let mut next = |folder: &str| names.next(folder.to_owned()).unwrap();
        assert_eq!(next(""), "part-00000-8f14e45f.csv.gz");
        assert_eq!(next("a=1/"), "a=1/part-00000-8f14e45f.csv.gz");
        assert_eq!(next(""), "part-00001-8f14e45f.csv.gz");
        assert_eq!(next("a=2/"), "a=2/part-00000-8f14e45f.csv.gz");
        assert_eq!(FileNames::new("m-1", "").next(String::new()).unwrap(), "part-00000-m1");
    }

    #[test]
    fn too_many_files_are_no_affair_of_a_repetition() {
        let mut names = FileNames::new("id", ".csv");
        for number in 0..MOST_FILES {
            names.next(format!("k={}/", number % 7)).unwrap();
        }
        let error = names.next("k=1/".to_owned()).unwrap_err();
        assert_eq!(error.message, "The set would have more than 100000 files.");
        assert!(!error.retryable && error.hint.contains("ORDER BY"), "{error:?}");
    }
}
