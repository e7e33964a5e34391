//! An emulator's server, as a local process or in a container.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use hyper::Request;
use tempfile::TempDir;

use crate::container::Container;
use crate::http::{full, send};
use crate::process::Process;

/// A running server. Dropping it stops the server and removes its data.
#[derive(Debug)]
pub(crate) enum Server {
    /// A local process. It comes before its folder, so that it is dropped first.
    Process { process: Process, _folder: TempDir, port: u16 },
    /// A container.
    Container(Container),
}

impl Server {
    /// Returns its address, `127.0.0.1:port`.
    pub(crate) fn authority(&self) -> String {
        let port = match self {
            Self::Process { port, .. } => *port,
            Self::Container(container) => container.port(),
        };
        format!("127.0.0.1:{port}")
    }

    /// Returns the lines that it has logged.
    pub(crate) async fn log(&self) -> Vec<String> {
        match self {
            Self::Process { process, .. } => process.output().lines(),
            Self::Container(container) => container.log().await.lines().map(ToOwned::to_owned).collect(),
        }
    }

    /// Waits until the server responds with status 200.
    pub(crate) async fn wait_until_healthy(&self, name: &str, path: &str) -> Result<()> {
        let start = Instant::now();
        loop {
            let request = Request::builder().uri(path).body(full(""))?;
            let error = match send(&self.authority(), request).await {
                Ok(answer) if answer.status == 200 => return Ok(()),
                Ok(answer) => anyhow::anyhow!("HTTP {}", answer.status),
                Err(error) => error,
            };
            let has_exited = matches!(self, Self::Process { process, .. } if process.has_exited());
            if has_exited || start.elapsed() > Duration::from_secs(90) {
                let log = self.log().await;
                let tail = log[log.len().saturating_sub(15)..].join("\n");
                if has_exited {
                    bail!("{name} stopped while starting:\n{tail}");
                }
                return Err(error).with_context(|| format!("{name} is not ready:\n{tail}"));
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }
}
