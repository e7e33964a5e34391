//! Misplaced secrets in every form, and all places where they may be, for the tests of all readers.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;

/// Generates passwords that occur in no message of the program.
pub(crate) fn password() -> impl Strategy<Value = String> {
    "[a-z]{3}[0-9]{2}[A-Z]{2}[0-9][a-z]{3}[!#%_-][0-9]"
}

/// Returns values that contain this password.
pub(crate) fn values(password: &str) -> Vec<String> {
    vec![
        format!("postgresql://reader:{password}@db.internal:5432/shop?sslmode=require"),
        format!("jdbc:postgresql://db.internal/shop?user=reader&password={password}"),
        format!("https://db.internal/{password}"),
        format!("reader:{password}@db.internal"),
        format!("reader:{password}"),
        format!("host=db.internal user=reader password={password}"),
        format!("Server=db.internal;User Id=reader;Password={password};"),
        format!("{{\"username\": \"reader\", \"password\": \"{password}\"}}"),
        format!("{{\"password\": \"{password}"),
        format!("[\"reader\", \"{password}\"]"),
        format!("-----BEGIN PRIVATE KEY-----\n{password}\n-----END PRIVATE KEY-----\n"),
        format!("reader\n{password}"),
        format!("{password} "),
        format!("\t {password}"),
        format!("\u{feff}{password}"),
        format!("\u{feff}postgresql://reader:{password}@db.internal/shop"),
        format!(" {{\"password\": \"{password}\"}}\r\n"),
        format!("\u{feff}{{\"username\": \"reader\", \"password\": \"{password}\"}}"),
        format!("\"{password}\""),
        format!("password={password}"),
        format!("PGPASSWORD={password} psql shop"),
        format!("reader/{password}@db.internal"),
    ]
}

/// Generates a password and a value that contains it.
pub(crate) fn value() -> impl Strategy<Value = (String, String)> {
    password().prop_flat_map(|password| {
        let values = values(&password);
        (Just(password), prop::sample::select(values))
    })
}

/// Returns every literal of the program that can be the name of an environment variable, so that a new variable is covered.
pub(crate) fn variables() -> &'static [String] {
    static NAMES: LazyLock<Vec<String>> = LazyLock::new(all_variables);
    &NAMES
}

fn all_variables() -> Vec<String> {
    let is_name = |text: &str| {
        text.len() > 3
            && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let names = literals(&|text, _| is_name(text));
    for known in ["PGHOST", "DB_CONFIG_PARAM", "ALLOW_WRITES", "AWS_CA_BUNDLE", "LOG_LEVEL", "S3_TAGS"] {
        assert!(names.contains(known), "{known} is not found");
    }
    names.into_iter().collect()
}

/// Returns the name of every field of an event, wherever in it, so that a new field is covered.
pub(crate) fn fields() -> Vec<String> {
    let is_field = |text: &str, before: &str| {
        let declared = ["Field::new(", "= ", "key(", "("].iter().any(|begin| before.ends_with(begin));
        declared
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let names = literals(&is_field);
    for known in ["dbConfigParam", "lineEnding", "storageDays", "roleArn", "escapeFormulas"] {
        assert!(names.contains(known), "{known} is not found");
    }
    names.into_iter().collect()
}

/// Returns the literals of the program, without its tests, that `is_one` takes by their text and what stands before them.
fn literals(is_one: &dyn Fn(&str, &str) -> bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    walk(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut |source| {
        let program = source.split("#[cfg(test)]").next().unwrap_or_default();
        for line in program.lines().filter(|line| !line.trim_start().starts_with("//")) {
            let pieces: Vec<_> = line.split('"').collect();
            let pairs = pieces.windows(2).step_by(2);
            found.extend(pairs.filter(|pair| is_one(pair[1], pair[0])).map(|pair| pair[1].to_owned()));
        }
    });
    found
}

fn walk(folder: &Path, read: &mut dyn FnMut(&str)) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            walk(&path, read);
        } else if path.extension().is_some_and(|end| end == "rs") {
            read(&fs::read_to_string(path).expect("a source file"));
        }
    }
}
