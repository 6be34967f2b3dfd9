//! Any other GET below an endpoint's base, such as `/key`: as it came, for whoever reads it.

use std::fmt;
use std::time::Duration;

use crate::http::Client;
use crate::lookup::{exchange, within, LookupError};
use crate::request::Endpoint;

/// An answer of any status.
pub struct Page {
    pub status: u16,
    /// The clock of the server, as it wrote it.
    pub date: Option<String>,
    /// At most 16 MiB.
    pub body: Vec<u8>,
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Looks up `path`, whose parts are escaped. `limit` is wall clock, as for an attempt.
///
/// # Errors
/// [`LookupError`], but never for a status.
pub async fn page(client: &Client, endpoint: &Endpoint, path: &[String], limit: Duration) -> Result<Page, LookupError> {
    within(limit, exchange(client, endpoint, endpoint.at(path))).await
}
