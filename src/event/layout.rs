//! Reads whether the rows become one file or a set, and how they are distributed among its files.

use std::ops::RangeInclusive;

use serde_json::value::RawValue;

use super::size::{TB, size};
use super::{fields, values};
use crate::fields::{Field, Fields, Read, Source, one_of};
use crate::job::{Layout, LocalOutput, SetOptions};

/// The sizes that a file may have: that of the smallest part that S3 takes, and that of its largest object.
const SIZES: RangeInclusive<u64> = 5 << 20..=50 * TB;
const SIZE: &str = "must be a size from 5MiB to 50TB, such as 256MiB, 1GB or a number of bytes";
const STRING: &str = "a string";

/// The other manifests that a set can have. `true` stands for that of Redshift.
const MANIFESTS: &[(&str, bool)] = &[("redshift", true)];

/// Reads `maxFileSize`, `partitionBy` and `manifest`. `output` is an output on this machine, if the rows go there,
/// `is_folder` says whether its name ends as that of a folder, and `has_tables` whether several tables are exported.
pub(super) fn read(
    fields: &mut Fields<'_>,
    output: Option<&LocalOutput>,
    is_folder: bool,
    has_tables: bool,
) -> Layout {
    let asked = fields.text_or_number(fields::MAX_FILE_SIZE, |text| size(text, &SIZES, SIZE));
    // The variable is for every event, and does not turn a file that somebody names into a set.
    let fits =
        |source: &Source| matches!(source, Source::Field(_)) || output.is_none() || is_folder || has_tables;
    let max_file_size = match asked {
        Read::Given(size, source) if fits(&source) => Some(size),
        _ => None,
    };
    let partition_by = columns(fields);
    let is_set = max_file_size.is_some() || !partition_by.is_empty() || has_tables;
    if is_set && output == Some(&LocalOutput::Stdout) {
        fields.mistakes.add(
            "A set of files (`maxFileSize`, `partitionBy`, `tables`) cannot go to standard output: give --output FOLDER/.",
        );
    }
    let redshift = manifest(fields, output.is_some(), is_set);
    if is_set { Layout::Set(SetOptions { max_file_size, partition_by, redshift }) } else { Layout::File }
}

fn columns(fields: &mut Fields<'_>) -> Vec<String> {
    let elements = fields.array(fields::PARTITION_BY).unwrap_or_default();
    let columns = strings(fields, fields::PARTITION_BY, elements, STRING, values::column);
    for (index, column) in columns.iter().enumerate() {
        if columns[..index].contains(column) {
            fields.mistakes.add(format!("`partitionBy[{index}]` names a column that comes before."));
        }
    }
    columns
}

fn manifest(fields: &mut Fields<'_>, is_local: bool, is_set: bool) -> bool {
    let elements = fields.array(fields::MANIFEST).unwrap_or_default();
    let wanted = strings(fields, fields::MANIFEST, elements, STRING, |text| one_of(MANIFESTS, text));
    if !wanted.is_empty() && is_local {
        fields.wrong(fields::MANIFEST, "is for sets in S3, of which it has the addresses: leave it out");
    } else if !wanted.is_empty() && !is_set {
        fields.wrong(fields::MANIFEST, "is for sets of files: add `maxFileSize`, `partitionBy` or `tables`");
    }
    wanted.contains(&true)
}

/// Reads the elements of an array as strings that `check` accepts. What is no string is told that it `must_be` one.
pub(super) fn strings<T>(
    fields: &mut Fields<'_>,
    field: Field,
    elements: Vec<&RawValue>,
    must_be: &str,
    check: impl Fn(&str) -> Result<T, String>,
) -> Vec<T> {
    let mut strings = Vec::new();
    for (index, element) in elements.into_iter().enumerate() {
        let text: Option<String> = serde_json::from_str(element.get()).ok();
        match text.map_or_else(|| Err(format!("must be {must_be}")), |text| check(&text)) {
            Ok(string) => strings.push(string),
            Err(what) => fields.wrong_element(field, index, &what),
        }
    }
    strings
}
