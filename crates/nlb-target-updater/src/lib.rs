//! Keeps the addresses of a database registered with a Network Load Balancer, whose targets are addresses and
//! not names.
//!
//! | module | description |
//! | --- | --- |
//! | [`settings`] | what the function's environment says |
//! | [`event`] | how long a run watches for a change |
//! | [`networks`] | the address ranges in which targets may lie |
//! | [`step`] | what is to be done, given what is wanted and what is registered; no I/O |
//! | [`database`] | the addresses that are wanted, from RDS and DNS |
//! | [`target_group`] | what is registered, and its health |
//! | [`run`] | one run: steps, until the target group is as wanted or the time is up |
//! | [`report`] | the line of a run, with its metrics |

pub mod database;
pub mod event;
pub mod failure;
pub mod networks;
pub mod report;
pub mod run;
pub mod settings;
pub mod step;
pub mod target_group;
