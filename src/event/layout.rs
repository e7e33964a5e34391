//! Reads whether the rows become one file or a set, and how they are distributed among its files.

use serde_json::value::RawValue;

use super::{fields, values};
use crate::fields::{Field, Fields, Read, Source, one_of};
use crate::job::{Layout, LocalOutput, SetOptions};

/// The smallest size of a file: that of the smallest part that S3 takes.
const LEAST: u64 = 5 << 20;
/// The largest size of a file: that of the largest object in S3.
const MOST: u64 = 50 * TB;

const TB: u64 = 1_000_000_000_000;
const STRING: &str = "a string";
const SIZE: &str = "must be a size from 5MiB to 50TB, such as 256MiB, 1GB or a number of bytes";

/// The units of a size, in lower case.
const UNITS: &[(&str, u64)] = &[
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", TB),
    ("b", 1),
];

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
    let asked = fields.text_or_number(fields::MAX_FILE_SIZE, size);
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

/// Reads a size: a number of bytes, or of a unit.
fn size(text: &str) -> Result<u64, String> {
    let lower = text.to_ascii_lowercase();
    let unit = UNITS.iter().find_map(|(unit, bytes)| Some((lower.strip_suffix(unit)?, *bytes)));
    let (number, unit) = unit.unwrap_or((&lower, 1));
    let number = number.trim();
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
    let bytes = number.parse::<u64>().ok().filter(|_| is_number).and_then(|number| number.checked_mul(unit));
    bytes.filter(|bytes| (LEAST..=MOST).contains(bytes)).ok_or_else(|| SIZE.to_owned())
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
            Err(what) => fields.wrong_at(&Source::Field(format!("{}[{index}]", field.name)), &what),
        }
    }
    strings
}
