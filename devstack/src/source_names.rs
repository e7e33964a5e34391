//! The names that the sources of a program contain, for tests that try every one of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};

/// The names that the sources of a program contain as literals. A test that tries all of them covers new ones
/// as well.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceNames {
    /// Every text that may be the name of an environment variable.
    pub variables: BTreeSet<String>,
    /// The fields of an event and of the objects in it: `Field::new("name")` or `NAME = "name"`.
    pub fields: BTreeSet<String>,
    /// The keys of a database configuration and their other names, each with the key that it means: `Name "key" ["name"]`.
    pub keys: BTreeMap<String, String>,
}

impl SourceNames {
    /// Reads the sources below a folder, without the tests in them.
    ///
    /// # Errors
    /// Fails if the folder cannot be read.
    pub fn read(folder: &Path) -> Result<Self> {
        let mut names = Self::default();
        names.read_folder(folder).with_context(|| format!("cannot read {}", folder.display()))?;
        Ok(names)
    }

    fn read_folder(&mut self, folder: &Path) -> Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                self.read_folder(&path)?;
            } else if path.extension().is_some_and(|end| end == "rs") {
                let source = std::fs::read_to_string(path)?;
                let program = source.split("#[cfg(test)]").next().unwrap_or_default();
                program.lines().map(str::trim).filter(|line| !line.starts_with("//")).for_each(|line| {
                    self.read_line(line);
                });
            }
        }
        Ok(())
    }

    fn read_line(&mut self, line: &str) {
        let pieces: Vec<_> = line.split('"').collect();
        let is_key = is_variant(pieces[0]) && pieces.get(2).is_some_and(|behind| behind.starts_with(" ["));
        for pair in pieces.windows(2).step_by(2) {
            let [before, literal] = pair else { continue };
            if is_variable(literal) {
                self.variables.insert((*literal).to_owned());
            }
            if before.ends_with("Field::new(") || is_constant(before) {
                self.fields.insert((*literal).to_owned());
            }
            if is_key {
                self.keys.insert((*literal).to_owned(), pieces[1].to_owned());
            }
        }
    }
}

fn is_variable(text: &str) -> bool {
    text.len() > 3
        && text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Whether this is the beginning of `NAME = "…`.
fn is_constant(before: &str) -> bool {
    before.strip_suffix(" = ").is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    })
}

/// Whether this is the beginning of `Name "…`.
fn is_variant(before: &str) -> bool {
    before.strip_suffix(' ').is_some_and(|name| {
        name.starts_with(|first: char| first.is_ascii_uppercase())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_other_literals() {
        let folder = tempfile::tempdir().expect("a folder");
        let source = r#"
            ACTION = "action", None; // a field
            const ROLE: Field = Field::new("roleArn");
            const WORD: &str = "word";
            Host "host" []; Port "port" ["number"];
            SslMode "sslMode" ["ssl_mode"];
            env("PGHOST"), ("22023", "x"), "SELECT 1"
            // "COMMENTED_OUT"
            #[cfg(test)]
            "OF_A_TEST"
        "#;
        std::fs::create_dir(folder.path().join("a")).expect("a folder");
        std::fs::write(folder.path().join("a/b.rs"), source).expect("a file");
        let SourceNames { variables, fields, keys } = SourceNames::read(folder.path()).expect("names");
        let list = |names: BTreeSet<String>| names.into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(list(variables), "PGHOST");
        assert_eq!(list(fields), "action roleArn");
        assert_eq!(keys.get("ssl_mode").map(String::as_str), Some("sslMode"));
        assert_eq!(keys.get("sslMode").map(String::as_str), Some("sslMode"));
        assert!(SourceNames::read(Path::new("/nowhere")).is_err());
    }
}
