//! One attempt over HTTP, from a request to a completion or a failure.

use std::time::{Duration, SystemTime};

use reqwest::header::{HeaderMap, HeaderValue, ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use reqwest::Response;
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::answer::verdict::{self, Received};
use crate::answer::{Completion, Failure, Reason, Scope};
use crate::http::incoming::{self, Unread};
use crate::http::transport;
use crate::http::{outgoing, Client, Progress};
use crate::request::{Candidate, Request};

/// What one attempt is to do.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    pub candidate: &'a Candidate,
    pub request: &'a Request,
    /// Wall clock, from the first packet to the last byte. A server that drips bytes, or the
    /// newlines that OpenRouter sends to keep a connection open, gains no time by it.
    pub limit: Duration,
    /// How large an answer may be, in bytes, after decompression.
    pub max_answer_bytes: usize,
    /// New for each attempt; a clone of it tells the caller about one that was dropped.
    pub progress: &'a Progress,
}

/// Makes the attempt. Cancel it by dropping it: its connection is closed, not reused.
///
/// # Errors
/// The [`Failure`], with what it means for the rest of the chain.
pub async fn attempt(client: &Client, ask: Ask<'_>) -> Result<Completion, Failure> {
    settle().await;
    let exchanged = match timeout(ask.limit, exchange(client, &ask)).await {
        Ok(exchanged) => exchanged,
        Err(_) => Err(Failure::new(Reason::Timeout, Scope::Model, waited_for(client, &ask)).unaccounted()),
    };
    if !exchanged.as_ref().is_ok_and(|received| received.whole) {
        settle().await;
    }
    match exchanged {
        Ok(received) => {
            let judged = verdict::judge(received, ask.candidate, ask.request).await;
            judged.map_err(|failure| failure.accounted(ask.progress.went_out(), ask.progress))
        }
        Err(failure) => Err(failure.accounted(ask.progress.uncertain(), ask.progress)),
    }
}

/// Lets the connections see to themselves. They only run while somebody waits, so what happened
/// to them in between is still to be noticed: one that the server has closed must leave the pool
/// before it is picked for a request, and one whose exchange was dropped is closed here.
/// The first yield lets the driver look at the sockets, the second runs what it woke.
pub async fn settle() {
    yield_now().await;
    yield_now().await;
}

/// What did not come within the limit.
fn waited_for(client: &Client, ask: &Ask<'_>) -> String {
    let limit = ask.limit.as_secs_f64();
    if !ask.progress.is_ready() {
        return format!("no whole answer within {limit:.3} s");
    }
    let url = ask.candidate.endpoint.url();
    let proxy = client.proxy.as_ref().filter(|_| url.scheme() == "https");
    let proxy = proxy.map_or_else(String::new, |proxy| format!(" (HTTPS_PROXY is {proxy})"));
    format!("no connection to {} within {limit:.3} s{proxy}", ask.candidate.endpoint.host())
}

async fn exchange(client: &Client, ask: &Ask<'_>) -> Result<Received, Failure> {
    let response = send(client, ask).await?;
    receive(response, client, ask).await
}

/// An error is a few words. More than this, and its status alone counts.
const MAX_ERROR_BYTES: usize = 1024 * 1024;

/// How often a request that was turned away unread is sent again.
const AGAIN: usize = 2;

async fn send(client: &Client, ask: &Ask<'_>) -> Result<Response, Failure> {
    let endpoint = &ask.candidate.endpoint;
    let mut again = AGAIN;
    loop {
        let json = ask.request.body_for(ask.candidate).map_err(|error| {
            Failure::new(Reason::Rejected, Scope::Request, format!("the request is not valid JSON: {error}"))
        })?;
        let sent = client
            .http
            .post(endpoint.url().clone())
            .headers(endpoint.headers().clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .header(ACCEPT_ENCODING, HeaderValue::from_static("gzip"))
            .body(outgoing::body(json, ask.progress))
            .send()
            .await;
        match sent {
            Ok(response) => return Ok(response),
            Err(error) if transport::turned_away(&error) => {
                ask.progress.turned_away();
                if again == 0 {
                    return Err(transport::failure(&error, endpoint, client));
                }
                again -= 1;
            }
            Err(error) => return Err(transport::failure(&error, endpoint, client)),
        }
    }
}

async fn receive(mut response: Response, client: &Client, ask: &Ask<'_>) -> Result<Received, Failure> {
    let status = response.status().as_u16();
    let retry_after = header(response.headers(), RETRY_AFTER.as_str());
    let retry_after = retry_after.and_then(|value| crate::answer::retry_after::parse(&value, SystemTime::now()));
    let generation_id =
        header(response.headers(), "x-generation-id").filter(|id| ask.candidate.endpoint.may_be_shown(id));
    let cached = header(response.headers(), "x-openrouter-cache-status");
    let cached = cached.is_some_and(|status| status.trim().eq_ignore_ascii_case("hit"));
    ask.progress.heard(status, generation_id.as_deref());
    let mut body = Vec::new();
    let max = if status >= 400 { ask.max_answer_bytes.min(MAX_ERROR_BYTES) } else { ask.max_answer_bytes };
    let read = incoming::read(&mut response, max, &mut body).await;
    let whole = read.is_ok();
    match read {
        Ok(()) => {}
        // An error is known by its status and headers: a body that is too large, or breaks off, takes
        // nothing away from that.
        Err(_) if status >= 400 => {}
        Err(Unread::TooLarge) => {
            let over = format!("the answer is larger than {} bytes (max_answer_bytes)", ask.max_answer_bytes);
            return Err(Failure::bad_answer(over).with_status(status).unaccounted());
        }
        Err(Unread::Garbled(error)) => {
            let why = format!("the answer could not be decoded: {error}");
            return Err(Failure::bad_answer(why).with_status(status).unaccounted());
        }
        Err(Unread::Broken(error)) => {
            return Err(transport::failure(&error, &ask.candidate.endpoint, client).with_status(status));
        }
    }
    Ok(Received { status, retry_after, generation_id, cached, body, whole })
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

impl Failure {
    /// What the failure itself could not know: whether it may be billed at all, and under which id.
    pub(crate) fn accounted(self, billable: bool, progress: &Progress) -> Self {
        let uncertain = self.uncertain && self.cost.is_none() && billable;
        let generation_id = self.generation_id.or_else(|| progress.generation_id().map(str::to_owned));
        Self { uncertain, generation_id, ..self }
    }
}
