//! The HTTP client for all calls to AWS.

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::traced::traced;

/// Creates the client that the SDK would create by default, proxies of the environment included, but with
/// ring as its cryptography: aws-lc, the default of the SDK, would be a second large library beside OpenSSL.
pub fn http_client() -> SharedHttpClient {
    traced(Builder::new().build_with_connector_fn(|settings, components| {
        let mut connector = ConnectorBuilder::default().tls_provider(Provider::Rustls(CryptoMode::Ring));
        if let Some(authorities) = authorities() {
            connector = connector.tls_context(authorities);
        }
        connector.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        connector.build()
    }))
}

/// The variable that names a PEM file with the authorities to trust, instead of the system's.
const CA_BUNDLE: &str = "AWS_CA_BUNDLE";

/// Returns the authorities of [`CA_BUNDLE`], as the AWS CLI and other SDKs use them; the SDK for Rust does not.
fn authorities() -> Option<TlsContext> {
    let path = std::env::var(CA_BUNDLE).ok().filter(|path| !path.is_empty())?;
    // The file was checked when the event was read.
    let pem = std::fs::read(path).ok()?;
    let store = TrustStore::empty().with_pem_certificate(pem);
    TlsContext::builder().with_trust_store(store).build().ok()
}
