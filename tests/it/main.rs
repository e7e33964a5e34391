//! The function as Lambda runs it: the real binary, a real PostgreSQL, S3, Parameter Store and STS emulated.

mod bad_input;
mod bed;
mod command_line;
mod discover;
mod documents;
mod errors;
mod examples;
mod golden;
mod memory;
mod names;
mod observability;
