//! The faults of calls between the client and the service.

use std::time::Duration;

/// A fault of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpFault {
    /// The proxy returns this error in the service's own form. The service is not called.
    Error {
        /// The HTTP status.
        status: u16,
        /// The error's code, such as `SlowDown`.
        code: &'static str,
        /// The error's message.
        message: &'static str,
    },
    /// The proxy returns this XML with success. The service is not called.
    Answer(String),
    /// The proxy returns S3's response for a bucket in this other region. The service is not called.
    Redirect(&'static str),
    /// The service is called, but the connection is closed after this many bytes of the response's body.
    Truncate(usize),
    /// There is no response. The service is not called.
    Stall,
    /// The service is called, but there is no response.
    StallAnswer,
    /// The connection is reset. The service is not called.
    Reset,
    /// The service is called, but the connection is reset instead of a response.
    LoseAnswer,
    /// One bit of this byte of the request's body is inverted.
    AlterRequest(usize),
    /// One bit of this byte of the response's body is inverted.
    AlterAnswer(usize),
    /// The first text is replaced by the second one everywhere in the response's body.
    Replace(&'static str, &'static str),
    /// The service is called after this time.
    Delay(Duration),
    /// The service is called, but the date of the response is this many seconds in the future, or in the past
    /// if negative.
    ShiftDate(i64),
}

impl HttpFault {
    /// Returns an error whose message says that it comes from the proxy.
    pub fn error(status: u16, code: &'static str) -> Self {
        Self::Error { status, code, message: "made by the fault proxy" }
    }
}
