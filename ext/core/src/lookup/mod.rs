//! Requests other than completions: the prices of models, and the cost of a generation.

mod generation;
mod page;
mod prices;

use std::future::Future;
use std::time::Duration;

use reqwest::header::{HeaderValue, ACCEPT, ACCEPT_ENCODING, DATE};
use reqwest::Url;
use serde::de::DeserializeOwned;
use thiserror::Error;
use tokio::time::timeout;

use crate::http::incoming::{self, Unread};
use crate::http::poll_connections;
use crate::http::{transport, Client};
use crate::json::{Readable, Unreadable};
use crate::request::Endpoint;

pub use generation::{generation, Generation};
pub use page::{page, Page};
pub use prices::{prices, provider_prices};

/// Why a lookup failed. No variant holds the key, or an address other than the host.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum LookupError {
    /// `GET /generation` can answer with this for some seconds after the completion.
    #[error(
        "the endpoint does not know the generation yet (404), which is normal for some seconds after the completion"
    )]
    NotFound,
    #[error("the endpoint answered with status {0}")]
    Status(u16),
    #[error("no whole answer in time")]
    Timeout,
    #[error("{0}")]
    Connection(String),
    #[error("the answer cannot be used: {0}")]
    Unreadable(&'static str),
}

/// OpenRouter's list of models is under a megabyte.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Sends a GET request and parses the JSON of the answer. `limit` is wall clock, as for an attempt.
///
/// # Errors
/// [`LookupError`], but never [`LookupError::NotFound`]: only the caller knows what a 404 means.
pub(crate) async fn get<T: DeserializeOwned>(
    client: &Client,
    endpoint: &Endpoint,
    url: Url,
    limit: Duration,
) -> Result<T, LookupError> {
    let Page { status, body, .. } = within(limit, exchange(client, endpoint, url)).await?;
    if !(200..300).contains(&status) {
        return Err(LookupError::Status(status));
    }
    let json = Readable::of(body).map_err(|(why, _)| match why {
        Unreadable::Misshapen(_) => LookupError::Unreadable("it is nested too deep, or one of its lists is too long"),
        _ => LookupError::Unreadable("it is not the expected JSON"),
    })?;
    json.parse().map_err(|_| LookupError::Unreadable("it is not the expected JSON"))
}

async fn within(
    limit: Duration,
    exchange: impl Future<Output = Result<Page, LookupError>>,
) -> Result<Page, LookupError> {
    poll_connections().await;
    let outcome = timeout(limit, exchange).await.unwrap_or(Err(LookupError::Timeout));
    if outcome.is_err() {
        poll_connections().await;
    }
    outcome
}

async fn exchange(client: &Client, endpoint: &Endpoint, url: Url) -> Result<Page, LookupError> {
    let request = client.http.get(url).headers(endpoint.headers().clone());
    let request = request.header(ACCEPT, HeaderValue::from_static("application/json"));
    let sent = request.header(ACCEPT_ENCODING, HeaderValue::from_static("gzip")).send().await;
    let mut response = sent.map_err(|error| LookupError::Connection(transport::words(&error, endpoint, client)))?;
    let status = response.status().as_u16();
    let date = response.headers().get(DATE).and_then(|date| date.to_str().ok()).map(str::to_owned);
    let mut body = Vec::new();
    // Read whatever the status is, so that the connection can be reused.
    let read = incoming::read(&mut response, MAX_BYTES, &mut body).await;
    match read {
        Ok(()) => Ok(Page { status, date, body }),
        // An error is known by its status.
        Err(_) if status >= 300 => Ok(Page { status, date, body: Vec::new() }),
        Err(Unread::TooLarge) => Err(LookupError::Unreadable("it is larger than 16 MiB")),
        Err(Unread::Garbled(_)) => Err(LookupError::Unreadable("it could not be decoded")),
        Err(Unread::Broken(error)) if transport::is_garbled(&error) => {
            Err(LookupError::Unreadable("it could not be decoded"))
        }
        Err(Unread::Broken(error)) => Err(LookupError::Connection(transport::words(&error, endpoint, client))),
    }
}
