//! Local processes or containers: what the machine has decides, unless `DEVSTACK` says.

use anyhow::{Context, Result, bail};

use crate::{container, postgres, python};

/// A part of the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Postgres,
    LocalStack,
    Moto,
}

/// Where a part runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Where {
    Process,
    Container,
}

impl Where {
    /// `DEVSTACK=process|containers|auto`. With `auto`, the default, a part is a local process if what it
    /// needs is installed, which is quicker, else a container.
    pub(crate) fn choose(part: Part) -> Result<Self> {
        match std::env::var("DEVSTACK").unwrap_or_default().as_str() {
            "process" => Ok(Self::Process),
            "containers" => Ok(Self::Container),
            "" | "auto" if part.is_installed() => Ok(Self::Process),
            "" | "auto" => {
                container::daemon_answers().with_context(|| part.missing())?;
                Ok(Self::Container)
            }
            other => bail!("DEVSTACK={other}: it is process, containers or auto"),
        }
    }
}

impl Part {
    fn is_installed(self) -> bool {
        match self {
            Self::Postgres => postgres::is_installed(),
            Self::LocalStack | Self::Moto => python::is_installed(),
        }
    }

    fn missing(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL is not installed. On Debian: apt-get install postgresql",
            Self::LocalStack | Self::Moto => {
                "Python with venv is not installed. On Debian: apt-get install python3-venv"
            }
        }
    }
}
