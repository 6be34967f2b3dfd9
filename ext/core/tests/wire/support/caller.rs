//! A caller of a model at the scripted gateway.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use llm_router_core::{
    attempt, App, Attempt, Candidate, Client, Completion, Endpoint, Failure, Params, Progress, Request, Trust,
};
use serde_json::value::RawValue;

use super::{json, Gateway, Reply, Step};

pub(crate) const KEY: &str = "sk-or-v1-0123456789";

pub(crate) struct Caller {
    pub(crate) candidate: Candidate,
    pub(crate) request: Request,
    pub(crate) limit: Duration,
    pub(crate) max_answer_bytes: usize,
    pub(crate) client: Client,
}

impl Caller {
    /// A caller who is in no hurry: only the tests about time want a limit that is met.
    pub(crate) fn of(address: SocketAddr) -> Self {
        Self::at(&format!("http://{address}/api/v1"), Client::new(&Trust::System, None).unwrap())
    }

    /// The same at any address, by a client of its own.
    pub(crate) fn at(base_url: &str, client: Client) -> Self {
        let app = App { name: Some("Shop".to_owned()), url: Some("https://shop.example".to_owned()) };
        let endpoint = Endpoint::new("openrouter", base_url, Some(KEY), &app).unwrap();
        Self {
            candidate: Candidate::new("anthropic/claude-sonnet-4.5", Arc::new(endpoint)),
            request: messages(r#"[{"role":"user","content":"Hi"}]"#),
            limit: Duration::from_secs(60),
            max_answer_bytes: 1 << 20,
            client,
        }
    }

    pub(crate) async fn attempt(&self) -> Result<Completion, Failure> {
        self.attempt_with(&Progress::default()).await
    }

    /// Makes an attempt that reports how far it comes.
    pub(crate) async fn attempt_with(&self, progress: &Progress) -> Result<Completion, Failure> {
        let Self { candidate, request, limit, max_answer_bytes, client } = self;
        let planned = Attempt { candidate, request, limit: *limit, max_answer_bytes: *max_answer_bytes, progress };
        attempt(client, planned).await
    }

    /// One attempt at a gateway that plays this one reply.
    pub(crate) async fn receives(reply: Reply) -> Result<Completion, Failure> {
        let gateway = Gateway::start(vec![reply]);
        Self::of(gateway.address).attempt().await
    }

    /// One attempt at a gateway that answers 200 with this body.
    pub(crate) async fn hears_json(body: impl AsRef<[u8]>) -> Result<Completion, Failure> {
        Self::receives(vec![Step::Send(json(body))]).await
    }
}

/// A request with these messages and no options.
pub(crate) fn messages(json: &str) -> Request {
    Request::new(RawValue::from_string(json.to_owned()).unwrap(), Params::new())
}

/// The body of an answer that is as good as any.
pub(crate) fn good_answer() -> &'static str {
    r#"{"id":"gen-1","model":"anthropic/claude-4.5-sonnet","choices":[{"finish_reason":"stop","message":{"content":"Hello"}}]}"#
}
