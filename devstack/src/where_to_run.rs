//! Local processes or containers: what the machine has decides, unless `DEVSTACK` says.

use anyhow::{Context, Result, bail};

use crate::image;

/// Where a part runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Where {
    Process,
    Container,
}

impl Where {
    /// `DEVSTACK=process|containers|auto`. With `auto`, the default, a part is a local process if what it
    /// needs is installed, which is quicker, else a container; without Docker `missing` says what to install.
    pub(crate) fn choose(is_installed: fn() -> bool, missing: &'static str) -> Result<Self> {
        match std::env::var("DEVSTACK").unwrap_or_default().as_str() {
            "process" => Ok(Self::Process),
            "containers" => Ok(Self::Container),
            "" | "auto" if is_installed() => Ok(Self::Process),
            "" | "auto" => {
                image::daemon_answers().context(missing)?;
                Ok(Self::Container)
            }
            other => bail!("DEVSTACK={other}: it is process, containers or auto"),
        }
    }
}
