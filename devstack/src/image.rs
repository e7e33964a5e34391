//! The images of the containers: there, pulled, or built by [`crate::build_images`]. Nothing is pulled twice.

use std::process::Command;

use anyhow::{Context, Result, anyhow};

use crate::process::run;

/// The image with PostgreSQL that is built here.
pub(crate) const POSTGRES: &str = "devstack/postgres:debian";
/// The image with LocalStack and moto that is built here.
pub(crate) const AWS: &str = "devstack/aws:debian";

/// An image that is there.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    pub(crate) name: String,
    /// Built by `devstack images` rather than pulled.
    pub(crate) own: bool,
}

impl Image {
    pub(crate) fn postgres() -> Result<Self> {
        find("DEVSTACK_POSTGRES_IMAGE", "postgres:16", POSTGRES)
    }

    pub(crate) fn localstack() -> Result<Self> {
        find("DEVSTACK_LOCALSTACK_IMAGE", "localstack/localstack:4.9.2", AWS)
    }

    pub(crate) fn moto() -> Result<Self> {
        find("DEVSTACK_MOTO_IMAGE", "motoserver/moto:5.2.5", AWS)
    }
}

/// Finds an image: the one that the variable names (`usual` without it) if it is there, else one that was
/// built here, else it is pulled.
fn find(variable: &str, usual: &str, built: &str) -> Result<Image> {
    let wanted =
        std::env::var(variable).ok().filter(|name| !name.is_empty()).unwrap_or_else(|| usual.to_owned());
    if is_there(&wanted) {
        return Ok(Image { name: wanted, own: false });
    }
    if is_there(built) {
        return Ok(Image { name: built.to_owned(), own: true });
    }
    docker(&["pull", "--quiet", &wanted]).with_context(|| {
        format!(
            "no image {wanted}. Name another one in {variable}, or build one from packages: devstack images"
        )
    })?;
    Ok(Image { name: wanted, own: false })
}

/// Whether a Docker daemon answers.
pub(crate) fn daemon_answers() -> Result<()> {
    docker(&["version", "--format", "{{.Server.Version}}"])
        .map(|_| ())
        .map_err(|error| anyhow!("no Docker daemon answers: {error:#}"))
}

pub(crate) fn is_there(image: &str) -> bool {
    docker(&["image", "inspect", "--format", "{{.Id}}", image]).is_ok()
}

fn docker(arguments: &[&str]) -> Result<String> {
    run(Command::new("docker").args(arguments))
}
