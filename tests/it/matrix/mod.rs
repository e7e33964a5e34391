//! Faults of every stage, and what they leave behind: the real function between proxies that inject faults.

mod checks;
mod command_line;
mod contents;
mod deadline;
mod environment;
mod fault;
mod killed;
mod lane;
mod report;
mod row;
mod rows;
mod run;
mod sets;
mod warm;

/// Returns the `errorType`s that rows of the matrix expect.
pub fn error_types() -> impl Iterator<Item = &'static str> {
    rows::all().into_iter().map(|row| row.error_type())
}
