//! The HTTP clients of a process, each with a pool of connections that all attempts share.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::redirect;
use thiserror::Error;

use crate::http::{Proxy, ProxyError};
use crate::request::Trust;

/// Why no client could be built.
#[derive(Debug, Error)]
pub enum ClientError {
    #[error("TLS could not be set up: {0}")]
    Tls(#[from] rustls::Error),
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    #[error("the HTTP client could not be built: {0}")]
    Client(#[from] reqwest::Error),
}

/// A client, and what its error messages need.
#[derive(Clone)]
pub struct Client {
    pub(crate) http: reqwest::Client,
    /// Advice for a certificate authority that it does not trust.
    pub(crate) advice: String,
    /// Host and port of the proxy that it goes through.
    pub(crate) proxy: Option<String>,
}

/// One client for each [`Trust`], built on first use and kept.
#[derive(Default)]
pub struct Clients(Mutex<Vec<(Trust, Client)>>);

impl Clients {
    /// The client that trusts `trust`.
    ///
    /// # Errors
    /// [`ClientError`]: TLS, or the environment's proxy, cannot be used.
    pub fn trusting(&self, trust: &Trust) -> Result<Client, ClientError> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = all.iter().find(|(known, _)| known == trust) {
            return Ok(client.clone());
        }
        let client = Client::new(trust, Proxy::of_environment()?)?;
        all.push((trust.clone(), client.clone()));
        Ok(client)
    }
}

/// Less than the minute after which many servers and load balancers drop an idle connection.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(50);
/// All requests to a server share one HTTP/2 connection. After so long without a byte while a call waits, it is pinged,
/// and after as long again without an answer closed: otherwise every call would use the dead connection.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(10);

/// Gateways and proxies add headers. An answer with more than the default of 100 was paid for.
const MAX_HEADERS: usize = 1_000;
/// In bytes. HTTP/1.1 allows as much anyway.
const MAX_HEADER_BYTES: u32 = 400 * 1024;

impl Client {
    /// Redirects are not followed, so that key and prompt go to the endpoint only. Attempts bring their own time limit.
    /// A request that a server may have read is not sent again.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn new(trust: &Trust, proxy: Option<Proxy>) -> Result<Self, ClientError> {
        let (roots, advice) = trust.roots();
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(roots)?)
            .redirect(redirect::Policy::none())
            .referer(false)
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .http1_max_headers(MAX_HEADERS)
            .http2_max_header_list_size(MAX_HEADER_BYTES)
            .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
            .http2_keep_alive_timeout(KEEP_ALIVE_INTERVAL)
            .user_agent(concat!("llm_router/", env!("CARGO_PKG_VERSION")))
            // Those of the environment that are not for https://.
            .no_proxy();
        let name = proxy.as_ref().map(|proxy| proxy.name.clone());
        if let Some(proxy) = proxy {
            builder = builder.proxy(proxy.tunnel);
        }
        Ok(Self { http: builder.build()?, advice, proxy: name })
    }
}

impl From<reqwest::Client> for Client {
    /// One that was set up elsewhere.
    fn from(http: reqwest::Client) -> Self {
        Self { http, advice: "it must be added to those that are".to_owned(), proxy: None }
    }
}

fn tls(roots: rustls::RootCertStore) -> Result<rustls::ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
