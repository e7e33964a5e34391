//! The steps, one file for each concern, and the code that they share.
#![allow(clippy::needless_pass_by_value, reason = "cucumber hands over what it has parsed")]

pub mod arguments;
pub mod fixture;
mod given_aws;
mod given_configuration;
mod given_database;
mod given_function;
mod plan;
mod then_answer;
mod then_aws;
mod then_batch;
mod then_database;
mod then_file;
mod then_logs;
mod when;
mod words;
mod world;

pub use world::World;
