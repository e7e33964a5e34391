//! Chooses between local processes and containers, by `DEVSTACK` or by what is installed.

use anyhow::{Context, Result, bail};

use crate::image;

/// Where a part runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Where {
    Process,
    Container,
}

impl Where {
    /// Chooses where a part runs, by `DEVSTACK=process|containers|auto`. With `auto`, the default, it is a
    /// local process, which is faster, if its program is installed, and otherwise a container. Without
    /// Docker, the error is `missing`.
    pub(crate) fn choose(is_installed: fn() -> bool, missing: &'static str) -> Result<Self> {
        match std::env::var("DEVSTACK").unwrap_or_default().as_str() {
            "process" => Ok(Self::Process),
            "containers" => Ok(Self::Container),
            "" | "auto" if is_installed() => Ok(Self::Process),
            "" | "auto" => {
                image::daemon_answers().context(missing)?;
                Ok(Self::Container)
            }
            other => bail!("DEVSTACK must be process, containers or auto, not {other}"),
        }
    }
}
