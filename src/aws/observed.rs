//! Records what the calls of one client show besides their answers: the host that was called and AWS's clock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use http::Uri;

use super::client::http_client;

/// Reads what was recorded of the calls made with a configuration from [`observed`].
#[derive(Debug, Clone, Default)]
pub struct Observer(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    endpoint: Option<String>,
    answered: bool,
    ahead: Option<f64>,
}

impl Observer {
    /// Returns `host:port` of the endpoint of the last request, or `None` before the first.
    pub fn endpoint(&self) -> Option<String> {
        self.seen().endpoint.clone()
    }

    /// Returns whether any answer was received, even an error.
    pub fn answered(&self) -> bool {
        self.seen().answered
    }

    /// Returns by how many seconds this machine's clock was ahead of AWS's at the last answer with a date.
    pub fn ahead(&self) -> Option<f64> {
        self.seen().ahead
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns a copy of `config` and the observer that records its calls.
pub fn observed(config: &SdkConfig) -> (SdkConfig, Observer) {
    let observer = Observer::default();
    let inner = config.http_client().unwrap_or_else(http_client);
    let client = Observed { inner, observer: observer.clone() };
    (config.to_builder().http_client(client).build(), observer)
}

#[derive(Debug)]
struct Observed<T> {
    inner: T,
    observer: Observer,
}

impl HttpClient for Observed<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Observed { inner, observer: self.observer.clone() })
    }
}

impl HttpConnector for Observed<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let observer = self.observer.clone();
        observer.seen().endpoint = endpoint(request.uri());
        let answer = self.inner.call(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await?;
            let mut seen = observer.seen();
            seen.answered = true;
            if let Some(ahead) = answer.headers().get("date").and_then(|date| ahead(date, SystemTime::now()))
            {
                seen.ahead = Some(ahead);
            }
            drop(seen);
            Ok(answer)
        })
    }
}

/// Returns `host:port` of a URI.
fn endpoint(uri: &str) -> Option<String> {
    let uri: Uri = uri.parse().ok()?;
    let port = uri.port_u16().unwrap_or(if uri.scheme_str()? == "http" { 80 } else { 443 });
    Some(format!("{}:{port}", uri.host()?))
}

/// Returns by how many seconds `now` is ahead of an HTTP date, which has a resolution of one second.
fn ahead(date: &str, now: SystemTime) -> Option<f64> {
    const HALF: Duration = Duration::from_millis(500);
    let theirs = SystemTime::try_from(DateTime::from_str(date, Format::HttpDate).ok()?).ok()? + HALF;
    Some(match now.duration_since(theirs) {
        Ok(ahead) => ahead.as_secs_f64(),
        Err(behind) => -behind.duration().as_secs_f64(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_defaults_to_the_port_of_its_scheme() {
        assert_eq!(
            endpoint("https://ssm.eu-central-1.amazonaws.com/").unwrap(),
            "ssm.eu-central-1.amazonaws.com:443"
        );
        assert_eq!(endpoint("http://127.0.0.1:4566/bucket/key?uploads").unwrap(), "127.0.0.1:4566");
        assert_eq!(endpoint("http://[::1]/x").unwrap(), "[::1]:80");
        assert_eq!(endpoint("http://user:hunter2@localhost:4566/x").unwrap(), "localhost:4566");
    }

    #[test]
    fn a_date_tells_how_far_the_clock_is_off() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        assert_eq!(ahead("Sun, 09 Sep 2001 01:46:40 GMT", now), Some(-0.5));
        assert_eq!(ahead("Sun, 09 Sep 2001 01:45:40 GMT", now), Some(59.5));
        assert_eq!(ahead("yesterday", now), None);
    }
}
