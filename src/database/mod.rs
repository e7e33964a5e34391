//! The stages `connection` and `rows`: from an address to the raw rows of one statement.
//!
//! tokio-postgres logs in (SCRAM, channel binding, IAM tokens) on a stream that is lent to it (`lend`) and
//! taken back afterwards. From then on `wire` handles the messages of the protocol, so that Bind can choose
//! the format of each column and a row can be encoded directly from the read buffer.
//!
//! ```text
//! dial → tls → login → BEGIN and settings → parse → bind, execute → rows → COMMIT or ROLLBACK
//! ```

mod ask;
mod cancel;
pub(crate) mod catalog;
mod condition;
mod connect;
pub(crate) mod dial;
mod direct;
mod explain;
mod failure;
pub(crate) mod horizon;
mod json_types;
mod lend;
mod misfit;
mod pooler;
mod positions;
pub(crate) mod probe;
mod resolve;
mod server_error;
mod session;
mod settings;
pub(crate) mod snapshot;
mod socket;
pub mod sqlstate;
pub(crate) mod statement;
mod stop;
mod stream;
pub(crate) mod table;
mod tls;
mod transaction;
mod type_names;
mod wire;

pub use connect::connect_by;
pub(crate) use connect::{connect, connect_beside, connect_once};
pub(crate) use direct::{Tried, connect_to_any, try_in_order};
pub(crate) use explain::{Node, Plan};
pub(crate) use failure::LoginFailure;
pub use resolve::Resolver;
pub use session::Session;
pub use settings::{SessionSettings, Snapshot};
pub(crate) use snapshot::Exported;
