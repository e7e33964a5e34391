//! Queries every role in every region: its databases, their maintenance and their metrics.

use std::time::SystemTime;

use aws_config::SdkConfig;
use extractor_overview::{Database, Failure, Place, Source};
use futures_util::{StreamExt, stream};

use super::asking::{failure, in_time, region_of};
use super::calls::Calls;
use super::{figures, inventory, maintenance};
use crate::account::session_name;
use crate::aws;
use crate::job;
use crate::job::Survey;
use crate::pipeline::{Process, Run};

/// How many places are queried at the same time.
const AT_A_TIME: usize = 8;

/// Queries all places. The failure of one is reported together with the results of the others.
pub(super) async fn collect(
    process: &Process,
    aws: &SdkConfig,
    survey: &Survey,
    run: &Run,
    calls: &Calls,
) -> (Vec<Place>, Vec<Database>) {
    let asked = survey.places.iter().map(|place| ask(process, aws, place, run, calls));
    // Collected first: the compiler would not see that a stream holding the closure is `Send`.
    let asked = stream::iter(asked.collect::<Vec<_>>()).buffered(AT_A_TIME).collect::<Vec<_>>().await;
    let (mut places, mut databases) = (Vec::new(), Vec::<Database>::new());
    for (place, found) in asked {
        places.push(place);
        databases.extend(found);
    }
    let order = |database: &Database| {
        (database.account.clone(), database.region.clone(), database.identifier.clone(), database.kind)
    };
    databases.sort_by_cached_key(order);
    // Two roles may see the same account.
    databases.dedup_by_key(|database| order(database));
    (places, databases)
}

async fn ask(
    process: &Process,
    aws: &SdkConfig,
    place: &job::Place,
    run: &Run,
    calls: &Calls,
) -> (Place, Vec<Database>) {
    let region = place.region.as_deref();
    let (own, aws) = (aws, aws::with(aws, region, None));
    let role = place.role.as_ref();
    let mut told = Place {
        account: role.and_then(|role| role.arn.split(':').nth(4)).map(str::to_owned),
        region: region_of(&aws),
        role_arn: role.map(|role| role.arn.clone()),
        failures: Vec::new(),
    };
    let mut databases = Vec::new();
    let asked = in_time(run, Source::Role, async {
        let aws = match role {
            None => aws,
            Some(role) => {
                calls.add("sts:AssumeRole", 1);
                let session = session_name(&run.request_id);
                let credentials =
                    process.roles().credentials(own, region, role, &session, SystemTime::now()).await;
                let credentials = credentials.map_err(|error| failure(Source::Role, &error))?;
                aws::with(&aws, None, Some(&credentials))
            }
        };
        databases = inventory::databases(&aws, calls, &mut told.failures).await;
        for database in &mut databases {
            database.region.get_or_insert_with(|| told.region.clone());
            if database.account.is_none() {
                database.account.clone_from(&told.account);
            }
        }
        let (maintenance, figures) = tokio::join!(
            maintenance::pending(&aws, calls),
            figures::figures(&aws, &databases, run.started.into(), calls)
        );
        let mut failures: Vec<Failure> = Vec::new();
        match maintenance {
            Ok(pending) => maintenance::add(&mut databases, pending),
            Err(failure) => failures.push(failure),
        }
        match figures {
            Ok(series) => figures::add(&mut databases, series),
            Err(failure) => failures.push(failure),
        }
        told.failures.extend(failures);
        Ok(())
    })
    .await;
    if let Err(failure) = asked {
        told.failures.push(failure);
    }
    if told.account.is_none() {
        told.account = databases.iter().find_map(|database| database.account.clone());
    }
    (told, databases)
}
