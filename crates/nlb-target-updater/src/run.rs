//! One run: steps, until the target group is as wanted or the time is up.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use tokio::time::sleep;

use crate::event::Watch;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::step::{Health, Step, Target, agrees, next, serving};
use crate::{database, target_group};

/// The names of RDS are valid for this time.
const BETWEEN_STEPS: Duration = Duration::from_secs(5);

/// What one step has found and done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The targets that are wanted.
    pub wanted: BTreeSet<Target>,
    /// The registered targets that are not being drained, after the step.
    pub registered: BTreeSet<Target>,
    /// The wanted targets that are healthy.
    pub healthy: BTreeSet<Target>,
    /// Whether exactly the wanted targets are registered.
    pub agrees: bool,
}

/// What a run has found last, and all that it has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The last step, or why it has failed.
    pub last: Result<Seen, Failure>,
    /// The targets that the run has registered.
    pub registered: BTreeSet<Target>,
    /// The targets that the run has deregistered.
    pub deregistered: BTreeSet<Target>,
    /// The number of steps.
    pub steps: u32,
}

impl Done {
    /// Returns what a run has done that could not begin.
    pub fn failed(failure: Failure) -> Self {
        Self { last: Err(failure), registered: BTreeSet::new(), deregistered: BTreeSet::new(), steps: 0 }
    }
}

/// The function's clients.
#[derive(Clone, Debug)]
pub struct Updater {
    rds: aws_sdk_rds::Client,
    balancer: aws_sdk_elasticloadbalancingv2::Client,
    settings: Settings,
}

impl Updater {
    /// Creates the clients.
    pub fn new(aws: &SdkConfig, settings: Settings) -> Self {
        Self {
            rds: aws_sdk_rds::Client::new(aws),
            balancer: aws_sdk_elasticloadbalancingv2::Client::new(aws),
            settings,
        }
    }

    /// Takes one step, and others for as long as `watch` says.
    pub async fn run(&self, watch: Watch) -> Done {
        let mut done = Done {
            last: Ok(Seen::default()),
            registered: BTreeSet::new(),
            deregistered: BTreeSet::new(),
            steps: 0,
        };
        loop {
            done.steps += 1;
            done.last = self.step(&mut done.registered, &mut done.deregistered).await;
            let has_changed = !done.registered.is_empty() || !done.deregistered.is_empty();
            let (is_done, until) = match (watch, &done.last) {
                (Watch::Once, _) => return done,
                (Watch::UntilSeen(until), last) => (last.is_ok(), until),
                (Watch::UntilChanged(until), last) => {
                    (has_changed && last.as_ref().is_ok_and(|seen| seen.agrees), until)
                }
            };
            if is_done || SystemTime::now() + BETWEEN_STEPS > until {
                return done;
            }
            sleep(BETWEEN_STEPS).await;
        }
    }

    async fn step(
        &self,
        registered_now: &mut BTreeSet<Target>,
        deregistered_now: &mut BTreeSet<Target>,
    ) -> Result<Seen, Failure> {
        let Settings { target_group: group, database, port, networks, .. } = &self.settings;
        let addresses = database::wanted_addresses(&self.rds, database, networks).await?;
        let of = |address: Ipv4Addr| Target { address, port: *port };
        let wanted: BTreeSet<_> = addresses.into_iter().map(of).collect();
        let mut registered = target_group::registered(&self.balancer, group).await?;
        let Step { register, deregister } = next(&wanted, &registered);
        if !register.is_empty() {
            target_group::register(&self.balancer, group, &register).await?;
            registered.extend(register.iter().map(|target| (*target, Health::Other)));
            registered_now.extend(register);
        }
        if !deregister.is_empty() {
            target_group::deregister(&self.balancer, group, &deregister).await?;
            registered.extend(deregister.iter().map(|target| (*target, Health::Draining)));
            deregistered_now.extend(deregister);
        }
        Ok(seen(wanted, &registered))
    }
}

fn seen(wanted: BTreeSet<Target>, registered: &BTreeMap<Target, Health>) -> Seen {
    let is_healthy = |target: &&Target| registered.get(*target) == Some(&Health::Healthy);
    let healthy = wanted.iter().filter(is_healthy).copied().collect();
    Seen { agrees: agrees(&wanted, registered), registered: serving(registered), healthy, wanted }
}
