//! The HTTP client for all calls to AWS.

use std::borrow::Cow;

use aws_runtime::env_config::file::EnvConfigFiles;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::os_shim_internal::{Env, Fs};

use super::traced::traced;

/// Creates the client that the SDK would create by default, proxies of the environment included, but with
/// ring as its cryptography: aws-lc, the default of the SDK, would be a second large library beside OpenSSL.
pub fn http_client() -> SharedHttpClient {
    http_client_trusting(std::env::var(CA_BUNDLE).ok())
}

/// Creates the client of [`http_client`], which trusts the authorities of this PEM file, if one is given,
/// instead of the system's.
pub(super) fn http_client_trusting(bundle: Option<String>) -> SharedHttpClient {
    create(bundle, ProxyConfig::from_env)
}

/// Creates a client for addresses of this machine, which no proxy of the environment reaches.
pub(super) fn http_client_of_this_machine() -> SharedHttpClient {
    create(None, ProxyConfig::disabled)
}

fn create(bundle: Option<String>, proxy: fn() -> ProxyConfig) -> SharedHttpClient {
    traced(Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = ConnectorBuilder::default().tls_provider(Provider::Rustls(CryptoMode::Ring));
        if let Some(authorities) = authorities(bundle.as_deref()) {
            connector = connector.tls_context(authorities);
        }
        connector.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        connector.set_proxy_config(Some(proxy()));
        connector.build()
    }))
}

/// The variable that names a PEM file with the authorities to trust, instead of the system's.
const CA_BUNDLE: &str = "AWS_CA_BUNDLE";
/// The key of a profile that does the same. The variable takes precedence.
const CA_BUNDLE_OF_PROFILE: &str = "ca_bundle";

/// Returns the file that [`CA_BUNDLE`] or the profile names.
pub(super) async fn ca_bundle(profile: Option<&str>) -> Option<String> {
    match std::env::var(CA_BUNDLE).ok().filter(|path| !path.is_empty()) {
        Some(path) => Some(path),
        None => ca_bundle_of_profile(profile).await,
    }
}

/// Returns the file that the profile names, whatever the variable says. The SDK reports a profile that cannot
/// be read.
pub(crate) async fn ca_bundle_of_profile(profile: Option<&str>) -> Option<String> {
    let selected = profile.map(|profile| Cow::Owned(profile.to_owned()));
    let files = EnvConfigFiles::default();
    let profiles = aws_config::profile::load(&Fs::real(), &Env::real(), &files, selected).await.ok()?;
    profiles.get(CA_BUNDLE_OF_PROFILE).filter(|path| !path.is_empty()).map(str::to_owned)
}

/// Returns the authorities of a file, which the AWS CLI and other SDKs read themselves, but the SDK for Rust
/// does not.
fn authorities(path: Option<&str>) -> Option<TlsContext> {
    // The file was checked before the first call.
    let pem = std::fs::read(path.filter(|path| !path.is_empty())?).ok()?;
    let store = TrustStore::empty().with_pem_certificate(pem);
    TlsContext::builder().with_trust_store(store).build().ok()
}
