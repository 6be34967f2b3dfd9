//! The order in which models are asked, as data.

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use crate::{Endpoint, Params};

/// One rung of a chain: a model at an endpoint.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The model's name as the endpoint knows it, e.g. `anthropic/claude-sonnet-4.5`.
    pub model: String,
    /// Where it is asked for.
    pub endpoint: Arc<Endpoint>,
    /// Wall-clock limit of one attempt; `None` leaves it to the call.
    pub timeout: Option<Duration>,
    /// Options for this candidate alone, laid over the call's own.
    pub params: Params,
}

impl Candidate {
    /// Who makes the model: `anthropic` in `anthropic/claude-sonnet-4.5`; the endpoint's name
    /// for a model that names nobody.
    pub fn vendor(&self) -> &str {
        match self.model.split_once('/') {
            Some((vendor, _)) => vendor,
            None => self.endpoint.name(),
        }
    }
}

/// Candidates in the order in which they are asked; never empty.
#[derive(Debug)]
pub struct Chain {
    candidates: Vec<Candidate>,
}

/// Why a chain was refused.
#[derive(Debug, Error)]
pub enum ChainError {
    #[error("a chain needs at least one candidate")]
    Empty,
    #[error("candidate {0} of the chain has no model name")]
    NoModel(usize),
}

impl Chain {
    /// # Errors
    /// [`ChainError`] for a chain that nobody could walk.
    pub fn new(candidates: Vec<Candidate>) -> Result<Self, ChainError> {
        if candidates.is_empty() {
            return Err(ChainError::Empty);
        }
        match candidates.iter().position(|candidate| candidate.model.trim().is_empty()) {
            Some(nameless) => Err(ChainError::NoModel(nameless)),
            None => Ok(Self { candidates }),
        }
    }

    /// In the order in which they are asked.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::App;

    pub(crate) fn endpoint(name: &str) -> Arc<Endpoint> {
        Arc::new(Endpoint::new(name, "http://127.0.0.1:1", None, &App::default()).unwrap())
    }

    pub(crate) fn candidate(model: &str) -> Candidate {
        Candidate { model: model.to_owned(), endpoint: endpoint("openrouter"), timeout: None, params: vec![] }
    }

    pub(crate) fn chain(models: &[&str]) -> Chain {
        let shared = endpoint("openrouter");
        let at = |model: &&str| Candidate { endpoint: Arc::clone(&shared), ..candidate(model) };
        Chain::new(models.iter().map(at).collect()).unwrap()
    }

    #[test]
    fn the_vendor_is_the_part_before_the_slash_or_else_the_endpoint() {
        assert_eq!(candidate("anthropic/claude-sonnet-4.5").vendor(), "anthropic");
        assert_eq!(candidate("llama3").vendor(), "openrouter");
    }

    #[test]
    fn an_empty_chain_and_a_nameless_model_are_refused() {
        assert!(matches!(Chain::new(vec![]), Err(ChainError::Empty)));
        assert!(matches!(Chain::new(vec![candidate("a/b"), candidate(" ")]), Err(ChainError::NoModel(1))));
    }
}
