//! Finds the database configurations below a path of Parameter Store.

use std::collections::{BTreeMap, BTreeSet};

use aws_config::SdkConfig;

use super::key::Key;
use super::source::{Depth, get_path};
use crate::error::Result;

/// The number of keys from which the parameters of a folder are the values of one configuration.
const FEWEST_KEYS: usize = 2;

/// Returns the names of the configurations below a path, which ends in a slash. A name that ends in one is that of a
/// configuration with a parameter for each value. No value is decrypted.
///
/// # Errors
/// See [`read_parameter`](super::read_parameter).
pub async fn configurations_below(aws: &SdkConfig, path: &str) -> Result<Vec<String>> {
    let parameters = get_path(aws, path, Depth::Names).await?;
    Ok(configurations(parameters.into_iter().filter_map(|parameter| parameter.name)))
}

fn configurations(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut folders: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in names {
        let folder = name.rfind('/').map_or(0, |slash| slash + 1);
        folders.entry(name[..folder].to_owned()).or_default().push(name);
    }
    let mut found = BTreeSet::new();
    for (folder, names) in folders {
        let is_key = |name: &&String| Key::find(&name[folder.len()..]).is_some();
        if names.iter().filter(is_key).count() >= FEWEST_KEYS {
            found.insert(folder);
        } else {
            found.extend(names);
        }
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_values_is_one_configuration() {
        let names =
            ["/t/acme", "/t/beta/username", "/t/beta/password", "/t/beta/database", "/t/z/eu", "/t/z/region"];
        let found = configurations(names.into_iter().map(str::to_owned));
        assert_eq!(found, ["/t/acme", "/t/beta/", "/t/z/eu", "/t/z/region"]);
    }
}
