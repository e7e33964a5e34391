//! Several readers in one snapshot make one file.

mod bank;
mod ddl;
mod diagnose;
mod ends;
mod equality;
mod joining;
mod parts;
mod refusals;
mod standbys;

use std::path::Path;
use std::process::Output;

use devstack::{Leftovers, Postgres};
pub use equality::unpacked;

use crate::command_line::{locally, output, without_aws};

/// Runs an extraction with these flags.
fn extract(postgres: &Postgres, folder: &Path, flags: &[&str]) -> Output {
    output(without_aws(postgres, folder, &locally(flags)))
}

/// Waits until the server has noticed that its clients are gone.
async fn nobody_is_left(postgres: &Postgres) {
    let left = Leftovers::default().in_database(postgres, |_| true).await.expect("the sessions");
    assert_eq!(left, Leftovers::default());
}
