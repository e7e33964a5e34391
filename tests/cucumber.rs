//! Runs `features/*.feature` against the real binary behind an emulated Runtime API, with a real PostgreSQL and an
//! emulated AWS.
//!
//! `cargo test --test cucumber` runs all scenarios. Words after it select them by the names of files, features and
//! scenarios.

#[path = "cucumber/mod.rs"]
mod steps;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cucumber::{World as _, WriterExt as _, cli, writer};
use steps::World;
use steps::arguments::Libtest;
use steps::fixture;

/// How many scenarios run at once. Each starts a process of its own, and each emulator uses one core, so that more
/// scenarios would only wait for each other.
const AT_ONCE: usize = 4;

// One thread serves every scenario; the processes around it do the work.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let options = cli::Opts::<_, _, _, Libtest>::parsed();
    let libtest = options.custom.clone();
    if libtest.list {
        // Scenarios are not tests in libtest's sense.
        return ExitCode::SUCCESS;
    }
    let reports = reports();
    let writer = World::cucumber()
        .max_concurrent_scenarios(libtest.test_threads.unwrap_or(AT_ONCE))
        .after(|_, _, _, _, world| {
            Box::pin(async move {
                if let Some(world) = world {
                    world.leaves_nothing().await;
                }
            })
        })
        .with_writer(
            writer::Basic::raw(std::io::stdout(), writer::Coloring::Auto, 0)
                .summarized()
                .tee::<World, _>(writer::JUnit::for_tee(report(&reports, "junit.xml"), 0))
                .tee::<World, _>(writer::Json::for_tee(report(&reports, "cucumber.json")))
                .normalized(),
        )
        .fail_on_skipped()
        .with_cli(options)
        .filter_run(features(), move |feature, _, scenario| libtest.choose(feature, scenario))
        .await;
    fixture::stop().await;
    if writer::Stats::<World>::execution_has_failed(&writer) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn features() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("features")
}

/// Creates and returns `cucumber-reports` in cargo's target folder.
fn reports() -> PathBuf {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = scratch.parent().expect("cargo's target folder").join("cucumber-reports");
    fs::create_dir_all(&folder).expect("the folder of the reports");
    folder
}

fn report(folder: &Path, name: &str) -> File {
    File::create(folder.join(name)).expect("a report can be written")
}
