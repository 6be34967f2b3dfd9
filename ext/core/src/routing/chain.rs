//! An ordered list of candidates.

use thiserror::Error;

use crate::request::Candidate;
use crate::routing::Hedge;

/// Candidates in the order in which they are attempted; never empty.
#[derive(Debug)]
pub struct Chain {
    candidates: Vec<Candidate>,
    hedge: Option<Hedge>,
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
    /// [`ChainError`] for a chain without candidates, or with a nameless model.
    pub fn new(candidates: Vec<Candidate>) -> Result<Self, ChainError> {
        if candidates.is_empty() {
            return Err(ChainError::Empty);
        }
        match candidates.iter().position(|candidate| candidate.model.trim().is_empty()) {
            Some(nameless) => Err(ChainError::NoModel(nameless)),
            None => Ok(Self { candidates, hedge: None }),
        }
    }

    /// Makes a second attempt beside the first of a call, if that takes long.
    #[must_use]
    pub fn hedged(self, hedge: Hedge) -> Self {
        Self { hedge: Some(hedge), ..self }
    }

    pub fn hedge(&self) -> Option<&Hedge> {
        self.hedge.as_ref()
    }

    /// In the order in which they are attempted.
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::request::candidate::tests::{candidate, endpoint};
    use std::sync::Arc;

    pub(crate) fn chain(models: &[&str]) -> Chain {
        let shared = endpoint("openrouter");
        let at = |model: &&str| Candidate { endpoint: Arc::clone(&shared), ..candidate(model) };
        Chain::new(models.iter().map(at).collect()).unwrap()
    }

    #[test]
    fn an_empty_chain_and_a_nameless_model_are_refused() {
        assert!(matches!(Chain::new(vec![]), Err(ChainError::Empty)));
        assert!(matches!(Chain::new(vec![candidate("a/b"), candidate(" ")]), Err(ChainError::NoModel(1))));
    }
}
