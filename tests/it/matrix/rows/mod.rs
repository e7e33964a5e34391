//! The rows, one file per stage.

mod config;
mod connection;
mod credentials;
mod endpoint;
mod parquet;
mod query;
mod readers;
mod sets;
mod streaming;
mod upload;

use devstack::HttpFault;

use crate::matrix::row::Row;

/// The whole matrix, in the order of the flow.
pub fn all() -> Vec<Row> {
    [
        config::rows(),
        credentials::rows(),
        endpoint::rows(),
        connection::rows(),
        query::rows(),
        streaming::rows(),
        readers::rows(),
        upload::rows(),
        sets::rows(),
        parquet::rows(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn error(status: u16, code: &'static str) -> HttpFault {
    HttpFault::error(status, code)
}
