//! What a walk does about a prompt that is too long (`fit.rs`).

use super::Walk;
use crate::answer::{Length, Reason};
use crate::request::{Candidate, Request};
use crate::routing::Hop;

impl Walk<'_> {
    /// Skips the candidate that [`Walk::next`] planned: the prompt has at least `tokens`, and it takes `window`.
    pub fn skip_too_long(&mut self, candidate: &Candidate, tokens: u64, window: u64) -> Hop {
        let why = format!("not called: the prompt has at least {tokens} tokens, and it takes {window}");
        let mut hop = Hop::passed_over(self.take_front(), candidate, Reason::TooLong, why);
        hop.failure.length = Length { tokens: None, window: Some(window) };
        self.too_long(&hop);
        hop
    }

    /// Whether a prompt that is too long needs [`Walk::learn_windows`] first.
    pub fn lacks_windows(&self) -> bool {
        self.fit.is_to_learn()
    }

    /// Takes the windows of the chain's candidates, by position, as far as they are known.
    pub fn learn_windows(&mut self, windows: &[Option<u64>]) {
        self.fit.learn(windows);
    }

    /// The largest window of the chain, in tokens, as far as it is known.
    pub fn largest_window(&self) -> Option<u64> {
        self.fit.largest()
    }

    /// The fewest tokens of the prompt that was too long for a candidate.
    pub fn least_tokens(&self, request: &Request, hop: &Hop) -> Option<u64> {
        Some(request.least_tokens(self.chain.candidates().get(hop.position)?))
    }

    /// Without a candidate that is known to be larger, the request is rejected.
    pub(super) fn too_long(&mut self, hop: &Hop) {
        self.fit.exceeded(hop, hop.failure.length.window);
        if self.fit.nowhere() {
            self.rejected = Some(Box::new(hop.clone()));
        }
    }
}
