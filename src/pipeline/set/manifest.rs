//! The manifests of a set: our own, and the one that Redshift's COPY takes.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use percent_encoding::percent_decode_str;
use serde::ser::{Serialize, Serializer};
use serde_json::json;

use crate::response::TableOutcome;

/// The folder of rows whose column is NULL.
pub(super) const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// A file that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileEntry {
    /// The path within the set.
    pub(super) path: String,
    /// The index of its table.
    pub(super) table: usize,
    pub(super) rows: u64,
    pub(super) bytes: u64,
    /// The CRC-64/NVME, as S3 writes it.
    pub(super) crc64nvme: String,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) struct ManifestColumn {
    pub(super) name: String,
    /// The type, as PostgreSQL prints it.
    #[serde(rename = "type")]
    pub(super) type_name: String,
    /// The type in a Parquet file.
    #[serde(rename = "parquetType", skip_serializing_if = "Option::is_none")]
    pub(super) parquet_type: Option<String>,
    /// Whether its values are folders, and the files do not have it.
    #[serde(rename = "partition", skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_partition: bool,
}

/// What a manifest says beside the files.
pub(super) struct About<'a> {
    pub(super) request_id: &'a str,
    pub(super) format: &'a str,
    pub(super) compression: &'a str,
    pub(super) started: DateTime<Utc>,
    /// The tables, if there are several.
    pub(super) tables: &'a [TableOutcome],
    /// The columns of each table, or of the only query.
    pub(super) columns: Vec<&'a [ManifestColumn]>,
}

/// A table, as the manifest lists it.
#[derive(serde::Serialize)]
struct TableEntry<'a> {
    name: &'a str,
    rows: u64,
    files: u64,
    columns: &'a [ManifestColumn],
}

impl About<'_> {
    /// Returns `_manifest.json`. The files are in the order of their paths.
    pub(super) fn manifest(&self, files: &[FileEntry]) -> Bytes {
        #[derive(serde::Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Manifest<'a> {
            version: u32,
            request_id: &'a str,
            format: &'a str,
            compression: &'a str,
            started_at: String,
            finished_at: String,
            rows: u64,
            bytes: u64,
            #[serde(skip_serializing_if = "Option::is_none")]
            columns: Option<&'a [ManifestColumn]>,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            tables: Vec<TableEntry<'a>>,
            files: Files<'a>,
        }
        let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Millis, true);
        let partitions = self.columns.iter().copied().flatten().any(|column| column.is_partition);
        let tables = self.tables.iter().zip(&self.columns).map(|(table, columns)| TableEntry {
            name: &table.name,
            rows: table.rows,
            files: table.files,
            columns,
        });
        written(&Manifest {
            version: 1,
            request_id: self.request_id,
            format: self.format,
            compression: self.compression,
            started_at: time(self.started),
            finished_at: time(Utc::now()),
            rows: files.iter().map(|file| file.rows).sum(),
            bytes: files.iter().map(|file| file.bytes).sum(),
            columns: if self.tables.is_empty() { self.columns.first().copied() } else { None },
            tables: tables.collect(),
            files: Files { all: files, tables: self.tables, partitions },
        })
    }
}

/// Returns the manifest of Redshift's COPY for files in this folder, which ends with a slash.
pub(super) fn redshift(folder: &str, files: &[FileEntry]) -> Bytes {
    #[derive(serde::Serialize)]
    struct Manifest<'a> {
        entries: Entries<'a>,
    }
    struct Entries<'a>(&'a str, &'a [FileEntry]);
    impl Serialize for Entries<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let Self(folder, files) = self;
            serializer.collect_seq(files.iter().map(|file| {
                json!({
                    "url": format!("{folder}{}", file.path),
                    "mandatory": true,
                    "meta": {"content_length": file.bytes},
                })
            }))
        }
    }
    written(&Manifest { entries: Entries(folder, files) })
}

/// The files as the manifest lists them.
struct Files<'a> {
    all: &'a [FileEntry],
    tables: &'a [TableOutcome],
    /// Whether the folders are values of columns.
    partitions: bool,
}

impl Serialize for Files<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct File<'a> {
            path: &'a str,
            rows: u64,
            bytes: u64,
            crc64nvme: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            table: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            partition: Option<BTreeMap<String, Option<String>>>,
        }
        serializer.collect_seq(self.all.iter().map(|file| File {
            path: &file.path,
            rows: file.rows,
            bytes: file.bytes,
            crc64nvme: &file.crc64nvme,
            table: self.tables.get(file.table).map(|table| table.name.as_str()),
            partition: self.partitions.then(|| partition(&file.path)),
        }))
    }
}

/// Returns the values of the partition to which a path belongs.
fn partition(path: &str) -> BTreeMap<String, Option<String>> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    let pairs = folders.split('/').filter_map(|folder| folder.split_once('='));
    pairs.map(|(name, value)| (decoded(name), (value != NULL).then(|| decoded(value)))).collect()
}

fn written(manifest: &impl Serialize) -> Bytes {
    let mut json = serde_json::to_vec(manifest).unwrap_or_default();
    json.push(b'\n');
    json.into()
}
