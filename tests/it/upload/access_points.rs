//! Access points as buckets. LocalStack has none, so the HTTP client sends the requests for their hosts to a bucket.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use http::Uri;
use rds_data_extractor::aws::http_client;
use rds_data_extractor::part::sizes::MIN_PART;
use rds_data_extractor::s3::{Destination, Preflight, Rehearsed, S3, Upload, rehearse};

use crate::upload::bucket::{Bucket, KEY, config, rows, run, uploaded};

/// Sends the requests for any host of AWS to a bucket of the emulator, and records the hosts and the regions
/// of the signatures.
#[derive(Debug, Clone)]
struct Behind<T> {
    inner: T,
    bucket: String,
    emulator: String,
    seen: Arc<Mutex<Vec<(String, String)>>>,
}

impl<T> Behind<T> {
    fn with<U>(&self, inner: U) -> Behind<U> {
        let Self { bucket, emulator, seen, .. } = self;
        Behind { inner, bucket: bucket.clone(), emulator: emulator.clone(), seen: Arc::clone(seen) }
    }
}

impl HttpClient for Behind<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.with(self.inner.http_connector(settings, components)))
    }
}

impl HttpConnector for Behind<SharedHttpConnector> {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let uri: Uri = request.uri().parse().expect("a URI");
        let signed = request.headers().get("authorization").expect("a signature");
        let region = signed.split('/').nth(2).expect("a region").to_owned();
        self.seen.lock().expect("no panic").push((uri.host().expect("a host").to_owned(), region));
        let target = uri.path_and_query().map(ToString::to_string).unwrap_or_default();
        request.set_uri(format!("http://{}/{}{target}", self.emulator, self.bucket)).expect("a URI");
        self.inner.call(request)
    }
}

#[tokio::test]
async fn an_access_point_is_written_to_by_its_arn_and_by_its_alias() {
    const ARN: &str = "arn:aws:s3:us-west-2:111111111111:accesspoint/exports";
    const ALIAS: &str = "exports-1a2b3c4d5e6f7g8h9i0j1k2l3m4n5-s3alias";
    for (name, host, region) in [
        (ARN, "exports-111111111111.s3-accesspoint.us-west-2.amazonaws.com", "us-west-2"),
        (ALIAS, &format!("{ALIAS}.s3.eu-central-1.amazonaws.com"), "eu-central-1"),
    ] {
        for size in [500, MIN_PART + 500] {
            let bucket = Bucket::new().await;
            let emulator = crate::upload::s3().await;
            let seen = Arc::default();
            let client = Behind {
                inner: http_client(),
                bucket: bucket.name.clone(),
                emulator,
                seen: Arc::clone(&seen),
            };
            let mut config = config("http://nowhere.invalid").to_builder();
            config.set_endpoint_url(None).set_http_client(Some(SharedHttpClient::new(client)));
            let s3 = S3::new(&config.build());
            let destination = Destination::new(name, KEY, "id-access-point", "text/csv");
            let body = rows("access point", size);
            let preflight = Upload::preflight(&s3, destination).await.expect("a look");
            let Preflight::Ready(mut upload) = preflight else { panic!("{preflight:?}") };
            let written = uploaded(run(&mut upload, &body).await.expect("an object"));
            assert_eq!(written.location(), format!("s3://{name}/{KEY}"));
            assert!(bucket.get(KEY).await == body);
            assert_eq!(bucket.open_uploads().await, 0);

            // The requests of diagnose.
            let destination = Destination::new(name, "exports/another.csv", "id-rehearsal", "text/csv");
            let rehearsed = rehearse(&s3, destination).await.expect("an upload");
            let Rehearsed::Possible { region: said, .. } = rehearsed else { panic!("{rehearsed:?}") };
            assert_eq!(said.as_deref(), Some(region));
            for (asked, signed_for) in seen.lock().expect("no panic").iter() {
                assert_eq!((asked.as_str(), signed_for.as_str()), (host, region));
            }
        }
    }
}
