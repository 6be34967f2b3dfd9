//! The HTTP client that all attempts of a process share: one pool of connections.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{redirect, Client, NoProxy, Proxy};
use thiserror::Error;

/// Why no client could be built.
#[derive(Debug, Error)]
pub enum ClientError {
    #[error("TLS could not be set up: {0}")]
    Tls(#[from] rustls::Error),
    #[error("HTTPS_PROXY is not the address of a proxy")]
    Proxy,
    #[error("the HTTP client could not be built: {0}")]
    Client(#[from] reqwest::Error),
}

/// Less than the minute after which many servers and balancers drop an idle connection.
const IDLE: Duration = Duration::from_secs(50);

/// Builds the client. Redirects are not followed, so that neither key nor prompt goes where
/// nobody sent it; attempts bring their own time limit; what a server may have seen is not sent
/// again (only a request that it turned away unread, on a connection just closing, is).
///
/// # Errors
/// [`ClientError`] where TLS or the proxy of the environment cannot be used.
pub fn build() -> Result<Client, ClientError> {
    let mut builder = Client::builder()
        .tls_backend_preconfigured(tls()?)
        .redirect(redirect::Policy::none())
        .referer(false)
        .pool_idle_timeout(IDLE)
        .user_agent(concat!("llm_router/", env!("CARGO_PKG_VERSION")))
        // Only https:// is ever sent through a proxy, in a tunnel that hides the key from it.
        .no_proxy();
    if let Some(address) = https_proxy() {
        let proxy = Proxy::https(address).map_err(|_| ClientError::Proxy)?;
        builder = builder.proxy(proxy.no_proxy(NoProxy::from_env()));
    }
    Ok(builder.build()?)
}

fn https_proxy() -> Option<String> {
    ["HTTPS_PROXY", "https_proxy"]
        .iter()
        .find_map(|name| std::env::var(name).ok())
        .filter(|address| !address.is_empty())
}

/// The system's certificates; `SSL_CERT_FILE` and `SSL_CERT_DIR` replace them, as elsewhere.
fn tls() -> Result<rustls::ClientConfig, rustls::Error> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
