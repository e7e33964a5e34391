//! The stages `connection` and `rows`: from an address to the raw rows of one statement.
//!
//! tokio-postgres logs in (TLS, SCRAM, channel binding, IAM tokens) on a stream that is lent to it (`lend`) and taken
//! back afterwards. From then on `wire` speaks the protocol's messages, because a Bind of our own can choose the
//! format of every column and a row can be encoded where it lies in the read buffer.
//!
//! ```text
//! dial → tls → login → session settings → prepare → bind, execute → rows → commit
//! ```

mod ask;
mod cancel;
mod connect;
pub mod dial;
mod explain;
mod lend;
pub mod probe;
mod server_error;
pub mod session;
mod socket;
pub mod statement;
mod stream;
pub mod tls;
mod wire;

pub use ask::Answer;
pub use cancel::CancelHandle;
pub use connect::{Login, LoginFailure, connect, connect_once};
pub use explain::Plan;
pub use session::Session;
pub use statement::{Rows, Statement};
pub use tls::{SslMode, TlsSettings};
