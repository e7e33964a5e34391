//! Exports the result of a PostgreSQL query as CSV to S3, across AWS accounts.
//!
//! ```text
//! event → config → credentials → endpoint → connection → rows → encode → (compress) → parts → upload → response
//! ```
//!
//! Data flows in one direction: each stage takes the typed output of the one before, and no stage imports a
//! later one. All stages use errors and telemetry. [`error`] has the closed lists of what can go wrong and
//! where.

pub mod account;
mod answer;
pub mod aws;
pub mod cli;
mod compress;
pub mod config;
pub mod database;
pub mod deadline;
mod diagnose;
mod discover;
pub mod environment;
pub mod error;
pub mod event;
mod fields;
mod form;
pub mod handler;
pub mod job;
pub mod local;
pub mod names;
mod overview;
pub mod part;
pub mod pipeline;
mod plan;
mod progress;
mod response;
mod retry;
pub mod s3;
pub mod secret;
pub mod telemetry;
mod watermark;
