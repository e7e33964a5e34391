//! What is to be done, given what is wanted and what is registered.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

/// An address with a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The address.
    pub address: Ipv4Addr,
    /// The port.
    pub port: u16,
}

/// The state of a registered target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// New connections go there.
    Healthy,
    /// It is new, or does not answer the health check.
    Other,
    /// It is deregistered, and its connections may end. It takes no new ones.
    Draining,
}

/// What one step changes. Both can be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// The targets to register.
    pub register: BTreeSet<Target>,
    /// The targets to deregister.
    pub deregister: BTreeSet<Target>,
}

/// Returns the next step.
///
/// Everything that is wanted is registered first. What is no longer wanted is deregistered in a later step, once AWS calls
/// a wanted target healthy, which takes minutes for a new one: until then the old targets are the only ones that take
/// connections. So the group is never empty, whenever a run is killed, and a step that is repeated changes nothing more.
///
/// Without any wanted target, nothing is done.
pub fn next(wanted: &BTreeSet<Target>, registered: &BTreeMap<Target, Health>) -> Step {
    if wanted.is_empty() {
        return Step::default();
    }
    let stays = |target: &Target| registered.get(target).is_some_and(|health| *health != Health::Draining);
    let is_healthy = |target: &Target| registered.get(target) == Some(&Health::Healthy);
    let register: BTreeSet<_> = wanted.iter().filter(|target| !stays(target)).copied().collect();
    let may_deregister = register.is_empty() && wanted.iter().any(is_healthy);
    let stale = registered.keys().filter(|target| stays(target) && !wanted.contains(target)).copied();
    Step { register, deregister: if may_deregister { stale.collect() } else { BTreeSet::new() } }
}

/// Returns whether exactly the wanted targets are registered.
pub fn agrees(wanted: &BTreeSet<Target>, registered: &BTreeMap<Target, Health>) -> bool {
    serving(registered) == *wanted
}

/// Returns the registered targets that are not being drained.
pub fn serving(registered: &BTreeMap<Target, Health>) -> BTreeSet<Target> {
    registered.iter().filter(|(_, health)| **health != Health::Draining).map(|(target, _)| *target).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn target(last: u8) -> Target {
        Target { address: Ipv4Addr::new(10, 1, 0, last), port: 5432 }
    }

    fn targets(lasts: &[u8]) -> BTreeSet<Target> {
        lasts.iter().map(|last| target(*last)).collect()
    }

    fn step(register: &[u8], deregister: &[u8]) -> Step {
        Step { register: targets(register), deregister: targets(deregister) }
    }

    fn after(wanted: &[u8], registered: &[(u8, Health)]) -> Step {
        next(&targets(wanted), &registered.iter().map(|(last, health)| (target(*last), *health)).collect())
    }

    use Health::{Draining, Healthy, Other};

    #[test]
    fn a_new_address_is_registered_and_the_old_one_stays_until_it_is_healthy() {
        assert_eq!(after(&[2], &[(1, Healthy)]), step(&[2], &[]));
        assert_eq!(after(&[2], &[(1, Healthy), (2, Other)]), step(&[], &[]));
        assert_eq!(after(&[2], &[(1, Healthy), (2, Healthy)]), step(&[], &[1]));
        assert_eq!(after(&[2], &[(1, Draining), (2, Healthy)]), step(&[], &[]));
    }

    #[test]
    fn an_old_address_stays_even_if_it_is_unhealthy_while_no_wanted_one_is_healthy() {
        assert_eq!(after(&[2], &[(1, Other), (2, Other)]), step(&[], &[]));
    }

    #[test]
    fn a_target_that_is_being_drained_is_registered_again_if_it_is_wanted() {
        assert_eq!(after(&[1], &[(1, Draining), (2, Healthy)]), step(&[1], &[]));
    }

    #[test]
    fn one_healthy_address_of_two_is_enough_to_deregister_others() {
        assert_eq!(after(&[2, 3], &[(1, Healthy), (2, Healthy), (3, Other)]), step(&[], &[1]));
        assert_eq!(after(&[2, 3], &[(1, Healthy), (2, Healthy)]), step(&[3], &[]));
    }

    #[test]
    fn another_port_is_another_target() {
        let old = Target { port: 5433, ..target(1) };
        let registered = BTreeMap::from([(old, Healthy)]);
        assert_eq!(next(&targets(&[1]), &registered), step(&[1], &[]));
    }

    #[test]
    fn without_a_wanted_address_nothing_is_done() {
        assert_eq!(after(&[], &[(1, Healthy), (2, Other)]), step(&[], &[]));
    }

    proptest! {
        /// Whatever becomes of the targets' health, and wherever a run is killed, some target is always registered, and
        /// as soon as the wanted ones are healthy, the group is as wanted after two steps.
        #[test]
        fn the_group_is_never_empty_and_ends_as_wanted(
            wanted in proptest::collection::vec(proptest::collection::btree_set(0_u8..4, 1..4), 1..12),
            healths in proptest::collection::vec(any::<u16>(), 12),
            killed in proptest::collection::vec(any::<bool>(), 12),
        ) {
            let mut registered = BTreeMap::from([(target(0), Healthy)]);
            let mut apply = |wanted: &BTreeSet<Target>, health: &dyn Fn(u8) -> Health, is_killed: bool| {
                for (target, known) in &mut registered {
                    if *known != Draining {
                        *known = health(target.address.octets()[3]);
                    }
                }
                let step = next(wanted, &registered);
                registered.extend(step.register.iter().map(|target| (*target, Other)));
                if !is_killed {
                    registered.extend(step.deregister.iter().map(|target| (*target, Draining)));
                }
                registered.clone()
            };
            let last = targets(&wanted[wanted.len() - 1].iter().copied().collect::<Vec<_>>());
            for (turn, wanted) in wanted.iter().enumerate() {
                let wanted = targets(&wanted.iter().copied().collect::<Vec<_>>());
                let health = |at: u8| if healths[turn] >> at & 1 == 0 { Other } else { Healthy };
                prop_assert!(!serving(&apply(&wanted, &health, killed[turn])).is_empty());
            }
            for _ in 0..2 {
                prop_assert!(!serving(&apply(&last, &|_| Healthy, false)).is_empty());
            }
            prop_assert!(agrees(&last, &apply(&last, &|_| Healthy, false)));
        }
    }
}
