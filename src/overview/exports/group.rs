//! Groups the objects that belong together.

use std::collections::{BTreeMap, BTreeSet};

use crate::s3::Listed;

const STATE: &str = "_watermark.json";
const MANIFEST: &str = "_manifest.json";
/// The objects that a set has besides its manifest and its files.
const BESIDE: [&str; 2] = ["_SUCCESS", "_redshift.manifest"];

/// The objects below one prefix.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// One object per run: the export itself, the manifest of a set, a window.
    pub(super) runs: Vec<Listed>,
    /// The bytes of files that are not in `runs`, by the time at which they were written.
    pub(super) files: Vec<(i64, u64)>,
    /// When a stream's state was written.
    pub(super) state: Option<i64>,
}

impl Group {
    pub(super) fn newest(&self) -> Option<&Listed> {
        self.runs.iter().max_by_key(|object| object.modified)
    }
}

/// Groups by folder.
#[derive(Debug, Default)]
pub(super) struct Groups {
    pub(super) streams: BTreeMap<String, Group>,
    pub(super) sets: BTreeMap<String, Group>,
    pub(super) objects: BTreeMap<String, Group>,
}

/// Sorts objects into streams, sets and single ones. Folders that are a date or a value (`2026-11-28`,
/// `dt=…`) count as the folder that contains them.
pub(super) fn groups(listed: Vec<Listed>) -> Groups {
    let folders_with = |name: &str| -> BTreeSet<String> {
        let folders = listed.iter().filter_map(|object| object.key.strip_suffix(name));
        folders.filter(|folder| folder.is_empty() || folder.ends_with('/')).map(str::to_owned).collect()
    };
    let (streams, sets) = (folders_with(STATE), folders_with(MANIFEST));
    let mut groups = Groups::default();
    for object in listed {
        let (folder, name) = split(&object.key);
        if name.is_empty() {
            continue;
        }
        if streams.contains(folder) {
            let group = groups.streams.entry(folder.to_owned()).or_default();
            match name {
                STATE => group.state = Some(object.modified),
                _ => group.runs.push(object),
            }
        } else if let Some(set) = set_of(&object.key, &sets) {
            let group = groups.sets.entry(steady(split(set.trim_end_matches('/')).0).to_owned()).or_default();
            if name == MANIFEST && folder == set {
                group.runs.push(object);
            } else if !BESIDE.contains(&name) {
                group.files.push((object.modified, object.bytes));
            }
        } else {
            groups.objects.entry(steady(folder).to_owned()).or_default().runs.push(object);
        }
    }
    groups
}

/// Splits a key into its folder, with the slash, and its name.
fn split(key: &str) -> (&str, &str) {
    key.split_at(key.rfind('/').map_or(0, |slash| slash + 1))
}

/// Returns the folder of the set that an object belongs to, at any depth.
fn set_of<'a>(key: &'a str, sets: &BTreeSet<String>) -> Option<&'a str> {
    key.match_indices('/').map(|(slash, _)| &key[..=slash]).find(|folder| sets.contains(*folder))
}

/// Returns the folder without the parts that change from run to run.
fn steady(folder: &str) -> &str {
    let mut folder = folder;
    while let Some(inner) = folder.strip_suffix('/') {
        let (above, name) = split(inner);
        let is_value = name.split_once('=').is_some_and(|(column, _)| !column.is_empty());
        let is_date = name.len() >= 2
            && name.bytes().any(|byte| byte.is_ascii_digit())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b':' | b'T' | b'Z'));
        if !is_value && !is_date {
            break;
        }
        folder = above;
    }
    folder
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(keys: &[&str]) -> Vec<Listed> {
        let times = 1_000..;
        let object = |(key, modified): (&&str, i64)| Listed { key: (*key).to_owned(), bytes: 10, modified };
        keys.iter().zip(times).map(object).collect()
    }

    fn shape(groups: &BTreeMap<String, Group>) -> Vec<(&str, usize, usize)> {
        groups.iter().map(|(prefix, group)| (prefix.as_str(), group.runs.len(), group.files.len())).collect()
    }

    #[test]
    fn objects_sets_and_streams_are_told_apart() {
        let groups = groups(listed(&[
            "a.csv",
            "exports/users/data_1.csv",
            "exports/users/2026-11-28/data_2.csv",
            "exports/users/dt=20261128/data_3.csv",
            "exports/users/",
            "lake/orders/_watermark.json",
            "lake/orders/0000000001_5.csv",
            "lake/orders/0000000002_9.csv",
            "sets/big_20261128_060000/_SUCCESS",
            "sets/big_20261128_060000/_manifest.json",
            "sets/big_20261128_060000/country=DE/part-00000-12345678.csv",
            "sets/big_20261128_060000/part-00001-12345678.csv",
            "sets/big_20261129_060000/_manifest.json",
            "sets/big_20261129_060000/part-00000-12345678.csv",
        ]));
        assert_eq!(shape(&groups.objects), [("", 1, 0), ("exports/users/", 3, 0)]);
        assert_eq!(shape(&groups.streams), [("lake/orders/", 2, 0)]);
        assert_eq!(groups.streams["lake/orders/"].state, Some(1005));
        assert_eq!(shape(&groups.sets), [("sets/", 2, 3)]);
    }

    #[test]
    fn the_newest_of_a_group_is_by_time_not_by_name() {
        let groups = groups(listed(&["x/b.csv", "x/a.csv"]));
        assert_eq!(groups.objects["x/"].newest().map(|object| object.key.as_str()), Some("x/a.csv"));
    }

    #[test]
    fn a_set_at_the_root_of_the_bucket() {
        let groups = groups(listed(&["big/_manifest.json", "big/part-00000-1.csv"]));
        assert_eq!(shape(&groups.sets), [("", 1, 1)]);
    }
}
