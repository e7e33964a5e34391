//! Misplaced secrets in every form, and all places where they may be, for the tests of all readers.

use std::path::Path;
use std::sync::LazyLock;

use devstack::{SourceNames, misplaced};
use proptest::prelude::*;

/// Generates passwords that occur in no message of the program.
pub(crate) fn password() -> impl Strategy<Value = String> {
    "[a-z]{3}[0-9]{2}[A-Z]{2}[0-9][a-z]{3}[!#%_-][0-9]"
}

/// Generates a password and a value that contains it.
pub(crate) fn value() -> impl Strategy<Value = (String, String)> {
    password().prop_flat_map(|password| {
        let values = misplaced(&password);
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
