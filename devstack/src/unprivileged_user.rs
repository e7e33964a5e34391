//! The user of the servers that refuse to run as root.

use std::fs;

use anyhow::{Context, Result, anyhow};

/// Returns the user and group that PostgreSQL and PgBouncer run as if this process is root, which they
/// refuse. It is `postgres`, or `nobody` if there is no such user.
pub(crate) fn unprivileged_user() -> Result<Option<(u32, u32)>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
    ["postgres", "nobody"]
        .iter()
        .find_map(|name| {
            let mut fields =
                users.lines().find(|line| line.split(':').next() == Some(name))?.split(':').skip(2);
            Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
        })
        .map(Some)
        .ok_or_else(|| {
            anyhow!("PostgreSQL needs a user other than root. On Debian: adduser --system postgres")
        })
}
