//! A proxy for `https://`. The tunnel hides key, prompt and answer.

use std::env;

use reqwest::{NoProxy, Url};
use thiserror::Error;

/// A proxy, and the hosts to reach without it.
#[derive(Clone)]
pub struct Proxy {
    /// Host and port, without the name and the password that the address may hold.
    pub(crate) name: String,
    pub(crate) tunnel: reqwest::Proxy,
}

/// Why a proxy was refused. Its address is not repeated: it may hold a password.
#[derive(Debug, Error)]
pub enum ProxyError {
    #[error("HTTPS_PROXY is not the address of a proxy: write it as in \"http://proxy.example:3128\"")]
    NotAnAddress,
    #[error("HTTPS_PROXY is the address of a {0} proxy: only http:// and https:// proxies are supported")]
    Scheme(String),
}

impl Proxy {
    /// That of `HTTPS_PROXY`, or `https_proxy`, but for the hosts in `NO_PROXY`, or `no_proxy`.
    ///
    /// # Errors
    /// [`ProxyError`] where it is there and cannot be used.
    pub fn of_environment() -> Result<Option<Self>, ProxyError> {
        let Some(address) = ["HTTPS_PROXY", "https_proxy"].into_iter().find_map(env::var_os) else { return Ok(None) };
        let address = address.into_string().map_err(|_| ProxyError::NotAnAddress)?;
        if address.trim().is_empty() {
            return Ok(None);
        }
        Self::at(&address, NoProxy::from_env()).map(Some)
    }

    /// A proxy at an address that may hold a name and a password.
    ///
    /// # Errors
    /// [`ProxyError`].
    pub fn at(address: &str, but_for: Option<NoProxy>) -> Result<Self, ProxyError> {
        let address = address.trim();
        let whole = if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
        let url = Url::parse(&whole).map_err(|_| ProxyError::NotAnAddress)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(ProxyError::Scheme(url.scheme().to_owned()));
        }
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return Err(ProxyError::NotAnAddress);
        };
        let name = format!("{host}:{port}");
        let tunnel = reqwest::Proxy::https(url).map_err(|_| ProxyError::NotAnAddress)?;
        Ok(Self { name, tunnel: tunnel.no_proxy(but_for) })
    }
}

/// Why a tunnel through a proxy failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tunnel {
    /// The proxy itself was not reached.
    Unreached,
    /// It requires authentication (407).
    Unauthorized,
    /// It will not connect to the endpoint.
    Refused,
    /// Its answer was not a proxy's, or broke off.
    Broken,
}

impl Tunnel {
    /// hyper-util does not show the type of this error, only its words.
    pub(crate) fn failed(words: &str) -> Option<Self> {
        Some(match words.strip_prefix("tunnel error: ")? {
            "failed to create underlying connection" => Self::Unreached,
            "proxy authorization required" => Self::Unauthorized,
            "unsuccessful" => Self::Refused,
            _ => Self::Broken,
        })
    }
}
