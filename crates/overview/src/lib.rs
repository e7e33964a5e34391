//! The overview of databases and exports: its data, the findings, and the page that shows them.
//!
//! This crate does no I/O. The caller fills an [`Overview`], calls [`judge`](Overview::judge) with the
//! [`History`] to compute the findings, and stores the [`page()`].

mod changes;
mod finding;
mod findings;
mod history;
mod lifecycle;
mod model;
mod notice;
mod page;
mod source;
mod thresholds;
mod trend;
mod words;

pub use changes::{Changes, Unpublished};
pub use finding::{Finding, Kind, Severity};
pub use history::{Figures, History, Line};
pub use lifecycle::{SUPPORT_SOURCES, certificate_authority_ends, standard_support_ends};
pub use model::{
    Database, DatabaseKind, Day, Export, ExportKind, Failure, Function, Maintenance, Overview, Place, Series,
    Stall,
};
pub use notice::{Notice, notices};
pub use page::page;
pub use source::Source;
pub use thresholds::Thresholds;
pub use trend::days_until_full;
