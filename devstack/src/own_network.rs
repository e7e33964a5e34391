//! Runs tests that need a network of their own.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::background;

/// The variable that is set in such a network.
const INSIDE: &str = "DEVSTACK_OWN_NETWORK";

/// Runs one test of this test program again, as the same user in namespaces of its own. A process may listen
/// on every port and mount files there. Nothing but 127.0.0.0/8 can be reached, so the emulators must be
/// installed beforehand (`make setup`). The test must not call this function again.
///
/// # Errors
/// Fails if the test fails there, or if the process may not create the namespaces; the error says how to allow it.
pub async fn in_own_network(test: &str) -> Result<()> {
    ensure!(std::env::var_os(INSIDE).is_none(), "{test} already has a network of its own");
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-current-user", "--keep-caps", "--net", "--mount", "sh", "-c"]);
    command.arg(r#"ip link set lo up && exec "$0" --exact "$1" --nocapture"#);
    command.arg(std::env::current_exe()?).arg(test).env(INSIDE, "yes");
    let output =
        background::blocking(move || command.output().context("unshare is missing (util-linux 2.38)"));
    let output = output.await?;
    let said = [&output.stdout[..], &output.stderr[..]].map(String::from_utf8_lossy);
    ensure!(
        output.status.success() && said[0].contains("1 passed"),
        "{test} needs root, or namespaces of users (sudo sysctl kernel.unprivileged_userns_clone=1 \
         kernel.apparmor_restrict_unprivileged_userns=0; in a container --cap-add SYS_ADMIN --security-opt \
         apparmor=unconfined), or it failed in them:\n{}{}",
        said[0],
        said[1]
    );
    Ok(())
}
