//! A container with one published port, run by testcontainers.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use testcontainers::core::{ExecCommand, IntoContainerPort};
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, GenericImage, ImageExt};

use crate::background;
use crate::image::Image;
use crate::scratch::Registration;

/// A running container. Dropping it removes the container.
#[derive(Debug)]
pub(crate) struct Container {
    running: Option<Box<ContainerAsync<GenericImage>>>,
    port: u16,
    _registration: Registration,
}

impl Container {
    /// Starts a container. `port` is the port inside it.
    pub(crate) async fn start(
        image: &Image,
        entrypoint: Option<&str>,
        command: &[&str],
        env: &[(&str, &str)],
        port: u16,
    ) -> Result<Self> {
        let (name, tag) = split(&image.name);
        let mut generic = GenericImage::new(name, tag).with_exposed_port(port.tcp());
        if let Some(entrypoint) = entrypoint {
            generic = generic.with_entrypoint(entrypoint);
        }
        let mut request =
            generic.with_cmd(command.iter().copied()).with_startup_timeout(Duration::from_mins(2));
        for (name, value) in env {
            request = request.with_env_var(*name, *value);
        }
        let image = image.name.clone();
        background::run(async move {
            let container =
                request.start().await.with_context(|| format!("cannot start a container of {image}"))?;
            let registration = Registration::container(container.id())?;
            let port = container.get_host_port_ipv4(port.tcp()).await?;
            Ok(Self { running: Some(Box::new(container)), port, _registration: registration })
        })
        .await
    }

    /// Returns the port on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Runs a script with `sh` in the container and waits for its end.
    pub(crate) async fn run(&self, script: &str, arguments: &[&str]) -> Result<()> {
        let container = self.running.as_ref().context("the container is gone")?;
        let words = ["sh", "-c", script, "devstack"].into_iter().chain(arguments.iter().copied());
        let mut result = container.exec(ExecCommand::new(words)).await?;
        let output = result.stderr_to_vec().await?;
        match result.exit_code().await? {
            Some(0) => Ok(()),
            code => bail!("exit status {code:?} in the container:\n{}", String::from_utf8_lossy(&output)),
        }
    }

    /// Returns what the container's program has written.
    pub(crate) async fn log(&self) -> String {
        let Some(container) = &self.running else { return String::new() };
        let (out, err) = (container.stdout_to_vec().await, container.stderr_to_vec().await);
        [out.unwrap_or_default(), err.unwrap_or_default()]
            .map(|log| String::from_utf8_lossy(&log).into_owned())
            .concat()
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let Some(container) = self.running.take() else { return };
        // On a thread of its own, since this one may belong to a runtime and must not block.
        let removal = std::thread::spawn(move || background::block_on(container.rm()));
        if !matches!(removal.join(), Ok(Ok(()))) {
            eprintln!("devstack: a container was not removed; docker ps shows it");
        }
    }
}

/// Splits `name:tag`. A colon before a slash belongs to the registry's port.
fn split(image: &str) -> (&str, &str) {
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => (image, "latest"),
    }
}
