//! The command-line program `devstack`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Parser, Subcommand};
use devstack::{Demo, DiscardS3, Function, Result, RuntimeApi, Stack, StackOptions};
use tokio::signal::unix::{SignalKind, signal};

/// Real PostgreSQL, AWS emulators and a Lambda Runtime API on this machine, for development.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start everything, print its environment as shell exports, and stop it on Ctrl-C.
    Up {
        /// Also serve this executable as the Lambda function `rds-data-extractor`.
        #[arg(long, value_name = "FILE")]
        bootstrap: Option<PathBuf>,
        /// The time limit of an invocation, in seconds.
        #[arg(long, default_value_t = 900)]
        timeout: u64,
        /// Do not start the RDS API.
        #[arg(long)]
        without_rds: bool,
    },
    /// Demonstrate the extractor.
    Demo {
        /// The extractor's executable.
        bootstrap: PathBuf,
        /// Keep everything running until Ctrl-C.
        #[arg(long)]
        keep: bool,
    },
    /// Install the emulators' Python packages into the cache.
    Install,
    /// Build the images of the containers from packages, without an image registry.
    Images,
    /// Serve an S3 endpoint that accepts uploads and discards them, until Ctrl-C.
    DiscardS3 {
        /// The port on 127.0.0.1, or 0 for a free one.
        #[arg(long, default_value_t = 0)]
        port: u16,
    },
}

#[tokio::main]
async fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Up { bootstrap, timeout, without_rds } => {
            Box::pin(up(bootstrap, timeout, without_rds)).await
        }
        Command::Demo { bootstrap, keep } => Box::pin(demo(&bootstrap, keep)).await,
        Command::Install => devstack::install().await,
        Command::Images => devstack::build_images().await,
        Command::DiscardS3 { port } => {
            let endpoint = DiscardS3::start(port)?;
            println!("export AWS_ENDPOINT_URL_S3={}", endpoint.url());
            stopped().await
        }
    }
}

async fn up(bootstrap: Option<PathBuf>, timeout: u64, without_rds: bool) -> Result<()> {
    let stack = tokio::select! {
        stack = Stack::start(StackOptions { without_rds, ..StackOptions::default() }) => stack?,
        stopped = stopped() => return stopped,
    };
    let mut variables = stack.function_env();
    let postgres = &stack.postgres;
    variables.extend([
        ("PGHOST".into(), postgres.host().into()),
        ("PGPORT".into(), postgres.port().to_string()),
        ("PGUSER".into(), postgres.superuser().into()),
        ("PGPASSWORD".into(), postgres.password().into()),
        ("PGSSLMODE".into(), "verify-full".into()),
        ("PGSSLROOTCERT".into(), postgres.ca_file().display().to_string()),
    ]);
    let lambda = match bootstrap {
        Some(bootstrap) => {
            let function = Function { timeout: Duration::from_secs(timeout), ..Function::new(bootstrap) };
            let lambda = RuntimeApi::start(function.env(stack.function_env())).await?;
            variables.push(("AWS_ENDPOINT_URL_LAMBDA".into(), lambda.invoke_url()));
            Some(lambda)
        }
        None => None,
    };
    for (name, value) in variables {
        println!("export {name}='{value}'");
    }
    eprintln!("The stack is up. Ctrl-C stops it and removes its data.");
    stopped().await?;
    drop(lambda);
    Ok(())
}

async fn demo(bootstrap: &Path, keep: bool) -> Result<()> {
    println!("Starting PostgreSQL, LocalStack and the RDS API (the first start installs them) ...");
    let demo = tokio::select! {
        demo = Demo::start(bootstrap) => demo?,
        stopped = stopped() => return stopped,
    };
    demo.show_one().await?;
    demo.show_many().await?;
    if keep {
        demo.show_next_steps();
        stopped().await?;
    }
    Ok(())
}

/// Waits for Ctrl-C or SIGTERM.
async fn stopped() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result?,
        _ = terminate.recv() => {}
    }
    Ok(())
}
