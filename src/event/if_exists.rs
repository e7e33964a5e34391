//! Reads what happens if the name is taken.

use super::fields;
use crate::fields::{Fields, one_of};
use crate::job::{IfExists, IfFileExists};

const OF_OBJECT: &[(&str, IfExists)] =
    &[("suffix", IfExists::Suffix), ("fail", IfExists::Fail), ("skip", IfExists::Skip)];
const OF_FILE: &[(&str, IfFileExists)] = &[
    ("suffix", IfFileExists::Suffix),
    ("fail", IfFileExists::Fail),
    ("skip", IfFileExists::Skip),
    ("overwrite", IfFileExists::Overwrite),
];

/// Reads `ifExists` for an object, which is never overwritten.
pub(super) fn of_object(fields: &mut Fields<'_>) -> IfExists {
    let read = fields.text(fields::IF_EXISTS, |text| match text {
        "overwrite" => {
            Err("must be one of suffix, fail, skip: overwrite is for local files (--output) only".to_owned())
        }
        text => one_of(OF_OBJECT, text),
    });
    read.value().unwrap_or(IfExists::Suffix)
}

/// Reads `ifExists` for a local file. By default the extraction fails, since the file will be read under
/// exactly the name given.
///
/// A set never replaces another one, which could not be done at once.
pub(super) fn of_file(fields: &mut Fields<'_>, is_set: bool) -> IfFileExists {
    let read = fields.text(fields::IF_EXISTS, |text| match text {
        "overwrite" if is_set => {
            Err("must be one of suffix, fail, skip: overwrite is for a single file only".to_owned())
        }
        text => one_of(OF_FILE, text),
    });
    read.value().unwrap_or(IfFileExists::Fail)
}
