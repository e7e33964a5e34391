//! The images of the containers, which are present, pulled, or built by [`crate::build_images()`].

use std::process::Command;

use anyhow::{Context, Result, anyhow};

use crate::process::run;

/// The image with PostgreSQL that `devstack images` builds.
pub(crate) const POSTGRES: &str = "devstack/postgres:debian";
/// The image with LocalStack and moto that `devstack images` builds.
pub(crate) const AWS: &str = "devstack/aws:debian";

/// An image that is present.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    pub(crate) name: String,
    /// Whether it was built by `devstack images`.
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

/// Finds an image. The one that the variable names, or `usual` without it, is used if it is present,
/// otherwise the image that was built, and otherwise it is pulled.
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

/// Fails if no Docker daemon answers.
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
