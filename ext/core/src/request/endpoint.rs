//! Where requests go, with which key.

mod base_url;
mod error;

use std::fmt;
use std::sync::Arc;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue, AUTHORIZATION};
use reqwest::Url;

use crate::request::headers::sensitive;
use crate::request::{Api, Headers, Trust};
use base_url::{below, checked_base};
pub use error::EndpointError;

/// In bytes: longer than any name of a model, or id of a generation.
const MAX_NAME_BYTES: usize = 200;
const OPENROUTER: &str = "openrouter.ai";
/// How the names of its own headers begin.
const OPENROUTER_HEADERS: &str = "x-openrouter-";

/// An OpenAI-compatible gateway: a base URL, and the key and headers that go with each request.
pub struct Endpoint {
    name: String,
    base: Url,
    url: Url,
    key: Option<String>,
    headers: HeaderMap,
    /// Parts of the values of its own headers.
    secrets: Vec<String>,
    identity: Identity,
    trust: Trust,
}

/// An endpoint's name, address and key.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Identity(Arc<str>);

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}

/// The calling app, as OpenRouter's rankings name it. Both parts are optional.
#[derive(Debug, Default, Clone)]
pub struct App {
    /// Sent as `X-OpenRouter-Title`.
    pub name: Option<String>,
    /// Sent as `HTTP-Referer`.
    pub url: Option<String>,
}

/// The header that carries the key.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub enum Auth {
    /// `Authorization: Bearer KEY`
    #[default]
    Bearer,
    /// The key as it is in a header of that name: Azure's `api-key`, for example.
    Header(String),
}

impl Endpoint {
    /// Checks and assembles an endpoint. `key` is `None` for a gateway that wants none.
    ///
    /// # Errors
    /// [`EndpointError`] for a URL or a key that cannot be used.
    pub fn new(name: &str, base_url: &str, key: Option<&str>, app: &App) -> Result<Self, EndpointError> {
        let base = checked_base(base_url)?;
        let url = below(&base, Api::Chat.path());
        let mut headers = HeaderMap::new();
        let named = [("x-openrouter-title", "app_name", &app.name), ("http-referer", "app_url", &app.url)];
        for (header, setting, value) in named {
            if let Some(value) = value {
                let value =
                    HeaderValue::from_str(value).map_err(|_: InvalidHeaderValue| EndpointError::Header(setting))?;
                if is_openrouter(name, &base) {
                    headers.insert(HeaderName::from_static(header), value);
                }
            }
        }
        let identity = Identity(format!("{name}\n{url}\n{}", key.unwrap_or_default()).into());
        let (name, key) = (name.to_owned(), key.map(str::to_owned));
        let endpoint = Self { name, base, url, key, headers, secrets: vec![], identity, trust: Trust::System };
        endpoint.authorized(&Auth::Bearer)
    }

    /// The same endpoint with its key in that header alone, and with more headers: those of all endpoints, and its own.
    ///
    /// # Errors
    /// [`EndpointError`] for a name that is none.
    pub fn with_headers(mut self, auth: &Auth, shared: &Headers, own: &Headers) -> Result<Self, EndpointError> {
        self.headers.remove(AUTHORIZATION);
        self.headers.extend(self.headers_from(shared));
        self.headers.extend(own.map().clone());
        self.secrets.extend(shared.secrets().chain(own.secrets()).map(str::to_owned));
        self.authorized(auth)
    }

    fn authorized(mut self, auth: &Auth) -> Result<Self, EndpointError> {
        let Some(key) = &self.key else { return Ok(self) };
        let (header, value) = match auth {
            Auth::Bearer => (AUTHORIZATION, &format!("Bearer {key}")),
            Auth::Header(name) => (HeaderName::from_bytes(name.as_bytes()).map_err(|_| EndpointError::Auth)?, key),
        };
        let value = sensitive(value).ok_or(EndpointError::Key)?;
        self.headers.insert(header, value);
        Ok(self)
    }

    /// The same endpoint with other trusted certificates.
    #[must_use]
    pub fn trusting(self, trust: Trust) -> Self {
        Self { trust, ..self }
    }

    /// The name that hops and logs show.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The full address of the chat completions call.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The full address of a call of that API.
    pub(crate) fn url_of(&self, api: Api) -> Url {
        match api {
            Api::Chat => self.url.clone(),
            Api::Embeddings { .. } => self.below(api.path()),
        }
    }

    /// The full address of another call.
    pub(crate) fn below(&self, path: &str) -> Url {
        below(&self.base, path)
    }

    /// The full address of a call whose path has these parts.
    pub(crate) fn at(&self, path: &[String]) -> Url {
        let mut url = self.base.clone();
        // A base can always have a path: it is https:// or http://.
        if let Ok(mut parts) = url.path_segments_mut() {
            parts.pop_if_empty().extend(path);
        }
        url
    }

    /// The address of a model's providers; `None` for a name without an author.
    pub(crate) fn of_model(&self, model: &str) -> Option<Url> {
        let (author, slug) = model.split_once('/')?;
        let mut url = self.below("models");
        url.path_segments_mut().ok()?.extend([author, slug, "endpoints"]);
        Some(url)
    }

    /// The certificate authorities that it may use.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    pub(crate) fn is_openrouter(&self) -> bool {
        is_openrouter(&self.name, &self.base)
    }

    pub(crate) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Those of the headers that it gets: what is OpenRouter's own goes to OpenRouter alone.
    pub(crate) fn headers_from(&self, headers: &Headers) -> HeaderMap {
        let all = self.is_openrouter();
        let pairs = headers.map().iter().filter(|(name, _)| all || !name.as_str().starts_with(OPENROUTER_HEADERS));
        pairs.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// Its own headers, with those of a request over them.
    pub(crate) fn headers_for(&self, own: &Headers) -> HeaderMap {
        let mut all = self.headers.clone();
        for name in own.absent() {
            all.remove(name);
        }
        all.extend(self.headers_from(own));
        all
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Endpoints with the same identity share their health.
    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Whether a name that came from it can go into logs and events: short, on one line, without the key.
    pub(crate) fn may_be_shown(&self, name: &str) -> bool {
        name.len() <= MAX_NAME_BYTES
            && !name.contains(char::is_control)
            && !self.secrets().any(|secret| name.contains(secret))
    }

    /// What no message may contain: the key, and the values of its own headers.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.key.as_deref().into_iter().chain(self.secrets.iter().map(String::as_str))
    }
}

/// The endpoint that is OpenRouter by default, whatever its address, or one at an address of OpenRouter's.
fn is_openrouter(name: &str, base: &Url) -> bool {
    let domain = base.host_str().and_then(|host| host.strip_suffix(OPENROUTER));
    name == "openrouter" || domain.is_some_and(|domain| domain.is_empty() || domain.ends_with('.'))
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("name", &self.name).field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
