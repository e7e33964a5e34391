//! Propagates the trace of the request with every call to AWS.
//!
//! The SDK does so only if Lambda sets `_X_AMZN_TRACE_ID`, which it cannot if a process handles several
//! requests at a time.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use crate::telemetry::trace_header;

/// The header of the trace, which no signature covers.
const HEADER: &str = "x-amzn-trace-id";

/// Returns a client that adds the header to the calls of `inner`.
pub(super) fn traced(inner: SharedHttpClient) -> SharedHttpClient {
    SharedHttpClient::new(Traced(inner))
}

#[derive(Debug)]
struct Traced<T>(T);

impl HttpClient for Traced<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Traced(self.0.http_connector(settings, components)))
    }
}

impl HttpConnector for Traced<SharedHttpConnector> {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        if request.headers().get(HEADER).is_none()
            && let Some(trace) = trace_header()
        {
            // A value that is not valid in a header is not a trace.
            let _ = request.headers_mut().try_insert(HEADER, trace);
        }
        self.0.call(request)
    }
}
