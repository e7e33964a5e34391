//! The image of package/container with the program under test in the place of a release build.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use devstack::Authority;
use tempfile::TempDir;

use crate::fixture::EXTRACTOR;

/// The newest glibc that the image's check of the program allows.
const GLIBC: (u32, u32) = (2, 34);
const TAG: &str = "rds-data-extractor:test";
/// The stage that packs the program, under a name of its own so that the last one can be removed.
const STAGE_TAG: &str = "rds-data-extractor:test-build";
/// Where the base images come from: the variable, Docker Hub, and what `devstack images` has made.
const VARIABLE: &str = "CONTAINER_BASE_IMAGE";
const USUAL: &str = "debian:bookworm-slim";
const BUILT: &str = "devstack/debian:latest";

/// Returns the image, which is built once, or `None` where no daemon answers or no base image can be had: the same program
/// then runs as a process.
pub fn image() -> Option<&'static str> {
    static IMAGE: OnceLock<Option<&'static str>> = OnceLock::new();
    *IMAGE.get_or_init(|| match base() {
        Ok(base) => {
            build(&base);
            Some(TAG)
        }
        Err(why) => {
            eprintln!("The container tests run the program as a process: {why}.");
            None
        }
    })
}

fn base() -> Result<String, &'static str> {
    if !succeeds(&["version"]) {
        return Err("no Docker daemon answers");
    }
    if newest_glibc(&std::fs::read(EXTRACTOR).expect("the program")) > GLIBC {
        return Err("the program was built for a newer glibc than that of the image");
    }
    let wanted = std::env::var(VARIABLE).ok().filter(|name| !name.is_empty());
    let wanted = wanted.as_deref().unwrap_or(USUAL);
    let is_there = |name: &&str| succeeds(&["image", "inspect", name]);
    let found = [wanted, BUILT].into_iter().find(is_there);
    let found = found.or_else(|| succeeds(&["pull", "--quiet", wanted]).then_some(wanted));
    found.map(str::to_owned).ok_or("no base image is there, and none can be pulled")
}

/// Returns the newest version of glibc that a program names.
fn newest_glibc(program: &[u8]) -> (u32, u32) {
    const NAME: &[u8] = b"GLIBC_2.";
    let at = |start: usize| {
        let digits = program[start + NAME.len()..].iter().take_while(|byte| byte.is_ascii_digit());
        digits.fold(0, |number: u32, digit| number.saturating_mul(10).saturating_add(u32::from(digit - b'0')))
    };
    let found =
        (0..program.len().saturating_sub(NAME.len())).filter(|start| program[*start..].starts_with(NAME));
    (2, found.map(at).max().unwrap_or(0))
}

/// Builds the image of the real Dockerfile from a folder with the parts of the repository that it needs, the program and a
/// bundle of authorities.
fn build(base: &str) {
    let context = TempDir::new().expect("a folder");
    let context = context.path();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("package"), &context.join("package"));
    std::fs::write(context.join("bundle.pem"), Authority::new("RDS").expect("an authority").pem())
        .expect("a file");
    // Only authorities whose fingerprints are listed are packed.
    let listed =
        "python3 package/rds-ca/rds_ca.py list <bundle.pem | sed 's/  (.*//' >package/rds-ca/aws.sha256";
    ran(Command::new("sh").args(["-c", listed]).current_dir(context));
    // Without its symbols it has a quarter of the size.
    ran(Command::new("strip").arg("-o").arg(context.join("program")).arg(EXTRACTOR));
    let before = [STAGE_TAG, TAG].map(id);
    let platform =
        format!("BUILDPLATFORM=linux/{}", if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" });
    let usual: Vec<String> = [
        "build",
        "--network=host",
        "--file",
        "package/container/Dockerfile",
        "--build-arg",
        &platform,
        "--build-arg",
        &format!("RUST_IMAGE={base}"),
        "--build-arg",
        &format!("BASE_IMAGE={base}"),
        "--build-arg",
        "BOOTSTRAP=/src/program",
        "--build-arg",
        "RDS_CA_BUNDLE=/src/bundle.pem",
    ]
    .map(str::to_owned)
    .to_vec();
    for more in [&["--target", "build", "--tag", STAGE_TAG, "."][..], &["--tag", TAG, "."]] {
        let mut command = Command::new("docker");
        command.args(&usual).args(more).current_dir(context);
        // As devstack does: the classic builder is always available.
        ran(command.env("DOCKER_BUILDKIT", "0"));
    }
    let old = before
        .into_iter()
        .zip([STAGE_TAG, TAG])
        .filter_map(|(old, tag)| old.filter(|old| Some(old) != id(tag).as_ref()));
    for old in old.rev() {
        // An image that another run uses stays.
        let _ = Command::new("docker").args(["rmi", &old]).output();
    }
}

/// Returns a property of the image's configuration.
pub fn configured(property: &str) -> String {
    let format = format!("{{{{json .Config.{property}}}}}");
    String::from_utf8(ran(Command::new("docker").args(["image", "inspect", "--format", &format, TAG])))
        .expect("UTF-8")
        .trim()
        .to_owned()
}

fn id(tag: &str) -> Option<String> {
    let found =
        Command::new("docker").args(["image", "inspect", "--format", "{{.Id}}", tag]).output().ok()?;
    let id = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    (found.status.success() && !id.is_empty()).then_some(id)
}

fn succeeds(arguments: &[&str]) -> bool {
    let mut command = Command::new("docker");
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Runs a command that must succeed, and returns its output.
fn ran(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = [&output.stdout[..], &output.stderr].concat();
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&said));
    output.stdout
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let to = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(&path, &to).expect("a file");
        }
    }
}
