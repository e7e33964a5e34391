//! Misplaced secrets in every form, and all places where they may be, for the tests of all readers.

use std::path::Path;
use std::sync::LazyLock;

use devstack::SourceNames;
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

/// Returns the names that the program's sources contain, so that new ones are covered.
pub(crate) fn names() -> &'static SourceNames {
    static NAMES: LazyLock<SourceNames> = LazyLock::new(|| {
        let names =
            SourceNames::read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))).expect("the sources");
        for known in ["PGHOST", "DB_CONFIG_PARAM", "ALLOW_WRITES", "AWS_CA_BUNDLE", "LOG_LEVEL", "S3_TAGS"] {
            assert!(names.variables.contains(known), "{known} is not found");
        }
        for known in ["dbConfigParam", "lineEnding", "storageDays", "roleArn", "escapeFormulas", "action"] {
            assert!(names.fields.contains(known), "{known} is not found");
        }
        names
    });
    &NAMES
}
