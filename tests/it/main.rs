//! The function as Lambda runs it: the real binary, a real PostgreSQL, S3, Parameter Store and STS emulated.

mod bad_input;
mod bed;
mod command_line;
mod completion;
mod compression;
mod copy;
mod discover;
mod documents;
mod errors;
mod examples;
mod generated;
mod golden;
mod iam_login;
mod large_value;
mod limits;
mod memory;
mod names;
mod observability;
mod odd_events;
mod odd_names;
mod outcome;
mod read_only;
mod reading_back;
mod role;
mod server_words;
mod tls;
