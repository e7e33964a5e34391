//! What a row of a set must leave in its folder.

use std::collections::BTreeMap;

use bytes::Bytes;
use devstack::OpenUpload;
use serde_json::Value;

use crate::matrix::contents::{as_csv, in_order};
use crate::matrix::environment::{Environment, TABLES};
use crate::matrix::row::{Object, Query, Row};

const MANIFEST: &str = "_manifest.json";
const SUCCESS: &str = "_SUCCESS";

/// Checks our objects below the prefix.
pub fn check(
    environment: &Environment,
    row: &Row,
    folder: &str,
    ours: &[(String, Bytes)],
    body: &Value,
) -> Result<(), String> {
    let keys: Vec<_> = ours.iter().map(|(key, bytes)| (key, bytes.len())).collect();
    let is_marked = ours.iter().any(|(key, _)| key.ends_with(MANIFEST) || key.ends_with(SUCCESS));
    match row.object {
        Object::Complete | Object::Both | Object::Unmarked => {
            is_complete(environment, row, folder, ours, body)
                .map_err(|problem| format!("{problem}: {keys:?}, answered {body}"))
        }
        Object::None | Object::Rivals if ours.is_empty() => Ok(()),
        Object::Named(files) if ours.len() == files && !is_marked => {
            let named =
                format!("{files} objects of the set that failed could not be deleted from {folder}/:");
            let is_named = body["error"].as_str().is_some_and(|error| error.contains(&named));
            if is_named { Ok(()) } else { Err(format!("what is left is not named: {body}")) }
        }
        _ => Err(format!("objects: {keys:?}")),
    }
}

/// Returns whether the answer names the open uploads: that of the manifest by its id, the others by their number.
pub fn are_named(folder: &str, uploads: &[OpenUpload], error: &str) -> bool {
    let [claims, files] = [true, false].map(|is_claim| {
        uploads.iter().filter(|upload| upload.key.ends_with(MANIFEST) == is_claim).collect::<Vec<_>>()
    });
    let files = format!("{} uploads of {folder}/", files.len());
    claims.len() == 1 && claims.iter().all(|claim| error.contains(&claim.id)) && error.contains(&files)
}

/// Checks that there is what the manifest says and nothing else, and that these are the rows.
fn is_complete(
    environment: &Environment,
    row: &Row,
    folder: &str,
    ours: &[(String, Bytes)],
    body: &Value,
) -> Result<(), String> {
    let location = body["s3Location"].as_str().unwrap_or_default();
    // If a rival has the folder, its name has a suffix.
    let suffix = location.strip_prefix(folder).and_then(|rest| rest.strip_suffix('/'));
    suffix.filter(|suffix| !suffix.contains('/')).ok_or("the answer has another folder")?;
    let key_prefix = location.splitn(4, '/').nth(3).unwrap_or_default();
    let mut found: BTreeMap<&str, &Bytes> = BTreeMap::new();
    for (key, bytes) in ours {
        found.insert(key.strip_prefix(key_prefix).ok_or("an object is not in the folder")?, bytes);
    }
    let manifest = found.remove(MANIFEST).ok_or("there is no manifest")?;
    let manifest: Value = serde_json::from_slice(manifest).map_err(|error| error.to_string())?;
    if found.remove(SUCCESS).is_some() == (row.object == Object::Unmarked) {
        return Err("_SUCCESS".to_owned());
    }
    let listed = manifest["files"].as_array().ok_or("the manifest has no files")?;
    if listed.len() != found.len() || body["bytesWritten"] != manifest["bytes"] {
        return Err(format!("the manifest says {manifest}"));
    }
    let mut rows: BTreeMap<&str, Vec<Vec<u8>>> = BTreeMap::new();
    for file in listed {
        let path = file["path"].as_str().unwrap_or_default();
        let bytes = found.get(path).filter(|bytes| file["bytes"] == bytes.len());
        let csv = as_csv(path, bytes.ok_or_else(|| format!("{path} is not as the manifest says"))?);
        let lines = csv.split_inclusive(|byte| *byte == b'\n').skip(1).map(<[u8]>::to_vec);
        rows.entry(file["table"].as_str().unwrap_or_default()).or_default().extend(lines);
    }
    for rows in rows.values_mut() {
        rows.sort_unstable();
    }
    if rows == contents(environment, row) { Ok(()) } else { Err("other rows".to_owned()) }
}

/// Returns the rows of each table, or of the only result.
fn contents(environment: &Environment, row: &Row) -> BTreeMap<&'static str, Vec<Vec<u8>>> {
    let Environment { small, many, cells, .. } = environment;
    let files = match row.query {
        Query::Tables => vec![(TABLES[0], cells), (TABLES[1], many)],
        Query::Many | Query::Table => vec![("", many)],
        Query::Small | Query::Parted | Query::Sql(_) => vec![("", small)],
    };
    let rows = |file: &Vec<u8>| in_order(file).1.into_iter().map(<[u8]>::to_vec).collect();
    files.into_iter().map(|(table, file)| (table, rows(file))).collect()
}
