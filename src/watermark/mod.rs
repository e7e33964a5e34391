//! Windows of transaction ids: what an incremental export remembers, and what it may read next.
//!
//! A snapshot's `xmin` is the id below which every transaction has ended. The rows whose writer's id lies in the window from
//! the last upper bound up to this one are therefore exactly the ones that are new, and visible. A row's time, or the
//! value of a sequence, is taken before its transaction commits, and says nothing about that.
//!
//! Nothing here does I/O: the pipeline asks the server, and keeps the state in S3 or in a folder.

mod check;
mod facts;
mod state;

pub(crate) use check::{check_identity, check_request, check_table, invalid};
pub(crate) use facts::{Cluster, Horizon, TableColumn, TableFacts};
pub(crate) use state::{Pending, State};
