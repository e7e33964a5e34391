//! `action: discover`: the databases that roles can see, across accounts and regions.
//!
//! Only AWS APIs are called, so neither a VPC nor a network between the accounts is needed. Each role is
//! queried separately, and the failure of one is reported together with the results of the others.

mod database;
mod databases;
mod figures;
mod found;
mod inventory;

use std::time::SystemTime;

use aws_config::SdkConfig;
use futures_util::{StreamExt, stream};

use crate::account::session_name;
use crate::aws;
use crate::error::{Error, ErrorType, Result, Stage, for_shell};
use crate::job::{Discovery, Place};
use crate::pipeline::{Process, Run};
#[cfg(test)]
pub use database::Kind;
pub use database::{Database, Figures};
use found::Found;
pub use inventory::Inventory;

/// How many roles are queried at the same time.
const AT_A_TIME: usize = 8;

/// Queries every role in every region that is named, and combines the results.
///
/// # Errors
/// `Cancelled`, or the error of the first role if no role could be queried at all.
pub async fn discover(process: &Process, discovery: &Discovery, run: &Run) -> Result<Inventory> {
    let aws = process.aws().await;
    let asked = discovery.places.iter().map(|place| async move {
        tokio::select! {
            biased;
            () = run.deadline.expired() => Found::nothing(late(run)),
            found = ask(process, aws, place, discovery, run) => found,
        }
    });
    // Collected first: the compiler would not see that a stream holding the closure is `Send`.
    let asked = stream::iter(asked.collect::<Vec<_>>()).buffered(AT_A_TIME).collect::<Vec<_>>();
    let found = tokio::select! {
        biased;
        () = run.interruption() => {
            return Err(Error::new(ErrorType::Cancelled, run.progress.stage(), "The discovery was interrupted."));
        }
        found = asked => found,
    };
    let mut inventory = Inventory::new(discovery, found, aws.region().map(AsRef::as_ref));
    if run.is_by_hand() {
        for failure in &mut inventory.failures {
            failure.error.hint = for_shell(&failure.error.hint);
        }
    }
    for failure in &inventory.failures {
        let error = &failure.error;
        tracing::warn!(
            roleArn = failure.role_arn.as_deref(),
            region = failure.region.as_deref(),
            errorType = error.error_type.as_str(),
            stage = error.stage.as_str(),
            hint = error.advice(),
            "{}",
            error.message
        );
    }
    if inventory.is_failure
        && let Some(failure) = inventory.failures.first()
    {
        return Err(failure.error.clone());
    }
    Ok(inventory)
}

async fn ask(process: &Process, aws: &SdkConfig, place: &Place, discovery: &Discovery, run: &Run) -> Found {
    run.progress.enter(Stage::Credentials);
    let region = place.region.as_deref();
    let (own, mut aws) = (aws, aws::with(aws, region, None));
    if let Some(role) = &place.role {
        let session = session_name(&run.request_id);
        match process.roles().credentials(own, region, role, &session, SystemTime::now()).await {
            Ok(credentials) => aws = aws::with(&aws, None, Some(&credentials)),
            Err(error) => return Found::nothing(error),
        }
    }
    run.progress.enter(Stage::Endpoint);
    let mut found = Found::default();
    for listed in <[_; 2]>::from(tokio::join!(databases::instances(&aws), databases::clusters(&aws))) {
        match listed {
            Ok(databases) => {
                found.answered = true;
                found.databases.extend(
                    databases
                        .into_iter()
                        .filter(|database| discovery.wants(&database.identifier, database.engine.as_deref())),
                );
            }
            Err(error) => found.errors.push(error),
        }
    }
    if discovery.metrics
        && let Err(error) = figures::add(&aws, &mut found.databases).await
    {
        found.errors.push(error);
    }
    found
}

fn late(run: &Run) -> Error {
    let message = format!("The time ran out after {:.1} seconds.", run.deadline.elapsed().as_secs_f64());
    run.out_of_time(message, "ask for fewer roles at once")
}
