//! Sets: several files that appear as one.

mod deadline;
mod equality;
mod manifest;
mod partitions;
mod sizes;

use std::fs::File;
use std::path::{Path, PathBuf};

use devstack::Postgres;
use parquet::file::reader::SerializedFileReader;
use serde_json::Value;

use crate::command_line::{body, locally, output, status, without_aws};
use crate::readers::unpacked;

/// A file of a set.
struct OneFile {
    /// Its path within the set.
    path: String,
    bytes: Vec<u8>,
}

/// A set on this machine.
struct Set {
    folder: PathBuf,
    manifest: Value,
    /// The files that the manifest names.
    files: Vec<OneFile>,
}

/// Writes a set into the folder `name` with these flags, and returns the answer's body and the set.
fn extract(postgres: &Postgres, folder: &Path, name: &str, flags: &[&str]) -> (Value, Set) {
    let into = format!("{name}/");
    let flags = locally(&[&["--output", &into], flags].concat());
    let answer = output(without_aws(postgres, folder, &flags));
    let body = body(&answer);
    assert_eq!(status(&answer), 0, "{flags:?}: {body}");
    let set = Set::read(&folder.join(name));
    assert_eq!(body["files"], set.files.len(), "{body}");
    assert_eq!(body["recordsProcessed"], set.manifest["rows"], "{body}");
    (body, set)
}

impl Set {
    /// Reads a set, in which there is nothing but what the manifest says, and nothing is missing.
    fn read(folder: &Path) -> Self {
        let manifest = std::fs::read(folder.join("_manifest.json")).expect("a manifest");
        let manifest: Value = serde_json::from_slice(&manifest).expect("JSON");
        assert_eq!(std::fs::read(folder.join("_SUCCESS")).expect("a file"), b"");
        let listed = manifest["files"].as_array().expect("a list");
        let text = |file: &Value| file["path"].as_str().expect("a path").to_owned();
        let files: Vec<_> = listed
            .iter()
            .map(|file| {
                let bytes = std::fs::read(folder.join(text(file))).expect("a file");
                assert_eq!(file["bytes"], bytes.len(), "{file}");
                OneFile { path: text(file), bytes }
            })
            .collect();
        let sum = |name: &str| listed.iter().map(|file| file[name].as_u64().expect("a number")).sum::<u64>();
        assert_eq!(
            (manifest["rows"].as_u64(), manifest["bytes"].as_u64()),
            (Some(sum("rows")), Some(sum("bytes")))
        );
        let mut expected: Vec<_> = files.iter().map(|file| file.path.clone()).collect();
        expected.extend(["_SUCCESS".to_owned(), "_manifest.json".to_owned()]);
        expected.sort();
        assert_eq!(paths(folder), expected);
        Self { folder: folder.to_owned(), manifest, files }
    }

    /// Returns the rows of each file, by its path.
    fn rows_by_file(&self, compression: &str) -> Vec<(String, Vec<String>)> {
        self.files
            .iter()
            .map(|file| (file.path.clone(), rows(&self.folder.join(&file.path), compression)))
            .collect()
    }

    /// Returns the rows of all files, in an order of their own.
    fn rows(&self, compression: &str) -> Vec<String> {
        let mut rows: Vec<_> =
            self.rows_by_file(compression).into_iter().flat_map(|(_, rows)| rows).collect();
        rows.sort_unstable();
        rows
    }
}

/// Returns the rows of a file as texts: of CSV, whose cells have no line breaks here, the lines after the header.
fn rows(file: &Path, compression: &str) -> Vec<String> {
    let name = file.to_str().expect("UTF-8");
    if name.ends_with(".parquet") {
        let reader = SerializedFileReader::new(File::open(file).expect("a file")).expect("a Parquet file");
        return reader.into_iter().map(|row| row.expect("a row").to_string()).collect();
    }
    let text = unpacked(std::fs::read(file).expect("a file"), compression);
    let text = String::from_utf8(text).expect("UTF-8");
    let header = usize::from(name.contains(".csv"));
    text.lines().skip(header).map(str::to_owned).collect()
}

/// Returns the paths of all files in a folder, sorted.
fn paths(folder: &Path) -> Vec<String> {
    fn collect(folder: &Path, before: &str, paths: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let entry = entry.expect("an entry");
            let path = format!("{before}{}", entry.file_name().to_str().expect("UTF-8"));
            if entry.path().is_dir() {
                collect(&entry.path(), &format!("{path}/"), paths);
            } else {
                paths.push(path);
            }
        }
    }
    let mut paths = Vec::new();
    collect(folder, "", &mut paths);
    paths.sort();
    paths
}
