//! A model at an endpoint.

use std::sync::Arc;
use std::time::Duration;

use crate::request::{Endpoint, Params};

/// One rung of a chain: a model at an endpoint.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The model's name as the endpoint knows it, e.g. `anthropic/claude-sonnet-4.5`.
    pub model: String,
    /// Where requests for it go.
    pub endpoint: Arc<Endpoint>,
    /// Wall-clock limit of one attempt; `None` for the call's.
    pub timeout: Option<Duration>,
    /// How many tokens it takes, if the chain says so.
    pub context: Option<u64>,
    /// How often it is attempted again after a failure that may pass; `None` for the call's.
    pub retries: Option<u32>,
    /// Options of this candidate, which override the call's.
    pub params: Params,
    /// Which of [`Request::with_own_messages`] it gets; `None` for the caller's messages.
    ///
    /// [`Request::with_own_messages`]: crate::request::Request::with_own_messages
    pub own_messages: Option<usize>,
}

impl Candidate {
    /// With nothing of its own.
    pub fn new(model: &str, endpoint: Arc<Endpoint>) -> Self {
        Self {
            model: model.to_owned(),
            endpoint,
            timeout: None,
            context: None,
            retries: None,
            params: Params::new(),
            own_messages: None,
        }
    }

    /// The maker of the model: `anthropic` in `anthropic/claude-sonnet-4.5`; the endpoint's name if the model has no
    /// such part.
    pub fn vendor(&self) -> &str {
        match self.model.split_once('/') {
            Some((vendor, _)) => vendor,
            None => self.endpoint.name(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::request::App;

    pub(crate) fn endpoint(name: &str) -> Arc<Endpoint> {
        Arc::new(Endpoint::new(name, "http://127.0.0.1:1", None, &App::default()).unwrap())
    }

    pub(crate) fn candidate(model: &str) -> Candidate {
        Candidate::new(model, endpoint("openrouter"))
    }

    #[test]
    fn the_vendor_is_the_part_before_the_slash_or_else_the_endpoint() {
        assert_eq!(candidate("anthropic/claude-sonnet-4.5").vendor(), "anthropic");
        assert_eq!(candidate("llama3").vendor(), "openrouter");
    }
}
