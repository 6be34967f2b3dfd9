//! One attempt over HTTP, from a request to a completion or a failure.

use std::time::{Duration, SystemTime};

use reqwest::header::{HeaderMap, HeaderValue, ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use reqwest::Response;
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::answer::verdict::{self, Received};
use crate::answer::{retry_after, Completion, Failure, Reason, Scope};
use crate::http::incoming::{self, Unread};
use crate::http::transport;
use crate::http::{outgoing, Client, Progress};
use crate::request::{Api, Candidate, Request};

/// The parameters of one attempt.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    pub candidate: &'a Candidate,
    pub request: &'a Request,
    /// Wall clock, from the first packet to the last byte. A server that drips bytes, or the
    /// newlines that OpenRouter sends to keep a connection open, gains no time by it.
    pub limit: Duration,
    /// How large an answer may be, in bytes, after decompression.
    pub max_answer_bytes: usize,
    /// New for each attempt; the caller keeps a clone, which outlives a dropped attempt.
    pub progress: &'a Progress,
}

/// Makes the attempt. Cancel it by dropping it: its connection is closed, not reused.
///
/// # Errors
/// The [`Failure`], with what it means for the rest of the chain.
pub async fn attempt(client: &Client, attempt: Attempt<'_>) -> Result<Completion, Failure> {
    poll_connections().await;
    let exchanged = match timeout(attempt.limit, exchange(client, &attempt)).await {
        Ok(exchanged) => exchanged,
        Err(_) => Err(Failure::new(Reason::Timeout, Scope::Model, waited_for(client, &attempt)).unaccounted()),
    };
    if !exchanged.as_ref().is_ok_and(|received| received.whole) {
        poll_connections().await;
    }
    match exchanged {
        Ok(received) => {
            let judged = verdict::judge(received, attempt.candidate, attempt.request).await;
            judged.map_err(|failure| failure.accounted(attempt.progress.was_sent(), attempt.progress))
        }
        Err(failure) => Err(failure.accounted(attempt.progress.uncertain(), attempt.progress)),
    }
}

/// The outcome of an attempt that was dropped, because another one answered.
pub fn dropped(progress: &Progress) -> Result<Completion, Failure> {
    let failure = Failure::new(Reason::Hedged, Scope::Model, String::new()).unaccounted();
    Err(failure.accounted(progress.uncertain(), progress))
}

/// Lets the connections make progress. They only run while a caller waits, so what happened meanwhile is noticed here:
/// a connection that the server closed must leave the pool before it is picked, and one whose attempt was dropped is
/// closed.
/// The first yield polls the sockets, the second runs the tasks that they woke.
pub async fn poll_connections() {
    yield_now().await;
    yield_now().await;
}

/// The message of a timeout.
fn waited_for(client: &Client, attempt: &Attempt<'_>) -> String {
    let limit = attempt.limit.as_secs_f64();
    if !attempt.progress.is_unsent() {
        return format!("no whole answer within {limit:.3} s");
    }
    let url = attempt.candidate.endpoint.url();
    let proxy = client.proxy.as_ref().filter(|_| url.scheme() == "https");
    let proxy = proxy.map_or_else(String::new, |proxy| format!(" (HTTPS_PROXY is {proxy})"));
    format!("no connection to {} within {limit:.3} s{proxy}", attempt.candidate.endpoint.host())
}

async fn exchange(client: &Client, attempt: &Attempt<'_>) -> Result<Received, Failure> {
    let response = send(client, attempt).await?;
    receive(response, client, attempt).await
}

/// An error is short. If it is longer, its status alone counts.
const MAX_ERROR_BYTES: usize = 1024 * 1024;

/// How often a request is sent again that the server refused unread.
const MAX_RESENDS: usize = 2;

async fn send(client: &Client, attempt: &Attempt<'_>) -> Result<Response, Failure> {
    let endpoint = &attempt.candidate.endpoint;
    let mut resends_left = MAX_RESENDS;
    loop {
        let json = attempt.request.body_for(attempt.candidate).map_err(|error| {
            Failure::new(Reason::Rejected, Scope::Request, format!("the request is not valid JSON: {error}"))
        })?;
        let sent = client
            .http
            .post(endpoint.url_of(attempt.request.api()))
            .headers(endpoint.headers_for(attempt.request.headers()))
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .header(ACCEPT_ENCODING, HeaderValue::from_static("gzip"))
            .body(outgoing::body(json, attempt.progress))
            .send()
            .await;
        match sent {
            Ok(response) => return Ok(response),
            Err(error) if transport::refused_unread(&error) => {
                attempt.progress.refused_unread();
                if resends_left == 0 {
                    return Err(transport::failure(&error, endpoint, client));
                }
                resends_left -= 1;
            }
            Err(error) => return Err(transport::failure(&error, endpoint, client)),
        }
    }
}

async fn receive(mut response: Response, client: &Client, attempt: &Attempt<'_>) -> Result<Received, Failure> {
    let status = response.status().as_u16();
    let retry_after = retry_after(response.headers());
    let shown = |id: &String| attempt.request.may_show(&attempt.candidate.endpoint, id);
    let generation_id = header(response.headers(), "x-generation-id").filter(shown);
    let cached = header(response.headers(), "x-openrouter-cache-status");
    let cached = cached.is_some_and(|status| status.trim().eq_ignore_ascii_case("hit"));
    attempt.progress.received_headers(status, generation_id.as_deref());
    let mut body = Vec::new();
    let max = if status >= 400 { attempt.max_answer_bytes.min(MAX_ERROR_BYTES) } else { attempt.max_answer_bytes };
    let read = incoming::read(&mut response, max, &mut body).await;
    let whole = read.is_ok();
    match read {
        Ok(()) => {}
        // An error is known by its status and headers, even if its body is too large or breaks off.
        Err(_) if status >= 400 => {}
        Err(Unread::TooLarge) => {
            let over = format!("the answer is larger than {} bytes (max_answer_bytes)", attempt.max_answer_bytes);
            let over = match attempt.request.api() {
                Api::Chat => over,
                Api::Embeddings { .. } => {
                    over + ": raise it, embed fewer texts at once, or set encoding_format: \"base64\""
                }
            };
            return Err(Failure::bad_answer(over).with_status(status).unaccounted());
        }
        Err(Unread::Garbled(error)) => {
            let why = format!("the answer could not be decoded: {error}");
            return Err(Failure::bad_answer(why).with_status(status).unaccounted());
        }
        Err(Unread::Broken(error)) => {
            return Err(transport::failure(&error, &attempt.candidate.endpoint, client).with_status(status));
        }
    }
    Ok(Received { status, retry_after, generation_id, cached, body, whole })
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// In milliseconds, as OpenAI and Azure say it as well, or in seconds.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let milliseconds = header(headers, "retry-after-ms").and_then(|value| value.trim().parse::<f64>().ok());
    let precise = milliseconds.and_then(|milliseconds| retry_after::from_seconds(milliseconds / 1000.0));
    precise.or_else(|| retry_after::parse(&header(headers, RETRY_AFTER.as_str())?, SystemTime::now()))
}

impl Failure {
    /// Adds what the failure itself could not know: whether it may be billed, and under which id.
    pub(crate) fn accounted(self, billable: bool, progress: &Progress) -> Self {
        let uncertain = self.uncertain && self.cost.is_none() && billable;
        let generation_id = self.generation_id.or_else(|| progress.generation_id().map(str::to_owned));
        Self { uncertain, generation_id, ..self }
    }
}

#[cfg(test)]
mod tests;
