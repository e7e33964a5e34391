//! What can happen to a call between the client and the service.

use std::time::Duration;

/// What a call suffers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpFault {
    /// The proxy answers this error by itself, in the service's own form; the service is not reached.
    Error {
        /// The HTTP status.
        status: u16,
        /// The error's code, such as `SlowDown`.
        code: &'static str,
        /// The error's message.
        message: &'static str,
    },
    /// The proxy answers this XML by itself, with success; the service is not reached.
    Answer(String),
    /// S3's answer for a bucket of this other region; the service is not reached.
    Redirect(&'static str),
    /// The service does it; of the answer's body only this many bytes arrive before the connection is cut.
    Truncate(usize),
    /// Never an answer; the service is not reached.
    Stall,
    /// The service does it; never an answer.
    StallAnswer,
    /// The connection is reset; the service is not reached.
    Reset,
    /// The service does it; the connection is reset in place of the answer.
    LoseAnswer,
    /// The service gets it with one bit of this byte of the body inverted.
    AlterRequest(usize),
    /// The client gets the answer with one bit of this byte of the body inverted.
    AlterAnswer(usize),
    /// The client gets the answer with every such text in its body replaced by the other.
    Replace(&'static str, &'static str),
    /// The service gets it this much later.
    Delay(Duration),
    /// The service does it; the answer's date is so many seconds in the future, or in the past.
    ShiftDate(i64),
}

impl HttpFault {
    /// An error answer whose message says that it is made.
    pub fn error(status: u16, code: &'static str) -> Self {
        Self::Error { status, code, message: "made by the fault proxy" }
    }
}
