//! Builds the images of the containers from Debian's and Python's packages, for machines without access to an
//! image registry.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::image::{AWS, POSTGRES, is_there};
use crate::process::run;
use crate::{localstack, moto, scratch};

const DEBIAN: &str = "devstack/debian:latest";

/// Builds the missing images from packages, in at most three minutes. Needs root and debootstrap.
pub(crate) fn build() -> Result<()> {
    if is_there(POSTGRES) && is_there(AWS) {
        return Ok(());
    }
    let folder = scratch::folder("images")?;
    if !is_there(DEBIAN) {
        import_debian(&folder.path().join("debian"))?;
    }
    let context = folder.path().join("context");
    fs::create_dir(&context)?;
    fs::write(context.join("localstack.txt"), localstack::PACKAGES.requirements)?;
    fs::write(context.join("moto.txt"), moto::PACKAGES.requirements)?;
    // The authorities that this machine trusts, which may include that of a company's proxy.
    fs::copy("/etc/ssl/certs/ca-certificates.crt", context.join("ca.crt"))
        .context("no CA certificates. On Debian: apt-get install ca-certificates")?;
    for (tag, dockerfile) in [
        (POSTGRES, include_str!("../images/postgres.Dockerfile")),
        (AWS, include_str!("../images/aws.Dockerfile")),
    ] {
        if !is_there(tag) {
            eprintln!("devstack: building {tag}");
            let file = folder.path().join("Dockerfile");
            fs::write(&file, dockerfile)?;
            let index = format!("PIP_INDEX_URL={}", std::env::var("PIP_INDEX_URL").unwrap_or_default());
            let words = ["build", "--quiet", "--network=host", "--build-arg", &index, "--tag", tag, "--file"];
            let mut command = Command::new("docker");
            // The classic builder is always available. The other one is a plugin.
            command.env("DOCKER_BUILDKIT", "0").args(words).arg(file).arg(&context);
            run(&mut command).with_context(|| format!("cannot build {tag}"))?;
        }
    }
    Ok(())
}

/// Imports a minimal Debian of this machine's release from this machine's mirror as an image.
fn import_debian(folder: &Path) -> Result<()> {
    eprintln!("devstack: creating {DEBIAN} with debootstrap");
    let targets = run(Command::new("apt-get").args([
        "indextargets",
        "--format",
        "$(REPO_URI)",
        "Created-By: Packages",
    ]))
    .context("this needs Debian's apt")?;
    let mirror = targets.lines().next().context("apt has no sources")?;
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let codename =
        release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME=")).unwrap_or("stable");
    run(Command::new("debootstrap").args(["--variant=minbase", codename]).arg(folder).arg(mirror))
        .context("cannot create a Debian. As root: apt-get install debootstrap")?;
    let tarball = folder.with_extension("tar");
    run(Command::new("tar")
        .arg("--create")
        .arg("--file")
        .arg(&tarball)
        .arg("--directory")
        .arg(folder)
        .arg("."))?;
    run(Command::new("docker").arg("import").arg(&tarball).arg(DEBIAN))
        .context("cannot import the Debian")?;
    Ok(())
}
